"""Headless Chromium on the hosts of the lab, driven over a pipe; what pages log comes over it, not over the network."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

PAGES = Path(__file__).parent / "pages"
PATIENCE_S = 30.0  # a browser on a busy machine takes its time
MESSAGE_LIMIT = 2**24
QUIET = (  # nothing of its own on the wire
    "disable-quic no-first-run disable-background-networking disable-component-update disable-sync disable-extensions"
    " disable-default-apps no-default-browser-check"
    " disable-features=OptimizationHints,MediaRouter,DialMediaRouteProvider,Translate"
)
DEVICES = "mute-audio use-fake-ui-for-media-stream use-fake-device-for-media-stream"
SWITCHES = f"headless=new no-sandbox disable-gpu {QUIET} {DEVICES} remote-debugging-pipe"
CHROMIUM = ("chromium", *(f"--{switch}" for switch in SWITCHES.split()))


class Chromium:
    """A headless browser; its pages call `report(text)`, which arrives here at once.

    Source: Chrome DevTools Protocol over a pipe, messages end with a zero byte.
    """

    def __init__(self, secure: str = "") -> None:
        self.secure = secure  # an origin without TLS whose pages may use the camera all the same
        self._folder = tempfile.mkdtemp(prefix="chromium-")
        self._answers: dict[int, asyncio.Future[dict[str, Any]]] = {}
        self._heard: dict[str, Callable[[dict[str, Any]], None]] = {}

    async def start(self, namespace: str) -> None:
        """Start it on a host."""
        ours_in, theirs_out = os.pipe()
        theirs_in, ours_out = os.pipe()
        trusted = [f"--unsafely-treat-insecure-origin-as-secure={self.secure}"] if self.secure else []
        # The browser reads from descriptor 3 and writes to 4.
        command = ["bash", "-c", f'exec "$@" 3<&{theirs_in} 4>&{theirs_out}', "bash", "ip", "netns", "exec", namespace]
        command += [*CHROMIUM, f"--user-data-dir={self._folder}", *trusted, "about:blank"]
        quiet = asyncio.subprocess.DEVNULL
        self.process = await asyncio.create_subprocess_exec(
            *command, pass_fds=(theirs_in, theirs_out), stdout=quiet, stderr=quiet, stdin=quiet, start_new_session=True
        )
        os.close(theirs_in)
        os.close(theirs_out)
        self._out = os.fdopen(ours_out, "wb", buffering=0)
        reader = asyncio.StreamReader(limit=MESSAGE_LIMIT)
        await asyncio.get_running_loop().connect_read_pipe(
            lambda: asyncio.StreamReaderProtocol(reader), os.fdopen(ours_in, "rb")
        )
        self._reading = asyncio.create_task(self._read(reader))
        await asyncio.wait_for(self._ask("Browser.getVersion"), PATIENCE_S)

    async def page(self, url: str, heard: Callable[[dict[str, Any]], None]) -> Page:
        """Open a page; `heard` gets every row that it reports."""
        target = (await self._ask("Target.createTarget", url="about:blank"))["targetId"]
        session = (await self._ask("Target.attachToTarget", targetId=target, flatten=True))["sessionId"]
        self._heard[session] = heard
        await self._ask("Runtime.enable", session)
        await self._ask("Runtime.addBinding", session, name="report")
        await self._ask("Page.navigate", session, url=url)
        return Page(self, target, session)

    async def ask(self, method: str, session: str = "", **parameters: object) -> dict[str, Any]:
        """Send one command and return its result."""
        return await asyncio.wait_for(self._ask(method, session, **parameters), PATIENCE_S)

    async def _ask(self, method: str, session: str = "", **parameters: object) -> dict[str, Any]:
        number = len(self._answers) + 1
        self._answers[number] = asyncio.get_running_loop().create_future()
        message: dict[str, Any] = {"id": number, "method": method, "params": parameters}
        message |= {"sessionId": session} if session else {}
        self._out.write(json.dumps(message).encode() + b"\0")
        return await self._answers[number]

    async def _read(self, reader: asyncio.StreamReader) -> None:
        while True:
            try:
                message = json.loads((await reader.readuntil(b"\0"))[:-1])
            except asyncio.IncompleteReadError:
                return
            if "id" in message and not self._answers[message["id"]].done():
                if "error" in message:
                    self._answers[message["id"]].set_exception(RuntimeError(str(message["error"])))
                else:
                    self._answers[message["id"]].set_result(message["result"])
            elif message.get("method") == "Runtime.bindingCalled":
                self._heard[message["sessionId"]](json.loads(message["params"]["payload"]))
            elif message.get("method") == "Runtime.exceptionThrown":
                print("page:", message["params"]["exceptionDetails"])

    async def close(self) -> None:
        """End the browser and forget its folder."""
        if self.process.returncode is None:
            self._out.write(json.dumps({"id": 0, "method": "Browser.close", "params": {}}).encode() + b"\0")
            self._answers[0] = asyncio.get_running_loop().create_future()
            try:
                await asyncio.wait_for(self.process.wait(), PATIENCE_S)
            except TimeoutError:
                os.killpg(self.process.pid, 9)
        self._out.close()
        shutil.rmtree(self._folder, ignore_errors=True)


class Page:
    """One open page."""

    def __init__(self, browser: Chromium, target: str, session: str) -> None:
        self.browser, self.target, self.session = browser, target, session

    async def evaluate(self, expression: str) -> Any:
        """Evaluate an expression in the page, awaiting it if it is a promise."""
        asked = await self.browser.ask(
            "Runtime.evaluate", self.session, expression=expression, awaitPromise=True, returnByValue=True
        )
        return asked["result"].get("value")

    async def close(self) -> None:
        """Close the page as a user closes a tab."""
        await self.browser.ask("Target.closeTarget", targetId=self.target)
