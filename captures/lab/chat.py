"""A text chat over WebSocket: rooms by path, users by name in the URL.

On open everybody present is told of the newcomer, then the newcomer joins the pool, then gets the list. A text goes
unchanged to all, its sender included. Binary messages are refused. One room speaks JSON, the other bare text.
"""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed

from captures.lab.diary import digest
from captures.lab.truth import now

if TYPE_CHECKING:
    from captures.lab.studio import Studio

PORT = 8080
REFUSED = 1003  # RFC 6455 §7.4.1: a type of data it cannot accept
PING_S = 3.0
WORDS = {
    "json": (
        '{{"type":"user_join","user":"{user}"}}',
        '{{"type":"get_online_user","list":{list}}}',
        '{{"type":"user_leave","user":"{user}"}}',
    ),
    "plain": ("{user} joined", "online: {names}", "{user} left"),
}


def describe(payload: str | bytes, _: str) -> dict[str, Any]:
    """Say what the chat calls a message: the `type` of JSON, else text, of which nothing says whose it is."""
    if isinstance(payload, bytes):
        return {"event": "binary"}
    try:
        event = str(json.loads(payload)["type"])
    except (ValueError, KeyError, TypeError):
        event = "text"
    return {"event": event, **({"_kind": "text", "_what": payload} if event in {"message", "text"} else {})}


class Chat:
    """The server with its rooms."""

    def __init__(self, studio: Studio) -> None:
        self.studio, self.diary = studio, studio.diary
        self.host = studio.network.host("server")
        self.rooms: dict[str, dict[str, ServerConnection]] = {"json": {}, "plain": {}}

    @property
    def url(self) -> str:
        """Where it is."""
        return f"ws://{self.host.address}:{PORT}"

    async def start(self) -> None:
        """Listen until the stage is cleared."""
        listener = self.host.socket()
        listener.bind((self.host.address, PORT))
        server = await serve(self._talk, sock=listener, ping_interval=PING_S, server_header=None)
        self.studio.stack.push_async_callback(server.wait_closed)
        self.studio.stack.callback(server.close)
        row = {"address": f"{self.host.address}:{PORT}", "software": "websockets (Python)"}
        self.diary.servers.append({**row, "protocol": "WebSocket", "path": "/room/NAME?user=NAME"})

    async def _talk(self, socket: ServerConnection) -> None:
        url = urlsplit(socket.request.path if socket.request else "")
        room, user = url.path.rpartition("/")[2], parse_qs(url.query)["user"][0]
        pool, (joined, listed, left) = self.rooms[room], WORDS[room]
        who = {"t": now(), "peer": user, "label": f"{user}@{room}", "room": room}
        self.diary.joins.append({**who, "others": list(pool)})
        await self._tell(pool, joined.format(user=user))
        pool[user] = socket
        await socket.send(listed.format(list=json.dumps(list(pool)), names=", ".join(pool)))
        try:
            await self._relay(socket, room, user)
        except ConnectionClosed:
            pass
        finally:
            del pool[user]
            how = "closed" if socket.close_code in {1000, 1001, REFUSED} else "killed"
            self.diary.leaves.append({"t": now(), "peer": user, "room": room, "how": how})
            await self._tell(pool, left.format(user=user))

    async def _relay(self, socket: ServerConnection, room: str, user: str) -> None:
        async for got in socket:
            if isinstance(got, bytes):
                await socket.close(REFUSED, "texts only")
                return
            await self._note_targets(f"{user}@{room}", got, list(self.rooms[room]))
            await self._tell(self.rooms[room], got)

    async def _note_targets(self, label: str, text: str, targets: list[str]) -> None:
        """Tell the sender's row who is there to hear it."""
        wanted = {"peer": label, "dir": "out", **digest(text.encode())}
        row = next(row for row in self.diary.messages if row.items() >= wanted.items() and "_targets" not in row)
        row["_targets"] = targets

    async def _tell(self, pool: dict[str, ServerConnection], text: str) -> None:
        for member in list(pool.values()):
            try:
                await member.send(text)
            except ConnectionClosed:
                await asyncio.sleep(0)
