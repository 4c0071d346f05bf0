"""Socket.IO packets, which Engine.IO messages carry since version 1: text → type, namespace, id, JSON, and back.

<type>[<attachments>-][/<namespace>,][<ack id>][JSON]          socket.io-protocol, "Packet encoding"
"""

from __future__ import annotations

import json
import re
from typing import Final, NamedTuple

from sigtrace.application.socketio.json_spans import decode_name, split_first
from sigtrace.application.socketio.packet import SocketPacketKind
from sigtrace.errors import DecodeError
from sigtrace.text import decode_text, encode_text


class SocketText(NamedTuple):
    """What the text of a packet says; its attachments come behind it."""

    kind: SocketPacketKind
    namespace: str = "/"
    name: str | None = None
    payload: str = ""
    ack: int | None = None
    attachments: int = 0  # that follow


_KINDS: Final = {
    b"0": SocketPacketKind.CONNECT,
    b"1": SocketPacketKind.DISCONNECT,
    b"2": SocketPacketKind.EVENT,
    b"3": SocketPacketKind.ACK,
    b"4": SocketPacketKind.ERROR,
    b"5": SocketPacketKind.EVENT,
    b"6": SocketPacketKind.ACK,
}
_DIGIT_OF: Final = {kind: digit for digit, kind in _KINDS.items() if digit < b"5"}
_PACKET: Final = re.compile(rb"([0-6])(?:(?<=[56])(\d{1,9})-)?(?:(/[^,]*),?)?(\d{1,19})?(.*)", re.DOTALL)
_DATA: Final = {  # how the JSON of each kind may begin
    SocketPacketKind.CONNECT: b"{",
    SocketPacketKind.DISCONNECT: b"",
    SocketPacketKind.EVENT: b"[",
    SocketPacketKind.ACK: b"[",
    SocketPacketKind.ERROR: b'{"[',
}
_ENDS: Final = {b"{": b"}", b"[": b"]", b'"': b'"'}


def decode_socket_text(text: bytes) -> SocketText:
    """Decode the text of one packet, without the Engine.IO type before it.

    Raises: DecodeError: no known type, or what follows is not what that type has.
    """
    found = _PACKET.fullmatch(text)
    if found is None:
        raise DecodeError("no Socket.IO packet")
    digit, attachments, namespace, ack, data = found.groups()
    kind = _KINDS[digit]
    if (digit in b"56") != (attachments is not None):
        raise DecodeError("a binary packet without a number of attachments")
    if data[:1] not in _DATA[kind] or (data and not data.rstrip().endswith(_ENDS[data[:1]])):
        raise DecodeError(f"a packet of kind {kind.value} whose data is not JSON for it")
    name, data = _take_name(data) if kind is SocketPacketKind.EVENT else (None, data)
    if kind is SocketPacketKind.ACK and (ack is None or not data):
        raise DecodeError("an acknowledgement of nothing")
    return SocketText(
        kind=kind,
        namespace=_namespace(namespace),
        name=name,
        payload=decode_text(data),
        ack=None if ack is None else int(ack),
        attachments=int(attachments or 0),
    )


def encode_socket_text(packet: SocketText) -> bytes:
    """Encode the text of one packet."""
    digit = _DIGIT_OF[packet.kind]
    if packet.attachments:
        digit = b"%d%d-" % (int(digit) + 3, packet.attachments)
    namespace = b"" if packet.namespace == "/" else encode_text(packet.namespace) + b","
    ack = b"" if packet.ack is None else b"%d" % packet.ack
    return digit + namespace + ack + _data_of(packet)


def _take_name(array: bytes) -> tuple[str, bytes]:
    split = split_first(array.rstrip())
    name = None if split is None else decode_name(split[0])
    if split is None or name is None:
        raise DecodeError("an event without a name")
    return name, split[1]


def _namespace(namespace: bytes | None) -> str:
    """Return a namespace without the query that clients before version 3 may add to it."""
    return decode_text(namespace.partition(b"?")[0]) if namespace is not None else "/"


def encode_name(name: str) -> bytes:
    """Return an event's name as JSON."""
    return json.dumps(name, ensure_ascii=False).encode()


def _data_of(packet: SocketText) -> bytes:
    data = encode_text(packet.payload)
    if packet.name is None:
        return data
    return b"[" + encode_name(packet.name) + (b"," + data[1:] if data != b"[]" else b"]")
