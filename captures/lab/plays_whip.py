"""Publishers and players: WHIP and WHEP over HTTP."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack, asynccontextmanager
from typing import TYPE_CHECKING, Any

import aiohttp

from captures.lab.media_server import RETRY_S, TOKEN, MediaServer
from captures.lab.stage import Scenario
from captures.lab.whip_client import WhipClient

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from captures.lab.stage import Stage

SOFTWARE = f"aiohttp {aiohttp.__version__}"


@asynccontextmanager
async def clients(stage: Stage, way: str, labels: str) -> AsyncIterator[list[WhipClient]]:
    """A server and clients; in the end the truth has what they logged."""
    server = MediaServer(host=stage.network.host("server"), truth=stage.truth)
    await server.start()
    address = f"{server.host.address}:{server.port}"
    fact = {"address": address, "software": SOFTWARE, "protocol": f"{way.upper()} over HTTP", "path": f"/{way}/"}
    stage.truth.servers.append(fact)
    rows: list[dict[str, Any]] = []
    async with AsyncExitStack() as stack:
        made = []
        for label in labels:
            host = stage.network.host(label.lower())
            one = WhipClient(label=label, host=host, base=f"http://{address}", rows=rows, calls=stage.truth.calls)
            made.append(await stack.enter_async_context(one))
        yield made
        await asyncio.sleep(0.3)
    await server.stop()
    rows.sort(key=lambda row: row["t_request"])
    for one in made:
        peer = {"label": one.label, "id": one.session, "name": one.label, "address": one.host.address}
        stage.truth.peers.append({**peer, "client": SOFTWARE})
    stage.more["exchanges"] = rows


async def publish(stage: Stage) -> None:
    """Three publishers speak WHIP with a media server, two of them at a time; every kind of answer there is.

    A asks what it may post, publishes, trickles, restarts ICE, is told that its ETag is stale and that one is missing,
    and deletes its session. B has a token and is sent elsewhere, offers there, and ends while A is still there. C is
    refused without a token, then with a wrong type, then for want of room, then accepted; it restarts too.
    """
    async with clients(stage, "whip", "ABC") as (a, b, c):
        await asyncio.gather(_plain(a), _redirected(b), _refused(c))


async def _plain(a: WhipClient) -> None:
    await a.ask("options", "OPTIONS", "/whip/live")
    await a.offer("/whip/live", "sendonly")
    first = a.etag
    await asyncio.sleep(0.1)
    await a.trickle(1)
    await asyncio.sleep(0.2)
    await a.trickle(2, last=True)
    await asyncio.sleep(1.5)
    await a.restart()
    await a.trickle(1, match=first)
    await a.trickle(1, match=None)
    await a.trickle(1, last=True)
    await asyncio.sleep(1.0)
    await a.ask("renegotiate", "PATCH", a.session, a.side.describe("offer", "sendonly"), Content_Type="application/sdp")
    await a.end()
    await a.trickle(1)


async def _redirected(b: WhipClient) -> None:
    await asyncio.sleep(0.3)
    b.token = TOKEN
    answer = await b.offer("/whip/far", "sendonly", kind="redirect")
    await b.offer(answer.headers["Location"], "sendonly")
    await asyncio.sleep(0.1)
    await b.trickle(2)
    await asyncio.sleep(0.8)
    await b.end()


async def _refused(c: WhipClient) -> None:
    await asyncio.sleep(1.0)
    await c.offer("/whip/private", "sendonly")
    c.token = TOKEN
    await c.offer("/whip/private", "sendonly", type_="text/plain")
    c.token = ""
    await c.offer("/whip/busy", "sendonly")
    await asyncio.sleep(RETRY_S)
    c.token = TOKEN
    await c.offer("/whip/private", "sendonly")
    await c.trickle(1)
    await c.restart("*")
    await asyncio.sleep(1.5)
    await c.end()


async def watch(stage: Stage) -> None:
    """Four players speak WHEP with a media server: accepted, counter-offered, offered as in 2022, too early.

    A offers and is answered. B offers, is refused by 406 with an offer of the server, and answers that. C posts nothing
    and is offered at once, as in the drafts of 2022. D is there before the publisher and asks again.
    """
    async with clients(stage, "whep", "ABCD") as (a, b, c, d):
        await asyncio.gather(_watch(a), _counter(b, "/whep/counter", 0.4), _counter(c, "/whep/old", 0.8), _early(d))


async def _watch(a: WhipClient) -> None:
    await a.ask("options", "OPTIONS", "/whep/live")
    await a.offer("/whep/live", "recvonly")
    await a.trickle(1)
    await a.trickle(1, last=True)
    await asyncio.sleep(3.0)
    await a.end()


async def _counter(one: WhipClient, target: str, after: float) -> None:
    await asyncio.sleep(after)
    await one.be_offered(target, "recvonly", empty=target.endswith("old"))
    await one.trickle(2, last=True)
    await asyncio.sleep(1.5)
    await one.end()


async def _early(d: WhipClient) -> None:
    await asyncio.sleep(0.6)
    await d.offer("/whep/later", "recvonly")
    await asyncio.sleep(RETRY_S)
    await d.offer("/whep/later", "recvonly")
    await asyncio.sleep(1.0)
    await d.end()


WHIP = (
    Scenario(
        name="whip",
        play=publish,
        look=(
            "`Location` is relative to the URL of the POST; a session is PATCHed and DELETEd there. ETags change with "
            "an ICE restart. `Link` brings TURN credentials. No media flows."
        ),
        network={"hosts": ("server", "a", "b", "c")},
    ),
    Scenario(
        name="whep",
        play=watch,
        look=(
            "Who offers: the body of a 406 and of a 201 to an empty POST are offers, and PATCH brings the answer. "
            "`Location` is a path, or a whole URL."
        ),
        network={"hosts": ("server", "a", "b", "c", "d")},
    ),
)
