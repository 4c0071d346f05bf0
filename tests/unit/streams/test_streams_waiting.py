"""What waits behind a hole."""

from __future__ import annotations

import pytest

from sigtrace.streams.waiting import Piece, Waiting, contradict


def piece(start: int, data: bytes, packet: int = 1) -> Piece:
    """Make a piece."""
    return Piece(start, start + len(data), data, 0, packet)


@pytest.mark.parametrize(
    ("pieces", "expected", "brought", "differs"),
    [
        ([(10, b"abc")], [(10, b"abc")], True, False),
        ([(10, b"abc"), (10, b"abc")], [(10, b"abc")], False, False),
        ([(10, b"abc"), (11, b"b")], [(10, b"abc")], False, False),
        ([(10, b"abc"), (8, b"xyabcz")], [(8, b"xy"), (10, b"abc"), (13, b"z")], True, False),
        ([(10, b"abc"), (12, b"XYZ")], [(10, b"abc"), (13, b"YZ")], True, True),
        (
            [(10, b"a"), (12, b"c"), (9, b"xaBcy")],
            [(9, b"x"), (10, b"a"), (11, b"B"), (12, b"c"), (13, b"y")],
            True,
            False,
        ),
        ([(20, b"z"), (10, b"a")], [(10, b"a"), (20, b"z")], True, False),
    ],
)
def test_insert(
    *,
    pieces: list[tuple[int, bytes]],
    expected: list[tuple[int, bytes]],
    brought: bool,
    differs: bool,
) -> None:
    """Pieces stay sorted and free of overlap; of each byte the first copy stays."""
    waiting = Waiting()
    for start, data in pieces:
        result = waiting.insert(piece(start, data))
    assert [(one.start, one.data) for one in waiting.pieces] == expected
    assert result == (brought, differs)
    assert waiting.size == sum(len(data) for _, data in expected)


def test_take_run() -> None:
    """A run ends at the next hole, and at what relies on more of the other direction than has come out."""
    waiting = Waiting()
    for one in (piece(10, b"a"), piece(11, b"b"), piece(12, b"c")._replace(needs=50), piece(20, b"z")):
        waiting.insert(one)
    assert [one.data for one in waiting.take_run(10, allowed=49)] == [b"a", b"b"]
    assert [one.data for one in waiting.take_run(12, allowed=50)] == [b"c"]
    assert waiting.take_run(13, allowed=50) == []
    assert waiting.size == 1


def test_cut_pieces_are_compared_where_captured() -> None:
    """Bytes that a snap length cut off contradict nothing."""
    assert not contradict(0, b"ab", 0, b"abcd")
    assert contradict(0, b"ab", 1, b"x")
    assert not contradict(0, b"ab", 2, b"x")
