"""The whole way: a capture's bytes to everything that is shown and exported of it."""

from __future__ import annotations

import io
from zlib import crc32

from sigtrace.errors import CaptureError
from sigtrace.pipeline import analyze
from sigtrace.sources.file import read
from tests.fuzz.outputs import SCREENS, check_outputs


def try_whole(data: bytes) -> None:
    """Analyse a capture, or hear that it is none, and make all that can be made of it."""
    try:
        trace = analyze(read(io.BytesIO(data)), all_flows=len(data) % 2 == 1)
    except CaptureError:
        return
    assert [exchange.number for exchange in trace.exchanges] == list(range(1, len(trace.exchanges) + 1))
    assert trace.tally.packets == trace.packets
    times = [exchange.at_ns for exchange in trace.exchanges]
    assert times == sorted(times)
    check_outputs(trace, SCREENS[crc32(data) % len(SCREENS)])  # one a time: each input tried is soon changed a little
