"""Beside Wireshark, beside h11, and beside the captured segments: every difference has a rule that explains it.

`python -m tests.differential --count 20000` makes the same comparisons over as many inputs as wanted.
"""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.builders.conversations import START_NS
from tests.builders.oracles import need
from tests.builders.rough import make_rough
from tests.differential.messages import MessageComparison, compare_messages
from tests.differential.reassembly import Comparison, compare_captured, compare_flow, read_ours

if TYPE_CHECKING:
    from pathlib import Path


@settings(max_examples=150, deadline=None)
@given(st.randoms(use_true_random=False))
def test_streams_are_what_the_segments_say(chance: Random) -> None:
    """Whatever TCP and the capture do: each captured byte comes out in its place, from the packet that had it first."""
    rough, result = make_rough(chance), Comparison()
    ours = read_ours(rough.segments)
    for flow in rough.flows:
        if segments := rough.segments[flow.rows]:
            compare_flow(flow, segments, ours, None, result)
    assert result.unexplained == []


def test_streams_are_what_tshark_follows(tmp_path: Path) -> None:
    """300 conversations in three captures: the same bytes of the same packets as tshark, or a rule says why not."""
    need("tshark")
    result = Comparison()
    for first in (0, 100, 200):
        roughs = [
            make_rough(Random(first + place), place=place, start_ns=START_NS + place * 977)  # noqa: S311 - repeatable
            for place in range(100)
        ]
        compare_captured(roughs, tmp_path / "rough.pcap", result)
    assert result.unexplained == []
    assert result.flows > 300
    assert result.alike > result.bytes // 2


def test_messages_are_what_h11_reads() -> None:
    """1500 connections: wherever h11 accepts a message it is the same one, and any chunking gives the same."""
    result = MessageComparison()
    for seed in range(1500):
        compare_messages(Random(seed), result)  # noqa: S311 - repeatable
    assert result.unexplained == []
    assert result.messages > 4000
