"""KeptDescriptions: decoded descriptions within a bound over the whole trace."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import sigtrace
from sigtrace.sdp.description import decode_description
from sigtrace.signaling import kept_descriptions
from sigtrace.signaling.content import SignalKind
from sigtrace.signaling.kept_descriptions import KeptDescriptions
from tests.builders.descriptions import sample_text

if TYPE_CHECKING:
    import pytest

CAPTURE = Path(__file__).parents[3] / "captures" / "basic-call" / "basic-call.pcapng"


def test_descriptions_above_the_bound_are_text(monkeypatch: pytest.MonkeyPatch) -> None:
    """Beyond the bound a description keeps its kind and its text, says so, and the call is found all the same."""
    whole = sigtrace.analyze(sigtrace.read(CAPTURE))
    assert kept_descriptions.DESCRIPTIONS_DROPPED not in {notice.code for notice in whole.notices}
    monkeypatch.setattr(kept_descriptions, "KEPT_DESCRIPTIONS", 0)
    trace = sigtrace.analyze(sigtrace.read(CAPTURE))
    assert [notice.code for notice in trace.notices].count(kept_descriptions.DESCRIPTIONS_DROPPED) == 1
    offers = [signal for signal in trace.signals if signal.kind is SignalKind.OFFER]
    assert offers
    assert all(offer.content.description is None and offer.content.sdp and offer.content.problem for offer in offers)
    assert [verdict.outcome for verdict in trace.verdicts.values()] == [one.outcome for one in whole.verdicts.values()]


def test_codecs_that_were_counted_lately_count_once() -> None:
    """Of two descriptions that differ in all but their codecs, the second counts for half at most."""
    text = sample_text("chromium-offer")
    kept = KeptDescriptions()
    first = kept._size(decode_description(text))
    assert kept._size(decode_description(text.replace("a=mid:", "a=mid:x"))) <= first / 2
    other = text.replace("/90000", "/90001").replace("/48000", "/48001")
    assert kept._size(decode_description(other)) > 0.9 * first
