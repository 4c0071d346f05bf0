"""A pcapng capture's bytes → record batches, block by block, in as few steps as its runs of packets allow.

Theory of operation. A pcapng capture is a chain of blocks; `Chain` finds unbroken runs of packet blocks in a window,
and this reader takes every other block one at a time. Runs wait until something must come behind them (the end of the
window, an interface, a new section); then they become one batch.

Damage. A block is believed when its length is possible and stands at its end as well. Where the two differ, the one at
its end counts if a word before the next block tells its own place; else the leading one, if a block begins behind it.
Otherwise the reader searches for the next block beyond doubt and goes on there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from sigtrace.capture.batch import CaptureEnded, CaptureStarted, Interface
from sigtrace.capture.options import MAX_OPTIONS_LENGTH
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
    is_believable,
    is_possible,
    is_section_header,
    lengths_told,
    looks_like_section_header,
    may_begin,
    order_by_length,
    section_order,
    word_at,
)
from sigtrace.capture.pcapng.resync import BlockSearch, length_at_end
from sigtrace.capture.pcapng.section import MAX_INTERFACES, Section
from sigtrace.capture.reader import (
    ABSURD_LENGTH,
    CORRECTED_LENGTH,
    CUT,
    PLAUSIBLE_LENGTH,
    RESYNC,
    NoticeBook,
    Reading,
    Window,
)
from sigtrace.errors import DecodeError
from sigtrace.notices import Severity
from sigtrace.value import replace

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from sigtrace.capture.batch import CaptureItem, InterfaceStatistics

# Bytes looked through for lengths at the end of blocks, beside what was read: damage everywhere must not cost the
# square of its length. Behind that, only packets without options are still mended by the length at their end.
LOOKED_THROUGH_FIRST, LOOKED_THROUGH_SHARE = 2**20, 8

# Named addresses of one capture: a program writes those of its packets, and resolvers keep a few thousand.
MAX_NAMES = 2**16
# Secrets of one capture, bytes, as they are kept whole: a line of a key log has 200, so these are 80,000 sessions.
MAX_SECRETS_LENGTH = 2**24
SAID_LENGTH = 1000  # characters of what a later section says that a notice repeats
WITH_OPTIONS = frozenset({BlockType.SECTION_HEADER, BlockType.INTERFACE_DESCRIPTION, BlockType.INTERFACE_STATISTICS})

NAMES_LIMIT = "capture.names-limit"  # more named addresses than `MAX_NAMES`
OPTIONS_LIMIT = "capture.options-limit"  # a block has more options than `MAX_OPTIONS_LENGTH`
SECRETS_LIMIT = "capture.secrets-limit"  # more secrets than `MAX_SECRETS_LENGTH`
DAMAGED_BLOCK = "capture.damaged-block"  # a block's inside is not what its type says: passed over
TRAILING_LENGTH = "capture.trailing-length"  # the length at a block's end is not the one at its start, which was used
INTERFACE_LIMIT = "capture.interface-limit"  # more interfaces than `MAX_INTERFACES` in one capture
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
        self._announced = 0  # interfaces
        self._names = self._secrets_length = 0  # taken so far
        self._looked_through = 0  # bytes, for lengths at the end of blocks
        self._cut = False
        self._window: Window = np.zeros(0, np.uint8)
        self._chain = Chain(self._window)
        self._search_for = BlockSearch(self._window)
        self._items: list[CaptureItem] = []

    def read(self, window: Window, *, final: bool) -> Reading:
        """Return what the window holds."""
        self._window, self._chain, self._search_for, self._items = window, Chain(window), BlockSearch(window), []
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
            return self._advance_section(at, final=final)
        if self._section is None:
            if looks_like_section_header(self._window, at):
                return self._advance_damaged_section(at, final=final)
            return self._lose_step(at, "a block before any section")
        return self._advance_in(self._section, at, final=final)

    def _advance_in(self, section: Section, at: int, *, final: bool) -> int | None:
        """Take the blocks at `at` that are in a section."""
        big_endian = section.big_endian
        block_type = word_at(self._window, at, big_endian=big_endian)
        if block_type in LEAST_LENGTH:
            starts, end = self._chain.run(block_type, at, big_endian=big_endian)
            if len(starts):
                self._append(section, block_type, starts, at & 3)
                return end
        elif block_type not in KNOWN_BLOCKS and looks_like_section_header(self._window, at):
            return self._advance_damaged_section(at, final=final)
        return self._step(at, block_type, big_endian=big_endian, final=final)

    def _advance_section(self, at: int, *, final: bool) -> int | None:
        """Take a section header, whose length tells the byte order where its magic does not."""
        big_endian = section_order(self._window, at)
        if big_endian is None:
            big_endian = order_by_length(self._window, at)
            if big_endian is None and not final and len(self._window) - at < PLAUSIBLE_LENGTH:
                return None
            if big_endian is None:
                return self._lose_step(at, "a section of no known byte order")
            text = "section header block: its byte-order magic is damaged; its length tells the order"
            self._note(DAMAGED_BLOCK, Severity.WARNING, text, at)
        return self._step(at, BlockType.SECTION_HEADER, big_endian=big_endian, final=final)

    def _advance_damaged_section(self, at: int, *, final: bool) -> int | None:
        """Take what has the magic of a section header, and nearly its type."""
        big_endian = bool(section_order(self._window, at))
        length = word_at(self._window, at + 4, big_endian=big_endian)
        if at + length > len(self._window) and not final:
            return None
        after = self._step(at, BlockType.SECTION_HEADER, big_endian=big_endian, final=final)
        if after is not None:  # else it comes again, with more behind it
            text = "section header block: its type is damaged; its byte-order magic tells what it is"
            self._note(DAMAGED_BLOCK, Severity.WARNING, text, at)
        return after

    def _step(self, at: int, block_type: int, *, big_endian: bool, final: bool) -> int | None:
        """Take one block, whatever it is."""
        window = self._window
        length = word_at(window, at + 4, big_endian=big_endian)
        end = at + length
        fits = is_possible(length) and end <= len(window)
        if fits and word_at(window, end - 4, big_endian=big_endian) == length:
            self._take(block_type, at, end, big_endian=big_endian)
            return end
        if not final and is_possible(length) and end + FRAME_LENGTH > len(window):
            return None
        place = self._next_place(at, big_endian=big_endian, final=final)
        if place is None:
            return None
        told = lengths_told(window, at, block_type, big_endian=big_endian)
        if not final and at + max(told) + FRAME_LENGTH > len(window):
            return None
        return self._mend(at, block_type, place, told, big_endian=big_endian, final=final)

    # Damage, and the end.

    def _mend(  # noqa: PLR0913  all that was found out before
        self, at: int, block_type: int, place: int, told: tuple[int, ...], *, big_endian: bool, final: bool
    ) -> int | None:
        """Take a block by that one of its lengths which is right, if there is one.

        Args:
            at: where it begins.
            block_type: what it is.
            place: where the next whole block begins; it may be payload of this one.
            told: what its inside says of its length, see `lengths_told`.
            big_endian: the section's byte order.
            final: no bytes follow the window.
        """
        window = self._window
        length = word_at(window, at + 4, big_endian=big_endian)
        if right := self._length_by_end(at, place, told, big_endian=big_endian, final=final):
            text = f"a block of {right} bytes says {length} at its start; the length at its end was used"
            self._note(CORRECTED_LENGTH, Severity.WARNING, text, at)
            self._take(block_type, at, at + right, big_endian=big_endian)
            return at + right
        if not is_possible(length):
            return self._lose_step(at, f"a block of {length} bytes")
        if at + length <= len(window):
            return self._step_by_start(at, block_type, length, big_endian=big_endian)
        if place == len(window) or is_believable(window, at, place, big_endian=big_endian):
            return None  # cut off: what looks like blocks behind it is its payload
        return self._lose_step(at, f"a block of {length} bytes, of which {len(window) - at} follow")

    def _step_by_start(self, at: int, block_type: int, length: int, *, big_endian: bool) -> int:
        """Take one block that says another length at its end, if that at its start leads to a block or the end."""
        end = at + length
        if end + FRAME_LENGTH <= len(self._window) and not may_begin(self._window, end, big_endian=big_endian):
            return self._lose_step(at, f"a block of {length} bytes that does not end there")
        repeated = word_at(self._window, end - 4, big_endian=big_endian)
        text = f"a block of {length} bytes says {repeated} at its end; the length at its start was used"
        self._note(TRAILING_LENGTH, Severity.WARNING, text, at)
        self._take(block_type, at, end, big_endian=big_endian)
        return end

    def _next_place(self, at: int, *, big_endian: bool, final: bool) -> int | None:
        """Return where the next whole block begins, or how far there is none; None when that needs more bytes.

        What is further than a plausible block away does not matter.
        """
        place, found = self._search_for.find(at + 1, big_endian=big_endian, final=final)
        return place if found or final or place > at + PLAUSIBLE_LENGTH + FRAME_LENGTH else None

    def _length_by_end(
        self, at: int, place: int, told: tuple[int, ...], *, big_endian: bool, final: bool
    ) -> int | None:
        """Return the length that a block has by its end, where another block or nothing more follows; else None."""
        window = self._window
        said = word_at(window, at + 4, big_endian=big_endian)
        least = LEAST_LENGTH.get(word_at(window, at, big_endian=big_endian), FRAME_LENGTH)
        lengths = list(told)
        if self._looked_through <= LOOKED_THROUGH_FIRST + LOOKED_THROUGH_SHARE * (self._offset + at):
            last = min(place, at + PLAUSIBLE_LENGTH, len(window))
            self._looked_through += last - at
            lengths.append(length_at_end(window, at, last, big_endian=big_endian) or 0)
        for length in lengths:
            end = at + length
            if length < least or end > len(window):
                continue
            at_end = word_at(window, end - 4, big_endian=big_endian)
            if said & 3 and at_end == said and length - said < 4:
                return length  # some writers did not count the padding
            if at_end != length:
                continue
            if end == place or (final and len(window) - end < FRAME_LENGTH):
                return length
            if end + FRAME_LENGTH <= len(window) and may_begin(window, end, big_endian=big_endian):
                return length
        return None

    def _lose_step(self, at: int, what: str) -> int:
        """Begin the search for the next block."""
        self._note(ABSURD_LENGTH, Severity.ERROR, f"{what}; the next block is searched for", at)
        self._damaged_at = self._offset + at
        return at + 1

    def _search(self, at: int, *, final: bool) -> int | None:
        """Go on searching at `at`; return where the next block begins, or None when that needs more bytes."""
        order = None if self._section is None else self._section.big_endian
        place, found = self._search_for.find(at, big_endian=order, final=final)
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

    def _append(
        self, section: Section, block_type: int, starts: NDArray[np.int64], alignment: int, length: int | None = None
    ) -> None:
        """Let packet blocks, `starts` in words, wait for the batch they will be part of."""
        items = self._waiting.append(
            block_type, starts, alignment=alignment, length=length, chain=self._chain, section=section
        )
        for item in items:
            self._announce(item)

    def _announce(self, item: CaptureItem) -> None:
        """Hand on an interface, unless it is the stand-in that sections share and was announced, or a notice."""
        if isinstance(item, Interface):
            if item.index < self._announced:
                return
            self._announced = item.index + 1
        self._items.append(item)

    def _flush(self) -> None:
        """Hand on the packets that wait."""
        if self._section is not None:
            self._items += self._waiting.flush(self._chain, self._section)

    def _take(self, block_type: int, at: int, end: int, *, big_endian: bool) -> None:
        """Take one whole block."""
        if self._section and block_type in LEAST_LENGTH and end - at >= LEAST_LENGTH[block_type]:
            self._append(self._section, block_type, np.array([(at - (at & 3)) >> 2]), at & 3, end - at)
        elif block_type in NUMBERED_BLOCKS:
            self._waiting.skip_number()
        elif block_type in KNOWN_BLOCKS:
            try:
                self._decode(block_type, self._window[at + 8 : end - 4].tobytes(), big_endian=big_endian)
            except DecodeError as error:
                name = BlockType(block_type).name.lower().replace("_", " ")
                self._note(DAMAGED_BLOCK, Severity.WARNING, f"{name} block: {error}; it was passed over", at)

    def _decode(self, block_type: int, body: bytes, *, big_endian: bool) -> None:
        """Decode a block that is not a packet. Raises DecodeError: its inside is not what its type says."""
        if block_type in WITH_OPTIONS and len(body) > MAX_OPTIONS_LENGTH:
            text = (
                f"a block has {len(body)} bytes of options; those behind the first {MAX_OPTIONS_LENGTH} were left out"
            )
            self._items += self._book.note_once(OPTIONS_LIMIT, Severity.WARNING, text)
        match block_type:
            case BlockType.SECTION_HEADER:
                self._begin_section(body, big_endian=big_endian)
            case BlockType.INTERFACE_DESCRIPTION:
                self._describe_interface(body, big_endian=big_endian)
            case BlockType.INTERFACE_STATISTICS:
                self._items.append(self._locate(decode_statistics(body, big_endian=big_endian)))
            case BlockType.NAME_RESOLUTION:
                self._take_names(body, big_endian=big_endian)
            case BlockType.DECRYPTION_SECRETS:
                self._take_secrets(body, big_endian=big_endian)
            case _:
                raise DecodeError("too short for a packet")

    def _take_names(self, body: bytes, *, big_endian: bool) -> None:
        """Take the names that a block gives, as long as they are not too many."""
        for name in decode_name_resolution(body, big_endian=big_endian):
            if self._names == MAX_NAMES:
                text = f"more than {MAX_NAMES} named addresses; the rest was left out"
                self._items += self._book.note_once(NAMES_LIMIT, Severity.WARNING, text)
                return
            self._names += 1
            self._items.append(name)

    def _take_secrets(self, body: bytes, *, big_endian: bool) -> None:
        """Take the secrets of a block, as long as all of them are not too long."""
        secrets = decode_secrets(body, big_endian=big_endian)
        if self._secrets_length + len(secrets.data) > MAX_SECRETS_LENGTH:
            text = f"more than {MAX_SECRETS_LENGTH} bytes of decryption secrets; some were left out"
            self._items += self._book.note_once(SECRETS_LIMIT, Severity.WARNING, text)
            return
        self._secrets_length += len(secrets.data)
        self._items.append(secrets)

    def _begin_section(self, body: bytes, *, big_endian: bool) -> None:
        """Begin a section, even when its header is damaged: its byte order is known, and interfaces will follow."""
        self._flush()
        first = 0 if self._section is None else self._section.first_interface + self._section.rows
        first = min(first, MAX_INTERFACES)  # from there on, sections share the stand-in
        self._section = Section(big_endian=big_endian, first_interface=first)
        facts = decode_section_header(body, big_endian=big_endian)
        if not self._started:
            self._start(facts)
        elif said := [text for text in (facts.application, *facts.comments) if text]:
            text = f"a further section begins: {'; '.join(said)[:SAID_LENGTH]}"
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
        if self._section is None:
            return
        if self._section.first_interface + self._section.rows < MAX_INTERFACES:
            self._announce(self._section.describe(facts))
        else:
            text = f"more than {MAX_INTERFACES} interfaces; the rest is taken for undescribed"
            self._items += self._book.note_once(INTERFACE_LIMIT, Severity.WARNING, text)

    def _locate(self, statistics: InterfaceStatistics) -> InterfaceStatistics:
        """Count the interface of statistics over the whole capture. Raises DecodeError: it was never described."""
        row = self._section.row_of(statistics.interface) if self._section else None
        if self._section is None or row is None:
            raise DecodeError(f"interface {statistics.interface} was never described")
        return replace(statistics, interface=self._section.first_interface + row)
