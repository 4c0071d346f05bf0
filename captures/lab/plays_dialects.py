"""Calls by way of servers that answer differently: relatives, and the reference server of other years."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from captures.lab.dialect import GO, NODE, PROXIED, REFERENCE_2011, REFERENCE_2012, REFERENCE_2015
from captures.lab.manner import FETCH, NATIVE, NATIVE_NAMED
from captures.lab.plays_calls import call_and_leave, signed_in
from captures.lab.stage import Scenario

if TYPE_CHECKING:
    from captures.lab.manner import Manner
    from captures.lab.stage import Stage


async def _call(stage: Stage, names: tuple[str, str], manner: Manner = NATIVE) -> None:
    a, b = (stage.client(label, name=name, manner=manner) for label, name in zip("AB", names, strict=True))
    await a.sign_in()
    await asyncio.sleep(0.3)
    await b.sign_in()
    await asyncio.sleep(0.3)
    await call_and_leave(a, b)


async def go_relative(stage: Stage) -> None:
    """A relative in the manner of the Go server: HTTP/1.0 is answered by HTTP/1.0, and the server closes first.

    Names keep their commas, sign-in is answered `200 OK`, empty answers have almost no headers, nobody is told who
    leaves.
    """
    await stage.server(dialect=GO)
    await _call(stage, ("alice,the first", "bob,2,1"))


async def node_relative(stage: Stage) -> None:
    """A relative in the manner of the Node servers: lower-case headers, `peer_name=`, whole lists as notifications."""
    await stage.server(port=3000, dialect=NODE)
    await _call(stage, ("alice", "bob"), NATIVE_NAMED)


async def proxied(stage: Stage) -> None:
    """A relative behind a reverse proxy: connections serve many requests, bodies are chunked and gzip-compressed.

    The clients are Node's fetch, which keeps its connections.
    """
    await stage.server(port=8080, dialect=PROXIED)
    await _call(stage, ("alice", "bob"), FETCH)


async def reference_2015(stage: Stage) -> None:
    """The reference server of January 2015: list lines without commas, `X-Peer-Id` exposed.

    No client can read such a list, so bob calls id 1 by guess.
    """
    await stage.server(dialect=REFERENCE_2015)
    await _call(stage, ("alice@host-a", "bob@host-b"))


async def _drain(stage: Stage, note: str) -> None:
    await signed_in(stage)
    a, b = stage.clients
    a.drop()
    await asyncio.sleep(0.2)
    for number in range(3):
        await b.send(a.id, b'{"note":"%s %d"}' % (note.encode(), number))
    for _ in range(3):
        await a.wait_once()
    a.begin_waiting()
    await asyncio.sleep(0.2)
    await call_and_leave(a, b)


async def reference_2011(stage: Stage) -> None:
    """The reference server of 2011: a `/wait` answered from the queue gets a second answer, `500 Error`.

    Three messages are queued for alice and drained one by one.
    """
    await stage.server(dialect=REFERENCE_2011)
    await _drain(stage, "second answer")


async def reference_2012(stage: Stage) -> None:
    """The reference server of early 2012: with several messages queued the newest is sent for each of them.

    Three different messages are queued for alice; she gets the third three times.
    """
    await stage.server(dialect=REFERENCE_2012)
    await _drain(stage, "newest")


DIALECTS = (
    Scenario(
        name="go-relative",
        play=go_relative,
        look="`bob,2,1,2,1` is one list line: read it from the right.",
    ),
    Scenario(
        name="node-relative",
        play=node_relative,
        look="Header names in lower case, a whole list in a `/wait` answer, port 3000.",
    ),
    Scenario(
        name="proxied-relative",
        play=proxied,
        look="Several exchanges on one flow; chunked bodies, some of them gzip; port 8080.",
    ),
    Scenario(
        name="reference-2015",
        play=reference_2015,
        look="`alice@host-a11` is name, id and flag without a comma.",
    ),
    Scenario(
        name="reference-2011",
        play=reference_2011,
        look="Two answers to one request on one connection.",
    ),
    Scenario(
        name="reference-2012",
        play=reference_2012,
        look="Messages that are delivered more than once, and others never.",
    ),
)
