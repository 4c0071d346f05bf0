"""What tshark makes of packets: the judge of the packet stages, asked once for a whole capture."""

from __future__ import annotations

import struct
import subprocess
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

CHECKSUMS = ("ip.checksum.status", "tcp.checksum.status", "udp.checksum.status")
FIELDS = (
    *("frame.number", "frame.protocols"),
    *("tcp.srcport", "tcp.dstport", "tcp.seq_raw", "tcp.len", "tcp.hdr_len"),
    *CHECKSUMS,
)
VERIFYING = ("ip.check_checksum:TRUE", "tcp.check_checksum:TRUE", "udp.check_checksum:TRUE")
"""Preferences that have tshark verify checksums."""

# Whatever looks into payloads or remembers connections is of no concern here, and can only fail.
_LEAST = 20  # bytes of a TCP header
_BAD = 0  # among the states of a checksum
_QUIET = ("tcp.desegment_tcp_streams:FALSE", "tcp.analyze_sequence_numbers:FALSE", "tcp.calculate_timestamps:FALSE")


class Told(NamedTuple):
    """One TCP segment, as far as both programs name it."""

    source_port: int
    destination_port: int
    sequence: int
    length: int


class Judged(NamedTuple):
    """What tshark says of one packet."""

    protocols: str
    segments: tuple[Told, ...]
    wrong: tuple[str, ...]  # the protocols whose checksum it calls bad, once for each header


def write_pcapng(frames: Iterable[tuple[int, bytes, int]]) -> Iterator[bytes]:
    """Yield a pcapng file of (link type, captured bytes, original length), an interface for each link type."""
    yield _block(0x0A0D0D0A, struct.pack("<IHHq", 0x1A2B3C4D, 1, 0, -1))
    interfaces: dict[int, int] = {}
    for at, (link_type, frame, original) in enumerate(frames):
        if link_type not in interfaces:
            interfaces[link_type] = len(interfaces)
            yield _block(1, struct.pack("<HHI", link_type, 0, 0))
        at_us = at * 1000
        yield _block(
            6,
            struct.pack("<IIIII", interfaces[link_type], at_us >> 32, at_us & 0xFFFFFFFF, len(frame), original) + frame,
        )


def _block(kind: int, body: bytes) -> bytes:
    body += bytes(-len(body) % 4)
    return struct.pack("<II", kind, len(body) + 12) + body + struct.pack("<I", len(body) + 12)


def judge(frames: Sequence[tuple[int, bytes, int]], *preferences: str) -> list[Judged]:
    """Return what tshark says of each frame, as `write_pcapng` takes them."""
    judged = _ask("-", preferences, b"".join(write_pcapng(frames)))
    assert judged is not None, "tshark failed"
    return judged


def judge_file(path: str, *preferences: str) -> list[Judged] | None:
    """Return what tshark says of each packet of a capture, None when it did not read to its end."""
    return _ask(path, preferences, b"")


def _ask(path: str, preferences: Sequence[str], capture: bytes) -> list[Judged] | None:
    command = ["tshark", "-n", "-r", path, "-T", "fields", "-E", "separator=\t"]
    command += [part for field in FIELDS for part in ("-e", field)]
    command += [part for one in (*_QUIET, *preferences) for part in ("-o", one)]
    done = subprocess.run(command, input=capture, capture_output=True, check=False)
    return None if done.returncode else [_judged(line) for line in done.stdout.decode().splitlines()]


def _judged(line: str) -> Judged:
    _, protocols, *columns = line.split("\t")
    source, destination, sequence, length, header, *states = (
        [int(one) for one in column.split(",") if one] for column in columns
    )
    whole = zip(map(Told, source, destination, sequence, length), header, strict=False)
    segments = tuple(told for told, size in whole if size >= _LEAST)  # it names "bogus" headers, and stops there
    wrong = [name.split(".")[0] for name, found in zip(CHECKSUMS, states, strict=True) for one in found if one == _BAD]
    return Judged(protocols, segments, tuple(wrong))
