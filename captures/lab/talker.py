"""A scripted WebSocket client on a host of the lab, by the library `websockets`; what it says and hears is noted."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import struct
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

    from captures.lab.diary import Diary
    from captures.lab.network import Host

PATIENCE_S = 5.0
RESET = struct.pack("ii", 1, 0)  # SO_LINGER: on, no time


class Talker:
    """One client; `heard` holds what it got, `on` (if set) is called with each message."""

    def __init__(self, label: str, host: Host, diary: Diary, on: Callable[[Any], None] | None = None) -> None:
        self.label, self.host, self.diary, self.on = label, host, diary, on
        self.heard: list[str | bytes] = []
        self._arrived = asyncio.Event()

    async def open(self, url: str, **options: Any) -> None:
        """Open the WebSocket; `options` are those of `websockets`."""
        made = self.host.socket()
        parts = urlsplit(url)
        await asyncio.get_running_loop().sock_connect(made, (parts.hostname, parts.port))
        self.diary.lifecycle(self.label, "ws_connect", url=url)
        options = {"compression": None, "ping_interval": None, "user_agent_header": None} | options
        self.socket = await connect(url, sock=made, proxy=None, **options)
        extensions = self.socket.response.headers.get("Sec-WebSocket-Extensions", "") if self.socket.response else ""
        port = self.socket.local_address[1]
        self.diary.lifecycle(
            self.label, "ws_open", extensions=extensions, protocol=self.socket.subprotocol or "", port=port
        )
        self._listening = asyncio.create_task(self._listen())

    async def say(
        self, payload: str | bytes, *, pieces: int = 1, between: Callable[[], Awaitable[None]] | None = None
    ) -> None:
        """Send one message; in so many fragments, or in two with something else `between` them."""
        self.diary.message(self.label, "out", payload)
        if between:
            await self.socket.send(_halves(payload, between))
        elif pieces == 1:
            await self.socket.send(payload)
        else:
            size = len(payload) // pieces + 1
            await self.socket.send([payload[start : start + size] for start in range(0, len(payload), size)])

    async def hear(self, wanted: Callable[[Any], bool] | None = None) -> Any:
        """Return the next message not yet taken, or the next one that is wanted; the ones before it are dropped."""
        async with asyncio.timeout(PATIENCE_S):
            while True:
                while self.heard:
                    got = self.heard.pop(0)
                    if wanted is None or wanted(got):
                        return got
                self._arrived.clear()
                await self._arrived.wait()

    async def close(self, code: int = 1000, reason: str = "") -> None:
        """Close as the protocol wants it."""
        await self.socket.close(code, reason)
        await self._listening

    async def kill(self) -> None:
        """Vanish: the connection is reset, no close frame is sent."""
        plain = self.socket.transport.get_extra_info("socket")
        plain.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
        self.diary.event(self.label, "killed")
        self.socket.transport.abort()
        await self._listening

    async def _listen(self) -> None:
        with contextlib.suppress(ConnectionClosed):
            while True:
                got = await self.socket.recv()
                self.diary.message(self.label, "in", got)
                self.heard.append(got)
                if self.on:
                    self.on(got)
                self._arrived.set()
        await self.socket.wait_closed()
        self.diary.lifecycle(self.label, "ws_close", code=self.socket.close_code, reason=self.socket.close_reason)


async def _halves(payload: str | bytes, between: Callable[[], Awaitable[None]]) -> AsyncIterator[str | bytes]:
    half = len(payload) // 2
    yield payload[:half]
    await between()
    yield payload[half:]
