"""Rooms of SkyRTC: the real server of the registry, with pages and with scripted clients."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any

from captures.lab.chromium import PAGES
from captures.lab.skyrtc import Member, Rooms, describe, event
from captures.lab.studio import Conversation

if TYPE_CHECKING:
    from captures.lab.chromium import Page
    from captures.lab.studio import Studio

GONE = "00000000-0000-4000-8000-000000000000"


async def skyrtc_mesh(studio: Studio) -> None:
    """Three Chromium pages join one SkyRTC room one after the other; each newcomer offers to everyone who is there.

    Two more pages open other rooms: `attic`, and one without a name, which the server calls `__default`. Then the
    second page of the first room is closed, the others are told, and each of the rest is closed in turn.
    """
    rooms = Rooms(studio)
    await rooms.serve(str(PAGES / "skyrtc.html"))
    origin = f"http://{rooms.url}"
    browsers = {host: await studio.browser(host, secure=origin) for host in "abcd"}
    pages: dict[str, Page] = {}

    async def visit(label: str, host: str, fragment: str, room: str) -> None:
        write = studio.diary.report(label)
        note = rooms.heard(label, room, "chromium", studio.network.host(host).address)

        def heard(row: dict[str, Any]) -> None:
            write(dict(row))
            if row.get("dir") == "in":
                note(round(row["t"], 6), row["text"])

        pages[label] = await browsers[host].page(f"{origin}/{fragment}", heard)

    await studio.record()
    await visit("A", "a", "#kitchen", "kitchen")
    await asyncio.sleep(2.5)
    await visit("B", "b", "#kitchen", "kitchen")
    await asyncio.sleep(3.5)
    await visit("D", "d", "#attic", "attic")
    await visit("C", "c", "#kitchen", "kitchen")
    await asyncio.sleep(4.0)
    await visit("E", "d", "", "__default")
    await asyncio.sleep(1.5)
    for label in "BEDCA":
        await pages[label].close()
        await asyncio.sleep(1.0)
        rooms.left(label, "closed")


async def skyrtc_odd(studio: Studio) -> None:
    """What SkyRTC does not expect: scripted clients send to nobody, join twice, vanish, and say what has no meaning.

    A and B have a call; A's answer comes in three fragments. Then A sends signals to an id that never was, an unknown
    event, one of the server's own event names, the questions and answers about a file, texts without `eventName`, a
    candidate with a key too many, and one in a binary message, which the server relays as text. B joins a second room
    and goes: only that room is told, and D, who joins the first, is told of B's ghost and offers to it in vain. C is
    killed without a close frame. In the end D says what is no JSON, which ends the server, and with it everything.
    """
    rooms = Rooms(studio)
    await rooms.serve()
    a, b, c, d = (Member(rooms, label, "lab") for label in "ABCD")
    await a.arrive()
    await asyncio.sleep(0.5)
    await b.arrive()
    await asyncio.sleep(0.3)
    await b.describe("offer", a.id)
    await b.trickle(a.id)
    await a.talker.hear(lambda text: '"_offer"' in text)
    await a.describe("answer", b.id, pieces=3)
    await a.trickle(b.id)
    await asyncio.sleep(0.5)
    await _say_odd_things(a, b)
    await b.join("attic")
    await c.arrive()
    await asyncio.sleep(0.3)
    await b.talker.close(1001, "going")
    await asyncio.sleep(0.2)
    rooms.left("B", "closed")
    for ghost in await d.arrive():
        await d.describe("offer", ghost)
        await d.trickle(ghost)
    await asyncio.sleep(0.3)
    await a.describe("answer", d.id)
    await c.describe("answer", d.id)
    await asyncio.sleep(0.5)
    await c.talker.kill()
    await asyncio.sleep(0.3)
    rooms.left("C", "killed")
    await a.describe("offer", c.id)
    await asyncio.sleep(0.3)
    await d.talker.say("this is no JSON")
    await asyncio.sleep(0.5)


async def _say_odd_things(a: Member, b: Member) -> None:
    label, candidate = a.media.candidates(1)[0]
    extra = {"sdpMid": "0", "label": label, "candidate": candidate, "socketId": b.id}
    await a.describe("offer", GONE)
    await a.trickle(GONE)
    file = {"sendId": "f1", "socketId": b.id}
    for odd in (
        event("__wave", mood="cheerful"),
        event("offer", socketId=b.id, sdp={"type": "offer", "sdp": "not relayed"}),
        event("__ask_file", name="photo.jpg", size=248123, **file),
        event("__accept_file", **file),
        event("__chunk_file", data="data:image/jpeg;base64,/9j/4AAQSkZJRgABAQ", last=False, percent=1, **file),
        json.dumps({"greeting": "hello, no event here"}),
        json.dumps({"eventName": "", "data": {"socketId": b.id}}),
        event("__ice_candidate", **extra),
        event("__ice_candidate", **extra).encode(),
    ):
        await a.talker.say(odd)
        await asyncio.sleep(0.05)
    await asyncio.sleep(0.2)


async def websocket_late(studio: Studio) -> None:
    """The recorder is started when everybody has long been connected: no handshake is in the capture, and no `__join`.

    A, B and C are in a room of SkyRTC, and B is just sending an offer to A in two fragments: the first is not recorded.
    Then A answers, both trickle, C calls B, and the three leave with close frames. Who is who is said by `socketId`
    alone.
    """
    rooms = Rooms(studio)
    await rooms.serve()
    a, b, c = (Member(rooms, label, "lab") for label in "ABC")
    for member in (a, b, c):
        await member.arrive()
    await asyncio.sleep(0.3)

    async def begin_recording() -> None:
        await asyncio.sleep(0.3)
        await studio.record()

    await b.describe("offer", a.id, between=begin_recording)
    await a.talker.hear(lambda text: '"_offer"' in text)
    await a.describe("answer", b.id)
    await a.trickle(b.id)
    await b.trickle(a.id)
    await asyncio.sleep(0.5)
    await c.describe("offer", b.id)
    await c.trickle(b.id)
    await b.talker.hear(lambda text: '"_offer"' in text)
    await b.describe("answer", c.id)
    await b.trickle(c.id)
    await asyncio.sleep(1.0)
    for member in (c, b, a):
        await member.talker.close(1000)
        await asyncio.sleep(0.3)
        rooms.left(member.label, "closed")


SKYRTC = (
    Conversation(
        name="skyrtc-mesh",
        play=skyrtc_mesh,
        describe=describe,
        late=True,
        look="`__offer` to each id in `_peers`; `socketId` is the target on one leg and the sender on the other; a"
        " page's calls share its one socket; who is in which room is said by `__join` alone.",
        made="The npm package `skyrtc`, headless Chromium with fake media devices; the page speaks as SkyRTC-client"
        " does, without a STUN server, and sends media for 0.4 s per call.",
    ),
    Conversation(
        name="skyrtc-odd",
        play=skyrtc_odd,
        describe=describe,
        look="Signals that are sent and never delivered; a ghost in `_peers`; an id whose room changed; a reset;"
        " sockets that end without a close frame.",
        made="The npm package `skyrtc`; clients by the Python library `websockets`, their descriptions by the lab.",
    ),
    Conversation(
        name="websocket-late",
        play=websocket_late,
        describe=describe,
        late=True,
        look="Frames without a handshake: masked ones in one direction of a connection, plain ones in the other; the"
        " first frame is the end of a message whose beginning is missing.",
        made="The npm package `skyrtc`; clients by the Python library `websockets`, their descriptions by the lab.",
        hosts=("server", "a", "b", "c"),
    ),
)
