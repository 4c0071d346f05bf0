"""Reading one direction of an HTTP connection: chunks, gaps and an end in, message drafts out.

Theory of operation. A direction is always in one `Phase`, and each phase is one method that takes bytes of a chunk
from a position on and says how far it read:

    HEAD ── a whole head ──▶ BODY ── its last byte ──▶ HEAD
      │ ▲                      │
      │ └── a start was found ─┼─────────────┐
      └── not a start, a gap ──┴── a gap ──▶ SEEKING
    any ── upgrade, tunnel ──▶ PASSING: bytes are counted, and handed over where somebody takes them

HEAD also stands between messages, with nothing pending. A gap in HEAD ends the head where it is cut: what was read of
it becomes a message with an incomplete head. A gap in BODY is read over as far as the framing can place it. Whatever
cannot be placed leads to SEEKING, the search for the next start line, which never loses a chunk's own time and number.
Chunks that must be looked at again, after a search or a refused head, go onto a stack of work, never into recursion:
hostile bytes may lose their place thousands of times in one chunk.

Whoever owns both directions pairs the messages; it is told by calls. It can keep a direction from beginning a message
by its `gate`: the direction is then paused and holds its items until it is resumed.
"""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING, Generic

from sigtrace.application.http.assembly import HeadAssembly, read_whole, skip_blank_lines
from sigtrace.application.http.head import MAX_FIELDS, MAX_HEAD
from sigtrace.application.http.refusal import BODY_NOT_SENT, Refusal
from sigtrace.application.http.seek import Seeker, SeekLog
from sigtrace.application.http.start import Grammar, Line, Start
from sigtrace.notices import Notice, Severity
from sigtrace.streams.flow import CHUNK_COST, Chunk, End, Ending, Gap, StreamItem

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from sigtrace.application.http.body import BodyReader
    from sigtrace.application.http.draft import Draft

HEAD_TOO_LARGE = "http.head-too-large"
BAD_HEADER = "http.bad-header"
BAD_CHUNK = "http.bad-chunk"


class Phase(Enum):
    """Where a direction is."""

    HEAD = "head"
    BODY = "body"
    SEEKING = "seeking"
    PASSING = "passing"


class Direction(Generic[Line]):
    """The messages of one direction.

    Args:
        grammar: of requests or of responses.
        began: takes a draft whose head was read and returns the reader of its body, None when there is no body.
        finished: takes the draft when no more of it will come.
        note: takes notices.
        gate: asked before a message begins; False pauses the direction until `resume`.
    """

    __slots__ = (
        "_assembly", "_began", "_body", "_draft", "_finished", "_gate", "_grammar", "_log", "_note", "_phase",
        "_refusal", "_seeker", "_work", "ended", "handed", "held", "held_size", "lost_ns", "passed", "paused",
        "read_any",
    )  # fmt: skip

    def __init__(
        self,
        grammar: Grammar[Line],
        began: Callable[[Draft[Line]], BodyReader | None],
        finished: Callable[[Draft[Line]], None],
        note: Callable[[Notice], None],
        gate: Callable[[], bool],
    ) -> None:
        self._grammar: Grammar[Line] = grammar
        self._began: Callable[[Draft[Line]], BodyReader | None] = began
        self._finished: Callable[[Draft[Line]], None] = finished
        self._note = note
        self._gate = gate
        self._phase = Phase.HEAD
        self._assembly: HeadAssembly[Line] | None = None  # of a head that is not whole yet, in HEAD
        self._draft: Draft[Line] | None = None
        self._body: BodyReader | None = None  # of the draft, in BODY
        self._seeker: Seeker | None = None  # in SEEKING
        self._log: SeekLog | None = None
        self._refusal: Refusal | None = None  # of the draft's body, in BODY
        self._work: list[Chunk] = []  # to be looked at again, the next one last
        # What the owner looks at:
        self.read_any = False
        self.ended = False
        self.lost_ns: int | None = None  # when a gap may last have swallowed whole messages
        self.passed = 0  # bytes after an upgrade or in a tunnel
        self.handed: list[StreamItem] | None = None  # these, for who reads on, and takes them from here
        self.paused = False
        self.held: list[StreamItem] = []  # while paused
        self.held_size = 0

    def feed(self, item: StreamItem) -> None:
        """Take the next item of the stream."""
        if self.paused:
            self._hold(item)
        elif type(item) is Chunk:
            draft, body = self._draft, self._body
            if draft is not None and body is not None and body.received and body.swallow(item.data):
                draft.end_ns = max(draft.end_ns, item.at_ns)
                draft.last_packet = max(draft.last_packet, item.packet)
                return
            self._read(item)
            if self._work:
                self._run()
        elif type(item) is Gap:
            self._gap(item)
        elif type(item) is End and not self.ended:  # one may have been held when the capture ended
            self._end(item)

    def inside(self, data: bytes) -> int:
        """Return how many of the next bytes are certainly within a body, and end nothing."""
        draft, body = self._draft, self._body
        if self._phase is not Phase.BODY or draft is None or body is None or self.paused:
            return 0
        undecided = (draft.unasked or draft.refused) and not body.received
        return 0 if undecided else body.inside(data)

    def fill(self, data: bytes, at_ns: int, packet: int) -> None:
        """Take bytes that `inside` told of; time and packet are those of the last one."""
        draft, body = self._draft, self._body
        if draft is not None and body is not None:
            body.feed(data, 0)
            draft.end_ns = max(draft.end_ns, at_ns)
            draft.last_packet = max(draft.last_packet, packet)

    @property
    def memory(self) -> int:
        """Bytes of memory that unread items, a head and a search hold, about; those of a body are its draft's."""
        waiting = self.held_size + CHUNK_COST * len(self.held)
        return waiting + sum(part.held for part in (self._assembly, self._seeker) if part is not None)

    def resume(self) -> None:
        """Go on with what was held; the gate is asked again."""
        self.paused = False
        held = self.held
        self.held = []
        self.held_size = 0
        for item in held:
            self.feed(item)

    def untie(self) -> None:
        """Let go of the owner; nothing may be fed any more."""
        del self._began, self._finished, self._note, self._gate

    @property
    def is_within(self) -> bool:
        """True in the middle of a message."""
        return self._phase is Phase.BODY or self._assembly is not None

    def pass_on(self, *, hand_over: bool = False) -> None:
        """From here on this direction is not HTTP any more; a message it is still reading ends here.

        Args: hand_over: keep all that comes in `handed`.
        """
        if hand_over and self.handed is None:
            self.handed = []
        if self._draft is not None:
            self._draft.cut = True
            self._finish()
        self._phase = Phase.PASSING
        self._assembly = None
        self._seeker = None

    def adopt(self, seeker: Seeker, lost_ns: int | None, *, found: bool) -> None:
        """Begin with a search that started before it was known which way the requests go.

        Args:
            seeker: the search.
            lost_ns: time of the last gap in it.
            found: True when the search is over, and what it found will be fed next.
        """
        self.lost_ns = lost_ns
        self._seeker = seeker
        seeker.grammars = (self._grammar,)
        if found:
            self._report(found=True)
        else:
            self._phase = Phase.SEEKING

    def _hold(self, item: StreamItem) -> None:
        self.held.append(item)
        self.held_size += len(item.data) if type(item) is Chunk else 0

    # ---- bytes -----------------------------------------------------------------------------------------------------

    def _run(self) -> None:
        """Read all chunks of the stack of work."""
        work = self._work
        while work:
            chunk = work.pop()
            if self.paused:
                self._hold(chunk)
            else:
                self._read(chunk)

    def _read(self, chunk: Chunk) -> None:
        position = 0
        size = len(chunk.data)
        while position < size:
            phase = self._phase
            if phase is Phase.BODY:
                position = self._read_body(chunk, position)
            elif phase is Phase.HEAD:
                position = self._read_head(chunk, position)
            elif phase is Phase.SEEKING:
                position = self._search(chunk, position)
            else:
                self.passed += size - position
                if self.handed is not None:
                    self.handed.append(_rest(chunk, position))
                break

    def _read_head(self, chunk: Chunk, position: int) -> int:
        if self._assembly is not None:
            return self._read_more_head(self._assembly, chunk, position)
        data = chunk.data
        position = skip_blank_lines(data, position)
        if position == len(data):
            return position
        if not self._gate():
            self.paused = True
            self._hold(_rest(chunk, position))
            return len(data)
        stop, draft = read_whole(self._grammar, chunk, position)
        if draft is not None:
            self._begin(draft)
            return stop
        rest = _rest(chunk, position)
        if stop >= 0:
            return self._refuse([rest], chunk)
        self._assembly = HeadAssembly(self._grammar, rest)
        return self._await_head(self._assembly, chunk)

    def _read_more_head(self, assembly: HeadAssembly[Line], chunk: Chunk, position: int) -> int:
        stop, draft = assembly.feed(_rest(chunk, position))
        if draft is None:
            return self._await_head(assembly, chunk)
        self._assembly = None
        self._begin(draft)
        return position + stop

    def _await_head(self, assembly: HeadAssembly[Line], chunk: Chunk) -> int:
        """Go on with a head that is not whole at the end of a chunk, unless it is none or too large."""
        if assembly.refused:
            return self._refuse(assembly.refused, chunk)
        if assembly.too_large:
            text = f"no end of the header section within {MAX_HEAD} bytes; resumed at the next {self._grammar.noun}"
            self._note(Notice(code=HEAD_TOO_LARGE, severity=Severity.WARNING, text=text, packet=chunk.packet))
            self._begin_cut()
            self._lose_place()
        return len(chunk.data)

    def _refuse(self, chunks: Sequence[Chunk], last: Chunk) -> int:
        """Look for a message in bytes that begin none."""
        self._work.extend(reversed(chunks))
        self._lose_place(stray=self.read_any)
        return len(last.data)

    def _begin(self, draft: Draft[Line]) -> None:
        self.read_any = True
        if draft.section.malformed or draft.section.dropped:
            self._note_fields(draft)
        self._draft = draft
        self._body = draft.body = body = self._began(draft)
        if body is not None and draft.head_gap:
            body.gap(draft.head_gap)
        if body is None or draft.cut or not draft.head_complete:
            self._finish()
        else:
            self._phase = Phase.BODY

    def _begin_cut(self, *, head_gap: int = 0, by_end: bool = False) -> bool:
        """Begin and finish a message whose head was cut; False when not even its start line can be read."""
        draft = self._assembly.cut(head_gap=head_gap) if self._assembly is not None else None
        if draft is None:
            return False
        self._assembly = None
        if by_end:
            draft.cut = True
            draft.damaged = False
        self._begin(draft)
        return True

    def _read_body(self, chunk: Chunk, position: int) -> int:
        draft, body = self._draft, self._body
        if draft is None or body is None:  # never in BODY; it tells the type checker so
            self._phase = Phase.HEAD
            return position
        if not body.received:
            if draft.unasked and self._grammar.plain.match(chunk.data, position):
                draft.body = None  # the next message begins where a body was announced: it answered a HEAD
                self._finish()
                return position
            if draft.refused:
                self._read_after_refusal(_rest(chunk, position), draft, body)
                return len(chunk.data)
        position = body.feed(chunk.data, position)
        draft.end_ns = max(draft.end_ns, chunk.at_ns)
        draft.last_packet = max(draft.last_packet, chunk.packet)
        if body.done:
            self._finish()
        elif body.broken:
            draft.damaged = True
            text = f"a chunk size of the {self._grammar.noun} cannot be read; its body ends there"
            self._note(Notice(code=BAD_CHUNK, severity=Severity.WARNING, text=text, packet=chunk.packet))
            self._finish()
            self._lose_place()
        return position

    def _read_after_refusal(self, chunk: Chunk, draft: Draft[Line], body: BodyReader) -> None:
        """Hold what follows the head of a refused request until it shows what it is, then read that anew."""
        if self._refusal is None:
            self._refusal = Refusal()
        refusal = self._refusal
        start = refusal.feed(chunk, body.announced())
        if start is Start.YES:
            self._leave_body_out(draft, chunk.packet)
        elif start is Start.NO:
            draft.refused = False
        else:
            return
        self._refusal = None
        self._work.extend(reversed(refusal.held))

    def _leave_body_out(self, draft: Draft[Line], packet: int | None) -> None:
        draft.body = None
        text = "the body that a request announced was refused by an early answer, and not sent"
        self._note(Notice(code=BODY_NOT_SENT, severity=Severity.INFO, text=text, packet=packet))
        self._finish()

    def _settle_refusal(self, packet: int | None) -> None:
        """Nothing more comes that could tell whether a refused body was sent: what is held is body, if anything is."""
        draft, refusal = self._draft, self._refusal
        self._refusal = None
        if draft is None or self._body is None or not draft.refused or self._body.received:
            return
        if refusal is None:
            self._leave_body_out(draft, packet)
            return
        draft.refused = False
        self._work.extend(reversed(refusal.held))
        self._run()

    def _finish(self) -> None:
        draft = self._draft
        self._draft = None
        self._body = None
        self._phase = Phase.HEAD
        if draft is not None:
            draft.done = True
            self._finished(draft)

    # ---- gaps and the end ------------------------------------------------------------------------------------------

    def _gap(self, gap: Gap) -> None:
        if self._phase is Phase.PASSING:
            if self.handed is not None:
                self.handed.append(gap)
            return
        if self._refusal is not None:
            self._settle_refusal(gap.packet)
        if self._phase is Phase.SEEKING and self._seeker is not None:
            self._follow(self._seeker.gap(gap.length, gap.packet))
            if self.paused:
                self._hold(gap)
                return
            if self._phase is Phase.SEEKING:
                self.lost_ns = gap.at_ns
        if self._phase is Phase.HEAD:
            cut = self._assembly is not None and self._begin_cut(head_gap=gap.length)
            self.lost_ns = gap.at_ns  # only now: the message that was cut lies before the gap
            self._lose_place(missing=0 if cut else gap.length, packet=gap.packet)
        elif self._phase is Phase.BODY and self._draft is not None and self._body is not None:
            self._gap_in_body(gap, self._draft, self._body)

    def _gap_in_body(self, gap: Gap, draft: Draft[Line], body: BodyReader) -> None:
        draft.damaged = True
        beyond = body.gap(gap.length)
        if body.done or body.broken:
            self._finish()
        if beyond:
            self.lost_ns = gap.at_ns
            self._lose_place(missing=beyond, packet=gap.packet)

    def _end(self, end: End) -> None:
        if self._phase is Phase.SEEKING and self._seeker is not None:
            self._follow(self._seeker.cut())
            if self.paused:
                self._hold(end)
                return
            if self._phase is Phase.SEEKING:
                self._report(found=False)
        self._settle_refusal(end.packet)
        self.ended = True
        if self.handed is not None:
            self.handed.append(end)
        if self._phase is Phase.HEAD and self._assembly is not None:
            size = self._assembly.pending
            if not self._begin_cut(by_end=True):
                seeker = Seeker(self._grammar)
                seeker.skipped = size
                seeker.stray = self.read_any
                seeker.packet = end.packet
                self._seeker = seeker
                self._report(found=False)
        elif self._phase is Phase.BODY and self._draft is not None and self._body is not None:
            if self._body.ends_with_stream and end.how is Ending.FIN:
                self._body.done = True
            else:
                self._draft.cut = True
            self._finish()
        if self._log is not None and (notice := self._log.summary(end.packet)) is not None:
            self._note(notice)

    # ---- searching -------------------------------------------------------------------------------------------------

    def _lose_place(self, *, missing: int = 0, packet: int | None = None, stray: bool = False) -> None:
        """Search for the next message: after a gap, after bytes that make no sense, or after `stray` ones."""
        if self._phase is Phase.PASSING:
            return
        self._assembly = None
        self._phase = Phase.SEEKING
        self._seeker = Seeker(self._grammar)
        self._seeker.missing = missing
        self._seeker.packet = packet
        self._seeker.stray = stray

    def _search(self, chunk: Chunk, position: int) -> int:
        if self._seeker is not None:
            self._work_on(self._seeker.feed(_rest(chunk, position)))
        return len(chunk.data)

    def _work_on(self, found: Sequence[Chunk]) -> None:
        if found:
            self._report(found=True)
            self._phase = Phase.HEAD
            self._work.extend(reversed(found))

    def _follow(self, found: Sequence[Chunk]) -> None:
        self._work_on(found)
        self._run()

    def _report(self, *, found: bool) -> None:
        """Say what the search that ends now passed over."""
        seeker = self._seeker
        self._seeker = None
        if seeker is None or not (seeker.skipped or seeker.missing):
            return
        if self._log is None:
            self._log = SeekLog(self._grammar.noun)
        notice = self._log.report(seeker, found=found)
        if notice is not None:
            self._note(notice)

    def _note_fields(self, draft: Draft[Line]) -> None:
        section = draft.section
        text = f"{section.malformed} header lines of a {self._grammar.noun} without a colon or a name were left out"
        if section.dropped:
            text += f", and {section.dropped} above {MAX_FIELDS}"
        self._note(Notice(code=BAD_HEADER, severity=Severity.WARNING, text=text, packet=draft.first_packet))


def _rest(chunk: Chunk, position: int) -> Chunk:
    return Chunk(chunk.data[position:], chunk.at_ns, chunk.packet) if position else chunk
