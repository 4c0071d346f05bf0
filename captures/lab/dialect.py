"""How a server writes its answers: the reference server of several years, and relatives that differ."""

from __future__ import annotations

import gzip
from dataclasses import dataclass, replace
from email.utils import formatdate

ALLOWED = "Content-Type, Content-Length, Connection, Cache-Control"
COMPRESSIBLE = 200  # shorter bodies are not worth a gzip header
CHUNK = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """One answer before it is written: `status` is number and reason, `pragma` the peer id if there is one."""

    status: str
    content_type: str = ""
    pragma: int | None = None
    body: bytes = b""


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialect:
    """Everything in which servers differ on the wire; the defaults are the reference server since 2020."""

    name: str = "peerconnection_server"
    headers: str = "reference"  # or "go", "node": names, case and order of the header lines
    added: str = "200 Added"
    exposed: str = "Content-Length"
    line: str = "{name},{id},{connected}\n"
    keep_commas: bool = False
    whole_list: bool = False  # a notification is the whole list, not one line
    announce_leaving: bool = True
    answer_in_kind: bool = False  # HTTP/1.0 is answered by HTTP/1.0
    server_closes: bool = False
    persistent: bool = False  # many requests on one connection
    chunked: bool = False
    gzip: bool = False
    answer_twice: bool = False  # until 2011-10: a wait answered from the queue gets a second answer, 500
    repeat_newest: bool = False  # until 2012-03: several queued answers, and the newest goes out for each
    newest_first: bool = False
    errors: tuple[str, str] = ("500 Error", "500 Sorry")

    def encode(self, answer: Answer, version: str = "HTTP/1.1") -> bytes:
        """Write an answer to a request of that version."""
        compress = self.gzip and len(answer.body) >= COMPRESSIBLE
        sent = replace(answer, body=gzip.compress(answer.body, mtime=0)) if compress else answer
        own = version if self.answer_in_kind and version.startswith("HTTP/") else "HTTP/1.1"
        lines = {"reference": self._reference, "go": self._go, "node": self._node}[self.headers](sent)
        lines += [("Content-Encoding", "gzip")] if compress else []
        body = sent.body
        if self.chunked and body:
            lines = [line for line in lines if line[0].lower() != "content-length"]
            lines.append(("Transfer-Encoding", "chunked"))
            body = encode_chunks(body)
        head = [f"{own} {answer.status}", *(f"{name}: {value}" for name, value in lines)]
        return "\r\n".join(head).encode() + b"\r\n\r\n" + body

    def _reference(self, answer: Answer) -> list[tuple[str, str]]:
        lines = [("Server", "PeerConnectionTestServer/0.1"), ("Cache-Control", "no-cache"), ("Connection", "close")]
        if answer.content_type:
            lines.append(("Content-Type", answer.content_type))
        lines.append(("Content-Length", str(len(answer.body))))
        if answer.pragma is not None:
            lines.append(("Pragma", str(answer.pragma)))
        return [
            *lines,
            ("Access-Control-Allow-Origin", "*"),
            ("Access-Control-Allow-Credentials", "true"),
            ("Access-Control-Allow-Methods", "POST, GET, OPTIONS"),
            ("Access-Control-Allow-Headers", ALLOWED),
            ("Access-Control-Expose-Headers", self.exposed),
        ]

    def _go(self, answer: Answer) -> list[tuple[str, str]]:
        """Like Go's net/http: sorted names, a Date, and almost nothing on an empty answer."""
        lines = [("Content-Length", str(len(answer.body)))]
        if answer.body:
            lines = [("Connection", "close"), *lines, ("Content-Type", answer.content_type or "text/plain")]
        if answer.pragma is not None:
            lines.append(("Pragma", str(answer.pragma)))
        return [*lines, ("Date", formatdate(usegmt=True))]

    def _node(self, answer: Answer) -> list[tuple[str, str]]:
        """Like Express behind a proxy that writes header names in lower case."""
        lines = [("x-powered-by", "Express")]
        if answer.pragma is not None:
            lines.append(("pragma", str(answer.pragma)))
        lines += [("content-type", "text/plain; charset=utf-8"), ("content-length", str(len(answer.body)))]
        return [*lines, ("date", formatdate(usegmt=True)), ("connection", "keep-alive" if self.persistent else "close")]


def encode_chunks(body: bytes) -> bytes:
    """Write a body in the chunked transfer coding (RFC 9112 §7.1)."""
    pieces = [body[start : start + CHUNK] for start in range(0, len(body), CHUNK)]
    return b"".join(b"%x\r\n%b\r\n" % (len(piece), piece) for piece in pieces) + b"0\r\n\r\n"


REFERENCE = Dialect()
REFERENCE_2015 = Dialect(
    name="peerconnection_server of January 2015", exposed="Content-Length, X-Peer-Id", line="{name}{id}{connected}\n"
)
REFERENCE_2011 = Dialect(name="peerconnection_server of 2011", exposed="Content-Length, X-Peer-Id", answer_twice=True)
REFERENCE_2012 = Dialect(
    name="peerconnection_server of early 2012", exposed="Content-Length, X-Peer-Id", repeat_newest=True
)
GO = Dialect(
    name="a relative written in Go",
    headers="go",
    added="200 OK",
    keep_commas=True,
    announce_leaving=False,
    answer_in_kind=True,
    server_closes=True,
    errors=("200 OK", "200 OK"),
)
NODE = Dialect(
    name="a relative written in Node",
    headers="node",
    added="200 OK",
    whole_list=True,
    newest_first=True,
    server_closes=True,
    errors=("400 Bad Request", "404 Not Found"),
)
PROXIED = Dialect(
    name="a relative behind a reverse proxy",
    headers="node",
    added="200 OK",
    persistent=True,
    chunked=True,
    gzip=True,
    errors=("400 Bad Request", "404 Not Found"),
)
