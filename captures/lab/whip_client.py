"""A publisher or player: speaks WHIP or WHEP with aiohttp's client, and logs every exchange."""

from __future__ import annotations

import hashlib
import socket
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import urljoin

import aiohttp

from captures.lab.network import inside
from captures.lab.truth import now
from captures.lab.whip_bodies import FRAGMENT, SDP, Side

if TYPE_CHECKING:
    from captures.lab.network import Host

TOLD = ("Location", "ETag", "Retry-After", "Accept-Post", "WWW-Authenticate", "Content-Type")
ASKED = ("Authorization", "If-Match", "Accept", "Content-Type")


def _body(data: bytes) -> dict[str, Any]:
    return {"len": len(data), "sha256": hashlib.sha256(data).hexdigest()}


@dataclass(slots=True, kw_only=True)
class WhipClient:
    """One client on its host. `base` is the server's URL, `rows` its exchanges, `call` what a truth file says of it."""

    label: str
    host: Host
    base: str
    rows: list[dict[str, Any]]
    calls: list[dict[str, Any]]
    seed: int = 0
    side: Side = field(init=False)
    session: str = ""
    etag: str = ""
    token: str = ""
    call: dict[str, Any] = field(default_factory=dict)
    _http: aiohttp.ClientSession | None = None
    _sockets: list[socket.socket] = field(default_factory=list)
    _times: dict[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.side = Side(self.host.address, self.seed or ord(self.label))

    def _socket(self, _: Any) -> socket.socket:
        with inside(self.host.namespace):
            made = socket.socket(self.host.family, socket.SOCK_STREAM)
        self._sockets.append(made)
        return made

    def _tracing(self) -> aiohttp.TraceConfig:
        async def connect(*_: Any) -> None:
            self._times["t_connect"] = now()

        async def connected(*_: Any) -> None:
            self._times["t_connected"] = self._times["t_request"] = now()

        async def reused(*_: Any) -> None:
            self._times["t_request"] = now()

        tracing = aiohttp.TraceConfig()
        tracing.on_connection_create_start.append(connect)
        tracing.on_connection_create_end.append(connected)
        tracing.on_connection_reuseconn.append(reused)
        return tracing

    async def __aenter__(self) -> Self:
        """Make the HTTP client."""
        connector = aiohttp.TCPConnector(socket_factory=self._socket, keepalive_timeout=30, limit=1)
        self._http = aiohttp.ClientSession(connector=connector, trace_configs=[self._tracing()])
        return self

    async def __aexit__(self, *_: object) -> None:
        """Close its connection."""
        if self._http:
            await self._http.close()

    async def ask(self, kind: str, method: str, target: str, body: str = "", **headers: str | None) -> SimpleNamespace:
        """One exchange; header names are given with `_` for `-`."""
        if not self._http:
            raise RuntimeError("not open")
        url = urljoin(self.base, target)
        sent = {name.replace("_", "-"): value for name, value in headers.items() if value}
        sent |= {"Authorization": self.token} if self.token else {}
        data = body.encode()
        self._times = {}
        skipped = ["Content-Type"]  # aiohttp would add one of its own
        async with self._http.request(
            method, url, data=data or None, headers=sent, allow_redirects=False, skip_auto_headers=skipped
        ) as answer:
            first = now()
            got = await answer.read()
            last = now()
        path = url.removeprefix(self.base)
        row = {**self._times, "t_response_first": first, "t_response_last": last}
        row |= {"client": self._name(), "server": self.base.removeprefix("http://"), "peer_name": self.label}
        row |= {"method": method, "target": path, "version": "HTTP/1.1", "request_body": _body(data), "kind": kind}
        row |= {"status": answer.status, "reason": answer.reason, "response_body": _body(got), "complete": True}
        row |= {"request_headers": {name: sent[name] for name in sent if name in ASKED}}
        told = {name: answer.headers[name] for name in TOLD if name in answer.headers}
        links = answer.headers.getall("Link", [])
        row |= {"response_headers": {**told, **({"Link": links} if links else {})}}
        if self.session and kind != "options":
            row["session"] = self.session
        self.rows.append(row)
        return SimpleNamespace(row=row, url=url, status=answer.status, headers=answer.headers, text=got.decode())

    def _name(self) -> str:
        address, port = self._sockets[-1].getsockname()[:2]
        return f"{address}:{port}"

    async def offer(self, target: str, direction: str, *, kind: str = "offer", type_: str = SDP) -> SimpleNamespace:
        """Offer; with 201 there is a session and an answer."""
        text = self.side.describe("offer", direction)
        answer = await self.ask(kind, "POST", target, text, Content_Type=type_)
        if answer.status == 201:
            self._begin(answer, self.label, "server", answer.row["t_request"])
            self.call["t_answer"] = answer.row["t_response_first"]
        return answer

    async def be_offered(self, target: str, direction: str, *, empty: bool) -> SimpleNamespace:
        """Ask in a way at which the server offers, by 406 or by 201; then answer."""
        if empty:
            answer = await self.ask("request", "POST", target, Accept=SDP)
        else:
            text = self.side.describe("offer", direction)
            answer = await self.ask("offer", "POST", target, text, Content_Type=SDP)
        self._begin(answer, "server", self.label, answer.row["t_response_first"])
        text = self.side.describe("answer", direction)
        patched = await self.ask("answer", "PATCH", self.session, text, Content_Type=SDP)
        self.call["t_answer"] = patched.row["t_request"]
        return patched

    def _begin(self, answer: SimpleNamespace, caller: str, callee: str, at: float) -> None:
        self.session = urljoin(answer.url, answer.headers["Location"]).removeprefix(self.base)
        self.etag = answer.headers["ETag"]
        answer.row["session"] = self.session
        self.call = {"from": caller, "to": callee, "t_offer": at, "t_answer": None, "candidates": {}}
        self.call |= {"t_bye": None, "bye_from": None, "session": self.session}
        self.calls.append(self.call)

    async def trickle(self, count: int, *, match: str | None = "", last: bool = False) -> SimpleNamespace:
        """Send candidates; without `match` with the latest ETag, with None without any."""
        text = self.side.fragment(candidates=count, last=last)
        match = self.etag if match == "" else match
        answer = await self.ask("trickle", "PATCH", self.session, text, Content_Type=FRAGMENT, If_Match=match)
        if answer.status == 204:
            seen = self.call["candidates"]
            seen[self.label] = seen.get(self.label, 0) + count
        return answer

    async def restart(self, match: str = '"*"') -> SimpleNamespace:
        """Restart ICE with new credentials."""
        self.side.restart()
        text = self.side.fragment(candidates=1)
        answer = await self.ask("restart", "PATCH", self.session, text, Content_Type=FRAGMENT, If_Match=match)
        self.etag = answer.headers["ETag"]
        return answer

    async def end(self) -> SimpleNamespace:
        """Delete the session."""
        answer = await self.ask("end", "DELETE", self.session)
        self.call |= {"t_bye": answer.row["t_request"], "bye_from": self.label}
        return answer
