"""Captures from any bytes: windows do not matter, numbers rise, and the end says how much was read.

The bytes are the capture. Its magic is put right, for whatever has another is no capture and reaches no reader.
"""

from __future__ import annotations

from random import Random
from zlib import crc32

from sigtrace.capture.batch import CaptureEnded
from sigtrace.capture.detect import PCAP_KINDS, PCAPNG_MAGIC
from sigtrace.notices import Notice
from tests.builders.captures import Contents, read_bytes


def try_pcap(data: bytes) -> None:
    """Read as pcap of one kind or another."""
    magics = sorted(PCAP_KINDS)
    if data[:4] not in magics:
        data = magics[sum(data[:4]) % len(magics)] + data[4:]
    _check(data)


def try_pcapng(data: bytes) -> None:
    """Read as pcapng."""
    _check(PCAPNG_MAGIC + data[4:])


def _check(data: bytes) -> None:
    whole = read_bytes(data)
    numbers = [record.number for record in whole.records]
    assert numbers == sorted(set(numbers))
    (ended,) = whole.of(CaptureEnded)
    assert ended.bytes == len(data)
    assert ended.packets >= len(numbers)
    # A record that lost bytes is shown as long as it says, so that what it swallowed is in it and by itself.
    assert sum(len(record.data) for record in whole.records) <= 2 * len(data)
    assert _essence(read_bytes(data, _pieces(data))) == _essence(whole)


def _pieces(data: bytes) -> list[int]:
    """Divide the capture at places that its bytes decide, so that a finding can be played again."""
    chance = Random(crc32(data))
    longest = chance.choice((3, 40, 400))
    return [chance.randint(1, longest) for _ in range(40)]


def _essence(contents: Contents) -> tuple[object, ...]:
    """What must not depend on the windows: all but the order among items of different types."""
    notices = sorted(
        (item.code, item.text, item.packet or 0, item.offset or 0)
        for item in contents.items
        if isinstance(item, Notice)
    )
    others = sorted(
        (item for item in contents.items if not isinstance(item, Notice)), key=lambda item: type(item).__name__
    )
    return contents.records, contents.comments, notices, others
