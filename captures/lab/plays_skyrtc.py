"""Rooms of SkyRTC: the real server of the registry, with pages and with scripted clients."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any

from captures.lab.programs import PAGES
from captures.lab.studio import Conversation

if TYPE_CHECKING:
    from captures.lab.programs import Page
    from captures.lab.studio import Studio

PORT = 3000
SIGNALS = {"offer": "sdp", "answer": "sdp", "ice_candidate": "candidate"}
SOFTWARE = "skyrtc 0.0.2 on ws 8.23.0"


def describe(payload: str | bytes, direction: str) -> dict[str, Any]:
    """Say what SkyRTC calls a message. Its `socketId` is the target on the way to the server, else the sender."""
    try:
        message = json.loads(payload)
    except ValueError:
        return {"event": None}
    name, data = message.get("eventName"), message.get("data")
    row: dict[str, Any] = {"event": name}
    if not isinstance(data, dict):
        return row
    kind = str(name).lstrip("_")
    if kind in SIGNALS and str(name).startswith("_"):
        row["to" if direction == "out" else "from"] = data.get("socketId")
        row |= {"_kind": "candidate" if kind == "ice_candidate" else kind, "_what": json.dumps(data.get(SIGNALS[kind]))}
    elif "socketId" in data:
        row["socketId"] = data["socketId"]
    return row


class Rooms:
    """Who is in which room, as the clients were told and the server logged."""

    def __init__(self, studio: Studio) -> None:
        self.studio, self.diary = studio, studio.diary
        self.url = f"{studio.network.host('server').address}:{PORT}"

    async def serve(self, page: str = "") -> None:
        """Start the server."""
        host, _, port = self.url.rpartition(":")
        await self.studio.node("skyrtc.js", host, port, page)
        protocol = "WebSocket"
        self.diary.servers.append({"address": self.url, "software": SOFTWARE, "protocol": protocol, "path": "/"})

    def heard(self, label: str, room: str, client: str, address: str) -> Any:
        """Return what takes down a client's rows, and its joining when `_peers` says so."""

        def note(t: float, text: str) -> None:
            message = json.loads(text)
            if message.get("eventName") == "_peers":
                data = message["data"]
                if not any(peer["label"] == label for peer in self.diary.peers):
                    row = {"label": label, "id": data["you"], "name": None, "room": room}
                    self.diary.peers.append(row | {"address": address, "client": client})
                joined = {"t": t, "peer": data["you"], "label": label, "room": room}
                self.diary.joins.append(joined | {"others": data["connections"]})

        return note

    def left(self, label: str, how: str) -> None:
        """Note who has left, when the server noticed."""
        gone = self.diary.id_of(label)
        row = next(row for row in self.diary.server_log if row["ev"] == "remove_peer" and row["id"] == gone)
        room = next(peer["room"] for peer in self.diary.peers if peer["id"] == gone)
        self.diary.leaves.append({"t": row["t"], "peer": gone, "room": room, "how": how})


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


SKYRTC = (
    Conversation(
        name="skyrtc-mesh",
        play=skyrtc_mesh,
        describe=describe,
        late=True,
        look="`__offer` to each id in `_peers`; `socketId` is the target on one leg and the sender on the other; three"
        " calls at a time on one socket per page; who is in which room is said by `__join` alone.",
        made="The npm package `skyrtc`, headless Chromium with fake media devices; the page speaks as SkyRTC-client"
        " does, without a STUN server, and sends media for 0.4 s per call.",
    ),
)
