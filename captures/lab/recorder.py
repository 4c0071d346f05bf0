"""Record what interfaces see, with tcpdump (one interface) or dumpcap (one or several)."""

from __future__ import annotations

import signal
import subprocess
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from pathlib import Path

BUFFER = ("-B", "16384")  # KiB; on a busy machine the usual 2 MiB overflow
READY = {"tcpdump": "listening on", "dumpcap": "File:"}
SETTLE_S = 0.7  # the last packets are still on their way from the kernel's buffer to the file


@dataclass(slots=True, kw_only=True)
class Recorder:
    """One running recorder, for the length of a `with` block; `start` and `stop` are epoch seconds.

    Args:
        path: the capture; `.pcapng` is written by dumpcap, `.pcap` by tcpdump.
        interfaces: names inside `namespace`; tcpdump takes the first one, which may be `any`.
        snap: bytes kept of each packet, 0 for all.
        only: a capture filter.
        link: tcpdump's name of the link type, `LINUX_SLL2` for instance.
    """

    namespace: str
    path: Path
    interfaces: tuple[str, ...] = ("br0",)
    snap: int = 0
    only: str = ""
    link: str = ""
    start: float = 0.0
    stop: float = 0.0
    _process: subprocess.Popen[str] | None = None

    def __enter__(self) -> Self:
        """Start recording; back once the recorder says that it records."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self.path.unlink(missing_ok=True)
        tool = "tcpdump" if self.path.suffix == ".pcap" else "dumpcap"
        command = ["ip", "netns", "exec", self.namespace, *(self._tcpdump() if tool == "tcpdump" else self._dumpcap())]
        self._process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
        said = ""
        while READY[tool] not in said:
            line = self._process.stderr.readline() if self._process.stderr else ""
            if not line:
                raise RuntimeError(f"{tool} did not start: {said}")
            said += line
        time.sleep(0.2)
        self.start = time.time()
        return self

    def __exit__(self, *_: object) -> None:
        """Stop as Ctrl-C would."""
        self.stop = time.time()
        time.sleep(SETTLE_S)
        if self._process:
            self._process.send_signal(signal.SIGINT)
            self._process.communicate(timeout=10)
            self.path.chmod(0o644)

    def _tcpdump(self) -> list[str]:
        link = ["-y", self.link] if self.link else []
        return ["tcpdump", "-i", self.interfaces[0], "-s", str(self.snap), *BUFFER, "-U", "--immediate-mode", *link,
                "-Z", "root", "-w", str(self.path), *self.only.split()]  # fmt: skip

    def _dumpcap(self) -> list[str]:
        command = ["dumpcap", "-n"]
        for interface in self.interfaces:
            command += ["-i", interface, *(["-f", self.only] if self.only else [])]
            command += ["-s", str(self.snap)] if self.snap else []
        return [*command, "-w", str(self.path)]
