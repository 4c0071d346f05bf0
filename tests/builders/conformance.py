"""Equivalents of the public pcapng conformance set (pcapng-test-generator: basic, advanced, difficult), in both orders.

Each file is a list of blocks, put together from the specification (draft-ietf-opsawg-pcapng) with no help of the
package's own writer. Block types, their order, options, lengths and times are those of the set; the packets' bytes are
our own, of the same lengths. `FILES` names them as the set does.
"""

from __future__ import annotations

import struct
from ipaddress import ip_address
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable

TICKS = 0x0004C39764CA47AA  # microseconds since 1970; the packets come shortly behind it
EXAMPLE_PEN, OTHER_PEN = 32473, 36724  # private enterprise numbers
ETHERNET, NULL = 1, 0
STRANGE, STRANGE_LOCAL = 0x0123, 0x8123  # option and record codes that no specification names
CUSTOM_OPTIONS = (
    (2988, b"a fake string"),
    (2989, b"some fake bytes"),
    (19372, b"my fake string"),
    (19373, b"my fake bytes"),
)
STRANGE_OPTIONS = ((STRANGE, b"try this one"), (STRANGE_LOCAL, b"and this one"))

# Bytes of five packets by number: four Ethernet frames of an experimental type, one of the null link type.
PACKETS = {
    number: b"\xff" * 6 + bytes((2, 0, 0, 0, 0, number)) + b"\x88\xb5" + bytes(at * number % 251 for at in range(rest))
    for number, rest in ((1, 300), (2, 328), (3, 300), (4, 328))
}
PACKETS[5] = b"\x02\x00\x00\x00" + bytes(at % 249 for at in range(164))

Blocks = tuple[bytes, ...]
Options = tuple[tuple[int, bytes], ...]


class Port(NamedTuple):
    """An interface: the number that packets name it by, and what its description says."""

    number: int
    link_type: int
    snap_length: int
    name: str


ETH0 = Port(0, ETHERNET, 0, "eth0")
ETH0_SHORT = Port(0, ETHERNET, 96, "eth0")
EN1 = Port(1, ETHERNET, 128, "en1")
NULL1 = Port(1, NULL, 0, "null1")
SILLY = Port(0, ETHERNET, 128, "silly ethernet interface 2")


class Maker:
    """Makes the blocks of one byte order."""

    def __init__(self, test: str, *, big_endian: bool) -> None:
        self.test = test.encode()
        self.big_endian = big_endian
        self._order = ">" if big_endian else "<"

    def other(self) -> Maker:
        """Return the maker of the other byte order."""
        return Maker(self.test.decode(), big_endian=not self.big_endian)

    def pack(self, form: str, *values: int) -> bytes:
        """Encode numbers in this byte order."""
        return struct.pack(self._order + form, *values)

    def options(self, *options: tuple[int, bytes]) -> bytes:
        """Encode options or name records, and the mark behind them; none give no bytes."""
        parts = [self.pack("HH", code, len(value)) + value + bytes(-len(value) % 4) for code, value in options]
        return b"".join(parts) + bytes(4) if parts else b""

    def block(self, kind: int, body: bytes, *options: tuple[int, bytes]) -> bytes:
        """Encode any block: its body is padded, and options follow."""
        inside = body + bytes(-len(body) % 4) + self.options(*options)
        length = self.pack("I", len(inside) + 12)
        return self.pack("I", kind) + length + inside + length

    def section(self, *more: tuple[int, bytes]) -> bytes:
        """Encode a section header of unknown length."""
        facts = ((2, b"Apple MBP"), (3, b"OS-X 10.10.5"), (4, b"pcap_writer.lua"))
        return self.block(0x0A0D0D0A, self.pack("IHHq", 0x1A2B3C4D, 1, 0, -1), *facts, *(more or ((1, self.test),)))

    def interface(self, port: Port, *more: tuple[int, bytes]) -> bytes:
        """Encode an interface description."""
        return self.block(1, self.pack("HHI", port.link_type, 0, port.snap_length), (2, port.name.encode()), *more)

    def enhanced(
        self, port: Port, packet: int, late: int | None = 0, length: int | None = None, options: Options = ()
    ) -> bytes:
        """Encode an enhanced packet, `late` ticks behind `TICKS`, or at zero; cut to `length` or the snap length."""
        data = PACKETS[packet][: length or port.snap_length or None]
        ticks = 0 if late is None else TICKS + late
        fields = (port.number, ticks >> 32, ticks & 0xFFFFFFFF, len(data), len(PACKETS[packet]))
        return self.block(6, self.pack("5I", *fields) + data, *options)

    def simple(self, packet: int, length: int | None = None) -> bytes:
        """Encode a simple packet."""
        return self.block(3, self.pack("I", len(PACKETS[packet])) + PACKETS[packet][:length])

    def statistics(self, port: Port, ticks: int = 0, *options: tuple[int, bytes]) -> bytes:
        """Encode interface statistics."""
        return self.block(5, self.pack("III", port.number, ticks >> 32, ticks & 0xFFFFFFFF), *options)

    def names(self, *records: tuple[int, bytes], options: Options = ()) -> bytes:
        """Encode name resolution."""
        return self.block(4, self.options(*records) or bytes(4), *options)

    def custom(self, number: int, data: bytes, *options: tuple[int, bytes], copied: bool = True) -> bytes:
        """Encode a custom block."""
        return self.block(0xBAD if copied else 0x40000BAD, self.pack("I", number) + data, *options)

    def said(self, what: str = "") -> tuple[int, bytes]:
        """Return a comment that names the test."""
        return 1, self.test + what.encode()

    def stamp(self, code: int, ticks: int) -> tuple[int, bytes]:
        """Return an option that holds a time, its upper half first in either order."""
        return code, self.pack("II", ticks >> 32, ticks & 0xFFFFFFFF)

    def count(self, code: int, number: int) -> tuple[int, bytes]:
        """Return an option that holds a count."""
        return code, self.pack("Q", number)

    def some_counts(self, *more: tuple[int, bytes]) -> Options:
        """Return the options of statistics that count little."""
        return (self.stamp(2, TICKS), self.stamp(3, TICKS + 1000), self.count(6, 42), self.count(5, 10), *more)

    def all_counts(self) -> Options:
        """Return the options of statistics that count everything."""
        counts = ((4, 100), (5, 1), (6, 9), (7, 42), (8, 6))
        numbers = (self.count(code, number) for code, number in counts)
        return (self.stamp(2, TICKS), self.stamp(3, TICKS + 1000), *numbers, self.said(" ISB-0"))


def named(address: str, name: str) -> tuple[int, bytes]:
    """Return a name record."""
    one = ip_address(address)
    return 1 if one.version == 4 else 2, one.packed + name.encode() + b"\x00"


PLAIN_NAMES = (
    named("192.168.1.2", "example.com"),
    named("192.168.3.4", "example.net"),
    named("10.1.2.3", "example.org"),
)
FOO_NAMES = (
    named("fc01:dead::beef", "foo.example.com"),
    named("fc01:dead::beef", "foo.example.net"),
    named("10.1.2.3", "foo.example.org"),
)
STRANGE_NAME = (STRANGE, b"foobar")
QUX_NAMES = (
    named("192.168.1.2", "qux.example.com"),
    named("192.168.1.3", "bar.example.com"),
    named("fc01:feed::beef", "bar.example.net"),
    STRANGE_NAME,
    named("fc01:dead::beef", "foo.example.com"),
    (STRANGE_LOCAL, b"unknown"),
    named("10.1.2.4", "bar.example.org"),
)


def _mixed_names(first: str) -> Options:
    """Return records with repetitions, IPv6 and a strange one."""
    return (
        named("192.168.1.2", first),
        named("192.168.1.2", "example.com"),
        named("192.168.1.8", "example.com"),
        named("fc01:dead::beef", "example.com"),
        named("10.1.2.3", "example.org"),
        named("192.168.1.2", "example.net"),
        STRANGE_NAME,
    )


def _strange(make: Maker, what: str) -> Options:
    """Return options that no specification names, one of them empty."""
    return (STRANGE, b""), (STRANGE_LOCAL, make.test + what.encode())


def _test001(make: Maker) -> Blocks:
    """Four packets."""
    port = Port(0, ETHERNET, 0, "silly ethernet interface")
    return make.section(), make.interface(port), *(make.enhanced(port, number, None) for number in (1, 2, 3, 4))


def _test002(make: Maker) -> Blocks:
    """A section header alone."""
    return (make.section(),)


def _test003(make: Maker) -> Blocks:
    """An interface without packets."""
    return make.section(), make.interface(Port(0, ETHERNET, 96, "silly ethernet interface"))


def _turns(make: Maker) -> Blocks:
    """Four packets of two interfaces by turns."""
    ports = (ETH0_SHORT, EN1) * 2
    return tuple(make.enhanced(port, at + 1, at * 1000) for at, port in enumerate(ports))


def _test004(make: Maker) -> Blocks:
    """Two interfaces of different snap lengths."""
    return make.section(), make.interface(ETH0_SHORT), make.interface(EN1), *_turns(make)


def _test005(make: Maker) -> Blocks:
    """A packet between two interfaces."""
    first, *rest = _turns(make)
    return make.section(), make.interface(ETH0_SHORT), first, make.interface(EN1), *rest


def _test006(make: Maker) -> Blocks:
    """Two interfaces of different link types."""
    null = Port(1, NULL, 0, "en1")
    order = ((ETH0_SHORT, 1), (null, 5), (ETH0_SHORT, 2), (ETH0_SHORT, 3), (ETH0_SHORT, 4))
    packets = (make.enhanced(port, number, at * 1000) for at, (port, number) in enumerate(order))
    return make.section(), make.interface(ETH0_SHORT), make.interface(null), *packets


def _test007(make: Maker) -> Blocks:
    """A section header with every option."""
    header = make.section(make.said(), *CUSTOM_OPTIONS, *STRANGE_OPTIONS)
    return header, make.interface(ETH0_SHORT), make.enhanced(ETH0_SHORT, 1)


def _interface_options(make: Maker, port: int, comment: tuple[int, bytes], system: bytes) -> Options:
    """Return every option of an interface description."""
    network = "2100:db8::1a2b" if port == 0 else "2001:db8:85a3:8d3:1319:8a2e:370:7344"
    return (
        comment,
        (3, b"silly ethernet interface" + (b" 2" if port else b"")),
        (4, bytes((10, 1, 2, 3 + port, 255, 255, 255, 0))),
        (5, ip_address(network).packed + b"\x40"),
        (6, bytes((0, 1, 2, 3, 4, 5 + port))),
        (7, bytes.fromhex("023456fffe789abc")),
        make.count(8, 10**9),
        (9, b"\x09"),
        (11, b"\x00tcp port 23 and host 192.0.2.5"),
        (12, system),
        (13, b"\x00"),
        (14, bytes(8)),
        *CUSTOM_OPTIONS,
        *STRANGE_OPTIONS,
    )


def _test008(make: Maker) -> Blocks:
    """Interfaces with every option, in either order."""
    port = ETH0_SHORT._replace(name="eth-_0 foo")
    odd = make.said(", and more\nfoo\r\nbar")
    first = _interface_options(make, 0, odd, b"Microsoft Windows for Workgroups 3.11b\npatch 42")
    second = _interface_options(make, 1, make.said(), b"Novell NetWare 4.11\nbut not using IPX")[::-1]
    packet, *rest = _turns(make)
    return make.section(), make.interface(port, *first), packet, make.interface(EN1, *second), *rest


def _test009(make: Maker) -> Blocks:
    """Packets with every option."""
    flags, drops = (2, make.pack("I", 0)), make.count(4, 0)
    first = (make.said("-1"), flags, drops, *CUSTOM_OPTIONS, *STRANGE_OPTIONS)
    flags, drops = (2, make.pack("I", 0x48000000)), make.count(4, 12345)
    second = (STRANGE_OPTIONS[0], make.said("-2"), flags, drops, *CUSTOM_OPTIONS, STRANGE_OPTIONS[1])
    packets = make.enhanced(ETH0, 1, 0, options=first), make.enhanced(ETH0, 2, 1000, options=second)
    return make.section(), make.interface(ETH0), *packets


def _test010(make: Maker) -> Blocks:
    """Simple packets."""
    return make.section(), make.interface(ETH0), *(make.simple(number) for number in (1, 2, 3, 4))


def _test011(make: Maker) -> Blocks:
    """Simple and enhanced packets."""
    packets = make.simple(1), make.enhanced(ETH0, 2), make.simple(3), make.enhanced(ETH0, 4, 2000)
    return make.section(), make.interface(ETH0), *packets


def _test012(make: Maker) -> Blocks:
    """A snap length between the packets' lengths."""
    port = ETH0._replace(snap_length=315)
    packets = make.simple(1, 315), make.simple(2, 315), make.enhanced(port, 3, None), make.enhanced(port, 4, None)
    return make.section(), make.interface(port), *packets


def _test013(make: Maker) -> Blocks:
    """Statistics without packets."""
    port = Port(0, ETHERNET, 96, "silly ethernet interface")
    return make.section(), make.interface(port), make.statistics(port)


def _test014(make: Maker) -> Blocks:
    """Statistics of several interfaces among their descriptions; the last one's are said of the first."""
    ports = Port(0, ETHERNET, 96, "silly ethernet interface"), Port(1, NULL, 0, "en1"), SILLY
    first, second, third = map(make.interface, ports)
    counted = make.statistics(ports[1], TICKS), make.statistics(ports[0])
    return make.section(), first, second, *counted, third, make.statistics(ports[2], TICKS - 1000)


def _test015(make: Maker) -> Blocks:
    """Names without packets."""
    port = make.interface(Port(0, ETHERNET, 96, "silly ethernet interface"), make.said(" IDB"))
    return make.section(), port, make.names(*PLAIN_NAMES, options=(make.said(" NRB"),))


def _test016(make: Maker) -> Blocks:
    """Names among packets."""
    foo = [
        named(address, f"foo.example.{end}")
        for address, end in zip(("192.168.1.2", "192.168.3.4", "10.1.2.3"), ("com", "net", "org"), strict=True)
    ]
    bar = (
        named("192.168.1.2", "qux.example.com"),
        named("192.168.1.3", "bar.example.com"),
        named("192.168.3.5", "bar.example.net"),
        named("10.1.2.4", "bar.example.org"),
    )
    return (
        make.section(),
        make.interface(ETH0),
        make.names(*PLAIN_NAMES, options=(make.said(" NRB"),)),
        make.simple(1),
        make.enhanced(ETH0, 2),
        make.names(*foo),
        make.simple(3),
        make.enhanced(ETH0, 4, 2000),
        make.names(*bar, options=(make.said(" NRB"),)),
    )


def _test017(make: Maker) -> Blocks:
    """Custom blocks alone, without an interface."""
    return (
        make.section(),
        make.custom(EXAMPLE_PEN, b"an example Custom Block"),
        make.custom(EXAMPLE_PEN, b"an example Custom Block not to be copied", make.said(" DCB"), copied=False),
        make.custom(OTHER_PEN, b"my Custom Block", make.said(" CB")),
        make.custom(OTHER_PEN, b"all your block are belong to us", copied=False),
    )


def _test018(make: Maker) -> Blocks:
    """Custom blocks among packets."""
    header, *custom = _test017(make)
    packets = make.simple(1), make.enhanced(ETH0, 2), make.simple(3), make.enhanced(ETH0, 4, 2000)
    inside = custom[0], packets[0], packets[1], custom[1], packets[2], custom[2], packets[3], custom[3]
    return header, make.interface(ETH0), *inside


def _test100(make: Maker) -> Blocks:
    """Names of every kind, empty, repeated and strange ones, among packets and interfaces."""
    return (
        make.section(),
        make.interface(ETH0),
        make.names(*_mixed_names("example.com"), options=(make.said(" NRB"), *_strange(make, " NRB"))),
        make.simple(1),
        make.names(options=(make.said(" empty NRB"),)),
        make.interface(NULL1),
        make.names(),
        make.enhanced(ETH0, 2),
        make.interface(Port(2, ETHERNET, 128, "wifi2?")),
        make.names(*FOO_NAMES),
        make.simple(3),
        make.enhanced(ETH0, 4, 2000),
        make.enhanced(NULL1, 5, 3000),
        make.names(*QUX_NAMES, options=(make.said(" NRB"),)),
    )


def _test101(make: Maker) -> Blocks:
    """Statistics with options, several of one interface, among packets."""
    third = SILLY._replace(number=2)
    return (
        make.section(),
        make.interface(ETH0_SHORT),
        make.interface(NULL1),
        make.enhanced(ETH0_SHORT, 1),
        make.statistics(NULL1, TICKS),
        make.statistics(ETH0_SHORT),
        make.statistics(NULL1, TICKS - 1000),
        make.interface(third),
        make.enhanced(third, 2),
        make.statistics(third, TICKS + 1000, *make.some_counts(make.said(" ISB-2"))),
        make.simple(3, 96),
        make.statistics(ETH0_SHORT, 0, *make.all_counts()),
        make.enhanced(NULL1, 5, 3000),
        make.statistics(ETH0_SHORT),
    )


def _test102(make: Maker) -> Blocks:
    """Every block type, some before any interface; one packet is longer than its interface's snap length."""
    third = Port(2, ETHERNET, 0, "silly!\r\nethernet interface 2")
    return (
        make.section(),
        make.custom(EXAMPLE_PEN, b"an example Custom Block"),
        make.names(*_mixed_names("a"), options=(make.said(" NRB"), *_strange(make, " NRB"))),
        make.interface(ETH0_SHORT),
        make.interface(NULL1),
        make.statistics(NULL1, TICKS),
        make.enhanced(ETH0_SHORT, 1),
        make.statistics(ETH0_SHORT),
        make.statistics(NULL1, TICKS - 1000),
        make.custom(EXAMPLE_PEN, b"an example Custom Block not to be copied", make.said(" DCB"), copied=False),
        make.interface(third),
        make.enhanced(third, 2),
        make.statistics(third, TICKS + 1000, *make.some_counts(make.said(" ISB-2"))),
        make.simple(3, 96),
        make.names(),
        make.enhanced(ETH0_SHORT, 4, 2000, length=96),
        make.statistics(ETH0_SHORT, 0, *make.all_counts()),
        make.enhanced(NULL1, 5, 3000),
        make.custom(OTHER_PEN, b"all your block are belong to us", copied=False),
        make.names(*QUX_NAMES, options=(make.said(" NRB"),)),
        make.statistics(ETH0_SHORT),
    )


def _test200(make: Maker) -> Blocks:
    """Three sections without packets."""
    ports = ETH0_SHORT, ETH0, Port(0, NULL, 128, "null1")
    return tuple(block for port in ports for block in (make.section(), make.interface(port)))


def _last_section(make: Maker) -> Blocks:
    """The statistics and the packet that end two of the difficult files."""
    counted = make.statistics(ETH0_SHORT, 0, *make.all_counts())
    return make.interface(ETH0_SHORT), make.interface(NULL1), counted, make.enhanced(NULL1, 5, 3000)


def _test201(make: Maker) -> Blocks:
    """Statistics with options in three sections."""
    strange = _strange(make, " NRB")
    return (
        make.section(make.said(" SHB-0")),
        make.interface(ETH0_SHORT),
        make.interface(NULL1),
        make.enhanced(ETH0_SHORT, 1),
        make.statistics(NULL1, TICKS),
        make.section(*strange, make.said(" SHB-1")),
        make.interface(SILLY),
        make.enhanced(SILLY, 2),
        make.statistics(SILLY, TICKS + 1000, *make.some_counts(*strange, make.said(" ISB-2"))),
        make.simple(3, 128),
        make.section(make.said(" SHB-2")),
        *_last_section(make),
        make.statistics(ETH0_SHORT),
    )


def _test202(make: Maker) -> Blocks:
    """Three sections with every block type, the middle one in the other byte order."""
    other = make.other()
    strange = _strange(make, " NRB")
    counted = other.some_counts(*_strange(other, " NRB"), other.said(" ISB-2"))
    interface, null, *rest = _last_section(make)
    return (
        make.section(make.said(" SHB-0")),
        make.interface(ETH0_SHORT),
        make.names(options=(make.said(" empty NRB"),)),
        make.interface(NULL1),
        make.custom(EXAMPLE_PEN, b"an example Custom Block"),
        make.names(*_mixed_names("a"), options=(make.said(" NRB"), *strange)),
        make.enhanced(ETH0_SHORT, 1),
        make.statistics(NULL1, TICKS),
        make.enhanced(ETH0_SHORT, 2),
        make.enhanced(NULL1, 5, 3000),
        other.section(*_strange(other, " NRB"), other.said(" SHB-1")),
        other.interface(SILLY),
        other.simple(1, 128),
        other.enhanced(SILLY, 2),
        other.custom(EXAMPLE_PEN, b"an example Custom Block not to be copied", other.said(" DCB"), copied=False),
        other.names(),
        other.names(*QUX_NAMES, options=(other.said(" NRB"),)),
        other.statistics(SILLY, TICKS + 1000, *counted),
        other.simple(3, 128),
        other.enhanced(SILLY, 4),
        make.section(make.said(" SHB-2")),
        make.names(*QUX_NAMES, options=(make.said(" NRB"),)),
        interface,
        make.custom(OTHER_PEN, b"all your block are belong to us", copied=False),
        null,
        make.statistics(ETH0_SHORT),
        *rest,
    )


_TESTS: dict[str, Callable[[Maker], Blocks]] = {
    "basic/test001": _test001,
    "basic/test002": _test002,
    "basic/test003": _test003,
    "basic/test004": _test004,
    "basic/test005": _test005,
    "basic/test006": _test006,
    "basic/test007": _test007,
    "basic/test008": _test008,
    "basic/test009": _test009,
    "basic/test010": _test010,
    "basic/test011": _test011,
    "basic/test012": _test012,
    "basic/test013": _test013,
    "basic/test014": _test014,
    "basic/test015": _test015,
    "basic/test016": _test016,
    "basic/test017": _test017,
    "basic/test018": _test018,
    "advanced/test100": _test100,
    "advanced/test101": _test101,
    "advanced/test102": _test102,
    "difficult/test200": _test200,
    "difficult/test201": _test201,
    "difficult/test202": _test202,
}
FILES = tuple(_TESTS)


def conformance_file(name: str, *, big_endian: bool) -> bytes:
    """Return one file of the set."""
    return b"".join(_TESTS[name](Maker(name.split("/")[1], big_endian=big_endian)))
