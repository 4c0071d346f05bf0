"""A pcapng capture's bytes → record batches, block by block, in as few steps as its runs of packets allow.

Theory of operation. A pcapng capture is a chain of blocks; `Chain` finds unbroken runs of packet blocks in a window, and
this reader takes every other block one at a time. Runs wait in `_pending` until something must come behind them (the end
of the window, an interface, a new section); then they become one batch.

Damage. A block is believed when its length is possible and stands at its end as well. Where the two differ, the leading
one counts if a block begins behind it. Otherwise the reader searches for the next block beyond doubt and goes on there.
"""

from __future__ import annotations

import struct
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from sigtrace.capture.batch import Batch, CaptureEnded, CaptureStarted
from sigtrace.capture.pcapng_blocks import (
    BYTE_ORDER_MAGIC,
    NUMBERED_BLOCKS,
    BlockType,
    SectionFacts,
    decode_interface,
    decode_name_resolution,
    decode_secrets,
    decode_section_header,
    decode_statistics,
)
from sigtrace.capture.pcapng_chain import LEAST_LENGTH, Chain
from sigtrace.capture.pcapng_packets import (
    Packets,
    decode_packets,
    decode_simple_packets,
    fill_times,
    interface_numbers,
    join_packets,
)
from sigtrace.capture.pcapng_resync import find_block
from sigtrace.capture.pcapng_section import MAX_INTERFACES, Section
from sigtrace.capture.reader import (
    ABSURD_LENGTH,
    CUT,
    MAX_BLOCK_LENGTH,
    MAX_NOTICES,
    RESYNC,
    TIME_RANGE,
    NoticeBook,
    Reading,
    Window,
)
from sigtrace.capture.timestamps import UNTIMED
from sigtrace.errors import DecodeError
from sigtrace.notices import Severity

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from sigtrace.capture.batch import CaptureItem, InterfaceStatistics

DAMAGED_BLOCK = "capture.damaged-block"  # a block's inside is not what its type says: passed over
TRAILING_LENGTH = "capture.trailing-length"  # the length at a block's end is not the one at its start, which was used
OVERRUN = "capture.overrun"  # a packet claims more bytes than its block has: it has what is there
UNDESCRIBED = "capture.undescribed-interface"  # packets name an interface that was never described
INTERFACE_LIMIT = "capture.interface-limit"  # more interfaces than `MAX_INTERFACES` in one section
NO_TIME = "capture.no-time"  # simple packet blocks have no time: they get that of the packet before them
SECTION = "capture.section"  # a later section says where it comes from, or has comments


class PcapngReader:
    """Reads one pcapng capture; `CaptureReader` says how it is used.

    Args:
        file: the capture's name, for `CaptureStarted` and `CaptureEnded`.
        suffix: what to add to the format's name, ".gz" and the like.
    """

    def __init__(self, file: str, *, suffix: str = "") -> None:
        self._file = file
        self._format = "pcapng" + suffix
        self._book = NoticeBook()
        self._section: Section | None = None
        self._started = False
        self._next_number = 1
        self._packets = 0
        self._last_ns = 0
        self._offset = 0  # of the window's first byte in the capture
        self._damaged_at: int | None = None  # offset where a search for the next block began
        self._cut = False
        self._window: Window = np.zeros(0, np.uint8)
        self._chain = Chain(self._window)
        self._items: list[CaptureItem] = []
        self._pending: dict[int, list[NDArray[np.int64]]] = {}  # block type → runs
        self._alignment = 0  # of the pending runs

    def read(self, window: Window, *, final: bool) -> Reading:
        """Return what the window holds."""
        self._window, self._chain, self._items = window, Chain(window), []
        at: int | None = 0
        reached = 0
        while at is not None and at < len(window):
            reached = at
            at = self._search(at, final=final) if self._damaged_at is not None else self._advance(at, final=final)
        reached = reached if at is None else at
        self._flush()
        if final:
            self._end(reached)
            reached = len(window)
        self._offset += reached
        return Reading(self._items, reached)

    def close(self, *, truncated: bool = False) -> CaptureEnded:
        """Return the end of the capture."""
        return CaptureEnded(
            file=self._file, packets=self._packets, bytes=self._offset, truncated=self._cut or truncated
        )

    # The chain of blocks.

    def _advance(self, at: int, *, final: bool) -> int | None:
        """Take the blocks at `at`, and return where the next one begins; None when it needs more bytes."""
        if len(self._window) - at < 12:
            return None
        block_type = self._word(at)
        if self._section is not None and block_type in LEAST_LENGTH:
            starts, end = self._chain.run(block_type, at, big_endian=self._section.big_endian)
            if len(starts):
                self._append(block_type, starts, at & 3)
                return end
        return self._step(at, block_type, final=final)

    def _step(self, at: int, block_type: int, *, final: bool) -> int | None:
        """Take one block, whatever it is."""
        big_endian = self._order_of(at, block_type)
        length = 0 if big_endian is None else self._word(at + 4, big_endian=big_endian)
        if big_endian is None or not _is_possible(length):
            return self._lose_step(at, f"a block of {length} bytes" if length else "a block of no byte order")
        end = at + length
        if end > len(self._window):
            return None
        if self._word(end - 4, big_endian=big_endian) != length:
            if end + 12 > len(self._window) and not final:
                return None
            if end + 12 <= len(self._window) and not self._may_begin(end, big_endian=big_endian):
                return self._lose_step(at, f"a block of {length} bytes that does not end there")
            text = f"a block of {length} bytes says {self._word(end - 4, big_endian=big_endian)} at its end"
            self._note(TRAILING_LENGTH, Severity.WARNING, f"{text}; the length at its start was used", at)
        self._take(block_type, at, end, big_endian=big_endian)
        return end

    def _word(self, at: int, *, big_endian: bool | None = None) -> int:
        """Return the 32-bit word at a place in the window, in the section's order unless another is given."""
        if big_endian is None:
            big_endian = self._section is not None and self._section.big_endian
        word: int = struct.unpack_from(">I" if big_endian else "<I", self._window, at)[0]
        return word

    def _order_of(self, at: int, block_type: int) -> bool | None:
        """Return whether a block is big-endian; None when that cannot be known."""
        if block_type != BlockType.SECTION_HEADER:
            return None if self._section is None else self._section.big_endian
        for big_endian in (True, False):
            if self._word(at + 8, big_endian=big_endian) == BYTE_ORDER_MAGIC:
                return big_endian
        return None

    def _may_begin(self, at: int, *, big_endian: bool) -> bool:
        """Tell whether a known block seems to begin at `at`."""
        block_type = self._word(at, big_endian=big_endian)
        if block_type == BlockType.SECTION_HEADER:
            return self._order_of(at, block_type) is not None
        return block_type in BlockType and _is_possible(self._word(at + 4, big_endian=big_endian))

    # Damage, and the end.

    def _lose_step(self, at: int, what: str) -> int:
        """Begin the search for the next block."""
        self._note(ABSURD_LENGTH, Severity.ERROR, f"{what}; the next block is searched for", at)
        self._damaged_at = self._offset + at
        return at + 1

    def _search(self, at: int, *, final: bool) -> int | None:
        """Go on searching at `at`; return where the next block begins, or None when that needs more bytes."""
        order = None if self._section is None else self._section.big_endian
        place, found = find_block(self._window, at, big_endian=order, final=final)
        if found or (final and place == len(self._window)):
            passed = self._offset + place - (self._damaged_at or 0)
            where = "resumed at the next block" if found else "no further block was found"
            self._note(RESYNC, Severity.ERROR, f"{passed} damaged bytes passed over; {where}", place)
            self._damaged_at = None
            self._cut |= not found
            return place
        return None if place == at else place

    def _end(self, reached: int) -> None:
        """Tell what the capture ends with."""
        self._start(None)
        left = len(self._window) - reached
        if left:
            self._cut = True
            self._note(CUT, Severity.WARNING, f"the capture ends {left} bytes into a block", reached)

    def _note(self, code: str, severity: Severity, text: str, at: int) -> None:
        """Tell something about a place in the window, behind all packets before it."""
        self._flush()
        self._start(None)
        self._items += self._book.note(code, severity, text, offset=self._offset + at)

    # What blocks say.

    def _take(self, block_type: int, at: int, end: int, *, big_endian: bool) -> None:
        """Take one whole block."""
        if block_type in LEAST_LENGTH and end - at >= LEAST_LENGTH[BlockType(block_type)]:
            self._append(block_type, np.array([(at - (at & 3)) >> 2]), at & 3)
            return
        if block_type in NUMBERED_BLOCKS:
            self._flush()
            self._next_number += 1
            return
        body = self._window[at + 8 : end - 4].tobytes() if block_type in BlockType else b""
        try:
            self._decode(block_type, body, big_endian=big_endian)
        except DecodeError as error:
            name = BlockType(block_type).name.lower().replace("_", " ")
            self._note(DAMAGED_BLOCK, Severity.WARNING, f"{name} block: {error}; it was passed over", at)

    def _decode(self, block_type: int, body: bytes, *, big_endian: bool) -> None:
        """Decode a block that is not a packet. Raises DecodeError: its inside is not what its type says."""
        if block_type == BlockType.SECTION_HEADER:
            self._begin_section(body, big_endian=big_endian)
        elif block_type in LEAST_LENGTH:
            raise DecodeError("too short for a packet")
        elif block_type == BlockType.INTERFACE_DESCRIPTION:
            self._describe_interface(body, big_endian=big_endian)
        elif block_type == BlockType.INTERFACE_STATISTICS:
            self._items.append(self._locate(decode_statistics(body, big_endian=big_endian)))
        elif block_type == BlockType.NAME_RESOLUTION:
            self._items.extend(decode_name_resolution(body, big_endian=big_endian))
        elif block_type == BlockType.DECRYPTION_SECRETS:
            self._items.append(decode_secrets(body, big_endian=big_endian))

    def _begin_section(self, body: bytes, *, big_endian: bool) -> None:
        """Begin a section, even when its header is damaged: its interfaces and byte order stand for themselves."""
        self._flush()
        first = 0 if self._section is None else self._section.first_interface + self._section.rows
        self._section = Section(big_endian=big_endian, first_interface=first)
        self._start(decode_section_header(body, big_endian=big_endian))

    def _start(self, facts: SectionFacts | None) -> None:
        """Tell that the capture started, once; later sections are told as notices where they have something to say."""
        hardware, system, application, comments = facts or SectionFacts(None, None, None, ())
        if not self._started:
            self._started = True
            started = CaptureStarted(
                file=self._file,
                format=self._format,
                hardware=hardware,
                operating_system=system,
                application=application,
                comments=comments,
            )
            self._items.append(started)
        elif facts and (said := [text for text in (application, *comments) if text]):
            text = f"a further section begins: {'; '.join(said)}"
            self._items += self._book.note(SECTION, Severity.INFO, text)

    def _describe_interface(self, body: bytes, *, big_endian: bool) -> None:
        """Announce one more interface of the section."""
        facts = decode_interface(body, big_endian=big_endian)
        self._flush()
        if self._section is None:
            return
        if self._section.described < MAX_INTERFACES:
            self._items.append(self._section.describe(facts))
        else:
            text = f"more than {MAX_INTERFACES} interfaces in one section; the rest is taken for undescribed"
            self._items += self._book.note_once(INTERFACE_LIMIT, Severity.WARNING, text)

    def _locate(self, statistics: InterfaceStatistics) -> InterfaceStatistics:
        """Count the interface of statistics over the whole capture. Raises DecodeError: it was never described."""
        row = self._section.row_of(statistics.interface) if self._section else None
        if self._section is None or row is None:
            raise DecodeError(f"interface {statistics.interface} was never described")
        return replace(statistics, interface=self._section.first_interface + row)

    # Packets.

    def _append(self, block_type: int, starts: NDArray[np.int64], alignment: int) -> None:
        """Let packet blocks, `starts` in words, wait for the batch they will be part of."""
        if alignment != self._alignment:
            self._flush()
            self._alignment = alignment
        self._pending.setdefault(block_type, []).append(starts)

    def _flush(self) -> None:
        """Make a batch of the packets that wait."""
        if not self._pending or self._section is None:
            return
        packets = join_packets([self._decode_packets(*run, self._section) for run in self._pending.items()])
        self._pending = {}
        number, count = self._next_number, len(packets.columns.offset)
        untimed = bool((packets.columns.at_ns == UNTIMED).any())
        at_ns = fill_times(packets.columns.at_ns, self._last_ns) if untimed else packets.columns.at_ns
        self._items.append(
            Batch(
                first_number=number,
                buffer=self._window,
                offset=packets.columns.offset + self._alignment,
                captured=packets.columns.captured,
                original=packets.columns.original,
                at_ns=at_ns,
                interface=packets.columns.interface,
                link_type=packets.columns.link_type,
                comments={number + row: texts for row, texts in packets.comments.items()},
            )
        )
        self._last_ns = int(at_ns[-1])
        self._packets += count
        self._next_number += count
        self._note_packets(packets, number, untimed=untimed)

    def _decode_packets(self, block_type: int, starts: list[NDArray[np.int64]], section: Section) -> Packets:
        """Decode waiting packet blocks of one type."""
        at = starts[0] if len(starts) == 1 else np.concatenate(starts)
        words = self._chain.words(big_endian=section.big_endian, alignment=self._alignment)
        numbers = interface_numbers(words, at, block_type, big_endian=section.big_endian)
        rows = section.rows_of(numbers)
        if (rows < 0).any():
            self._items.append(section.describe_stand_in())
            rows = section.rows_of(numbers)
            text = "packets name an interface that was never described; it was taken to be like the first, or Ethernet"
            self._items += self._book.note(UNDESCRIBED, Severity.WARNING, text)
        decode = decode_simple_packets if block_type == BlockType.SIMPLE_PACKET else decode_packets
        return decode(words, at, rows, section)

    def _note_packets(self, packets: Packets, number: int, *, untimed: bool) -> None:
        """Tell what was wrong with the packets of a batch that begins with this number."""
        for row in packets.overrun[:MAX_NOTICES].tolist():
            text = "the packet claims more bytes than its block has; it was cut to what is there"
            self._items += self._book.note(OVERRUN, Severity.WARNING, text, packet=number + row)
        if packets.clamped:
            text = "times out of range, before 1677 or after 2262, were clamped"
            self._items += self._book.note_once(TIME_RANGE, Severity.WARNING, text)
        if untimed:
            text = "simple packet blocks have no time; each gets the time of the packet before it"
            self._items += self._book.note_once(NO_TIME, Severity.INFO, text)


def _is_possible(length: int) -> bool:
    """Tell whether a block can have this length."""
    return 12 <= length <= MAX_BLOCK_LENGTH and not length & 3
