"""The texts of Socket.IO packets, of version 1 and later and of 0.9."""

from __future__ import annotations

import pytest

from sigtrace.application.socketio.codec import SocketText, decode_socket_text
from sigtrace.application.socketio.json_spans import is_balanced, members_of
from sigtrace.application.socketio.legacy import decode_legacy_handshake, decode_legacy_text
from sigtrace.application.socketio.packet import SocketPacketKind as Kind
from sigtrace.errors import DecodeError


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (b"0", SocketText(Kind.CONNECT)),
        (b'0{"sid":"x"}', SocketText(Kind.CONNECT, payload='{"sid":"x"}')),
        (b"0/admin,", SocketText(Kind.CONNECT, "/admin")),
        (b"0/admin", SocketText(Kind.CONNECT, "/admin")),
        (b"0/admin?token=1,", SocketText(Kind.CONNECT, "/admin")),
        (b'0/admin,{"t":1}', SocketText(Kind.CONNECT, "/admin", payload='{"t":1}')),
        (b"1", SocketText(Kind.DISCONNECT)),
        (b"1/admin,", SocketText(Kind.DISCONNECT, "/admin")),
        (b'2["n"]', SocketText(Kind.EVENT, name="n", payload="[]")),
        (b'2["n",1,"x"]', SocketText(Kind.EVENT, name="n", payload='[1,"x"]')),
        (b'2[ "n" , 1.50 ]', SocketText(Kind.EVENT, name="n", payload="[1.50 ]")),
        (b'2["a\\"]\\u00e9",{"b":"]"}]', SocketText(Kind.EVENT, name='a"]é', payload='[{"b":"]"}]')),
        ('2["é😀","中"]'.encode(), SocketText(Kind.EVENT, name="é😀", payload='["中"]')),
        (b"2[7,1]", SocketText(Kind.EVENT, name="7", payload="[1]")),
        (b'212["n"]', SocketText(Kind.EVENT, name="n", payload="[]", ack=12)),
        (b'2/a b,0["n"]', SocketText(Kind.EVENT, "/a b", name="n", payload="[]", ack=0)),
        (b"31[]", SocketText(Kind.ACK, payload="[]", ack=1)),
        (b'3/ns,1[null,{"a":1}]', SocketText(Kind.ACK, "/ns", payload='[null,{"a":1}]', ack=1)),
        (b'4"no"', SocketText(Kind.ERROR, payload='"no"')),
        (b'4/ns,{"message":"no"}', SocketText(Kind.ERROR, "/ns", payload='{"message":"no"}')),
        (
            b'51-["n",{"_placeholder":true,"num":0}]',
            SocketText(Kind.EVENT, name="n", payload='[{"_placeholder":true,"num":0}]', attachments=1),
        ),
        (b'512-/ns,3["n"]', SocketText(Kind.EVENT, "/ns", "n", "[]", 3, 12)),
        (b"61-4[1]", SocketText(Kind.ACK, payload="[1]", ack=4, attachments=1)),
        (b'2["\\ud800",2]', SocketText(Kind.EVENT, name="\\ud800", payload="[2]")),
        (b'2["\xff","\xff"]', SocketText(Kind.EVENT, name="\\xff", payload='["\\xff"]')),
    ],
)
def test_texts(text: bytes, expected: SocketText) -> None:
    """A packet has the type, namespace, id, name and data that its text says; data stays as it was written."""
    assert decode_socket_text(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        b"", b"7", b"x", b"2", b"2[", b"2[]", b"2[1.5]", b"2[{}]", b'2["n"', b'2["n]', b'2{"n":1}', b"21", b"2]",
        b"3[]", b"31", b'31{"a":1}', b'1["n"]', b"0[1]", b"5[]", b'5["n"]', b'51["n"]', b'21-["n"]', b"4no",
        b'2["\\q"]', b"2[" + b"1" * 50 + b"]",
    ],
)  # fmt: skip
def test_texts_that_are_none(text: bytes) -> None:
    """What a server would refuse is no packet."""
    with pytest.raises(DecodeError):
        decode_socket_text(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (b"0", None),
        (b"0::", SocketText(Kind.DISCONNECT)),
        (b"0::/ns", SocketText(Kind.DISCONNECT, "/ns")),
        (b"1::", SocketText(Kind.CONNECT)),
        (b"1::/ns:?a=1", SocketText(Kind.CONNECT, "/ns", payload='"?a=1"')),
        (b"3:::hello: you", SocketText(Kind.EVENT, name="message", payload='["hello: you"]')),
        (b'4:1::{"a":1}', SocketText(Kind.EVENT, name="message", payload='[{"a":1}]', ack=1)),
        (b'5:::{"name":"n"}', SocketText(Kind.EVENT, name="n", payload="[]")),
        (b'5:1+:/ns:{"name":"n","args":[1.0,"\\u00e9]}"]}', SocketText(Kind.EVENT, "/ns", "n", '[1.0,"\\u00e9]}"]', 1)),
        (b'5:::{"args":[{"name":1}], "x":2, "name":"n"}', SocketText(Kind.EVENT, name="n", payload='[{"name":1}]')),
        (b"6:::12", SocketText(Kind.ACK, payload="[]", ack=12)),
        (b'6::/ns:1+["a"]', SocketText(Kind.ACK, "/ns", payload='["a"]', ack=1)),
        (b"7:::1+0", SocketText(Kind.ERROR, payload='"1+0"')),
        (b"2::", None),
        (b"9::", None),
        (b'5:::{"args":[]}', None),
        (b'5:::{"name":\xff}', None),
        (b'5:::{"name":7}', SocketText(Kind.EVENT, name="7", payload="[]")),
        (b'5:::{"name":"n","args":1}', None),
        (b"5:::", None),
        (b"6:::x", None),
    ],
)
def test_legacy_texts(text: bytes, expected: SocketText | None) -> None:
    """The same of Socket.IO 0.9; None stands for what is no packet."""
    if expected is None:
        with pytest.raises(DecodeError):
            decode_legacy_text(text)
    else:
        assert decode_legacy_text(text) == expected


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (b"abc:60:25:websocket,xhr-polling", (b"abc", 60, 25)),
        (b"abc:::websocket", (b"abc", None, None)),
        (b"abc:60:60", None),
        (b"<html>", None),
    ],
)
def test_legacy_handshakes(body: bytes, expected: object) -> None:
    """The answer to a handshake of 0.9 is told from other answers."""
    assert decode_legacy_handshake(body) == expected


def test_members_are_those_of_the_outer_object() -> None:
    """Members of inner objects, and marks in strings, are no members."""
    text = b' {"a":{"b":[1,{"c":2}]},"d\\"":"{,:}", "e" : -1.5e3} '
    assert members_of(text) == {b'"a"': b'{"b":[1,{"c":2}]}', b'"d\\""': b'"{,:}"', b'"e"': b"-1.5e3"}
    assert members_of(b"[1]") == members_of(b"") == members_of(b"{}") == {}


@pytest.mark.parametrize("text", [b'2["a",{"b":"]"}]', b"", b'"\\""', b"[[[]]]{}"])
def test_balanced(text: bytes) -> None:
    """Brackets close in their order, and strings end."""
    assert is_balanced(text)


@pytest.mark.parametrize("text", [b"[", b"]", b"[}", b'"', b'"\\"', b'["]', b'"\\'])
def test_not_balanced(text: bytes) -> None:
    """Anything else was cut."""
    assert not is_balanced(text)
