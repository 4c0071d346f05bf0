"""The real servers of captures/lab/node, each in a process of its own."""

from __future__ import annotations

import json
import subprocess
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
PROGRAMS = ROOT / "tests/e2e/socketio"
MODULES = ROOT / "captures/lab/node/node_modules"


class SocketServer:
    """A Socket.IO server of one version; `log` is where it writes what it sends and gets."""

    def __init__(self, version: str, folder: Path) -> None:
        self.log = folder / f"server-{version}.ndjson"
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                ["node", PROGRAMS / "server.js", version], stdout=log, stderr=subprocess.DEVNULL
            )
        while not self.log.read_bytes().endswith(b"\n"):
            assert self.process.poll() is None, f"the server of version {version} did not start"
            time.sleep(0.02)
        self.port: int = entries_of(self.log)[0]["port"]

    def stop(self) -> None:
        """End the process."""
        self.process.kill()
        self.process.wait()


def entries_of(log: Path) -> list[dict[str, Any]]:
    """Read a log."""
    return [json.loads(line) for line in log.read_text(encoding="utf-8").split("\n") if line]
