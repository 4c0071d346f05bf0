"""Live packets through scapy's sockets as they are, for systems that have no packet sockets: macOS, the BSDs, Windows.

Untested there; on Linux, where `sockets` takes its place, it is tested, and takes four times as long for a packet
(`benchmarks/live_sockets.py`). scapy does not tell what the kernel dropped, nor of interfaces that go down.
"""

from __future__ import annotations

import platform
import time
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from sigtrace.capture.batch import Batch, CaptureEnded, CaptureStarted, Interface
from sigtrace.errors import SourceError
from sigtrace.sources.live.clock import ClockWatch
from sigtrace.sources.live.packet_socket import load_scapy
from sigtrace.sources.live.refusals import no_rights, unknown_interface
from sigtrace.sources.live.slots import SLOTS
from sigtrace.sources.live.source import Counters

if TYPE_CHECKING:
    from sigtrace.capture.batch import CaptureItem
    from sigtrace.sources.live.source import Settings

_ETHERNET = 1


class _Heard(NamedTuple):
    """One packet."""

    at_ns: int
    interface: int
    data: bytes


class ScapySockets:
    """A `LiveSource` of scapy's sockets."""

    def __init__(self, settings: Settings) -> None:
        self.name = ", ".join(settings.interfaces)
        self._settings = settings
        self._sockets: list[Any] = []
        self._link_types: list[int] = []
        self._received = self._bytes = 0
        self._closed = False

    def open(self) -> list[CaptureItem]:
        """Listen. Raises SourceError: no such interface, no right, a wrong filter."""
        self._conf = load_scapy()
        items: list[CaptureItem] = [
            CaptureStarted(file=self.name, format="live", operating_system=f"{platform.system()} {platform.release()}")
        ]
        try:
            for number, name in enumerate(dict.fromkeys(self._settings.interfaces)):
                link_type = self._listen(name)
                longest = self._settings.longest
                items.append(Interface(index=number, name=name, link_type=link_type, snap_length=longest))
        except BaseException:
            self.close()
            raise
        self._clock = ClockWatch()
        return items

    def poll(self, timeout: float) -> list[CaptureItem] | None:
        """Return what came, as soon as something did; nothing after so many seconds without; None once closed."""
        if self._closed:
            return None
        heard = self._hear(timeout)
        items: list[CaptureItem] = list(self._clock.check())
        return [*items, self._join(heard)] if heard else items

    def counters(self) -> Counters:
        """Return how many packets there were."""
        return Counters(received=self._received, dropped=None)

    def close(self) -> list[CaptureItem]:
        """Stop listening."""
        if self._closed:
            return []
        self._closed = True
        for one in self._sockets:
            one.close()
        return [CaptureEnded(file=self.name, packets=self._received, bytes=self._bytes, truncated=False)]

    def _listen(self, name: str) -> int:
        """Open an interface's socket, and return its link type."""
        settings = self._settings
        try:
            one = self._conf.L2listen(
                iface=name, promisc=settings.promiscuous, filter=settings.capture_filter.strip() or None
            )
        except PermissionError as error:
            raise no_rights(name) from error
        except ValueError as error:
            raise unknown_interface(name) from error
        except Exception as error:  # scapy's own are derived from it alone
            if "ermission" in str(error):
                raise no_rights(name) from error
            raise SourceError(f"{name} cannot be listened to: {error}") from error
        self._sockets.append(one)
        self._link_types.append(int(self._conf.l2types.layer2num.get(one.LL, _ETHERNET)))
        return self._link_types[-1]

    def _hear(self, timeout: float) -> list[_Heard]:
        """Take what comes first, and what waits then."""
        heard: list[_Heard] = []
        until = time.monotonic() + timeout
        while len(heard) < SLOTS:
            left = 0 if heard else max(until - time.monotonic(), 0)
            ready = self._sockets[0].select(self._sockets, left)
            before = len(heard)
            for one in ready:
                _, data, at = one.recv_raw(self._settings.longest)
                if data is not None:
                    heard.append(_Heard(int(float(at) * 10**9), self._sockets.index(one), data))
            if len(heard) == before and (heard or time.monotonic() >= until):
                break
        return sorted(heard, key=lambda packet: packet.at_ns)

    def _join(self, heard: list[_Heard]) -> Batch:
        """Return packets as a batch; how long they were is not known where they were cut."""
        lengths = np.array([len(packet.data) for packet in heard], np.int64)
        interface = np.array([packet.interface for packet in heard], np.int32)
        first, self._received = self._received + 1, self._received + len(heard)
        self._bytes += int(lengths.sum())
        return Batch(
            first_number=first,
            buffer=np.frombuffer(b"".join(packet.data for packet in heard), np.uint8),
            offset=np.cumsum(lengths) - lengths,
            captured=lengths,
            original=lengths,
            at_ns=np.array([packet.at_ns for packet in heard], np.int64),
            interface=interface,
            link_type=np.array(self._link_types, np.int32)[interface],
        )
