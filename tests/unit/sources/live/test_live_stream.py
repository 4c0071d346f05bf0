"""A pipe: every packet comes when its last byte did, the end is the end, and what is no capture is refused."""

from __future__ import annotations

import gzip
import os
from typing import TYPE_CHECKING

import pytest

from sigtrace.capture.batch import CaptureEnded, CaptureStarted
from sigtrace.capture.reader import CUT
from sigtrace.capture.writer import encode_pcap, encode_pcapng
from sigtrace.errors import CaptureError
from sigtrace.sources.live.stream import PipedCapture
from tests.builders.cables import Seen, watch
from tests.builders.captures import ETHERNET, make_records

if TYPE_CHECKING:
    from collections.abc import Iterator

RECORDS = make_records(60, 1500, 1, 9000, 60)
PCAPNG = encode_pcapng(RECORDS, interfaces=[ETHERNET])


class Pipe:
    """A pipe with a source at its other end."""

    def __init__(self) -> None:
        self._out, self._in = os.pipe()
        self.source = PipedCapture(self._out)
        self.seen = Seen()
        self.seen.add(self.source.open())

    def write(self, data: bytes) -> None:
        """Write all of this, and take what comes of it."""
        os.write(self._in, data)
        self.seen.add(self.source.poll(0) or [])

    def end(self) -> None:
        """End the writing, and take the rest."""
        os.close(self._in)
        self._in = -1
        assert watch(self.source, self.seen)

    def close(self) -> None:
        """Close what is open."""
        for number in {self._in, self._out} - {-1}:
            os.close(number)


@pytest.fixture
def pipe() -> Iterator[Pipe]:
    """A pipe."""
    made = Pipe()
    yield made
    made.close()


@pytest.mark.parametrize("nanosecond", [True, False])
def test_packets_come_when_they_are_whole(pipe: Pipe, *, nanosecond: bool) -> None:
    """A packet is there as soon as its last byte is, also the first one, and not before."""
    data = encode_pcap(RECORDS, link_type=1, nanosecond=nanosecond)
    pipe.write(data[:24])
    at = 24
    for number, record in enumerate(RECORDS):
        end = at + 16 + len(record.data)
        pipe.write(data[at : end - 1])
        assert len(pipe.seen.packets) == number
        pipe.write(data[end - 1 : end])
        pipe.seen.add(pipe.source.poll(0) or [])
        assert len(pipe.seen.packets) == number + 1
        at = end
    assert pipe.seen.packets == [record.data for record in RECORDS]


@pytest.mark.parametrize("size", [1, 7, 100, 4096])
def test_any_pieces_give_the_same(pipe: Pipe, size: int) -> None:
    """However the bytes are divided, the packets are the same, numbered from 1, and the end is told once."""
    for start in range(0, len(PCAPNG), size):
        pipe.write(PCAPNG[start : start + size])
    assert pipe.seen.packets == [record.data for record in RECORDS]
    pipe.end()
    assert pipe.seen.numbers == [1, 2, 3, 4, 5]
    assert pipe.source.counters().received == 5
    assert pipe.source.poll(0) is None
    assert pipe.source.close() == []
    assert [type(item) for item in pipe.seen.items].count(CaptureEnded) == 1


def test_long_record_comes_when_it_is_quiet(pipe: Pipe) -> None:
    """A record that is longer than what is looked at every time is there at the latest when no more comes."""
    records = make_records(3 * 2**20)
    data = encode_pcapng(records, interfaces=[ETHERNET])
    for start in range(0, len(data), 50000):
        pipe.write(data[start : start + 50000])
    pipe.seen.add(pipe.source.poll(0) or [])
    assert pipe.seen.packets == [records[0].data]


def test_cut_at_the_end_is_told(pipe: Pipe) -> None:
    """A writer that dies in the middle of a packet leaves a capture that is cut."""
    pipe.write(PCAPNG[:-3])
    pipe.end()
    assert pipe.seen.codes() == [CUT]
    assert pipe.seen.packets == [record.data for record in RECORDS[:-1]]


def test_leaving_is_no_damage(pipe: Pipe) -> None:
    """Who stops reading in the middle of a packet gets the end of what came, and no damage."""
    pipe.write(PCAPNG[:-3])
    (end,) = pipe.source.close()
    assert isinstance(end, CaptureEnded)
    assert (end.packets, end.truncated) == (4, False)
    assert pipe.source.poll(0) is None
    assert pipe.source.close() == []


@pytest.mark.parametrize(
    ("data", "words"),
    [(gzip.compress(PCAPNG), "compressed"), (b"12:00:01.5 IP 10.0.0.1 > 10.0.0.2: UDP, length 3\n", "text")],
)
def test_what_is_no_capture_is_refused(pipe: Pipe, data: bytes, words: str) -> None:
    """Compressed captures and what is none are errors that say what they look like, at once."""
    with pytest.raises(CaptureError, match=words):
        pipe.write(data)
    assert pipe.source.close() == []


def test_nothing_is_refused(pipe: Pipe) -> None:
    """A pipe that ends before anything came is an error."""
    with pytest.raises(CaptureError, match="is empty"):
        pipe.end()


def test_start_is_told_before_a_packet(pipe: Pipe) -> None:
    """What a pcapng capture says of itself is there before its first packet."""
    pipe.write(encode_pcapng([], interfaces=[ETHERNET]))
    assert isinstance(pipe.seen.items[0], CaptureStarted)
