"""PeerConnection: what one exchange says by itself."""

from __future__ import annotations

import pytest

from sigtrace.notices import Notice
from sigtrace.signaling.events import ExchangeKind, Listed, Refused, SignedIn, WaitAnswer, Waited
from sigtrace.signaling.peerconnection import PeerConnection, decode_list
from sigtrace.signaling.protocol import Fit
from tests.builders.exchanges import ALICE, OFFER, Wire

PROTOCOL = PeerConnection()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("alice@host-a,1,1\n", (Listed("alice@host-a", 1, connected=True),)),
        ("a,b,12,0\n", (Listed("a,b", 12, connected=False),)),
        ("王小明,3,1\nbob,2,1\n", (Listed("王小明", 3, connected=True), Listed("bob", 2, connected=True))),
        (",1,1\n", (Listed("", 1, connected=True),)),
        ("user@host11\n", (Listed("user@host", 1, connected=True),)),
        ("user@host121\r\n", (Listed("user@host", 12, connected=True),)),
        ('{"sdp" : "v=0", "type" : "offer"}', ()),
        ("BYE", ()),
        ("alice,1,1\nand this is no list\n", ()),
        ("alice,1,2\n", ()),
        ("", ()),
    ],
)
def test_decode_list(text: str, expected: tuple[Listed, ...]) -> None:
    """List lines are read from the right, with or without commas; anything else is no list at all."""
    assert decode_list(text) == expected


@pytest.mark.parametrize(
    ("target", "kind", "fit"),
    [
        ("/wait?peer_id=1", ExchangeKind.WAIT, Fit.CERTAIN),
        ("/wait?xpeer_id=1", ExchangeKind.WAIT, Fit.CERTAIN),
        ("/wait", ExchangeKind.WAIT, Fit.POSSIBLE),
        ("http://10.0.0.1:8888/wait?peer_id=1", ExchangeKind.WAIT, Fit.CERTAIN),
        ("/message?peer_id=1&to=2", ExchangeKind.MESSAGE, Fit.CERTAIN),
        ("/sign_out?peer_id=1", ExchangeKind.SIGN_OUT, Fit.CERTAIN),
        ("/sign_in?John Smith@my pc", ExchangeKind.SIGN_IN, Fit.POSSIBLE),
        ("/waiting?peer_id=1", ExchangeKind.OTHER, Fit.NONE),
        ("/", ExchangeKind.OTHER, Fit.NONE),
        ("/quit", ExchangeKind.QUIT, Fit.POSSIBLE),
    ],
)
def test_recognised_by_path_and_query(target: str, kind: ExchangeKind, fit: Fit) -> None:
    """Path and query decide what an unanswered request is, and how sure that is."""
    unit = Wire().add(ALICE, target, 0.0, None)
    assert (PROTOCOL.kind(unit), PROTOCOL.fit(unit)) == (kind, fit)


@pytest.mark.parametrize(
    ("target", "peer"), [("/sign_out?peer_id=3", 3), ("/message?peer_id= 12&to=2", 12), ("/sign_in?peer_id", None)]
)
def test_requests_say_who_makes_them(target: str, peer: int | None) -> None:
    """A request goes by the number that the server would read in its query."""
    assert PROTOCOL.peer_of(Wire().add(ALICE, target, 0.0, None)) == peer


def test_sign_in_with_a_spaced_name() -> None:
    """A name with spaces and commas is what the server lists, not what the request line's words are."""
    unit = Wire().add(ALICE, "/sign_in?John, Jr", 0.0, 0.1, answer=(b"John_,4,1\nbob,2,1\n", 4), reason=b"Added")
    (event,) = PROTOCOL.decode(unit)
    assert isinstance(event, SignedIn)
    assert (event.peer, event.name, [one.peer for one in event.others]) == (4, "John_", [2])


def test_peer_name_parameter_of_relatives() -> None:
    """`peer_name=` is not a part of the name."""
    unit = Wire().add(ALICE, "/sign_in?peer_name=bob", 0.0, 0.1, answer=(b"", 4))
    (event,) = PROTOCOL.decode(unit)
    assert isinstance(event, SignedIn)
    assert (event.peer, event.name) == (4, "bob")


@pytest.mark.parametrize(
    ("body", "pragma", "status", "answer"),
    [
        (b"bob,2,1\n", 1, 200, WaitAnswer.PRESENCE),
        (b"bob,2,0\n", 1, 200, WaitAnswer.PRESENCE),
        (OFFER, 2, 200, WaitAnswer.MESSAGE),
        (b"x,7,1\n", 2, 200, WaitAnswer.MESSAGE),
        (b"Server shutting down", None, 200, WaitAnswer.SERVER_QUIT),
        (b"<html>", None, 500, WaitAnswer.REFUSED),
    ],
)
def test_wait_answers(body: bytes, pragma: int | None, status: int, answer: WaitAnswer) -> None:
    """Pragma tells presence from message: one's own number, another's, or none."""
    unit = Wire().add(ALICE, "/wait?peer_id=1", 0.0, 1.0, answer=(body, pragma), status=status)
    (event,) = PROTOCOL.decode(unit)
    assert isinstance(event, Waited)
    assert event.answer is answer


def test_refused_sign_out() -> None:
    """A second sign-out of the same number is refused."""
    unit = Wire().add(ALICE, "/sign_out?peer_id=1", 0.0, 1.0, status=500)
    (event,) = PROTOCOL.decode(unit)
    assert isinstance(event, Refused)


def test_wait_of_nobody_is_a_notice() -> None:
    """A wait without a number belongs to no mailbox, and that is said."""
    unit = Wire().add(ALICE, "/wait", 0.0, None)
    found = list(PROTOCOL.decode(unit))
    assert [one.code for one in found if isinstance(one, Notice)] == ["peerconnection.no-peer-id"]
