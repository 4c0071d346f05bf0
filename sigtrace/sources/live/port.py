"""One interface that is listened to, whatever becomes of it: it goes down, away, and comes back.

Its socket is kept as long as it is the same interface, since the kernel then goes on with it by itself, and made anew
when another one has its name.
"""

from __future__ import annotations

import select
from typing import TYPE_CHECKING

from sigtrace.capture.batch import Interface, InterfaceStatistics
from sigtrace.errors import SourceError
from sigtrace.notices import Notice, Severity
from sigtrace.sources.live.packet_socket import PacketSocket
from sigtrace.sources.live.refusals import no_rights, unknown_interface
from sigtrace.sources.live.source import ANY

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sigtrace.capture.batch import CaptureItem
    from sigtrace.sources.live.links import Link, Links
    from sigtrace.sources.live.slots import Slots, Taken
    from sigtrace.sources.live.source import Settings

INTERFACE_DOWN = "live.interface-down"  # nothing is heard of an interface until it is back
INTERFACE_UP = "live.interface-up"  # it is heard again
SMALL_BUFFER = "live.small-buffer"  # the kernel gives less room than asked for


class Port:
    """One interface as it was asked for, or all.

    Args:
        name: of the interface, or `any`.
        settings: how to listen.
        numbers: of the `Interface` items that are announced.
        links: tells what interfaces there are.
        poller: is told which sockets to wait for.
    """

    def __init__(
        self, name: str, settings: Settings, numbers: Iterator[int], links: Links, poller: select.epoll
    ) -> None:
        self._name = name
        self._settings = settings
        self._numbers = numbers
        self._links = links
        self._poller = poller
        self._socket: PacketSocket | None = None
        self._up = True
        self._failed = False  # its socket said that it went down, perhaps for a moment only
        self._received: dict[int, int] = {}  # by number
        self.number = -1  # of the `Interface` that its packets have
        self.link_type: int | None = None  # of that
        self.changed = False  # it may have, and is to be looked at once everything was taken that came before
        self.dropped = 0  # when it was last counted

    def open(self) -> list[CaptureItem]:
        """Begin to listen. Raises SourceError: no such interface, no right, a wrong filter."""
        link = self._find()
        if link is None and self._name != ANY:
            raise unknown_interface(self._name)
        try:
            items = self._listen(link)
        except PermissionError as error:
            raise no_rights(self._name) from error
        except OSError as error:
            raise SourceError(f"{self._name} cannot be listened to: {error.strerror or error}") from error
        small = self._socket.small_buffer if self._socket else None
        if small is not None:
            text = f"{self._name}: the kernel's buffer has {small // 1024} KiB, not {self._settings.buffer_kib}"
            text += "; more is lost when much comes at once. net.core.rmem_max limits it"
            items.append(Notice(code=SMALL_BUFFER, severity=Severity.WARNING, text=text))
        if not self._up:
            items.append(self._down("is down"))
        return items

    def is_among(self, ready: set[int]) -> bool:
        """Tell whether its socket is one of those that have something to say."""
        return self._socket is not None and self._socket.fileno() in ready

    def take(self, slots: Slots, first: int, count: int) -> Taken | None:
        """Return packets that wait, at most so many, in these slots; None when there are none."""
        if self._socket is None:
            return None
        for _ in range(2):  # an error is told before the packets that came earlier
            try:
                taken = self._socket.take(slots, first, count)
            except OSError:
                self.changed = self._failed = True
                continue
            if taken is None or not taken.packets:
                return None
            self._received[self.number] += taken.packets
            return taken
        return None

    def look(self) -> list[CaptureItem]:
        """See what became of the interface."""
        self.changed = False
        if self._name == ANY:
            return []
        link, was_up = self._find(), self._up
        failed, self._failed = self._failed, False
        items: list[CaptureItem] = []
        if self._socket is not None and (link is None or link.number != self._socket.interface):
            self.close()
            self._up = False
            items += [self._down("is gone")] if was_up else []
        if link is None:
            return items
        try:
            items += self._listen(link) if self._socket is None else []
        except OSError:
            return items  # it is gone again, which will be told
        self._up = link.up
        if was_up and not items and (failed or not link.up):
            items.append(self._down("went down"))
        if link.up and (items or not was_up):
            items.append(Notice(code=INTERFACE_UP, severity=Severity.INFO, text=f"{self._name} is back"))
        return items

    def count_drops(self) -> None:
        """Add what the kernel dropped since this was asked last."""
        if self._socket is not None:
            self.dropped += self._socket.take_drops()

    def close(self) -> None:
        """Stop listening."""
        if self._socket is not None:
            self.count_drops()
            self._poller.unregister(self._socket.fileno())
            self._socket.close()
            self._socket = None

    def statistics(self) -> list[InterfaceStatistics]:
        """Return what was counted; drops belong to the last interface of a name, as nobody knows them apart."""
        return [
            InterfaceStatistics(interface=number, received=received + dropped, dropped=dropped)
            for number, received in self._received.items()
            for dropped in [self.dropped if number == self.number else 0]
        ]

    def _find(self) -> Link | None:
        return None if self._name == ANY else self._links.find(self._name)

    def _listen(self, link: Link | None) -> list[CaptureItem]:
        """Make the socket. Raises OSError."""
        self._socket = PacketSocket(self._name, link, self._settings)
        self._up = link is None or link.up
        self._poller.register(self._socket.fileno(), select.EPOLLIN)
        if self.link_type == self._socket.link_type:
            return []
        self.link_type, self.number = self._socket.link_type, next(self._numbers)
        self._received[self.number] = 0
        longest = self._settings.longest
        return [Interface(index=self.number, name=self._name, link_type=self.link_type, snap_length=longest)]

    def _down(self, what: str) -> Notice:
        text = f"{self._name} {what}; it is waited for"
        return Notice(code=INTERFACE_DOWN, severity=Severity.WARNING, text=text)
