"""What `-a` and `-c` mean, and what does not go together."""

from __future__ import annotations

import pytest

from sigtrace.errors import SelectionError
from sigtrace.recording.limits import Limits, fit_together, parse_limits
from sigtrace.recording.ring import Ring


@pytest.mark.parametrize(
    ("texts", "count", "limits"),
    [
        ([], None, Limits()),
        (["duration:1.5", "filesize:2"], None, Limits(duration_s=1.5, filesize=2000)),
        (["packets:7"], 9, Limits(packets=7)),
        (["packets:9"], 7, Limits(packets=7)),
        ([], 7, Limits(packets=7)),
        (["files:3"], None, Limits(files=3)),
    ],
)
def test_limits_are_parsed(texts: list[str], count: int | None, limits: Limits) -> None:
    """Criteria are read as dumpcap reads them, and the lower of two numbers of packets counts."""
    assert parse_limits(texts, count) == limits


@pytest.mark.parametrize(("texts", "count"), [(["interval:5"], None), (["packets:0"], None), ([], 0), ([], -3)])
def test_wrong_limits_are_refused(texts: list[str], count: int | None) -> None:
    """What cannot be read, or would stop before anything came, is an error with a hint."""
    with pytest.raises(SelectionError) as caught:
        parse_limits(texts, count)
    assert caught.value.hint


@pytest.mark.parametrize(
    ("path", "ring", "limits", "problem"),
    [
        (None, Ring(packets=1), Limits(), "-b speaks of a file"),
        (None, None, Limits(filesize=1000), "-a filesize speaks of a file"),
        (None, None, Limits(files=1), "-a files speaks of a file"),
        ("-", Ring(packets=1), Limits(), "cannot be divided"),
        ("run.pcapng", None, Limits(files=2), "counts the files of a ring"),
    ],
)
def test_what_does_not_go_together_is_refused(
    path: str | None, ring: Ring | None, limits: Limits, problem: str
) -> None:
    """An option that needs another one says so."""
    with pytest.raises(SelectionError, match=problem) as caught:
        fit_together(path, ring, limits)
    assert caught.value.hint


@pytest.mark.parametrize("own", [None, 2000])
def test_size_limit_beside_a_ring_is_that_of_each_file(own: int | None) -> None:
    """`-a filesize` with `-b` says when the next file begins; the smaller of two sizes counts."""
    ring, limits = fit_together("a", Ring(filesize=own, files=3), Limits(filesize=1000, packets=5))
    assert ring == Ring(filesize=1000, files=3)
    assert limits == Limits(packets=5)


def test_what_goes_together_stays() -> None:
    """Other combinations are what they were."""
    assert fit_together("a", None, Limits(filesize=7)) == (None, Limits(filesize=7))
    assert fit_together(None, None, Limits(packets=7)) == (None, Limits(packets=7))
    assert fit_together("a", Ring(packets=1), Limits(files=7)) == (Ring(packets=1), Limits(files=7))
