"""An HTTP client on a host of the lab, by the library `aiohttp`; every exchange is noted."""

from __future__ import annotations

import asyncio
import gzip
import socket
from typing import TYPE_CHECKING, Any

import aiohttp

from captures.lab.diary import digest
from captures.lab.network import inside
from captures.lab.truth import now

if TYPE_CHECKING:
    from captures.lab.diary import Diary
    from captures.lab.network import Host


class Visitor:
    """One client with one connection, which it keeps while the server does."""

    def __init__(self, label: str, host: Host, server: str, diary: Diary) -> None:
        self.label, self.host, self.server, self.diary = label, host, server, diary
        self.last: dict[str, Any] = {}  # the row of the latest exchange
        self._socket: socket.socket | None = None
        connector = aiohttp.TCPConnector(limit=1, socket_factory=self._make_socket)
        self._session = aiohttp.ClientSession(connector=connector, auto_decompress=False)

    async def ask(self, method: str, target: str, *, kind: str, body: bytes = b"", **headers: str) -> bytes:
        """Ask, note the exchange, and return the decoded body; `content_type="…"` becomes `Content-Type`.

        Who is cancelled while waiting has asked all the same, and was not answered.
        """
        named = {name.replace("_", "-").title(): value for name, value in headers.items()}
        row: dict[str, Any] = {"t_request": now(), "server": self.server, "peer_name": self.label}
        row |= {"method": method, "target": target, "version": "HTTP/1.1", "kind": kind}
        row |= {"request_body": digest(body), "content_type": named.get("Content-Type"), "status": None}
        self.last = row
        self.diary.exchanges.append(row)
        asking = self._session.request(method, f"http://{self.server}{target}", data=body or None, headers=named)
        async with asking as response:
            row["t_response_first"] = now()
            raw = await response.read()
            row["t_response_last"] = now()
            zipped = response.headers.get("Content-Encoding") == "gzip"
        port = self._socket.getsockname()[1] if self._socket else 0
        row |= {"client": f"{self.host.address}:{port}"}
        row |= {"status": response.status, "reason": response.reason, "response_body": digest(raw), "complete": True}
        text = gzip.decompress(raw) if zipped else raw
        if zipped:
            row["response_content"] = {"encoding": "gzip", **digest(text)}
        return text

    async def close(self) -> None:
        """Close the connection."""
        await self._session.close()
        await asyncio.sleep(0.05)

    def _make_socket(self, address: tuple[Any, ...]) -> socket.socket:
        family, kind, protocol, *_ = address
        with inside(self.host.namespace):
            self._socket = socket.socket(family, kind, protocol)
        self._socket.settimeout(0)
        return self._socket
