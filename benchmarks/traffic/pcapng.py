"""Blocks of a pcapng file: from whole frames, and from columns of packets by vector operations.

Theory of operation. A capture of 600 MB is made in seconds as nearly all of its bytes are encrypted or compressed: they
are random, and it does not matter which. So a slice of the capture begins as random bytes; where its blocks begin
follows from the lengths of the frames; and what has a meaning (block headers, packet headers, some words of HTTP) is
stamped onto them, one column of all packets at a time.
"""

from __future__ import annotations

import struct
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

    from .packets import Packets

START_NS = 1_700_000_000_000_000_000
HEAD = 28  # of an enhanced packet block, before the frame
AROUND = 32  # what a block has beside its frame and padding
INTERFACE_OPTIONS = struct.pack("<HHB3xI", 9, 1, 9, 0)  # if_tsresol: nanoseconds


class Blocks(NamedTuple):
    """Enhanced packet blocks, one behind the other."""

    data: NDArray[np.uint8]
    offset: NDArray[np.int64]  # of each block
    at_ns: NDArray[np.int64]  # from the start of the capture


def block(block_type: int, body: bytes) -> bytes:
    """Return a pcapng block."""
    length = 12 + len(body)
    return struct.pack("<II", block_type, length) + body + struct.pack("<I", length)


def file_header() -> bytes:
    """Return a section and its one interface, an Ethernet, with times in nanoseconds."""
    section = block(0x0A0D0D0A, struct.pack("<IHHq", 0x1A2B3C4D, 1, 0, -1))
    return section + block(1, struct.pack("<HHI", 1, 0, 262144) + INTERFACE_OPTIONS)


def packet(at_ns: int, frame: bytes) -> bytes:
    """Return an enhanced packet block; its time counts from the start of the capture."""
    at_ns += START_NS
    padded = frame + bytes(-len(frame) % 4)
    return block(6, struct.pack("<IIIII", 0, at_ns >> 32, at_ns & 0xFFFFFFFF, len(frame), len(frame)) + padded)


def lay_out(parts: Sequence[Packets], random: np.random.Generator) -> Blocks:
    """Return the packets of all parts in the order of their times."""
    at_ns = np.concatenate([part.at_ns for part in parts])
    order = np.argsort(at_ns, kind="stable")
    place = np.empty_like(order)  # of each packet among all
    place[order] = np.arange(len(order))
    at_ns, length = at_ns[order], np.concatenate([part.length for part in parts])[order]
    size = AROUND + (length + 3 & ~3)
    end = np.cumsum(size)
    offset = end - size
    total = int(end[-1]) if len(end) else 0
    data = random.integers(0, 2**64, total // 8 + 1, np.uint64).view(np.uint8)[:total]
    begin = 0
    for part in parts:
        own = offset[place[begin : begin + len(part.at_ns)]] + HEAD
        begin += len(part.at_ns)
        width = part.heads.shape[1]
        if len(own):
            sliding_window_view(data, width, writeable=True)[own] = part.heads
        for row, at, text in part.stamps:
            data[own[row] + at : own[row] + at + len(text)] = np.frombuffer(text, np.uint8)
    _frame_blocks(data.view("<u4"), offset // 4, size, length, at_ns + START_NS)
    return Blocks(data, offset, at_ns)


def _frame_blocks(
    words: NDArray[np.uint32],
    first: NDArray[np.int64],
    size: NDArray[np.int64],
    length: NDArray[np.int64],
    at_ns: NDArray[np.int64],
) -> None:
    """Write what a block has beside its frame, and zeros as padding."""
    columns: list[NDArray[np.int64] | int] = [6, size, 0, at_ns >> 32, at_ns & 0xFFFFFFFF, length, length]
    for at, column in enumerate(columns):
        words[first + at] = column
    last = first + size // 4 - 1
    words[last - 1] &= np.array([0xFFFFFFFF, 0x00FFFFFF, 0x0000FFFF, 0x000000FF], np.uint32)[-length % 4]
    words[last] = size


def splice(blocks: Blocks, frames: Iterable[tuple[int, bytes]]) -> bytes:
    """Return blocks with some whole frames between them, by time."""
    timed = list(frames)
    after = np.searchsorted(blocks.at_ns, [at_ns for at_ns, _ in timed], "right")
    ends = np.append(blocks.offset, len(blocks.data))
    cuts = [0, *(int(ends[number]) for number in after), len(blocks.data)]
    pieces = [blocks.data[begin:end].data for begin, end in pairwise(cuts)]
    parts = [pieces[0]]
    for (at_ns, frame), piece in zip(timed, pieces[1:], strict=True):
        parts += [memoryview(packet(at_ns, frame)), piece]
    return b"".join(parts)
