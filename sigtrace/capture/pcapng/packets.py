"""The packet blocks of a pcapng window, found by `chain` → columns, with no step per packet.

```text
  word     enhanced (6)             obsolete (2)                      simple (3)
  0        block type               block type                        block type
  1        block total length       block total length                block total length
  2        interface number         interface (16 bits), drops (16)   original length
  3, 4     timestamp high, low      timestamp high, low               packet bytes …
  5, 6     captured, original       captured, original
  7 …      packet bytes, options    packet bytes, options
```
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from sigtrace.capture.options import MAX_OPTIONS_LENGTH, OPTION_COMMENT, OPTION_END, comments_of, decode_options
from sigtrace.capture.pcapng.blocks import BlockType
from sigtrace.capture.timestamps import UNTIMED

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from sigtrace.capture.pcapng.section import Section

HEADER_WORDS = 7
# Options of one packet that are looked at in columns; packets with more (few writers use three) are decoded one by one.
COLUMN_OPTIONS = 6


class PacketBlocks(NamedTuple):
    """Whole packet blocks of one type."""

    words: NDArray[np.uint32]  # the window from `alignment` on, in the section's byte order
    alignment: int
    starts: NDArray[np.int64]  # where each block begins, in words
    lengths: NDArray[np.int64]  # how long each one is, bytes


class PacketColumns(NamedTuple):
    """One row a packet; `Batch` says what the columns mean."""

    offset: NDArray[np.int64]
    captured: NDArray[np.int64]
    original: NDArray[np.int64]
    at_ns: NDArray[np.int64]
    interface: NDArray[np.int32]
    link_type: NDArray[np.int32]

    def slice(self, start: int, stop: int) -> PacketColumns:
        """Return the rows from one to another."""
        return PacketColumns(*(column[start:stop] for column in self))  # type: ignore[arg-type]

    def rows(self, order: NDArray[np.int64]) -> PacketColumns:
        """Return these rows, in this order."""
        return PacketColumns(*(column[order] for column in self))  # type: ignore[arg-type]  # columns of two types


class Packets(NamedTuple):
    """Decoded packet blocks, and what was wrong with them."""

    columns: PacketColumns
    overrun: NDArray[np.int64]  # rows that claimed more bytes than their block has; they have what is there
    clamped: bool  # a timestamp was out of range
    comments: dict[int, tuple[str, ...]]  # row → its comments


def interface_numbers(
    words: NDArray[np.uint32], starts: NDArray[np.int64], block_type: int, *, big_endian: bool
) -> NDArray[np.uint32]:
    """Return the number of the interface that each packet block names."""
    if block_type == BlockType.SIMPLE_PACKET:
        return np.zeros(len(starts), np.uint32)
    numbers: NDArray[np.uint32] = words[starts + 2]
    if block_type == BlockType.OBSOLETE_PACKET:
        return (numbers >> np.uint32(16)) if big_endian else numbers & np.uint32(0xFFFF)
    return numbers


def decode_packets(blocks: PacketBlocks, rows: NDArray[np.int64], section: Section) -> Packets:
    """Decode enhanced and obsolete packet blocks.

    Args:
        blocks: where they are.
        rows: the section's row for each packet's interface.
        section: what the interfaces mean.

    Source: draft-ietf-opsawg-pcapng §4.3; the obsolete block: appendix A.
    """
    words, alignment, starts, lengths = blocks
    header = _headers(words, starts)
    captured = header[:, 5].astype(np.int64)
    room = lengths - (HEADER_WORDS + 1) * 4
    spare = room - captured
    overrun = starts[:0]
    if int(spare.min(initial=0)) < 0:
        overrun = np.flatnonzero(spare < 0)
        captured = np.minimum(captured, room)
    ticks = header[:, 3].astype(np.uint64)
    ticks <<= np.uint64(32)
    ticks |= header[:, 4]
    at_ns, clamped = section.to_nanoseconds(ticks, rows)
    columns = PacketColumns(
        offset=(starts + HEADER_WORDS) * 4 + alignment,
        captured=captured,
        original=header[:, 6].astype(np.int64),
        at_ns=at_ns,
        interface=(rows + section.first_interface).astype(np.int32),
        link_type=section.link_types(rows),
    )
    comments: dict[int, tuple[str, ...]] = {}
    if int(spare.max(initial=0)) > 3:  # more than padding: there are options
        options = starts + HEADER_WORDS + ((captured + 3) >> 2)
        ends = starts + (lengths >> 2) - 1
        comments = _find_comments(words, options, ends, big_endian=section.big_endian)
    return Packets(columns, overrun, clamped, comments)


def decode_simple_packets(blocks: PacketBlocks, rows: NDArray[np.int64], section: Section) -> Packets:
    """Decode simple packet blocks, which know no time: their `at_ns` is `UNTIMED`.

    The captured length is the least of the original length, the interface's snap length, and the room in the block.
    Source: draft-ietf-opsawg-pcapng §4.4.
    """
    words, alignment, starts, lengths = blocks
    original = words[starts + 2].astype(np.int64)
    captured = np.minimum(original, lengths - 16)
    snap = section.snap_lengths(rows)
    columns = PacketColumns(
        offset=(starts + 3) * 4 + alignment,
        captured=np.where(snap > 0, np.minimum(captured, snap), captured),
        original=original,
        at_ns=np.full(len(starts), UNTIMED, np.int64),
        interface=(rows + section.first_interface).astype(np.int32),
        link_type=section.link_types(rows),
    )
    return Packets(columns, starts[:0], clamped=False, comments={})


def join_packets(parts: Sequence[Packets]) -> Packets:
    """Join packets of several block types into one set of columns, in the order of the capture."""
    if len(parts) == 1:
        return parts[0]
    columns = PacketColumns(*map(np.concatenate, zip(*(part.columns for part in parts), strict=True)))
    order = np.argsort(columns.offset, kind="stable")
    row_of = np.argsort(order, kind="stable")
    firsts = np.cumsum([0, *(len(part.columns.offset) for part in parts)])
    return Packets(
        columns.rows(order),
        np.sort(np.concatenate([row_of[part.overrun + first] for part, first in zip(parts, firsts, strict=False)])),
        any(part.clamped for part in parts),
        {
            int(row_of[row + first]): texts
            for part, first in zip(parts, firsts, strict=False)
            for row, texts in part.comments.items()
        },
    )


def fill_times(at_ns: NDArray[np.int64], before_ns: int) -> NDArray[np.int64]:
    """Give each packet without a time that of the last one before it which has one, or `before_ns`."""
    last_timed = np.maximum.accumulate(np.where(at_ns != UNTIMED, np.arange(len(at_ns)), -1))
    return np.where(last_timed >= 0, at_ns[last_timed], before_ns)


def _headers(words: NDArray[np.uint32], starts: NDArray[np.int64]) -> NDArray[np.uint32]:
    """Return the headers of the packet blocks that start at these words, one row a block.

    They are copied whole, as opaque elements of a view with a stride of one word: NumPy has no faster gather.
    """
    size = HEADER_WORDS * words.itemsize
    view: NDArray[np.void] = np.ndarray(
        (max(len(words) - HEADER_WORDS + 1, 0),), f"V{size}", words.data, 0, (words.itemsize,)
    )
    return view[starts].view(words.dtype).reshape(-1, HEADER_WORDS)


def _find_comments(
    words: NDArray[np.uint32], options: NDArray[np.int64], ends: NDArray[np.int64], *, big_endian: bool
) -> dict[int, tuple[str, ...]]:
    """Return each row's comments; `options` and `ends` say between which words its options are."""
    active = np.flatnonzero(options < ends)
    at = options[active]
    found = []
    for _ in range(COLUMN_OPTIONS):
        if not len(active):
            break
        heads = words[at].astype(np.int64)
        codes, lengths = (heads >> 16, heads & 0xFFFF) if big_endian else (heads & 0xFFFF, heads >> 16)
        found.append(active[codes == OPTION_COMMENT])
        at = at + 1 + ((lengths + 3) >> 2)
        more = (codes != OPTION_COMMENT) & (codes != OPTION_END) & (at < ends[active])
        active, at = active[more], at[more]
    comments: dict[int, tuple[str, ...]] = {}
    for row in np.sort(np.concatenate([*found, active])).tolist() if found else ():
        end = min(ends[row], options[row] + MAX_OPTIONS_LENGTH // 4)
        data = words[options[row] : end].tobytes()
        if texts := comments_of(decode_options(data, big_endian=big_endian)):
            comments[row] = texts
    return comments
