"""A capture of small packets: audio, acknowledgments of downloads that went another way, and short TLS records.

Half of the downloads had begun before the capture did: all that it sees of them is acknowledgments, without end.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

import numpy as np

from .media import SECOND_NS, media_flow
from .packets import Packets, Segments, rtp, tcp
from .progression import Progression
from .tls import TlsConnections

if TYPE_CHECKING:
    from numpy.typing import NDArray

DURATION_NS = 300 * SECOND_NS  # of 3 million packets
SLICE_NS = 5 * SECOND_NS
AUDIO_STREAMS = 100
AUDIO_LENGTHS = (6, 66)  # makes frames of 60 to 120 bytes
DOWNLOADS = 60
ACKNOWLEDGED = 2 * 1448
CHATS = 70
RECORD_LENGTHS = (24, 61)  # with the header of five bytes: frames of 78 to 115 bytes
BEGIN_NS = 50_000_000  # the connections are open by then

AUDIO = Progression(AUDIO_STREAMS, SECOND_NS // 50)
ACKNOWLEDGMENTS = Progression(DOWNLOADS, SECOND_NS // 10, 6, 24_000, BEGIN_NS)
RECORDS = Progression(CHATS, SECOND_NS // 10, late_ns=BEGIN_NS)
RECEIVED = Progression(CHATS, SECOND_NS // 10, late_ns=BEGIN_NS + 400_000)


class SmallPackets:
    """All packets of such a capture."""

    def __init__(self, random: np.random.Generator) -> None:
        self._random = random
        self._downloads = TlsConnections(DOWNLOADS, 84)
        self._chats = TlsConnections(CHATS, 86)
        seen = [(at_ns, frame) for at_ns, frame in self._downloads.opening if is_of_even_client(frame)]
        self.opening = sorted(seen + self._chats.opening)
        # What a chat's k-th record is long, again and again: sequence numbers follow from k.
        self._lengths = random.integers(*RECORD_LENGTHS, (CHATS, 256), endpoint=True)
        self._before = np.cumsum(self._lengths, 1) - self._lengths

    def between(self, begin_ns: int, end_ns: int) -> list[Packets]:
        """Return the packets of some time."""
        return [
            self._audio(begin_ns, end_ns),
            *self._acknowledgments(begin_ns, end_ns),
            self._records(begin_ns, end_ns),
            self._received(begin_ns, end_ns),
        ]

    def _audio(self, begin_ns: int, end_ns: int) -> Packets:
        stream, number, at_ns = AUDIO.between(begin_ns, end_ns)
        payload = self._random.integers(*AUDIO_LENGTHS, len(number), endpoint=True)
        return rtp(media_flow(stream), at_ns, payload, number, (111, number * 960, 2000 + stream))

    def _acknowledgments(self, begin_ns: int, end_ns: int) -> list[Packets]:
        """Return those of the downloads: of every other pair of them with the timestamps option."""
        stream, number, at_ns = ACKNOWLEDGMENTS.between(begin_ns, end_ns)
        has_clock = stream // 2 % 2 == 0
        parts = []
        for chosen in (has_clock, ~has_clock):
            own, count, times = stream[chosen], number[chosen], at_ns[chosen]
            milliseconds = times // 1_000_000
            segments = Segments(
                self._downloads.sent_by_client[own],
                self._downloads.sent_by_server[own] + (count + 1) * ACKNOWLEDGED,
                np.zeros(len(own), np.int64),
                clocks=(milliseconds + 7_000_000, milliseconds + 90_000_000) if chosen is has_clock else None,
            )
            parts.append(tcp(self._downloads.to_server(own), times, count, segments))
        return parts

    def _records(self, begin_ns: int, end_ns: int) -> Packets:
        """Return a record each: what a server tells its clients, again and again."""
        stream, number, at_ns = RECORDS.between(begin_ns, end_ns)
        length = self._lengths[stream, number % 256]
        segments = Segments(self._told(stream, number), self._chats.sent_by_client[stream], length, is_pushed=True)
        packets = tcp(self._chats.to_client(stream), at_ns, number, segments)
        at = packets.heads.shape[1]
        stamps = [(row, at, struct.pack(">BHH", 0x17, 0x0303, one - 5)) for row, one in enumerate(length.tolist())]
        return packets._replace(stamps=stamps)

    def _received(self, begin_ns: int, end_ns: int) -> Packets:
        stream, number, at_ns = RECEIVED.between(begin_ns, end_ns)
        segments = Segments(
            self._chats.sent_by_client[stream], self._told(stream, number + 1), np.zeros(len(number), np.int64)
        )
        return tcp(self._chats.to_server(stream), at_ns, number, segments)

    def _told(self, stream: NDArray[np.int64], number: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return the sequence number of a chat's k-th record."""
        rounds = self._before[stream, -1] + self._lengths[stream, -1]
        before: NDArray[np.int64] = number // 256 * rounds + self._before[stream, number % 256]
        return self._chats.sent_by_server[stream] + before


def is_of_even_client(frame: bytes) -> bool:
    """Tell whether a frame was sent by a client with an even address, in 10.84.0.0/16."""
    return frame[26:28] == b"\x0a\x54" and frame[29] % 2 == 0
