"""Exchanges and messages of any bytes → Socket.IO: references hold, texts can be written, order of arrival is nothing.

A carrier is bytes: what it is and how whole, which target, and one or two bodies.
"""

from __future__ import annotations

from typing import Final

from sigtrace.application.http.message import ExchangeState
from sigtrace.application.socketio.codec import decode_socket_text, encode_socket_text
from sigtrace.application.socketio.traffic import SocketTraffic, decode_socketio
from sigtrace.application.websocket.message import MessageState
from sigtrace.errors import DecodeError
from tests.builders.exchanges import body_of
from tests.builders.socketio import Talk
from tests.fuzz.draw import Draw, encode_piece

MOST_CARRIERS: Final = 60
TARGETS: Final = (
    b"/socket.io/?EIO=4&transport=polling",
    b"/socket.io/?EIO=4&transport=polling&sid=S1",
    b"/socket.io/?EIO=3&transport=polling&sid=S1",
    b"/socket.io/?EIO=3&transport=polling&j=0&sid=S1",
    b"/socket.io/1/?t=1",
    b"/socket.io/1/xhr-polling/S1",
    b"/socket.io/1/jsonp-polling/S1?i=0",
    b"/socket.io/1/htmlfile/S1",
    b"/socket.io/?EIO=4&transport=websocket",
    b"/socket.io/?EIO=3&transport=websocket&sid=S1",
    b"/socket.io/1/websocket/S1",
    b"/chat",
)
GET, POST, UNASKED, UNANSWERED, CLIENT, SERVER, CLIENT_BYTES, SERVER_BYTES = range(8)
_STATES: Final = (ExchangeState.COMPLETE, ExchangeState.DAMAGED, ExchangeState.ABORTED, ExchangeState.OPEN)


def try_socketio(data: bytes) -> None:
    """Decode all carriers in both orders."""
    draw = Draw(data)
    talk = Talk()
    texts = []
    while draw.more and len(talk.exchanges) + len(talk.messages) < MOST_CARRIERS:
        texts.append(_read(draw, talk))
    traffic = decode_socketio(talk.exchanges, talk.messages, closed_ns={100: 10**9})
    assert traffic == decode_socketio(talk.exchanges[::-1], talk.messages[::-1], closed_ns={100: 10**9})
    _check(traffic, talk)
    for text in texts:
        _check_text(text)


def encode_carrier(what: int, target: int, body: bytes, *, damage: int = 0) -> bytes:
    """Write a carrier as it is read here."""
    return bytes((what | damage << 4, target)) + encode_piece(body)


def _read(draw: Draw, talk: Talk) -> bytes:
    what, target, body = draw.byte(), TARGETS[draw.byte() % len(TARGETS)], draw.piece()
    damage, kind = what >> 4 & 3, what & 7
    carried = body_of(body, missing=3 if damage else 0)
    state = _STATES[damage]
    if kind == GET:
        talk.exchange("GET", target, answer=carried, state=state, flow=1)
    elif kind == POST:
        talk.exchange("POST", target, body=carried, state=state)
    elif kind == UNASKED:
        talk.exchange(None, target, answer=carried, state=state, flow=1)
    elif kind == UNANSWERED:
        talk.exchange("GET", target, answer=None, state=ExchangeState.OPEN)
    else:
        talk.say(
            body,
            from_client=kind in (CLIENT, CLIENT_BYTES),
            binary=kind in (CLIENT_BYTES, SERVER_BYTES),
            target=target if what & 64 else None,
            flow=100 + bool(what & 64) + bool(what & 128),
            state=MessageState.DAMAGED if damage else MessageState.COMPLETE,
        )
    return body


def _check(traffic: SocketTraffic, talk: Talk) -> None:
    exchanges = {exchange.number for exchange in talk.exchanges}
    messages = {message.number for message in talk.messages}
    channels = {session.channel for session in traffic.sessions}
    assert len(channels) == len(traffic.sessions)
    assert traffic.purposes.keys() <= exchanges
    assert traffic.messages <= messages
    assert {poll.channel for poll in traffic.polls} <= channels
    for number, packet in enumerate(traffic.packets, 1):
        assert packet.number == number
        assert packet.channel in channels
        assert (packet.exchange in traffic.purposes) != (packet.message in traffic.messages)
        assert packet.missing >= 0
        (packet.payload + packet.namespace + (packet.name or "")).encode()
    starts = [packet.span.start_ns for packet in traffic.packets]
    assert starts == sorted(starts)
    for session in traffic.sessions:
        assert all(time >= 0 for time in session.heartbeats)
        session.channel.encode()
    for notice in traffic.notices:
        notice.text.encode()


def _check_text(text: bytes) -> None:
    """A text that is a packet comes back, as far as text that is no UTF-8 can."""
    try:
        packet = decode_socket_text(text)
        text.decode()
    except (DecodeError, UnicodeDecodeError):
        return
    if b"\\" not in text and packet.namespace != "":
        assert decode_socket_text(encode_socket_text(packet)) == packet
