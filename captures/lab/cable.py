"""A cable between two TAP interfaces: frames go through this process, which may lose, delay, reorder and tag them.

The kernel's own means for this (netem, VLAN interfaces) are modules that many hosts lack; a TAP interface is always
there. The random choices come from a seed, so a run can be repeated as far as timing allows.
"""

from __future__ import annotations

import fcntl
import heapq
import os
import random
import selectors
import struct
import threading
import time
from dataclasses import dataclass

TUNSETIFF = 0x400454CA
IFF_TAP = 0x0002
IFF_NO_PI = 0x1000
FRAME_BYTES = 2048
ETHERNET_ADDRESSES = 12  # destination and source, before which no tag may stand
TICK_S = 0.2  # how long a closed cable may go unnoticed


@dataclass(frozen=True, slots=True, kw_only=True)
class Wire:
    """What a cable does to frames; `loss` and `reorder` are shares of frames, times are in seconds.

    `tags` are pushed on the way to the hub and popped on the way to the host: 4 bytes each, outermost first.
    """

    loss: float = 0.0
    delay_s: float = 0.0
    reorder: float = 0.0  # this share of frames overtakes: it skips the delay
    tags: tuple[bytes, ...] = ()
    seed: int = 1


def vlan(identifier: int, *, service: bool = False) -> bytes:
    """Encode one VLAN tag: IEEE 802.1Q, or the service tag of 802.1ad."""
    return struct.pack("!HH", 0x88A8 if service else 0x8100, identifier)


def open_tap(name: str) -> int:
    """Make a TAP interface in the current namespace; the file descriptor reads and writes its frames."""
    descriptor = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC)
    fcntl.ioctl(descriptor, TUNSETIFF, struct.pack("16sH22x", name.encode(), IFF_TAP | IFF_NO_PI))
    return descriptor


class Cable:
    """Carries frames between a host's TAP (`far`) and the hub's (`near`) in a thread of its own."""

    def __init__(self, far: int, near: int, wire: Wire) -> None:
        self._far, self._near, self._wire = far, near, wire
        self._random = random.Random(wire.seed)  # noqa: S311 - a repeatable coin, not a secret
        self._under_way: list[tuple[float, int, int, bytes]] = []  # due, order, descriptor, frame
        self._count = 0
        self._closed = threading.Event()
        self._thread = threading.Thread(target=self._carry, daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop carrying and take both interfaces away."""
        self._closed.set()
        self._thread.join()
        os.close(self._far)
        os.close(self._near)

    def _carry(self) -> None:
        with selectors.DefaultSelector() as selector:
            selector.register(self._far, selectors.EVENT_READ, self._near)
            selector.register(self._near, selectors.EVENT_READ, self._far)
            while not self._closed.is_set():
                due = self._under_way[0][0] - time.monotonic() if self._under_way else TICK_S
                for key, _ in selector.select(min(max(due, 0), TICK_S)):
                    self._accept(key.fd, key.data)
                self._hand_over()

    def _accept(self, source: int, target: int) -> None:
        try:
            frame = os.read(source, FRAME_BYTES)
        except OSError:  # the interface is down: an unplugged host
            time.sleep(TICK_S / 10)
            return
        if self._random.random() < self._wire.loss:
            return
        frame = self._push(frame) if source == self._far else self._pop(frame)
        delay = 0 if self._random.random() < self._wire.reorder else self._wire.delay_s
        self._count += 1
        heapq.heappush(self._under_way, (time.monotonic() + delay, self._count, target, frame))

    def _hand_over(self) -> None:
        now = time.monotonic()
        while self._under_way and self._under_way[0][0] <= now:
            _, _, target, frame = heapq.heappop(self._under_way)
            try:
                os.write(target, frame)
            except OSError:  # down or not yet up; a frame to nowhere is lost
                continue

    def _push(self, frame: bytes) -> bytes:
        return frame[:ETHERNET_ADDRESSES] + b"".join(self._wire.tags) + frame[ETHERNET_ADDRESSES:]

    def _pop(self, frame: bytes) -> bytes:
        return frame[:ETHERNET_ADDRESSES] + frame[ETHERNET_ADDRESSES + sum(map(len, self._wire.tags)) :]
