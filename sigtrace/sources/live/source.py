"""What every live source offers, and what it may be asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from sigtrace.value import Value

if TYPE_CHECKING:
    from sigtrace.capture.batch import CaptureItem

ANY = "any"  # all interfaces there are and will be, as tcpdump names them (Linux alone)
DEFAULT_SNAP_LENGTH = 262144  # bytes, as tcpdump has it: more than any packet, so that nothing is cut
# KiB, as -B counts. 20,000 packets a second of media take the kernel 46 MB a second (2304 bytes each, however short):
# so much outlasts half a second in which nobody reads. Memory is taken only for what waits.
DEFAULT_BUFFER_KIB = 32768


class Settings(Value, frozen=True, kw_only=True):
    """What to listen to, and how; the names are those of tcpdump's options."""

    interfaces: tuple[str, ...]  # -i
    capture_filter: str = ""  # -f: a filter of libpcap; empty: everything
    snap_length: int = DEFAULT_SNAP_LENGTH  # -s: bytes kept of a packet; 0 is the default, as for tcpdump
    promiscuous: bool = True  # False is -p
    buffer_kib: int = DEFAULT_BUFFER_KIB  # -B

    @property
    def longest(self) -> int:
        """Bytes kept of a packet."""
        return min(self.snap_length or DEFAULT_SNAP_LENGTH, DEFAULT_SNAP_LENGTH)


class Counters(Value, frozen=True, kw_only=True):
    """How many packets there were."""

    received: int  # handed on so far
    dropped: int | None  # by the kernel, since the start; None: not known, or not yet


class LiveSource(Protocol):
    """Where packets come from while they happen.

    Call `open` once, `poll` until it returns None or nobody wants more, then `close`. Batches are numbered on over all
    polls; their buffer is valid until the next poll. Packets of one poll are in order of time, also when they come from
    several interfaces; a packet of the next poll may be a little older than the last of this one.
    """

    name: str  # for people: "eth0", "eth0, lo", "-", "run.pcapng"

    def open(self) -> list[CaptureItem]:
        """Begin, and return what is known at once. Raises SourceError, CaptureError."""
        ...

    def poll(self, timeout: float) -> list[CaptureItem] | None:
        """Return what came, as soon as something did; nothing after so many seconds without; None at the end."""
        ...

    def counters(self) -> Counters:
        """Return how many packets there were so far."""
        ...

    def close(self) -> list[CaptureItem]:
        """End, and return what there is to say at the end; nothing the second time."""
        ...
