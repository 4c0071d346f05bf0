"""The ways in which a copy of a capture is damaged: each is a few edits of its bytes, drawn by chance from a seed."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Final, NamedTuple, TypeAlias

from tests.fuzz.anatomy import Role

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from random import Random

    from tests.fuzz.anatomy import Anatomy, Part

LONGEST = 4096  # bytes of one damaged range: two or three packets, a page of a disk
HEADERS = 66  # bytes at the start of a packet in which its link, network and transport headers lie
WILD_WORDS = (0, 1, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF)  # where arithmetic goes wrong


class Edit(NamedTuple):
    """The bytes from `start` up to `end` become `new`; equal ends insert."""

    start: int
    end: int
    new: bytes

    def touches(self, start: int, end: int) -> bool:
        """Tell whether it changes anything of a range; what is inserted right before or behind it does not."""
        return self.start < end and start < self.end if self.start < self.end else start < self.start < end

    def clipped(self, start: int, end: int) -> Edit:
        """Return what of it lies in a range that it touches."""
        if start <= self.start and self.end <= end:
            return self
        low, high = max(self.start, start), min(self.end, end)
        same_length = len(self.new) == self.end - self.start
        return Edit(low, high, self.new[low - self.start : high - self.start] if same_length else b"")


class Mutation(NamedTuple):
    """One damaged copy."""

    edits: tuple[Edit, ...]  # in order, free of overlap
    copied: tuple[int, ...] = ()  # places of parts of which a second copy was put in

    def apply(self, data: bytes) -> bytes:
        """Return the damaged bytes."""
        pieces = []
        at = 0
        for edit in self.edits:
            pieces += [data[at : edit.start], edit.new]
            at = edit.end
        return b"".join((*pieces, data[at:]))

    def within(self, data: bytes, start: int, end: int) -> bytes:
        """Return what became of a range of the bytes; of an edit that reaches beyond it, only what lies inside."""
        inside = (edit.clipped(start, end) for edit in self.edits if edit.touches(start, end))
        moved = tuple(Edit(edit.start - start, edit.end - start, edit.new) for edit in inside)
        return Mutation(moved).apply(data[start:end])


Mutator: TypeAlias = "Callable[[Random, Anatomy], Mutation]"


def _flips(chance: Random, anatomy: Anatomy, count: int, start: int = 0, end: int | None = None) -> Mutation:
    end = len(anatomy.data) if end is None else end
    places = sorted({chance.randrange(start, end) for _ in range(count)})
    return Mutation(tuple(Edit(place, place + 1, _other(chance, anatomy.data[place])) for place in places))


def _other(chance: Random, byte: int) -> bytes:
    """Another value: one bit changed, or any."""
    return bytes((byte ^ (1 << chance.randrange(8) if chance.random() < 0.5 else chance.randrange(1, 256)),))


def _flip_one(chance: Random, anatomy: Anatomy) -> Mutation:
    return _flips(chance, anatomy, 1)


def _flip_few(chance: Random, anatomy: Anatomy) -> Mutation:
    return _flips(chance, anatomy, chance.randint(2, 8))


def _flip_many(chance: Random, anatomy: Anatomy) -> Mutation:
    return _flips(chance, anatomy, chance.randint(9, 200))


def _range(chance: Random, anatomy: Anatomy) -> tuple[int, int]:
    start = chance.randrange(len(anatomy.data))
    longest = chance.choice((8, 64, 512, LONGEST))
    return start, min(start + chance.randint(1, longest), len(anatomy.data))


def _insert(chance: Random, anatomy: Anatomy) -> Mutation:
    start, end = _range(chance, anatomy)
    return Mutation((Edit(start, start, chance.randbytes(end - start)),))


def _delete(chance: Random, anatomy: Anatomy) -> Mutation:
    return Mutation((Edit(*_range(chance, anatomy), b""),))


def _zero(chance: Random, anatomy: Anatomy) -> Mutation:
    start, end = _range(chance, anatomy)
    return Mutation((Edit(start, end, bytes(end - start)),))


def _garbage(chance: Random, anatomy: Anatomy) -> Mutation:
    start, end = _range(chance, anatomy)
    return Mutation((Edit(start, end, chance.randbytes(end - start)),))


def _cut(chance: Random, anatomy: Anatomy) -> Mutation:
    length = len(anatomy.data)
    return Mutation((Edit(chance.randrange(length // 2, length), length, b""),))


def _bytes_of(anatomy: Anatomy, part: Part) -> bytes:
    return anatomy.data[part.start : part.end]


def _run(chance: Random, anatomy: Anatomy, most: int) -> list[int]:
    """Draw some packets that follow each other."""
    packets = anatomy.packets
    first = chance.randrange(len(packets))
    return packets[first : first + chance.randint(1, most)]


def _duplicate(chance: Random, anatomy: Anatomy) -> Mutation:
    run = _run(chance, anatomy, 5)
    far = chance.random() < 0.5
    behind = anatomy.parts[chance.choice(anatomy.packets) if far else run[-1]].end
    copy = b"".join(_bytes_of(anatomy, anatomy.parts[place]) for place in run)
    return Mutation((Edit(behind, behind, copy),), tuple(run))


def _swap(chance: Random, anatomy: Anatomy) -> Mutation:
    packets = anatomy.packets
    row = chance.randrange(len(packets) - 1)
    other = row + 1 if chance.random() < 0.5 else chance.randrange(len(packets))
    first, second = (anatomy.parts[packets[one]] for one in sorted((row, other)))
    if first is second:
        return Mutation(())
    return Mutation(
        (
            Edit(first.start, first.end, _bytes_of(anatomy, second)),
            Edit(second.start, second.end, _bytes_of(anatomy, first)),
        )
    )


def _remove(chance: Random, anatomy: Anatomy) -> Mutation:
    parts = [anatomy.parts[place] for place in _run(chance, anatomy, chance.choice((1, 1, 20)))]
    return Mutation(tuple(Edit(part.start, part.end, b"") for part in parts))


def _whole_packet(chance: Random, anatomy: Anatomy) -> Part:
    """Draw a packet whose record is not cut off by the end of the capture."""
    whole = [place for place in anatomy.packets if anatomy.parts[place].end - anatomy.parts[place].start > HEADERS]
    return anatomy.parts[chance.choice(whole)]


def _record_header(chance: Random, anatomy: Anatomy) -> Mutation:
    part = _whole_packet(chance, anatomy)
    return _flips(chance, anatomy, chance.randint(1, 2), part.start, part.start + part.head)


def _word(anatomy: Anatomy, at: int, value: int) -> Edit:
    return Edit(at, at + 4, struct.pack(f"{anatomy.order}I", value & 0xFFFFFFFF))


def _read_word(anatomy: Anatomy, at: int) -> int:
    return int(struct.unpack_from(f"{anatomy.order}I", anatomy.data, at)[0])


def _time(chance: Random, anatomy: Anatomy) -> Mutation:
    """One packet's clock goes wrong: by seconds, hours or years, or to where no clock stands."""
    at = _whole_packet(chance, anatomy).start + (12 if anatomy.pcapng else 0)
    high, low = _read_word(anatomy, at), _read_word(anatomy, at + 4)
    away = chance.choice((1, -1)) * chance.choice((1, 10, 200, 4000, 10**5, 10**8))
    if chance.random() < 0.2:
        return Mutation((_word(anatomy, at, chance.choice(WILD_WORDS)), _word(anatomy, at + 4, low)))
    if anatomy.pcapng:
        ticks = (high << 32 | low) + away * _ticks(anatomy)
        return Mutation((_word(anatomy, at, ticks >> 32), _word(anatomy, at + 4, ticks)))
    return Mutation((_word(anatomy, at, high + away),))


def _ticks(anatomy: Anatomy) -> int:
    """Ticks of a second, guessed from when the captures were made: microseconds or nanoseconds since 1970."""
    first = anatomy.parts[anatomy.packets[0]].start + 12
    high = _read_word(anatomy, first)
    return 10**9 if high > 0x1000000 else 10**6


def _length(chance: Random, anatomy: Anatomy) -> Mutation:
    """A length of one record lies."""
    part = _whole_packet(chance, anatomy)
    at = part.start + (chance.choice((4, 20, 24)) if anatomy.pcapng else chance.choice((8, 12)))
    length = _read_word(anatomy, at)
    other = chance.choice((length + 4, length - 4, length + chance.randint(-40, 2000), *WILD_WORDS))
    return Mutation((_word(anatomy, at, other),))


def _packet_header(chance: Random, anatomy: Anatomy) -> Mutation:
    part = _whole_packet(chance, anatomy)
    start = part.start + part.head
    return _flips(chance, anatomy, chance.randint(1, 3), start, min(start + HEADERS, part.end))


def _frame(chance: Random, anatomy: Anatomy) -> Mutation:
    part = chance.choice([part for part in anatomy.parts if part.role is Role.FRAME])
    return _flips(chance, anatomy, chance.randint(1, 3), part.start, part.end)


MUTATORS: Final[Mapping[str, Mutator]] = {
    "one byte": _flip_one,
    "2 to 8 bytes": _flip_few,
    "9 to 200 bytes": _flip_many,
    "inserted": _insert,
    "deleted": _delete,
    "zeroed": _zero,
    "garbage": _garbage,
    "cut": _cut,
    "duplicated": _duplicate,
    "swapped": _swap,
    "removed": _remove,
    "record header": _record_header,
    "time": _time,
    "length": _length,
    "packet header": _packet_header,
    "file header": _frame,
}


def parts_touched(anatomy: Anatomy, mutation: Mutation) -> list[int]:
    """Return the places of the parts that a mutation changes, or of which it puts in a copy."""
    touched = set(mutation.copied)
    for edit in mutation.edits:
        touched.update(place for place, part in enumerate(anatomy.parts) if edit.touches(part.start, part.end))
    return sorted(touched)
