"""Packet → bytes → packet, and back, of Engine.IO and Socket.IO in every form."""

from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from sigtrace.application.socketio.codec import SocketText, decode_socket_text, encode_socket_text
from sigtrace.application.socketio.engine import (
    EnginePacket,
    decode_binary_packet,
    decode_text_packet,
    encode_binary_packet,
    encode_text_packet,
)
from sigtrace.application.socketio.jsonp import (
    unwrap_form,
    unwrap_legacy_form,
    unwrap_script,
    wrap_form,
    wrap_legacy_form,
    wrap_script,
)
from sigtrace.application.socketio.legacy import decode_legacy_text, encode_legacy_text
from sigtrace.application.socketio.packet import EnginePacketKind, SocketPacketKind
from sigtrace.application.socketio.payload import (
    decode_payload,
    encode_binary_payload,
    encode_payload,
    join_legacy,
    split_legacy,
    undouble,
)

_TEXT = st.text(st.characters(codec="utf-8", exclude_characters="\x1e"), max_size=20)
_BYTES = st.binary(max_size=20)
_PLAIN = st.tuples(st.sampled_from(EnginePacketKind), _TEXT.map(str.encode)).map(lambda one: EnginePacket(*one))
_BINARY = _BYTES.map(lambda data: EnginePacket(EnginePacketKind.MESSAGE, data, binary=True))
_PACKETS = st.lists(_PLAIN | _BINARY, max_size=6)

_JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | _TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_TEXT, inner, max_size=3),
    max_leaves=8,
)
_ARGUMENTS = st.lists(_JSON, max_size=3).map(
    lambda value: json.dumps(value, separators=(",", ":"), ensure_ascii=False).replace("\\x", "\\u0078")
)
_NAMESPACES = st.just("/") | st.text("abc/-é ", max_size=8).map("/a{}".format)
_NAMES = _TEXT.filter(lambda name: "\\x" not in name)
_EVENTS = st.builds(
    SocketText,
    kind=st.just(SocketPacketKind.EVENT),
    namespace=_NAMESPACES,
    name=_NAMES,
    payload=_ARGUMENTS,
    ack=st.none() | st.integers(1, 10**9),
    attachments=st.integers(0, 9),
)
_ACKS = st.builds(
    SocketText,
    kind=st.just(SocketPacketKind.ACK),
    namespace=_NAMESPACES,
    name=st.none(),
    payload=_ARGUMENTS,
    ack=st.integers(1, 10**9),
    attachments=st.integers(0, 9),
)
_PLACES = st.tuples(
    st.sampled_from([SocketPacketKind.CONNECT, SocketPacketKind.DISCONNECT, SocketPacketKind.ERROR]), _NAMESPACES
).map(lambda one: SocketText(*one))


@given(_PLAIN | _BINARY, st.sampled_from([2, 3, 4]))
def test_engine_packet_comes_back(packet: EnginePacket, protocol: int) -> None:
    """A packet written as text, or a binary one as bytes, is read as itself."""
    assert decode_text_packet(encode_text_packet(packet, protocol), protocol) == packet
    if packet.binary:
        assert decode_binary_packet(encode_binary_packet(packet, protocol), protocol) == packet


@given(_PACKETS, st.sampled_from([2, 3, 4]))
def test_payload_comes_back(packets: list[EnginePacket], protocol: int) -> None:
    """Packets joined to a polling body are found in it again."""
    payload = decode_payload(encode_payload(packets, protocol), protocol)
    assert payload.packets == packets
    assert payload.damage == ()


@given(_PACKETS)
def test_payload_encoded_twice_comes_back(packets: list[EnginePacket]) -> None:
    """The same as Socket.IO 1 writes it, once both encodings are undone."""
    payload = decode_payload(encode_payload(packets, 3, twice=True), 3)
    found = [packet if packet.binary else packet._replace(data=undouble(packet.data)) for packet in payload.packets]
    assert found == packets


@given(_PACKETS)
def test_binary_payload_comes_back(packets: list[EnginePacket]) -> None:
    """The same of binary bodies."""
    assert decode_payload(encode_binary_payload(packets), 3).packets == packets


@given(st.lists(_TEXT.map(lambda text: f"3:::{text}".encode()), min_size=1, max_size=6))
def test_legacy_payload_comes_back(texts: list[bytes]) -> None:
    """The same of 0.9."""
    assert split_legacy(join_legacy(texts)) == (texts, 0)


@given(_TEXT, st.integers(0, 99))
def test_jsonp_comes_back(text: str, number: int) -> None:
    """What is wrapped in a script, or in a form of either kind, is unwrapped as itself."""
    data = text.encode()
    assert unwrap_script(wrap_script(data, number)) == data
    assert unwrap_legacy_form(wrap_legacy_form(data)) == data
    if "\\\n" not in text and "\\\\n" not in text:  # which browsers' forms cannot tell apart either
        assert unwrap_form(wrap_form(data)) == data


@given(_EVENTS | _ACKS | _PLACES)
def test_socket_text_comes_back(text: SocketText) -> None:
    """A Socket.IO packet is read from its text as it was written."""
    assert decode_socket_text(encode_socket_text(text)) == text


@given(_EVENTS | _ACKS | _PLACES)
def test_legacy_text_comes_back(text: SocketText) -> None:
    """The same of 0.9, which has no attachments."""
    text = text._replace(attachments=0)
    assert decode_legacy_text(encode_legacy_text(text)) == text
