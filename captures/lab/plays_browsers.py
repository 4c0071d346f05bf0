"""Rooms of signalmaster with the real SimpleWebRTC in real browsers."""

from __future__ import annotations

import asyncio
import json
import subprocess
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from captures.lab.browser import Browser
from captures.lab.plays_signalmaster import NEW, PORT, UPGRADED, WEBSOCKET, server, tell
from captures.lab.rooms_truth import event_table, own_id
from captures.lab.stage import Scenario, View

if TYPE_CHECKING:
    from captures.lab.stage import Stage

BUNDLE = "simplewebrtc@3.0.2"
PAGES_PORT = 8000
POLLING = {"transports": ["polling"]}
STUN = "udp[12:4]=0x2112a442"  # the magic cookie
DTLS = "(udp[8]>19 and udp[8]<64)"  # the first byte, RFC 7983 §7


def bundle(folder: Path) -> Path:
    """SimpleWebRTC as npm has it, unpacked: the bundle of a release, of which nothing runs here."""
    subprocess.run(["npm", "pack", "--silent", BUNDLE], cwd=folder, check=True, capture_output=True)
    subprocess.run(["tar", "xzf", *(path.name for path in folder.glob("*.tgz"))], cwd=folder, check=True)
    return folder / "package" / "out" / "simplewebrtc-with-adapter.bundle.js"


async def browser(stage: Stage, label: str, socketio: dict[str, Any], *plan: tuple[Any, ...]) -> Browser:
    """Open the page on one host; `plan` are seconds after the camera is there, and what to do then."""
    address = stage.network.host("server").address
    config = {"label": label, "url": f"http://{address}:{PORT}", "room": "studio", "socketio": socketio, "plan": plan}
    made = Browser(label=label, host=stage.network.host(label.lower()))
    stage.programs.append(made)
    origin = f"http://{address}:{PAGES_PORT}"
    await made.open(origin, f"{origin}/?config={quote(json.dumps(config))}")
    await made.until("ready")
    return made


async def studio(stage: Stage) -> None:
    """Three Chromium pages with SimpleWebRTC 3.0.2 from npm meet in a room of signalmaster, with camera and microphone.

    A polls, B polls and upgrades, C has a WebSocket from the start. C mutes and unmutes, leaves and disconnects; B is
    killed, A disconnects. STUN and DTLS between the browsers are in the capture, the media is not.
    """
    await server(stage, "signalmaster_server.js", **NEW)
    with tempfile.TemporaryDirectory() as folder:
        settings = json.dumps({"port": PAGES_PORT, "bundle": str(bundle(Path(folder)))})
        pages = await stage.program("pages", "pages_server.js", settings, host="server")
        await pages.until("listening")
        a = await browser(stage, "A", POLLING, (0.2, "join", "studio"), (26, "disconnect"))
        await a.until("joined")
        b = await browser(stage, "B", UPGRADED, (0.5, "join", "studio"))
        await b.until("joined")
        await asyncio.sleep(2.0)
        plan = ((0.2, "join", "studio"), (4, "mute"), (5, "unmute"), (6, "leave"), (7, "disconnect"))
        c = await browser(stage, "C", WEBSOCKET, *plan)
        await c.until("disconnect")
        await asyncio.sleep(0.5)
        await b.kill()
        await a.until("removed", id=own_id(b))
        await a.until("disconnect")
        await asyncio.sleep(0.5)
    stage.programs.remove(pages)
    await pages.kill()
    tell(stage, f"SimpleWebRTC 3.0.2 in {_version()}")


def _version() -> str:
    return subprocess.run(["chromium", "--version"], check=True, capture_output=True, text=True).stdout.split(" built")[
        0
    ]


BROWSERS = (
    Scenario(
        name="signalmaster-browsers",
        play=studio,
        look=(
            "What browsers really send: binary polls with compressed answers, probes, real descriptions with data "
            "channels, `endOfCandidates`, user names of STUN that the descriptions explain."
        ),
        network={"hosts": ("server", "a", "b", "c")},
        views=(View(only=f"tcp port {PORT} or {STUN} or {DTLS}"),),
        table=event_table,
    ),
)
