"""SkyRTC: which messages are its own, what each says, and what a whole meeting comes to."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from sigtrace.application.websocket.message import Opcode
from sigtrace.calls.acts import ActKind
from sigtrace.calls.signals import Fate
from sigtrace.notices import Notice
from sigtrace.signaling.content import SignalKind
from sigtrace.signaling.functions import WireEvent
from sigtrace.signaling.protocol import Fit
from sigtrace.signaling.room_events import Delivered, JoinAsked, Joined, PeerJoined, PeerLeft, Remarked, Sent, Unknown
from sigtrace.signaling.skyrtc import DEFAULT_ROOM, NOT_JSON, UNKNOWN_EVENT, SkyRTC
from sigtrace.value import replace
from tests.builders.exchanges import ANSWER, OFFER
from tests.builders.sockets import Sockets

if TYPE_CHECKING:
    from sigtrace.application.websocket.message import Message
    from sigtrace.signaling.events import SignalingEvent

A, B, C = ("a" * 8 + "-0000-4000-8000-00000000000" + digit for digit in "123")
CANDIDATE = "candidate:1 1 udp 2122260223 10.77.0.11 5000 typ host"


def event(name: str, **data: Any) -> dict[str, Any]:
    """Return an event as both sides write it."""
    return {"eventName": name, "data": data}


def description(body: bytes, socket_id: str, *, answer: bool = False, sent: bool = True) -> dict[str, Any]:
    """Return an offer or answer; `sdp` is an object."""
    name = ("__" if sent else "_") + ("answer" if answer else "offer")
    return event(name, sdp=json.loads(body), socketId=socket_id)


def said(message: Message) -> list[SignalingEvent | Notice]:
    """Return what a message says."""
    return list(SkyRTC().decode(message))


def from_client(payload: Any, **more: Any) -> list[SignalingEvent | Notice]:
    """Return what a client's message says."""
    return said(Sockets().say(1, 1.0, payload, **more))


def from_server(payload: Any, **more: Any) -> list[SignalingEvent | Notice]:
    """Return what the server's message says."""
    return said(Sockets().tell(1, 1.0, payload, **more))


@pytest.mark.parametrize(
    ("payload", "client"),
    [
        (event("__join", room="r"), True),
        ({"eventName": "__join"}, True),
        (event("__offer", sdp={}, socketId=A), True),
        (event("__answer", sdp={}, socketId=A), True),
        (event("__ice_candidate", label=0, candidate="", socketId=A), True),
        (event("_peers", connections=[], you=A), False),
        (event("_new_peer", socketId=A), False),
        (event("_remove_peer", socketId=A), False),
        (event("_offer", sdp={}, socketId=A), False),
    ],
)
def test_each_event_is_certain_in_its_own_direction_only(payload: dict[str, Any], *, client: bool) -> None:
    """An event is certain where it belongs, and nothing the other way."""
    sockets = Sockets()
    there = (sockets.say if client else sockets.tell)(1, 1.0, payload)
    back = (sockets.tell if client else sockets.say)(1, 1.0, payload)
    assert (SkyRTC().fit(there), SkyRTC().fit(back)) == (Fit.CERTAIN, Fit.NONE)


@pytest.mark.parametrize(
    "payload",
    [
        b"",
        b"eventName",
        b'{"eventName":',
        [1],
        {"eventName": 5, "data": {}},
        {"eventName": "__join", "data": "r"},
        event("__offer", sdp={}),
        event("__wave", mood="cheerful"),
        {"type": "offer", "sdp": "v=0"},
    ],
)
def test_what_is_none_of_the_events_fits_not(payload: Any) -> None:
    """Neither another shape nor another name is taken for SkyRTC by itself."""
    assert SkyRTC().fit(Sockets().say(1, 1.0, payload)) is Fit.NONE


def test_exchanges_are_not_skyrtc() -> None:
    """The upgrade itself says nothing of what will be spoken."""
    exchange = Sockets().open(1, 0.0)
    assert SkyRTC().fit(exchange) is Fit.NONE
    assert list(SkyRTC().decode(exchange)) == []


@pytest.mark.parametrize(
    ("payload", "room"),
    [
        (event("__join", room="kitchen"), "kitchen"),
        (event("__join", room=""), DEFAULT_ROOM),
        (event("__join"), DEFAULT_ROOM),
        ({"eventName": "__join"}, DEFAULT_ROOM),
        (event("__join", room=None), DEFAULT_ROOM),
        (event("__join", room=0), DEFAULT_ROOM),
        (event("__join", room=7), "7"),
    ],
)
def test_room_without_a_name_is_the_default_one(payload: dict[str, Any], room: str) -> None:
    """What is no name to the server is `__default`."""
    [asked] = from_client(payload)
    assert isinstance(asked, JoinAsked)
    assert asked.room == room


def test_peers_tells_a_client_its_id_and_who_is_there() -> None:
    """`_peers` is a joining: `you` is the client, `connections` are the others; what is no text is no id."""
    [joined] = from_server(event("_peers", connections=[A, 5, B], you=C))
    assert isinstance(joined, Joined)
    assert (joined.peer, [other.peer for other in joined.others]) == (C, [A, B])


def test_coming_and_going_are_told() -> None:
    """`_new_peer` and `_remove_peer` name who it is."""
    [came], [went] = from_server(event("_new_peer", socketId=A)), from_server(event("_remove_peer", socketId=A))
    assert isinstance(came, PeerJoined)
    assert isinstance(went, PeerLeft)
    assert came.peer == went.peer == A


def test_socket_id_is_the_target_one_way_and_the_sender_the_other() -> None:
    """The two legs name different peers by the same key, and the description is the same."""
    [sent] = from_client(description(OFFER, B))
    [delivered] = from_server(description(OFFER, A, sent=False))
    assert isinstance(sent, Sent)
    assert isinstance(delivered, Delivered)
    assert (sent.receiver, sent.sender, delivered.sender, delivered.receiver) == (B, None, A, None)
    assert sent.content.kind is SignalKind.OFFER
    assert sent.content.sdp == json.loads(OFFER)["sdp"]
    assert sent.content.essence == delivered.content.essence is not None


def test_candidate_has_its_label_alone() -> None:
    """`label` is the m-line; there is no mid."""
    [sent] = from_client(event("__ice_candidate", label=1, candidate=CANDIDATE, socketId=B))
    assert isinstance(sent, Sent)
    assert (sent.content.mline, sent.content.mid) == (1, None)
    assert sent.content.candidate is not None
    assert sent.content.candidate.port == 5000


def test_extra_keys_of_a_candidate_do_not_part_the_legs() -> None:
    """The server drops what it does not know, and both legs have the same essence."""
    [sent] = from_client(event("__ice_candidate", label=0, candidate=CANDIDATE, sdpMid="0", socketId=B))
    [delivered] = from_server(event("_ice_candidate", label=0, candidate=CANDIDATE, socketId=A))
    assert isinstance(sent, Sent)
    assert isinstance(delivered, Delivered)
    assert sent.content.essence == delivered.content.essence


def test_binary_message_is_read_like_text() -> None:
    """The server parses whatever frame comes."""
    [sent] = from_client(event("__ice_candidate", label=0, candidate=CANDIDATE, socketId=B), opcode=Opcode.BINARY)
    assert isinstance(sent, Sent)


def test_a_broken_description_is_told_once() -> None:
    """What is wrong with an offer is a notice of the leg that was sent, not of its copy."""
    broken = {"type": "offer", "sdp": 5}
    sent, notice = from_client(event("__offer", sdp=broken, socketId=B))
    assert isinstance(sent, Sent)
    assert isinstance(notice, Notice)
    assert (sent.content.kind, sent.content.problem) == (SignalKind.OFFER, "has no sdp")
    assert len(from_server(event("_offer", sdp=broken, socketId=A))) == 1


def test_event_of_the_application_is_unknown_and_noticed() -> None:
    """A name that SkyRTC does not have is shown with all it carried."""
    unknown, notice = from_client(event("__ask_file", file="photo.jpg"))
    assert isinstance(unknown, Unknown)
    assert isinstance(notice, Notice)
    assert (unknown.name, notice.code) == ("__ask_file", UNKNOWN_EVENT)
    assert "photo.jpg" in unknown.payload


def test_known_name_in_the_wrong_direction_is_unknown() -> None:
    """A client that says what only the server says reaches no peer by it."""
    unknown, _ = from_client(event("_new_peer", socketId=A))
    assert isinstance(unknown, Unknown)


@pytest.mark.parametrize("payload", [{"text": "hello"}, [1, 2], {"eventName": "", "data": {}}, b"5", b"true"])
def test_json_without_a_name_is_the_applications_own(payload: Any) -> None:
    """It reaches `socket_message` on the server and `socket_receive_message` on a client."""
    [up], [down] = from_client(payload), from_server(payload)
    assert isinstance(up, Remarked)
    assert isinstance(down, Remarked)
    assert (up.name, down.name) == ("socket_message", "socket_receive_message")


@pytest.mark.parametrize("payload", [b"hello", b"", b"null", b'{"eventName":"__join"', b"\xff\xfe"])
def test_what_is_no_json_ends_the_server(payload: bytes) -> None:
    """Text that the server cannot parse, or has no members, is kept, and a notice says what it does."""
    unknown, notice = from_client(payload)
    assert isinstance(unknown, Unknown)
    assert isinstance(notice, Notice)
    assert notice.code == NOT_JSON
    assert "crashes" in notice.text


def test_damaged_offer_is_still_an_offer() -> None:
    """By its beginning a message is what it was; what it said is lost, and so is whom it was for."""
    beginning = json.dumps(description(OFFER, B), separators=(",", ":")).encode()[:90]
    message = Sockets().say(1, 1.0, beginning, missing=500)
    [sent] = said(message)
    assert SkyRTC().fit(message) is Fit.CERTAIN
    assert isinstance(sent, Sent)
    assert (sent.content.kind, sent.receiver, sent.content.essence) == (SignalKind.OFFER, None, None)
    assert "500 bytes" in (sent.content.problem or "")


@pytest.mark.parametrize(
    ("more", "text"),
    [({"missing": 9}, "9 of 12 bytes not captured"), ({"kept": False}, "3 bytes, too many to keep")],
)
def test_message_that_cannot_be_read_is_remarked(more: dict[str, Any], text: str) -> None:
    """Without its bytes nothing is said of a message but that it was there, and why there is no more to say."""
    [remarked] = from_client(b'{"x', **more)
    assert isinstance(remarked, Remarked)
    assert (remarked.name, remarked.text) == ("unreadable", text)


@pytest.mark.parametrize(("compressed", "text"), [(True, "1 bytes, not inflated"), (False, "1 bytes, not all of it")])
def test_message_that_is_known_by_its_length_alone_is_remarked(*, compressed: bool, text: str) -> None:
    """A compressed one could not be inflated, and of any other the beginning or the end is missing."""
    message = replace(Sockets().say(1, 1.0, b"\x00"), data=None, sha256=None, length=None, compressed=compressed)
    [remarked] = said(message)
    assert isinstance(remarked, Remarked)
    assert remarked.text == text


def test_every_arrow_has_functions_on_both_sides() -> None:
    """What SkyRTC can say is traced to who sends and who handles it."""
    functions = SkyRTC().functions
    assert WireEvent.OFFER_DELIVERED in functions
    assert all(one.sender and one.handler for one in functions.values())


def meeting() -> Sockets:
    """A is in the kitchen, B comes and calls it, C comes without a room, B goes."""
    sockets = Sockets()
    for flow, at in ((1, 0.0), (2, 1.0), (3, 3.0)):
        sockets.open(flow, at)
    sockets.say(1, 0.1, event("__join", room="kitchen"))
    sockets.tell(1, 0.2, event("_peers", connections=[], you=A))
    sockets.say(2, 1.1, event("__join", room="kitchen"))
    sockets.tell(1, 1.2, event("_new_peer", socketId=B))
    sockets.tell(2, 1.3, event("_peers", connections=[A], you=B))
    sockets.say(2, 2.0, description(OFFER, A))
    sockets.tell(1, 2.1, description(OFFER, B, sent=False))
    sockets.say(1, 2.2, description(ANSWER, B, answer=True))
    sockets.tell(2, 2.3, description(ANSWER, A, answer=True, sent=False))
    sockets.say(1, 2.4, event("__ice_candidate", label=0, candidate=CANDIDATE, socketId=B))
    sockets.tell(2, 2.5, event("_ice_candidate", label=0, candidate=CANDIDATE, socketId=A))
    sockets.say(3, 3.1, event("__join"))
    sockets.tell(3, 3.2, event("_peers", connections=[], you=C))
    sockets.say(3, 3.3, event("__wave"))
    sockets.tell(1, 4.0, event("_remove_peer", socketId=B))
    return sockets


def test_meeting_comes_to_rooms_relays_and_a_call() -> None:
    """Peers go by the ids the server gave, each is in its room, and both legs of each relay are one signal."""
    history = meeting().history()
    assert [(peer.id, peer.room) for peer in history.peers] == [(A, "kitchen"), (B, "kitchen"), (C, DEFAULT_ROOM)]
    signals = [(one.kind, one.sender, one.receiver, one.fate, one.relay_ns) for one in history.signals]
    assert signals == [
        (SignalKind.OFFER, B, A, Fate.DELIVERED, 100_000_000),
        (SignalKind.ANSWER, A, B, Fate.DELIVERED, 100_000_000),
        (SignalKind.CANDIDATE, A, B, Fate.DELIVERED, 100_000_000),
    ]
    [call] = history.calls
    assert (call.caller, call.callee, call.caller_candidates, call.callee_candidates) == (B, A, 0, 1)


def test_unknown_event_stays_on_its_place() -> None:
    """A message that nobody knows is an act of the protocol spoken around it."""
    sockets = meeting()
    reading = sockets.reading()
    assert set(reading.message_protocols) == {"skyrtc"}
    [act] = [act for act in sockets.history().acts if act.kind is ActKind.UNKNOWN]
    assert (act.name, act.peer) == ("__wave", C)


def test_joining_twice_is_two_stays() -> None:
    """A socket that joins a second room is in both, until it closes."""
    sockets = meeting()
    sockets.say(1, 5.0, event("__join", room="attic"))
    sockets.tell(1, 5.1, event("_peers", connections=[], you=A))
    stays = [peer.room for peer in sockets.history().peers if peer.id == A]
    assert stays == ["kitchen", "attic"]


def test_offer_to_a_ghost_is_undelivered() -> None:
    """An offer to somebody who is listed and gone is seen going in and never coming out."""
    sockets = meeting()
    sockets.say(1, 5.0, description(OFFER.replace(b"o=- 1", b"o=- 9"), B))
    last = sockets.history().signals[-1]
    assert (last.receiver, last.fate) == (B, Fate.UNDELIVERED)


def test_client_whose_joining_was_not_captured_is_known_by_its_signals() -> None:
    """Pairing the legs tells who is who when `_peers` was before the capture."""
    sockets = Sockets()
    sockets.say(2, 2.0, description(OFFER, A))
    sockets.tell(1, 2.1, description(OFFER, B, sent=False))
    [signal] = sockets.history().signals
    assert (signal.sender, signal.receiver, signal.fate) == (B, A, Fate.DELIVERED)
