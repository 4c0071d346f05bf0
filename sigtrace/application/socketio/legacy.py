r"""Socket.IO 0.9, which has no Engine.IO below it: one text says everything.

    <type>:[<id>[+]]:[<namespace>][:<data>]          socket.io 0.9 `lib/parser.js`

A heartbeat and a no-op are what Engine.IO has too, so such texts are Engine.IO packets for the rest of this package.
"""

from __future__ import annotations

import json
import re
from typing import Final

from sigtrace.application.socketio.codec import SocketText, encode_name
from sigtrace.application.socketio.engine import EnginePacket
from sigtrace.application.socketio.json_spans import decode_name, members_of
from sigtrace.application.socketio.packet import EnginePacketKind, SocketPacketKind
from sigtrace.errors import DecodeError
from sigtrace.text import decode_text, encode_text

_PACKET: Final = re.compile(rb"([0-8]):(\d{0,19})(\+?):([^:]*)(?::(.*))?", re.DOTALL)
_ACK: Final = re.compile(rb"(\d{1,19})(?:\+(.*))?", re.DOTALL)
_HANDSHAKE: Final = re.compile(rb"([^:\s]{1,256}):(\d{0,9}):(\d{0,9}):([\w,-]+)")
_HEARTBEAT, _NOOP = b"2", b"8"


def decode_legacy_engine(text: bytes, *, from_client: bool) -> EnginePacket:
    """Tell what a text is for the connection: a heartbeat, nothing, or a packet.

    The server asks and the client answers, with the same text.
    """
    if text.startswith(b"2:"):
        return EnginePacket(EnginePacketKind.PONG if from_client else EnginePacketKind.PING)
    if text.startswith(b"8:"):
        return EnginePacket(EnginePacketKind.NOOP)
    return EnginePacket(EnginePacketKind.MESSAGE, text)


def decode_legacy_handshake(body: bytes) -> tuple[bytes, int | None, int | None] | None:
    """Return the session's id, and how many seconds the heartbeat and the closing may take; None when it is none."""
    found = _HANDSHAKE.fullmatch(body.strip())
    if found is None:
        return None
    return found[1], int(found[2]) if found[2] else None, int(found[3]) if found[3] else None


def decode_legacy_text(text: bytes) -> SocketText:
    """Decode one packet.

    Raises: DecodeError: not of that form, or its data is not what its type has.
    """
    found = _PACKET.fullmatch(text)
    if found is None or found[1] in (_HEARTBEAT, _NOOP):
        raise DecodeError("no Socket.IO packet")
    digit, number, _, namespace, data = found.groups()
    read = SocketText(
        kind=_KINDS[digit],
        namespace=decode_text(namespace.partition(b"?")[0]) or "/",
        ack=int(number) if number else None,
    )
    if digit == b"6":
        return _acknowledgement(read, data or b"")
    if digit == b"5":
        return _event(read, data or b"")
    if digit in b"34":
        value = data or b"" if digit == b"4" else _quote(data or b"")
        return read._replace(name="message", payload=decode_text(b"[" + value + b"]"))
    return read._replace(payload=decode_text(_quote(data) if data else b""))


def encode_legacy_text(packet: SocketText) -> bytes:
    """Encode one packet; of a connection or an error the payload is a JSON string."""
    number = b"" if packet.ack is None else b"%d" % packet.ack
    namespace = b"" if packet.namespace == "/" else encode_text(packet.namespace)
    payload = encode_text(packet.payload)
    if packet.kind is SocketPacketKind.EVENT:
        arguments = b"" if payload == b"[]" else b',"args":' + payload
        name = encode_name(packet.name or "")
        return b"5:%s:%s:{%s}" % (number and number + b"+", namespace, b'"name":' + name + arguments)
    if packet.kind is SocketPacketKind.ACK:
        return b"6::%s:%s%s" % (namespace, number, b"" if payload == b"[]" else b"+" + payload)
    data = b":" + json.loads(payload).encode() if payload else b""
    return b"%s::%s%s" % (_DIGIT_OF[packet.kind], namespace, data)


_KINDS: Final = {
    b"0": SocketPacketKind.DISCONNECT,
    b"1": SocketPacketKind.CONNECT,
    b"3": SocketPacketKind.EVENT,  # a text, which programs get as an event named "message"
    b"4": SocketPacketKind.EVENT,  # the same of JSON
    b"5": SocketPacketKind.EVENT,
    b"6": SocketPacketKind.ACK,
    b"7": SocketPacketKind.ERROR,
}
_DIGIT_OF: Final = {kind: digit for digit, kind in _KINDS.items() if digit not in (b"3", b"4")}


def _acknowledgement(read: SocketText, data: bytes) -> SocketText:
    found = _ACK.fullmatch(data)
    if found is None:
        raise DecodeError("an acknowledgement of nothing")
    return read._replace(ack=int(found[1]), payload=decode_text(found[2] or b"[]"))


def _event(read: SocketText, data: bytes) -> SocketText:
    members = members_of(data)
    name = decode_name(members.get(b'"name"', b'"'))
    arguments = members.get(b'"args"', b"[]")
    if name is None or not (arguments.startswith(b"[") and arguments.endswith(b"]")):
        raise DecodeError("an event without a name")
    return read._replace(name=name, payload=decode_text(arguments))


def _quote(text: bytes) -> bytes:
    """Return a text as JSON, its bytes as they are."""
    return json.dumps(text.decode("utf-8", "surrogateescape"), ensure_ascii=False).encode("utf-8", "surrogateescape")
