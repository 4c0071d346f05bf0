"""Fragments of 802.11 frames become whole in any order, once, and within bounds; aggregates give all they carry."""

from __future__ import annotations

import random

import pytest

from sigtrace.notices import Notice
from sigtrace.packets.link import fragments
from sigtrace.packets.link.fragments import FRAMES_BOUND, FRAMES_INCOMPLETE, MAX_AGE_NS
from sigtrace.packets.packet import Segment
from sigtrace.packets.sieve import Sieve
from sigtrace.packets.tally import Kind
from tests.builders.packets import amsdu, batch_of, ipv4, radiotap, record, tcp, wifi_header
from tests.builders.wireless import again, wifi_fragments, with_fcs

PAYLOAD = bytes(range(200))
PACKET = ipv4("10.77.0.11", "10.77.0.1", tcp(40000, 8888, sequence=5, payload=PAYLOAD), identification=99)
OTHER = ipv4("10.77.0.11", "10.77.0.1", tcp(40000, 8888, sequence=205, payload=b"more"), identification=100)


def told(sieve: Sieve, *batches: list[bytes], step_ns: int = 0) -> tuple[list[Segment], list[Notice]]:
    """Feed frames, batch after batch; return the segments, and the notices of the whole capture."""
    found: list[Segment | Notice] = []
    number = 1
    for at, frames in enumerate(batches):
        rows = [record(frame, link_type=105, at_ns=at * step_ns) for frame in frames]
        found += sieve.feed(batch_of(rows, first_number=number))
        number += len(frames)
    found += sieve.close()
    notices = [one for one in found if isinstance(one, Notice)]
    return [one for one in found if isinstance(one, Segment)], notices


@pytest.mark.parametrize("qos", [False, True])
@pytest.mark.parametrize("seed", range(4))
def test_any_order_gives_the_whole_segment(seed: int, qos: bool) -> None:  # noqa: FBT001 - a parameter of the test
    """Fragments in any order, each sent twice, give the segment once and no notice."""
    pieces = wifi_fragments(PACKET, 64, number=17, qos=qos)
    random.Random(seed).shuffle(pieces)  # noqa: S311 - an order, not a secret
    heard = [one for piece in pieces for one in (piece, again(piece))]
    sieve = Sieve()
    (segment,), notices = told(sieve, heard)
    assert (segment.payload, segment.length, notices) == (PAYLOAD, len(PAYLOAD), [])
    assert sieve.tally()[Kind.FRAGMENT].packets == len(heard) - 1


def test_numbers_come_round() -> None:
    """A first fragment that is no retry begins another frame, though its number was used a moment ago."""
    first, second = wifi_fragments(PACKET, 64, number=17), wifi_fragments(OTHER, 40, number=17)
    segments, notices = told(Sieve(), first + second)
    assert ([one.payload for one in segments], notices) == ([PAYLOAD, b"more"], [])


def test_missing_fragments_are_told() -> None:
    """What never becomes whole is one notice, with how many there were, and counts as fragments."""
    lost = [piece for number in range(3) for piece in wifi_fragments(PACKET, 64, number=number)[1:]]
    sieve = Sieve()
    segments, (notice,) = told(sieve, lost)
    assert (segments, notice.code, notice.packet, notice.text[:8]) == ([], FRAMES_INCOMPLETE, 1, "3 802.11")
    assert sieve.tally()[Kind.FRAGMENT].packets == len(lost)


def test_old_fragments_are_given_up() -> None:
    """After a second a number means another frame, so that two halves are never joined."""
    first, *rest = wifi_fragments(PACKET, 128, number=17)
    segments, (notice,) = told(Sieve(), [first], rest, step_ns=MAX_AGE_NS + 1)
    assert (segments, notice.code, notice.text[:8]) == ([], FRAMES_INCOMPLETE, "2 802.11")


def test_one_wrong_clock_gives_up_nothing_else() -> None:
    """Among fragments of one time, one whose time is far ahead gives up none of the others."""
    first, *rest = wifi_fragments(PACKET, 128, number=17)
    wild = wifi_fragments(OTHER, 24, number=18)[0]
    times = [0, 10 * MAX_AGE_NS, *[1] * len(rest)]
    rows = [record(frame, link_type=105, at_ns=at_ns) for frame, at_ns in zip([first, wild, *rest], times, strict=True)]
    (segment,) = Sieve().feed(batch_of(rows))
    assert isinstance(segment, Segment)
    assert segment.payload == PAYLOAD


@pytest.mark.parametrize(("bound", "limit"), [("MAX_FRAMES", 2), ("MAX_BYTES", 300)])
def test_fragments_are_bounded(bound: str, limit: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Above a bound the oldest frame is given up, which is told."""
    monkeypatch.setattr(fragments, bound, limit)
    begun = [wifi_fragments(PACKET, 80, number=number) for number in range(3)]
    heard = [pieces[0] for pieces in begun] + begun[2][1:]
    segments, notices = told(Sieve(), heard)
    assert [one.payload for one in segments] == [PAYLOAD]
    assert FRAMES_BOUND in {notice.code for notice in notices}


def test_a_cut_fragment_ends_what_was_captured() -> None:
    """Of fragments that a snap length cut, the payload is what stands before the first cut, the length the whole."""
    rows = [record(piece, link_type=105, snap_length=120) for piece in wifi_fragments(PACKET, 128, number=3)]
    (segment,) = Sieve().feed(batch_of(rows))
    assert isinstance(segment, Segment)
    assert (segment.payload, segment.length) == (PAYLOAD[: 120 - 24 - 8 - 40], len(PAYLOAD))


def test_aggregate_with_check_sequence() -> None:
    """The check sequence behind an A-MSDU is no subframe, and each of its segments has the record's number."""
    frame = with_fcs(wifi_header(qos=True, aggregate=True) + amsdu(PACKET, OTHER))
    for sieve in Sieve(), Sieve(columns=False):
        found = sieve.feed(batch_of([b"", radiotap(frame, flags=0x10)], link_type=127, first_number=8))
        assert [(one.number, one.payload) for one in found if isinstance(one, Segment)] == [(9, PAYLOAD), (9, b"more")]
        assert (sieve.tally()[Kind.TCP].packets, sieve.tally().packets, sieve.close()) == (1, 2, [])
