"""When and in which packets something went over the wire."""

from __future__ import annotations

from typing import NamedTuple


class Span(NamedTuple):
    """From the first byte to the last: of a message, a frame, a whole exchange."""

    start_ns: int
    end_ns: int
    first_packet: int
    last_packet: int
