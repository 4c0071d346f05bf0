"""The pcapng conformance set, in both byte orders: record for record beside tshark and python-pcapng.

Where an oracle shows something else, or nothing, the table or the comparison says so and why.
"""

from __future__ import annotations

import io
import json
import subprocess
from functools import cache
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

from sigtrace.capture.batch import CaptureStarted, Interface, InterfaceStatistics, NameResolution
from sigtrace.capture.pcapng.batches import NO_TIME
from sigtrace.capture.pcapng.reader import SECTION
from tests.builders.captures import Contents, read_bytes
from tests.builders.conformance import FILES, conformance_file
from tests.builders.oracles import need

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sigtrace.capture.batch import Record

pcapng = pytest.importorskip("pcapng")
blocks = pytest.importorskip("pcapng.blocks")

EACH = pytest.mark.parametrize(
    ("name", "big_endian"),
    [pytest.param(name, big, id=f"{name}-{'be' if big else 'le'}") for name in FILES for big in (False, True)],
)
# What python-pcapng 2.1 cannot read. In test008 it takes the last byte of `if_IPv6addr` for a string, and raises.
NOT_FOR_PYTHON_PCAPNG = {"basic/test008"}
CUSTOM = (0xBAD, 0x40000BAD)


class Shown(NamedTuple):
    """What tshark shows of a capture."""

    frames: list[dict[str, Any]]  # each with its bytes under "raw"; custom blocks among them
    names: dict[str, str]  # address → the name it has at the end


@cache
def ours(name: str, big_endian: bool) -> Contents:  # noqa: FBT001 - the same as the parameters of the tests
    """Read a file."""
    return read_bytes(conformance_file(name, big_endian=big_endian))


@cache
def tshark(name: str, big_endian: bool) -> Shown:  # noqa: FBT001
    """Ask tshark for all it knows of a file."""
    command = [need("tshark"), "-n", "-r", "-", "-T", "json", "-x", "-J", "frame", "-z", "hosts"]
    data = conformance_file(name, big_endian=big_endian)
    said = subprocess.run(command, check=True, input=data, capture_output=True).stdout.decode()
    packets, end = json.JSONDecoder().raw_decode(said)
    frames = []
    for packet in packets:
        layers = packet["_source"]["layers"]
        frames.append({**layers["frame"], "raw": bytes.fromhex(layers["frame_raw"][0])})
    lines = [line.split("\t") for line in said[end:].splitlines() if "\t" in line]
    return Shown(frames, dict(lines))


def is_packet(frame: dict[str, Any]) -> bool:
    """Tell a packet from a custom block, which tshark lists too, and which belongs to no interface."""
    return "frame.interface_id" in frame


@EACH
def test_records_are_those_of_tshark(name: str, *, big_endian: bool) -> None:
    """Number, time, lengths and bytes of every record agree; a simple packet, which has no time, shows none there."""
    contents, frames = ours(name, big_endian), tshark(name, big_endian).frames
    packets = [frame for frame in frames if is_packet(frame)]
    assert [int(frame["frame.number"]) for frame in frames] == list(range(1, len(frames) + 1))
    assert [
        (record.number, len(record.data), record.original, record.data) for record in contents.records
    ] == [
        (int(one["frame.number"]), int(one["frame.cap_len"]), int(one["frame.len"]), one["raw"]) for one in packets
    ]  # fmt: skip
    timed = [(frame.get("frame.time_epoch"), record) for frame, record in zip(packets, contents.records, strict=True)]
    for shown, record in timed:
        assert shown in (None, f"{record.at_ns // 10**9}.{record.at_ns % 10**9:09d}")
    assert (NO_TIME in contents.codes) == any(shown is None for shown, _ in timed)


@EACH
def test_interfaces_are_those_of_tshark(name: str, *, big_endian: bool) -> None:
    """Records of one interface in tshark's count, which begins anew with a section, are of one here, of the same name.

    But tshark 4.0 looks up the name by the number alone, and so in the first section; that of later sections is
    compared with python-pcapng below.
    """
    contents = ours(name, big_endian)
    packets = [frame for frame in tshark(name, big_endian).frames if is_packet(frame)]
    names = {interface.index: interface.name for interface in contents.of(Interface)}
    pairs = {
        ((frame["frame.section_number"], frame["frame.interface_id"]), record.interface)
        for frame, record in zip(packets, contents.records, strict=True)
    }
    assert len(pairs) == len({theirs for theirs, _ in pairs}) == len({index for _, index in pairs})
    for frame, record in zip(packets, contents.records, strict=True):
        if frame["frame.section_number"] == "1":
            assert names[record.interface] == frame["frame.interface_id_tree"]["frame.interface_name"]


@EACH
def test_names_are_those_of_tshark(name: str, *, big_endian: bool) -> None:
    """The addresses that a file names are the same, and the name which tshark keeps of each is among ours."""
    named: dict[str, set[str]] = {}
    for one in ours(name, big_endian).of(NameResolution):
        named.setdefault(str(ip_address(one.address)), set()).update(one.names)
    shown = tshark(name, big_endian).names
    assert shown.keys() == named.keys()
    assert all(shown[address] in names for address, names in named.items())


def python_blocks(name: str, *, big_endian: bool) -> list[Any]:
    """Return the blocks that python-pcapng finds, or skip the test where it finds none."""
    data = conformance_file(name, big_endian=big_endian)
    if name in NOT_FOR_PYTHON_PCAPNG:
        with pytest.raises(TypeError, match="bytes-like"):
            list(pcapng.FileScanner(io.BytesIO(data)))
        pytest.skip("python-pcapng cannot read if_IPv6addr")
    return list(pcapng.FileScanner(io.BytesIO(data)))


def python_records(found: list[Any]) -> Iterator[tuple[Any, ...]]:
    """Yield number, ticks, interface over the whole file, link type, bytes and original length of each packet."""
    first = described = number = 0
    for block in found:
        if isinstance(block, blocks.SectionHeader):
            first = described
        elif isinstance(block, blocks.InterfaceDescription):
            described += 1
        elif isinstance(block, blocks.UnknownBlock) and block.block_type in CUSTOM:
            number += 1
        elif isinstance(block, blocks.EnhancedPacket | blocks.SimplePacket):
            number += 1
            timed = isinstance(block, blocks.EnhancedPacket)
            ticks = (block.timestamp_high << 32 | block.timestamp_low) if timed else None
            interface = first + block.interface_id
            yield number, ticks, interface, block.interface.link_type, block.packet_data, block.packet_len


def as_python(record: Record, *, timed: bool) -> tuple[Any, ...]:
    """Return what `python_records` gives of a record whose interface counts microseconds."""
    ticks = record.at_ns // 1000 if timed else None
    return record.number, ticks, record.interface, record.link_type, record.data, record.original


@EACH
def test_records_are_those_of_python_pcapng(name: str, *, big_endian: bool) -> None:
    """Number, time, interface, link type, bytes and original length agree, where python-pcapng can read the file."""
    theirs = list(python_records(python_blocks(name, big_endian=big_endian)))
    records = ours(name, big_endian).records
    assert [as_python(one, timed=other[1] is not None) for one, other in zip(records, theirs, strict=True)] == theirs


def option(block: Any, name: str) -> Any:
    """Return the first value of an option, or None."""
    return block.options.get(name)


def python_facts(found: list[Any]) -> dict[str, list[Any]]:
    """Return what python-pcapng says of names, statistics, interfaces, comments and sections, as ours says it."""
    facts: dict[str, list[Any]] = {"names": [], "statistics": [], "interfaces": [], "comments": [], "sections": []}
    first = described = 0
    for block in found:
        if isinstance(block, blocks.SectionHeader):
            first = described
            facts["sections"].append(
                tuple(option(block, one) for one in ("shb_hardware", "shb_os", "shb_userappl", "opt_comment"))
            )
        elif isinstance(block, blocks.InterfaceDescription):
            facts["interfaces"].append((described, option(block, "if_name"), block.link_type, block.snaplen))
            described += 1
        elif isinstance(block, blocks.InterfaceStatistics):
            dropped = [
                count for count in (option(block, "isb_ifdrop"), option(block, "isb_osdrop")) if count is not None
            ]
            received = option(block, "isb_ifrecv")
            facts["statistics"].append((first + block.interface_id, received, sum(dropped) if dropped else None))
        elif isinstance(block, blocks.NameResolution):
            facts["names"] += [(one["address"], tuple(one["names"])) for one in block.records if "address" in one]
        elif isinstance(block, blocks.EnhancedPacket) and (comment := option(block, "opt_comment")):
            facts["comments"].append((comment,))
    return facts


@EACH
def test_facts_are_those_of_python_pcapng(name: str, *, big_endian: bool) -> None:
    """Names, statistics, interfaces, comments and what sections say agree, where python-pcapng can read the file."""
    facts = python_facts(python_blocks(name, big_endian=big_endian))
    contents = ours(name, big_endian)
    assert [(str(ip_address(one.address)), one.names) for one in contents.of(NameResolution)] == facts["names"]
    statistics = contents.of(InterfaceStatistics)
    assert [(one.interface, one.received, one.dropped) for one in statistics] == facts["statistics"]
    interfaces = contents.of(Interface)
    assert [(one.index, one.name, one.link_type, one.snap_length) for one in interfaces] == facts["interfaces"]
    assert list(contents.comments.values()) == facts["comments"]
    started = contents.of(CaptureStarted)[0]
    said = (started.hardware, started.operating_system, started.application, *started.comments)
    assert [said] == facts["sections"][:1]
    assert contents.codes.count(SECTION) == len(facts["sections"]) - 1


@pytest.mark.parametrize("big_endian", [False, True])
def test_the_file_that_python_pcapng_cannot_read_is_read_whole(*, big_endian: bool) -> None:
    """Interfaces with every option there is have the names that were written, and count nanoseconds."""
    contents = ours("basic/test008", big_endian)
    assert [interface.name for interface in contents.of(Interface)] == ["eth-_0 foo", "en1"]
    assert [record.at_ns for record in contents.records] == [0x0004C39764CA47AA + at * 1000 for at in range(4)]


@EACH
def test_nothing_else_is_said_of_a_conforming_file(name: str, *, big_endian: bool) -> None:
    """No notice but those of simple packets and later sections: a conforming file has no damage."""
    assert set(ours(name, big_endian).codes) <= {NO_TIME, SECTION}
