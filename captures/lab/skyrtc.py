"""Rooms of the real SkyRTC server: who is in them, and a scripted client that speaks its protocol."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from captures.lab.descriptions import Media
from captures.lab.truth import now

if TYPE_CHECKING:
    from collections.abc import Callable

    from captures.lab.studio import Studio
    from captures.lab.talker import Talker

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

    def heard(self, label: str, room: str, client: str, address: str) -> Callable[[float, str], None]:
        """Return what takes down a client's rows, and its joining when `_peers` says so."""

        def note(t: float, text: str) -> None:
            message = json.loads(text)
            if message["eventName"] == "_peers":
                data = message["data"]
                if not any(peer["label"] == label for peer in self.diary.peers):
                    row = {"label": label, "id": data["you"], "name": None, "room": room}
                    self.diary.peers.append(row | {"address": address, "client": client})
                joined = {"t": t, "peer": data["you"], "label": label, "room": room}
                self.diary.joins.append(joined | {"others": data["connections"]})

        return note

    def left(self, label: str, how: str) -> None:
        """Note who has left, when the server noticed; it knows the room joined last."""
        gone = self.diary.id_of(label)
        row = next(row for row in self.diary.server_log if row["ev"] == "remove_peer" and row["id"] == gone)
        room = next(join["room"] for join in reversed(self.diary.joins) if join["peer"] == gone)
        self.diary.leaves.append({"t": row["t"], "peer": gone, "room": room, "how": how})


def event(name: str, /, **data: object) -> str:
    """Write a message as a client does."""
    return json.dumps({"eventName": name, "data": data}, separators=(",", ":"))


class Member:
    """A scripted client of SkyRTC."""

    def __init__(self, rooms: Rooms, label: str, room: str) -> None:
        self.rooms, self.label, self.room = rooms, label, room
        self.host = rooms.studio.network.host(label.lower())
        self.media = Media(self.host.address, seed=ord(label))
        self.id = ""
        self.talker: Talker = rooms.studio.talker(label, label.lower(), self._hear)

    async def arrive(self) -> list[str]:
        """Open the socket, join, and return who is there."""
        await self.talker.open(f"ws://{self.rooms.url}/")
        return await self.join(self.room)

    async def join(self, room: str) -> list[str]:
        """Join a room and return who is there."""
        self.room = room
        await self.talker.say(event("__join", room=room))
        data = json.loads(await self.talker.hear(lambda text: "_peers" in text))["data"]
        self.id = data["you"]
        return list(data["connections"])

    async def describe(self, kind: str, to: str, **how: Any) -> None:
        """Send an offer or an answer; `how` as `Talker.say` knows it."""
        sdp = {"type": kind, "sdp": self.media.describe(kind)}
        await self.talker.say(event(f"__{kind}", sdp=sdp, socketId=to), **how)

    async def trickle(self, to: str, count: int = 2) -> None:
        """Send candidates."""
        for label, candidate in self.media.candidates(count):
            await self.talker.say(event("__ice_candidate", label=label, candidate=candidate, socketId=to))

    def _hear(self, text: str) -> None:
        self.rooms.heard(self.label, self.room, "websockets", self.host.address)(now(), text)
