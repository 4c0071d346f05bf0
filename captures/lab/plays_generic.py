"""Home-made signaling over WebSocket, with keys of nobody else."""

from __future__ import annotations

import asyncio
import base64
import json
from typing import TYPE_CHECKING, Any

from websockets.extensions.permessage_deflate import ClientPerMessageDeflateFactory

from captures.lab.descriptions import Media
from captures.lab.studio import Conversation

if TYPE_CHECKING:
    from captures.lab.studio import Studio

PORT = 7000
HOSTS = {"ann": "a", "ben": "b", "cal": "c"}
PATHS = {"ann": "/tight", "ben": "/loose", "cal": "/plain"}


def describe(payload: str | bytes, direction: str) -> dict[str, Any]:
    """Say what the application calls a message, and what it carries."""
    message = json.loads(payload)
    row = {"event": message["action"]}
    row |= {"to": message["dst"]} if direction == "out" else {}
    row |= {"from": message["src"]} if direction == "in" and "src" in message else {}
    body = message["body"]
    body = json.loads(body) if isinstance(body, str) else body
    if message["action"] == "hangup":
        return row | {"_kind": "bye", "_what": json.dumps(body)}
    if isinstance(body, dict) and "jsep" in body:
        return row | {"_kind": body["jsep"]["type"], "_what": body["jsep"]["sdp"]}
    if isinstance(body, dict) and "candidate" in (body.get("ice") or {}):
        return row | {"_kind": "candidate", "_what": json.dumps(body)}
    return row


class User:
    """A scripted client of the relay."""

    def __init__(self, studio: Studio, name: str) -> None:
        self.studio, self.name = studio, name
        self.host = studio.network.host(HOSTS[name])
        self.media = Media(self.host.address, seed=sum(name.encode()))
        self.talker = studio.talker(name, HOSTS[name])
        row = {"label": name, "id": name, "name": name, "room": None, "address": self.host.address}
        studio.diary.peers.append(row | {"client": "websockets"})

    async def open(self, address: str) -> None:
        """Connect; the relay says who is here."""
        path = PATHS[self.name]
        offered = [ClientPerMessageDeflateFactory(client_max_window_bits=True)] if path != "/plain" else None
        await self.talker.open(f"ws://{address}{path}?as={self.name}", extensions=offered)
        await self.talker.hear()

    async def say(self, action: str, to: str, body: Any) -> None:
        """Send one message."""
        message = {"action": action, "dst": to, "src": self.name, "body": body}
        await self.talker.say(json.dumps(message, separators=(",", ":")))

    async def describe(self, action: str, to: str, kind: str, *, base64_: bool = False) -> None:
        """Send an offer or an answer."""
        text = self.media.describe(kind)
        sdp = base64.b64encode(text.encode()).decode() if base64_ else text
        await self.say(action, to, {"jsep": {"type": kind, "sdp": sdp}})

    async def trickle(self, to: str, *, doubly: bool = False) -> None:
        """Send candidates and say that these are all; `doubly` as JSON in a string of JSON."""
        for index, candidate in self.media.candidates(3):
            body = {"ice": {"candidate": candidate, "sdpMid": str(index), "sdpMLineIndex": index}}
            await self.say("net", to, json.dumps(body) if doubly else body)
        last = {"ice": {"completed": True}}
        await self.say("net", to, json.dumps(last) if doubly else last)


async def generic_websocket(studio: Studio) -> None:
    """A home-made relay with keys of its own: ann calls ben, who answers; ann calls cal, who never does.

    Ann's socket is compressed without context takeover and with windows of 512 and 1024 bytes, ben's with such windows
    and with contexts kept, cal's not at all; the relay sends large messages in two fragments. Ben's candidates are JSON
    in strings of JSON, and the offer to cal has its SDP in base64. In the end cal is gone, and one more message to him
    reaches nobody.
    """
    address = f"{studio.network.host('server').address}:{PORT}"
    await studio.node("relay.js", *address.split(":"))
    server = {"address": address, "software": "ws 8.23.0", "protocol": "WebSocket, permessage-deflate"}
    studio.diary.servers.append(server | {"path": "/tight?as=NAME"})
    ann, ben, cal = (User(studio, name) for name in HOSTS)
    for user in (ben, cal, ann):
        await user.open(address)
        await asyncio.sleep(0.3)
    await ann.describe("call", "ben", "offer")
    await ann.trickle("ben")
    await ben.talker.hear(lambda text: '"call"' in text)
    await asyncio.sleep(0.4)
    await ben.describe("accept", "ann", "answer")
    await ben.trickle("ann", doubly=True)
    await asyncio.sleep(1.0)
    await ann.say("mood", "ben", {"text": "can you hear me? 👋"})
    await asyncio.sleep(0.5)
    await ben.say("hangup", "ann", {"why": "done"})
    await asyncio.sleep(0.5)
    await ann.describe("call", "cal", "offer", base64_=True)
    await ann.trickle("cal")
    await asyncio.sleep(2.0)
    await ann.say("hangup", "cal", {"why": "no answer"})
    await asyncio.sleep(0.3)
    await cal.talker.close(1000)
    await ann.say("mood", "cal", {"text": "are you there?"})
    await asyncio.sleep(0.3)
    await ben.talker.close(1000)
    await ann.talker.close(1001)


GENERIC = (
    Conversation(
        name="generic-websocket",
        play=generic_websocket,
        describe=describe,
        look="SDP and candidates by their shape: under `body.jsep` and `body.ice`, in a string of JSON, in base64;"
        " `dst` and `src` name the peers. Each leg of a relay is compressed in its own way. No tool knows port 7000:"
        " tshark wants `-d tcp.port==7000,http`.",
        made="A server on npm's `ws`, `captures/lab/node/relay.js`; clients by the Python library `websockets`.",
        hosts=("server", "a", "b", "c"),
    ),
)
