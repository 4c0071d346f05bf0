"""Whole sessions: many carriers, both transports, and what is missing of them."""

from __future__ import annotations

import pytest

from sigtrace.application.http.message import Body, ExchangeState
from sigtrace.application.socketio.engine import EnginePacket
from sigtrace.application.socketio.packet import EnginePacketKind, EnginePurpose, SocketPacket, SocketPacketKind
from sigtrace.application.socketio.payload import encode_payload
from sigtrace.application.socketio.traffic import SocketTraffic, decode_socketio
from sigtrace.application.websocket.message import MessageState
from sigtrace.packets.endpoint import Endpoint
from tests.builders.exchanges import body_of
from tests.builders.socketio import CLIENT, MILLISECOND, OPEN, SERVER, Talk

EIO4 = "EIO=4&transport=polling"
POLL4 = f"{EIO4}&sid=S1"
POLL3 = "EIO=3&transport=polling&sid=S1"
TWO_ATTACHMENTS = b'452-["n",{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}]'


def decode(talk: Talk, **closed: int) -> SocketTraffic:
    """Decode all that a talk made; `flow_7=…` says when a flow was closed."""
    closed_ns = {int(name.removeprefix("flow_")): at for name, at in closed.items()}
    return decode_socketio(talk.exchanges, talk.messages, closed_ns=closed_ns)


def codes(traffic: SocketTraffic) -> list[str]:
    """Return the codes of the notices."""
    return [notice.code for notice in traffic.notices]


def names(packets: tuple[SocketPacket, ...]) -> list[str | None]:
    """Return the names of the events."""
    return [packet.name for packet in packets]


def upgraded() -> Talk:
    """A session of protocol 4 that begins by polling and goes over to a WebSocket."""
    talk = Talk()
    talk.get(EIO4, OPEN)
    talk.post(POLL4, b"40")
    talk.get(POLL4, b'40{"sid":"X"}')
    talk.get("EIO=4&transport=websocket&sid=S1", b"", status=101, flow=100)
    talk.say(b"2probe", from_client=True)
    talk.say(b"3probe", from_client=False)
    talk.get(POLL4, b"6")
    talk.say(b"5", from_client=True)
    talk.say(b'42["up"]', from_client=True)
    talk.say(b"2", from_client=False)
    talk.say(b"3", from_client=True)
    return talk


def test_an_upgrade_is_one_session() -> None:
    """Polls and WebSocket of one id are one session, which knows when it went over."""
    talk = upgraded()
    traffic = decode(talk, flow_100=99 * MILLISECOND)
    (session,) = traffic.sessions
    assert (session.channel, session.sid, session.protocol) == ("socket.io S1", "S1", 4)
    assert (session.client, session.server, session.path, session.flow) == (CLIENT, SERVER, "/socket.io/", 100)
    assert (session.ping_interval_ms, session.ping_timeout_ms) == (25000, 20000)
    assert session.opened_ns == MILLISECOND + MILLISECOND // 2
    assert session.upgraded_ns == 8 * MILLISECOND
    assert (session.closed_ns, session.closed_by_client) == (99 * MILLISECOND, None)
    assert session.heartbeats == (MILLISECOND,)
    assert session.exchanges == tuple(traffic.purposes)
    assert list(traffic.purposes.values()) == [
        EnginePurpose.OPEN,
        EnginePurpose.SEND,
        EnginePurpose.POLL,
        EnginePurpose.UPGRADE,
        EnginePurpose.POLL,
    ]
    assert traffic.messages == {message.number for message in talk.messages}
    assert [poll.packets for poll in traffic.polls] == [(EnginePacketKind.MESSAGE,), (EnginePacketKind.NOOP,)]
    assert [(packet.number, packet.kind.value, packet.exchange, packet.message) for packet in traffic.packets] == [
        (1, "connect", 2, None),
        (2, "connect", 3, None),
        (3, "event", None, 9),
    ]
    assert traffic.notices == ()


def test_a_poll_hangs_from_its_request_to_its_answer() -> None:
    """A poll says when it was asked and answered; one without an answer was not released."""
    talk = Talk()
    talk.get(POLL4, b'42["a"]')
    talk.get(POLL4, None, state=ExchangeState.OPEN)
    first, second = decode(talk).polls
    assert (first.asked_ns, first.answered_ns) == (MILLISECOND, MILLISECOND + MILLISECOND // 2)
    assert (second.answered_ns, second.refused, second.packets) == (None, False, ())


def test_an_unknown_session_is_refused() -> None:
    """The error of a server is a refused poll of that session, and no packet."""
    talk = Talk()
    talk.get(POLL4, b'{"code":1,"message":"Session ID unknown"}', status=400)
    traffic = decode(talk)
    assert [(poll.channel, poll.refused, poll.packets) for poll in traffic.polls] == [("socket.io S1", True, ())]
    assert [session.exchanges for session in traffic.sessions] == [(1,)]
    assert traffic.packets == traffic.notices == ()
    legacy = Talk()
    legacy.exchange("GET", b"/socket.io/1/xhr-polling/S1?t=1", answer=b"7:::1+0")
    assert [poll.refused for poll in decode(legacy).polls] == [True]


def test_a_refused_handshake_is_no_session() -> None:
    """A handshake that the server refuses is known for what it is, and opens nothing."""
    talk = Talk()
    talk.get(EIO4, b'{"code":0,"message":"Transport unknown"}', status=400)
    traffic = decode(talk)
    assert traffic.purposes == {1: EnginePurpose.OPEN}
    assert traffic.sessions == traffic.polls == ()


def test_text_that_was_encoded_twice() -> None:
    """Where all text of a session can be decoded twice it is Socket.IO 1; else none of it is."""
    packets = [EnginePacket(EnginePacketKind.MESSAGE, '2["é😀"]'.encode())]
    talk = Talk()
    talk.get(POLL3, encode_payload(packets, 3, twice=True))
    assert names(decode(talk).packets) == ["é😀"]
    talk.get(POLL3, encode_payload([packets[0]._replace(data='2["中"]'.encode())], 3))
    first, second = names(decode(talk).packets)
    assert second == "中"
    assert first == "é😀".encode().decode("latin-1")


@pytest.mark.parametrize("protocol", [3, 4])
def test_attachments_follow_their_packet(protocol: int) -> None:
    """Attachments are those of the next binary messages of that direction, whatever the other side sends between."""
    first = b"\x04" if protocol == 3 else b""
    target = f"/socket.io/?EIO={protocol}&transport=websocket&sid=S1".encode()
    talk = Talk()
    talk.say(TWO_ATTACHMENTS, from_client=True, target=target)
    talk.say(b'451-["m",{"_placeholder":true,"num":0}]', from_client=False, target=target)
    talk.say(first + b"a", from_client=True, binary=True, target=target)
    talk.say(b"2", from_client=False, target=target)
    talk.say(first + b"c", from_client=False, binary=True, target=target)
    talk.say(first + b"b", from_client=True, binary=True, target=target)
    sent, got = decode(talk).packets
    assert (sent.name, sent.attachments, sent.missing) == ("n", (b"a", b"b"), 0)
    assert (sent.span.start_ns, sent.span.end_ns) == (MILLISECOND, 6 * MILLISECOND)
    assert (sent.span.first_packet, sent.span.last_packet) == (2, 12)
    assert (got.name, got.attachments, got.from_client) == ("m", (b"c",), False)


def test_attachments_in_polls() -> None:
    """Attachments may come in the same body or in the next."""
    talk = Talk()
    talk.post(POLL4, TWO_ATTACHMENTS + b"\x1ebAQ==")
    talk.post(POLL4, b'bAg==\x1e42["next"]')
    traffic = decode(talk)
    assert [(packet.name, packet.attachments) for packet in traffic.packets] == [("n", (b"\1", b"\2")), ("next", ())]
    assert traffic.notices == ()


def test_attachments_that_are_not_there() -> None:
    """A packet is given out with the attachments that were captured, and says how many were not."""
    talk = Talk()
    talk.say(TWO_ATTACHMENTS, from_client=True)
    talk.say(b"a", from_client=True, binary=True)
    talk.say(b'42["next"]', from_client=True)
    talk.say(b"stray", from_client=True, binary=True)
    traffic = decode(talk)
    assert [(packet.attachments, packet.missing) for packet in traffic.packets] == [((b"a",), 1), ((), 0)]
    assert codes(traffic) == ["socketio.missing-attachment", "socketio.stray-attachment"]


@pytest.mark.parametrize("data", [None, b"be"])
def test_an_attachment_that_is_damaged(data: bytes | None) -> None:
    """One that was carried, but is not all there, keeps its place."""
    talk = Talk()
    talk.say(TWO_ATTACHMENTS, from_client=True)
    talk.say(data, from_client=True, binary=True, state=MessageState.DAMAGED)
    talk.say(b"b", from_client=True, binary=True)
    traffic = decode(talk)
    assert [(packet.attachments, packet.missing) for packet in traffic.packets] == [((b"", b"b"), 1)]
    assert codes(traffic) == ["socketio.missing-attachment", "socketio.incomplete"]


def test_malformed_packets() -> None:
    """What is no packet is left out and told with its captured packet; the others stay."""
    talk = Talk()
    talk.say(b"42", from_client=True)
    talk.say(b"x", from_client=True)
    talk.get(POLL4, b'z\x1e42["a"]')
    traffic = decode(talk)
    assert names(traffic.packets) == ["a"]
    assert [(notice.code, notice.packet) for notice in traffic.notices] == [
        ("socketio.malformed-packet", 2),
        ("socketio.malformed-payload", 4),
        ("socketio.malformed-payload", 7),
    ]


@pytest.mark.parametrize(
    ("query", "body", "state", "found"),
    [
        (POLL4, b'42["a"]\x1e42["b"', ExchangeState.ABORTED, ["a"]),
        (POLL4, b'42["a"]\x1e42["b"]', ExchangeState.DAMAGED, []),
        (POLL3, b'7:42["a"]7:42["b', ExchangeState.ABORTED, ["a"]),
        (POLL3, b'7:42["a"]9:42["7:42["c"]', ExchangeState.DAMAGED, ["a"]),
    ],
)
def test_bodies_of_which_a_part_is_missing(query: str, body: bytes, state: ExchangeState, found: list[str]) -> None:
    """Of a cut body all before the cut is read; where a hole may be anywhere, only what lengths vouch for."""
    talk = Talk()
    talk.get(query, body_of(body, missing=5), state=state)
    traffic = decode(talk)
    assert names(traffic.packets) == found
    assert codes(traffic) == ["socketio.incomplete"]


def test_a_body_that_was_not_kept() -> None:
    """A body above the bound is told; the poll stays."""
    talk = Talk()
    talk.get(POLL4, Body(length=2_000_000, sha256="00", data=None, missing=0))
    traffic = decode(talk)
    assert codes(traffic) == ["socketio.incomplete"]
    assert len(traffic.polls) == 1


def test_an_answer_without_its_request() -> None:
    """It is a poll of the session whose other exchanges are on its connection; elsewhere of a session of its own."""
    talk = Talk()
    talk.get(POLL4, b"2", flow=7)
    talk.exchange(None, b"", answer=b'42["a"]', flow=7, state=ExchangeState.DAMAGED)
    talk.exchange(None, b"", answer=b'7:42["b"]', flow=8, state=ExchangeState.DAMAGED)
    traffic = decode(talk)
    assert [(packet.name, packet.channel, packet.protocol) for packet in traffic.packets] == [
        ("a", "socket.io S1", 4),
        ("b", "socket.io flow 8", 3),
    ]
    assert [poll.asked_ns for poll in traffic.polls][1:] == [None, None]
    assert [session.exchanges for session in traffic.sessions] == [(1, 2), (3,)]


def test_an_answer_on_a_connection_that_shows_nothing_else() -> None:
    """It is of the session that later shows to be the only one that polls from there."""
    talk = Talk()
    talk.exchange(None, b"", answer=b'42["a"]', flow=7, state=ExchangeState.DAMAGED)
    talk.get(POLL4, b"2", flow=8)
    traffic = decode(talk)
    assert [(packet.name, packet.channel) for packet in traffic.packets] == [("a", "socket.io S1")]
    assert [(session.exchanges, session.path) for session in traffic.sessions] == [((1, 2), "/socket.io/")]


def test_an_answer_near_several_sessions_is_of_none_of_them() -> None:
    """Where two sessions poll from one address, nothing tells whose it is."""
    talk = Talk()
    talk.exchange(None, b"", answer=b'42["a"]', flow=7, state=ExchangeState.DAMAGED)
    talk.get(POLL4, b"2", flow=8)
    talk.get(POLL4.replace("S1", "S2"), b"2", flow=9)
    assert [packet.channel for packet in decode(talk).packets] == ["socket.io flow 7"]


def test_an_answer_before_a_session_was_opened_is_not_its_own() -> None:
    """The same client may have had another session before."""
    talk = Talk()
    talk.exchange(None, b"", answer=b'42["a"]', flow=7, state=ExchangeState.DAMAGED)
    talk.get("EIO=4&transport=polling", OPEN, flow=8)
    talk.get(POLL4, b"2", flow=8)
    assert [packet.channel for packet in decode(talk).packets] == ["socket.io flow 7"]


def test_an_opening_without_its_request() -> None:
    """A handshake's answer alone opens its session."""
    talk = Talk()
    talk.exchange(None, b"", answer=OPEN, state=ExchangeState.DAMAGED)
    traffic = decode(talk)
    assert [session.sid for session in traffic.sessions] == ["S1"]
    assert traffic.purposes == {1: EnginePurpose.OPEN}
    assert traffic.polls == ()


def test_a_websocket_opened_directly() -> None:
    """Without an id in the target, its first message names the session; it was never upgraded."""
    target = b"/x/socket.io/?EIO=4&transport=websocket"
    talk = Talk()
    talk.say(OPEN, from_client=False, target=target)
    talk.say(b'42["a"]', from_client=True, target=target)
    talk.say(b"41", from_client=True, target=target)
    (session,) = decode(talk, flow_100=50 * MILLISECOND).sessions
    assert (session.sid, session.path, session.upgraded_ns, session.flow) == ("S1", "/x/socket.io/", None, 100)
    assert (session.closed_ns, session.closed_by_client) == (50 * MILLISECOND, True)


def test_a_websocket_joined_in_the_middle() -> None:
    """Without any id a session is named for its flow."""
    talk = Talk()
    talk.say(b'42["a"]', from_client=True, target=None)
    talk.say(b'42["b"]', from_client=False, target=None)
    traffic = decode(talk)
    assert [(session.channel, session.sid) for session in traffic.sessions] == [("socket.io flow 100", None)]
    assert names(traffic.packets) == ["a", "b"]


def test_other_carriers_are_left_alone() -> None:
    """What is not Engine.IO is not claimed."""
    talk = Talk()
    talk.exchange("GET", b"/wait?peer_id=1")
    talk.say(b"42", from_client=True, target=b"/chat")
    talk.say(b'42["a"]', from_client=True, target=None, flow=101)
    traffic = decode(talk)
    assert traffic == SocketTraffic((), (), (), (), {}, frozenset())


@pytest.mark.parametrize(
    ("query", "client", "server"),
    [("EIO=3&transport=polling&sid=S1", "client", "server"), (POLL4, "server", "client")],
)
def test_heartbeats_of_either_side(query: str, client: str, server: str) -> None:
    """Pings of protocol 3 are the client's, those of 4 the server's; each is as long as until its pong."""
    ping, pong = (b"2", b"3") if query == POLL4 else (b"1:2", b"1:3")
    talk = Talk()
    if (client, server) == ("client", "server"):
        talk.post(query, ping)
        talk.get(query, pong)
    else:
        talk.get(query, ping)
        talk.post(query, pong)
    (session,) = decode(talk).sessions
    assert session.heartbeats == ((3 * MILLISECOND // 2) if client == "client" else MILLISECOND // 2,)


def test_both_sides_of_a_proxy() -> None:
    """The same id at two servers is two sessions, told apart by their channels."""
    front, back = Talk(), Talk(Endpoint("10.77.0.2", 3000))
    back.exchanges = front.exchanges
    front.get(POLL4, b'42["a"]')
    back.get(POLL4, b'42["a"]')
    traffic = decode(front)
    assert [packet.channel for packet in traffic.packets] == ["socket.io S1", "socket.io S1 at 10.77.0.2:3000"]


def test_a_page_that_is_left() -> None:
    """A client of 0.9 closes by a request of its own."""
    talk = Talk()
    talk.exchange("GET", b"/socket.io/1/?t=1", answer=b"S1:60:60:websocket,xhr-polling")
    talk.exchange("GET", b"/socket.io/1/xhr-polling/S1?t=2", answer=b"1::")
    talk.exchange("GET", b"/socket.io/1//S1/?disconnect=1", answer=b"")
    traffic = decode(talk)
    (session,) = traffic.sessions
    assert (session.protocol, session.closed_ns, session.closed_by_client) == (1, 3 * MILLISECOND, True)
    assert session.ping_timeout_ms == 60000
    assert [packet.kind for packet in traffic.packets] == [SocketPacketKind.CONNECT]


def test_a_session_is_closed_by_a_packet() -> None:
    """The side that sends the closing packet closed it."""
    talk = Talk()
    talk.get(POLL4, b"6\x1e1")
    (session,) = decode(talk).sessions
    assert (session.closed_ns, session.closed_by_client) == (MILLISECOND + MILLISECOND // 2, False)


def test_the_first_packets_of_a_trace_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    """Packets beyond the bound are counted, not kept."""
    monkeypatch.setattr("sigtrace.application.socketio.traffic.KEPT_PACKETS", 2)
    talk = Talk()
    talk.get(POLL4, b'42["a"]\x1e42["b"]\x1e42["c"]')
    traffic = decode(talk)
    assert names(traffic.packets) == ["a", "b"]
    assert [notice.text for notice in traffic.notices] == ["1 packets beyond the first 2 were left out"]
