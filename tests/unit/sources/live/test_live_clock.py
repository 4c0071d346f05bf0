"""Steps of the clock are told, its slewing and our own delays are not."""

from __future__ import annotations

from itertools import chain, repeat

import pytest

from sigtrace.sources.live.clock import CLOCK_STEP, ClockWatch

SECOND = 10**9


class Clocks:
    """Two clocks that go as they are told."""

    def __init__(self) -> None:
        self.wall = 1_700_000_000 * SECOND
        self.steady = 5 * SECOND

    def run(self, seconds: float, *, step: float = 0.0) -> None:
        """Let time pass; `step` seconds more for the clock that can step."""
        self.steady += int(seconds * SECOND)
        self.wall += int((seconds + step) * SECOND)

    def watch(self) -> ClockWatch:
        """Return a watch on them."""
        return ClockWatch(lambda: self.wall, lambda: self.steady)


@pytest.mark.parametrize(("step", "words"), [(3600.0, "3600.000 s forward"), (-0.25, "0.250 s back")])
def test_step_is_told_once(step: float, words: str) -> None:
    """A step is told once, with its size and direction."""
    clocks = Clocks()
    watch = clocks.watch()
    clocks.run(1)
    assert watch.check() == []
    clocks.run(1, step=step)
    (notice,) = watch.check()
    assert notice.code == CLOCK_STEP
    assert words in notice.text
    clocks.run(1)
    assert watch.check() == []


def test_slewing_is_no_step() -> None:
    """A clock that is slewed at the kernel's limit for an hour, looked at seldom, does not step."""
    clocks = Clocks()
    watch = clocks.watch()
    for _ in range(60):
        clocks.run(60, step=60 * 500e-6)
        assert watch.check() == []


def test_delay_between_the_clocks_is_no_step() -> None:
    """That we were held up between looking at one clock and at the other is not taken for a step."""
    walls = chain([10 * SECOND, 20 * SECOND], repeat(12 * SECOND))
    steadies = iter([0, 0, 1 * SECOND, 2 * SECOND, 2 * SECOND, 2 * SECOND, *repeat(2 * SECOND, 20)])
    watch = ClockWatch(lambda: next(walls), lambda: next(steadies))
    assert watch.check() == []


def test_real_clocks_agree() -> None:
    """The machine's own clocks, looked at twice, do not step."""
    assert ClockWatch().check() == []
