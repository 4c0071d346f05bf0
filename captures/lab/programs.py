"""Real programs as endpoints: each runs on a host of the network, notes what it does, and is told what to do next."""

from __future__ import annotations

import asyncio
import json
import os
import signal
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from captures.lab.truth import now

if TYPE_CHECKING:
    from captures.lab.network import Host

NODE = Path(__file__).parent / "node"
LINE_LIMIT = 1 << 24  # a noted message may hold a description or a file
PATIENCE_S = 20.0


@dataclass(slots=True, kw_only=True)
class Program:
    """One endpoint: a Node program of `captures/lab/node` with one JSON object a line on stdin and stdout.

    `rows` is all it noted, in order; every row has `t` and `ev`.
    """

    label: str
    host: Host
    rows: list[dict[str, Any]] = field(default_factory=list)
    killed_at: float | None = None
    _process: asyncio.subprocess.Process | None = None
    _reader: asyncio.Task[None] | None = None
    _news: asyncio.Event = field(default_factory=asyncio.Event)

    async def start(self, script: str, *arguments: str) -> Self:
        """Run a script on the host."""
        command = ["ip", "netns", "exec", self.host.namespace, "node", str(NODE / script), *arguments]
        pipe = asyncio.subprocess.PIPE
        self._process = await asyncio.create_subprocess_exec(
            *command, stdin=pipe, stdout=pipe, limit=LINE_LIMIT, env={**os.environ, "NODE_NO_WARNINGS": "1"}
        )
        self._reader = asyncio.create_task(self._read())
        return self

    async def say(self, what: str, **more: Any) -> None:
        """Tell it what to do."""
        if self._process and self._process.stdin:
            self._process.stdin.write(json.dumps({"do": what, **more}).encode() + b"\n")
            await self._process.stdin.drain()

    async def until(self, ev: str, *, count: int = 1, **facts: Any) -> dict[str, Any]:
        """Wait until it has noted something `count` times; the last of these rows."""

        def found() -> list[dict[str, Any]]:
            return [row for row in self.rows if row["ev"] == ev and all(row.get(k) == v for k, v in facts.items())]

        async with asyncio.timeout(PATIENCE_S):
            while len(found()) < count:
                self._news.clear()
                await self._news.wait()
        return found()[count - 1]

    async def kill(self) -> None:
        """Kill it at once, as a crash would; its kernel still closes its connections."""
        if self._process and self._process.returncode is None:
            self.killed_at = now()
            self._process.send_signal(signal.SIGKILL)
            await self._process.wait()

    async def end(self) -> None:
        """Close its stdin, at which it exits."""
        if self._process and self._process.returncode is None and self._process.stdin:
            self._process.stdin.close()
            await self._process.wait()
        if self._reader:
            await self._reader

    async def _read(self) -> None:
        if not self._process or not self._process.stdout:
            return
        async for line in self._process.stdout:
            self.rows.append(json.loads(line))
            self._news.set()
