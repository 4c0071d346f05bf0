"""Putting the head of a message together from the chunks that bring it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Generic

from sigtrace.application.http.draft import Draft
from sigtrace.application.http.head import HEAD_END, MAX_HEAD, decode_fields
from sigtrace.application.http.start import Grammar, Line, Start, supersedes
from sigtrace.streams.flow import CHUNK_COST, Chunk

if TYPE_CHECKING:
    from collections.abc import Sequence

_BLANK = b"\r\n"


class HeadAssembly(Generic[Line]):
    """Collects bytes until a head is whole, proves to be none, or is cut.

    Most heads come in one chunk and are read from it without being collected.
    """

    __slots__ = (
        "_chunks", "_first_ns", "_first_packet", "_grammar", "_last_ns", "_last_packet", "_line_known", "_pending",
        "refused",
    )  # fmt: skip

    def __init__(self, grammar: Grammar[Line]) -> None:
        self._grammar: Grammar[Line] = grammar
        self._pending = bytearray()
        self._chunks: list[Chunk] = []  # what brought the pending bytes, until the start line is certain
        self._line_known = False
        self._first_ns = 0
        self._first_packet = 0
        self._last_ns = 0
        self._last_packet = 0
        self.refused: Sequence[Chunk] = ()  # after `feed`: these begin no message

    @property
    def pending(self) -> int:
        """Bytes of a head that is not whole yet."""
        return len(self._pending)

    @property
    def held(self) -> int:
        """Bytes of memory, about."""
        return len(self._pending) + CHUNK_COST * len(self._chunks)

    @property
    def too_large(self) -> bool:
        """True when the end of the head is further away than any real one."""
        return len(self._pending) > MAX_HEAD

    def feed(self, chunk: Chunk, position: int) -> tuple[int, Draft[Line] | None]:
        """Read from `position` on; return where reading stopped and the draft when its head is whole.

        `refused` is set when the bytes begin no message; they are then forgotten here.
        """
        if self._pending:
            return self._feed_more(chunk, _rest(chunk, position), position)
        self._first_ns = chunk.at_ns  # not the chunk: its data would stay in memory until the next message
        self._first_packet = chunk.packet
        self._last_ns = chunk.at_ns
        self._last_packet = chunk.packet
        found = HEAD_END.search(chunk.data, position, position + MAX_HEAD)
        if found is not None:
            draft = self._draft(chunk.data[position : found.start()])
            if draft is None:
                self._refuse([_rest(chunk, position)])
            return found.end(), draft
        rest = _rest(chunk, position)
        self._pending += rest.data
        self._chunks.append(rest)
        self._check_start()
        return len(chunk.data), None

    def _feed_more(self, chunk: Chunk, rest: Chunk, position: int) -> tuple[int, Draft[Line] | None]:
        if not self._line_known and supersedes(self._grammar, self._pending, rest.data):
            self._refuse([*self._chunks, rest])
            return len(chunk.data), None
        before = len(self._pending)
        self._pending += rest.data
        self._last_ns = max(self._last_ns, chunk.at_ns)
        self._last_packet = max(self._last_packet, chunk.packet)
        if not self._line_known:
            self._chunks.append(rest)
            self._check_start()
        if self._line_known:
            found = HEAD_END.search(self._pending, max(0, before - 2), MAX_HEAD)
            if found is not None:
                draft = self._draft(bytes(self._pending[: found.start()]))
                return position + found.end() - before, draft
        return len(chunk.data), None

    def cut(self, *, head_gap: int = 0) -> Draft[Line] | None:
        """Make what there is of a head a draft; None when not even its start line can be read."""
        first, end_of_line, block = bytes(self._pending).partition(b"\n")
        line = self._grammar.decode(first) if end_of_line else self._grammar.decode_cut(first)
        if line is None:
            return None
        whole = block[: block.rfind(b"\n") + 1]  # a line that was cut cannot be believed
        draft = Draft(line, decode_fields(whole), head_complete=False)
        draft.head_gap = head_gap
        return self._mark(draft)

    def clear(self) -> None:
        """Forget everything."""
        if self._pending:
            self._pending = bytearray()
        if self._chunks:
            self._chunks = []
        self._line_known = False

    def _check_start(self) -> None:
        start = self._grammar.start(self._pending)
        if start is Start.YES:
            self._line_known = True
            self._chunks = []
        elif start is Start.NO:
            self._refuse(self._chunks)

    def _refuse(self, chunks: Sequence[Chunk]) -> None:
        self.clear()
        self.refused = chunks

    def _draft(self, head: bytes) -> Draft[Line] | None:
        """Read a head, which ends before the LF of its last line."""
        first, _, block = head.partition(b"\n")
        line = self._grammar.decode(first)
        return None if line is None else self._mark(Draft(line, decode_fields(block)))

    def _mark(self, draft: Draft[Line]) -> Draft[Line]:
        draft.start_ns = self._first_ns
        draft.first_packet = self._first_packet
        draft.head_end_ns = draft.end_ns = self._last_ns
        draft.last_packet = self._last_packet
        self.clear()
        return draft


def _rest(chunk: Chunk, position: int) -> Chunk:
    return Chunk(chunk.data[position:], chunk.at_ns, chunk.packet) if position else chunk


def skip_blank_lines(data: bytes, position: int) -> int:
    """Return where the empty lines end that may stand before a message (RFC 9112 §2.2)."""
    if data[position] not in _BLANK:
        return position
    return len(data) - len(data[position:].lstrip(_BLANK))
