"""TimeOrder: small disorder of a capture is undone, and nothing is ever lost or kept for ever."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from sigtrace.packets.packet import Segment
from sigtrace.streams.order import DEPTH, STALE, TimeOrder

END = b"\x7f\x00\x00\x01\x22\xb8"


def segment(number: int, at_ns: int) -> Segment:
    """Return a segment of which only number and time matter."""
    return Segment(number, at_ns, 0, END, END, 0, 0, 0, 0, b"", 0, -1)


def ordered(times: list[int]) -> list[Segment]:
    """Push all and flush."""
    order = TimeOrder()
    out = order.feed(segment(number, at_ns) for number, at_ns in enumerate(times, 1))
    return out + order.flush()


@given(st.lists(st.integers(0, 1000), max_size=200))
def test_nothing_is_lost(times: list[int]) -> None:
    """Whatever the times, every segment comes out exactly once."""
    assert sorted(one.number for one in ordered(times)) == list(range(1, len(times) + 1))


@given(st.lists(st.integers(0, 50), max_size=DEPTH))
def test_a_few_places_are_put_in_order(times: list[int]) -> None:
    """Segments written at most DEPTH places late come out in order of time, equal times in order of capture."""
    assert [(one.at_ns, one.number) for one in ordered(times)] == sorted(
        zip(times, range(1, len(times) + 1), strict=True)
    )


def test_clock_that_steps_back_keeps_nothing_back_for_ever() -> None:
    """After a clock stepped back, what was written before it comes out within STALE segments."""
    order = TimeOrder()
    order.feed(segment(number, 10_000 + number) for number in range(1, DEPTH + 1))
    out = order.feed(segment(100 + place, place) for place in range(2 * STALE))
    assert {one.number for one in out} >= set(range(1, DEPTH + 1))


@given(st.permutations(range(DEPTH - 1)), st.integers(0, 200), st.sampled_from([-1, 10**9]))
def test_one_wrong_clock_disturbs_no_other(late: list[int], place: int, wrong: int) -> None:
    """All segments but one whose time is far off come out in order of time, before it, behind it and around it."""
    times = [block * DEPTH + at for block in range(14) for at in late]
    out = [one.at_ns for one in ordered([*times[:place], wrong, *times[place:]])]
    assert [at_ns for at_ns in out if at_ns != wrong] == sorted(times)


@given(st.lists(st.integers(0, 1000), max_size=200))
def test_any_batches_give_the_same(times: list[int]) -> None:
    """One segment at a time comes out as all at once."""
    order = TimeOrder()
    singly = [one for number, at_ns in enumerate(times, 1) for one in order.feed([segment(number, at_ns)])]
    assert singly + order.flush() == ordered(times)
