"""Rooms of signalmaster, with clients that signal as SimpleWebRTC does."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any

from captures.lab.browser_media import browser_media
from captures.lab.rooms_truth import calls, event_table, events, joins_and_leaves, own_id, packets, relays
from captures.lab.stage import Scenario

if TYPE_CHECKING:
    from captures.lab.programs import Program
    from captures.lab.stage import Stage

PORT = 8888
SECRET = "turnserversharedsecret"  # noqa: S105 - what the file of signalmaster comes with
NEW = {
    "software": "signalmaster's behaviour on socket.io 1.7.4",
    "protocol": "Socket.IO, EIO=3",
    "path": "/socket.io/",
}
OLD = {
    "software": "signalmaster's behaviour on socket.io 0.9.19",
    "protocol": "Socket.IO 0.9",
    "path": "/socket.io/1/",
}
XHR_POLLING = {"transports": ["xhr-polling"]}
POLLING = {"transports": ["polling"], "forceBase64": True}
POLLING_BINARY = {"transports": ["polling"]}
WEBSOCKET = {"transports": ["websocket"]}
UPGRADED = {"transports": ["polling", "websocket"]}


async def client(stage: Stage, label: str, options: dict[str, Any], module: str = "socket.io-client-1") -> Program:
    """Connect one client and wait until it has its TURN credentials."""
    made = await stage.program(label, "simplewebrtc_client.js")
    url = f"http://{stage.network.host('server').address}:{PORT}"
    config = {"label": label, "module": module, "url": url, "options": {"reconnection": False, **options}}
    config["browserXhr"] = options == POLLING_BINARY
    media = browser_media(made.host.address, ord(label))
    await made.say("configure", config=config, media=media)
    await made.until("connected")
    await made.until("turnservers")
    return made


async def server(stage: Stage, script: str, **fact: str) -> Program:
    """Start signalmaster on the server host."""
    made = await stage.program("server", script, json.dumps({"port": PORT, "secret": SECRET}), host="server")
    await made.until("listening")
    fact = {"address": f"{made.host.address}:{PORT}", **fact}
    stage.truth.servers.append({**fact, "t_start": made.rows[0]["t"]})
    return made


def sent(row: dict[str, Any]) -> dict[str, Any] | None:
    """What a client gave the server to pass on."""
    if row["event"] != "message" or not isinstance(row["args"][0], dict):
        return None
    message = row["args"][0]
    return _relay(message) | {"to": message.get("to")}


def got(row: dict[str, Any]) -> dict[str, Any] | None:
    """What a client was given by the server."""
    if row["event"] != "message" or not isinstance(row["args"][0], dict):
        return None
    message = row["args"][0]
    return _relay(message) | {"from": message.get("from")}


def _relay(message: dict[str, Any]) -> dict[str, Any]:
    same = json.dumps({key: value for key, value in message.items() if key != "from"}, sort_keys=True)
    dialog = {"roomType": message["roomType"], "sid": message["sid"]} if message.get("sid") else None
    return {"kind": message.get("type"), "same": same, "dialog": dialog}


def tell(stage: Stage, module: str = "socket.io-client 1.7.4") -> None:
    """Fill the truth from what every program noted."""
    host, *clients = stage.programs
    joins, leaves = joins_and_leaves(clients)
    passed = relays(clients, sent, got)
    for one in clients:
        label, name = one.label, one.label
        stage.truth.peers.append({"label": label, "id": own_id(one), "name": name, "address": one.host.address})
        first = next((row for row in joins if row["label"] == label), None)
        stage.truth.peers[-1] |= {"room": first["room"] if first else None, "client": module}
    stage.truth.calls += calls(passed)
    stage.truth.events.update(events(clients))
    stage.truth.server_log += [{"t": row["t"], "line": json.dumps(row)} for row in host.rows]
    stage.more |= {"joins": joins, "leaves": leaves, "relays": passed, "socketio_events": packets(clients)}


async def kitchen(stage: Stage) -> None:
    """Four people in one room of signalmaster, over every transport of Socket.IO, with calls and a shared screen.

    A polls in base64, B has a WebSocket from the start, C polls and upgrades, D polls in the binary form and with
    compressed answers, as browsers do (its requests are made by `browser_xhr.js`). Who joins offers to everybody who
    is there. C shares its screen; D comes during that and offers twice to C. A leaves, D tries to create the room that
    there is and then one of its own, C disconnects, A comes back, B is killed.
    """
    await server(stage, "signalmaster_server.js", **NEW)
    a = await client(stage, "A", POLLING)
    await a.say("join", room="kitchen")
    await a.until("joined")
    b = await client(stage, "B", WEBSOCKET)
    await b.say("join", room="kitchen")
    await b.until("joined")
    await asyncio.sleep(1.5)
    c = await client(stage, "C", UPGRADED)
    await c.until("upgrade")
    await c.say("join", room="kitchen")
    await c.until("joined")
    await asyncio.sleep(1.5)
    await b.say("all", type="mute", payload={"name": "audio"})
    await asyncio.sleep(0.4)
    await b.say("all", type="unmute", payload={"name": "audio"})
    await asyncio.sleep(0.4)
    await c.say("share")
    await asyncio.sleep(1.5)
    d = await client(stage, "D", POLLING_BINARY)
    await d.say("join", room="kitchen")
    await asyncio.sleep(2.0)
    await c.say("unshare")
    await a.until("removed", type="screen")
    await asyncio.sleep(0.5)
    await _odd_messages(a, c)
    await a.say("leave")
    await a.until("removed", id=own_id(a))
    await asyncio.sleep(0.5)
    await d.say("create", room="kitchen")
    await d.until("created", error="taken")
    await d.say("create", room="pantry")
    await d.until("created", given="pantry")
    await d.say("create", room="")
    await d.until("created", count=3)
    await asyncio.sleep(0.5)
    await c.say("disconnect")
    await b.until("removed", id=own_id(c), type=None)
    await asyncio.sleep(0.5)
    await a.say("join", room="kitchen")
    await a.until("joined", count=2)
    await asyncio.sleep(1.5)
    await b.kill()
    await a.until("removed", id=own_id(b), type=None)
    await asyncio.sleep(14.0)  # until A has sent a heartbeat
    await a.say("disconnect")
    await d.say("disconnect")
    await asyncio.sleep(0.5)
    tell(stage)


async def _odd_messages(a: Program, c: Program) -> None:
    """Messages to a whole room, to nobody, without content; a trace; a name that is no string."""
    await c.say("message", message={"to": "kitchen", "type": "chat", "payload": {"message": "grüße an alle 👋"}})
    await a.say("message", message={"to": "nobody-has-this-id", "type": "chat", "payload": {"message": "hello?"}})
    await a.say("message", message=None)
    await a.say("trace", data={"type": "ice", "session": "kitchen", "prefix": "webkit", "peer": own_id(c), "value": 1})
    await a.say("join", room=17)
    await asyncio.sleep(0.5)


async def old_kitchen(stage: Stage) -> None:
    """Three people in a room of signalmaster as it was until 2015, on socket.io 0.9: two of them poll.

    A and C poll, B has a WebSocket. B joins and offers to A, C joins and offers to both. B shares its screen for a
    while; C leaves, A sends to nobody, B is killed, A disconnects.
    """
    module = "socket.io-client-0.9"
    await server(stage, "signalmaster_09_server.js", **OLD)
    a = await client(stage, "A", XHR_POLLING, module)
    await a.say("join", room="kitchen")
    await a.until("joined")
    b = await client(stage, "B", WEBSOCKET, module)
    await b.say("join", room="kitchen")
    await asyncio.sleep(1.5)
    c = await client(stage, "C", XHR_POLLING, module)
    await c.say("join", room="kitchen")
    await asyncio.sleep(1.5)
    await b.say("all", type="mute", payload={"name": "video"})
    await b.say("share")
    await asyncio.sleep(1.5)
    await b.say("unshare")
    await a.until("removed", type="screen")
    await a.say("message", message={"to": "nobody-has-this-id", "type": "chat", "payload": {"message": "grüße? 👋"}})
    await c.say("create", room="kitchen")
    await c.until("created", error="taken")
    await c.say("leave")
    await c.until("removed", id=own_id(c))
    await c.say("disconnect")
    await asyncio.sleep(2.5)
    await b.kill()
    await a.until("removed", id=own_id(b), type=None)
    await asyncio.sleep(0.5)
    await a.say("disconnect")
    await asyncio.sleep(0.5)
    tell(stage, "socket.io-client 0.9.17")


SIGNALMASTER = (
    Scenario(
        name="signalmaster",
        play=kitchen,
        look=(
            "`turnservers` date the session; joins are announced to nobody; `remove` reaches its subject too. Large "
            "messages on WebSockets are compressed, one after the other with shared context."
        ),
        network={"hosts": ("server", "a", "b", "c", "d")},
        table=event_table,
    ),
    Scenario(
        name="signalmaster-09",
        play=old_kitchen,
        look=(
            "A handshake in text, packets with colons, U+FFFD around lengths where a poll brings several packets. "
            "A heartbeat goes from the server to the client and back, on the WebSocket alone."
        ),
        network={"hosts": ("server", "a", "b", "c")},
        table=event_table,
    ),
)
