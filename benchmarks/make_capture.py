"""Make the captures that sigtrace is measured on.

    python benchmarks/make_capture.py media.pcapng                  600 MB, 95 % media, a few hundred exchanges
    python benchmarks/make_capture.py --size 60M media-tenth.pcapng
    python benchmarks/make_capture.py --kind dense dense.pcapng     40 000 exchanges in 400 000 packets, no media
    python benchmarks/make_capture.py --kind small small.pcapng     one call's beginning, a few dozen packets

The same arguments give the same bytes.
"""

from __future__ import annotations

import argparse
import struct
from itertools import chain, islice, zip_longest
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from peerconnection_traffic import Burst, call

if TYPE_CHECKING:
    from collections.abc import Iterator

START_NS = 1_700_000_000_000_000_000
FULL_SIZE = 600_000_000
MEDIA_CALLS = 11  # in a capture of the full size: about 370 exchanges
DENSE_CALLS = 1180  # about 40 000 exchanges
SMALL_BURSTS = 5  # both peers signed in, and the offer sent
DENSE_SLOT_NS = 5_000_000
CONCURRENT_CALLS = 8  # of a dense capture
ROUNDS_AT_ONCE = 256  # about 10 MB


def main() -> None:
    """Make one capture."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", type=Path)
    parser.add_argument("--kind", choices=("media", "dense", "small"), default="media")
    parser.add_argument("--size", type=parse_size, default=FULL_SIZE, help="of a media-heavy capture: 600M, 60M")
    arguments = parser.parse_args()
    make_capture(arguments.file, arguments.kind, arguments.size)


def parse_size(text: str) -> int:
    """Return a size in bytes: 600M, 2G, or a plain number."""
    unit = {"K": 10**3, "M": 10**6, "G": 10**9}.get(text[-1:].upper())
    return int(float(text[:-1]) * unit) if unit else int(text)


def make_capture(path: Path, kind: str, size: int = FULL_SIZE) -> None:
    """Write a capture of one kind."""
    with path.open("wb") as file:
        file.write(block(0x0A0D0D0A, struct.pack("<IHHq", 0x1A2B3C4D, 1, 0, -1)))
        file.write(block(1, struct.pack("<HHI", 1, 0, 262144) + struct.pack("<HHB3xI", 9, 1, 9, 0)))
        if kind == "media":
            write_media(file, size)
        elif kind == "dense":
            write_slots(file, dense_slots(DENSE_CALLS))
        else:
            write_slots(file, ([burst] for burst in islice(call(0), SMALL_BURSTS)))


def block(block_type: int, body: bytes) -> bytes:
    """Return a pcapng block."""
    length = 12 + len(body)
    return struct.pack("<II", block_type, length) + body + struct.pack("<I", length)


def packet(at_ns: int, frame: bytes) -> bytes:
    """Return an enhanced packet block."""
    padded = frame + bytes(-len(frame) % 4)
    return block(6, struct.pack("<IIIII", 0, at_ns >> 32, at_ns & 0xFFFFFFFF, len(frame), len(frame)) + padded)


def packets(bursts: list[Burst], start_ns: int) -> bytes:
    """Return the packets of bursts that begin one behind the other."""
    parts = []
    for burst in bursts:
        parts += [packet(start_ns + late * 1000, frame) for late, frame in burst]
        start_ns += (burst[-1][0] + 20) * 1000
    return b"".join(parts)


def write_media(file: BinaryIO, size: int) -> None:
    """Write rounds of media, and signaling between them."""
    from media_traffic import Media  # compare.py needs this module, and needs to stay small itself

    media = Media()
    rounds = max(size // media.round_length, 1)
    calls = max(round(MEDIA_CALLS * size / FULL_SIZE), 1)
    bursts: dict[int, Burst] = {}  # round → what follows it
    for index in range(calls):
        own = list(call(index))
        for at, burst in enumerate(own):
            bursts[(index * len(own) + at) * rounds // (calls * len(own))] = burst
    for first in range(0, rounds, ROUNDS_AT_ONCE):
        rows = media.rounds(first, min(ROUNDS_AT_ONCE, rounds - first), START_NS)
        written = 0
        for row in range(len(rows)):
            if first + row in bursts:
                file.write(rows[written : row + 1].data)
                written = row + 1
                file.write(packets([bursts[first + row]], START_NS + media.gap_after(first + row)))
        file.write(rows[written:].data)


def dense_slots(calls: int) -> Iterator[list[Burst]]:
    """Yield what happens at a time: one burst of each of the calls that go on at once."""
    lanes = [chain.from_iterable(map(call, range(lane, calls, CONCURRENT_CALLS))) for lane in range(CONCURRENT_CALLS)]
    for slot in zip_longest(*lanes):
        yield [burst for burst in slot if burst]


def write_slots(file: BinaryIO, slots: Iterator[list[Burst]]) -> None:
    """Write bursts slot by slot."""
    file.writelines(packets(slot, START_NS + number * DENSE_SLOT_NS) for number, slot in enumerate(slots))


if __name__ == "__main__":
    main()
