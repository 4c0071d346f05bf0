"""A media-heavy capture: video and audio of a few calls, and some downloads over TLS beside them."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

import numpy as np

from .packets import Flow, Packets, Segments, address, rtp, tcp
from .progression import Progression
from .tls import TlsConnections

if TYPE_CHECKING:
    from numpy.typing import NDArray

SECOND_NS = 1_000_000_000
DURATION_NS = 206_500_000_000  # of 600 000 packets, 600 MB
SLICE_NS = 5 * SECOND_NS
CALLS = 6  # whose media is on the wire at one time, in two directions
STREAMS = 2 * CALLS
PACKETS_PER_FRAME = 6
VIDEO_LENGTHS, AUDIO_LENGTHS = (1050, 1200), (90, 150)
VIDEO_TYPE, AUDIO_TYPE, MARKER = 96, 111, 0x80
DOWNLOADS = 4
SEGMENT = 1448
SEGMENTS_PER_RECORD = 11  # a TLS record and its header in eleven full segments
RECORD = struct.pack(">BHH", 0x17, 0x0303, SEGMENT * SEGMENTS_PER_RECORD - 5)
SEGMENT_NS = SECOND_NS // 24
BEGIN_NS = 2_000_000  # of the downloads: their connections are open by then

VIDEO = Progression(STREAMS, SECOND_NS // 30, PACKETS_PER_FRAME)
AUDIO = Progression(STREAMS, SECOND_NS // 50)
DATA = Progression(DOWNLOADS, SEGMENT_NS, late_ns=BEGIN_NS)
ACKNOWLEDGMENTS = Progression(  # one for two segments, a moment after the second
    DOWNLOADS, 2 * SEGMENT_NS, late_ns=BEGIN_NS + SEGMENT_NS + 300_000, spread_ns=SEGMENT_NS
)


class Media:
    """All packets of such a capture."""

    def __init__(self, random: np.random.Generator) -> None:
        self._random = random
        self._downloads = TlsConnections(DOWNLOADS, 82)
        self.opening = self._downloads.opening

    def between(self, begin_ns: int, end_ns: int) -> list[Packets]:
        """Return the packets of some time."""
        return [
            self._video(begin_ns, end_ns),
            self._audio(begin_ns, end_ns),
            self._data(begin_ns, end_ns),
            self._acknowledgments(begin_ns, end_ns),
        ]

    def _video(self, begin_ns: int, end_ns: int) -> Packets:
        stream, number, at_ns = VIDEO.between(begin_ns, end_ns)
        payload = self._random.integers(*VIDEO_LENGTHS, len(number), endpoint=True)
        is_last = number % PACKETS_PER_FRAME == PACKETS_PER_FRAME - 1
        fields = VIDEO_TYPE + MARKER * is_last, number // PACKETS_PER_FRAME * 3000, 1000 + stream
        return rtp(media_flow(stream), at_ns, payload, number, fields)

    def _audio(self, begin_ns: int, end_ns: int) -> Packets:
        stream, number, at_ns = AUDIO.between(begin_ns, end_ns)
        payload = self._random.integers(*AUDIO_LENGTHS, len(number), endpoint=True)
        return rtp(media_flow(stream), at_ns, payload, number, (AUDIO_TYPE, number * 960, 2000 + stream))

    def _data(self, begin_ns: int, end_ns: int) -> Packets:
        stream, number, at_ns = DATA.between(begin_ns, end_ns)
        of = self._downloads
        segments = Segments(
            of.sent_by_server[stream] + number * SEGMENT, of.sent_by_client[stream], np.full(len(number), SEGMENT)
        )
        packets = tcp(of.to_client(stream), at_ns, number, segments)
        first = np.flatnonzero(number % SEGMENTS_PER_RECORD == 0).tolist()
        return packets._replace(stamps=[(row, packets.heads.shape[1], RECORD) for row in first])

    def _acknowledgments(self, begin_ns: int, end_ns: int) -> Packets:
        stream, number, at_ns = ACKNOWLEDGMENTS.between(begin_ns, end_ns)
        of = self._downloads
        segments = Segments(
            of.sent_by_client[stream],
            of.sent_by_server[stream] + (2 * number + 2) * SEGMENT,
            np.zeros(len(number), np.int64),
        )
        return tcp(of.to_server(stream), at_ns, number, segments)


def media_flow(stream: NDArray[np.int64]) -> Flow:
    """Return between whom a stream goes: even ones one way, odd ones back; all of a call between the same ports."""
    call, is_back = stream // 2, stream % 2 == 1
    left, right = address(80, call), address(81, call)
    ports = 50_000 + call * 7, 52_000 + call * 11
    return Flow(
        np.where(is_back, right, left),
        np.where(is_back, ports[1], ports[0]),
        np.where(is_back, left, right),
        np.where(is_back, ports[0], ports[1]),
    )
