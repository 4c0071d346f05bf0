"""The truth file: what the endpoints of a run logged with their own clocks, written without a look at the capture."""

from __future__ import annotations

import gzip
import hashlib
import json
import re
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from captures.lab.recorder import Recorder

KINDS = {"/sign_in": "sign_in", "/wait": "wait", "/message": "message", "/sign_out": "sign_out", "/quit": "quit"}
CLOCK = "epoch seconds, endpoints own clock (CLOCK_REALTIME); all endpoints share one kernel clock"
MICROSECONDS = 6


def now() -> float:
    """Epoch seconds, to the microsecond."""
    return round(time.time(), MICROSECONDS)


def content_of(body: bytes) -> str:
    """Say in one word what a message holds."""
    if body == b"BYE":
        return "BYE"
    try:
        value = json.loads(body)
    except ValueError:
        return "text"
    if isinstance(value, dict):
        return str(value.get("type") or ("candidate" if "candidate" in value else "json"))
    return "json"


def _parameter(target: str, name: str) -> int | None:
    found = re.search(rf"[?&]{name}=(\d+)", target)
    return int(found[1]) if found else None


def _chunks(rest: bytes) -> Iterator[bytes]:
    while rest:
        size, _, rest = rest.partition(b"\r\n")
        length = int(size or b"0", 16)
        if not length:
            return
        yield rest[:length]
        rest = rest[length + 2 :]


def _body(body: bytes) -> dict[str, Any]:
    return {"len": len(body), "sha256": hashlib.sha256(body).hexdigest()}


@dataclass(slots=True, kw_only=True)
class Exchange:
    """One request as its sender logged it, with the answer it got, if any; times are epoch seconds."""

    peer_name: str
    server: str
    method: str | None
    target: str
    version: str | None
    body: bytes = b""
    raw: bytes = b""
    client: str | None = None
    answer: bytes = b""
    error: str | None = None
    times: dict[str, float] = field(default_factory=dict)

    def mark(self, name: str) -> None:
        """Note the moment `t_<name>`."""
        self.times[f"t_{name}"] = now()

    @property
    def kind(self) -> str:
        """What is asked for, by method and path."""
        if self.method == "OPTIONS":
            return "options"
        return KINDS.get(self.target.partition("?")[0], "other")

    @property
    def head(self) -> list[str]:
        """Status line and header lines of the answer."""
        return self.answer.partition(b"\r\n\r\n")[0].decode("latin-1").split("\r\n")

    def header(self, name: str) -> str | None:
        """One header of the answer by its name, in any case."""
        for line in self.head[1:]:
            key, _, value = line.partition(":")
            if key.lower() == name.lower():
                return value.strip()
        return None

    @property
    def _rest(self) -> bytes:
        return self.answer.partition(b"\r\n\r\n")[2]

    @property
    def answer_body(self) -> bytes:
        """As many bytes after the answer's blank line as its Content-Length says; of chunks, what they hold."""
        if self.header("Transfer-Encoding") == "chunked":
            return b"".join(_chunks(self._rest))
        return self._rest[: int(self.header("Content-Length") or 0)]

    @property
    def text(self) -> bytes:
        """The answer's body after content decoding."""
        body = self.answer_body
        return gzip.decompress(body) if self.header("Content-Encoding") == "gzip" else body

    @property
    def request_body(self) -> bytes:
        """As many bytes after the request's blank line as its Content-Length says, in any case of letters."""
        found = re.search(rb"\r\ncontent-length: *(\d+)", self.raw.partition(b"\r\n\r\n")[0], re.IGNORECASE)
        return self.body[: int(found[1])] if found else b""

    @property
    def status(self) -> int | None:
        """The status number, or `None` without an answer."""
        return int(self.head[0].split(" ")[1]) if b"\r\n\r\n" in self.answer else None

    @property
    def pragma(self) -> int | None:
        """The answer's peer id."""
        value = self.header("Pragma")
        return int(value) if value and value.isdigit() else None

    @property
    def complete(self) -> bool:
        """The answer has as many bytes as its Content-Length says."""
        if self.header("Transfer-Encoding") == "chunked":
            return self._rest.endswith(b"0\r\n\r\n")
        return self.status is not None and len(self._rest) >= int(self.header("Content-Length") or 0)

    def as_truth(self) -> dict[str, Any]:
        """Write the exchange in the shape of a truth file."""
        kind, sender = self.kind, _parameter(self.target, "peer_id")
        row: dict[str, Any] = {**self.times, "client": self.client, "server": self.server}
        row |= {"peer_name": self.peer_name, "method": self.method, "target": self.target, "version": self.version}
        row |= {"request_body": _body(self.request_body), "request_raw_sha256": hashlib.sha256(self.raw).hexdigest()}
        row |= {"kind": kind, "from_peer": sender if kind == "message" else None, "peer_id": sender}
        row |= {"to_peer": _parameter(self.target, "to")}
        if kind == "message":
            row["content"] = content_of(self.request_body)
        if len(self.body) > len(self.request_body):
            row["sent_beyond_body"] = len(self.body) - len(self.request_body)
        if self.error:
            row["error"] = self.error
        if self.status is None:
            return row | {"status": None, "unanswered": True}
        row |= {
            "status": self.status,
            "reason": self.head[0].split(" ", 2)[2],
            "response_body": _body(self.answer_body),
        }
        row |= {"content_length": int(self.header("Content-Length") or 0), "complete": self.complete}
        if self.pragma is not None:
            row["pragma"] = self.pragma
        if self.text != self.answer_body:
            row["response_content"] = {"encoding": "gzip", **_body(self.text)}
        if not self.header("Transfer-Encoding") and len(self._rest) > len(self.answer_body):
            row["received_beyond_body"] = len(self._rest) - len(self.answer_body)
        if kind == "sign_in" and self.status == 200:
            row |= {"assigned_id": self.pragma, "peer_list": self.text.decode("utf-8", "replace")}
        if kind == "wait":
            row |= {"hang_s": self._hang_s(), "released_by": self._released_by()}
        return row

    def _hang_s(self) -> float:
        return round(self.times["t_response_first"] - self.times["t_request"], MICROSECONDS)

    def _released_by(self) -> dict[str, Any] | None:
        if self.status != 200:
            return {"type": "refused"}
        if self.pragma is None:
            return {"type": "shutdown"}
        if self.pragma == _parameter(self.target, "peer_id"):
            return {"type": "notification", "entry": self.text.decode("utf-8", "replace")}
        return {"type": "message", "from_peer": self.pragma, "content": content_of(self.text)}


@dataclass(slots=True, kw_only=True)
class Truth:
    """Everything the endpoints of one run logged."""

    notes: str
    exchanges: list[Exchange] = field(default_factory=list)
    servers: list[dict[str, Any]] = field(default_factory=list)
    peers: list[dict[str, Any]] = field(default_factory=list)
    calls: list[dict[str, Any]] = field(default_factory=list)
    server_log: list[dict[str, Any]] = field(default_factory=list)
    events: dict[str, list[dict[str, Any]]] = field(default_factory=dict)

    def event(self, peer: str, what: str, /, **facts: object) -> None:
        """Note what a client saw or did."""
        self.events.setdefault(peer, []).append({"t": now(), "ev": what, **facts})

    def log(self, line: str) -> None:
        """Note a line the server printed."""
        self.server_log.append({"t": now(), "line": line})

    def write(self, path: Path, scenario: str, recorder: Recorder, **more: object) -> None:
        """Write the truth about one capture."""
        rows = [exchange.as_truth() for exchange in self.exchanges if "t_request" in exchange.times]
        rows.sort(key=lambda row: row["t_request"])
        waits = [row for row in rows if row["kind"] == "wait"]
        document: dict[str, Any] = {"scenario": scenario, "notes": self.notes, "clock": CLOCK}
        document |= {"server": self.servers[0] if self.servers else None, "servers": self.servers}
        document |= {"capture": {"start": recorder.start, "stop": recorder.stop}, "peers": self.peers}
        document |= {"exchanges": rows, "waits": [_wait(row) for row in waits]}
        document |= {"calls": self.calls, "events": self.events, "server_log": self.server_log, **more}
        write_document(path, document)


def write_document(path: Path, document: dict[str, Any]) -> None:
    """Write a truth file: one key after the other, lists with one row a line."""
    parts = []
    for key, value in document.items():
        text = json.dumps(value, ensure_ascii=False)
        if isinstance(value, list) and value:
            text = "[\n" + ",\n".join(f"  {json.dumps(row, ensure_ascii=False)}" for row in value) + "\n ]"
        parts.append(f" {json.dumps(key)}: {text}")
    path.write_text("{\n" + ",\n".join(parts) + "\n}\n", encoding="utf-8")


def _wait(row: dict[str, Any]) -> dict[str, Any]:
    return {key: row.get(key) for key in ("peer_id", "server", "t_request", "hang_s", "released_by", "status")}
