"""Which requests are Engine.IO, and which WebSockets without a handshake."""

from __future__ import annotations

import pytest

from sigtrace.application.socketio.recognition import recognise_messages
from sigtrace.application.socketio.request import (
    EnginePurpose,
    EngineTarget,
    is_engineio,
    purpose_of,
    read_target,
)
from tests.builders.socketio import OPEN, Talk


@pytest.mark.parametrize(
    ("target", "expected"),
    [
        (b"/socket.io/?EIO=4&transport=polling", EngineTarget("/socket.io/", 4, "polling", None)),
        (b"/socket.io/?EIO=3&transport=polling&sid=a-_%2F", EngineTarget("/socket.io/", 3, "polling", "a-_/")),
        (b"/my/socket.io/?transport=websocket&EIO=4", EngineTarget("/my/socket.io/", 4, "websocket", None)),
        (b"/engine.io/?EIO=3&transport=polling&j=0", EngineTarget("/engine.io/", 3, "polling", None, jsonp=True)),
        (b"/x?EIO=2&transport=polling", EngineTarget("/x", 2, "polling", None)),
        (b"/socket.io/?transport=polling", EngineTarget("/socket.io/", 3, "polling", None)),
        (b"http://h:1/socket.io/?EIO=4&transport=polling", EngineTarget("/socket.io/", 4, "polling", None)),
        (b"/socket.io/1/?t=1", EngineTarget("/socket.io/", 1, "", None)),
        (b"/a/socket.io/1/websocket/SID", EngineTarget("/a/socket.io/", 1, "websocket", "SID")),
        (b"/socket.io/1/xhr-polling/SID?t=1", EngineTarget("/socket.io/", 1, "xhr-polling", "SID")),
        (b"/socket.io/1/jsonp-polling/S/?i=0", EngineTarget("/socket.io/", 1, "jsonp-polling", "S", jsonp=True)),
        (b"/socket.io/1//SID/?disconnect=1", EngineTarget("/socket.io/", 1, "", "SID", closing=True)),
        (b"/", None),
        (b"/socket.io/socket.io.js", None),
        (b"/bus?transport=polling", None),
        (b"/bus?EIO=4&transport=bus", None),
        (b"/api/1/users", None),
    ],
)
def test_targets(target: bytes, expected: EngineTarget | None) -> None:
    """A target is Engine.IO by its query below any path, or by the path of 0.9."""
    assert read_target(target) == expected


@pytest.mark.parametrize(
    ("method", "target", "expected"),
    [
        ("GET", EngineTarget("/", 4, "polling", None), EnginePurpose.OPEN),
        ("GET", EngineTarget("/", 4, "polling", "S"), EnginePurpose.POLL),
        ("POST", EngineTarget("/", 4, "polling", "S"), EnginePurpose.SEND),
        ("OPTIONS", EngineTarget("/", 4, "polling", "S"), EnginePurpose.OTHER),
        ("GET", EngineTarget("/", 4, "websocket", "S"), EnginePurpose.UPGRADE),
        ("GET", EngineTarget("/", 1, "", "S", closing=True), EnginePurpose.OTHER),
    ],
)
def test_purposes(method: str, target: EngineTarget, expected: EnginePurpose) -> None:
    """What a request is for follows from its method and its target."""
    assert purpose_of(method, target) is expected


@pytest.mark.parametrize(
    "body",
    [OPEN, b"78:" + OPEN, b'42["n"]', b'9:42/ns,["n"]', b'\x00\x07\xff42["n"]', b"430[]", b'5:1+::{"name":"n"}'],
)
def test_answers_without_a_request(body: bytes) -> None:
    """An answer whose request was not captured is known by a body that nothing else has."""
    assert is_engineio(Talk().exchange(None, b"", answer=body))


@pytest.mark.parametrize("body", [b"ok", b"42", b"6", b"1:6", b"2", b'{"sid":"S"}', b"", b"<html>"])
def test_other_answers_without_a_request(body: bytes) -> None:
    """A body that could be of anything is left to others."""
    assert not is_engineio(Talk().exchange(None, b"", answer=body))


def test_the_version_in_a_path_is_not_enough() -> None:
    """`/1/` below another path is Socket.IO 0.9 only when the answer is its handshake."""
    assert is_engineio(Talk().exchange("GET", b"/hub/1/?t=1", answer=b"abc:60:60:websocket"))
    assert not is_engineio(Talk().exchange("GET", b"/hub/1/?t=1", answer=b"[]"))
    assert not is_engineio(Talk().exchange("GET", b"/hub/1/?t=1", answer=None))


def said(*texts: tuple[bool, bytes]) -> Talk:
    """Messages on a WebSocket without a handshake; True is the client's."""
    talk = Talk()
    for from_client, data in texts:
        talk.say(data, from_client=from_client, binary=data[:1] in (b"\x04", b"\xff"), target=None)
    return talk


@pytest.mark.parametrize(
    ("texts", "protocol"),
    [
        ([(False, OPEN)], 3),
        ([(False, OPEN), (True, b"40")], 4),
        ([(False, OPEN), (False, b"40")], 3),
        ([(False, b'42["a"]'), (True, b'42/ns,1["b",2]')], 4),
        ([(False, b'42["a"]'), (False, b"2"), (True, b"3"), (True, b'42["b"]')], 4),
        ([(True, b"2"), (False, b"3"), (False, b'42["a"]'), (True, b'42["b"]')], 3),
        ([(False, b'451-["a",{"_placeholder":true,"num":0}]'), (False, b"\x04abc"), (False, b'42["b"]')], 3),
        ([(False, b'5:::{"name":"a"}'), (True, b"2::"), (False, b'5:::{"name":"b"}')], 1),
    ],
)
def test_websockets_without_a_handshake(texts: list[tuple[bool, bytes]], protocol: int) -> None:
    """They are known by what nothing else says, and their version by who pings and how binary data begins."""
    assert recognise_messages(said(*texts).messages) == protocol


@pytest.mark.parametrize(
    "texts",
    [
        [],
        [(True, b"42"), (False, b"42"), (True, b"2"), (False, b"3")],
        [(False, b'42["a"]')],
        [(False, b'42["a"]'), (False, b'42["a"]'), (True, b"hello")],
        [(False, b'{"eventName":"_peers"}')],
        [(True, OPEN)],
        [(True, b"0"), (False, b"1"), (True, b"40"), (False, b"41")],
    ],
)
def test_other_websockets_without_a_handshake(texts: list[tuple[bool, bytes]]) -> None:
    """Numbers in a chat, and one text that is like Socket.IO's, are left to others."""
    assert recognise_messages(said(*texts).messages) is None
