"""IP fragments: what comes out whole is what a table of bytes, filled in order of arrival, says it is.

The bytes are fragments one after another: which packet, the offset in units of 8, flags, and a piece of payload.
"""

from __future__ import annotations

from itertools import count
from typing import NamedTuple

from sigtrace.packets.layer import Fragment, HeaderError, Layer, Space
from sigtrace.packets.net.fragments import Reassembler
from tests.fuzz.draw import Draw, encode_piece

MOST_FRAGMENTS = 200  # below what the bound on open packets would evict
UNIT = 8
_MORE, _CUT = 1, 2


class _Table(NamedTuple):
    """One packet as it arrives: bytes by place, and how long the whole is."""

    units: dict[int, bytes]
    ends: list[int]  # of last fragments; the first one counts
    firsts: list[bool]  # a fragment at offset 0 was seen

    def whole(self) -> bytes | None:
        if not self.ends or not self.firsts:
            return None
        needed = range(-(-self.ends[0] // UNIT))
        if not all(unit in self.units for unit in needed):
            return None
        return b"".join(self.units[unit].ljust(UNIT, b"\0") for unit in needed)[: self.ends[0]]


def try_fragments(data: bytes) -> None:
    """Feed all fragments to the reassembler and to the table."""
    draw, reassembler = Draw(data), Reassembler()
    tables: dict[int, _Table] = {}
    for packet in range(1, MOST_FRAGMENTS):
        if not draw.more:
            break
        key, offset, flags, payload = draw.byte() % 4, draw.word() & 0x1FFF, draw.byte(), draw.piece()
        cut = 5 if flags & _CUT else 0
        part = Layer(Space.IP, 6, payload, len(payload) + cut)
        fragment = Fragment((bytes((key,)),), offset * UNIT, bool(flags & _MORE), part)
        try:
            found = reassembler.feed(fragment, at_ns=0, packet=packet, interface=0)
        except HeaderError:
            continue
        table = tables.setdefault(key, _Table({}, [], []))
        _enter(table, fragment)
        whole = table.whole()
        assert (found and found.data) == whole
        if whole is not None:
            del tables[key]
    reassembler.close()
    assert len(list(reassembler.lost())) == len(tables)


def encode_fragment(key: int, offset: int, payload: bytes, *, more: bool) -> bytes:
    """Write a fragment as this target reads it; `offset` in bytes."""
    return bytes((key,)) + (offset // UNIT).to_bytes(2, "big") + bytes((_MORE * more,)) + encode_piece(payload)


def _enter(table: _Table, fragment: Fragment) -> None:
    part = fragment.part
    if not fragment.more:
        table.ends.append(fragment.offset + part.length)
    if not fragment.offset:
        table.firsts.append(True)
    keep_last = not fragment.more and len(part.data) == part.length
    for unit, start in zip(count(fragment.offset // UNIT), range(0, len(part.data), UNIT), strict=False):
        piece = part.data[start : start + UNIT]
        if len(piece) == UNIT or keep_last:
            table.units.setdefault(unit, piece)
