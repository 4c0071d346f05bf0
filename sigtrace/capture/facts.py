"""What is known of each capture beside its records: its format, its interfaces, how much it holds and from when."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from sigtrace.capture.batch import (
    CaptureEnded,
    CaptureStarted,
    DecryptionSecrets,
    Interface,
    InterfaceStatistics,
    NameResolution,
)
from sigtrace.notices import Notice, Severity
from sigtrace.value import Struct, Value, field

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy as np
    from numpy.typing import NDArray

    from sigtrace.capture.batch import Batch, CaptureItem

_Fact = TypeVar("_Fact")

KEPT_COMMENTS = 10_000
"""Packet comments kept of one trace: people write them by hand, so more of them is not what they are for."""

KEPT_FACTS = 10_000
"""Statistics, names and secrets kept of one capture, each: a ring of files repeats them in every section."""

KEPT_INTERFACES = 131_072
"""Interfaces described in one trace: as many as one capture may have; a ring of files has a few in each."""

KEPT_FACT_BYTES = 16 * 1024 * 1024
"""Bytes of text and secrets in names, secrets and comments of one trace: a key log of a busy week is a tenth of it."""

FACTS_DROPPED = "capture.facts-dropped"  # more statistics, names or secrets than are kept of one capture


class Capture(Value, frozen=True, kw_only=True):
    """One capture as a whole."""

    file: str
    format: str
    packets: int
    bytes: int  # of the uncompressed capture
    first_ns: int | None  # time of its earliest packet
    last_ns: int | None  # time of its latest packet
    interfaces: tuple[Interface, ...]
    truncated: bool
    comments: tuple[str, ...] = ()
    statistics: tuple[InterfaceStatistics, ...] = ()
    names: tuple[NameResolution, ...] = ()
    secrets: tuple[DecryptionSecrets, ...] = ()


class _Facts(Struct):
    """One capture while it is read."""

    started: CaptureStarted
    interfaces: list[Interface] = field(default_factory=list)
    statistics: list[InterfaceStatistics] = field(default_factory=list)
    names: list[NameResolution] = field(default_factory=list)
    secrets: list[DecryptionSecrets] = field(default_factory=list)
    packets: int = 0
    first_ns: int | None = None
    last_ns: int | None = None
    ended: CaptureEnded | None = None

    def count(self, at_ns: NDArray[np.int64]) -> None:
        first, last = int(at_ns.min()), int(at_ns.max())
        self.packets += len(at_ns)
        self.first_ns = first if self.first_ns is None else min(self.first_ns, first)
        self.last_ns = last if self.last_ns is None else max(self.last_ns, last)

    def finished(self) -> Capture:
        return Capture(
            file=self.started.file,
            format=self.started.format,
            packets=self.packets,
            bytes=self.ended.bytes if self.ended else 0,
            first_ns=self.first_ns,
            last_ns=self.last_ns,
            interfaces=tuple(self.interfaces),
            truncated=self.ended.truncated if self.ended else True,
            comments=self.started.comments,
            statistics=tuple(self.statistics),
            names=tuple(self.names),
            secrets=tuple(self.secrets),
        )


class CaptureFacts:
    """Collects the facts of all captures of one trace; an interface belongs to the capture that announced it."""

    def __init__(self) -> None:
        self._captures: list[_Facts] = []
        self._owner: dict[int, _Facts] = {}  # by index of the interface
        self.comments: dict[int, tuple[str, ...]] = {}  # by packet number
        self._bytes = 0  # of text and secrets
        self._dropped = 0

    def add(self, item: CaptureItem) -> None:
        """Take an item that is not a batch."""
        if isinstance(item, CaptureStarted) or not self._captures:
            started = item if isinstance(item, CaptureStarted) else CaptureStarted(file="", format="")
            self._captures.append(_Facts(started))
        current = self._captures[-1]
        if isinstance(item, Interface):
            if len(self._owner) < KEPT_INTERFACES:
                current.interfaces.append(item)
                self._owner[item.index] = current
            else:
                self._dropped += 1
        elif isinstance(item, InterfaceStatistics):
            self._keep(self._owner.get(item.interface, current).statistics, item)
        elif isinstance(item, NameResolution):
            self._keep(current.names, item, sum(map(len, item.names)))
        elif isinstance(item, DecryptionSecrets):
            self._keep(current.secrets, item, len(item.data))
        elif isinstance(item, CaptureEnded):
            self._end(item)

    def _keep(self, kept: list[_Fact], item: _Fact, size: int = 0) -> None:
        if len(kept) < KEPT_FACTS and self._bytes + size <= KEPT_FACT_BYTES:
            self._bytes += size
            kept.append(item)
        else:
            self._dropped += 1

    def _keep_comments(self, comments: Mapping[int, tuple[str, ...]]) -> None:
        for packet, texts in comments.items():
            size = sum(map(len, texts))
            if len(self.comments) < KEPT_COMMENTS and self._bytes + size <= KEPT_FACT_BYTES:
                self._bytes += size
                self.comments[packet] = texts
            else:
                self._dropped += 1

    def notices(self) -> list[Notice]:
        """Return what there is to say about what was not kept."""
        if not self._dropped:
            return []
        text = f"{self._dropped} statistics, names, secrets, comments or interfaces beyond those kept were left out"
        return [Notice(code=FACTS_DROPPED, severity=Severity.INFO, text=text)]

    def _end(self, item: CaptureEnded) -> None:
        """Captures that are merged end in another order than they began."""
        for facts in self._captures:
            if facts.started.file == item.file and facts.ended is None:
                facts.ended = item
                return

    def count(self, batch: Batch) -> None:
        """Count and date the records of a batch; one that was merged out of several captures is split by interface."""
        if not len(batch):
            return
        if batch.comments:
            self._keep_comments(batch.comments)
        first = int(batch.interface[0])
        if len(self._captures) == 1 or bool((batch.interface == first).all()):
            self._owner_of(first).count(batch.at_ns)
            return
        for index in set(batch.interface.tolist()):
            self._owner_of(index).count(batch.at_ns[batch.interface == index])

    def _owner_of(self, interface: int) -> _Facts:
        owner = self._owner.get(interface)
        if owner is None:
            if not self._captures:
                self._captures.append(_Facts(CaptureStarted(file="", format="")))
            owner = self._owner[interface] = self._captures[-1]
        return owner

    def finished(self) -> tuple[Capture, ...]:
        """Return the captures as far as they were read."""
        return tuple(facts.finished() for facts in self._captures)
