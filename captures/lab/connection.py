"""One request over one new connection, logged by the side that asks."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import struct
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from captures.lab.truth import Exchange, Truth

if TYPE_CHECKING:
    from captures.lab.network import Host

READ = 65536
RESET_ON_CLOSE = struct.pack("ii", 1, 0)


def _is_connected(made: socket.socket) -> bool:
    try:
        made.getpeername()
    except OSError:
        return False
    return True


def _read_what_is_there(made: socket.socket, exchange: Exchange) -> None:
    """Note an answer that came just before we gave up; nobody acts on it."""
    with contextlib.suppress(OSError):
        data = made.recv(READ)
        if data:
            exchange.mark("response_first")
            exchange.mark("response_last")
            exchange.answer += data


@dataclass(frozen=True, slots=True, kw_only=True)
class Asker:
    """Whoever sends requests from one host to one server, and logs them."""

    label: str
    host: Host
    server: tuple[str, int]
    truth: Truth
    keep: bool = False  # connections are kept and used again, as browsers do
    spare: list[socket.socket] = field(default_factory=list)

    @property
    def server_name(self) -> str:
        """Address and port as the Host header and truth files have it."""
        address, port = self.server
        return f"[{address}]:{port}" if ":" in address else f"{address}:{port}"

    async def ask(self, raw: bytes, *, half_close: bool = False, reset: bool = False) -> Exchange:
        """Connect, send, read one answer, close first.

        A cancelled `ask` closes the connection: by FIN, or with `reset` by RST. With `half_close` our direction is
        closed right after the request.
        """
        exchange = self._begin(raw)
        made = self.spare.pop() if self.spare else self.host.socket()
        loop = asyncio.get_running_loop()
        try:
            if not _is_connected(made):
                exchange.mark("connect")
                await loop.sock_connect(made, self.server)
                exchange.mark("connected")
            address, port = made.getsockname()[:2]
            exchange.client = f"[{address}]:{port}" if ":" in address else f"{address}:{port}"
            exchange.mark("request")
            await loop.sock_sendall(made, raw)
            if half_close:
                made.shutdown(socket.SHUT_WR)
            await self._read(made, exchange)
        except asyncio.CancelledError:
            _read_what_is_there(made, exchange)
            raise
        except OSError as error:
            exchange.error = type(error).__name__
        finally:
            if reset:
                made.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET_ON_CLOSE)
            if self.keep and exchange.complete:
                self.spare.append(made)
            else:
                made.close()
                exchange.mark("close")
        return exchange

    async def _read(self, made: socket.socket, exchange: Exchange) -> None:
        loop = asyncio.get_running_loop()
        while not exchange.complete:
            data = await loop.sock_recv(made, READ)
            if not data:
                exchange.mark("eof")
                return
            if not exchange.answer:
                exchange.mark("response_first")
            exchange.mark("response_last")
            exchange.answer += data

    def _begin(self, raw: bytes) -> Exchange:
        head, _, body = raw.partition(b"\r\n\r\n")
        words = head.partition(b"\r\n")[0].decode("latin-1").split(" ")
        exchange = Exchange(
            peer_name=self.label,
            server=self.server_name,
            method=words[0] if words[0].isupper() else None,
            target=" ".join(words[1:-1]) or words[-1],
            version=words[-1] if words[-1].startswith("HTTP/") else None,
            body=body,
            raw=raw,
        )
        self.truth.exchanges.append(exchange)
        return exchange
