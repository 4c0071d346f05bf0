"""A faithful peerconnection_server: same decisions, same bytes, same oddities as main.cc and data_socket.cc.

Only a connection's first request is served; the server never closes after answering, but on end of file; what it does
not understand it does not answer. Text is latin-1 throughout, since the reference server moves bytes and knows no
characters.
"""

from __future__ import annotations

import asyncio
import re
import socket
from typing import TYPE_CHECKING
from urllib.parse import unquote_plus

from captures.lab.dialect import REFERENCE, Answer, Dialect
from captures.lab.mailbox import Member, Members
from captures.lab.truth import Truth, now

if TYPE_CHECKING:
    from captures.lab.network import Host

BACKLOG = 5
CONNECTIONS = 1022  # FD_SETSIZE - 2 on Linux; one more is accepted and closed
TICK_S = 10.0  # the reference server's select() wakes up this often when nothing happens
REQUEST_LINE = re.compile(r"(GET|POST|OPTIONS)\s\s*(\S*)\s*(\S*)", re.ASCII)
GONE = b"Peer most likely gone."
SORRY = b"<html><body>Sorry, not yet implemented</body></html>"
QUITTING = b"<html><body>Quitting...</body></html>"


def number_after(text: str, start: int) -> int:
    """What C's atoi makes of the text from `start`; 0 if it is no number."""
    found = re.match(r"\s*[+-]?\d+", text[start:])
    return int(found[0]) if found else 0


class Connection(asyncio.Protocol):
    """One accepted connection, DataSocket in the reference server."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self.head = ""  # until the blank line was read
        self.method: str | None = None
        self.target = self.version = self.content_type = ""
        self.content_length = 0
        self.data = b""
        self.transport: asyncio.Transport | None = None

    @property
    def path(self) -> str:
        """The target before its first question mark."""
        return self.target.partition("?")[0]

    @property
    def arguments(self) -> str:
        """The target after its first question mark."""
        return self.target.partition("?")[2]

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Accept, unless there are too many."""
        self.transport = transport  # type: ignore[assignment]  # a listening TCP socket makes such transports
        self.server.on_open(self)

    def data_received(self, data: bytes) -> None:
        """Take one read's worth of bytes and serve the request once it is complete."""
        if self.server.faults.get("drop_requests"):
            return
        if self._understand(data) and self._complete():
            self.server.serve(self)
            self._next()
        self.server.members.check_timeouts()

    def connection_lost(self, _: Exception | None) -> None:
        """End of file or an error: whoever waited here waits no more."""
        self.server.on_closing(self)

    def answer(self, answer: Answer) -> None:
        """Send one answer, head and body in one write."""
        if self.transport is None or self.transport.is_closing():
            return  # lost, not queued again
        self.transport.write(self.server.dialect.encode(answer, self.version))
        if self.server.dialect.server_closes:
            self.transport.close()

    def _next(self) -> None:
        if self.server.dialect.persistent:
            self.head, self.method, self.data, self.content_length, self.content_type = "", None, b"", 0, ""

    def _understand(self, data: bytes) -> bool:
        if self.method is not None:
            self.data += data
            return self.method == "POST"  # bytes after a complete GET are ignored
        self.head += data.decode("latin-1")
        head, blank, rest = self.head.partition("\r\n\r\n")
        if not blank:
            return False
        found = REQUEST_LINE.match(head.partition("\r\n")[0])
        if not found:
            return False  # silence for ever: the same line will be found again
        self.method, self.target, self.version = found[1], found[2], found[3]
        self.data = rest.encode("latin-1")
        return self.method != "POST" or self._understand_entity(head)

    def _understand_entity(self, head: str) -> bool:
        for line in head.split("\r\n")[1:]:
            if self.server.dialect.headers != "reference":
                name, _, value = line.partition(":")
                line = f"{name.title()}:{value}"  # noqa: PLW2901 - relatives take any case
            if line.startswith("Content-Length:"):  # exact case, as the reference server has it
                self.content_length = number_after(line, len("Content-Length:"))
            elif line.startswith("Content-Type:"):
                self.content_type = line.partition(":")[2].strip()
        return bool(self.content_length and self.content_type)

    def _complete(self) -> bool:
        return self.method != "POST" or len(self.data) >= self.content_length


class Server:
    """One server process: members, connections and the decisions about requests."""

    def __init__(self, host: Host, truth: Truth, *, port: int = 8888, dialect: Dialect = REFERENCE) -> None:
        self.host, self.port, self.dialect, self.truth = host, port, dialect, truth
        self.members = Members(dialect=dialect, log=truth.log)
        self.connections: set[Connection] = set()
        self.faults: dict[str, bool] = {}
        self.decode_names = False  # the builds of 2015-12 to 2019-03
        shown = f"[{host.address}]" if ":" in host.address else host.address
        self.address = f"{shown}:{port}"
        self._listener: asyncio.Server | None = None
        self._tick: asyncio.Task[None] | None = None
        self._row: dict[str, object] = {}

    async def start(self) -> None:
        """Listen."""
        listening = self.host.socket()
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind((self.host.address, self.port))
        loop = asyncio.get_running_loop()
        self._listener = await loop.create_server(lambda: Connection(self), sock=listening, backlog=BACKLOG)
        self._tick = asyncio.create_task(self._ticking())
        self._row = {"address": self.address, "software": self.dialect.name, "protocol": "HTTP/1.x", "t_start": now()}
        self.truth.servers.append(self._row)
        self.truth.log(f"Server listening on port {self.port}")

    def stop(self) -> None:
        """End the process: the kernel closes every connection."""
        self._row.setdefault("t_stop", now())
        if self._tick:
            self._tick.cancel()
        if self._listener:
            self._listener.close()
        for connection in list(self.connections):
            if connection.transport:
                connection.transport.close()

    def on_open(self, connection: Connection) -> None:
        """A connection was accepted."""
        self.truth.log("New connection...")
        self.connections.add(connection)
        if len(self.connections) > CONNECTIONS and connection.transport:
            connection.transport.close()

    def on_closing(self, connection: Connection) -> None:
        """A connection ended."""
        self.connections.discard(connection)
        self.truth.log("Disconnecting socket")
        self.members.on_closing(connection)

    def serve(self, connection: Connection) -> None:
        """Decide about one complete request, in the reference server's order."""
        member = self._look_up(connection)
        if member and connection.path == "/wait":
            member.begin_wait(connection)
        elif member:
            self._serve_member(connection, member)
        elif connection.path == "/sign_in" and (connection.method == "GET" or self._is_post(connection)):
            self._sign_in(connection)
        elif self._is_post(connection):
            connection.answer(Answer(status=self.dialect.errors[0], content_type="text/plain", body=GONE))
        else:
            self._serve_browser(connection)

    def _is_post(self, connection: Connection) -> bool:
        return connection.method == "POST" and connection.content_length > 0

    def _look_up(self, connection: Connection) -> Member | None:
        if connection.method not in {"GET", "POST"} or connection.path not in {"/wait", "/sign_out", "/message"}:
            return None
        start = connection.arguments.find("peer_id=")  # anywhere: xpeer_id=1 counts
        if start < 0:
            return None
        member = self.members.find(number_after(connection.arguments, start + len("peer_id=")))
        if member and connection.path == "/sign_out":
            member.connected = False
        return member

    def _serve_member(self, connection: Connection, member: Member) -> None:
        to = re.search(r"(?:^|&)to=(.*)", connection.arguments, re.DOTALL)
        target = self.members.find(number_after(to[1], 0)) if to else None
        forwarded = Answer(
            status="200 OK", content_type=connection.content_type, pragma=member.id, body=connection.data
        )
        if target is member:
            connection.answer(forwarded)
        elif target:
            self.truth.log(f"Client {member.name} sending to {target.name}")
            target.deliver(forwarded)
            connection.answer(Answer(status="200 OK", content_type="text/plain"))
        elif connection.path == "/sign_out":
            connection.answer(Answer(status="200 OK", content_type="text/plain"))
            if self.dialect.persistent:
                self.members.on_closing(None)  # no connection will close soon
        else:
            connection.answer(Answer(status=self.dialect.errors[0], content_type="text/plain", body=GONE))

    def _sign_in(self, connection: Connection) -> None:
        name = connection.arguments.removeprefix("peer_name=") if self.dialect.whole_list else connection.arguments
        member, peers = self.members.add(unquote_plus(name) if self.decode_names else name)
        body = peers.encode("latin-1")
        connection.answer(Answer(status=self.dialect.added, content_type="text/plain", pragma=member.id, body=body))

    def _serve_browser(self, connection: Connection) -> None:
        if connection.target == "/quit":
            connection.answer(Answer(status="200 OK", content_type="text/html", body=QUITTING))
            self.members.shut_down()
            self.stop()
        elif connection.method == "OPTIONS":
            connection.answer(Answer(status="200 OK"))
        else:
            connection.answer(Answer(status=self.dialect.errors[1], content_type="text/html", body=SORRY))

    async def _ticking(self) -> None:
        while True:
            await asyncio.sleep(TICK_S)
            self.members.check_timeouts()
