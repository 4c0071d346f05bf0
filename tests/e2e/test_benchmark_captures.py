"""The captures that sigtrace is measured on, made small: they hold what they are said to hold, in any format."""

from __future__ import annotations

import gzip
import io
import shutil
import subprocess
from collections import Counter
from typing import TYPE_CHECKING

import numpy as np
import pytest
import zstandard

import sigtrace
from benchmarks.traffic.downloads import response
from benchmarks.traffic.formats import as_pcap, write
from benchmarks.traffic.kinds import KINDS
from benchmarks.traffic.peerconnection import DENSE, USUAL
from benchmarks.traffic.progression import Progression
from sigtrace.calls.verdict import Outcome
from sigtrace.capture.batch import Batch

if TYPE_CHECKING:
    from pathlib import Path

    from benchmarks.traffic.peerconnection import Course
    from sigtrace.trace import Trace

SCALES = {"media": 0.01, "dense": 0.004, "small-packets": 0.003, "downloads": 0.01}
CALLS = {"media": 2, "dense": 10, "small-packets": 2, "downloads": 2}
OPEN_DIRECTION = {"tcp.gap": 30}  # the downloads of which one direction is captured, from their beginning on
Frame = tuple[int, bytes]  # nanoseconds, link frame


def made(kind: str, seed: int = 1) -> list[bytes]:
    """Make a small capture."""
    return list(KINDS[kind].make(SCALES[kind], CALLS[kind], seed))


def frames(capture: bytes) -> list[Frame]:
    """Return the packets of a capture."""
    return [
        (int(item.at_ns[row]), item.bytes_of(row))
        for item in sigtrace.read(io.BytesIO(capture))
        if isinstance(item, Batch)
        for row in range(len(item))
    ]


def analyzed(kind: str) -> Trace:
    """Make a small capture, and analyze it with its checksums."""
    return sigtrace.analyze(sigtrace.read(io.BytesIO(b"".join(made(kind)))), verify_checksums=True)


@pytest.mark.parametrize(("kind", "course"), [("media", USUAL), ("small-packets", USUAL), ("dense", DENSE)])
def test_all_calls_are_there(kind: str, course: Course) -> None:
    """Every exchange of every call is found, each call is complete, and no checksum is wrong."""
    trace = analyzed(kind)
    assert len(trace.exchanges) == CALLS[kind] * course.exchanges
    assert [trace.verdicts[call.number].outcome for call in trace.calls] == [Outcome.COMPLETE] * CALLS[kind]
    told = Counter(notice.code for notice in trace.notices if notice.code != "checksum.offloaded")
    assert told == (OPEN_DIRECTION if kind == "small-packets" else {})


def test_downloads_are_whole() -> None:
    """Downloads are exchanges with all bytes of their bodies, by either framing, beside the calls."""
    trace = analyzed("downloads")
    answers = [one.response for one in trace.exchanges if one.request and one.request.target.startswith(b"/media/")]
    bodies = [answer.body for answer in answers if answer]
    assert len(bodies) == len(answers)
    assert len(trace.exchanges) == len(bodies) + CALLS["downloads"] * USUAL.exchanges
    assert [body.missing for body in bodies] == [0] * len(bodies)
    assert 0.98 * 5_430_000 < sum(body.length for body in bodies) <= 5_430_000
    assert {notice.code for notice in trace.notices} <= {"checksum.offloaded", "http.body-too-large"}


@pytest.mark.parametrize("number", [0, 4], ids=["by length", "chunked"])
@pytest.mark.parametrize("body", [1, 32_768, 100_000])
def test_response_is_as_long_as_said(number: int, body: int) -> None:
    """A response has the bytes that it says it has, and its words do not overlap."""
    answer = response(body, number)
    stream = bytearray(answer.length)
    for at, text in answer.words:
        assert not any(stream[at : at + len(text)])
        stream[at : at + len(text)] = text
    assert stream.count(0) == body


@pytest.mark.parametrize("kind", KINDS)
def test_times_rise(kind: str) -> None:
    """No packet is earlier than the one before it."""
    at_ns = [at_ns for at_ns, _ in frames(b"".join(made(kind)))]
    assert at_ns == sorted(at_ns)


@pytest.mark.parametrize("kind", KINDS)
def test_seed_decides(kind: str) -> None:
    """The same seed makes the same bytes, and another makes others."""
    assert made(kind) == made(kind)
    assert made(kind) != made(kind, seed=2)


def test_media_is_most() -> None:
    """Nineteen of twenty packets of the media-heavy capture are RTP, and packets are about a kilobyte long."""
    packets = [frame for _, frame in frames(b"".join(KINDS["media"].make(0.02, 0, 1)))]
    rtp = [frame for frame in packets if frame[23] == 17 and frame[42] == 0x80]
    assert 0.94 < len(rtp) / len(packets) < 0.96
    assert 900 < np.mean([len(frame) for frame in packets]) < 1000
    assert 590_000 < len(packets) / 0.02 < 610_000


def test_small_packets_are_small() -> None:
    """But for the beginnings of connections, packets of that capture are 60 to 120 bytes long, half of them RTP."""
    packets = [frame for _, frame in frames(b"".join(KINDS["small-packets"].make(0.01, 0, 1)))]
    usual = [frame for frame in packets if 60 <= len(frame) <= 120]
    assert len(usual) > 0.97 * len(packets)
    assert 0.48 < sum(frame[23] == 17 for frame in usual) / len(usual) < 0.52
    assert 2_900_000 < len(packets) / 0.01 < 3_150_000


def test_dense_exchanges_are_large() -> None:
    """An exchange of the dense capture takes about ten packets and five kilobytes."""
    packets = [frame for _, frame in frames(b"".join(made("dense")))]
    exchanges = CALLS["dense"] * DENSE.exchanges
    assert 9.5 < len(packets) / exchanges < 11
    assert 4_700 < sum(map(len, packets)) / exchanges < 5_300


@pytest.mark.parametrize("kind", ["media", "small-packets"])
def test_pcap_has_the_same_packets(kind: str) -> None:
    """Classic pcap holds the same frames, with times in whole microseconds."""
    pieces = made(kind)
    expected = [(at_ns // 1000 * 1000, frame) for at_ns, frame in frames(b"".join(pieces))]
    assert frames(b"".join(as_pcap(pieces))) == expected


def test_name_says_the_format(tmp_path: Path) -> None:
    """What is behind the dots of a file's name is how the capture is written."""
    pieces = made("media")
    names = ("plain.pcapng", "a.pcapng.gz", "a.pcapng.zst", "a.pcap")
    for name in names:
        write(tmp_path / name, pieces)
    plain, by_gzip, by_zstd, pcap = ((tmp_path / name).read_bytes() for name in names)
    assert plain == b"".join(pieces) == gzip.decompress(by_gzip)
    assert zstandard.ZstdDecompressor().decompressobj().decompress(by_zstd) == plain
    assert pcap == b"".join(as_pcap(pieces))


@pytest.mark.parametrize("kind", KINDS)
def test_tshark_sees_the_same(kind: str, tmp_path: Path) -> None:
    """Of requests tshark finds as many as sigtrace, and nothing malformed."""
    if shutil.which("tshark") is None:
        pytest.skip("tshark is not installed")
    path = tmp_path / "made.pcapng"
    write(path, made(kind))
    fields = ["-T", "fields", "-e", "http.request.method", "-e", "_ws.malformed"]
    command = ["tshark", "-r", str(path), "-Y", "http.request or _ws.malformed", *fields]
    found = Counter(subprocess.run(command, capture_output=True, text=True, check=True).stdout.split())
    assert set(found) == {"GET", "POST"}
    assert found.total() == len(analyzed(kind).exchanges)


def test_slices_of_a_progression_are_its_whole() -> None:
    """What is sent in slices of time is what is sent in all of it, each packet once."""
    progression = Progression(3, 100, burst=4, step_ns=30, late_ns=45)
    whole = progression.between(0, 1000)
    parts = [progression.between(begin, begin + 70) for begin in range(0, 980, 70)] + [progression.between(980, 1000)]
    told = sorted(zip(whole.stream, whole.number, whole.at_ns, strict=True))
    assert sorted(row for part in parts for row in zip(part.stream, part.number, part.at_ns, strict=True)) == told
    for wanted in range(3):
        own = [number for stream, number, _ in told if stream == wanted]
        assert own == list(range(len(own)))
