"""A pcapng capture's bytes → record batches, block by block, in as few steps as its runs of packets allow.

Theory of operation. A pcapng capture is a chain of blocks; `Chain` finds unbroken runs of packet blocks in a window,
and this reader takes every other block one at a time. Runs wait until something must come behind them (the end of the
window, an interface, a new section); then they become one batch.

Damage. A block is believed when its length is possible and stands at its end as well. Where the two differ, a packet's
block is measured by what is in it: if that length stands where it leads, only the one at the start is damaged, and
reading goes on behind it. Else the leading one counts if a block begins there. Otherwise the reader searches for the
next block beyond doubt and goes on there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from sigtrace.capture.batch import CaptureEnded, CaptureStarted
from sigtrace.capture.pcapng.batches import WaitingPackets
from sigtrace.capture.pcapng.blocks import (
    KNOWN_BLOCKS,
    NUMBERED_BLOCKS,
    BlockType,
    SectionFacts,
    decode_interface,
    decode_name_resolution,
    decode_secrets,
    decode_section_header,
    decode_statistics,
)
from sigtrace.capture.pcapng.chain import LEAST_LENGTH, Chain
from sigtrace.capture.pcapng.framing import (
    FRAME_LENGTH,
    UNTOLD,
    inner_length,
    is_believable,
    is_possible,
    is_section_header,
    may_begin,
    section_order,
    word_at,
)
from sigtrace.capture.pcapng.resync import find_block
from sigtrace.capture.pcapng.section import MAX_INTERFACES, Section
from sigtrace.capture.reader import ABSURD_LENGTH, CUT, RESYNC, NoticeBook, Reading, Window
from sigtrace.errors import DecodeError
from sigtrace.notices import Severity
from sigtrace.value import replace

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from sigtrace.capture.batch import CaptureItem, InterfaceStatistics

DAMAGED_BLOCK = "capture.damaged-block"  # a block's inside is not what its type says: passed over
TRAILING_LENGTH = "capture.trailing-length"  # the length at a block's end is not the one at its start, which was used
INTERFACE_LIMIT = "capture.interface-limit"  # more interfaces than `MAX_INTERFACES` in one section
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
        self._waiting = WaitingPackets(self._book)
        self._section: Section | None = None
        self._started = False
        self._offset = 0  # of the window's first byte in the capture
        self._damaged_at: int | None = None  # offset where a search for the next block began
        self._cut = False
        self._window: Window = np.zeros(0, np.uint8)
        self._chain = Chain(self._window)
        self._items: list[CaptureItem] = []

    def read(self, window: Window, *, final: bool) -> Reading:
        """Return what the window holds."""
        self._window, self._chain, self._items = window, Chain(window), []
        reached = 0
        at: int | None = 0
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
            file=self._file, packets=self._waiting.packets, bytes=self._offset, truncated=self._cut or truncated
        )

    # The chain of blocks.

    def _advance(self, at: int, *, final: bool) -> int | None:
        """Take the blocks at `at`, and return where the next one begins; None when that needs more bytes."""
        if len(self._window) - at < FRAME_LENGTH:
            return None
        if is_section_header(self._window, at):
            big_endian = section_order(self._window, at)
            if big_endian is None:
                return self._lose_step(at, "a section of no known byte order")
            return self._step(at, BlockType.SECTION_HEADER, big_endian=big_endian, final=final)
        if self._section is None:
            return self._lose_step(at, "a block before any section")
        big_endian = self._section.big_endian
        block_type = word_at(self._window, at, big_endian=big_endian)
        if block_type in LEAST_LENGTH:
            starts, end = self._chain.run(block_type, at, big_endian=big_endian)
            if len(starts):
                self._append(block_type, starts, at & 3)
                return end
        return self._step(at, block_type, big_endian=big_endian, final=final)

    def _step(self, at: int, block_type: int, *, big_endian: bool, final: bool) -> int | None:
        """Take one block, whatever it is."""
        length = word_at(self._window, at + 4, big_endian=big_endian)
        end = at + length
        if not is_possible(length):
            return self._judge(at, length, big_endian=big_endian, final=final)
        if end > len(self._window):
            return self._judge(at, length, big_endian=big_endian, final=True) if final else None
        repeated = word_at(self._window, end - 4, big_endian=big_endian)
        if repeated != length:
            after = self._judge(at, length, big_endian=big_endian, final=final)
            if after != end:
                return after
            text = f"a block of {length} bytes says {repeated} at its end; the length at its start was used"
            self._note(TRAILING_LENGTH, Severity.WARNING, text, at)
        self._take(block_type, at, end, big_endian=big_endian)
        return end

    def _judge(self, at: int, length: int, *, big_endian: bool, final: bool) -> int | None:
        """Return where reading goes on at a block whose length is not the one at its end: behind it if it is believed.

        None is for what needs more bytes, and for the last block of a capture that was cut off.
        """
        inner = inner_length(self._window, at, big_endian=big_endian)
        if inner == UNTOLD and not final:
            return None
        if inner is not None and inner != UNTOLD:
            return self._lose_step(at, f"a block of {length} bytes that ends after {inner}", passed=inner)
        what, end = f"a block of {length} bytes", at + length
        if not is_possible(length):
            return self._lose_step(at, what)
        if end > len(self._window):
            hides = self._hides_blocks(at, big_endian=big_endian)
            return self._lose_step(at, f"{what}, of which {len(self._window) - at} follow") if hides else None
        if end + FRAME_LENGTH > len(self._window):
            return end if final else None
        believed = may_begin(self._window, end, big_endian=big_endian)
        return end if believed else self._lose_step(at, f"{what} that does not end there")

    # Damage, and the end.

    def _hides_blocks(self, at: int, *, big_endian: bool) -> bool:
        """Tell whether the last block, which is not whole, is damage before others rather than a cut."""
        if is_believable(self._window, at, big_endian=big_endian):
            return False  # what looks like blocks behind it is its payload
        return find_block(self._window, at + 1, big_endian=big_endian, final=True)[1]

    def _lose_step(self, at: int, what: str, *, passed: int = 1) -> int:
        """Begin the search for the next block, so many bytes behind where this one begins."""
        self._note(ABSURD_LENGTH, Severity.ERROR, f"{what}; the next block is searched for", at)
        self._damaged_at = self._offset + at
        return at + passed

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
        return None if place == at and not found else place

    def _end(self, reached: int) -> None:
        """Tell what the capture ends with."""
        self._start(SectionFacts())
        left = len(self._window) - reached
        if left:
            self._cut = True
            self._note(
                CUT, Severity.WARNING, f"the capture ends {left} bytes into a block, which was left out", reached
            )

    def _note(self, code: str, severity: Severity, text: str, at: int) -> None:
        """Tell something about a place in the window, behind all packets before it."""
        notices = self._book.note(code, severity, text, offset=self._offset + at)
        if notices:
            self._flush()
            self._start(SectionFacts())
            self._items += notices

    # What blocks say.

    def _append(self, block_type: int, starts: NDArray[np.int64], alignment: int) -> None:
        """Let packet blocks, `starts` in words, wait for the batch they will be part of."""
        if not self._waiting.fits(alignment):
            self._flush()
        self._waiting.append(block_type, starts, alignment)

    def _flush(self) -> None:
        """Hand on the packets that wait."""
        if self._section is not None:
            self._items += self._waiting.flush(self._chain, self._section)

    def _take(self, block_type: int, at: int, end: int, *, big_endian: bool) -> None:
        """Take one whole block."""
        if block_type in LEAST_LENGTH and end - at >= LEAST_LENGTH[BlockType(block_type)]:
            self._append(block_type, np.array([(at - (at & 3)) >> 2]), at & 3)
        elif block_type in NUMBERED_BLOCKS:
            self._flush()
            self._waiting.next_number += 1
        elif block_type in KNOWN_BLOCKS:
            try:
                self._decode(block_type, self._window[at + 8 : end - 4].tobytes(), big_endian=big_endian)
            except DecodeError as error:
                name = BlockType(block_type).name.lower().replace("_", " ")
                self._note(DAMAGED_BLOCK, Severity.WARNING, f"{name} block: {error}; it was passed over", at)

    def _decode(self, block_type: int, body: bytes, *, big_endian: bool) -> None:
        """Decode a block that is not a packet. Raises DecodeError: its inside is not what its type says."""
        match block_type:
            case BlockType.SECTION_HEADER:
                self._begin_section(body, big_endian=big_endian)
            case BlockType.INTERFACE_DESCRIPTION:
                self._describe_interface(body, big_endian=big_endian)
            case BlockType.INTERFACE_STATISTICS:
                self._items.append(self._locate(decode_statistics(body, big_endian=big_endian)))
            case BlockType.NAME_RESOLUTION:
                self._items.extend(decode_name_resolution(body, big_endian=big_endian))
            case BlockType.DECRYPTION_SECRETS:
                self._items.append(decode_secrets(body, big_endian=big_endian))
            case _:
                raise DecodeError("too short for a packet")

    def _begin_section(self, body: bytes, *, big_endian: bool) -> None:
        """Begin a section, even when its header is damaged: its byte order is known, and interfaces will follow."""
        self._flush()
        first = 0 if self._section is None else self._section.first_interface + self._section.rows
        self._section = Section(big_endian=big_endian, first_interface=first)
        facts = decode_section_header(body, big_endian=big_endian)
        if not self._started:
            self._start(facts)
        elif said := [text for text in (facts.application, *facts.comments) if text]:
            text = f"a further section begins: {'; '.join(said)}"
            self._items += self._book.note(SECTION, Severity.INFO, text)

    def _start(self, facts: SectionFacts) -> None:
        """Tell that the capture started, unless that was told."""
        if self._started:
            return
        self._started = True
        started = CaptureStarted(
            file=self._file,
            format=self._format,
            hardware=facts.hardware,
            operating_system=facts.operating_system,
            application=facts.application,
            comments=facts.comments,
        )
        self._items.append(started)

    def _describe_interface(self, body: bytes, *, big_endian: bool) -> None:
        """Announce one more interface of the section. Raises DecodeError: it is damaged."""
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
