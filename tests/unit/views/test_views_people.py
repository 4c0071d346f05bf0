"""Who made an exchange."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from sigtrace import analyze, read
from sigtrace.signaling.events import ExchangeKind
from sigtrace.views.people import People, Stranger, is_long_id

if TYPE_CHECKING:
    from sigtrace.signaling.events import PeerId

CAPTURES = Path(__file__).parents[3] / "captures"


@pytest.mark.parametrize(
    ("text", "long"),
    [
        ("6f1c0a2e-5b7d-4c7e-9a51-0c8d7be1a001", True),
        ("/#WfQBl5aX0j531XoZAAAA", True),  # Socket.IO 1.4
        ("/chat#WfQBl5aX0j531XoZAAAA", True),
        ("/whep/session/counter-0002", False),
        ("10.77.0.11:5000", False),
    ],
)
def test_a_path_is_no_id_whose_beginning_would_do(text: str, *, long: bool) -> None:
    """Ids of machines go by their first characters; resources of one server all begin alike."""
    assert is_long_id(text) is long


def test_an_id_in_a_namespace_goes_by_its_own_beginning() -> None:
    """Two characters behind a namespace tell nobody apart; an id of the main one goes by eight, as all do."""
    trace = analyze(read(str(CAPTURES / "socketio-versions-1.4" / "socketio-versions-1.4.pcapng")))
    people = People(trace)
    long = [peer for peer in trace.peers if str(peer.id).startswith("/chat#")]
    assert sorted(people.short(peer.session, peer.id) for peer in long) == ["/chat#7RrAsGsF", "/chat#WfQBl5aX"]
    assert {people.tag(peer.session, peer.id) for peer in trace.peers if peer.name} == {"/#WfQBl5", "/#7RrAsG"}


def test_a_request_that_bears_nothing_is_of_whom_it_names() -> None:
    """A sign-out is of the peer whose number it goes by; a number that the server never gave is nobody's."""
    assert _authors_of_sign_outs("basic-call") == [2, 1]
    (stranger,) = _authors_of_sign_outs("errors")
    assert isinstance(stranger, Stranger)


def _authors_of_sign_outs(name: str) -> list[PeerId | Stranger]:
    trace = analyze(read(str(CAPTURES / name / f"{name}.pcapng")))
    roles = zip(trace.exchanges, trace.roles, strict=True)
    return [People(trace).author(one, 1) for one, role in roles if role.kind is ExchangeKind.SIGN_OUT]
