"""Packet blocks that were found → one batch for all that may stand together, and what was wrong with them."""

from __future__ import annotations

from bisect import bisect_left
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from sigtrace.capture.batch import Batch
from sigtrace.capture.pcapng.blocks import BlockType
from sigtrace.capture.pcapng.packets import (
    PacketBlocks,
    PacketColumns,
    Packets,
    decode_packets,
    decode_simple_packets,
    fill_times,
    interface_numbers,
    join_packets,
)
from sigtrace.capture.reader import MAX_NOTICES, TIME_RANGE, NoticeBook
from sigtrace.capture.timestamps import UNTIMED
from sigtrace.notices import Severity

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from sigtrace.capture.batch import CaptureItem
    from sigtrace.capture.pcapng.chain import Chain
    from sigtrace.capture.pcapng.section import Section

OVERRUN = "capture.overrun"  # a packet claims more bytes than its block has: it has what is there
UNDESCRIBED = "capture.undescribed-interface"  # packets name an interface that was never described
NO_TIME = "capture.no-time"  # simple packet blocks have no time: they get that of the packet before them


class _Run(NamedTuple):
    """Packet blocks of one type and alignment that follow each other."""

    starts: NDArray[np.int64]  # in words
    rows: NDArray[np.int64]  # the section's row for each one's interface
    length: int | None  # of a single block whose own length is not the one at its start, bytes


class WaitingPackets:
    """Packet blocks of one window and section that wait to become batches, and the count of packets so far."""

    def __init__(self, book: NoticeBook) -> None:
        self.packets = 0  # handed on; fewer than numbers where blocks that are no packets took some
        self._next_number = 1
        self._book = book
        self._last_ns = 0
        self._runs: dict[tuple[int, int], list[_Run]] = {}  # by block type and alignment
        self._count = 0  # of packets that wait
        self._skips: list[int] = []  # how many packets waited when a number was skipped, in order

    def append(  # noqa: PLR0913  all of it by name
        self,
        block_type: int,
        starts: NDArray[np.int64],
        *,
        alignment: int,
        length: int | None,
        chain: Chain,
        section: Section,
    ) -> list[CaptureItem]:
        """Let more packet blocks wait; return a stand-in interface and a notice, if they are the first to need it.

        Args:
            block_type: what all of them are.
            starts: where they begin, in words of the alignment; all are behind those that wait.
            alignment: 0 to 3.
            length: of a single block, bytes, where its first length is wrong.
            chain: the window.
            section: what interfaces mean now.
        """
        words = chain.words(big_endian=section.big_endian, alignment=alignment)
        numbers = interface_numbers(words, starts, block_type, big_endian=section.big_endian)
        items = self._stand_in(numbers, section)
        self._runs.setdefault((block_type, alignment), []).append(_Run(starts, section.rows_of(numbers), length))
        self._count += len(starts)
        return items

    def skip_number(self) -> None:
        """Leave out one packet number, for a block that Wireshark lists and that is no packet."""
        self._skips.append(self._count)

    def flush(self, chain: Chain, section: Section) -> list[CaptureItem]:
        """Return the waiting packets as batches, one for each run of their numbers, and notices."""
        runs, self._runs = self._runs, {}
        skips, self._skips, self._count = self._skips, [], 0
        if not runs:
            self._next_number += len(skips)
            return []
        decoded = [_decode(key, parts, chain, section) for key, parts in runs.items()]
        return self._batches(chain, join_packets(decoded), skips)

    def _stand_in(self, numbers: NDArray[np.uint32], section: Section) -> list[CaptureItem]:
        """Announce the stand-in interface, if packets now need it."""
        if section.stand_in is not None or int(numbers.max()) < section.described:
            return []
        text = "packets name an interface that was never described; it was taken to be like the first, or Ethernet"
        return [section.describe_stand_in(), *self._book.note(UNDESCRIBED, Severity.WARNING, text)]

    def _batches(self, chain: Chain, packets: Packets, skips: list[int]) -> list[CaptureItem]:
        """Return the batches, and behind each what was wrong in it."""
        columns = packets.columns
        untimed = int(columns.at_ns.min()) == UNTIMED
        if untimed:
            columns = columns._replace(at_ns=fill_times(columns.at_ns, self._last_ns))
        self._last_ns = int(columns.at_ns[-1])
        items: list[CaptureItem] = []
        comments, overrun = sorted(packets.comments), packets.overrun.tolist()
        first = 0
        for stop in (*skips, len(columns.offset)):
            if first < stop:
                number = self._next_number - first
                part = columns if stop - first == len(columns.offset) else columns.slice(first, stop)
                said = comments[bisect_left(comments, first) : bisect_left(comments, stop)]
                items.append(_batch(chain, part, number + first, {number + row: packets.comments[row] for row in said}))
                for row in overrun[bisect_left(overrun, first) : bisect_left(overrun, stop)][:MAX_NOTICES]:
                    text = "the packet claims more bytes than its block has; it was cut to what is there"
                    items += self._book.note(OVERRUN, Severity.WARNING, text, packet=number + row)
                self._next_number += stop - first
                first = stop
            self._next_number += 1
        self._next_number -= 1  # behind the last packet, no number was skipped
        self.packets += len(columns.offset)
        return items + self._notices(packets, untimed=untimed)

    def _notices(self, packets: Packets, *, untimed: bool) -> list[CaptureItem]:
        """Return what was wrong with the times of packets."""
        notices: list[CaptureItem] = []
        if packets.clamped:
            text = "times out of range, before 1677 or after 2262, were clamped"
            notices += self._book.note_once(TIME_RANGE, Severity.WARNING, text)
        if untimed:
            text = "simple packet blocks have no time; each gets the time of the packet before it"
            notices += self._book.note_once(NO_TIME, Severity.INFO, text)
        return notices


def _decode(key: tuple[int, int], runs: list[_Run], chain: Chain, section: Section) -> Packets:
    """Decode all waiting packets of one block type and alignment."""
    block_type, alignment = key
    words = chain.words(big_endian=section.big_endian, alignment=alignment)
    single = len(runs) == 1
    starts = runs[0].starts if single else np.concatenate([run.starts for run in runs])
    rows = runs[0].rows if single else np.concatenate([run.rows for run in runs])
    lengths = words[starts + 1].astype(np.int64)
    if any(run.length is not None for run in runs):
        at = 0
        for run in runs:
            if run.length is not None:
                lengths[at] = run.length
            at += len(run.starts)
    decode = decode_simple_packets if block_type == BlockType.SIMPLE_PACKET else decode_packets
    return decode(PacketBlocks(words, alignment, starts, lengths), rows, section)


def _batch(chain: Chain, columns: PacketColumns, number: int, comments: dict[int, tuple[str, ...]]) -> Batch:
    """Return packets as a batch."""
    return Batch(
        first_number=number,
        buffer=chain.window,
        offset=columns.offset,
        captured=columns.captured,
        original=columns.original,
        at_ns=columns.at_ns,
        interface=columns.interface,
        link_type=columns.link_type,
        comments=comments,
    )
