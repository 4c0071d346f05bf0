"""Live packets through raw sockets of Linux: several interfaces, or all, watched for as long as one likes."""

from __future__ import annotations

import platform
import select
import time
from itertools import count
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from sigtrace.capture.batch import Batch, CaptureEnded, CaptureStarted
from sigtrace.errors import SourceError
from sigtrace.sources.live.clock import ClockWatch
from sigtrace.sources.live.links import Links
from sigtrace.sources.live.port import Port
from sigtrace.sources.live.slots import SLOTS, Slots, Taken
from sigtrace.sources.live.source import Counters

if TYPE_CHECKING:
    from sigtrace.capture.batch import CaptureItem
    from sigtrace.sources.live.source import Settings

LEAST_SHARE = 16  # slots of an interface, however many there are
MAX_INTERFACES = SLOTS // LEAST_SHARE  # named on their own; `any` has no limit


class _Part(NamedTuple):
    """What one interface gave in one poll."""

    interface: int
    link_type: int
    taken: Taken


class RawSockets:
    """A `LiveSource` of raw sockets.

    Args:
        settings: what to listen to, and how.
        clock: tells of steps of the clock; None: one that looks at the system's.
    """

    def __init__(self, settings: Settings, clock: ClockWatch | None = None) -> None:
        self.name = ", ".join(settings.interfaces)
        self._settings = settings
        self._clock = clock
        self._ports: list[Port] = []
        self._links: Links | None = None  # None: not open
        self._received = self._bytes = 0

    def open(self) -> list[CaptureItem]:
        """Listen. Raises SourceError: no such interface, no right, a wrong filter."""
        names = tuple(dict.fromkeys(self._settings.interfaces))
        if len(names) > MAX_INTERFACES:
            raise SourceError(f"more than {MAX_INTERFACES} interfaces", hint="-i any listens to all there are")
        self._links = Links()
        self._poller = select.epoll()
        self._poller.register(self._links.fileno(), select.EPOLLIN)
        items: list[CaptureItem] = [
            CaptureStarted(file=self.name, format="live", operating_system=f"{platform.system()} {platform.release()}")
        ]
        numbers = count()
        try:
            for name in names:
                self._ports.append(Port(name, self._settings, numbers, self._links, self._poller))
                items += self._ports[-1].open()
        except BaseException:
            self.close()
            raise
        self._slots = Slots(self._settings.longest)
        self._clock = self._clock or ClockWatch()
        return items

    def poll(self, timeout: float) -> list[CaptureItem] | None:
        """Return what came, as soon as something did; nothing after so many seconds without; None once closed."""
        if self._links is None:
            return None
        deadline = time.monotonic() + timeout
        while True:
            items = self._wait(self._links, max(deadline - time.monotonic(), 0))
            if items or time.monotonic() >= deadline:
                return items

    def counters(self) -> Counters:
        """Return how many packets there were."""
        for port in self._ports:
            port.count_drops()
        return Counters(received=self._received, dropped=sum(port.dropped for port in self._ports))

    def close(self) -> list[CaptureItem]:
        """Stop listening."""
        if self._links is None:
            return []
        for port in self._ports:
            port.close()
        self._links.close()
        self._links = None
        self._poller.close()
        return [
            *(statistics for port in self._ports for statistics in port.statistics()),
            CaptureEnded(file=self.name, packets=self._received, bytes=self._bytes, truncated=False),
        ]

    def _wait(self, links: Links, timeout: float) -> list[CaptureItem]:
        """Wait once, and return what there was to it."""
        changed = any(port.changed for port in self._ports)
        ready = {number for number, _ in self._poller.poll(0 if changed else timeout)}
        if links.fileno() in ready:
            links.forget_changes()
            for port in self._ports:
                port.changed = True
        parts = self._take(ready)
        items: list[CaptureItem] = list(self._clock.check()) if self._clock else []
        if parts:
            items.append(self._join(parts))
        busy = {part.interface for part in parts}
        for port in self._ports:
            if port.changed and port.number not in busy:
                items += port.look()
        return items

    def _take(self, ready: set[int]) -> list[_Part]:
        """Take what waits at each interface; all get the same share of the slots, so that none waits for another."""
        share = SLOTS // len(self._ports)
        parts = []
        for place, port in enumerate(self._ports):
            taken = port.take(self._slots, place * share, share) if port.is_among(ready) else None
            if taken is not None and port.link_type is not None:
                parts.append(_Part(port.number, port.link_type, taken))
        return parts

    def _join(self, parts: list[_Part]) -> Batch:
        """Return what came of all interfaces in order of time."""
        taken = parts[0].taken
        counts = [part.taken.packets for part in parts]
        interface = np.repeat(np.array([part.interface for part in parts], np.int32), counts)
        link_type = np.repeat(np.array([part.link_type for part in parts], np.int32), counts)
        columns = (taken.offset, taken.captured, taken.original, taken.at_ns, interface, link_type)
        if len(parts) > 1:
            several = zip(*(part.taken[:4] for part in parts), strict=True)
            columns = (*(np.concatenate(column) for column in several), interface, link_type)  # type: ignore[assignment]
            order = np.argsort(columns[3], kind="stable")
            columns = tuple(column[order] for column in columns)  # type: ignore[assignment]
        offset, captured, original, at_ns, interface, link_type = columns
        first, self._received = self._received + 1, self._received + len(offset)
        self._bytes += int(captured.sum())
        return Batch(
            first_number=first,
            buffer=self._slots.buffer,
            offset=offset,
            captured=captured,
            original=original,
            at_ns=at_ns,
            interface=interface,
            link_type=link_type,
        )
