"""What offers and answers came to, as data."""

from __future__ import annotations

from pathlib import Path

import pytest

from sigtrace import analyze, read
from sigtrace.render.markdown import render_negotiation
from sigtrace.views.negotiation import explain_negotiations

CAPTURES = Path(__file__).parents[3] / "captures"


@pytest.mark.parametrize(
    ("capture", "words"),
    [
        ("unanswered-offer", "never answered"),
        ("never-delivered", "never delivered"),
        ("whip", "refused by the server"),
    ],
)
def test_an_offer_without_answer_says_why(capture: str, words: str) -> None:
    """Only an offer that arrived can be said to have been left unanswered."""
    view = explain_negotiations(analyze(read(next((CAPTURES / capture).glob("*.pcap*")))))
    ends = [one.title[-1] for call in view.calls for one in call.rounds if not one.answered]
    assert ends
    assert set(ends) == {words}


def test_an_ice_restart_is_no_fault() -> None:
    """New credentials in a second offer are told apart from what is wrong, in Markdown by not being bold."""
    view = explain_negotiations(analyze(read(CAPTURES / "whip" / "whip.pcapng")))
    told = [(one.restarts, one.remarks) for call in view.calls for one in call.rounds if one.restarts or one.remarks]
    assert told == [(("offer: ICE restart, new credentials",), ())]
    assert "\noffer: ICE restart, new credentials\n" in render_negotiation(view)
