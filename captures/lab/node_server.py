"""A real server of Node on a host of the lab; what it logs reaches us over its standard output alone."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

NODE = Path(__file__).parent / "node"
PATIENCE_S = 30.0
LINE_LIMIT = 2**24


async def start_node(namespace: str, script: str, *arguments: str, heard: Callable[[dict[str, Any]], None]) -> Node:
    """Start a server of `node/`; back once it has printed that it listens."""
    command = ("ip", "netns", "exec", namespace, "node", str(NODE / script), *arguments)
    process = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE, limit=LINE_LIMIT)
    node = Node(process, heard)
    await asyncio.wait_for(node.listening.wait(), PATIENCE_S)
    return node


class Node:
    """A running server of Node; `heard` gets every row of JSON that it prints."""

    def __init__(self, process: asyncio.subprocess.Process, heard: Callable[[dict[str, Any]], None]) -> None:
        self.process, self.listening = process, asyncio.Event()
        self._reading = asyncio.create_task(self._read(heard))

    async def _read(self, heard: Callable[[dict[str, Any]], None]) -> None:
        assert self.process.stdout  # noqa: S101 - asked for
        async for line in self.process.stdout:
            row = json.loads(line)
            heard(row)
            if row.get("ev") == "listening":
                self.listening.set()

    async def close(self) -> None:
        """End the server and read what it still said."""
        if self.process.returncode is None:
            self.process.terminate()
        await self.process.wait()
        await self._reading
