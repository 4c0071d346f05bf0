"""Reading one direction of a WebSocket connection: chunks, gaps and an end in, frames out.

Theory of operation. A direction is always in one `Phase`, and each phase is one method that takes bytes of a chunk
from a position on and says how far it read:

    HEADER ── a whole header ──▶ PAYLOAD ── its last byte ──▶ HEADER
       │ ▲                          │
       │ └── frames were found ─────┼────────────────┐
       └── a gap, no header ────────┴── a gap ──▶ SEEKING

A gap within a payload is counted there, and the next header is where it was announced. A gap that reaches beyond it, or
begins in a header, leads to SEEKING (`seek.py`), as do bytes that can be no header. What breaks a rule and can still be
read, is: the frame is read as its header says, and a notice tells (`rules.py`). Only where such frames follow each
other the place is taken for lost.

What frames mean, which message they belong to, is the work of `assembly.py`.
"""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING, Final

from sigtrace.application.websocket import rules
from sigtrace.application.websocket.assembly import CUT_FRAME
from sigtrace.application.websocket.frame import LONGEST_HEADER, decode_header
from sigtrace.application.websocket.masking import mask
from sigtrace.application.websocket.seek import Seeker
from sigtrace.notices import Severity
from sigtrace.streams.flow import Chunk, End, Gap, StreamItem

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sigtrace.application.websocket.assembly import Assembly
    from sigtrace.application.websocket.frame import Header

RESYNC: Final = "websocket.resync"


class Phase(Enum):
    """Where a direction is."""

    HEADER = "header"
    PAYLOAD = "payload"
    SEEKING = "seeking"


class Direction:
    """The frames of one direction.

    Args:
        assembly: takes the frames.
        from_client: whose frames these are: a client masks them.
        compressible: False when no message was agreed to be compressed.
    """

    __slots__ = (
        "_assembly", "_at_ns", "_compressible", "_from_client", "_header", "_packet", "_pending", "_phase", "_position",
        "_seeker", "_was_odd", "_work", "ended", "framed", "missing", "skipped",
    )  # fmt: skip

    def __init__(self, assembly: Assembly, *, from_client: bool, compressible: bool) -> None:
        self._assembly = assembly
        self._from_client = from_client
        self._compressible = compressible
        self._phase = Phase.HEADER
        self._pending = b""  # of a header
        self._at_ns = 0  # of the frame's first byte
        self._packet = 0
        self._header: Header | None = None  # of the frame whose payload comes
        self._position = 0  # in that payload
        self._seeker: Seeker | None = None  # in SEEKING
        self._work: list[tuple[Chunk | Gap, int]] = []  # from where in it: still to be read, the next one last
        self._was_odd = False  # the last frame could hardly be one
        self.ended = False
        # Together all that came, and all that did not:
        self.framed = 0  # bytes of frames, those never captured of their payloads too
        self.skipped = 0  # bytes that are in no frame
        self.missing = 0  # bytes never captured, outside of frames whose header was read

    @property
    def memory(self) -> int:
        """Bytes of memory that grow with what is not finished yet, about."""
        return self._assembly.memory + (self._seeker.held if self._seeker is not None else 0)

    @property
    def begun(self) -> int:
        """Bytes of memory that all messages took which began here, about."""
        return self._assembly.begun

    def shed(self, above: int) -> None:
        """Keep nothing of an unfinished message of which more than this is here."""
        self._assembly.shed(above)

    def begin_late(self, packet: int | None, skipped: int, missing: int, *, found: bool) -> None:
        """Begin in the middle of a connection.

        Args:
            packet: where the connection was joined.
            skipped: bytes before the first frame.
            missing: bytes before it that were never captured.
            found: True when a frame begins with the next byte.
        """
        seeker = self._lose_place(packet)
        seeker.skipped, seeker.missing = skipped, missing
        if found:
            self._resume(found=True)

    def feed(self, item: StreamItem) -> None:
        """Take the next item of the stream."""
        if type(item) is End:
            self._end(item)
            return
        self._work.append((item, 0))  # type: ignore[arg-type]  # mypy does not narrow by `type(item) is`
        self._run()

    # ---- bytes -----------------------------------------------------------------------------------------------------

    def _run(self) -> None:
        work = self._work
        while work:
            item, position = work.pop()
            if type(item) is Gap:
                self._gap(item)
            else:
                self._read(item, position)  # type: ignore[arg-type]  # the same

    def _read(self, chunk: Chunk, position: int) -> None:
        size = len(chunk.data)
        while position < size:
            if self._phase is Phase.HEADER:
                position = self._read_header(chunk, position)
            elif self._phase is Phase.PAYLOAD:
                position = self._read_payload(chunk, position)
            else:
                self._search(chunk, position)
                return

    def _read_header(self, chunk: Chunk, position: int) -> int:
        before = len(self._pending)
        if before:
            head = self._pending + chunk.data[position : position + LONGEST_HEADER - before]
            header = decode_header(head)
        else:
            self._at_ns, self._packet = chunk.at_ns, chunk.packet
            header = decode_header(chunk.data, position)
            head = b"" if header is not None else chunk.data[position:]
        if header is None:
            self._pending = head
            return len(chunk.data)
        if self._is_nonsense(header, chunk.packet):
            self._lose_place(chunk.packet)
            return position
        self._pending = b""
        self._header = header
        self._position = 0
        self._assembly.begin(header, self._at_ns, self._packet)
        if header.length:
            self._phase = Phase.PAYLOAD
        else:
            self._end_frame(header, chunk)
        return position + header.size - before

    def _is_nonsense(self, header: Header, packet: int) -> bool:
        """Tell what is wrong with a header; True when it is taken for none."""
        broken = rules.broken_by(
            header, from_client=self._from_client, compressible=self._compressible, after_close=self._assembly.closed
        )
        odd = False
        for rule in broken:
            odd = odd or rule.is_odd
            self._assembly.tell(rule.code, rule.text, packet)
        nonsense = (odd and self._was_odd) or rules.cannot_be(header, odd=odd)
        self._was_odd = odd and not nonsense
        return nonsense

    def _read_payload(self, chunk: Chunk, position: int) -> int:
        header = self._header
        if header is None:  # never in PAYLOAD; it tells the type checker so
            self._phase = Phase.HEADER
            return position
        piece = chunk.data[position : position + header.length - self._position]
        self._assembly.take(header, mask(piece, header.key, self._position) if header.key else piece, chunk)
        self._position += len(piece)
        if self._position == header.length:
            self._end_frame(header, chunk)
        return position + len(piece)

    def _end_frame(self, header: Header, last: Chunk | Gap) -> None:
        self._phase = Phase.HEADER
        self._header = None
        self.framed += header.size + header.length
        self._assembly.end(header, last)

    # ---- gaps and the end ------------------------------------------------------------------------------------------

    def _gap(self, gap: Gap) -> None:
        self._assembly.lose_answers()
        if self._seeker is not None:
            self._seeker.gap(gap.length, gap.packet, gap.at_ns)
            return
        beyond = gap.length
        header = self._header
        if header is not None:
            within = min(gap.length, header.length - self._position)
            beyond -= within
            self._position += within
            self._assembly.gap(header, within, gap)
            if self._position == header.length:
                self._end_frame(header, gap)
        if beyond:
            self._lose_place(gap.packet).missing += beyond

    def _end(self, end: End) -> None:
        while self._seeker is not None:
            found = self._seeker.cut()
            if found:
                self._go_on(self._seeker, found)
                self._run()
            else:
                self._resume(found=False)
        header = self._header
        self.skipped += len(self._pending)
        self.framed += header.size + self._position if header is not None else 0
        if self._pending or (header is not None and header.opcode not in rules.DATA):
            have = len(self._pending) if header is None else header.size + self._position
            text = f"{have} bytes of a frame that was cut are left out"
            self._assembly.tell(CUT_FRAME, text, end.packet, Severity.INFO)
        self._assembly.break_off(end.how)
        self._assembly.close(end.packet)
        self._pending = b""
        self._header = None
        self.ended = True

    # ---- searching -------------------------------------------------------------------------------------------------

    def _lose_place(self, packet: int | None) -> Seeker:
        """Search for the next frame; what was being read ends here."""
        self._assembly.lose()
        self._header = None
        self._phase = Phase.SEEKING
        seeker = self._seeker = Seeker(masked=self._from_client, compressible=self._compressible)
        seeker.packet = packet
        seeker.skipped = len(self._pending)  # it is not worth looking for a header in a header's bytes
        self._pending = b""
        return seeker

    def _search(self, chunk: Chunk, position: int) -> None:
        if self._seeker is None:
            return
        found = self._seeker.feed(chunk, position)
        if found:
            self._go_on(self._seeker, found)

    def _go_on(self, seeker: Seeker, found: Sequence[Chunk | Gap]) -> None:
        """Read on from where a frame was found."""
        self._resume(found=True)
        self._work.extend((item, 0) for item in reversed(found[1:]))
        self._work.append((found[0], seeker.offset))

    def _resume(self, *, found: bool) -> None:
        """End the search."""
        seeker, self._seeker = self._seeker, None
        if seeker is not None:
            self._report(seeker, found=found)
        self._phase = Phase.HEADER
        self._was_odd = False

    def _report(self, seeker: Seeker, *, found: bool) -> None:
        """Say what a search passed over."""
        if not (seeker.skipped or seeker.missing):
            return
        self.skipped += seeker.skipped
        self.missing += seeker.missing
        lost = f"{seeker.missing} bytes never captured" if seeker.missing else ""
        unread = f"{seeker.skipped} bytes in which no frame was found" if seeker.skipped else ""
        text = " and ".join(filter(None, (lost, unread)))
        text += "; resumed at the next frame" if found else "; no frame follows"
        self._assembly.tell(RESYNC, text, seeker.packet)
