"""What is remembered of delivered bytes, to compare what is sent again with."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import numpy as np
import pytest

from sigtrace.streams.delivered import DELIVERED_KEPT, Delivered, DeliveredRun

if TYPE_CHECKING:
    from sigtrace.streams.outlet import Outlet

ONE, OTHER = cast("Outlet", object()), cast("Outlet", object())


def delivered_with_run(turn: int, places: list[int]) -> Delivered:
    """Remember pieces of two bytes that begin at position 100, "aabbcc…", at the turns of some rows."""
    delivered = Delivered()
    data = bytes(97 + at // 2 % 26 for at in range(2 * len(places)))
    ends = np.arange(2, 2 * len(places) + 1, 2) + 50
    delivered.add_run(DeliveredRun(ONE, 100 - 50, ends, np.array(places), turn, data))
    return delivered


@pytest.mark.parametrize(
    ("start", "data", "contradicts"),
    [
        (100, b"aabbcc", False),
        (103, b"bc", False),
        (98, b"xxaa", False),
        (98, b"xxab", True),
        (104, b"ccx", False),
        (105, b"C", True),
        (90, b"zz", False),
    ],
)
def test_comparing_with_a_run(start: int, data: bytes, *, contradicts: bool) -> None:
    """Bytes are compared where they overlap with those of a run, of the same stream only."""
    delivered = delivered_with_run(1, [0, 1, 2])
    assert delivered.contradicts(ONE, start, data, 10) is contradicts
    assert not delivered.contradicts(OTHER, start, data, 10)


def test_pieces_whose_turn_is_to_come() -> None:
    """A piece counts as delivered once its turn has come."""
    delivered = delivered_with_run(7, [0, 5])
    assert delivered.contradicts(ONE, 100, b"A", 8)
    assert not delivered.contradicts(ONE, 102, b"B", 12)
    assert delivered.contradicts(ONE, 102, b"B", 13)


def test_pieces_that_enough_others_follow() -> None:
    """So many pieces are looked at and no more, whether they came in runs or by themselves, in the order of turns."""
    delivered = delivered_with_run(1, list(range(0, 20, 2)))  # turns 1, 3, … 19
    for turn in range(2, 2 * DELIVERED_KEPT - 14, 2):  # behind turn 3: 247 of these, and 8 of the run
        delivered.pieces.append((turn, OTHER, 0, b"-"))
    last = 2 * DELIVERED_KEPT
    assert delivered.contradicts(ONE, 102, b"B", last)
    assert not delivered.contradicts(ONE, 100, b"A", last)


def test_pieces_of_streams_that_are_over() -> None:
    """Pieces with which nothing is compared count among the last ones, once their turns have come."""
    delivered = Delivered()
    delivered.pieces.append((5, ONE, 100, b"a"))
    delivered.add_over(np.arange(20, 20 + DELIVERED_KEPT - 1))
    delivered.add_over(np.array([1, 10, 2000]))
    last = 20 + DELIVERED_KEPT - 2
    assert delivered.contradicts(ONE, 100, b"A", last)  # 254 of them, and one at turn 10
    assert not delivered.contradicts(ONE, 100, b"A", last + 1)
    delivered.pieces.append((1999, ONE, 101, b"b"))
    delivered.tidy(1)
    assert delivered.contradicts(ONE, 101, b"B", 2001)
    delivered.pieces.extend((turn, OTHER, 0, b"-") for turn in range(2001, 2001 + DELIVERED_KEPT))
    delivered.tidy(2001)
    assert not delivered._over


def test_runs_go_once_a_batch_brought_enough() -> None:
    """Runs of earlier batches are let go when one batch has brought as many pieces as are looked at."""
    delivered = delivered_with_run(1, [0, 1])
    delivered.add_run(DeliveredRun(OTHER, 0, np.arange(1, 11), np.arange(10), 100, b"x" * 10))
    delivered.tidy(100)
    assert len(delivered._runs) == 2
    many = np.arange(DELIVERED_KEPT)
    delivered.add_run(DeliveredRun(OTHER, 0, many + 1, many, 200, b"x" * len(many)))
    delivered.tidy(200)
    assert len(delivered._runs) == 1
