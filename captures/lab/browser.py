"""A real Chromium as an endpoint: it opens one page, and what the page notes on its console is kept."""

from __future__ import annotations

import asyncio
import json
import os
import re
import shutil
import signal
import tempfile
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import unquote

from captures.lab.programs import LINE_LIMIT, Program
from captures.lab.truth import now

if TYPE_CHECKING:
    from typing import Self

NOTED = re.compile(rb'"LAB([^"]*)"')
FLAGS = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--use-fake-ui-for-media-stream",
    "--use-fake-device-for-media-stream",
    "--autoplay-policy=no-user-gesture-required",
    "--enable-logging=stderr",
)


@dataclass(slots=True, kw_only=True)
class Browser(Program):
    """Chromium on a host; `open` it instead of starting a script."""

    _folder: str = ""

    async def open(self, origin: str, url: str) -> Self:
        """Open a page that may use the (false) camera although it came over plain HTTP."""
        self._folder = tempfile.mkdtemp(prefix="lab-browser-")
        command = ["ip", "netns", "exec", self.host.namespace, "chromium", *FLAGS, f"--user-data-dir={self._folder}"]
        command += [f"--unsafely-treat-insecure-origin-as-secure={origin}", url]
        self._process = await asyncio.create_subprocess_exec(
            *command,
            stderr=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.DEVNULL,
            limit=LINE_LIMIT,
            start_new_session=True,
        )
        self._reader = asyncio.create_task(self._read())
        return self

    async def kill(self) -> None:
        """Kill it with all its processes, and forget its profile."""
        if self._process and self._process.returncode is None:
            self.killed_at = now()
            os.killpg(self._process.pid, signal.SIGKILL)
            await self._process.wait()
        shutil.rmtree(self._folder, ignore_errors=True)

    async def _read(self) -> None:
        if not self._process or not self._process.stderr:
            return
        async for line in self._process.stderr:
            found = NOTED.search(line)
            if found:
                self.rows.append(json.loads(unquote(found[1].decode())))
                self._news.set()
