"""What `-b` means, and how the files of a ring are named and divided."""

from __future__ import annotations

import time

import numpy as np
import pytest

from sigtrace.errors import SelectionError
from sigtrace.recording.ring import Fill, Ring, find_switches, name_file, parse_ring


@pytest.mark.parametrize(
    ("texts", "ring"),
    [
        ([], None),
        (["duration:60"], Ring(duration_s=60)),
        (["duration:0.5"], Ring(duration_s=0.5)),
        (["filesize:1000"], Ring(filesize=1_000_000)),
        (["packets:7", "files:3"], Ring(packets=7, files=3)),
        (["interval:3600", "files:99999"], Ring(interval_s=3600, files=99_999)),
        (["packets:7", "packets:8"], Ring(packets=8)),
    ],
)
def test_ring_is_parsed(texts: list[str], ring: Ring | None) -> None:
    """Criteria are read as dumpcap reads them: seconds, kB of 1000 bytes, the last of the same counts."""
    assert parse_ring(texts) == ring


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("60", "no such criterion"),
        ("", "no such criterion"),
        ("size:60", "no such criterion"),
        ("duration", "no such criterion"),
        ("duration:", "nothing is not a number above zero"),
        ("duration:0", "0 is not a number above zero"),
        ("duration:-1", "-1 is not"),
        ("duration:nan", "nan is not"),
        ("duration:" + "9" * 400, "is not a number"),
        ("filesize:1.5", "1.5 is not a whole number above zero"),
        ("packets:1e3", "1e3 is not a whole number"),
        ("packets:" + "9" * 5000, "is not a whole number"),
        ("packets:\u0663", "is not a whole number"),
        ("files:5", "does not say when"),
        ("interval:0", "0 is not"),
    ],
)
def test_wrong_ring_is_refused(text: str, problem: str) -> None:
    """What cannot be read is an error that quotes it and says how it is given."""
    with pytest.raises(SelectionError, match=problem) as caught:
        parse_ring([text])
    assert caught.value.hint


def test_ring_of_too_many_files_is_refused() -> None:
    """Numbers of files have five digits."""
    with pytest.raises(SelectionError, match="more than 99999"):
        parse_ring(["packets:1", "files:100000"])


@pytest.mark.parametrize(
    ("path", "number", "name"),
    [
        ("run.pcapng", 1, "run_00001_20261125123456.pcapng"),
        ("a.b/run", 2, "a.b/run_00002_20261125123456"),
        ("x/my.run.cap", 99_999, "x/my.run_99999_20261125123456.cap"),
        ("run.pcapng", 100_000, "run_00000_20261125123456.pcapng"),
        (".hidden", 3, ".hidden_00003_20261125123456"),
    ],
)
def test_files_are_named_as_dumpcap_names_them(path: str, number: int, name: str) -> None:
    """Number and local time stand before the suffix of the file, of which directories have none."""
    at_s = time.mktime((2026, 11, 25, 12, 34, 56, 0, 0, -1))
    assert name_file(path, number, int(at_s) * 10**9) == name


ENDS = np.array([10, 20, 30, 40, 50], np.int64)


@pytest.mark.parametrize(
    ("ring", "fill", "switches"),
    [
        (Ring(), Fill(5, 0), []),
        (Ring(packets=2), Fill(5, 0), [2, 4]),
        (Ring(packets=2), Fill(5, 1), [1, 3]),
        (Ring(packets=2), Fill(5, 2), [0, 2, 4]),
        (Ring(packets=5), Fill(5, 0), []),
        (Ring(filesize=25), Fill(5, 0), [2, 4]),  # reached exactly by the second
        (Ring(filesize=26), Fill(5, 0), [3]),
        (Ring(filesize=26), Fill(26, 1), [0, 3]),
        (Ring(filesize=26), Fill(25, 1), [1, 4]),
        (Ring(filesize=1), Fill(5, 0), [1, 2, 3, 4]),  # the header alone is more: one packet a file
        (Ring(filesize=36, packets=2), Fill(5, 0), [2, 4]),
        (Ring(filesize=15, packets=2), Fill(5, 0), [1, 2, 3, 4]),
    ],
)
def test_batch_is_divided(ring: Ring, fill: Fill, switches: list[int]) -> None:
    """A file's last packet is the one with which it reaches what the ring says, and the next begins a new one."""
    assert find_switches(ENDS, ring, fill, fresh_size=5) == switches
    assert find_switches(ENDS[:0], ring, fill, fresh_size=5) == []
