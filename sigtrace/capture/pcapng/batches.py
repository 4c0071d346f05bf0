"""Packet blocks that were found → one batch for all that may stand together, and what was wrong with them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from sigtrace.capture.batch import Batch
from sigtrace.capture.pcapng.blocks import BlockType
from sigtrace.capture.pcapng.packets import (
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


class WaitingPackets:
    """Packet blocks of one window and section that wait to become a batch, and the count of packets so far."""

    def __init__(self, book: NoticeBook) -> None:
        self.next_number = 1
        self.packets = 0  # handed on; fewer than numbers where blocks that are no packets took some
        self._book = book
        self._last_ns = 0
        self._runs: dict[int, list[NDArray[np.int64]]] = {}  # block type → where its blocks begin, in words
        self._alignment = 0  # of the runs

    def append(self, block_type: int, starts: NDArray[np.int64], alignment: int) -> None:
        """Let more packet blocks wait; all that wait are of one `alignment`."""
        self._alignment = alignment
        self._runs.setdefault(block_type, []).append(starts)

    def fits(self, alignment: int) -> bool:
        """Tell whether blocks of this alignment may wait together with those that do."""
        return not self._runs or alignment == self._alignment

    def flush(self, chain: Chain, section: Section) -> list[CaptureItem]:
        """Return the waiting packets as a batch, a stand-in interface if they need one, and notices."""
        if not self._runs:
            return []
        runs, self._runs = self._runs, {}
        words = chain.words(big_endian=section.big_endian, alignment=self._alignment)
        items: list[CaptureItem] = []
        decoded = []
        for block_type, parts in runs.items():
            starts = parts[0] if len(parts) == 1 else np.concatenate(parts)
            numbers = interface_numbers(words, starts, block_type, big_endian=section.big_endian)
            items += self._stand_in(numbers, section)
            decode = decode_simple_packets if block_type == BlockType.SIMPLE_PACKET else decode_packets
            decoded.append(decode(words, starts, section.rows_of(numbers), section))
        return items + self._batch(chain, join_packets(decoded))

    def _stand_in(self, numbers: NDArray[np.uint32], section: Section) -> list[CaptureItem]:
        """Announce the stand-in interface, if packets now need it."""
        if section.stand_in is not None or bool((numbers < section.described).all()):
            return []
        text = "packets name an interface that was never described; it was taken to be like the first, or Ethernet"
        return [section.describe_stand_in(), *self._book.note(UNDESCRIBED, Severity.WARNING, text)]

    def _batch(self, chain: Chain, packets: Packets) -> list[CaptureItem]:
        """Return the batch, and behind it what was wrong."""
        columns, number = packets.columns, self.next_number
        untimed = bool((columns.at_ns == UNTIMED).any())
        at_ns = fill_times(columns.at_ns, self._last_ns) if untimed else columns.at_ns
        batch = Batch(
            first_number=number,
            buffer=chain.window,
            offset=columns.offset + self._alignment,
            captured=columns.captured,
            original=columns.original,
            at_ns=at_ns,
            interface=columns.interface,
            link_type=columns.link_type,
            comments={number + row: texts for row, texts in packets.comments.items()},
        )
        self._last_ns = int(at_ns[-1])
        self.packets += len(batch)
        self.next_number += len(batch)
        return [batch, *self._notices(packets, number, untimed=untimed)]

    def _notices(self, packets: Packets, number: int, *, untimed: bool) -> list[CaptureItem]:
        """Return what was wrong with the packets of a batch that begins with this number."""
        notices: list[CaptureItem] = []
        for row in packets.overrun[:MAX_NOTICES].tolist():
            text = "the packet claims more bytes than its block has; it was cut to what is there"
            notices += self._book.note(OVERRUN, Severity.WARNING, text, packet=number + row)
        if packets.clamped:
            text = "times out of range, before 1677 or after 2262, were clamped"
            notices += self._book.note_once(TIME_RANGE, Severity.WARNING, text)
        if untimed:
            text = "simple packet blocks have no time; each gets the time of the packet before it"
            notices += self._book.note_once(NO_TIME, Severity.INFO, text)
        return notices
