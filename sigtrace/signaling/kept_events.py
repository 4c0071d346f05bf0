"""The events of a trace, within a bound: one small unit can say much, and each thing said takes a kilobyte and more."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sigtrace.notices import Notice, Severity
from sigtrace.signaling.room_events import Joined
from sigtrace.value import replace

if TYPE_CHECKING:
    from sigtrace.signaling.events import SignalingEvent

KEPT_BEYOND: Final = 250_000
"""Events kept in one trace beyond one for each unit: candidates in fragments and polls, a week of 1000 calls a day."""

KEPT_LISTED: Final = 500_000
"""Entries kept in one trace of lists of who is there, each of which may become a peer: as a room of 1000 fills."""

EVENTS_DROPPED: Final = "trace.events-dropped"
LISTED_DROPPED: Final = "trace.listed-dropped"


class KeptEvents:
    """Counts the events of a trace, and takes those beyond the bounds out of what is kept.

    Args: units: how many there are, each of which may say one thing in any case.
    """

    def __init__(self, units: int) -> None:
        self._left = units + KEPT_BEYOND
        self._listed_left = KEPT_LISTED
        self._dropped = self._lists_dropped = 0

    def limit(self, event: SignalingEvent) -> SignalingEvent | None:
        """Return an event as it is, or without its list; None when it is one too many."""
        if self._left <= 0:
            self._dropped += 1
            return None
        self._left -= 1
        if not isinstance(event, Joined) or not event.others:
            return event
        if len(event.others) > self._listed_left:
            self._lists_dropped += 1
            return replace(event, others=(), counted=False)
        self._listed_left -= len(event.others)
        return event

    def notices(self) -> list[Notice]:
        """Return what there is to say about what was not kept."""
        said = {
            EVENTS_DROPPED: (self._dropped, "things that were said, beyond those that are kept, were left out"),
            LISTED_DROPPED: (
                self._lists_dropped,
                f"lists of who is there, beyond {KEPT_LISTED} entries in all, were left out",
            ),
        }
        return [
            Notice(code=code, severity=Severity.WARNING, text=f"{number} {text}")
            for code, (number, text) in said.items()
            if number
        ]
