"""Laws of the sieve: columns and records tell the same, damage never raises, and nothing is lost from the tally.

`SIGTRACE_EXAMPLES=200000 pytest tests/properties/test_packets_two_ways.py` tries so many examples of each law.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import partial
from ipaddress import ip_address
from typing import TYPE_CHECKING, TypeAlias

from hypothesis import given, settings
from hypothesis import strategies as st

from sigtrace.packets.headers import HEADERS
from sigtrace.packets.layer import Space
from sigtrace.packets.numbers import TUNNEL_PORTS
from sigtrace.packets.packet import ACK, SYN, Segment
from sigtrace.packets.sieve import Sieve
from sigtrace.packets.tally import Kind
from tests.builders.packets import (
    DONT_FRAGMENT,
    MORE_FRAGMENTS,
    Network,
    Transport,
    authentication_header,
    batch_of,
    cooked,
    cooked_v2,
    ethernet,
    ethernet_llc,
    geneve,
    gre,
    icmp_unreachable,
    ipv4,
    ipv6,
    ipv6_options,
    loopback,
    mpls,
    ppp,
    pppoe,
    radiotap,
    record,
    syn_options,
    tcp,
    timestamps,
    udp,
    vxlan,
    wifi,
)
from tests.builders.shapes import COMMON, SHAPES
from tests.builders.tcp_options import options as tcp_options
from tests.builders.tunnels import gtp, l2tp, macsec, nsh, pktap, tzsp
from tests.builders.wireless import ppi

if TYPE_CHECKING:
    from sigtrace.capture.batch import Record
    from sigtrace.notices import Notice

EXAMPLES = int(os.environ.get("SIGTRACE_EXAMPLES", "80"))

ports = st.sampled_from([80, 8888, 40000, *sorted(TUNNEL_PORTS)])
payloads = st.binary(max_size=40)
options = st.one_of(
    st.just(b""),
    st.builds(timestamps, st.integers(0, 2**32 - 1)),
    st.builds(syn_options, st.integers(0, 2**32 - 1)),
    st.binary(max_size=40),
    tcp_options,
)
HOSTS4, HOSTS6 = ("10.77.0.1", "10.77.0.11"), ("fd77::1", "fd77::b")
hosts4 = st.sampled_from(["10.77.0.1", "10.77.0.11", "0.0.0.0"])  # noqa: S104 - an address in a packet
hosts6 = st.sampled_from(["fd77::1", "fd77::b", "::"])
words = st.integers(0, 2**32 - 1)

segments = st.builds(
    tcp,
    ports,
    ports,
    sequence=words,
    acknowledgment=words,
    flags=st.sampled_from([SYN, ACK, SYN | ACK, 0xFF]),
    window=st.integers(0, 65535),
    options=options,
    payload=payloads,
    data_offset=st.one_of(st.none(), st.none(), st.integers(0, 15)),
)
datagrams = st.builds(udp, ports, ports, payloads)
quoted = st.builds(icmp_unreachable, st.builds(ipv4, hosts4, hosts4, segments))
others = st.builds(Transport.of, st.integers(0, 255), payloads)
transports = st.one_of(segments, segments, datagrams, quoted, others)


def packets4(payload: st.SearchStrategy[Transport]) -> st.SearchStrategy[Network]:
    """IPv4 packets, a few of them with options, of fragments, or with a total length that lies."""
    return st.builds(
        ipv4,
        hosts4,
        hosts4,
        payload,
        identification=st.sampled_from([0, 1, 65535]),
        flags=st.sampled_from([0, DONT_FRAGMENT, DONT_FRAGMENT, MORE_FRAGMENTS]),
        fragment_offset=st.sampled_from([0, 0, 0, 8]),
        options=st.sampled_from([b"", b"", b"\x01\x01\x01\x01", b"\x44\x04\x05\x00"]),
        total_length=st.one_of(st.none(), st.none(), st.integers(0, 120)),
    )


def packets6(payload: st.SearchStrategy[Transport]) -> st.SearchStrategy[Network]:
    """IPv6 packets, a few of them with an extension header or a payload length that lies."""
    extended = st.one_of(payload, payload, st.builds(ipv6_options, payload, header=st.sampled_from([0, 43, 60])))
    lengths = st.one_of(st.none(), st.none(), st.integers(0, 120))
    return st.builds(ipv6, hosts6, hosts6, extended, payload_length=lengths)


plain = st.one_of(packets4(transports), packets6(transports))
tunnels = st.one_of(
    st.builds(gre, plain),
    st.builds(authentication_header, transports),
    st.builds(vxlan, st.builds(ethernet, plain)),
    st.builds(gtp, plain),
    st.builds(l2tp, plain, full=st.booleans()),
    st.builds(tzsp, st.builds(ethernet, plain)),
    st.builds(geneve, st.builds(ethernet, plain)),
    st.builds(lambda packet: Transport.of(4 if packet.ethertype == 0x0800 else 41, packet), plain),
)
packets = st.one_of(plain, plain, packets4(tunnels), packets6(tunnels))
tag_stacks = [(), (), (0x8100,), (0x88A8, 0x8100), (0x9100, 0x9200), (0x8100, 0x8100, 0x8100)]

Framing: TypeAlias = Callable[[Network], bytes]
common: list[tuple[int, Framing]] = [
    *((1, partial(ethernet, tags=tags)) for tags in tag_stacks),
    *((1, partial(ethernet, ethertype=number)) for number in (0x0806, 0x86DD, 0x0800)),
    (0, loopback),
    (108, partial(loopback, big_endian=True)),
    *((0, partial(loopback, family=family)) for family in (2, 10, 24, 28, 30, 99)),
    (101, bytes),
    (113, cooked),
    (228, bytes),
    (276, cooked_v2),
]
rare: list[tuple[int, Framing]] = [
    (1, lambda packet: ethernet(mpls(packet, 16, 17), ethertype=0x8847)),
    (1, lambda packet: ethernet(pppoe(packet), ethertype=0x8864)),
    (1, ethernet_llc),
    (9, ppp),
    (105, wifi),
    (127, lambda packet: radiotap(wifi(packet, qos=True))),
    (192, lambda packet: ppi(wifi(packet))),
    (258, lambda packet: pktap(ethernet(packet))),
    (1, lambda packet: ethernet(nsh(packet, carried=1 if packet.ethertype == 0x0800 else 2), ethertype=0x894F)),
    (1, lambda packet: ethernet(macsec(packet), ethertype=0x88E5)),
    (147, bytes),
]


@st.composite
def records(draw: st.DrawFn) -> Record:
    """Return a record of any link type around any packet, a few of them cut or with a lying original length."""
    link_type, framing = draw(st.sampled_from(common + common + rare))
    frame = framing(draw(packets))
    return record(
        frame,
        link_type=link_type,
        interface=draw(st.integers(0, 2)),
        original=draw(st.sampled_from([None, None, None, len(frame) + 7, 30])),
        snap_length=draw(st.one_of(st.none(), st.none(), st.integers(0, 90))),
    )


captures = st.lists(records(), min_size=1, max_size=8)


def end(address: str, port: int) -> bytes:
    """Return a packed endpoint."""
    return ip_address(address).packed + port.to_bytes(2, "big")


def sift(sieve: Sieve, *rounds: list[Record], margin: bytes = b"") -> list[Segment | Notice]:
    """Feed one batch for each round, dropping the first flow after each; return what came out."""
    out: list[Segment | Notice] = []
    number = 1
    for round_ in rounds:
        found = sieve.feed(batch_of(round_, first_number=number, margin=margin))
        for segment in found:
            if isinstance(segment, Segment):
                sieve.drop(segment.source, segment.destination)
                break
        out += found
        number += len(round_)
    return out + list(sieve.close())


@settings(max_examples=EXAMPLES, deadline=None)
@given(first=captures, second=captures, margin=st.sampled_from([b"", b"\xff" * 60]))
def test_both_ways_tell_the_same(first: list[Record], second: list[Record], margin: bytes) -> None:
    """Segments, notices and tally do not depend on whether a record went by columns or by itself, nor on its place."""
    by_columns, by_record = Sieve(), Sieve(columns=False)
    assert sift(by_columns, first, second + first, margin=margin) == sift(by_record, first, second + first)
    assert by_columns.tally() == by_record.tally()
    assert by_columns.tally().packets == 2 * len(first) + len(second)


@settings(max_examples=EXAMPLES, deadline=None)
@given(captures, st.data())
def test_any_flipped_byte_is_survived(capture: list[Record], data: st.DataObject) -> None:
    """A byte changed anywhere raises nothing, loses no record from the tally, and is read the same both ways."""
    damaged = []
    for item in capture:
        at = data.draw(st.integers(0, max(len(item.data) - 1, 0)))
        changed = item.data[:at] + bytes([data.draw(st.integers(0, 255))]) + item.data[at + 1 :]
        damaged.append(item._replace(data=changed))
    by_columns, by_record = Sieve(), Sieve(columns=False)
    assert sift(by_columns, damaged) == sift(by_record, damaged)
    assert by_columns.tally() == by_record.tally()
    assert by_columns.tally().packets == len(damaged)


@settings(max_examples=EXAMPLES, deadline=None)
@given(records())
def test_a_cut_anywhere_is_survived(item: Record) -> None:
    """Every shorter capture of a packet is counted and read the same both ways; its payload begins as the whole's."""
    whole = [unit for unit in Sieve().feed(batch_of([item])) if isinstance(unit, Segment)]
    cuts = [item._replace(data=item.data[:length], original=len(item.data)) for length in range(len(item.data))]
    by_columns, by_record = Sieve(), Sieve(columns=False)
    found = sift(by_columns, cuts, margin=b"\x08\x0a" * 20)
    assert found == sift(by_record, cuts)
    assert by_columns.tally() == by_record.tally()
    assert by_columns.tally().packets == len(cuts)
    if item.original == len(item.data):
        segments_found = [unit for unit in found if isinstance(unit, Segment)]
        assert all(any(one.payload.startswith(cut.payload) for one in whole) for cut in segments_found)


framings: list[Framing] = [
    ethernet,
    ethernet,
    partial(ethernet, tags=(0x8100,)),
    lambda packet: ethernet(ipv4("192.0.2.1", "192.0.2.2", gre(packet))),
    lambda packet: ethernet(ipv4("192.0.2.1", "192.0.2.2", gre(packet), options=b"\x01" * 4)),
]
some_flows = st.sampled_from([(*HOSTS4, 1, 2), (*HOSTS4, 3, 2), (*HOSTS4, 2, 1), (*HOSTS6, 1, 2), (*HOSTS6, 4, 2)])


Ends: TypeAlias = tuple[str, str, int, int]


@st.composite
def flow_segments(draw: st.DrawFn) -> tuple[bytes, Ends, bool]:
    """Return a frame of one of a few flows, between which ends it goes, and whether it opens the flow."""
    source, destination, port, other_port = draw(some_flows)
    if draw(st.booleans()):
        source, destination, port, other_port = destination, source, other_port, port
    flags = draw(st.sampled_from([ACK, ACK, ACK, SYN, SYN | ACK]))
    segment = tcp(port, other_port, flags=flags)
    options = draw(st.sampled_from([{}, {}, {"options": b"\x01\x01\x01\x01"}])) if "." in source else {}
    packet = ipv4(source, destination, segment, **options) if "." in source else ipv6(source, destination, segment)
    return draw(st.sampled_from(framings))(packet), (source, destination, port, other_port), bool(flags & SYN)


rounds_of_drops = st.lists(
    st.tuples(st.lists(flow_segments(), max_size=12), st.lists(some_flows, max_size=3)), max_size=5
)


@settings(max_examples=EXAMPLES, deadline=None)
@given(rounds_of_drops)
def test_dropping_is_done_in_order(rounds: list[tuple[list[tuple[bytes, Ends, bool]], list[Ends]]]) -> None:
    """What passes a sieve, told between batches what to drop, is what a plain set lets pass that is asked in order."""
    for sieve in (Sieve(), Sieve(columns=False)):
        dropped: set[Ends] = set()
        number = 1
        for frames, drops in rounds:
            expected = []
            for at, (_, flow, opens) in enumerate(frames, number):
                if opens:
                    dropped -= both_directions(*flow)
                if flow not in dropped:
                    expected.append(at)
            found = sieve.feed(batch_of([frame for frame, _, _ in frames], first_number=number))
            assert [unit.number for unit in found if isinstance(unit, Segment)] == expected
            number += len(frames)
            for source, destination, port, other_port in drops:
                sieve.drop(end(source, port), end(destination, other_port))
                dropped |= both_directions(source, destination, port, other_port)


def both_directions(source: str, destination: str, port: int, other_port: int) -> set[Ends]:
    """Return a flow both ways."""
    return {(source, destination, port, other_port), (destination, source, other_port, port)}


NATIVE = [*HEADERS[Space.LINK]]


def both_ways(items: list[Record]) -> list[Segment | Notice]:
    """Return what comes out of records, which must be the same by both ways, down to the kind of each."""
    by_columns, by_record = Sieve(), Sieve(columns=False)
    found = sift(by_columns, items)
    assert found == sift(by_record, items)
    assert by_columns.tally() == by_record.tally()
    assert by_columns.tally().packets == len(items)
    return found


def test_every_bit_of_every_common_shape() -> None:
    """Whichever bit of the headers that columns read is flipped, and whichever byte of them is 0 or 255, both agree."""
    for _, link_type, frame in COMMON:
        changed = [
            frame[:at] + bytes([value]) + frame[at + 1 :]
            for at in range(len(frame))
            for value in (*(frame[at] ^ 1 << bit for bit in range(8)), 0, 255)
        ]
        both_ways([record(one, link_type=link_type, number=at) for at, one in enumerate(changed, 1)])


@settings(max_examples=EXAMPLES, deadline=None)
@given(
    st.lists(st.tuples(st.sampled_from(SHAPES), st.integers(0, 120), st.binary(max_size=60)), min_size=1, max_size=8)
)
def test_a_prefix_and_noise_is_survived(items: list[tuple[tuple[str, int, bytes], int, bytes]]) -> None:
    """The beginning of any packet with random bytes behind it raises nothing and is read the same both ways."""
    both_ways([record(frame[:at] + noise, link_type=link_type) for (_, link_type, frame), at, noise in items])


@settings(max_examples=EXAMPLES, deadline=None)
@given(tcp_options, st.sampled_from([partial(ipv4, *HOSTS4), partial(ipv6, *HOSTS6)]), payloads)
def test_options_change_nothing(given_options: bytes, around: Callable[[bytes], Network], payload: bytes) -> None:
    """With any TCP options, whole or damaged, a segment differs from the one without in its identity alone."""
    frames = [ethernet(around(tcp(1, 2, sequence=9, options=one, payload=payload))) for one in (b"", given_options)]
    plain, optional = both_ways([record(one) for one in frames])
    assert isinstance(plain, Segment)
    assert isinstance(optional, Segment)
    assert plain._replace(number=2, identity=0) == optional._replace(number=2, identity=0)


@settings(max_examples=EXAMPLES, deadline=None)
@given(
    st.lists(
        st.builds(
            record,
            st.binary(max_size=100),
            link_type=st.sampled_from(NATIVE),
        ),
        max_size=8,
    )
)
def test_noise_is_survived(noise: list[Record]) -> None:
    """Random bytes of any native link type raise nothing and are all counted."""
    sieve = Sieve()
    sift(sieve, noise)
    tally = sieve.tally()
    assert tally.packets == len(noise)
    assert tally.bytes == sum(len(item.data) for item in noise)
    assert sum(tally[kind].packets for kind in Kind) == len(noise)
