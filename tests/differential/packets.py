"""Packets, damaged at random: columns against records, and both against tshark.

    python -m tests.differential.packets ways --inputs 1000000   columns and records tell the same of each, none raises
    python -m tests.differential.packets tshark --inputs 20000   the same TCP segments as tshark, differences by cause
    python -m tests.differential.packets checksums FILE…         as many wrong checksums as tshark, unfinished included

The same `--seed` gives the same packets. The exit code is 1 where something differs for which `cause_of` has no reason.
"""

from __future__ import annotations

import argparse
import random
import sys
import time
from collections import Counter
from itertools import islice
from typing import TYPE_CHECKING, NamedTuple

import sigtrace
from sigtrace.packets.packet import Segment
from sigtrace.packets.sieve import Sieve
from sigtrace.packets.tally import Kind
from tests.builders.packets import batch_of, ethernet, ipv4, record, tcp
from tests.builders.shapes import PAYLOAD, SHAPES, UNJUDGED
from tests.builders.tcp_options import NAMED
from tests.differential.tshark import VERIFYING, Told, judge, judge_file

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from sigtrace.capture.batch import Record

ROUND = 2000  # inputs in one batch

_WITH_OPTIONS = [
    (name, 1, ethernet(ipv4("10.77.0.11", "10.77.0.1", tcp(40000, 8888, sequence=7, options=made, payload=PAYLOAD))))
    for name, made in NAMED
]


class Input(NamedTuple):
    """One packet, and the shape it was made from."""

    shape: str
    link_type: int
    frame: bytes
    original: int


def damaged(shapes: Sequence[tuple[str, int, bytes]], seed: int) -> Iterator[Input]:
    """Yield packets without end: each of a shape at random, damaged in one to three places."""
    chance = random.Random(seed)
    while True:
        name, link_type, frame = chance.choice(shapes)
        original = len(frame)
        for _ in range(chance.choice((1, 1, 1, 2, 3))):
            if frame:
                frame, added = chance.choice(_DAMAGES)(frame, chance)
                original += added
        yield Input(name, link_type, frame, max(original, len(frame)))


def _flip(frame: bytes, chance: random.Random) -> tuple[bytes, int]:
    at = chance.randrange(len(frame))
    return frame[:at] + bytes([frame[at] ^ 1 << chance.randrange(8)]) + frame[at + 1 :], 0


def _replace(frame: bytes, chance: random.Random) -> tuple[bytes, int]:
    at = chance.randrange(len(frame))
    return frame[:at] + bytes([chance.choice((0, 1, 0x7F, 0x80, 0xFF, chance.randrange(256)))]) + frame[at + 1 :], 0


def _insert(frame: bytes, chance: random.Random) -> tuple[bytes, int]:
    at, noise = chance.randrange(len(frame)), chance.randbytes(chance.choice((1, 2, 4, 8)))
    return frame[:at] + noise + frame[at:], len(noise)


def _remove(frame: bytes, chance: random.Random) -> tuple[bytes, int]:
    at, size = chance.randrange(len(frame)), chance.choice((1, 2, 4, 8))
    return frame[:at] + frame[at + size :], -min(size, len(frame) - at)


def _cut(frame: bytes, chance: random.Random) -> tuple[bytes, int]:
    at = chance.randrange(len(frame))
    return frame[:at], chance.choice((0, at - len(frame)))


def _add(frame: bytes, chance: random.Random) -> tuple[bytes, int]:
    noise = chance.randbytes(chance.randrange(1, 24))
    return frame + noise, len(noise)


_DAMAGES: tuple[Callable[[bytes, random.Random], tuple[bytes, int]], ...] = (
    *(_flip, _flip, _flip, _replace, _replace, _replace),
    *(_insert, _remove, _cut, _add),
)


# ── columns against records ──────────────────────────────────────────────────────────────────────────────────────────


def compare_ways(inputs: int, seed: int) -> int:
    """Feed damaged packets both ways, all in one capture; return how many rounds differ."""
    source = damaged([*SHAPES, *_WITH_OPTIONS], seed)
    by_columns, by_record = Sieve(all_flows=True), Sieve(all_flows=True, columns=False)
    segments = differing = 0
    started = time.monotonic()
    for first in range(1, inputs + 1, ROUND):
        batch = batch_of(_records(source, first, min(ROUND, inputs + 1 - first)), first_number=first)
        found = by_columns.feed(batch)
        same = found == by_record.feed(batch) and by_columns.tally() == by_record.tally()
        differing += not same
        segments += sum(isinstance(one, Segment) for one in found)
        if not same:
            print(f"packets {first} to {first + len(batch) - 1}: the ways differ")
    notices = by_columns.close()
    differing += notices != by_record.close()
    lost = inputs - by_columns.tally().packets
    print(f"{inputs:,} packets, {segments:,} segments, {lost} lost from the tally, {time.monotonic() - started:.0f} s")
    print("kinds:", ", ".join(f"{count.packets:,}" for count in by_columns.tally().kinds))
    for notice in notices:
        print(f"  {notice.code}: {notice.text}")
    print(f"{differing} differences between the ways")
    return differing + abs(lost)


def _records(source: Iterator[Input], first: int, count: int) -> list[Record]:
    return [
        record(one.frame, number=first + at, link_type=one.link_type, original=one.original)
        for at, one in zip(range(count), source, strict=False)
    ]


# ── against tshark ───────────────────────────────────────────────────────────────────────────────────────────────────


def compare_with_tshark(inputs: int, seed: int, show: int) -> int:
    """Compare the segments of damaged packets; return how many differ without a known cause."""
    unjudged = {name for name, _, _ in UNJUDGED}
    source = damaged([shape for shape in (*SHAPES, *_WITH_OPTIONS) if shape[0] not in unjudged], seed)
    chosen = list(islice((one for one in source if one.frame), inputs))  # tshark stops at an empty PPP record
    judged = judge([(one.link_type, one.frame, one.original) for one in chosen])
    rows = [record(one.frame, link_type=one.link_type, original=one.original) for one in chosen]
    ours: dict[int, list[Told]] = {}
    for unit in Sieve(all_flows=True).feed(batch_of(rows)):
        if isinstance(unit, Segment):
            ours.setdefault(unit.number, []).append(_told(unit))
    same = 0
    differing: dict[str, list[int]] = {}
    for number, (one, theirs) in enumerate(zip(chosen, judged, strict=True), 1):
        mine = tuple(ours.get(number, ()))
        if mine == theirs.segments:
            same += 1
            continue
        differing.setdefault(cause_of(one, mine, theirs.segments), []).append(number)
    print(f"{inputs:,} packets, {same:,} read the same, {inputs - same:,} not")
    for cause, numbers in sorted(differing.items(), key=lambda item: -len(item[1])):
        print(f"{len(numbers):6,}  {cause}")
        for number in numbers[:show]:
            one, theirs = chosen[number - 1], judged[number - 1]
            size = f"{len(one.frame)}/{one.original}"
            print(f"        {number} {one.shape!r} link {one.link_type} {theirs.protocols} {size}")
            print(f"          ours {ours.get(number, [])} tshark {list(theirs.segments)}\n          {one.frame.hex()}")
    return len(differing.get(UNEXPLAINED, ()))


def _told(segment: Segment) -> Told:
    ports = (int.from_bytes(end[-2:], "big") for end in (segment.source, segment.destination))
    return Told(*ports, segment.sequence, segment.length)


UNEXPLAINED = "not explained"
_CUT = (
    "cut within the TCP header by a snap length: left out here, while tshark takes sequence number and length from it"
)
_NO_LENGTH = "IPv6 with payload length 0: offload here, an error there (ipv6.tso_support is off)"
_OLD_TAG = "a tag of EtherType 0x9200: decoded here alone"
_JOINED = "damage made fragments, and those of different packets have one identification: joined differently"
_EXTENDED = (
    "hop-by-hop",
    "hop-by-hop in IPv4",
    "routing and destination",
    "in any order",
    "multihoming",
    "atomic fragment",
    "on its way",
)
_OPTIONS = "damage to options in IPv6 extension headers: tshark stops at them, the header's length is believed here"
_FAMILIES = (  # words in the name of a shape, and what its own headers make of damage
    (("MACsec",), "the check value behind a MACsec frame that was cut: always taken off here"),
    (("netfilter log",), "bytes behind the packet in a netfilter log, or missing: tshark leaves such a record"),
    (
        ("802.11", "radiotap", "PPI", "Prism", "AVS", "LLC"),
        "damage to radio, 802.11 or LLC headers: lying lengths, LLC two bytes on, a number that was a fragment's",
    ),
    (
        ("VXLAN", "Geneve", "GTP", "L2TP", "Teredo", "TZSP"),
        "damage to a tunnel in UDP: flags, kinds and lengths that lie",
    ),
    (("GRE", "ERSPAN", "MPLS", "service header", "EtherIP"), "damage to a tunnel: flags, kinds and lengths that lie"),
    (
        ("PPP", "loopback", "cooked with", "backbone", "PKTAP", "packet filter", "IPsec"),
        "damage to a link header: codes, control bytes",
    ),
)


def cause_of(one: Input, ours: tuple[Told, ...], theirs: tuple[Told, ...]) -> str:
    """Say why two programs may read a damaged packet differently; common link headers leave no room for it."""
    if one.original > len(one.frame) and theirs and not ours:
        return _CUT
    if b"\x60\0\0\0\0\0" in one.frame and ours and not theirs:
        return _NO_LENGTH
    if b"\x92\0" in one.frame[:22] and ours and not theirs:
        return _OLD_TAG
    if theirs and not ours and _is_fragment(one):
        return _JOINED
    if one.shape in _EXTENDED and ours and not theirs:
        return _OPTIONS
    return next((text for words, text in _FAMILIES if any(word in one.shape for word in words)), UNEXPLAINED)


def _is_fragment(one: Input) -> bool:
    sieve = Sieve()
    sieve.feed(batch_of([record(one.frame, link_type=one.link_type, original=one.original)]))
    return sieve.tally()[Kind.FRAGMENT].packets > 0


# ── checksums ────────────────────────────────────────────────────────────────────────────────────────────────────────


def compare_checksums(files: Sequence[str]) -> int:
    """Compare the wrong checksums of captures, unfinished ones included; return how many captures differ."""
    differing = 0
    for file in files:
        found: Counter[str] = Counter()
        for notice in sigtrace.analyze(sigtrace.read(file), verify_checksums=True).notices:
            count = notice.text.split()[0]
            kind = notice.code.removesuffix(".checksum").removeprefix("checksum.")
            found[kind] += int(count) if count.isdigit() else 1
        judged = judge_file(file, *VERIFYING)
        theirs = Counter(name for one in judged or () for name in one.wrong)
        mine = sum(found[kind] for kind in ("ip", "tcp", "udp", "offloaded"))
        differing += judged is not None and mine != theirs.total()
        said = "stops at damage" if judged is None else theirs.total()
        print(f"{file}: here {mine} ({found['offloaded']} unfinished), tshark {said}")
    return differing


def main() -> int:
    """Run one comparison."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=("ways", "tshark", "checksums"))
    parser.add_argument("files", nargs="*")
    parser.add_argument("--inputs", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--show", type=int, default=0, help="packets to show of each cause")
    arguments = parser.parse_args()
    if arguments.what == "ways":
        return min(compare_ways(arguments.inputs, arguments.seed), 1)
    if arguments.what == "checksums":
        return min(compare_checksums(arguments.files), 1)
    return min(compare_with_tshark(arguments.inputs, arguments.seed, arguments.show), 1)


if __name__ == "__main__":
    sys.exit(main())
