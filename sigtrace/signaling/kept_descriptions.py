"""The descriptions of a trace, within a bound: typed values take many times the memory of their text."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from sigtrace.notices import Notice, Severity
from sigtrace.signaling.events import MessageSent, Waited
from sigtrace.signaling.room_events import Delivered, Direct, Sent
from sigtrace.value import replace

if TYPE_CHECKING:
    from sigtrace.sdp.codec import Codec
    from sigtrace.sdp.description import Description
    from sigtrace.signaling.events import SignalingEvent

KEPT_DESCRIPTIONS: Final = 512 << 20
"""Bytes of memory for decoded descriptions in one trace: a week of 1000 calls a day, two of 140 lines each."""

DESCRIPTIONS_DROPPED: Final = "trace.descriptions-dropped"

# What a description takes, about, in bytes: each line, each codec and format, each character of a line so long that it
# must be a list.
_LINE, _CODEC, _LISTED, _LONG = 250, 200, 32, 1000

KNOWN_CODECS: Final = 64
"""Lists of codecs that are known to be in memory already: as many as `sdp` remembers, so that they are shared."""


_WITH_CONTENT: Final = (MessageSent, Waited, Sent, Delivered, Direct)


class KeptDescriptions:
    """Adds up the descriptions of a trace, and takes those beyond the bound out of what is kept."""

    def __init__(self) -> None:
        self._bytes = 0
        self._counted: Description | None = None  # counted last: both legs of a relay may share it
        self._codecs: dict[int, _Known] = {}  # lists that were counted lately, by identity
        self._dropped = 0

    def limit(self, event: SignalingEvent) -> SignalingEvent:
        """Return an event as it is, or with its description as mere text."""
        if not isinstance(event, _WITH_CONTENT):
            return event
        content = event.content
        if content is None or content.description is None or content.description is self._counted:
            return event
        size = self._size(content.description)
        if self._bytes + size <= KEPT_DESCRIPTIONS:
            self._bytes += size
            self._counted = content.description
            return event
        self._dropped += 1
        return replace(event, content=replace(content, description=None, problem="one description too many to keep"))

    def notices(self) -> list[Notice]:
        """Return what there is to say about what was not kept."""
        if not self._dropped:
            return []
        text = f"{self._dropped} descriptions beyond {KEPT_DESCRIPTIONS >> 20} MiB in all are kept as text alone"
        return [Notice(code=DESCRIPTIONS_DROPPED, severity=Severity.WARNING, text=text)]

    def _size(self, description: Description) -> int:
        """Return what a description takes, about, that was not in memory before it."""
        lines, listed = description.line_count, 0
        if description.longest_line > _LONG:
            listed = sum(len(line.text) for line in description.lines if len(line.text) > _LONG)
        codecs = 0
        for media in description.media:
            codecs += len(media.formats)
            known = self._codecs.get(id(media.codecs))
            if known is None:
                codecs += len(media.codecs)
                self._know(media.codecs)
            else:
                lines -= min(known.lines, len(media.attributes))  # what is said of all codecs at once is one line
        return _LINE * lines + _CODEC * codecs + _LISTED * listed

    def _know(self, codecs: tuple[Codec, ...]) -> None:
        """Take a list of codecs as counted; half of what a program says is one, always the same."""
        if len(self._codecs) == KNOWN_CODECS:
            del self._codecs[next(iter(self._codecs))]
        lines = sum([1 + bool(codec.format_parameters) + len(codec.feedback) for codec in codecs])
        self._codecs[id(codecs)] = _Known(codecs, lines)


class _Known(NamedTuple):
    """A list of codecs that was counted lately, and how many lines are about them; kept, so that its id is its own."""

    codecs: tuple[Codec, ...]
    lines: int
