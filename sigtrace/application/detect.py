"""Deciding by the first bytes, on any port, whether a flow speaks HTTP or WebSocket, and which end is the client.

One `Opening` looks at one direction. A direction seen from its first byte is decided by its first line, mostly by its
first bytes. One that was joined in the middle, or begins with a gap, is searched for a message start within a budget;
such a direction may also show frames of WebSocket whose upgrade was not captured.
"""

from __future__ import annotations

import re
from enum import Enum
from typing import TYPE_CHECKING

from sigtrace.application.http.seek import Seeker
from sigtrace.application.http.start import REQUESTS, RESPONSES, Start
from sigtrace.application.websocket.probe import Probe, masking_side
from sigtrace.streams.flow import CHUNK_COST, Chunk, End, Gap, StreamItem

if TYPE_CHECKING:
    from collections.abc import Sequence

MAX_SEARCHED = 64 * 1024  # per direction: above every head and signaling body, below what a bulk transfer is worth
MAX_WAITING_ITEMS = 1024  # chunks of one first line that is not whole: nobody sends it byte by byte and means it

_TLS_RECORD = re.compile(rb"[\x14-\x17]\x03[\x00-\x04]")  # RFC 8446 §5.1


class Verdict(Enum):
    """What a direction shows so far."""

    SILENT = "silent"
    WAITING = "waiting"
    REQUEST = "request"
    RESPONSE = "response"
    OTHER = "other"


class Opening:
    """The opening of one direction, from its first item to the verdict.

    Args: joined: True when bytes may have gone before the first one that was captured.
    """

    __slots__ = ("_data", "_start", "items", "lost_ns", "probe", "seeker", "verdict")

    def __init__(self, *, joined: bool) -> None:
        self.verdict = Verdict.SILENT
        self.seeker = Seeker(REQUESTS, RESPONSES) if joined else None
        self.probe = Probe() if joined else None
        self.items: list[StreamItem] = []  # what the reader has to be given: bounded by one line, a gap and an end
        self.lost_ns: int | None = None  # of the last gap
        self._data = b""
        self._start = Start.MAYBE

    @property
    def speaks_http(self) -> bool:
        """True when a message of HTTP was found."""
        return self.verdict in (Verdict.REQUEST, Verdict.RESPONSE)

    @property
    def says_nothing(self) -> bool:
        """True when nothing was said, or nothing that is HTTP."""
        return self.verdict in (Verdict.OTHER, Verdict.SILENT)

    @property
    def memory(self) -> int:
        """Bytes of memory that grow with what is undecided, about."""
        held = len(self._data) + CHUNK_COST * len(self.items)
        held += self.probe.memory if self.probe is not None else 0
        return held + (self.seeker.held if self.seeker is not None else 0)

    def feed(self, item: StreamItem) -> Verdict:
        """Look at the next item and return the verdict so far."""
        if type(item) is Chunk:
            if self.verdict is Verdict.SILENT:
                self.verdict = Verdict.WAITING
            if self.verdict is Verdict.OTHER:
                return Verdict.OTHER
            if self.seeker is not None:
                self._search(self.seeker, item)
            else:
                self._read(item)
        elif type(item) is Gap:
            self._gap(item)
        elif type(item) is End:
            self._end(item)
        return self.verdict

    def _read(self, chunk: Chunk) -> None:
        """Look at the first line from its first byte."""
        data = self._data = (self._data + chunk.data).lstrip(b"\r\n")
        if not data:
            return  # empty lines before a message, however many, are not worth keeping
        self.items.append(chunk)
        request = REQUESTS.start(data)
        response = RESPONSES.start(data)
        if request is Start.YES:
            self.verdict = Verdict.REQUEST
        elif response is Start.YES:
            self.verdict = Verdict.RESPONSE
        elif (request is Start.NO and response is Start.NO) or len(self.items) > MAX_WAITING_ITEMS:
            self._refuse()

    def _search(self, seeker: Seeker, chunk: Chunk) -> None:
        """Look for a message anywhere in a direction that was joined."""
        if not seeker.skipped and _TLS_RECORD.match(chunk.data):
            self._refuse()
            return
        if self.probe is not None:
            self.probe.feed(chunk)
        self._take(seeker, seeker.feed(chunk))
        if self.verdict is Verdict.WAITING and seeker.skipped > MAX_SEARCHED:
            self._refuse()

    def _take(self, seeker: Seeker, found: Sequence[Chunk]) -> None:
        if found:
            self.items.extend(found)
            self.verdict = Verdict.REQUEST if seeker.found is REQUESTS else Verdict.RESPONSE

    def _gap(self, gap: Gap) -> None:
        self.lost_ns = gap.at_ns
        if self.probe is not None:
            self.probe.feed(gap)
        if self.seeker is not None:
            self._take(self.seeker, self.seeker.gap(gap.length, gap.packet))
        elif self._decide_cut():
            self.seeker = None
        else:
            self.probe = Probe()
            self.probe.skipped = len(self._data)
            self.probe.feed(gap)
            self.seeker = Seeker(REQUESTS, RESPONSES)
            self.seeker.gap(gap.length, gap.packet)
            self.items.clear()
        if self.speaks_http:
            self.items.append(gap)

    @property
    def end(self) -> End | None:
        """The end, once it came."""
        last = self.items[-1] if self.items else None
        return last if type(last) is End else None

    def _end(self, end: End) -> None:
        if self.seeker is not None:
            self._take(self.seeker, self.seeker.cut())
        else:
            self._decide_cut()
        self.items.append(end)

    def _decide_cut(self) -> bool:
        """Decide by a first line that will never be whole."""
        if self.verdict is not Verdict.WAITING:
            return False
        if REQUESTS.decode_cut(self._data):
            self.verdict = Verdict.REQUEST
        elif RESPONSES.decode_cut(self._data):
            self.verdict = Verdict.RESPONSE
        return self.verdict is not Verdict.WAITING

    def _refuse(self) -> None:
        self.verdict = Verdict.OTHER
        self.items.clear()
        if self.probe is not None:
            self.probe.drop()
        self._data = b""


def websocket_client(one: Opening, other: Opening) -> bool | None:
    """Return whether `one` is the client of a WebSocket connection that was joined; None when nothing proves one."""
    if one.probe is None or other.probe is None:
        return None
    return masking_side(one.probe, other.probe)
