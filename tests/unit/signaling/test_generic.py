"""Home-made signaling is recognised by what it carries; who says what to whom follows from likely keys and the flow."""

from __future__ import annotations

import base64
import json
from typing import Any
from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sigtrace.calls.acts import ActKind
from sigtrace.calls.signals import Fate
from sigtrace.calls.waits import Release
from sigtrace.notices import Notice
from sigtrace.signaling import PROTOCOLS
from sigtrace.signaling.content import SignalKind
from sigtrace.signaling.events import ExchangeKind
from sigtrace.signaling.generic import Generic
from sigtrace.signaling.generic_words import Meaning, meaning_of
from sigtrace.signaling.protocol import Fit
from sigtrace.signaling.room_events import Delivered, Sent
from tests.builders.homemade import ANSWER, CANDIDATE, OFFER, Line, labels


def said(line: Line) -> list[str]:
    """Return what comes of a line, with all protocols there are, each signal as `offer a>b`."""
    return list(labels(line.history(*PROTOCOLS)))


def two_peers() -> Line:
    """A relay that adds `from`: u1 and u2 are greeted by it, in room 1."""
    line = Line(target=b"/sig?room=1")
    line.hears("a", {"type": "welcome", "id": "u1", "others": []})
    line.hears("a", {"type": "joined", "id": "u2"})
    line.hears("b", {"type": "welcome", "id": "u2", "others": ["u1"]})
    return line


def test_a_call_over_websocket() -> None:
    """Offer, answer, candidates, chat and goodbye are paired though the relay adds who they are from: one call."""
    line = two_peers()
    ice = {"candidate": CANDIDATE, "sdpMid": "0", "sdpMLineIndex": 0}
    for sender, receiver, own, other, message in [
        ("a", "b", "u1", "u2", {"type": "offer", "sdp": OFFER}),
        ("a", "b", "u1", "u2", {"type": "candidate", "candidate": ice}),
        ("b", "a", "u2", "u1", {"type": "answer", "sdp": ANSWER}),
        ("b", "a", "u2", "u1", {"type": "candidate", "candidate": None}),
        ("a", "b", "u1", "u2", {"type": "chat", "text": "good morning"}),
        ("a", "b", "u1", "u2", {"type": "bye"}),
    ]:
        line.says(sender, {**message, "to": other})
        line.hears(receiver, {**message, "to": other, "from": own})
    line.hears("b", {"type": "left", "id": "u1"})
    history = line.history(*PROTOCOLS)
    assert list(labels(history)) == [
        *("offer u1>u2", "candidate u1>u2", "answer u2>u1", "end-of-candidates u2>u1", "text u1>u2", "bye u1>u2"),
    ]
    assert {signal.fate for signal in history.signals} == {Fate.DELIVERED}
    assert history.signals[1].content.mid == "0"
    assert history.signals[4].content.text == "good morning"
    assert [(peer.id, peer.room) for peer in history.peers] == [("u1", "1"), ("u2", "1")]
    (call,) = history.calls
    assert (call.caller, call.callee, call.ended.value, call.ended_by) == ("u1", "u2", "bye", "u1")


@pytest.mark.parametrize(
    ("sent", "delivered"),
    [
        ({"to": "b", "sdp": OFFER}, {"from": "a", "sdp": OFFER}),
        ({"dst": "b", "src": "a", "body": {"jsep": {"sdp": OFFER}}},) * 2,
        ({"target": "b", "data": json.dumps({"sdp": OFFER})}, {"sender": "a", "data": json.dumps({"sdp": OFFER})}),
        ({"toId": "b", "signal": {"sdp": OFFER}}, {"fromId": "a", "signal": {"sdp": OFFER}}),
        ({"targetUserId": 1, "to": "b", "sdp": OFFER}, {"socketId": "a", "sdp": OFFER}),
        ({"to": {"id": "b"}, "sdp": base64.b64encode(OFFER.encode()).decode()}, {"from": {"id": "a"}, "sdp": OFFER}),
        ({"to": "b", "from": "a", "sdp": OFFER, "ts": 1}, {"to": "b", "from": "a", "sdp": OFFER, "ts": 2}),
    ],
    ids=str,
)
def test_keys_that_address(sent: Any, delivered: Any) -> None:
    """Whatever the keys are called, an offer goes from one to the other."""
    line = Line()
    line.says("a", sent)
    line.hears("b", delivered)
    assert said(line) == ["offer a>b"]


def test_nobody_is_named() -> None:
    """Where nobody is named, peers go by their addresses, and relays are paired by what they carry."""
    line = Line()
    line.says("a", OFFER)
    line.hears("b", OFFER)
    line.says("b", {"sdp": ANSWER})
    line.hears("a", {"sdp": ANSWER})
    a, b = line.client("a"), line.client("b")
    assert said(line) == [f"offer {a}>{b}", f"answer {b}>{a}"]


def test_the_query_names() -> None:
    """The query of a WebSocket's request names the peer whose it is; PeerJS does it by `id`."""
    line = Line(target=b"/peerjs?key=peerjs&id=ann&token=x")
    line.says(
        "a", {"type": "OFFER", "dst": "ben", "payload": {"sdp": {"type": "offer", "sdp": OFFER}, "type": "media"}}
    )
    assert said(line) == ["offer ann>ben"]


@pytest.mark.parametrize(
    ("message", "kind"),
    [
        ({"type": "offer", "sdp": ANSWER}, SignalKind.OFFER),
        ({"type": "ANSWER", "sdp": OFFER}, SignalKind.ANSWER),
        ({"type": "pranswer", "sdp": ANSWER}, SignalKind.PRANSWER),
        ({"answer": {"sdp": OFFER}}, SignalKind.ANSWER),
        ({"type": "call", "sdp": OFFER}, SignalKind.OFFER),
        ({"type": "accept", "sdp": ANSWER}, SignalKind.ANSWER),
        ({"type": "accept", "sdp": OFFER.replace("a=setup:actpass\r\n", "")}, SignalKind.ANSWER),
        ({"sdp": OFFER.replace("a=setup:actpass\r\n", "")}, SignalKind.OFFER),
        ({"sdp": ANSWER}, SignalKind.ANSWER),
        ({"type": "video-offer", "sdp": OFFER}, SignalKind.OFFER),
    ],
    ids=str,
)
def test_offer_or_answer(message: Any, kind: SignalKind) -> None:
    """`type` decides, then the member's name, then `a=setup`, then the verb."""
    event = next(iter(Generic().decode(Line().says("a", message))))
    assert isinstance(event, Sent)
    assert event.content.kind is kind


@pytest.mark.parametrize(
    "message",
    [
        {"to": "b", "candidate": None},
        {"to": "b", "candidate": ""},
        {"to": "b", "candidate": {"candidate": "", "sdpMid": "0"}},
        {"to": "b", "ice": {"completed": True}},
        {"to": "b", "body": json.dumps({"ice": {"completed": True}})},
        {"to": "b", "type": "end-of-candidates"},
    ],
    ids=str,
)
def test_end_of_candidates(message: Any) -> None:
    """Null, nothing, `completed` and the words themselves say that there are no more candidates."""
    event = next(iter(Generic().decode(Line().says("a", message))))
    assert isinstance(event, Sent)
    assert (event.content.kind, event.receiver) == (SignalKind.END_OF_CANDIDATES, "b")


def test_candidate_of_apprtc() -> None:
    """`label` is the m-line and `id` beside it the mid, as AppRTC writes them."""
    event = next(iter(Generic().decode(Line().says("a", {"type": "candidate", "label": 1, "id": "v", "x": CANDIDATE}))))
    assert isinstance(event, Sent)
    assert (event.content.mid, event.content.mline) == ("v", 1)


def test_what_else_is_said_there() -> None:
    """In a place of signaling every message shows: addressed ones and relayed ones as messages, the rest as remarks."""
    line = two_peers()
    line.says("a", {"type": "offer", "to": "u2", "sdp": OFFER})
    line.says("a", {"type": "mood", "to": "u2", "face": ":)"})
    line.says("a", {"type": "mute", "on": True})
    line.hears("b", {"type": "mute", "on": True, "from": "u1"})
    line.says("a", {"type": "ping"})
    line.says("a", {"type": "rate", "password": "hunter2"})
    line.says("a", "hello?")
    line.says("a", b"\x00\x01")
    history = line.history(*PROTOCOLS)
    assert list(labels(history)) == ["offer u1>u2", "json u1>u2", "json u1>u2"]
    assert [signal.content.label for signal in history.signals[1:]] == ["mood", "mute"]
    remarks = [(act.name, act.text) for act in history.acts if act.kind is ActKind.REMARK]
    assert remarks[:3] == [("ping", ""), ("rate", '{"password": "***"}'), ("text", '"hello?"')]
    assert len(remarks) == 4


def test_damaged_messages_are_not_passed_over() -> None:
    """A message that was not captured whole is shown as one nobody can read."""
    line = two_peers()
    line.says("a", {"type": "offer", "to": "u2", "sdp": OFFER})
    line.says("a", {"type": "bye", "to": "u2"}, whole=False)
    assert [signal.kind for signal in line.history(*PROTOCOLS).signals] == [SignalKind.OFFER, SignalKind.UNREADABLE]


def test_socket_io() -> None:
    """A target before the description, as tutorials have it, is who it is for, and on the other side who it is from."""
    line = Line()
    line.emits("a", "offer", "B", {"type": "offer", "sdp": OFFER})
    line.emits("b", "offer", "A", {"type": "offer", "sdp": OFFER}, from_client=False)
    line.emits("b", "message", {"type": "answer", "sdp": ANSWER, "to": "A"})
    line.emits("b", "disconnectPeer", "A", from_client=False)
    history = line.history(*PROTOCOLS)
    assert list(labels(history)) == ["offer A>B", "answer B>A"]


def test_coming_and_going() -> None:
    """Joining, being let in, leaving and being full are told by their verbs."""
    line = Line(target=b"/ws")
    line.says("a", {"type": "join", "room": "r", "id": "ann", "name": "Ann"})
    line.hears("a", {"type": "joined", "room": "r", "peers": [{"id": "ben", "name": "Ben"}]})
    line.says("a", {"type": "offer", "sdp": OFFER})
    line.says("c", {"type": "join", "room": "r"})
    line.hears("c", {"type": "room-full"})
    line.hears("a", {"type": "user-left", "userId": "ben"})
    line.says("a", {"type": "leave"})
    history = line.history(*PROTOCOLS)
    assert [act.kind for act in history.acts] == [
        *(ActKind.JOIN_ASKED, ActKind.JOINED, ActKind.JOIN_ASKED, ActKind.JOIN_REFUSED),
        *(ActKind.TOLD_LEFT, ActKind.LEAVE_ASKED),
    ]
    assert [(peer.id, peer.name, peer.room) for peer in history.peers][:2] == [("ann", "Ann", "r"), ("ben", "Ben", "r")]


# --- HTTP


def test_offer_answered_in_the_response() -> None:
    """An offer whose response is the answer goes to the server itself, which is called by the path."""
    line = Line()
    exchange = line.asks("a", "/offer?x=1", {"type": "offer", "sdp": OFFER}, {"type": "answer", "sdp": ANSWER})
    history = line.history(*PROTOCOLS)
    address = "10.77.0.97"
    assert list(labels(history)) == [f"offer {address}>/offer", f"answer /offer>{address}"]
    assert len(history.calls) == 1
    assert Generic().kind(exchange) is ExchangeKind.OFFER


@pytest.mark.parametrize(
    ("payload", "content_type", "sender"),
    [
        (urlencode({"user": "dan", "type": "offer", "sdp": OFFER}), b"application/x-www-form-urlencoded", "dan"),
        (OFFER, b"text/plain", "10.77.0.97"),
        (OFFER.replace("\r", ""), b"application/sdp", "10.77.0.97"),
        (base64.b64encode(OFFER.encode()), b"text/plain", "10.77.0.97"),
    ],
)
def test_offers_in_other_bodies(payload: Any, content_type: bytes, sender: str) -> None:
    """An offer may be a field of a form or the whole body; a form may name who offers."""
    line = Line()
    line.asks("a", "/call", payload, ANSWER, content_type=content_type)
    assert said(line) == [f"offer {sender}>/call", f"answer /call>{sender}"]


def test_refused_offer() -> None:
    """An offer for nobody that the server refuses is refused, and no message that got lost."""
    line = Line()
    line.asks("a", "/offer", {"sdp": OFFER}, b"busy", status=503)
    (signal,) = line.history(*PROTOCOLS).signals
    assert signal.fate is Fate.REFUSED


def test_an_offer_without_description_is_none() -> None:
    """What goes to where offers go, and holds none, is told from an offer."""
    line = Line()
    line.asks("a", "/offer", {"sdp": OFFER}, {"sdp": ANSWER})
    line.asks("a", "/offer", b"nonsense", b"bad", status=400, kept=False)
    history = line.history(*PROTOCOLS)
    assert len(history.signals) == 2
    assert [(act.name, act.text) for act in history.acts] == [("offer", "without a description")]


def mailbox() -> Line:
    """Ben sends to cal, who fetches by requests that hang; what has no description is kept as small bodies are."""
    line = Line()
    line.asks("c", "/recv?me=cal", status=204, kept=False)
    line.asks("b", "/send?to=cal", {"from": "ben", "d": {"type": "offer", "sdp": OFFER}}, status=202)
    line.asks("c", "/recv?me=cal", answer={"from": "ben", "d": {"type": "offer", "sdp": OFFER}})
    line.asks("c", "/send?to=ben", {"from": "cal", "ice": None}, status=202)
    line.asks("c", "/send?to=ben", {"from": "cal", "end": True}, status=202)
    line.asks("b", "/recv?me=ben", answer=[{"from": "cal", "ice": None}, {"from": "cal", "end": True}])
    line.asks("b", "/recv?me=ben", answer=b"[]", kept=False)
    line.asks("b", "/recv?me=ben", status=None)
    line.asks("b", "/index.html", answer=b"<html>", kept=False)
    return line


def test_mailbox() -> None:
    """What is posted to somebody and fetched by a poll is relayed, also several at once; the polls are waits."""
    history = mailbox().history(*PROTOCOLS)
    assert list(labels(history)) == ["offer ben>cal", "end-of-candidates cal>ben", "bye cal>ben"]
    assert {signal.fate for signal in history.signals} == {Fate.DELIVERED}
    assert [(wait.peer, wait.released_by, wait.by_peer) for wait in history.waits] == [
        ("cal", Release.NOTHING, None),
        ("cal", Release.MESSAGE, "ben"),
        ("ben", Release.MESSAGE, "cal"),
        ("ben", Release.NOTHING, None),
        ("ben", Release.CAPTURE_ENDED, None),
    ]


def test_roles_of_a_mailbox() -> None:
    """Sends, polls and pages are told apart."""
    kinds = [(role.protocol, role.kind) for role in mailbox().read(*PROTOCOLS).roles]
    wait, message = ("generic", ExchangeKind.WAIT), ("generic", ExchangeKind.MESSAGE)
    assert kinds == [wait, message, wait, message, message, wait, wait, wait, ("http", ExchangeKind.OTHER)]


def test_joining_over_http() -> None:
    """A request to join and its response say who is there; leaving is told by the path."""
    line = mailbox()
    line.asks("d", "/join?room=r", {"name": "Dan"}, {"id": "dan", "peers": ["ben"]})
    line.asks("d", "/leave?me=dan", b"{}", method="POST")
    acts = [act.kind for act in line.history(*PROTOCOLS).acts if act.peer == "dan"]
    assert acts == [ActKind.JOIN_ASKED, ActKind.JOINED, ActKind.LEAVE_ASKED]


def test_ordinary_traffic_is_not_taken() -> None:
    """Without any description or candidate nothing is generic signaling, whatever it looks like."""
    line = Line()
    line.asks("a", "/api/mail", {"from": "a", "to": "b", "text": "v=0"}, {"ok": True})
    line.asks("a", "/join", {"name": "a"})
    line.says("a", {"type": "join", "room": "r"})
    reading = line.read(*PROTOCOLS)
    assert not reading.events
    assert {role.protocol for role in reading.roles} == {"http"}


def test_problems_are_told_once() -> None:
    """A malformed description is told of on its way to the server, and not again on its way from there."""
    line = Line()
    broken = OFFER + "a line without an equals sign\r\n"
    line.says("a", {"to": "b", "sdp": broken})
    line.hears("b", {"from": "a", "sdp": broken})
    assert [notice.packet for notice in line.read(*PROTOCOLS).notices] == [10]


@pytest.mark.parametrize(
    ("verb", "from_client", "meaning"),
    [
        ("bye", True, Meaning.BYE),
        ("hang_up", True, Meaning.BYE),
        ("callEnded", False, Meaning.BYE),
        ("END", True, Meaning.BYE),
        ("trackEnded", True, Meaning.OTHER),
        ("newUserJoined", False, Meaning.JOINED),
        ("USER_LEFT", False, Meaning.LEFT),
        ("join-room", True, Meaning.JOIN),
        ("room_full", False, Meaning.FULL),
        ("all-users", False, Meaning.PEERS),
        ("end-of-candidates", True, Meaning.CANDIDATES_END),
        ("chat message", True, Meaning.CHAT),
        ("x" * 10_000, True, Meaning.OTHER),
    ],
)
def test_verbs(verb: str, from_client: bool, meaning: Meaning) -> None:  # noqa: FBT001 - a column of a table
    """A verb means the same however its words are joined."""
    assert meaning_of(verb, from_client=from_client) is meaning


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9) | st.sampled_from([OFFER, CANDIDATE]),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(
                ["type", "to", "from", "id", "sdp", "candidate", "room", "peers", "data", "text", "messages"]
            ),
            inner,
            max_size=5,
        )
    ),
    max_leaves=15,
)


@given(VALUES, st.sampled_from(["join", "offer", "welcome", "left", "chat", ""]), st.booleans())
def test_any_value_is_decoded(value: Any, verb: str, from_client: bool) -> None:  # noqa: FBT001 - drawn
    """Any JSON, said or heard over any bearer, comes out as events that can be written."""
    line = Line()
    payload = {"type": verb, "x": value} if verb else value
    (line.says if from_client else line.hears)("a", payload)
    line.emits("a", verb or "message", value, from_client=from_client)
    line.asks("a", f"/{verb}?me=a", payload, payload)
    line.asks("a", f"/{verb}?me=a", answer=payload)
    protocol = Generic()
    for unit in line.units:
        assert protocol.fit(unit) in Fit
        for event in protocol.decode(unit):
            if isinstance(event, Sent | Delivered):
                (event.content.text or "").encode()
                assert event.content.essence is not None or event.content.sha256 is not None
            else:
                assert isinstance(event, Notice) or event.at_ns


@given(st.binary(max_size=200), st.binary(max_size=60))
def test_any_bytes_are_decoded(data: bytes, target: bytes) -> None:
    """Any bytes of a payload or a target are read without fail."""
    line = Line(target=target)
    line.says("a", data)
    line.asks("a", "/x?" + target.decode("latin-1"), data, data)
    for unit in line.units:
        Generic().fit(unit)
        list(Generic().decode(unit))


def test_deep_values_are_decoded() -> None:
    """What is nested as deep as it may be, in strings inside each other, is decoded too."""
    value: Any = "x"
    for _ in range(4):
        value = json.dumps(json.loads("[" * 90 + json.dumps({"a": value}) + "]" * 90))
    list(Generic().decode(Line().says("a", {"to": "b", "v": value})))


def test_a_topic_is_a_room_and_an_envelope_is_none_of_the_message() -> None:
    """Whoever subscribes to a topic joins it; what is published is paired though the server writes on its envelope."""
    line = Line()
    for client in ("a", "b"):
        line.says(client, {"type": "subscribe", "topics": ["den"]})
    line.says("a", {"type": "publish", "topic": "den", "data": {"type": "announce", "from": "u1", "step": 1}})
    line.hears(
        "b", {"type": "publish", "topic": "den", "clients": 2, "data": {"type": "announce", "from": "u1", "step": 1}}
    )
    line.says("b", {"type": "publish", "data": {"type": "signal", "to": "u1", "from": "u2", "signal": {"sdp": OFFER}}})
    line.hears("a", {"type": "publish", "data": {"type": "signal", "to": "u1", "from": "u2", "signal": {"sdp": OFFER}}})
    history = line.history(*PROTOCOLS)
    assert list(labels(history)) == ["json u1>u2", "offer u2>u1"]
    assert history.signals[0].content.label == "announce"
    assert [(peer.id, peer.room) for peer in history.peers] == [("u1", "den"), ("u2", "den")]


@pytest.mark.parametrize("verb", ["subscribe", "create", "connect"])
def test_verbs_that_need_a_room(verb: str) -> None:
    """What may mean a room and names none is a remark."""
    line = Line()
    line.says("a", {"type": "offer", "to": "u2", "sdp": OFFER})
    line.says("a", {"type": verb, "id": 7, "query": "x"})
    acts = [act for act in line.history(*PROTOCOLS).acts if act.number == line.units[-1].number]
    assert [act.kind for act in acts] == [ActKind.REMARK]


def test_a_called_method_is_no_peer() -> None:
    """The `target` beside `arguments` is what is called, as SignalR has it, and no peer goes by it."""
    line = Line()
    line.says("a", json.dumps({"type": 1, "target": "SendOffer", "arguments": [{"sdp": OFFER}]}) + "\x1e")
    line.hears("b", json.dumps({"type": 1, "target": "GetOffer", "arguments": ["x", {"sdp": OFFER}]}) + "\x1e")
    assert said(line) == [f"offer {line.client('a')}>{line.client('b')}"]


def test_an_expired_message_is_nobodys_leaving() -> None:
    """That a message expired says nothing of whom it was for: nobody came and left."""
    line = Line(target=b"/peerjs?key=peerjs&id=ann&token=x")
    line.says("a", {"type": "OFFER", "dst": "ben", "payload": {"sdp": {"type": "offer", "sdp": OFFER}}})
    line.hears("a", {"type": "EXPIRE", "src": "ben", "dst": "ann"})
    assert [peer.id for peer in line.history(*PROTOCOLS).peers] == ["ann"]


def test_a_peer_closed() -> None:
    """`peerClosed` tells that somebody left."""
    line = two_peers()
    line.says("a", {"type": "offer", "to": "u2", "sdp": OFFER})
    line.hears("a", {"notification": True, "method": "peerClosed", "data": {"peerId": "u2"}})
    assert line.history(*PROTOCOLS).acts[-1].kind is ActKind.TOLD_LEFT
