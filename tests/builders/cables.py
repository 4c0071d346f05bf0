"""A network namespace with two interfaces joined by a cable, for tests of live capture; root alone can make one."""

from __future__ import annotations

import os
import shutil
import socket
import time
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from captures.lab.network import inside, run
from sigtrace.capture.batch import Batch
from sigtrace.notices import Notice

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from sigtrace.capture.batch import CaptureItem
    from sigtrace.sources.live.source import LiveSource

PATIENCE = 10.0  # seconds until a test gives up; nothing takes nearly as long
QUIET = 0.2  # seconds without a packet: no more will come
_SERIAL = count()

_RIGHTS = (12, 13, 21)  # CAP_NET_ADMIN, CAP_NET_RAW, CAP_SYS_ADMIN: linux/capability.h


def _has_rights() -> bool:
    """Tell whether this process may make network namespaces; root in a container may not."""
    try:
        status = Path("/proc/self/status").read_text(encoding="ascii")
    except OSError:
        return False
    effective = next((line.split()[1] for line in status.splitlines() if line.startswith("CapEff:")), "0")
    return os.geteuid() == 0 and all(int(effective, 16) >> right & 1 for right in _RIGHTS)


needs_root = pytest.mark.skipif(
    shutil.which("ip") is None or not _has_rights(), reason="network namespaces need root on Linux, and iproute2"
)


class Cable:
    """Interfaces `va`, with 10.9.0.1, and `vb`; what is sent to 10.9.0.2 arrives at `vb` and goes no further."""

    def __init__(self, namespace: str) -> None:
        self.namespace = namespace

    def ip(self, command: str) -> None:
        """Run `ip` in the namespace."""
        run("ip", "-n", self.namespace, *command.split())

    def plug(self) -> None:
        """Make both interfaces and switch them on."""
        self.ip("link add va type veth peer name vb")
        self.ip("link set va up")
        self.ip("link set vb up")
        self.ip("addr add 10.9.0.1/24 dev va")
        self.ip("neigh add 10.9.0.2 lladdr 02:00:00:00:00:02 dev va")

    def send(self, payloads: Iterable[bytes], port: int = 9000) -> None:
        """Send datagrams from `va` to `vb`."""
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
            for payload in payloads:
                sender.sendto(payload, ("10.9.0.2", port))

    def send_frames(self, frames: Iterable[bytes]) -> None:
        """Send frames as they stand from `va` to `vb`."""
        with socket.socket(socket.AF_PACKET, socket.SOCK_RAW) as sender:
            sender.bind(("va", 0))
            for frame in frames:
                sender.send(frame)


def talk_to_self(payloads: Iterable[bytes], port: int = 9000) -> None:
    """Send datagrams over the loopback interface to somebody who listens, so that no ICMP comes back."""
    with (
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as receiver,
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender,
    ):
        receiver.bind(("127.0.0.1", port))
        for payload in payloads:
            sender.sendto(payload, ("127.0.0.1", port))


@contextmanager
def cable() -> Iterator[Cable]:
    """Make a namespace of its own with a cable in it, and stay inside for as long as the block lasts."""
    made = Cable(f"sigtrace{os.getpid()}-{next(_SERIAL)}")
    run("ip", "netns", "add", made.namespace)
    try:
        with inside(made.namespace):
            for which in ("all", "default"):  # IPv6 speaks up by itself
                Path(f"/proc/sys/net/ipv6/conf/{which}/disable_ipv6").write_text("1", encoding="ascii")
            made.ip("link set lo up")
            made.plug()
            yield made
    finally:
        run("ip", "netns", "del", made.namespace)


class Seen:
    """What a live source gave: its items, and copies of its packets."""

    def __init__(self) -> None:
        self.items: list[CaptureItem] = []
        self.packets: list[bytes] = []
        self.times: list[int] = []
        self.numbers: list[int] = []
        self.interfaces: list[int] = []
        self.originals: list[int] = []

    def add(self, items: Iterable[CaptureItem]) -> None:
        """Copy what must last."""
        for item in items:
            if isinstance(item, Batch):
                self.packets += [item.bytes_of(row) for row in range(len(item))]
                self.times += item.at_ns.tolist()
                self.numbers += range(item.first_number, item.first_number + len(item))
                self.interfaces += item.interface.tolist()
                self.originals += item.original.tolist()
            else:
                self.items.append(item)

    @property
    def payloads(self) -> list[bytes]:
        """The payloads of Ethernet frames that carry UDP over IPv4 without options."""
        return [packet[42:] for packet in self.packets]

    def rows(self) -> list[tuple[int, int, bytes]]:
        """Time, interface and bytes of each packet; the time to the microsecond, as some programs write it."""
        times = [at_ns // 1000 for at_ns in self.times]
        return list(zip(times, self.interfaces, self.packets, strict=True))

    def codes(self) -> list[str]:
        """The codes of the notices."""
        return [item.code for item in self.items if isinstance(item, Notice)]


def watch(source: LiveSource, seen: Seen, *, packets: int = 0, notices: int = 0) -> bool:
    """Poll until there are so many packets and notices, and then until it is quiet; tell whether the source ended."""
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        enough = len(seen.packets) >= packets and len(seen.codes()) >= notices
        items = source.poll(QUIET)
        if items is None:
            return True
        seen.add(items)
        if enough and not items:
            return False
    pytest.fail(f"{len(seen.packets)} packets and {seen.codes()} until patience ended")
