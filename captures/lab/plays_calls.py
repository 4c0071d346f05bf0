"""Ordinary calls, and calls that go another way than the callers wished."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from captures.lab.descriptions import encode_json
from captures.lab.manner import BROWSER, BROWSER_JSON, FETCH
from captures.lab.stage import Scenario, View

if TYPE_CHECKING:
    from captures.lab.client import Client
    from captures.lab.stage import Stage

ALONE_S = 218.0


async def signed_in(stage: Stage, pause: float = 0.3) -> tuple[Client, Client]:
    """Start a server; sign in A, then B."""
    if not stage.servers:
        await stage.server()
    a, b = stage.client("A", name="alice@host-a"), stage.client("B", name="bob@host-b")
    await a.sign_in()
    await asyncio.sleep(pause)
    await b.sign_in()
    await asyncio.sleep(pause)
    return a, b


async def leave(*clients: Client) -> None:
    """Sign out one after the other."""
    for client in clients:
        await asyncio.sleep(0.3)
        await client.sign_out()


async def call_and_leave(a: Client, b: Client, talk: float = 1.0) -> None:
    """B calls A, they talk, B hangs up, both sign out."""
    await b.call(a.id)
    await a.settle()
    await asyncio.sleep(talk)
    await b.bye()
    await leave(b, a)


async def simple_call(stage: Stage) -> None:
    """Two clients sign in, the second calls the first, hangs up, and both sign out."""
    await call_and_leave(*await signed_in(stage))


async def long_wait(stage: Stage) -> None:
    """Alice signs in and is alone: her `/wait` hangs 218 s, until bob signs in.

    Then bob calls, alice answers, bob hangs up, and both sign out. It is the case that tutorials about this program
    show: nothing happens for minutes, and nothing is wrong.
    """
    await stage.server()
    a, b = stage.client("A", name="alice@host-a"), stage.client("B", name="bob@host-b")
    await a.sign_in()
    await asyncio.sleep(ALONE_S)
    await b.sign_in()
    await asyncio.sleep(1.0)
    await call_and_leave(a, b, talk=3.0)


async def autocall(stage: Stage) -> None:
    """Three clients sign in; the third was started with `--autocall` and calls the highest id of its list at once."""
    await signed_in(stage)
    c = stage.client("C", name="carol@host-c", autocall=True)
    await c.sign_in()
    await asyncio.sleep(1.0)
    await c.bye()
    await leave(c, *stage.clients[:2])


async def glare(stage: Stage) -> None:
    """Alice and bob call each other at the same moment; neither side can use the other's offer, and both stay stuck.

    After two seconds bob closes his window: a sign-out without BYE.
    """
    a, b = await signed_in(stage)
    a.answers = b.answers = False  # an offer that meets an own offer is refused by the reference client
    await asyncio.gather(a.call(b.id), b.call(a.id))
    await asyncio.sleep(2.0)
    await leave(b, a)


async def re_offer(stage: Stage) -> None:
    """One call with three negotiations: bob offers, bob offers again after a second, then alice offers."""
    a, b = await signed_in(stage)
    await b.call(a.id)
    await a.settle()
    await asyncio.sleep(1.0)
    for offerer, answerer in ((b, a), (a, b)):
        offerer.candidate_count = 0
        body = encode_json({"type": "offer", "sdp": offerer.media.describe("offer")})
        await offerer.send(answerer.id, body)
        await asyncio.sleep(0.1)
        await answerer.settle()
        await asyncio.sleep(0.7)
    await b.bye()
    await leave(b, a)


async def offer_loopback(stage: Stage) -> None:
    """Alice calls the loopback test page, which sends everything back; `offer` has become `offer-loopback`.

    Alice then loops to herself: no further signaling for that call until she hangs up.
    """
    await stage.server()
    a = stage.client("A", name="alice@host-a")
    page = stage.client("B", name="loopback", manner=BROWSER, answers=False)
    await page.sign_in()
    await a.sign_in()
    await asyncio.sleep(0.3)
    a.candidate_count = 0
    await a.call(page.id)
    sdp = a.media.describe("offer")
    await asyncio.sleep(0.1)
    await page.send(a.id, encode_json({"type": "offer-loopback", "sdp": sdp}))
    await asyncio.sleep(1.5)
    await a.bye()
    await leave(a, page)


async def unanswered(stage: Stage) -> None:
    """Bob offers, alice never answers; after three seconds bob gives up with BYE."""
    a, b = await signed_in(stage)
    a.answers = False
    await b.call(a.id)
    await asyncio.sleep(3.0)
    await b.bye()
    await leave(b, a)


async def never_delivered(stage: Stage) -> None:
    """Alice signs in and is gone before she ever waits; bob's offer and candidates are queued for her.

    The server answers every POST with `200 OK`; nothing is delivered while the capture runs.
    """
    await stage.server()
    a, b = stage.client("A", name="alice@host-a"), stage.client("B", name="bob@host-b")
    await a.sign_in(wait=False)
    await asyncio.sleep(0.3)
    await b.sign_in()
    await b.call(a.id)
    await asyncio.sleep(2.0)


async def third_party(stage: Stage) -> None:
    """Carol signs in during alice's and bob's call and offers to alice, whose client drops what a third party sends."""
    a, b = await signed_in(stage)
    await b.call(a.id)
    await a.settle()
    c = stage.client("C", name="carol@host-c")
    await c.sign_in()
    a.answers = False
    await c.call(a.id)
    await asyncio.sleep(1.0)
    await b.bye()
    await leave(c, b, a)


async def browser_manners(stage: Stage) -> None:
    """Three clients in browser manner: HTTP/1.1, many headers, percent-encoded names.

    A posts JSON as `application/json` and so asks by OPTIONS first; B posts `text/plain;charset=UTF-8`; C is Node's
    fetch with lower-case header names. B calls A, then C calls B.
    """
    await stage.server()
    a = stage.client("A", name="Alice & Söhne", manner=BROWSER_JSON)
    b = stage.client("B", name="Bob, the builder", manner=BROWSER)
    c = stage.client("C", name="carol", manner=FETCH)
    for client in (a, b, c):
        await client.sign_in()
        await asyncio.sleep(0.2)
    for caller, callee in ((b, a), (c, b)):
        await caller.call(callee.id)
        await callee.settle()
        await asyncio.sleep(0.5)
        await caller.bye()
    await leave(c, b, a)


async def busy(stage: Stage, pairs: int = 4, rounds: int = 2) -> None:
    """Eight peers on two hosts call each other in pairs, several calls at a time, over and over."""
    await stage.server()
    clients = []
    for number in range(pairs):
        for label, host in (("L", "a"), ("R", "b")):
            client = stage.client(f"{label}{number}", host=host, name=f"{label.lower()}{number}@{host}")
            await client.sign_in()
            clients.append(client)

    async def calls(left: Client, right: Client) -> None:
        for _ in range(rounds):
            await right.call(left.id)
            await left.settle()
            await asyncio.sleep(0.2)
            await right.bye()

    await asyncio.gather(*(calls(*clients[index : index + 2]) for index in range(0, len(clients), 2)))
    await asyncio.gather(*(client.sign_out() for client in clients))


async def crowd(stage: Stage) -> None:
    """Two hundred peers on two hosts call each other in pairs; as `busy-peers`, but a hundred calls at a time."""
    await busy(stage, pairs=100, rounds=1)


CALLS = (
    Scenario(
        name="simple-call",
        play=simple_call,
        look="The smallest whole story without media.",
        views=(View(suffix="pcap"),),
    ),
    Scenario(
        name="long-wait",
        play=long_wait,
        look="The first `/wait`: 218 s without a packet, then an answer within a millisecond of bob's sign-in.",
        on_demand=True,
    ),
    Scenario(
        name="autocall",
        play=autocall,
        look="The offer follows the sign-in answer at once. Who joins is told to all others.",
        network={"hosts": ("server", "a", "b", "c")},
    ),
    Scenario(
        name="glare",
        play=glare,
        look="Two offers cross, there is no answer, and no BYE at the end.",
    ),
    Scenario(
        name="re-offer",
        play=re_offer,
        look="The origin line's version grows from offer to offer; one call, three offers and answers.",
    ),
    Scenario(
        name="offer-loopback",
        play=offer_loopback,
        look="`offer-loopback` is never answered, and that is right so.",
    ),
    Scenario(
        name="unanswered-offer",
        play=unanswered,
        look="Delivered, but no answer.",
    ),
    Scenario(
        name="never-delivered",
        play=never_delivered,
        look="Every POST is answered `200 OK` and yet nothing arrives: the target has no `/wait`.",
    ),
    Scenario(
        name="third-party",
        play=third_party,
        look="An offer from outside the call is delivered and ignored.",
        network={"hosts": ("server", "a", "b", "c")},
    ),
    Scenario(
        name="browser-manners",
        play=browser_manners,
        look=(
            "OPTIONS before each POST of A, escaped names in the list lines (the server does not decode), header case."
        ),
        network={"hosts": ("server", "a", "b", "c")},
    ),
    Scenario(
        name="busy-peers",
        play=busy,
        look="Bursts of joins as bursts of short waits; four calls at once; queues that drain.",
    ),
    Scenario(
        name="crowd",
        play=crowd,
        look="As `busy-peers`. Some 27 MB, so made when needed.",
        on_demand=True,
    ),
)
