"""Finding the next message in a direction that lost its place: after a gap, mid-connection, after stray bytes.

A message is looked for where chunks begin, since senders write a head in one go, and where lines begin. A start line
that is not whole yet is held back, as the chunks that brought it, until it is whole or proves to be something else; so
whoever reads on gets chunks with the times and packet numbers they came with.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from sigtrace.application.http.start import MAX_START_LINE, Grammar, RequestLine, Start, StatusLine, supersedes
from sigtrace.notices import Notice, Severity
from sigtrace.streams.flow import CHUNK_COST, Chunk

if TYPE_CHECKING:
    from collections.abc import Sequence

AnyGrammar: TypeAlias = "Grammar[RequestLine] | Grammar[StatusLine]"

RESYNC = "http.resync"
EXTRA_BYTES = "http.extra-bytes"

_PREFIX = 64  # enough for a method and the first byte of a target, or a status line up to its reason


class Seeker:
    """Looks for the next start line that one of its grammars accepts.

    `skipped` counts captured bytes that were passed over, `missing` bytes that were never captured.
    """

    __slots__ = ("_held", "_held_size", "_prefix", "found", "grammars", "missing", "packet", "skipped", "stray")

    def __init__(self, *grammars: AnyGrammar) -> None:
        self.grammars: tuple[AnyGrammar, ...] = grammars
        self.found: AnyGrammar | None = None  # of the message that was found last
        self.skipped = 0
        self.missing = 0
        self.packet: int | None = None  # where the search began
        self.stray = False  # nothing was lost: bytes follow a whole message and begin none
        self._held: list[Chunk] = []  # a start line that is not whole; at most MAX_START_LINE bytes
        self._held_size = 0
        self._prefix = b""

    @property
    def holding(self) -> bool:
        """True while a start line is held that is not whole."""
        return bool(self._held)

    @property
    def held(self) -> int:
        """Bytes of memory that a held line takes, about."""
        return self._held_size + CHUNK_COST * len(self._held)

    def feed(self, chunk: Chunk) -> Sequence[Chunk]:
        """Return the chunks from the next message start on; nothing while there is none."""
        if self.packet is None:
            self.packet = chunk.packet
        if self._held:
            if self._hold_on(chunk):
                return ()
            if self.found is not None:
                return self._release()
        return self._search(chunk)

    def gap(self, length: int, packet: int) -> Sequence[Chunk]:
        """Count a gap; return the held chunks when they are all but certainly the start of a message it cut."""
        if self.packet is None:
            self.packet = packet
        cut = self.cut()
        if not cut:
            self.missing += length
        return cut

    def cut(self) -> Sequence[Chunk]:
        """Nothing follows what is held: return it when it is all but certainly a message, else pass over it."""
        self.found = next((grammar for grammar in self.grammars if grammar.decode_cut(self._prefix)), None)
        if self.found is None:
            self._drop()
            return ()
        return self._release()

    def _search(self, chunk: Chunk) -> Sequence[Chunk]:
        data = chunk.data
        where = len(data)
        self.found = None
        for grammar in self.grammars:
            for match in grammar.in_stream.finditer(data):
                if grammar.decode(match[0][:-1]) is not None:
                    if match.start() < where:
                        where, self.found = match.start(), grammar
                    break
        if self.found is not None:
            self.skipped += where
            return (_tail(chunk, where),)
        where = data.rfind(b"\n") + 1
        prefix = data[where : where + _PREFIX]
        if prefix and len(data) - where < MAX_START_LINE and self._may_begin(prefix):
            self._held.append(_tail(chunk, where))
            self._held_size = len(data) - where
            self._prefix = prefix
            self.skipped += where
        else:
            self.skipped += len(data)
        return ()

    def _hold_on(self, chunk: Chunk) -> bool:
        """Join a chunk to the held line: True while it is not whole; else `found` is set or the line is dropped."""
        self.found = None
        if any(supersedes(grammar, self._prefix, chunk.data) for grammar in self.grammars):
            self._drop()
            return False
        if len(self._prefix) < _PREFIX:
            self._prefix = (self._prefix + chunk.data)[:_PREFIX]
        line_end = chunk.data.find(b"\n", 0, MAX_START_LINE)
        if line_end < 0:
            self._held.append(chunk)
            self._held_size += len(chunk.data)
            if self._held_size < MAX_START_LINE and self._may_begin(self._prefix):
                return True
            self._held.pop()
            self._held_size -= len(chunk.data)
        elif self._held_size + line_end < MAX_START_LINE:
            line = b"".join(held.data for held in self._held) + chunk.data[:line_end]
            self.found = next((grammar for grammar in self.grammars if grammar.decode(line) is not None), None)
        if self.found is None:
            self._drop()
        else:
            self._held.append(chunk)
        return False

    def _may_begin(self, prefix: bytes) -> bool:
        return any(grammar.start(prefix) is not Start.NO for grammar in self.grammars)

    def _drop(self) -> None:
        self.skipped += self._held_size
        self._release()

    def _release(self) -> Sequence[Chunk]:
        held = self._held
        self._held = []
        self._held_size = 0
        self._prefix = b""
        return held


class SeekLog:
    """Words the notices of one direction's searches: the first at once, the others together at the end."""

    __slots__ = ("_missing", "_noun", "_skipped", "_stray", "_times")

    def __init__(self, noun: str) -> None:
        self._noun = noun
        self._times = 0
        self._stray = False  # all of them passed over bytes after a whole message that begin none
        self._skipped = 0
        self._missing = 0

    def report(self, seeker: Seeker, *, found: bool) -> Notice | None:
        """Return the notice of a search that ended, None when it will be part of the summary."""
        self._times += 1
        self._stray = (self._stray or self._times == 1) and seeker.stray and not seeker.missing
        if self._times > 1:
            self._skipped += seeker.skipped
            self._missing += seeker.missing
            return None
        lost = f"{seeker.missing} bytes never captured" if seeker.missing else ""
        unread = f"{seeker.skipped} bytes that begin no {self._noun}" if seeker.skipped else ""
        text = " and ".join(filter(None, (lost, unread)))
        text += f"; resumed at the next {self._noun}" if found else f"; no {self._noun} follows"
        return self._notice(text, seeker.packet)

    def summary(self, packet: int | None) -> Notice | None:
        """Return one notice for all searches after the first, None when there were none."""
        if self._times < 2:
            return None
        text = f"the place of the next {self._noun} was lost {self._times - 1} more times: "
        text += f"{self._missing} bytes never captured, {self._skipped} bytes passed over"
        return self._notice(text, packet)

    def _notice(self, text: str, packet: int | None) -> Notice:
        code, severity = (EXTRA_BYTES, Severity.INFO) if self._stray else (RESYNC, Severity.WARNING)
        return Notice(code=code, severity=severity, text=text, packet=packet)


def _tail(chunk: Chunk, position: int) -> Chunk:
    return Chunk(chunk.data[position:], chunk.at_ns, chunk.packet) if position else chunk
