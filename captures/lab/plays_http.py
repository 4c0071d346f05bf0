"""Home-made signaling over plain HTTP."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from captures.lab.descriptions import Media
from captures.lab.pigeonhole import Pigeonhole, gather
from captures.lab.studio import Conversation
from captures.lab.truth import now
from captures.lab.visitor import Visitor

if TYPE_CHECKING:
    from captures.lab.studio import Studio

HOSTS = {"ann": "a", "ben": "b", "cal": "c", "dan": "d"}
POLL_S = 0.4
JSON = {"content_type": "application/json"}


class Correspondent:
    """A client of the pigeonhole: it sends on one connection and fetches on another."""

    def __init__(self, studio: Studio, server: Pigeonhole, name: str) -> None:
        self.diary, self.name = studio.diary, name
        host = studio.network.host(HOSTS[name])
        self.media = Media(host.address, seed=sum(name.encode()))
        self.out, self.fetch = (Visitor(name, host, server.address, studio.diary) for _ in range(2))
        row = {"label": name, "id": name, "name": name, "room": None, "address": host.address, "client": "aiohttp"}
        self.diary.peers.append(row)
        self.heard: set[str] = set()
        self._arrived = asyncio.Event()

    async def send(self, to: str, kind: str, **what: Any) -> None:
        """Leave a message for somebody."""
        message = {"from": self.name, **what}
        relay = {"kind": kind, "from": self.name, "to": to, "t_sent": now(), "t_received": None, "_what": message}
        self.diary.relays.append(relay)
        await self.out.ask("POST", f"/send?to={to}", kind="send", body=json.dumps(message).encode(), **JSON)
        relay["t_sent"] = self.out.last["t_request"]
        self.out.last["carries"] = kind

    async def poll(self, wait: str = "") -> None:
        """Fetch what there is; `wait` is the query that lets the server hold the answer back."""
        text = await self.fetch.ask("GET", f"/recv?me={self.name}{wait}", kind="poll")
        got = json.loads(text) if text else []
        messages = got if isinstance(got, list) else [got]
        self.fetch.last["gives"] = [self._take(message) for message in messages]
        self._arrived.set()

    async def keep_polling(self, wait: str = "") -> None:
        """Fetch until cancelled."""
        while True:
            await self.poll(wait)
            if not wait:
                await asyncio.sleep(POLL_S)

    async def hear(self, kind: str) -> None:
        """Wait until such a message has been fetched."""
        while kind not in self.heard:
            self._arrived.clear()
            await self._arrived.wait()

    async def trickle(self, to: str) -> None:
        """Leave candidates, and say that these are all."""
        for index, candidate in self.media.candidates(2):
            ice = {"candidate": candidate, "sdpMid": str(index), "sdpMLineIndex": index}
            await self.send(to, "candidate", ice=ice)
        await self.send(to, "end of candidates", ice=None)

    async def close(self) -> None:
        """Close both connections."""
        await self.out.close()
        await self.fetch.close()

    def _take(self, message: Any) -> str:
        mine = [row for row in self.diary.relays if row["to"] == self.name and row["t_received"] is None]
        relay = next(row for row in mine if row["_what"] == message)
        relay["t_received"] = self.fetch.last["t_response_last"]
        self.heard.add(relay["kind"])
        return str(relay["kind"])


async def generic_http(studio: Studio) -> None:
    """Home-made signaling over plain HTTP in four manners, all on one server.

    Ann posts an offer as JSON and the response is the answer, all candidates inside, compressed by gzip; before that
    she posts what is no JSON. Ben and cal leave messages for each other with `POST /send`; cal fetches hers by hanging
    requests (`204` after two seconds without any), ben his by asking every 0.4 s for all that is there. Dan posts an
    offer as a field of a form, then one as bare text; the answers come in JSON and as bare text with LF alone.
    """
    server = Pigeonhole(studio)
    await server.start()
    ann, ben, cal, dan = (Correspondent(studio, server, name) for name in HOSTS)
    await ann.out.ask("GET", "/", kind="page")
    await ann.out.ask("POST", "/offer", kind="other", body=b"{not JSON", **JSON)
    offer = {"sdp": gather(ann.media, "offer"), "type": "offer"}
    await _ask_directly(ann, "/offer", json.dumps(offer).encode(), **JSON)
    await asyncio.sleep(0.5)
    polling = [asyncio.create_task(cal.keep_polling("&wait=2")), asyncio.create_task(ben.keep_polling())]
    await asyncio.sleep(2.5)
    await ben.send("cal", "offer", description={"type": "offer", "sdp": ben.media.describe("offer")})
    await ben.trickle("cal")
    await cal.hear("offer")
    await cal.send("ben", "answer", description={"type": "answer", "sdp": cal.media.describe("answer")})
    await cal.trickle("ben")
    await ben.hear("answer")
    await asyncio.sleep(1.0)
    await cal.send("ben", "bye", end=True)
    await ben.hear("bye")
    await asyncio.sleep(0.1)
    for task in polling:
        task.cancel()
    await asyncio.gather(*polling, return_exceptions=True)
    form = urlencode({"user": "dan", "type": "offer", "sdp": gather(dan.media, "offer")}).encode()
    await _ask_directly(dan, "/call", form, content_type="application/x-www-form-urlencoded")
    await asyncio.sleep(0.3)
    await _ask_directly(dan, "/sdp", gather(dan.media, "offer").encode(), content_type="text/plain")
    for correspondent in (ann, ben, cal, dan):
        await correspondent.close()


async def _ask_directly(asker: Correspondent, target: str, body: bytes, **headers: str) -> None:
    """Offer to the server itself, whose response is the answer."""
    await asker.out.ask("POST", target, kind="offer", body=body, **headers)
    row = asker.out.last
    row |= {"carries": "offer", "gives": ["answer"]}
    call = {"from": asker.name, "to": "server", "t_offer": row["t_request"], "t_answer": row["t_response_first"]}
    asker.diary.calls.append(call | {"candidates": {}, "t_bye": None, "bye_from": None})


HTTP = (
    Conversation(
        name="generic-http",
        play=generic_http,
        describe=lambda _payload, _direction: {},
        look="Where the SDP is: in JSON, in a form's field, bare; who offers to whom is said by `to`, `me` and `from`,"
        " or by nothing but who answers.",
        made="Server and clients by the Python library `aiohttp`.",
    ),
)
