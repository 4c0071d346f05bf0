"""IP fragments become whole packets in any order, once, and within bounds."""

from __future__ import annotations

import random

import pytest

from sigtrace.notices import Notice
from sigtrace.packets.layer import Fragment, HeaderError, Layer, Space
from sigtrace.packets.net import fragments
from sigtrace.packets.net.fragments import FRAGMENTS_BOUND, FRAGMENTS_INCOMPLETE, MAX_AGE_NS, Reassembler
from sigtrace.packets.packet import Segment
from sigtrace.packets.sieve import Sieve
from sigtrace.packets.tally import Kind
from tests.builders.packets import batch_of, ethernet, ipv4, ipv4_fragments, ipv6_fragments, record, tcp, udp, vxlan

ENDS = "10.77.0.11", "10.77.0.1"
PAYLOAD = bytes(range(256)) * 4
WHOLE = ipv4(*ENDS, tcp(40000, 8888, sequence=5, payload=PAYLOAD), identification=99, flags=0)


def part(offset: int, data: bytes, *, more: bool = True, key: bytes = b"k", length: int | None = None) -> Fragment:
    """Make a fragment as the IP decoders do."""
    layer = Layer(Space.IP, 6, data, len(data) if length is None else length)
    return Fragment((key,), offset, more, layer)


def feed(reassembler: Reassembler, fragment: Fragment, *, at_ns: int = 0, packet: int = 1) -> bytes | None:
    """Feed a fragment; return the bytes of the packet it made whole."""
    whole = reassembler.feed(fragment, at_ns=at_ns, packet=packet, interface=0)
    return None if whole is None else whole.data


@pytest.mark.parametrize("seed", range(5))
def test_any_order_gives_the_whole_segment(seed: int) -> None:
    """Fragments in any order, some of them twice, give the segment once, at the packet that completed it."""
    pieces = ipv4_fragments(WHOLE, 104)
    random.Random(seed).shuffle(pieces)  # noqa: S311 - an order, not a secret
    sent = pieces[:3] + pieces
    sieve = Sieve()
    (segment,) = sieve.feed(batch_of(map(ethernet, sent)))
    assert isinstance(segment, Segment)
    assert (segment.number, segment.payload, segment.length) == (len(sent), PAYLOAD, len(PAYLOAD))
    assert sieve.tally()[Kind.FRAGMENT].packets == len(sent) - 1
    assert sieve.close() == []


def test_identity_is_that_of_the_whole_packet() -> None:
    """Fragmented on one side of a router and whole on the other, a packet has one identity."""
    rows = [ethernet(WHOLE), *map(ethernet, ipv4_fragments(WHOLE, 512))]
    identities = [unit.identity for unit in Sieve().feed(batch_of(rows)) if isinstance(unit, Segment)]
    assert len(identities) == 2
    assert identities[0] == identities[1] >= 0


def test_ipv6_fragments() -> None:
    """IPv6 packets are made whole from their fragment headers."""
    segment = tcp(40000, 8888, payload=PAYLOAD)
    frames = [ethernet(packet) for packet in ipv6_fragments("fd77::b", "fd77::1", segment, 800, identification=7)]
    (found,) = Sieve().feed(batch_of(frames))
    assert isinstance(found, Segment)
    assert found.payload == PAYLOAD


def test_fragments_around_a_tunnel() -> None:
    """A tunnel's outer packet is made whole before the tunnel is followed; the inner one then too."""
    inner = ipv4_fragments(WHOLE, 800)
    outer = [ipv4("192.0.2.1", "192.0.2.2", vxlan(ethernet(one)), identification=at) for at, one in enumerate(inner)]
    frames = [ethernet(piece) for packet in outer for piece in ipv4_fragments(packet, 400)]
    (found,) = Sieve().feed(batch_of(frames))
    assert isinstance(found, Segment)
    assert found.payload == PAYLOAD


def test_whole_datagrams_count_as_udp() -> None:
    """The last fragment of a datagram counts as UDP, those before it as fragments."""
    datagram = ipv4(*ENDS, udp(1, 2, PAYLOAD), identification=3)
    sieve = Sieve()
    assert sieve.feed(batch_of(map(ethernet, ipv4_fragments(datagram, 400)))) == []
    assert (sieve.tally()[Kind.FRAGMENT].packets, sieve.tally()[Kind.UDP].packets) == (2, 1)


def test_first_bytes_win() -> None:
    """Where fragments overlap, the bytes that came first stay."""
    reassembler = Reassembler()
    assert feed(reassembler, part(8, b"B" * 16)) is None
    assert feed(reassembler, part(0, b"a" * 16)) is None
    assert feed(reassembler, part(16, b"c" * 12, more=False)) == b"a" * 8 + b"B" * 16 + b"c" * 4


def test_second_end_is_not_believed() -> None:
    """The first last fragment says where the packet ends; bytes beyond do not make it longer."""
    reassembler = Reassembler()
    assert feed(reassembler, part(8, b"b" * 3, more=False)) is None
    assert feed(reassembler, part(32, b"x" * 9, more=False)) is None
    assert feed(reassembler, part(0, b"a" * 8)) == b"a" * 8 + b"b" * 3


def test_cut_fragment_never_completes() -> None:
    """What a snap length took from a fragment is missing, not zero."""
    reassembler = Reassembler()
    assert feed(reassembler, part(0, b"a" * 9, length=16)) is None
    assert feed(reassembler, part(16, b"b", more=False)) is None
    assert feed(reassembler, part(8, b"A" * 8)) == b"a" * 8 + b"A" * 8 + b"b"


@pytest.mark.parametrize(
    "fragment",
    [part(0, b"1234567"), part(8, b""), part(65528, b"12345678", more=False)],
    ids=["not in units of 8", "empty", "beyond 65535"],
)
def test_impossible_fragments_are_refused(fragment: Fragment) -> None:
    """A fragment that cannot have a place in a packet is damage, and takes no memory."""
    with pytest.raises(HeaderError):
        feed(Reassembler(), fragment)


def test_old_fragments_are_given_up() -> None:
    """Fragments that are too old do not mix with a packet that reuses their identification."""
    reassembler = Reassembler()
    feed(reassembler, part(0, b"a" * 8), packet=4)
    assert feed(reassembler, part(8, b"b", more=False), at_ns=MAX_AGE_NS + 1, packet=9) is None
    assert list(reassembler.lost()) == [(FRAGMENTS_INCOMPLETE, 4)]
    assert list(reassembler.lost()) == []


def test_one_wrong_clock_gives_up_nothing_else() -> None:
    """A fragment whose time is far ahead is given up itself; those of other packets are still made whole."""
    reassembler = Reassembler()
    feed(reassembler, part(0, b"a" * 8), at_ns=5, packet=1)
    feed(reassembler, part(0, b"w" * 8, key=b"wild"), at_ns=5 + 10 * MAX_AGE_NS, packet=2)
    assert feed(reassembler, part(8, b"b", more=False), at_ns=6, packet=3) == b"aaaaaaaab"
    assert list(reassembler.lost()) == []


@pytest.mark.parametrize(("bound", "value"), [("MAX_PACKETS", 2), ("MAX_BYTES", 40)])
def test_bounds_give_up_the_oldest(bound: str, value: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Too many packets in fragments, or too many bytes of them, cost the oldest, which is told."""
    monkeypatch.setattr(fragments, bound, value)
    reassembler = Reassembler()
    for number in (1, 2, 3):
        feed(reassembler, part(0, b"a" * 16, key=bytes([number])), packet=number)
    assert list(reassembler.lost()) == [(FRAGMENTS_BOUND, 1)]
    assert feed(reassembler, part(16, b"b", more=False, key=b"\x03")) == b"a" * 16 + b"b"


def test_incomplete_packets_are_told_once() -> None:
    """All packets that never became whole are one notice, at the first of them."""
    packets = [ipv4(*ENDS, tcp(1, 2, payload=PAYLOAD), identification=number) for number in range(5)]
    rows = [ethernet(ipv4_fragments(packet, 512)[0]) for packet in packets]
    sieve = Sieve()
    assert sieve.feed(batch_of(rows, first_number=10)) == []
    (notice,) = sieve.close()
    assert isinstance(notice, Notice)
    assert (notice.code, notice.packet, notice.text[:9]) == (FRAGMENTS_INCOMPLETE, 10, "5 packets")


def test_interfaces_are_apart() -> None:
    """The copies that two interfaces captured of a fragmented packet are two segments."""
    frames = [ethernet(piece) for piece in ipv4_fragments(WHOLE, 512)]
    rows = [record(frame, interface=interface) for frame in frames for interface in (0, 1)]
    sieve = Sieve()
    assert len(sieve.feed(batch_of(rows))) == 2
    assert sieve.close() == []
