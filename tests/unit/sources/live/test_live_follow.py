"""A file that grows is followed, also when it is begun again or another takes its place."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from sigtrace.capture.batch import CaptureEnded, CaptureStarted, Interface
from sigtrace.capture.writer import encode_pcap, encode_pcapng
from sigtrace.errors import CaptureError, SourceError
from sigtrace.sources.live.follow import FILE_REPLACED, FILE_SHORTENED, NOT_A_CAPTURE, FollowedFile
from tests.builders.cables import Seen
from tests.builders.captures import ETHERNET, make_records

if TYPE_CHECKING:
    from pathlib import Path

RECORDS = make_records(60, 1500, 9000, 60)
DATA = [record.data for record in RECORDS]
PCAPNG = encode_pcapng(RECORDS, interfaces=[ETHERNET])
OTHER = encode_pcap(RECORDS[:2], link_type=101)


class Followed:
    """A file, who follows it, and what was seen of it."""

    def __init__(self, path: Path, data: bytes) -> None:
        self.path = path
        path.write_bytes(data)
        self.source = FollowedFile(path)
        self.seen = Seen()
        self.seen.add(self.source.open())
        self.look()

    def append(self, data: bytes) -> None:
        """Let the file grow, and look."""
        with self.path.open("ab") as file:
            file.write(data)
        self.look()

    def look(self) -> None:
        """Take what there is, until there is nothing more."""
        while items := self.source.poll(0):
            self.seen.add(items)

    def kinds(self) -> list[str]:
        """What was told beside packets and interfaces."""
        return [
            getattr(item, "code", type(item).__name__) for item in self.seen.items if not isinstance(item, Interface)
        ]


def test_appended_packets_come(tmp_path: Path) -> None:
    """What is there comes first, then what is appended, in whatever pieces; it does not end by itself."""
    followed = Followed(tmp_path / "run.pcapng", PCAPNG[:1000])
    assert followed.seen.packets == DATA[:1]
    for start in range(1000, len(PCAPNG), 333):
        followed.append(PCAPNG[start : start + 333])
    assert followed.seen.packets == DATA
    assert followed.source.poll(0) == []
    assert followed.source.close() == [
        CaptureEnded(file=followed.source.name, packets=4, bytes=len(PCAPNG), truncated=False)
    ]
    assert followed.source.poll(0) is None
    assert followed.source.close() == []


def test_empty_file_is_waited_for(tmp_path: Path) -> None:
    """A file in which nothing is yet may become a capture."""
    followed = Followed(tmp_path / "run.pcapng", b"")
    assert followed.seen.items == []
    followed.append(PCAPNG)
    assert followed.seen.packets == DATA
    followed.source.close()


def test_replaced_file_is_followed(tmp_path: Path) -> None:
    """Where another file takes the place, it is followed, and packets and interfaces are counted on."""
    followed = Followed(tmp_path / "run.pcapng", PCAPNG)
    (tmp_path / "new").write_bytes(OTHER)
    os.replace(tmp_path / "new", followed.path)  # noqa: PTH105 - as log rotation does it
    followed.look()
    followed.append(b"")
    assert followed.kinds() == ["CaptureStarted", "CaptureEnded", FILE_REPLACED, "CaptureStarted"]
    assert followed.seen.packets == [*DATA, *DATA[:2]]
    assert followed.seen.numbers == [1, 2, 3, 4, 5, 6]
    assert followed.seen.interfaces == [0, 0, 0, 0, 1, 1]
    assert [item.index for item in followed.seen.items if isinstance(item, Interface)] == [0, 1]
    assert followed.source.counters().received == 6
    followed.source.close()


def test_file_begun_again_is_followed(tmp_path: Path) -> None:
    """A file that becomes shorter is read from its start."""
    followed = Followed(tmp_path / "run.pcapng", PCAPNG)
    followed.path.write_bytes(OTHER)
    followed.look()
    assert followed.kinds() == ["CaptureStarted", "CaptureEnded", FILE_SHORTENED, "CaptureStarted"]
    assert followed.seen.packets == [*DATA, *DATA[:2]]
    followed.source.close()


def test_what_became_no_capture_is_told(tmp_path: Path) -> None:
    """A file that becomes no capture is told of once, and followed again when it is one."""
    followed = Followed(tmp_path / "run.pcapng", PCAPNG)
    followed.path.write_bytes(b"this is no capture, but text\n")
    followed.look()
    followed.append(b"and more of it\n")
    followed.path.write_bytes(b"")
    followed.look()
    followed.append(OTHER)
    assert followed.kinds().count(NOT_A_CAPTURE) == 1
    assert [type(item) for item in followed.seen.items].count(CaptureStarted) == 2
    assert followed.seen.packets == [*DATA, *DATA[:2]]
    followed.source.close()


def test_what_never_was_one_is_an_error(tmp_path: Path) -> None:
    """No such file, a folder, and a file that is no capture cannot be followed."""
    with pytest.raises(SourceError, match="no such file"):
        FollowedFile(tmp_path / "nothing").open()
    with pytest.raises(SourceError, match="cannot be followed"):
        FollowedFile(tmp_path).open()
    (tmp_path / "text").write_bytes(b"this is no capture, but text\n")
    source = FollowedFile(tmp_path / "text")
    source.open()
    with pytest.raises(CaptureError, match="text"):
        source.poll(0)
    assert source.close() == []
