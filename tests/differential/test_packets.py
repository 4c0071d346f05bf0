"""Damaged packets, a few: columns, records and tshark tell the same; `packets.py` tries as many as you like."""

from __future__ import annotations

import shutil

import pytest

from tests.differential.packets import compare_checksums, compare_ways, compare_with_tshark
from tests.e2e.command import BASIC, CAPTURES

needs_tshark = pytest.mark.skipif(shutil.which("tshark") is None, reason="tshark is not installed")


def test_both_ways_tell_the_same() -> None:
    """Of damaged packets of all shapes, columns and records find the same segments and notices, and count each."""
    assert compare_ways(6000, seed=7) == 0


@needs_tshark
def test_tshark_finds_the_same_segments() -> None:
    """Where tshark finds other segments in damaged packets, it is for a known reason."""
    assert compare_with_tshark(2000, seed=7, show=3) == 0


@needs_tshark
def test_tshark_finds_the_same_checksums() -> None:
    """Captures from between the hosts and from one of them have as many checksums that are not right as tshark says."""
    assert compare_checksums([str(BASIC), str(CAPTURES / "ipv6-only" / "ipv6-only.pcapng")]) == 0
