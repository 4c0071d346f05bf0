"""Live packets through raw sockets of Linux: several interfaces, or all, watched for as long as one likes.

An interface may go down, or away, and come back, also as another one of the same name: its socket is kept as long as it
is the same interface, since the kernel then goes on with it by itself, and made anew when it is not.
"""

from __future__ import annotations

import errno
import platform
import select
import time
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from sigtrace.capture.batch import Batch, CaptureEnded, CaptureStarted, Interface, InterfaceStatistics
from sigtrace.errors import SourceError
from sigtrace.notices import Notice, Severity
from sigtrace.sources.live.clock import ClockWatch
from sigtrace.sources.live.links import Links
from sigtrace.sources.live.packet_socket import PacketSocket
from sigtrace.sources.live.refusals import no_rights, unknown_interface
from sigtrace.sources.live.slots import SLOTS, Slots, Taken
from sigtrace.sources.live.source import ANY, Counters

if TYPE_CHECKING:
    from sigtrace.capture.batch import CaptureItem
    from sigtrace.sources.live.source import Settings

INTERFACE_DOWN = "live.interface-down"  # nothing is heard of an interface until it is back
INTERFACE_UP = "live.interface-up"  # it is heard again
SMALL_BUFFER = "live.small-buffer"  # the kernel gives less room than asked for

LEAST_SHARE = 16  # slots of an interface, however many there are
MAX_INTERFACES = SLOTS // LEAST_SHARE  # named on their own; `any` has no limit


class _Part(NamedTuple):
    """What one interface gave in one poll."""

    interface: int
    link_type: int
    taken: Taken


class _Port:
    """One interface as it was asked for."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.socket: PacketSocket | None = None
        self.up = True
        self.changed = False  # it may have, and is to be looked at once everything was taken that came before
        self.failed = False  # its socket said that it went down, perhaps for a moment only
        self.number = -1  # of the `Interface` that its packets have
        self.link_type: int | None = None  # of that
        self.received: dict[int, int] = {}  # by number
        self.dropped = 0

    def count_drops(self) -> None:
        """Add what the kernel dropped since this was asked last."""
        if self.socket is not None:
            self.dropped += self.socket.take_drops()


class RawSockets:
    """A `LiveSource` of raw sockets.

    Args:
        settings: what to listen to, and how.
        clock: tells of steps of the clock; None: one that looks at the system's.
    """

    def __init__(self, settings: Settings, clock: ClockWatch | None = None) -> None:
        self.name = ", ".join(settings.interfaces)
        self._settings = settings
        self._ports = [_Port(name) for name in dict.fromkeys(settings.interfaces)]
        self._clock = clock
        self._received = self._bytes = 0
        self._interfaces = 0  # announced
        self._links: Links | None = None

    def open(self) -> list[CaptureItem]:
        """Listen. Raises SourceError: no such interface, no right, a wrong filter."""
        if len(self._ports) > MAX_INTERFACES:
            raise SourceError(f"more than {MAX_INTERFACES} interfaces", hint="-i any listens to all there are")
        self._links = Links()
        self._poller = select.epoll()
        self._poller.register(self._links.fileno(), select.EPOLLIN)
        items: list[CaptureItem] = [
            CaptureStarted(file=self.name, format="live", operating_system=f"{platform.system()} {platform.release()}")
        ]
        try:
            for port in self._ports:
                items += self._open_port(port)
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
            items = self._wait(max(deadline - time.monotonic(), 0))
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
        self.counters()
        for port in self._ports:
            self._close_port(port)
        self._links.close()
        self._links = None
        self._poller.close()
        return [
            *self._statistics(),
            CaptureEnded(file=self.name, packets=self._received, bytes=self._bytes, truncated=False),
        ]

    def _statistics(self) -> list[InterfaceStatistics]:
        """Return what was counted; drops belong to the last interface of a name, as nobody knows them apart."""
        return [
            InterfaceStatistics(
                interface=number,
                received=received + (port.dropped if number == port.number else 0),
                dropped=port.dropped if number == port.number else 0,
            )
            for port in self._ports
            for number, received in port.received.items()
        ]

    # Packets.

    def _wait(self, timeout: float) -> list[CaptureItem]:
        """Wait once, and return what there was to it."""
        changed = any(port.changed for port in self._ports)
        ready = {number for number, _ in self._poller.poll(0 if changed else timeout)}
        if self._links and self._links.fileno() in ready:
            self._links.forget_changes()
            for port in self._ports:
                port.changed = True
        parts = self._take(ready)
        items: list[CaptureItem] = list(self._clock.check()) if self._clock else []
        if parts:
            items.append(self._join(parts))
        busy = {part.interface for part in parts}
        for port in self._ports:
            if port.changed and port.number not in busy:
                port.changed = False
                items += self._look_at(port)
        return items

    def _take(self, ready: set[int]) -> list[_Part]:
        """Take what waits at each interface; all get the same share of the slots, so that none waits for another."""
        share = SLOTS // len(self._ports)
        parts = []
        for place, port in enumerate(self._ports):
            if port.socket is None or port.socket.fileno() not in ready:
                continue
            taken = self._take_from(port, port.socket, place * share, share)
            if taken is not None and taken.packets:
                parts.append(_Part(port.number, port.socket.link_type, taken))
                port.received[port.number] += taken.packets
        return parts

    def _take_from(self, port: _Port, one: PacketSocket, first: int, count: int) -> Taken | None:
        for _ in range(2):  # an error is told before the packets that came earlier
            try:
                return one.take(self._slots, first, count)
            except OSError:
                port.changed = port.failed = True
        return None

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

    # Interfaces.

    def _open_port(self, port: _Port) -> list[CaptureItem]:
        """Begin to listen to an interface."""
        link = self._links.find(port.name) if self._links else None
        if link is None and port.name != ANY:
            raise unknown_interface(port.name)
        try:
            items = self._listen(port)
        except PermissionError as error:
            raise no_rights(port.name) from error
        except OSError as error:
            raise SourceError(f"{port.name} cannot be listened to: {error.strerror or error}") from error
        small = port.socket.small_buffer if port.socket else None
        if small is not None:
            text = f"{port.name}: the kernel's buffer has {small // 1024} KiB, not {self._settings.buffer_kib}"
            text += "; more is lost when much comes at once. net.core.rmem_max limits it"
            items.append(Notice(code=SMALL_BUFFER, severity=Severity.WARNING, text=text))
        if not port.up:
            items.append(_down(f"{port.name} is down; it is waited for"))
        return items

    def _listen(self, port: _Port) -> list[CaptureItem]:
        """Make an interface's socket. Raises OSError."""
        link = self._links.find(port.name) if self._links and port.name != ANY else None
        if link is None and port.name != ANY:
            raise OSError(errno.ENODEV, "No such device", port.name)
        port.socket = PacketSocket(port.name, link, self._settings)
        port.up = link is None or link.up
        self._poller.register(port.socket.fileno(), select.EPOLLIN)
        if port.link_type == port.socket.link_type:
            return []
        port.link_type = port.socket.link_type
        port.number, self._interfaces = self._interfaces, self._interfaces + 1
        port.received[port.number] = 0
        return [
            Interface(index=port.number, name=port.name, link_type=port.link_type, snap_length=self._settings.longest)
        ]

    def _close_port(self, port: _Port) -> None:
        if port.socket is not None:
            port.count_drops()
            self._poller.unregister(port.socket.fileno())
            port.socket.close()
            port.socket = None

    def _look_at(self, port: _Port) -> list[CaptureItem]:
        """See what became of an interface."""
        if port.name == ANY or self._links is None:
            return []
        link, was_up, failed = self._links.find(port.name), port.up, port.failed
        port.failed = False
        items: list[CaptureItem] = []
        if port.socket is not None and (link is None or link.number != port.socket.interface):
            self._close_port(port)
            port.up = False
            if was_up:
                items.append(_down(f"{port.name} is gone; it is waited for"))
        if link is None:
            return items
        try:
            items += self._listen(port) if port.socket is None else []
        except OSError:
            return items  # it is gone again, which will be told
        now_up, port.up = link.up, link.up
        if was_up and not items and (failed or not now_up):
            items.append(_down(f"{port.name} went down; it is waited for"))
        if now_up and (items or not was_up):
            items.append(Notice(code=INTERFACE_UP, severity=Severity.INFO, text=f"{port.name} is back"))
        return items


def _down(text: str) -> Notice:
    return Notice(code=INTERFACE_DOWN, severity=Severity.WARNING, text=text)
