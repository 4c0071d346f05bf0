"""Peers that die, servers that restart, requests that nobody should send."""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING

from captures.lab.plays_calls import call_and_leave, signed_in
from captures.lab.stage import Scenario

if TYPE_CHECKING:
    from captures.lab.client import Client
    from captures.lab.stage import Stage

PATIENCE_S = 0.5  # how long a request that will never be answered is kept open
NOTE = b'{"note":"hello"}'


async def killed_peer(stage: Stage) -> None:
    """Bob's program is killed in the middle of a call: his connections close, he says nothing.

    The server keeps him for 31 to 41 s without a wait, then tells alice `bob@host-b,2,0`. Messages to him are queued
    until then and lost.
    """
    a, b = await signed_in(stage)
    await b.call(a.id)
    await a.settle()
    await asyncio.sleep(1.0)
    b.kill()
    await asyncio.sleep(1.0)
    await a.send(b.id, NOTE)
    while b.id in a.peers:
        await a.arrived.wait()
    await asyncio.sleep(0.5)
    await a.sign_out()


async def errors(stage: Stage) -> None:
    """Every way to an error answer: unknown ids, missing targets, unknown paths; then a message to oneself.

    Each request is sent by a bare asker, so that alice's and bob's sessions survive.
    """
    a, _ = await signed_in(stage)
    requests = (
        ("GET", "/wait?peer_id=99", b""),
        ("GET", "/wait", b""),
        ("GET", "/sign_out?peer_id=99", b""),
        ("POST", "/message?peer_id=99&to=1", NOTE),
        ("POST", "/message?peer_id=1&to=99", NOTE),
        ("POST", "/message?peer_id=1", NOTE),
        ("GET", "/message?peer_id=1&to=2", b""),
        ("GET", "/wait?xpeer_id=1&to=2", b""),
        ("GET", "/", b""),
        ("GET", "/favicon.ico", b""),
        ("GET", "/quit?x", b""),
        ("POST", "/quit", NOTE),
        ("OPTIONS", "/message?peer_id=1&to=2", b""),
        ("POST", "/message?peer_id=1&to=1", NOTE),
    )
    for method, target, body in requests:
        raw = a.manner.encode(method, target, a.asker.server_name, body)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(a.asker.ask(raw), PATIENCE_S)
        await asyncio.sleep(0.05)


async def odd_requests(stage: Stage) -> None:
    """Requests that are not understood, and requests in pieces; most of them are never answered.

    HEAD and PUT, lower case, LF line ends, text that is no HTTP, bytes that are no text, two requests in one segment, a
    POST without Content-Type, a POST whose body is longer than it says, a half-closed request, a half-closed wait.
    """
    a, b = await signed_in(stage)
    for raw in (
        b"HEAD / HTTP/1.1\r\nHost: x\r\n\r\n",
        b"PUT /message?peer_id=1&to=2 HTTP/1.1\r\nContent-Length: 2\r\nContent-Type: text/plain\r\n\r\nhi",
        b"get /sign_in?lower HTTP/1.0\r\n\r\n",
        b"GET /sign_in?unix HTTP/1.0\n\n",
        b"hello, is anybody there?\r\n\r\n",
        bytes(range(256)),
        b"GET /sign_in?no-version\r\n\r\n",
        b"GET /sign_in?with space and more HTTP/1.0\r\n\r\n",
        b"GET /sign_in?latin-\xe9\xff HTTP/1.0\r\n\r\n",
        b"GET /sign_in? HTTP/1.0\r\n\r\n",
        b"GET /sign_in?one HTTP/1.0\r\n\r\nGET /sign_in?two HTTP/1.0\r\n\r\n",
        b"POST /message?peer_id=1&to=2 HTTP/1.0\r\nContent-Length: 2\r\n\r\nhi",
        b"POST /message?peer_id=1&to=2 HTTP/1.0\r\ncontent-length: 2\r\ncontent-type: text/plain\r\n\r\nhi",
        b"POST /message?peer_id=1&to=2 HTTP/1.0\r\nContent-Length: 5\r\nContent-Type: text/plain\r\n\r\n0123456789",
        b"POST /message?peer_id=1&to=2 HTTP/1.0\r\nContent-Length: 50\r\nContent-Type: text/plain\r\n\r\nshort",
    ):
        await _try(a, raw)
    await _try(a, b"GET /sign_in?half-close HTTP/1.0\r\n\r\n", half_close=True)
    await _try(a, b"GET /wait?peer_id=%d HTTP/1.0\r\n\r\n" % b.id, half_close=True)


async def _try(client: Client, raw: bytes, *, half_close: bool = False) -> None:
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(client.asker.ask(raw, half_close=half_close), PATIENCE_S)
    await asyncio.sleep(0.05)


async def replaced_wait(stage: Stage) -> None:
    """A second `/wait` of alice while her first one hangs: the first is never answered, the second gets bob's offer.

    Then a wait of hers is reset (RST), and she waits again.
    """
    await stage.server()
    a, b = stage.client("A", name="alice@host-a"), stage.client("B", name="bob@host-b")
    await a.sign_in(wait=False)
    first = asyncio.create_task(a.wait_once())
    await asyncio.sleep(1.0)
    second = asyncio.create_task(a.wait_once())
    await asyncio.sleep(0.5)
    await b.sign_in()
    await second
    first.cancel()
    wait = a.manner.encode("GET", f"/wait?peer_id={a.id}", a.asker.server_name)
    broken = asyncio.create_task(a.asker.ask(wait, reset=True))
    await asyncio.sleep(0.5)
    broken.cancel()
    await asyncio.sleep(0.3)
    a.begin_waiting()
    await asyncio.sleep(0.1)
    await call_and_leave(a, b)


async def quit_server(stage: Stage) -> None:
    """Somebody opens `/quit` while two waits hang: both are answered `Server shutting down`, and the server ends.

    The clients' next `/wait` is refused.
    """
    a, _ = await signed_in(stage)
    await asyncio.sleep(1.0)
    await a.asker.ask(a.manner.encode("GET", "/quit", a.asker.server_name))
    await asyncio.sleep(0.5)


async def server_restart(stage: Stage) -> None:
    """A call; then the server dies and is started again: ids begin at 1 again, and now bob is peer 1.

    While it is down both clients ask for sign-in every two seconds and are refused.
    """
    a, b = await signed_in(stage)
    await b.call(a.id)
    await a.settle()
    await asyncio.sleep(0.5)
    stage.servers[0].stop()
    await asyncio.sleep(0.1)
    a.drop()
    b.drop()
    second_b = asyncio.create_task(b.sign_in())
    await asyncio.sleep(0.3)
    second_a = asyncio.create_task(a.sign_in())
    await asyncio.sleep(2.5)
    await stage.server()
    await second_b
    await second_a
    await asyncio.sleep(0.3)
    await call_and_leave(a, b)


async def two_servers(stage: Stage) -> None:
    """Two servers on ports 9000 and 34567 with two clients each; both servers have a peer 1 and a peer 2."""
    first = await stage.server(port=9000)
    second = await stage.server(port=34567)
    pairs = []
    for labels, server in (("AB", first), ("CD", second)):
        pair = [
            stage.client(label, host=host, server=server, name=f"{label.lower()}@{server.port}")
            for label, host in zip(labels, "ab", strict=True)
        ]
        for client in pair:
            await client.sign_in()
        pairs.append(pair)
    await asyncio.gather(*(call_and_leave(*pair) for pair in pairs))


async def refused(stage: Stage) -> None:
    """Alice is started before the server is; her sign-in is refused every two seconds until it is there."""
    server = await stage.server()
    server.stop()
    await asyncio.sleep(0.1)
    a = stage.client("A", name="alice@host-a")
    signing_in = asyncio.create_task(a.sign_in())
    await asyncio.sleep(4.5)
    await stage.server()
    await signing_in
    b = stage.client("B", name="bob@host-b")
    await b.sign_in()
    await call_and_leave(a, b)


async def silent_server(stage: Stage) -> None:
    """The server accepts bob's connections but answers nothing any more; alice's old `/wait` hangs on."""
    _, b = await signed_in(stage)
    stage.servers[0].faults["drop_requests"] = True
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(b.call(1), 3.0)


TROUBLE = (
    Scenario(
        name="killed-peer",
        play=killed_peer,
        look="Bob's wait closes at the kill; the `,0` comes half a minute late. The queued message is never delivered.",
    ),
    Scenario(
        name="errors",
        play=errors,
        look="`500 Error` and `500 Sorry`, each as text or HTML; OPTIONS; the echo of a message to oneself.",
    ),
    Scenario(
        name="odd-requests",
        play=odd_requests,
        look="Silence is this server's answer to what it does not understand; connections end by the client's FIN.",
    ),
    Scenario(
        name="replaced-wait",
        play=replaced_wait,
        look="Two waits of one peer at a time; a wait ended by RST.",
    ),
    Scenario(
        name="quit-server",
        play=quit_server,
        look="Answers to `/wait` without Pragma; no peer -1 has written them.",
    ),
    Scenario(
        name="server-restart",
        play=server_restart,
        look="Two sessions of one server: a name changes its id. Refused connections (SYN, RST) between them.",
    ),
    Scenario(
        name="two-servers",
        play=two_servers,
        look="Ids alone do not tell who is who; neither port is the default.",
    ),
    Scenario(
        name="refused",
        play=refused,
        look="SYN and RST every two seconds.",
    ),
    Scenario(
        name="silent-server",
        play=silent_server,
        look="A POST with a complete request and no answer.",
    ),
)
