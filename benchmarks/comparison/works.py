"""What is worth measuring, A to I: which programs of which contests each needs, and what it aims for."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from . import contests as names
from .aims import (
    Aim,
    Bound,
    Results,
    Series,
    as_long,
    faster,
    grows_straight,
    grows_with_what_is_kept,
    peak_below,
    peak_beside,
)

if TYPE_CHECKING:
    from collections.abc import Callable

MEMORY = Bound(1.2, 150)
GROWTH = 0.10
MEDIA_SERIES = Series("A grows", {times: names.at(times) for times in names.MEDIA_SIZES})
DENSE_SERIES = Series("B grows", {times: names.at(times) for times in names.DENSE_SIZES})


class Work(NamedTuple):
    """One letter."""

    needs: dict[str, tuple[str, ...]]  # contests, and of each the programs; none named: all
    aims: Callable[[Results], list[Aim]]


def media(results: Results) -> list[Aim]:
    """Return the aims of A."""
    work = "A media-heavy"
    return [
        faster(results, work, "A", (names.EXPORT, names.TSHARK), 40),
        as_long(results, work, "A", (names.EXPORT, "cat"), 2.5),
        as_long(results, work, "A", (names.EXPORT, "tcpflow"), 1),
    ]


def dense(results: Results) -> list[Aim]:
    """Return the aims of B."""
    return [faster(results, "B signaling-dense", "B", (names.EXPORT, names.TSHARK_BODIES), 8)]


def small_packets(results: Results) -> list[Aim]:
    """Return the aims of C."""
    work = "C small packets"
    return [
        faster(results, work, "C", (names.EXPORT, names.TSHARK), 25),
        as_long(results, work, "C", (names.EXPORT, names.TCPDUMP), 4),
    ]


def bulk(results: Results) -> list[Aim]:
    """Return the aims of D."""
    return [faster(results, "D HTTP bulk", "D", (names.EXPORT, names.TSHARK), 25)]


def short(results: Results) -> list[Aim]:
    """Return the aims of E."""
    return [
        as_long(results, "E short capture, analyze", "E", (names.ANALYZE, names.TSHARK_ALL), 1),
        as_long(results, "E --help", "help", (names.HELP, names.IMPORTS), 1.3),
    ]


def memory(results: Results) -> list[Aim]:
    """Return the aims of F."""
    own = ("A", names.EXPORT)
    beside = {
        "C": ("C", names.EXPORT),
        "D": ("D", names.EXPORT),
        f"10 times A streamed, {names.ALL_TIMES_TEN}": ("F", names.ALL_TIMES_TEN),
        f"10 times A streamed, {names.MEDIA_TIMES_TEN}": ("F", names.MEDIA_TIMES_TEN),
    }
    return [
        peak_below(results, "F peak memory, A", own, MEMORY.megabytes),
        *(peak_beside(results, f"F peak memory, {work}", place, own, MEMORY) for work, place in beside.items()),
        grows_with_what_is_kept(results, "F peak memory, B at 1, 2, 4 times", DENSE_SERIES, GROWTH),
    ]


def compressed(results: Results) -> list[Aim]:
    """Return the aims of G."""
    return [
        as_long(results, "G A by gzip", "gzip", (names.EXPORT, "zcat"), 1.3),
        as_long(results, "G A by zstd", "zstd", (names.EXPORT, "zstdcat"), 1.3),
    ]


def classic(results: Results) -> list[Aim]:
    """Return the aims of H."""
    pair = ("export of pcap", "export of pcapng")
    return [as_long(results, f"H {one} as classic pcap", f"pcap {one}", pair, 1.2) for one in ("A", "C")]


def growth(results: Results) -> list[Aim]:
    """Return the aims of I."""
    return [
        grows_straight(results, "I A at 1, 2, 4, 8 times", MEDIA_SERIES, GROWTH),
        grows_straight(results, "I B at 1, 2, 4 times", DENSE_SERIES, GROWTH),
    ]


WORKS = {
    "A": Work({"A": ()}, media),
    "B": Work({"B": ()}, dense),
    "C": Work({"C": ()}, small_packets),
    "D": Work({"D": ()}, bulk),
    "E": Work({"E": (), "help": ()}, short),
    "F": Work({"A": (names.EXPORT,), "C": (names.EXPORT,), "D": (names.EXPORT,), "F": (), "B grows": ()}, memory),
    "G": Work({"gzip": (), "zstd": ()}, compressed),
    "H": Work({"pcap A": (), "pcap C": ()}, classic),
    "I": Work({"A grows": (), "B grows": ()}, growth),
}


def needed(chosen: list[str]) -> dict[str, set[str]]:
    """Return which contests some works need, and which programs of each; an empty set: all of them."""
    wanted: dict[str, set[str]] = {}
    for letter in chosen:
        for contest, programs in WORKS[letter].needs.items():
            known = wanted.get(contest)
            if not programs or known == set():
                wanted[contest] = set()
            else:
                wanted[contest] = (known or set()) | set(programs)
    return wanted


def choose(works: list[str], scale: float) -> dict[str, names.Contest]:
    """Return the contests that some works need, without programs that none of them asks for."""
    wanted = needed(works)
    chosen = {}
    for key, contest in names.contests(scale).items():
        if key in wanted:
            asked = wanted[key] or set(contest.programs)
            programs = {name: program for name, program in contest.programs.items() if name in asked}
            chosen[key] = contest._replace(programs=programs)
    return chosen
