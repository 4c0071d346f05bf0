"""How long a hole is waited for, in time of the capture.

Captures reorder: several interfaces and queues shuffle packets by milliseconds, and an acknowledgment may be captured
before what it acknowledges. So nothing is given up at once, and nothing for ever. And as one damaged timestamp must not
end the patience with other flows, a time counts for those only when two segments in a row have reached it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sigtrace.streams.sequence import NEVER, UNKNOWN

if TYPE_CHECKING:
    from sigtrace.streams.stream import Stream

# The receiver has the bytes, nobody will send them again: only the capture itself can still bring them.
ACKNOWLEDGED_NS: Final = 2_000_000_000
# Nobody says that the receiver has them. A sender tries again after 1, 3, 7, 15 and 31 seconds (RFC 6298 §5.5).
UNHEARD_NS: Final = 30_000_000_000  # the other side was never captured
HEARD_NS: Final = 120_000_000_000  # the other side still asks for them; the longest timeout in use
# A reset ends both directions at once, so what was sent before it and captured after it would be lost.
RESET_NS: Final = 100_000_000
# A stream met in its middle waits for what was sent before its first packet and captured after it.
START_NS: Final = 10_000_000


def confirmed_time(before_ns: int, at_ns: int) -> int:
    """Return up to when time has passed for any flow, by the times of the last two segments."""
    return min(before_ns, at_ns)


def deadline(stream: Stream) -> int:
    """Return when patience with what a stream waits for ends; NEVER when it waits for nothing."""
    if stream.ended:
        return NEVER
    if stream.next == UNKNOWN:
        return stream.waiting.pieces[0].at_ns + START_NS if stream.waiting else NEVER
    if stream.hole is not None:
        return _hole_deadline(stream, stream.hole.at_ns)
    return stream.waiting.pieces[0].at_ns + ACKNOWLEDGED_NS if stream.waiting else NEVER


def _hole_deadline(stream: Stream, hole_ns: int) -> int:
    peer = stream.peer
    if stream.waiting is None and stream.fin == UNKNOWN and peer.waiting is None:
        return NEVER  # nothing is held up by this hole
    if stream.acked > stream.next and stream.acked_by:
        return stream.acked_by.at_ns + ACKNOWLEDGED_NS
    if stream.fin != UNKNOWN and peer.fin_mark:
        return max(hole_ns, peer.fin_mark.at_ns) + ACKNOWLEDGED_NS
    return hole_ns + (HEARD_NS if peer.packets else UNHEARD_NS)
