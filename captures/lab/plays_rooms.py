"""Rooms as tutorials write them, over the versions of Socket.IO."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any

from captures.lab.browser_media import browser_media
from captures.lab.plays_signalmaster import POLLING_BINARY, UPGRADED, WEBSOCKET
from captures.lab.rooms_truth import calls, event_table, events, joins_and_leaves, own_id, packets, relays
from captures.lab.stage import Scenario

if TYPE_CHECKING:
    from captures.lab.programs import Program
    from captures.lab.stage import Stage

PORT = 3000
FILE_LENGTH = 700
PING_INTERVAL_MS = 6000  # so a poll hangs six seconds while nothing happens
RELAYED = {"offer": "offer", "answer": "answer", "ice-candidate": "candidate", "bye": "bye"}
VERSIONS = {
    "1.4": ("1.4.8", "1.4.8", 3),
    "2": ("2.5.1", "2.5.0", 3),
    "3": ("3.1.2", "3.1.3", 4),
    "4": ("4.8.4", "4.8.4", 4),
}


async def server(stage: Stage, major: str, **options: Any) -> Program:
    """Start the room server on one version of Socket.IO."""
    software, _, revision = VERSIONS[major]
    settings = {"port": PORT, "module": f"socket.io-{major}", "options": options, "named": software}
    made = await stage.program("server", "rooms_server.js", json.dumps(settings), host="server")
    await made.until("listening")
    address = f"{made.host.address}:{PORT}"
    fact = {"address": address, "software": f"socket.io {software}", "protocol": f"Socket.IO, EIO={revision}"}
    stage.truth.servers.append({**fact, "path": "/socket.io/", "t_start": made.rows[0]["t"]})
    return made


async def client(stage: Stage, label: str, major: str, options: dict[str, Any]) -> Program:
    """Connect one client of one version."""
    made = await stage.program(label, "rooms_client.js")
    url = f"http://{stage.network.host('server').address}:{PORT}"
    config = {"label": label, "module": f"socket.io-client-{major}", "url": url, "auth": {"token": f"{label}-123"}}
    config |= {"options": {"reconnection": False, **options}, "browserXhr": options is POLLING_BINARY and major == "2"}
    await made.say("configure", config=config, media=browser_media(made.host.address, ord(label)))
    await made.until("connected")
    return made


def sent(row: dict[str, Any]) -> dict[str, Any] | None:
    """What a client gave the server to pass on."""
    if row["event"] not in RELAYED:
        return None
    payload = row["args"][0]
    return {"kind": RELAYED[row["event"]], "same": json.dumps(payload, sort_keys=True), "to": payload["target"]}


def got(row: dict[str, Any]) -> dict[str, Any] | None:
    """What a client was given by the server."""
    if row["event"] not in RELAYED:
        return None
    payload = row["args"][0]
    return {"kind": RELAYED[row["event"]], "same": json.dumps(payload, sort_keys=True), "from": payload["caller"]}


def tell(stage: Stage, major: str) -> None:
    """Fill the truth from what every program noted."""
    host, *clients = stage.programs
    joins, leaves = joins_and_leaves(clients)
    passed = relays(clients, sent, got)
    for one in clients:
        row = next(row for row in one.rows if row["ev"] == "connected")
        room = next((join["room"] for join in joins if join["label"] == one.label), None)
        peer = {"label": one.label, "id": own_id(one), "name": one.label, "room": room, "address": one.host.address}
        named = f"socket.io-client {VERSIONS[major][1]}"
        stage.truth.peers.append({**peer, "client": named, "engine_id": row["engine_id"]})
    stage.truth.calls += calls(passed)
    stage.truth.events.update(events(clients))
    stage.truth.server_log += [{"t": row["t"], "line": json.dumps(row)} for row in host.rows]
    stage.more |= {"joins": joins, "leaves": leaves, "relays": passed, "socketio_events": packets(clients)}


async def rooms(stage: Stage) -> None:
    """Three clients of socket.io 4 in a room of a signaling of its own; acknowledgements, files, two namespaces.

    A polls, B has a WebSocket from the start, C polls and upgrades. Who is in the room offers to whoever comes. Then
    the server asks and is answered, files go around, `/chat` is opened over the same connections, `/staff` is refused,
    and nothing happens for thirteen seconds but heartbeats: A's poll hangs six of them. C hangs up and is thrown out,
    A disconnects, B is killed.
    """
    await server(stage, "4", pingInterval=PING_INTERVAL_MS, pingTimeout=4000)
    a = await client(stage, "A", "4", POLLING_BINARY)
    await a.say("join", room="lobby")
    await a.until("joined")
    b = await client(stage, "B", "4", WEBSOCKET)
    await b.say("join", room="lobby")
    await b.until("joined")
    await asyncio.sleep(0.8)
    c = await client(stage, "C", "4", UPGRADED)
    await c.until("upgrade")
    await c.say("join", room="lobby")
    await c.until("joined")
    await asyncio.sleep(0.8)
    for one in (a, b):
        await one.say("emit", event="ask-me", args=["may I record?"])
        await one.say("file", name="schéma.png", length=FILE_LENGTH)
        await one.until("stored")
    await asyncio.sleep(0.3)
    for one in (a, b, c):
        await one.say("namespace", namespace="/chat")
        await one.until("connected", namespace="/chat")
    await a.say("say", text="hello from polling 👋")
    await b.say("say", text="hello from the WebSocket: \u2028 \U0001f600 grüße")
    await c.until("said", count=2)
    await b.say("namespace", namespace="/staff")
    await b.until("refused")
    await b.say("disconnect", namespace="/chat")
    for path in ("/socket.io/?EIO=4&transport=polling&sid=nobody", "/socket.io/?EIO=4&transport=smoke", "/else"):
        await a.say("fetch", path=path)
        await a.until("fetched", path=path)
    await asyncio.sleep(13.0)
    await c.say("emit", event="bye", args=[{"target": own_id(b), "caller": own_id(c)}])
    await asyncio.sleep(0.3)
    await c.say("emit", event="throw-me-out", args=[])
    await c.until("disconnected")
    await asyncio.sleep(0.3)
    await a.say("leave")
    await asyncio.sleep(0.3)
    await a.say("disconnect")
    await asyncio.sleep(0.5)
    await b.kill()
    await asyncio.sleep(0.5)
    tell(stage, "4")


async def short(stage: Stage, major: str) -> None:
    """Two clients in a room, one call, one file, one namespace."""
    extra = {"allowEIO3": False} if major == "3" else {}
    await server(stage, major, pingInterval=2000, pingTimeout=2000, **extra)
    a = await client(stage, "A", major, POLLING_BINARY)
    await a.say("join", room="lobby")
    await a.until("joined")
    b = await client(stage, "B", major, WEBSOCKET)
    await b.say("join", room="lobby")
    await b.until("joined")
    await asyncio.sleep(0.8)
    for one in (a, b):
        await one.say("emit", event="ask-me", args=["ready for größere Bilder 👋?"])
        await one.say("file", name="é.png", length=FILE_LENGTH)
        await one.until("stored")
        await one.say("namespace", namespace="/chat")
        await one.until("connected", namespace="/chat")
        await one.say("say", text="grüße 👋")
        await one.until("heard")
    await asyncio.sleep(2.5)
    await a.say("emit", event="bye", args=[{"target": own_id(b), "caller": own_id(a)}])
    await asyncio.sleep(0.3)
    await a.say("shut")
    await asyncio.sleep(0.5)
    await b.say("disconnect")
    await asyncio.sleep(0.3)
    tell(stage, major)


async def version_1_4(stage: Stage) -> None:
    """Two clients of socket.io 1.4 (EIO=3): one polls in base64, one has a WebSocket."""
    await short(stage, "1.4")


async def version_2(stage: Stage) -> None:
    """Two clients of socket.io 2 (EIO=3): one polls, in the binary form where there are files, one has a WebSocket."""
    await short(stage, "2")


async def version_3(stage: Stage) -> None:
    """Two clients of socket.io 3 (EIO=4): one polls, one has a WebSocket."""
    await short(stage, "3")


ROOMS = (
    Scenario(
        name="socketio-rooms",
        play=rooms,
        look=(
            "Peers are named by Socket.IO ids, which differ from the `sid` of the polls. Binary attachments follow as "
            "frames of their own, on polls in base64. Refused requests are JSON with `code`."
        ),
        network={"hosts": ("server", "a", "b", "c")},
        table=event_table,
    ),
    Scenario(
        name="socketio-versions-1.4",
        play=version_1_4,
        look=(
            "Peers are named by the `sid` with `/#` before it, which is on the wire only in what the application says. "
            "Polls are UTF-8 twice over, and lengths count those bytes. Large frames are compressed."
        ),
        table=event_table,
    ),
    Scenario(
        name="socketio-versions-2",
        play=version_2,
        look="Lengths before the packets of a poll count UTF-16 units; with a file they are binary. The client pings.",
        table=event_table,
    ),
    Scenario(
        name="socketio-versions-3",
        play=version_3,
        look="Packets of a poll are joined by a byte 1E; the client asks for the namespace; the server pings.",
        table=event_table,
    ),
)
