"""Forms of polling that no client for Node speaks: binary payloads, JSONP, script elements, against the real servers.

What our encoders write is understood by them, and what they write is decoded.
"""

from __future__ import annotations

import http.client
import json
import re
import shutil
from contextlib import closing
from typing import TYPE_CHECKING, NamedTuple

import pytest

from sigtrace.application.socketio.codec import SocketText, encode_socket_text
from sigtrace.application.socketio.engine import EnginePacket
from sigtrace.application.socketio.jsonp import wrap_form, wrap_legacy_form
from sigtrace.application.socketio.legacy import encode_legacy_text
from sigtrace.application.socketio.packet import EnginePacketKind, SocketPacket, SocketPacketKind
from sigtrace.application.socketio.payload import encode_binary_payload, encode_payload
from sigtrace.application.socketio.traffic import SocketTraffic, decode_socketio
from tests.builders.node import MODULES, SocketServer, entries_of
from tests.builders.socketio import Talk

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = [
    pytest.mark.skipif(shutil.which("node") is None, reason="node is not installed"),
    pytest.mark.skipif(not MODULES.is_dir(), reason="the packages of captures/lab/node are not installed"),
]

ARGUMENTS = '["é 中文 😀 \\\\n \\n \\"+&=%","",{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}]'
ATTACHMENTS = (bytes(range(256)), b"")
LEGACY_ARGUMENTS = '["é 中文 😀 \\\\n \\n \\"+&=%",1.0]'

MOST_POLLS = 10
"""Polls until an echo is there: one or two, and some that heartbeats end."""


class Form(NamedTuple):
    """A way of polling."""

    version: str
    query: str
    jsonp: bool = False
    binary: bool = False

    @property
    def protocol(self) -> int:
        """The protocol that the query names."""
        return int(self.query[4])


FORMS = [
    Form("1", "EIO=3&transport=polling&b64=1"),
    Form("1", "EIO=3&transport=polling", binary=True),
    Form("1", "EIO=3&transport=polling&j=0&b64=1", jsonp=True),
    Form("1.4", "EIO=3&transport=polling", binary=True),
    Form("1.4", "EIO=3&transport=polling&j=12&b64=1", jsonp=True),
    Form("2", "EIO=3&transport=polling", binary=True),
    Form("2", "EIO=3&transport=polling&j=1&b64=1", jsonp=True),
    Form("3", "EIO=4&transport=polling&j=1", jsonp=True),
    Form("4", "EIO=4&transport=polling&j=1", jsonp=True),
]


@pytest.fixture(scope="module")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, SocketServer]]:
    """A server of each version."""
    folder = tmp_path_factory.mktemp("forms")
    running = {version: SocketServer(version, folder) for version in ("0.9", "1", "1.4", "2", "3", "4")}
    yield running
    for server in running.values():
        server.stop()


class Client:
    """Speaks HTTP itself, and keeps what went over the wire as exchanges."""

    def __init__(self, server: SocketServer) -> None:
        self._port = server.port
        self.talk = Talk()

    def ask(self, method: str, target: str, body: bytes | None = None, kind: str = "text/plain") -> bytes:
        """Make one request."""
        headers = {} if body is None else {"Content-Type": kind}
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=10)
        with closing(connection):
            connection.request(method, target, body=body, headers=headers)
            response = connection.getresponse()
            answer = response.read()
        assert response.status == 200, answer
        self.talk.exchange(method, target.encode(), body=body or b"", answer=answer)
        return answer

    def decoded(self) -> SocketTraffic:
        """Decode all that was said so far."""
        return decode_socketio(self.talk.exchanges, [])


def _poll(client: Client, target: str) -> tuple[SocketTraffic, SocketPacket]:
    """Poll until the acknowledgement is there."""
    for _ in range(MOST_POLLS):
        traffic = client.decoded()
        for packet in traffic.packets:
            if packet.kind is SocketPacketKind.ACK:
                return traffic, packet
        client.ask("GET", target)
    raise AssertionError(client.talk.exchanges)


@pytest.mark.parametrize("form", FORMS, ids=lambda form: f"{form.version} {form.query}")
def test_echo(servers: dict[str, SocketServer], form: Form) -> None:
    """The server gets what we encoded, attachments too, and what it sends back is decoded as the same."""
    client = Client(servers[form.version])
    client.ask("GET", f"/socket.io/?{form.query}")
    (session,) = client.decoded().sessions
    target = f"/socket.io/?{form.query}&sid={session.sid}"
    _post(client, target, form, [EnginePacket(EnginePacketKind.MESSAGE, b"0")] if form.protocol == 4 else [])
    text = SocketText(SocketPacketKind.EVENT, name="echo", payload=ARGUMENTS, ack=7, attachments=2)
    packets = [EnginePacket(EnginePacketKind.MESSAGE, encode_socket_text(text))]
    packets += [EnginePacket(EnginePacketKind.MESSAGE, data, binary=True) for data in ATTACHMENTS]
    _post(client, target, form, packets)
    traffic, answer = _poll(client, target)
    (event,) = (packet for packet in traffic.packets if packet.kind is SocketPacketKind.EVENT)
    assert (event.name, event.payload, event.attachments, event.ack) == ("echo", ARGUMENTS, ATTACHMENTS, 7)
    assert (json.loads(answer.payload), answer.attachments, answer.ack) == (json.loads(ARGUMENTS), ATTACHMENTS, 7)
    assert traffic.notices == ()
    got = [
        entry for entry in entries_of(servers[form.version].log) if entry["did"] == "got" and entry["name"] == "echo"
    ]
    assert got[-1]["args"][0] == json.loads(ARGUMENTS)[0]


def _post(client: Client, target: str, form: Form, packets: list[EnginePacket]) -> None:
    if not packets:
        return
    if form.binary:
        client.ask("POST", target, encode_binary_payload(packets), "application/octet-stream")
        return
    body = encode_payload(packets, form.protocol, twice=form.version in ("1", "1.4"))
    if form.jsonp:
        client.ask("POST", target, wrap_form(body), "application/x-www-form-urlencoded")
    else:
        client.ask("POST", target, body, "text/plain;charset=UTF-8")


@pytest.mark.parametrize("transport", ["jsonp-polling", "htmlfile"])
def test_legacy_echo(servers: dict[str, SocketServer], transport: str) -> None:
    """The same of what browsers spoke with Socket.IO 0.9 that had neither WebSocket nor XHR."""
    client = Client(servers["0.9"])
    sid = client.ask("GET", "/socket.io/1/?t=1").split(b":")[0].decode()
    target = f"/socket.io/1/{transport}/{sid}?t=2&i=0"
    text = encode_legacy_text(SocketText(SocketPacketKind.EVENT, name="echo", payload=LEGACY_ARGUMENTS, ack=7))
    if transport == "htmlfile":
        _stream(client, servers["0.9"], target, text)
    else:
        client.ask("GET", target)
        client.ask("POST", target, wrap_legacy_form(text), "application/x-www-form-urlencoded")
    traffic, answer = _poll(client, target)
    (event,) = (packet for packet in traffic.packets if packet.kind is SocketPacketKind.EVENT)
    assert (event.name, event.payload, event.ack) == ("echo", LEGACY_ARGUMENTS, 7)
    assert (json.loads(answer.payload), answer.ack) == (json.loads(LEGACY_ARGUMENTS), 7)
    assert traffic.notices == ()


def _stream(client: Client, server: SocketServer, target: str, text: bytes) -> None:
    """Read an answer that never ends until the echo is in it."""
    listening = http.client.HTTPConnection("127.0.0.1", server.port, timeout=10)
    listening.request("GET", target)
    response = listening.getresponse()
    client.ask("POST", target, text)
    answer = b""
    while not re.search(rb"_\(\"6:::.*?</script>", answer):
        answer += response.read1()
    listening.close()
    client.talk.exchange("GET", target.encode(), answer=answer)
