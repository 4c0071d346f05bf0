"""Why a call failed, in words."""

from __future__ import annotations

from pathlib import Path

import pytest

from sigtrace import analyze, read
from sigtrace.calls.signals import Fate
from sigtrace.value import replace
from sigtrace.views.call_lines import describe_call
from sigtrace.views.people import People

CAPTURE = Path(__file__).parents[3] / "captures" / "unanswered-offer" / "unanswered-offer.pcapng"


@pytest.mark.parametrize(
    ("fate", "words"),
    [
        (Fate.DELIVERED, "alice got the offer (packet 55) and never answered"),
        (Fate.UNSEEN, "whether alice got the offer (packet 55) was not captured, nor an answer"),
    ],
)
def test_an_offer_that_nobody_saw_arrive_is_not_said_to_have_been_got(fate: Fate, words: str) -> None:
    """What an unanswered offer came to is said as far as it was captured."""
    trace = analyze(read(CAPTURE))
    part = replace(trace, signals=tuple(replace(signal, fate=fate) for signal in trace.signals))
    (call,) = part.calls
    assert words in repr(describe_call(part, People(part), call))
