"""Raw sockets in a network namespace: what passes over a cable and the loopback interface is what is seen."""

from __future__ import annotations

import fcntl
import struct
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest
from scapy.layers.inet import IP, UDP
from scapy.packet import Raw

from sigtrace.capture.batch import CaptureEnded, Interface, InterfaceStatistics
from sigtrace.errors import SourceError
from sigtrace.sources.live.clock import CLOCK_STEP, ClockWatch
from sigtrace.sources.live.port import INTERFACE_DOWN, INTERFACE_UP
from sigtrace.sources.live.sockets import RawSockets
from sigtrace.sources.live.source import Counters, Settings
from tests.builders.cables import Cable, Seen, cable, needs_root, talk_to_self, watch
from tests.builders.recorders import read_when_written, recording

if TYPE_CHECKING:
    from collections.abc import Iterator
    from io import FileIO
    from pathlib import Path

pytestmark = needs_root
TUNSETIFF, IFF_TUN, IFF_NO_PI = 0x400454CA, 0x1, 0x1000  # linux/if_tun.h
TEXTS = [f"datagram {number}".encode() * (1 + number % 50) for number in range(300)]


@pytest.fixture
def wire() -> Iterator[Cable]:
    """A cable in a namespace, which the test is inside of."""
    with cable() as made:
        yield made


def listen(*interfaces: str, **settings: object) -> tuple[RawSockets, Seen]:
    """Return an opened source, and what it said at once."""
    source = RawSockets(Settings(interfaces=interfaces, **settings))  # type: ignore[arg-type]
    seen = Seen()
    seen.add(source.open())
    return source, seen


@contextmanager
def tunnel(name: str, wire: Cable) -> Iterator[FileIO]:
    """Make an interface without a link header; what is written comes in through it."""
    with open("/dev/net/tun", "r+b", buffering=0) as inside:  # noqa: PTH123 - a device
        fcntl.ioctl(inside, TUNSETIFF, struct.pack("=16sH22x", name.encode(), IFF_TUN | IFF_NO_PI))
        wire.ip(f"link set {name} up")
        yield inside


def test_cable_is_heard_at_both_ends(wire: Cable) -> None:
    """Datagrams are seen in order where they leave and where they arrive, and counted."""
    for interface in ("va", "vb"):
        source, seen = listen(interface)
        wire.send(TEXTS)
        watch(source, seen, packets=len(TEXTS))
        assert seen.payloads == TEXTS
        assert seen.numbers == list(range(1, len(TEXTS) + 1))
        assert source.counters() == Counters(received=len(TEXTS), dropped=0)
        end = source.close()
        assert end == [
            InterfaceStatistics(interface=0, received=len(TEXTS), dropped=0),
            CaptureEnded(file=interface, packets=len(TEXTS), bytes=sum(map(len, seen.packets)), truncated=False),
        ]
        assert source.close() == []
        assert source.poll(0) is None


@pytest.mark.usefixtures("wire")
def test_loopback_shows_once() -> None:
    """What passes over the loopback interface is seen once."""
    source, seen = listen("lo")
    talk_to_self(TEXTS)
    watch(source, seen, packets=len(TEXTS))
    source.close()
    assert seen.payloads == TEXTS


def test_several_interfaces_are_in_order(wire: Cable) -> None:
    """Packets of several interfaces come in order of time, each with its interface."""
    source, seen = listen("va", "lo", "vb")
    names = [item.name for item in seen.items if isinstance(item, Interface)]
    wire.send([b"one"])
    talk_to_self([b"two"])
    wire.send([b"three"])
    watch(source, seen, packets=5)
    source.close()
    assert names == ["va", "lo", "vb"]
    assert seen.times == sorted(seen.times)
    assert list(zip(seen.interfaces, seen.payloads, strict=True)) == [
        (0, b"one"),
        (2, b"one"),
        (1, b"two"),
        (0, b"three"),
        (2, b"three"),
    ]


def test_any_hears_all(wire: Cable) -> None:
    """`any` hears every interface, loopback once, with cooked headers that say which."""
    source, seen = listen("any")
    assert [item.link_type for item in seen.items if isinstance(item, Interface)] == [276]
    wire.send([b"one"])
    talk_to_self([b"two"])
    watch(source, seen, packets=3)
    source.close()
    assert [packet[20 + 28 :] for packet in seen.packets] == [b"one", b"one", b"two"]
    assert [packet[:2] for packet in seen.packets] == [b"\x08\x00"] * 3
    assert [packet[8:10] for packet in seen.packets] == [b"\x00\x01", b"\x00\x01", b"\x03\x04"]


@pytest.mark.parametrize("interface", ["vb", "any"])
def test_filter_is_kept(wire: Cable, interface: str) -> None:
    """Only what a filter names is seen."""
    source, seen = listen(interface, capture_filter="udp dst port 9001 and less 100")
    wire.send([b"not this"])
    wire.send([b"this", b"x" * 200], port=9001)
    watch(source, seen, packets=1)
    source.close()
    assert {packet[-4:] for packet in seen.packets} == {b"this"}


@pytest.mark.usefixtures("wire")
def test_wrong_filter_is_explained() -> None:
    """A filter that libpcap refuses is refused with libpcap's words."""
    with pytest.raises(SourceError, match=r"'udp port': .*syntax error"):
        RawSockets(Settings(interfaces=("vb",), capture_filter="udp port")).open()


@pytest.mark.usefixtures("wire")
def test_link_addresses_are_refused_for_any() -> None:
    """A filter for what the kernel has not looked at with `any` is refused, not silently wrong."""
    with pytest.raises(SourceError, match="any has not"):
        RawSockets(Settings(interfaces=("any",), capture_filter="link[11] = 6")).open()


@pytest.mark.usefixtures("wire")
def test_unknown_interface_lists_the_others() -> None:
    """For an interface that is not there, those that are there are listed."""
    with pytest.raises(SourceError, match="no interface eth7") as problem:
        RawSockets(Settings(interfaces=("eth7",))).open()
    assert problem.value.hint == "there are: lo, vb, va, any"


@pytest.mark.parametrize("capture_filter", ["", "udp"])
def test_snap_length_cuts(wire: Cable, capture_filter: str) -> None:
    """A packet is cut at the snap length, and its length on the wire is known, with a filter and without."""
    source, seen = listen("vb", snap_length=64, capture_filter=capture_filter)
    wire.send([b"x" * 1000])
    watch(source, seen, packets=1)
    source.close()
    assert [len(packet) for packet in seen.packets] == [64]
    assert seen.originals == [1042]


@pytest.mark.parametrize("tags", [b"\x81\x00\x00\x07", b"\x88\xa8\x20\x05\x81\x00\x00\x07"])
def test_vlan_tags_are_put_back(wire: Cable, tags: bytes) -> None:
    """A tagged frame is seen as it was on the wire."""
    frame = b"\x02" * 6 + b"\x04" * 6 + tags + b"\x08\x00" + bytes(range(100))
    source, seen = listen("vb")
    wire.send_frames([frame])
    watch(source, seen, packets=1)
    source.close()
    assert seen.packets == [frame]
    assert seen.originals == [len(frame)]


def test_filter_for_a_vlan(wire: Cable) -> None:
    """A filter for a VLAN finds frames whose tag the kernel takes out, and no others."""
    frames = [b"\x02" * 6 + b"\x04" * 6 + b"\x81\x00\x00" + bytes([vlan]) + b"\x08\x00" + bytes(50) for vlan in (7, 8)]
    source, seen = listen("vb", capture_filter="vlan 7")
    wire.send_frames(frames)
    wire.send([b"without"])
    watch(source, seen, packets=1)
    source.close()
    assert seen.packets == frames[:1]


def test_vlan_tag_stands_behind_a_cooked_header(wire: Cable) -> None:
    """With `any`, a tagged frame has its tag where the cooked header says."""
    frame = b"\x02" * 6 + b"\x04" * 6 + b"\x81\x00\x00\x07\x08\x00" + bytes(range(100))
    source, seen = listen("any")
    wire.send_frames([frame])
    watch(source, seen, packets=2)
    source.close()
    assert [packet[:2] + packet[20:] for packet in seen.packets] == [frame[12:]] * 2


def test_interface_flaps(wire: Cable) -> None:
    """An interface that goes down and comes back is told of both times, and heard again."""
    source, seen = listen("vb")
    wire.send([b"before"])
    watch(source, seen, packets=1)
    wire.ip("link set vb down")
    watch(source, seen, notices=1)
    wire.ip("link set vb up")
    watch(source, seen, notices=2)
    wire.send([b"after"])
    watch(source, seen, packets=2)
    source.close()
    assert seen.codes() == [INTERFACE_DOWN, INTERFACE_UP]
    assert seen.payloads == [b"before", b"after"]


def test_interface_flaps_unseen(wire: Cable) -> None:
    """That an interface went down is told also when it is back before anybody looks; what came before is kept."""
    source, seen = listen("vb")
    wire.send([b"before"])
    wire.ip("link set vb down")
    wire.ip("link set vb up")
    wire.send([b"after"])
    watch(source, seen, packets=2, notices=2)
    source.close()
    assert seen.codes() == [INTERFACE_DOWN, INTERFACE_UP]
    assert seen.payloads == [b"before", b"after"]


def test_interface_is_made_anew(wire: Cable) -> None:
    """An interface that is removed, and one of the same name made, is heard again as the same one."""
    source, seen = listen("vb", "lo")
    wire.send([b"before"])
    watch(source, seen, packets=1)
    wire.ip("link del vb")
    watch(source, seen, notices=1)
    wire.plug()
    watch(source, seen, notices=2)
    wire.send([b"after"])
    watch(source, seen, packets=2)
    wire.ip("link del vb")  # and at once
    wire.plug()
    watch(source, seen, notices=4)
    wire.send([b"again"])
    watch(source, seen, packets=3)
    source.close()
    assert seen.codes() == [INTERFACE_DOWN, INTERFACE_UP] * 2
    assert seen.payloads == [b"before", b"after", b"again"]
    assert seen.interfaces == [0, 0, 0]


def test_interface_becomes_another_kind(wire: Cable) -> None:
    """Where the new interface of a name has another link layer, it is announced as another one."""
    source, seen = listen("vb", capture_filter="udp port 9000")
    wire.send([b"before"])
    watch(source, seen, packets=1)
    wire.ip("link del vb")
    packet = bytes(IP(dst="192.0.2.1") / UDP(dport=9000) / Raw(b"after"))
    with tunnel("vb", wire) as inside:
        watch(source, seen, notices=2)
        inside.write(packet)
        watch(source, seen, packets=2)
    end = source.close()
    assert [(item.index, item.link_type) for item in seen.items if isinstance(item, Interface)] == [(0, 1), (1, 101)]
    assert seen.interfaces == [0, 1]
    assert seen.packets[1] == packet
    assert [item for item in end if isinstance(item, InterfaceStatistics)] == [
        InterfaceStatistics(interface=number, received=1, dropped=0) for number in (0, 1)
    ]


def test_busy_neighbour_hides_nothing(wire: Cable) -> None:
    """An interface that goes away and comes back is seen while another one never is quiet."""
    source, seen = listen("vb", "lo")
    for command in ("link set vb down", "link set vb up"):
        talk_to_self([b"x"] * 1500)
        wire.ip(command)
        for _ in range(3):  # as long as there are packets of the other one
            seen.add(source.poll(0) or [])
            assert len(seen.packets) % 1500
    assert seen.codes() == [INTERFACE_DOWN, INTERFACE_UP]
    source.close()


def test_interface_that_is_down_is_waited_for(wire: Cable) -> None:
    """One can begin to listen before an interface is switched on."""
    wire.ip("link set vb down")
    source, seen = listen("vb")
    assert seen.codes() == [INTERFACE_DOWN]
    wire.ip("link set vb up")
    watch(source, seen, notices=2)
    wire.send([b"now"])
    watch(source, seen, packets=1)
    source.close()
    assert seen.payloads == [b"now"]


@pytest.mark.usefixtures("wire")
def test_clock_step_is_told() -> None:
    """A step of the clock is told at the next poll, and capture goes on."""
    ahead = [0]
    clock = ClockWatch(lambda: time.monotonic_ns() + ahead[0], time.monotonic_ns)
    source, seen = RawSockets(Settings(interfaces=("lo",)), clock), Seen()
    seen.add(source.open())
    ahead[0] = -(10**9)
    talk_to_self([b"after"])
    watch(source, seen, packets=1, notices=1)
    source.close()
    assert seen.codes() == [CLOCK_STEP]
    assert seen.payloads == [b"after"]


def test_tunnel_gives_ip(wire: Cable) -> None:
    """An interface without a link header gives IP packets, and filters know."""
    packets = [IP(dst="192.0.2.1") / UDP(dport=port) / Raw(b"inside") for port in (9000, 9001)]
    with tunnel("tun9", wire) as inside:
        source, seen = listen("tun9", capture_filter="udp port 9001")
        inside.writelines(bytes(packet) for packet in packets)
        watch(source, seen, packets=1)
        source.close()
    assert [item.link_type for item in seen.items if isinstance(item, Interface)] == [101]
    assert seen.packets == [bytes(packets[1])]


def test_drops_are_counted(wire: Cable) -> None:
    """With hardly a buffer, what the kernel drops is counted: all that was sent is received or dropped."""
    source, seen = listen("vb", buffer_kib=1)
    wire.send([b"x" * 500] * 3000)
    watch(source, seen, packets=1)
    counters = source.counters()
    assert counters.dropped
    assert counters.received + counters.dropped == 3000
    assert source.close()[0] == InterfaceStatistics(interface=0, received=3000, dropped=counters.dropped)


def test_buffer_holds_what_comes_at_once(wire: Cable) -> None:
    """More packets than are taken at a time are all there, in order, when nobody looked for a while."""
    source, seen = listen("vb")
    payloads = [number.to_bytes(4, "big") for number in range(3000)]
    wire.send(payloads)
    watch(source, seen, packets=3000)
    assert source.counters() == Counters(received=3000, dropped=0)
    source.close()
    assert seen.payloads == payloads


@pytest.mark.parametrize("interface", ["vb", "any", "lo"])
def test_tcpdump_sees_the_same(wire: Cable, interface: str, tmp_path: Path) -> None:
    """What tcpdump records of the same traffic has the same bytes in the same order, at the same times."""
    path = tmp_path / "tcpdump.pcap"
    source, seen = listen(interface)
    with recording(f"tcpdump -i {interface} -w {path} -U --immediate-mode -s 2000 -B 8192 --time-stamp-precision=nano"):
        wire.send(TEXTS)
        talk_to_self(TEXTS)
        watch(source, seen, packets=len(TEXTS))
        recorded = read_when_written(path, len(seen.packets))
    source.close()
    assert recorded.packets == seen.packets
    assert recorded.originals == seen.originals
    assert max(abs(one - other) for one, other in zip(recorded.times, seen.times, strict=True)) < 10**6
