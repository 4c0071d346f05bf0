"""Laws of the whole way, from a capture's bytes to its exchanges: what does not change them, and what never raises."""

from __future__ import annotations

import io
import random
import struct
from functools import cache
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

import pytest

from sigtrace.application.http.message import ExchangeState
from sigtrace.capture.batch import Batch, Interface, Record
from sigtrace.capture.writer import encode_pcap, encode_pcapng
from sigtrace.errors import CaptureError
from sigtrace.pipeline import analyze
from sigtrace.sources.file import read
from tests.builders import packets

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sigtrace.application.http.message import Body, Exchange
    from sigtrace.trace import Trace
    from tests.builders.packets import Network

CAPTURES = Path(__file__).parents[2] / "captures"
BASIC = CAPTURES / "basic-call" / "basic-call.pcapng"
SMALL = CAPTURES / "quit-server" / "quit-server.pcapng"

_Essence: TypeAlias = tuple[object, ...]


def trace_of(data: bytes) -> Trace:
    """Analyse a capture given as its bytes."""
    return analyze(read(io.BytesIO(data)))


def essence(trace: Trace) -> list[_Essence]:
    """What of the exchanges must not depend on how they were captured."""
    return list(map(_of_exchange, trace.exchanges))


def _of_exchange(exchange: Exchange) -> _Essence:
    request, response = exchange.request, exchange.response
    asked = request and (request.method, request.target, _body(request.body), request.span[:2])
    answered = response and (response.status, _body(response.body), response.span[:2])
    return asked, answered, exchange.state


def _body(body: Body) -> _Essence:
    return body.length, body.sha256


def _complete(trace: Trace) -> set[_Essence]:
    return {_of_exchange(one) for one in trace.exchanges if one.state is ExchangeState.COMPLETE}


@cache
def records_of(path: Path) -> tuple[Record, ...]:
    """Copy a capture's records out."""
    batches = (item for item in read(path) if isinstance(item, Batch))
    return tuple(chain.from_iterable(map(_records, batches)))


def _records(batch: Batch) -> Iterator[Record]:
    for row in range(len(batch)):
        number, original = batch.first_number + row, int(batch.original[row])
        yield Record(number, int(batch.at_ns[row]), 0, int(batch.link_type[row]), batch.bytes_of(row), original)


# ── damage ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def _first_exchange(*, pcapng: bool) -> bytes:
    """Make a capture of one exchange, from SYN to FIN."""
    first = records_of(SMALL)[:10]
    if pcapng:
        return encode_pcapng(first, interfaces=[Interface(index=0, name="eth0", link_type=1, snap_length=0)])
    return encode_pcap(first, link_type=1)


CUT: dict[str, tuple[Callable[[], bytes], int]] = {
    "pcap at every byte": (lambda: _first_exchange(pcapng=False), 1),
    "pcapng at every byte": (lambda: _first_exchange(pcapng=True), 1),
    "small": (SMALL.read_bytes, 211),
    "basic": (BASIC.read_bytes, 9973),
}


@pytest.mark.parametrize("name", CUT)
def test_a_cut_keeps_what_came_before(name: str) -> None:
    """A capture cut at any byte never raises, and what was complete before the cut is there, and stays as it was."""
    make, step = CUT[name]
    data = make()
    whole = trace_of(data)
    before: set[_Essence] = set()
    packets_before = 0
    for cut in range(4, len(data), step):  # four bytes tell that it is a capture
        trace = trace_of(data[:cut])
        now, count = _complete(trace), sum(one.packets for one in trace.captures)
        assert before <= now <= _complete(whole), cut
        assert packets_before <= count <= sum(one.packets for one in whole.captures), cut
        before, packets_before = now, count
    assert _complete(whole)


@pytest.mark.parametrize("seed", range(8))
def test_flipped_bytes_never_raise(seed: int) -> None:
    """Whatever bytes of a capture are changed, lost or added: it is analysed, or said to be no capture."""
    chance = random.Random(seed)  # noqa: S311 - not for secrets
    data = SMALL.read_bytes()
    for _ in range(40):
        damaged = bytearray(data)
        for _ in range(chance.choice((1, 3, 30))):
            place = chance.randrange(len(damaged))
            piece = chance.randbytes(chance.choice((0, 1, 1, 4)))
            damaged[place : place + chance.choice((0, 1, 1, 4))] = piece
        try:
            trace_of(bytes(damaged))
        except CaptureError:
            assert damaged[:4] != data[:4]


# ── another form ─────────────────────────────────────────────────────────────────────────────────────────────────────


def _inner(record: Record) -> Network:
    """Take the Ethernet header and its padding off an IPv4 packet."""
    packet = record.data[14:]
    return packets.Network.of(0x0800, packet[: struct.unpack_from("!H", packet, 2)[0]])


def _carry(network: Callable[[bytes], bytes]) -> Callable[[Network], bytes]:
    return lambda packet: packets.ethernet(packets.ipv4("192.0.2.1", "192.0.2.2", network(packet)))


def _offloaded(packet: Network) -> bytes:
    """Write no total length, as segmentation offload does."""
    return packets.ethernet(packets.Network.of(0x0800, packet[:2] + bytes(2) + packet[4:]), pad=False)


WRAPPINGS: dict[str, tuple[int, Callable[[Network], bytes]]] = {
    "ethernet": (1, packets.ethernet),
    "llc": (1, packets.ethernet_llc),
    "vlan": (1, lambda packet: packets.ethernet(packet, tags=[0x8100])),
    "qinq": (1, lambda packet: packets.ethernet(packet, tags=[0x88A8, 0x8100])),
    "mpls": (1, lambda packet: packets.ethernet(packets.mpls(packet, 16, 17), ethertype=0x8847)),
    "pppoe": (1, lambda packet: packets.ethernet(packets.pppoe(packet), ethertype=0x8864)),
    "gre": (1, _carry(lambda packet: packets.gre(packet, protocol=0x0800, key=7))),
    "gre of ethernet": (1, _carry(lambda packet: packets.gre(packets.ethernet(packet), protocol=0x6558))),
    "vxlan": (1, _carry(lambda packet: packets.vxlan(packets.ethernet(packet)))),
    "geneve": (1, _carry(lambda packet: packets.geneve(packets.ethernet(packet), options=b"\0\1\2\1abcd"))),
    "ip in ip": (1, _carry(lambda packet: packet)),
    "ip in ipv6": (1, lambda packet: packets.ethernet(packets.ipv6("2001:db8::1", "2001:db8::2", packet))),
    "offloaded": (1, _offloaded),
    "cooked": (113, packets.cooked),
    "cooked v2": (276, packets.cooked_v2),
    "loopback": (0, packets.loopback),
    "raw": (101, bytes),
    "802.11": (105, lambda packet: packets.wifi(packet, qos=True)),
    "radiotap": (127, lambda packet: packets.radiotap(packets.wifi(packet))),
    "ppp": (9, packets.ppp),
}


@pytest.mark.parametrize("wrapping", WRAPPINGS)
def test_wrapping_does_not_matter(wrapping: str) -> None:
    """Whatever carries the packets, the exchanges are the same."""
    link_type, wrap = WRAPPINGS[wrapping]
    records = [one for one in records_of(BASIC) if one.data[12:14] == b"\x08\x00"]
    frames = (wrap(_inner(one)) for one in records)
    wrapped = [one._replace(data=frame, original=len(frame)) for one, frame in zip(records, frames, strict=True)]
    assert essence(trace_of(encode_pcap(wrapped, link_type=link_type))) == essence(analyze(read(BASIC)))


@pytest.mark.parametrize("size", [8, 200])
def test_fragments_do_not_matter(size: int) -> None:
    """Packets that were fragmented on their way give the same exchanges."""
    records: list[Record] = []
    for one in records_of(SMALL):
        if one.data[12:14] == b"\x08\x00":
            packet = _inner(one)
            allowed = packets.Network.of(0x0800, packet[:6] + bytes(2) + packet[8:])
            frames = map(packets.ethernet, packets.ipv4_fragments(allowed, size))
            records += (one._replace(data=frame, original=len(frame)) for frame in frames)
    assert essence(trace_of(encode_pcap(records, link_type=1))) == essence(analyze(read(SMALL)))


@pytest.mark.parametrize("late_ns", [0, 20_000, 1_000_000, 50_000_000])
@pytest.mark.parametrize("times", [2, 3])
def test_interfaces_that_see_the_same(times: int, late_ns: int) -> None:
    """Packets seen by several interfaces, some later than others, are exchanges once; none counts as retransmitted."""
    chance = random.Random(times)  # noqa: S311 - not for secrets
    copies = [
        one._replace(interface=interface, at_ns=one.at_ns + (chance.randint(0, late_ns) if interface else 0))
        for one in records_of(BASIC)
        for interface in range(times)
    ]
    copies.sort(key=lambda one: one.at_ns)
    interfaces = [Interface(index=at, name=f"eth{at}", link_type=1, snap_length=0) for at in range(times)]
    trace, once = trace_of(encode_pcapng(copies, interfaces=interfaces)), analyze(read(BASIC))
    assert essence(trace) == essence(once)
    assert _retransmitted(trace) == _retransmitted(once)


def _retransmitted(trace: Trace) -> int:
    flows = (decoded.flow for decoded in trace.flows)
    return sum(flow.from_originator.retransmitted + flow.from_responder.retransmitted for flow in flows)


@pytest.mark.parametrize("reach", [2, 5, 12])
def test_file_order_does_not_matter(reach: int) -> None:
    """Records written some places away from where their times say give the same exchanges."""
    chance = random.Random(reach)  # noqa: S311 - not for secrets
    records = records_of(BASIC)
    order = sorted(range(len(records)), key=lambda place: place + chance.random() * reach)
    moved = encode_pcap([records[place] for place in order], link_type=1)
    assert essence(trace_of(moved)) == essence(analyze(read(BASIC)))
