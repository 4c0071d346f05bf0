"""Batches → enhanced packet blocks, a whole batch at a time: for captures that are kept while they come in.

Theory of operation. All blocks of a batch are laid out in one buffer: a cumulated sum of their lengths says where each
ends. Their headers are words of 32 bits, so each field is written for all packets in one assignment to a column of word
numbers. Only the packets' bytes, of which no two have the same length, are copied one by one. That takes a third of a
microsecond a packet, a fifth of what `writer.encode_packet` takes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from sigtrace.capture.options import MAX_VALUE_LENGTH, OPTION_COMMENT, Option, encode_options
from sigtrace.capture.pcapng.blocks import BlockType
from sigtrace.text import encode_text

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from sigtrace.capture.batch import Batch

HEADER_LENGTH, TRAILER_LENGTH = 28, 4  # of an enhanced packet block: up to its packet's bytes, and behind its options


class EncodedPackets(NamedTuple):
    """Blocks of packets, one behind the other, little endian."""

    data: bytearray
    ends: NDArray[np.int64]  # where each packet's block ends in `data`


def encode_batch(batch: Batch, positions: NDArray[np.int32]) -> EncodedPackets:
    """Encode a batch as enhanced packet blocks of interfaces that count nanoseconds from 1970.

    Args:
        batch: its comments are kept; times before 1970, which such an interface cannot tell, become 1970.
        positions: for each row, the position of its interface's description in the section.
    Source: draft-ietf-opsawg-pcapng §4.3.
    """
    options = _encode_comments(batch)
    lengths = _lengths(batch, options)
    ends = np.cumsum(lengths)
    data = bytearray(int(ends[-1]) if len(ends) else 0)
    _write_headers(np.frombuffer(data, "<u4"), batch, positions, lengths, ends)
    _copy_packets(memoryview(data), batch, ends - lengths + HEADER_LENGTH)
    for row, encoded in options.items():
        end = int(ends[row]) - TRAILER_LENGTH
        data[end - len(encoded) : end] = encoded
    return EncodedPackets(data, ends)


def block_lengths(batch: Batch) -> NDArray[np.int64]:
    """Return how long the block of each packet of a batch is."""
    return _lengths(batch, _encode_comments(batch))


def _lengths(batch: Batch, options: dict[int, bytes]) -> NDArray[np.int64]:
    lengths = HEADER_LENGTH + (batch.captured + 3 & ~3) + TRAILER_LENGTH
    for row, encoded in options.items():
        lengths[row] += len(encoded)
    return lengths


def _encode_comments(batch: Batch) -> dict[int, bytes]:
    """Encode the options of the rows that have some."""
    rows = ((number - batch.first_number, texts) for number, texts in batch.comments.items() if texts)
    return {row: _encode_texts(texts) for row, texts in rows if 0 <= row < len(batch)}


def _encode_texts(texts: Iterable[str]) -> bytes:
    options = (Option(OPTION_COMMENT, encode_text(text)[:MAX_VALUE_LENGTH]) for text in texts)
    return encode_options(options, big_endian=False)


def _write_headers(
    words: NDArray[np.uint32],
    batch: Batch,
    positions: NDArray[np.int32],
    lengths: NDArray[np.int64],
    ends: NDArray[np.int64],
) -> None:
    """Write all but the packets' bytes and their options: field by field, for all packets at once."""
    at_ns = np.maximum(batch.at_ns, 0)
    fields: tuple[int | NDArray[np.integer[Any]], ...] = (
        BlockType.ENHANCED_PACKET,
        lengths,
        positions,
        at_ns >> 32,
        at_ns & 0xFFFFFFFF,
        batch.captured,
        np.clip(batch.original, 0, 0xFFFFFFFF),
    )
    start = (ends - lengths) // 4
    for place, field in enumerate(fields):
        words[start + place] = field
    words[ends // 4 - 1] = lengths


def _copy_packets(target: memoryview, batch: Batch, places: NDArray[np.int64]) -> None:
    """Copy each packet's bytes to its place."""
    source = batch.buffer.data
    rows = zip(places.tolist(), batch.offset.tolist(), batch.captured.tolist(), strict=True)
    for place, offset, captured in rows:
        target[place : place + captured] = source[offset : offset + captured]
