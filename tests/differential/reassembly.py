"""TCP reassembly beside Wireshark's "Follow TCP Stream" and beside what the captured segments themselves say.

Every byte of every conversation is compared three ways. Where two answers differ, a rule here must say why, from the
captured segments; a difference that no rule explains is a failure. `docs/reliability.md` words the rules.
"""

from __future__ import annotations

import base64
import io
import re
import subprocess
from collections import Counter
from dataclasses import dataclass, field
from ipaddress import ip_address
from typing import TYPE_CHECKING, Final

from sigtrace.capture.batch import Batch, Record
from sigtrace.capture.writer import encode_pcap
from sigtrace.packets.packet import RST, Segment
from sigtrace.packets.sieve import Sieve
from sigtrace.sources.file import read
from sigtrace.streams.flow import Chunk, Counts, Delivery, Gap
from sigtrace.streams.order import TimeOrder
from sigtrace.streams.reassembly import Reassembler
from sigtrace.streams.sequence import MASK
from tests.builders import packets
from tests.builders.rough import NEAR, Direction, Rough, RoughFlow

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from sigtrace.notices import Notice
    from sigtrace.streams.connection import Connection
    from sigtrace.streams.flow import StreamItem
    from sigtrace.streams.stream import Stream

MISSING: Final = -1  # in place of a byte: it was sent and not captured

_MARKER = re.compile(rb"\[(\d+) bytes missing in capture file\]\0")


@dataclass
class Reading:
    """One direction as a program read it; positions count from the first byte of the stream, packets in the capture."""

    endpoint: bytes = b""
    found: dict[int, tuple[int, int]] = field(default_factory=dict)  # position → packet and byte; or MISSING
    start: int = 0
    ends: int = 0
    counts: Counts = field(default_factory=Counts)


# ── a capture of many conversations ──────────────────────────────────────────────────────────────────────────────────


def encode_frame(segment: Segment) -> tuple[bytes, int]:
    """Return a segment as an Ethernet frame, as much as was captured of it, and the frame's whole length."""
    ports = [int.from_bytes(end[-2:], "big") for end in (segment.source, segment.destination)]
    source, destination = (str(ip_address(end[:-2])) for end in (segment.source, segment.destination))
    transport = packets.tcp(
        *ports,
        sequence=segment.sequence,
        acknowledgment=segment.acknowledgment,
        flags=segment.flags,
        window=segment.window,
        payload=segment.payload.ljust(segment.length, b"\0"),
    )
    if len(segment.source) == 6:
        network = packets.ipv4(source, destination, transport, identification=segment.identity)
    else:
        network = packets.ipv6(source, destination, transport)
    frame = packets.ethernet(network, pad=False)
    return frame[: len(frame) - segment.length + len(segment.payload)], len(frame)


def encode_capture(roughs: list[Rough]) -> bytes:
    """Write conversations side by side into one capture, and give their segments the numbers that they have in it."""
    order = sorted(
        (segment.at_ns, place, at) for place, rough in enumerate(roughs) for at, segment in enumerate(rough.segments)
    )
    records = []
    for number, (at_ns, place, at) in enumerate(order, 1):
        frame, length = encode_frame(roughs[place].segments[at])
        records.append(Record(number, at_ns, 0, 1, frame, length))
    numbers = {(place, at): number for number, (_, place, at) in enumerate(order, 1)}
    for place, rough in enumerate(roughs):
        rough.renumber([numbers[place, at] for at in range(len(rough.segments))])
    return encode_pcap(records, link_type=1)


# ── what sigtrace reads ──────────────────────────────────────────────────────────────────────────────────────────────


def segments_of(capture: bytes) -> Iterator[Segment]:
    """Yield a capture's segments as the pipeline hands them to reassembly."""
    sieve, order = Sieve(all_flows=True), TimeOrder()
    for item in read(io.BytesIO(capture)):
        if isinstance(item, Batch):
            yield from order.feed(one for one in sieve.feed(item) if isinstance(one, Segment))
    yield from order.flush()


class _Watched(Reassembler):
    """Remembers every connection that it ever followed, also when it is over."""

    def __init__(self) -> None:
        super().__init__()
        self.met: dict[int, Connection] = {}

    def _open(self, endpoints: bytes, segment: Segment, *, number: int | None = None) -> Stream:
        stream = super()._open(endpoints, segment, number=number)
        self.met[stream.connection.number] = stream.connection
        return stream


def read_ours(segments: Iterable[Segment]) -> dict[int, list[Reading]]:
    """Return what sigtrace makes of each flow, by the number of its first packet."""
    reassembler = _Watched()
    items: list[Delivery | Notice] = [found for segment in segments for found in reassembler.feed(segment)]
    items += reassembler.close()
    readings = {(number, by): Reading() for number in reassembler.met for by in (True, False)}
    for item in items:
        if isinstance(item, Delivery):
            _add(readings[item.flow, item.from_originator], item.item)
    flows: dict[int, list[Reading]] = {}
    for number, connection in reassembler.met.items():
        for stream in connection.streams:
            reading = readings[number, stream.from_originator]
            reading.endpoint, reading.counts, reading.start = stream.endpoint, stream.counts(), stream.base & MASK
            flows.setdefault(connection.first_packet, []).append(reading)
    return flows


def _add(reading: Reading, item: StreamItem) -> None:
    """Append an item; positions count from the stream's start, which is known at the end."""
    at = len(reading.found)
    if isinstance(item, Chunk):
        reading.found |= {at + place: (item.packet, byte) for place, byte in enumerate(item.data)}
    elif isinstance(item, Gap):
        reading.found |= {at + place: (item.packet, MISSING) for place in range(item.length)}
    else:
        reading.ends += 1


# ── what tshark reads ────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass
class Tshark:
    """What tshark says of a capture."""

    stream: dict[int, int]  # packet → number of its stream
    followed: dict[int, list[tuple[bytes, int, bytes]]]  # stream → source endpoint, packet, bytes: in order of output


def read_tshark(path: Path, streams: int) -> Tshark:
    """Let tshark follow every stream of a capture, in one run.

    `yaml` shows the same chunks as `raw` and says for each which packet it takes it from.
    """
    command = ["tshark", "-n", "-r", str(path), "-T", "fields", "-e", "frame.number", "-e", "tcp.stream"]
    command += (part for stream in range(streams) for part in ("-z", f"follow,tcp,yaml,{stream}"))
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    head, _, rest = done.stdout.partition("peers:\n")
    rows = [line.split("\t") for line in head.splitlines()]
    stream = {int(row[0]): int(row[1]) for row in rows}
    followed: dict[int, list[tuple[bytes, int, bytes]]] = {}
    for block in ("peers:\n" + rest).split("peers:\n")[1:]:
        chunks = list(_chunks(block))
        for chunk in chunks[:1]:
            followed[stream[chunk[1]]] = chunks
    return Tshark(stream, followed)


def _chunks(block: str) -> Iterator[tuple[bytes, int, bytes]]:
    hosts = re.findall(r"host: (\S+)\n\s+port: (\d+)", block)
    ends = [ip_address(host).packed + int(port).to_bytes(2, "big") for host, port in hosts]
    for part in block.split("  - packet: ")[1:]:
        lines = part.splitlines()
        peer = int(lines[1].partition("peer: ")[2])
        yield ends[peer], int(lines[0]), base64.b64decode("".join(lines[4:]))


# ── the comparison ───────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass
class Comparison:
    """What was compared, and how it came out."""

    conversations: int = 0
    flows: int = 0
    packets: int = 0
    bytes: int = 0
    alike: int = 0  # bytes and missing bytes that tshark shows too, from the same packet
    gap_bytes: int = 0
    features: Counter[str] = field(default_factory=Counter)
    from_segments: Counter[str] = field(default_factory=Counter)  # class → bytes where ours is not what segments say
    from_tshark: Counter[str] = field(default_factory=Counter)  # class → bytes where ours is not what tshark says
    unexplained: list[str] = field(default_factory=list)


def compare_captured(roughs: list[Rough], path: Path, result: Comparison) -> None:
    """Write conversations to a capture, read it with both programs, and compare every byte."""
    capture = encode_capture(roughs)
    path.write_bytes(capture)
    ours = read_ours(segments_of(capture))
    theirs = read_tshark(path, len(ours))
    for rough in roughs:
        result.conversations += 1
        result.features.update(rough.features)
        for flow in rough.flows:
            segments = rough.segments[flow.rows]
            if segments:
                compare_flow(flow, segments, ours, theirs, result)


def compare_flow(
    flow: RoughFlow, segments: list[Segment], ours: dict[int, list[Reading]], theirs: Tshark | None, result: Comparison
) -> None:
    """Compare both directions of one flow; with tshark too where its answer is given."""
    first = segments[0].number
    where = f"packets {first} to {segments[-1].number}"
    if flow.reopened:
        result.from_segments["late SYN: behind the ends of both directions it begins a new flow"] += 1
        return
    if first not in ours:
        result.unexplained.append(f"{where}: no flow begins here")
        return
    result.flows += 1
    chunks: list[tuple[bytes, int, bytes]] | None = None
    if theirs is not None:
        streams = {theirs.stream[segment.number] for segment in segments}
        if len(streams) > 1 and not flow.late_syn:
            result.unexplained.append(f"{where}: streams {streams} of tshark")
        chunks = theirs.followed.get(min(streams), [])
    for direction in (flow.client, flow.server):
        (own,) = (one for one in ours[first] if one.endpoint == direction.side.endpoint)
        name = f"{where} {'client' if direction is flow.client else 'server'}"
        shift = (own.start - direction.side.isn - 1 + NEAR) % 2**32 - NEAR
        found = {at + shift: what for at, what in own.found.items()}
        result.packets += own.counts.packets
        result.bytes += own.counts.bytes
        result.gap_bytes += own.counts.gap_bytes
        check_with_segments(name, direction, own, found, shift, result)
        if chunks is None:
            continue
        if flow.late_syn:
            result.from_tshark["late SYN: tshark begins anew with a SYN that comes behind data"] += own.counts.bytes
        else:
            check_with_tshark(name, direction, found, shift, chunks, result)


def check_with_segments(  # noqa: PLR0917 - as above
    name: str, direction: Direction, own: Reading, found: dict[int, tuple[int, int]], start: int, result: Comparison
) -> None:
    """Hold what sigtrace reads against what the captured segments say, byte by byte."""
    first = direction.carriers()
    fin = direction.fin
    end = fin if fin is not None else max(direction.shown(), max(found, default=-1) + 1)
    for at in sorted(first.keys() | found.keys()):
        ours, expected = found.get(at), first.get(at)
        if ours == expected or (expected is None and ours is not None and ours[1] == MISSING and at < end):
            continue
        why = _why_not_as_segments(direction, at, ours, expected, start)
        if why is None:
            result.unexplained.append(f"{name}: at {at} {ours} where segments say {expected}, start {start}")
        else:
            result.from_segments[why] += 1
    delivered = sum(byte != MISSING for _, byte in found.values())
    if (own.counts.bytes, own.counts.bytes + own.counts.gap_bytes) != (delivered, len(found)):
        result.unexplained.append(f"{name}: counts {own.counts} are not {delivered} of {len(found)}")
    if own.counts.packets != len(direction.captured):
        result.unexplained.append(f"{name}: {own.counts.packets} packets of {len(direction.captured)}")
    if own.ends != 1 and (found or fin is not None):
        result.unexplained.append(f"{name}: {own.ends} ends")


def _why_not_as_segments(  # noqa: PLR0911 - a list of rules
    direction: Direction, at: int, ours: tuple[int, int] | None, expected: tuple[int, int] | None, start: int
) -> str | None:
    """Return the rule that lets sigtrace differ from the captured segments at a position; None when there is none."""
    if expected is None:
        return None
    if ours is None and at < start <= direction.acknowledged(before=expected[0]):
        return "before the beginning: acknowledged by the first packets captured"
    if ours is None and at < start and direction.stands_at(start, before=expected[0]) and not direction.opened:
        return "before the beginning: other packets came first, and no SYN before them"
    if ours is None and at < 0 and direction.syn:
        return "before the beginning: a probe with the number of the SYN"
    if not direction.opened and direction.is_probe(expected[0]):
        return "before the beginning: a probe was the first packet captured"
    if ours is not None and ours[1] == MISSING and direction.was_cut(at, before=expected[0]):
        return "cut: the snap length cut it off the packet that came first"
    return None


def check_with_tshark(  # noqa: PLR0917 - as above
    name: str,
    direction: Direction,
    found: dict[int, tuple[int, int]],
    start: int,
    chunks: list[tuple[bytes, int, bytes]],
    result: Comparison,
) -> None:
    """Hold what sigtrace reads against what tshark follows, byte by byte and packet by packet."""
    theirs = _place(direction, chunks)
    for at in sorted(found.keys() | theirs.keys()):
        ours, other = found.get(at), theirs.get(at)
        if ours == other or (ours and other and ours[1] == other[1] == MISSING):
            result.alike += 1
            continue
        why = _why_not_as_tshark(direction, at, ours, other, theirs)
        if why is None and other is not None and other in direction.copies_of(at):
            why = _why_not_as_segments(direction, at, ours, other, start)
        if why is None:
            result.unexplained.append(f"{name}: at {at} {ours}, tshark {other}")
        else:
            result.from_tshark[why] += 1


def _place(direction: Direction, chunks: list[tuple[bytes, int, bytes]]) -> dict[int, tuple[int, int]]:
    """Return what tshark found at which position: its chunks are the ends of the payloads of the packets it names."""
    by_number = {segment.number: segment for segment in direction.captured}
    found: dict[int, tuple[int, int]] = {}
    missing = 0
    for endpoint, packet, data in chunks:
        if endpoint != direction.side.endpoint:
            continue
        marker = _MARKER.fullmatch(data)
        if marker is not None:
            missing += int(marker[1])
            continue
        segment = by_number[packet]
        assert segment.payload.endswith(data)
        start = direction.position(segment) + len(segment.payload) - len(data)
        if missing:
            found |= dict.fromkeys(range(start - missing, start), (packet, MISSING))
        found |= {at: (packet, byte) for at, byte in enumerate(data, start)}
        missing = 0
    return found


def _why_not_as_tshark(  # noqa: C901, PLR0911 - a list of rules
    direction: Direction,
    at: int,
    ours: tuple[int, int] | None,
    other: tuple[int, int] | None,
    theirs: dict[int, tuple[int, int]],
) -> str | None:
    """Return the rule by which tshark differs at a position; None when there is none."""
    copies = direction.copies_of(at)
    if ours is None:
        return _why_alone(direction, at, other)
    if ours[1] == MISSING:
        if other is None and direction.was_cut(at):
            return "cut: tshark shows nothing in place of bytes that a snap length cut off"
        return "missing: not shown, as nothing that is printed follows" if other is None and not copies else None
    if other is None:
        if direction.was_cut(at):
            return "cut: tshark takes another copy of the byte, whose packet a snap length cut"
        first = min(theirs, default=None)
        if first is not None and at < first:
            return "start: tshark begins with the first packet, others came before it in the stream"
        if first is None or any(hole not in theirs for hole in range(min(theirs), at)):
            return "hole: tshark keeps back what waits behind a hole that nobody acknowledged"
        return None
    if other[1] == MISSING:
        if direction.acknowledged(before=ours[0]) > at:
            return "late: acknowledged before it was captured, tshark had given it up"
        return None
    if ours == copies[0] and other in copies:
        return "overlap: other copy" if ours[1] == other[1] else "overlap: other copy, with other bytes"
    return None


def _why_alone(direction: Direction, at: int, other: tuple[int, int] | None) -> str | None:
    """Return the rule by which tshark shows something that sigtrace does not."""
    if other is None:
        return None
    if other[1] == MISSING:
        first = direction.captured[0]
        if not first.length and direction.position(first) == at:
            return "probe: tshark misses a byte before the first packet, which is a keep-alive"
        return None
    if direction.flags(other[0]) & RST:
        return "reset: its text is shown as data"
    return None
