"""Media as whole columns of pcapng blocks: a pattern of packets that repeats, its headers written by vector operations.

One row of the array is one round of the pattern: video and audio of a few calls, and a little TLS. Payloads are random.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from peerconnection_traffic import ethernet_header, ipv4_header

if TYPE_CHECKING:
    from numpy.typing import NDArray

STEP_NS = 1_600_000  # between packets
GAP_NS = 2_000_000  # at the end of a round, for signaling
PACKETS_PER_ROUND = 40
TLS_EVERY, AUDIO_EVERY = 20, 13  # the other packets are video


class _Slot(NamedTuple):
    """One packet of the pattern."""

    offset: int  # where its block begins in a row
    head: bytes  # the block from its type to the end of all packet headers
    tail: bytes  # padding and the trailing length
    length: int  # of the block
    rtp: int | None  # where its RTP header begins in the row


class Media:
    """The pattern, laid out once."""

    def __init__(self) -> None:
        self._slots: list[_Slot] = []
        at = 0
        for index in range(PACKETS_PER_ROUND):
            slot = _lay_out(index, at)
            self._slots.append(slot)
            at += slot.length
        self.round_length = at
        self.round_ns = PACKETS_PER_ROUND * STEP_NS + GAP_NS
        self._random = np.random.default_rng(1)

    def gap_after(self, number: int) -> int:
        """Return when the gap at the end of a round begins, in nanoseconds from the start."""
        return number * self.round_ns + PACKETS_PER_ROUND * STEP_NS

    def rounds(self, first: int, count: int, start_ns: int) -> NDArray[np.uint8]:
        """Return some rounds, one a row, as pcapng blocks with nanoseconds."""
        words = self._random.integers(0, 2**64, size=count * self.round_length // 8 + 1, dtype=np.uint64)
        rows = words.view(np.uint8)[: count * self.round_length].reshape(count, self.round_length)
        numbers = np.arange(first, first + count)
        for index, (offset, head, tail, length, rtp) in enumerate(self._slots):
            rows[:, offset : offset + len(head)] = np.frombuffer(head, np.uint8)
            rows[:, offset + length - len(tail) : offset + length] = np.frombuffer(tail, np.uint8)
            at_ns = start_ns + numbers * self.round_ns + index * STEP_NS
            _put(rows, offset + 12, (at_ns >> 32).astype("<u4"))
            _put(rows, offset + 16, (at_ns & 0xFFFFFFFF).astype("<u4"))
            if rtp is not None:
                _put(rows, rtp + 2, (numbers + index).astype(">u2"))
                _put(rows, rtp + 4, (numbers * 3000).astype(">u4"))
            elif head[23 + 28] == 6:
                _put(rows, offset + 28 + 38, (numbers * 1000 + index).astype(">u4"))
        return rows


def _put(rows: NDArray[np.uint8], at: int, column: NDArray[np.generic]) -> None:
    """Write one number into each row."""
    size = column.dtype.itemsize
    rows[:, at : at + size] = column.view(np.uint8).reshape(-1, size)


def _lay_out(index: int, offset: int) -> _Slot:
    """Return the packet at one place of the pattern."""
    call = index % 6
    source, destination = bytes((10, 80, 0, call)), bytes((10, 81, 0, call))
    if index % 2:
        source, destination = destination, source
    if index % TLS_EVERY == TLS_EVERY - 1:
        body = struct.pack(">HHIIBBHHH", 443, 50_000, 0, 1, 0x50, 0x10, 500, 0, 0) + b"\x17\x03\x03\x03\xe8"
        payload, protocol = 1000, 6
    else:
        payload = 160 if index % AUDIO_EVERY == 0 else 960 + index * 37 % 160
        is_audio = payload == 160
        rtp = struct.pack(">BBHII", 0x80, 111 if is_audio else 96, 0, 0, 1000 + index % 12)
        body = struct.pack(">HHHH", 40_000 + call, 41_000 + call, 8 + len(rtp) + payload, 0) + rtp
        protocol = 17
    ip_length = len(body) + payload
    frame = ethernet_header(source, destination) + ipv4_header(source, destination, protocol, ip_length) + body
    captured = len(frame) + payload
    padding = -captured % 4
    length = 32 + captured + padding
    head = struct.pack("<IIIIIII", 6, length, 0, 0, 0, captured, captured) + frame
    rtp_at = offset + 28 + 14 + 20 + 8 if protocol == 17 else None
    return _Slot(offset, head, bytes(padding) + struct.pack("<I", length), length, rtp_at)
