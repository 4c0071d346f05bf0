"""Putting the head of a message together from the chunks that bring it.

Most heads lie whole in one chunk: `read_whole` reads these, and keeps nothing. A `HeadAssembly` is there for the
others, from the chunk that begins a head to the one that ends it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Generic

from sigtrace.application.http.draft import Draft
from sigtrace.application.http.head import HEAD_END, MAX_HEAD, decode_fields
from sigtrace.application.http.start import Grammar, Line, Start, supersedes
from sigtrace.streams.flow import CHUNK_COST

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sigtrace.streams.flow import Chunk

_BLANK = b"\r\n"


def read_whole(grammar: Grammar[Line], chunk: Chunk, position: int) -> tuple[int, Draft[Line] | None]:
    """Read a head that ends in the chunk in which it begins.

    Returns: where the head ends, -1 when not in this chunk; and the draft, None when these bytes begin no message.
    """
    data, at_ns, packet = chunk
    found = HEAD_END.search(data, position, position + MAX_HEAD)
    if found is None:
        return -1, None
    end, stop = found.span()
    return stop, _decode_head(grammar, data[position:end], at_ns, packet)


def _decode_head(grammar: Grammar[Line], head: bytes, at_ns: int, packet: int) -> Draft[Line] | None:
    """Read a head, which ends before the LF of its last line."""
    first, _, block = head.partition(b"\n")
    line = grammar.decode(first)
    return None if line is None else Draft(line, decode_fields(block), at_ns, packet)


class HeadAssembly(Generic[Line]):
    """Collects bytes until a head is whole, proves to be none, or is cut.

    Args:
        grammar: of requests or of responses.
        chunk: the first of the head, which does not hold all of it.
    """

    __slots__ = (
        "_chunks", "_first_ns", "_first_packet", "_grammar", "_last_ns", "_last_packet", "_line_known", "_pending",
        "refused",
    )  # fmt: skip

    def __init__(self, grammar: Grammar[Line], chunk: Chunk) -> None:
        self._grammar: Grammar[Line] = grammar
        self._pending = bytearray(chunk.data)
        self._chunks: list[Chunk] = [chunk]  # what brought the pending bytes, until the start line is certain
        self._line_known = False
        self._first_ns = self._last_ns = chunk.at_ns
        self._first_packet = self._last_packet = chunk.packet
        self.refused: Sequence[Chunk] = ()  # these begin no message; it is over
        self._check_start()

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

    def feed(self, chunk: Chunk) -> tuple[int, Draft[Line] | None]:
        """Read on; return where reading stopped and the draft when its head is whole.

        `refused` is set when the bytes begin no message.
        """
        data, at_ns, packet = chunk
        if not self._line_known and supersedes(self._grammar, self._pending, data):
            self.refused = [*self._chunks, chunk]
            return len(data), None
        before = len(self._pending)
        self._pending += data
        self._last_ns = max(self._last_ns, at_ns)
        self._last_packet = max(self._last_packet, packet)
        if not self._line_known:
            self._chunks.append(chunk)
            self._check_start()
        if self._line_known:
            found = HEAD_END.search(self._pending, max(0, before - 2), MAX_HEAD)
            if found is not None:
                head = bytes(self._pending[: found.start()])
                draft = _decode_head(self._grammar, head, self._first_ns, self._first_packet)
                return found.end() - before, draft and self._mark(draft)
        return len(data), None

    def cut(self, *, head_gap: int = 0) -> Draft[Line] | None:
        """Make what there is of a head a draft; None when not even its start line can be read."""
        first, end_of_line, block = bytes(self._pending).partition(b"\n")
        line = self._grammar.decode(first) if end_of_line else self._grammar.decode_cut(first)
        if line is None:
            return None
        whole = block[: block.rfind(b"\n") + 1]  # a line that was cut cannot be believed
        draft = self._mark(Draft(line, decode_fields(whole), self._first_ns, self._first_packet))
        draft.head_complete = False
        draft.damaged = True
        draft.head_gap = head_gap
        return draft

    def _check_start(self) -> None:
        start = self._grammar.start(self._pending)
        if start is Start.YES:
            self._line_known = True
            self._chunks = []
        elif start is Start.NO:
            self.refused = self._chunks

    def _mark(self, draft: Draft[Line]) -> Draft[Line]:
        """Say when a head of several chunks ended."""
        draft.head_end_ns = draft.end_ns = self._last_ns
        draft.last_packet = self._last_packet
        return draft


def skip_blank_lines(data: bytes, position: int) -> int:
    """Return where the empty lines end that may stand before a message (RFC 9112 §2.2)."""
    if data[position] not in _BLANK:
        return position
    return len(data) - len(data[position:].lstrip(_BLANK))
