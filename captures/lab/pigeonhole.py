"""A server of home-made signaling over HTTP: offers answered at once, and messages left for others to fetch."""

from __future__ import annotations

import asyncio
import json
from collections import defaultdict, deque
from typing import TYPE_CHECKING, Any

from aiohttp import web

from captures.lab.descriptions import Media
from captures.lab.truth import now

if TYPE_CHECKING:
    from captures.lab.studio import Studio

PORT = 8090
PAGE = "<!doctype html><title>call</title><h1>call</h1>"


def gather(media: Media, kind: str) -> str:
    """Write a description with all its candidates inside, for those who do not trickle."""
    lines = []
    candidates = [f"a={text}" for _, text in media.candidates(3)]
    for line in media.describe(kind).splitlines():
        lines.append(line)
        if line.startswith("a=rtcp:"):
            lines += [*candidates, "a=end-of-candidates"]
    return "".join(line + "\r\n" for line in lines)


class Pigeonhole:
    """The server."""

    def __init__(self, studio: Studio) -> None:
        self.studio = studio
        self.host = studio.network.host("server")
        self.address = f"{self.host.address}:{PORT}"
        self.media = Media(self.host.address, seed=8090)
        self.left: dict[str, deque[Any]] = defaultdict(deque)
        self.arrived = asyncio.Event()

    async def start(self) -> None:
        """Listen until the stage is cleared."""
        application = web.Application()
        application.add_routes(
            [
                web.get("/", self._page),
                web.post("/offer", self._offer),
                web.post("/send", self._send),
                web.get("/recv", self._receive),
                web.post("/call", self._form),
                web.post("/sdp", self._bare),
            ]
        )
        listener = self.host.socket()
        listener.bind((self.host.address, PORT))
        runner = web.AppRunner(application, access_log=None)
        await runner.setup()
        await web.SockSite(runner, listener).start()
        self.studio.stack.push_async_callback(runner.cleanup)
        row = {"address": self.address, "software": "aiohttp (Python)", "protocol": "HTTP, generic", "path": "/"}
        self.studio.diary.servers.append(row)

    def _log(self, line: str) -> None:
        self.studio.diary.server_log.append({"t": now(), "line": line})

    async def _page(self, _: web.Request) -> web.Response:
        return web.Response(text=PAGE, content_type="text/html")

    async def _offer(self, request: web.Request) -> web.Response:
        try:
            offer = json.loads(await request.text())
        except ValueError:
            return web.Response(status=400, text="no JSON")
        self._log(f"{offer['type']} of {len(offer['sdp'])} characters")
        await asyncio.sleep(0.15)  # as long as it takes to gather
        answer = web.json_response({"sdp": gather(self.media, "answer"), "type": "answer"})
        if "gzip" in request.headers.get("Accept-Encoding", ""):
            answer.enable_compression(web.ContentCoding.gzip)
        return answer

    async def _send(self, request: web.Request) -> web.Response:
        self.left[request.query["to"]].append(await request.json())
        self._log(f"left for {request.query['to']}")
        self.arrived.set()
        return web.Response(status=202)

    async def _receive(self, request: web.Request) -> web.Response:
        """All that is there, or the next one if the client is willing to wait."""
        mine = self.left[request.query["me"]]
        if "wait" not in request.query:
            found = list(mine)
            mine.clear()
            return web.json_response(found)
        try:
            async with asyncio.timeout(float(request.query["wait"])):
                while not mine:
                    self.arrived.clear()
                    await self.arrived.wait()
        except TimeoutError:
            return web.Response(status=204)
        return web.json_response(mine.popleft())

    async def _form(self, request: web.Request) -> web.Response:
        form = await request.post()
        self._log(f"form of {form['user']}")
        return web.json_response({"ok": True, "answer": gather(self.media, "answer")})

    async def _bare(self, request: web.Request) -> web.Response:
        self._log(f"bare SDP of {len(await request.text())} characters")
        return web.Response(text=gather(self.media, "answer").replace("\r\n", "\n"))
