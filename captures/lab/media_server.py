"""A media server that speaks WHIP (RFC 9725) and WHEP (draft-ietf-wish-whep) with aiohttp, but moves no media.

What a stream's name says decides how an offer to it is met: `private` wants a token, `far` is elsewhere, `busy` and
`later` not yet, `counter` is offered back, `old` speaks the WHEP of 2022, every other one is accepted.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from aiohttp import web

from captures.lab.whip_bodies import FRAGMENT, SDP, Side

if TYPE_CHECKING:
    from collections.abc import Iterator

    from captures.lab.network import Host
    from captures.lab.truth import Truth

TOKEN = "Bearer 9f2d-lab"  # noqa: S105 - of a laboratory
RETRY_S = 1
CREDENTIALS = 'rel="ice-server"; username="user"; credential="myPassword"; credential-type="password"'
LINKS = (
    '<stun:stun.example.net>; rel="ice-server"',
    f"<turn:turn.example.net?transport=udp>; {CREDENTIALS}",
    f"<turns:turn.example.net?transport=tcp>; {CREDENTIALS}",
)
CORS = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Allow-Methods": "OPTIONS, POST, PATCH, DELETE",
    "Access-Control-Allow-Headers": "authorization, content-type, if-match",
    "Access-Control-Expose-Headers": "ETag, Link, Location, Accept-Post, Accept-Patch",
}


def problem(status: int, title: str, **headers: str) -> web.Response:
    """Refuse with a problem document (RFC 9457)."""
    answer = web.json_response({"title": title, "status": status}, status=status, headers={**CORS, **headers})
    answer.content_type = "application/problem+json"
    return answer


@dataclass(slots=True, kw_only=True)
class Session:
    """One publisher or player on the server."""

    name: str
    side: Side
    etag: str = ""
    waits_for_answer: bool = False


@dataclass(slots=True, kw_only=True)
class MediaServer:
    """The server: `start` it on a host."""

    host: Host
    truth: Truth
    port: int = 8080
    sessions: dict[str, Session] = field(default_factory=dict)
    turned_away: set[str] = field(default_factory=set)
    numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))
    _runner: web.AppRunner | None = None

    async def start(self) -> None:
        """Listen."""
        app = web.Application()
        app.router.add_route("OPTIONS", "/{way:whip|whep}/{stream}", self.options)
        app.router.add_post("/{way:whip|whep}/{stream}", self.post)
        app.router.add_patch("/{way:whip|whep}/session/{name}", self.patch)
        app.router.add_delete("/{way:whip|whep}/session/{name}", self.delete)
        self._runner = web.AppRunner(app, access_log=None)
        await self._runner.setup()
        made = self.host.socket()
        made.bind((self.host.address, self.port))
        await web.SockSite(self._runner, made).start()

    async def stop(self) -> None:
        """Close what is open."""
        if self._runner:
            await self._runner.cleanup()

    async def options(self, request: web.Request) -> web.Response:
        """Say what may be posted."""
        self.truth.log(f"OPTIONS {request.path}")
        return web.Response(status=200, headers={**CORS, "Accept-Post": SDP})

    async def post(self, request: web.Request) -> web.Response:
        """Meet an offer, or a request to be offered to."""
        body = await request.text()
        way, stream = request.match_info["way"], request.match_info["stream"]
        refusal = self._refusal(request, stream, body)
        self.truth.log(f"POST {request.path} {refusal.status if refusal else 'accepted'}")
        if refusal:
            return refusal
        number = next(self.numbers)
        session = Session(name=f"{stream}-{number:04x}", side=Side(self.host.address, 100 + number, lite=True))
        self.sessions[session.name] = session
        session.etag = f'"{session.name}:1"'
        place = f"session/{session.name}" if way == "whip" else f"/{way}/session/{session.name}"
        if stream == "later":
            place = f"http://{request.host}{place}"
        headers = {**CORS, "Location": place, "ETag": session.etag, "Accept-Patch": f"{FRAGMENT}, {SDP}"}
        offers = stream in {"counter", "old"}
        session.waits_for_answer = offers
        kind, direction = ("offer" if offers else "answer"), ("recvonly" if way == "whip" else "sendonly")
        text = session.side.describe(kind, direction, candidates=3)
        answer = web.Response(status=406 if stream == "counter" else 201, text=text, headers=headers)
        answer.headers["Content-Type"] = SDP + ("; valid-until=30" if stream == "counter" else "")
        for link in LINKS:
            answer.headers.add("Link", link)
        return answer

    def _refusal(self, request: web.Request, stream: str, body: str) -> web.Response | None:
        if stream == "far":
            headers = {**CORS, "Location": "/whip/near?from=far"}
            return web.Response(status=307, headers=headers)
        if stream in {"private", "near"} and request.headers.get("Authorization") != TOKEN:
            return problem(401, "a token is needed", **{"WWW-Authenticate": 'Bearer realm="lab"'})
        if body and request.content_type != SDP:
            return problem(415, "an offer is application/sdp", **{"Accept-Post": SDP})
        if stream in {"busy", "later"} and stream not in self.turned_away:
            self.turned_away.add(stream)
            status, title = (503, "no room now") if stream == "busy" else (409, "nobody publishes this yet")
            return problem(status, title, **{"Retry-After": str(RETRY_S)})
        return None

    async def patch(self, request: web.Request) -> web.Response:
        """Take candidates, restart ICE, or take the answer to an offer of ours."""
        await request.read()
        session = self.sessions.get(request.match_info["name"])
        answer = self._patched(request, session)
        self.truth.log(f"PATCH {request.path} {answer.status}")
        return answer

    def _patched(self, request: web.Request, session: Session | None) -> web.Response:
        if not session:
            return problem(404, "no such session")
        if request.content_type == SDP and session.waits_for_answer:
            session.waits_for_answer = False
            return web.Response(status=204, headers=CORS)
        if request.content_type != FRAGMENT:
            return problem(422, "this session takes fragments alone")
        return self._trickled(request.headers.get("If-Match"), session)

    def _trickled(self, match: str | None, session: Session) -> web.Response:
        if match is None:
            return problem(428, "If-Match is needed")
        if match.strip('"') == "*":
            session.side.restart()
            number = int(session.etag.rpartition(":")[2].strip('"')) + 1
            session.etag = f'"{session.name}:{number}"'
            text = session.side.fragment(candidates=3, last=True)
            answer = web.Response(status=200, text=text, headers={**CORS, "ETag": session.etag})
            answer.headers["Content-Type"] = FRAGMENT
            return answer
        if match != session.etag:
            return problem(412, "another ICE session has begun")
        return web.Response(status=204, headers=CORS)

    async def delete(self, request: web.Request) -> web.Response:
        """End a session."""
        found = self.sessions.pop(request.match_info["name"], None)
        self.truth.log(f"DELETE {request.path} {200 if found else 404}")
        return web.Response(status=200, headers=CORS) if found else problem(404, "no such session")
