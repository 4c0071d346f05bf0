"""Putting messages together from the frames of one direction, and letting control frames out between them.

Whoever reads the direction says where frames begin and end, and brings their payload, unmasked. Here it is known what
they mean: which message a fragment belongs to, whether that is whole, and what was wrong with it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, TypeAlias

from sigtrace.application.span import Span
from sigtrace.application.websocket import rules
from sigtrace.application.websocket.deflate import CONTEXT_COST
from sigtrace.application.websocket.draft import DRAFT_COST, Draft
from sigtrace.application.websocket.frame import MAX_CONTROL, RSV1
from sigtrace.application.websocket.message import ControlFrame, Message, MessageState, Opcode
from sigtrace.application.websocket.oddities import Oddities
from sigtrace.application.websocket.payload import MAX_KEPT
from sigtrace.notices import Notice, Severity
from sigtrace.streams.flow import Ending

if TYPE_CHECKING:
    from sigtrace.application.websocket.deflate import Inflater
    from sigtrace.application.websocket.draft import Link
    from sigtrace.application.websocket.frame import Header
    from sigtrace.application.websocket.pings import Pings
    from sigtrace.streams.flow import Chunk, Gap

Unit: TypeAlias = "Message | ControlFrame | Notice"

CUT_FRAME: Final = "websocket.cut-frame"
BAD_DEFLATE: Final = "websocket.bad-deflate"
CONTEXT_LOST: Final = "websocket.context-lost"
INFLATED_TOO_LARGE: Final = "websocket.inflated-too-large"
MESSAGE_TOO_LARGE: Final = "websocket.message-too-large"


class Assembly:
    """The messages and control frames of one direction.

    Args:
        link: what all messages of the connection have in common.
        from_client: whose frames these are.
        inflater: for compressed messages.
        pings: those of the other direction, which the pongs of this one answer, and its own.
        out: takes what was found.
    """

    __slots__ = (
        "_asked", "_asking", "_at_ns", "_data", "_draft", "_from_client", "_inflater", "_link", "_oddities", "_out",
        "_packet", "_unsure", "begun", "closed",
    )  # fmt: skip

    def __init__(
        self, link: Link, *, from_client: bool, inflater: Inflater, pings: tuple[Pings, Pings], out: list[Unit]
    ) -> None:
        self._link = link
        self._from_client = from_client
        self._inflater = inflater
        self._asked, self._asking = pings
        self._out = out
        self._oddities = Oddities("client" if from_client else "server")
        self._at_ns = 0  # of the frame's first byte
        self._packet = 0
        self._data: bytearray | None = None  # of a control frame; None when some of it was never captured
        self._draft: Draft | None = None  # of the message whose frames come
        self._unsure = False  # a message may have begun in what was lost
        self.closed = False  # a close frame was read
        self.begun = 0  # bytes of memory that all messages took which began here, about

    @property
    def memory(self) -> int:
        """Bytes of memory that the message and the context take, about."""
        return self._inflater.memory + (self._draft.held if self._draft is not None else 0)

    def shed(self, above: int) -> None:
        """Keep nothing of an unfinished message of which more than this is here."""
        if self._draft is not None:
            self._draft.shed(above)

    def tell(self, code: str, text: str, packet: int | None, severity: Severity = Severity.WARNING) -> None:
        """Let out a notice, if it is the first of its code."""
        self._out.extend(self._oddities.tell(code, text, packet, severity))

    # ---- frames ----------------------------------------------------------------------------------------------------

    def begin(self, header: Header, at_ns: int, packet: int) -> None:
        """A frame begins; time and packet are those of its first byte."""
        self._at_ns, self._packet = at_ns, packet
        opcode = header.opcode
        if opcode not in rules.DATA:
            self._data = bytearray()
            return
        draft = self._draft
        if opcode != Opcode.CONTINUATION:
            if draft is not None:
                text = "a message begins within another, which is taken for cut off there"
                self.tell(rules.BAD_SEQUENCE, text, packet)
                self.break_off()
            self._unsure = False
            draft = self._begin_message(Opcode(opcode), self._inflater if header.rsv & RSV1 else None)
        elif draft is None:
            if not self._unsure:
                self.tell(rules.BAD_SEQUENCE, "a continuation of no message; it is kept as the rest of one", packet)
            draft = self._begin_message(None, None)
        draft.frames += 1
        draft.wire_length += header.length

    def take(self, header: Header, piece: bytes, chunk: Chunk) -> None:
        """Take a piece of the frame's payload, unmasked."""
        if header.opcode not in rules.DATA:
            if self._data is not None:
                self._data += piece[: MAX_CONTROL - len(self._data)]
        elif self._draft is not None:
            self._draft.feed(piece)
            self._draft.extend(chunk.at_ns, chunk.packet)

    def gap(self, header: Header, length: int, gap: Gap) -> None:
        """Bytes of the frame's payload were never captured."""
        if header.opcode not in rules.DATA:
            self._data = None
        elif self._draft is not None:
            self._draft.missing += length
            self._draft.extend(gap.at_ns, gap.packet)

    def end(self, header: Header, last: Chunk | Gap) -> None:
        """The frame is over; `last` brought its last byte."""
        opcode = header.opcode
        if opcode not in rules.DATA:
            if opcode in rules.KNOWN:
                self._end_control(Opcode(opcode), last)
            return
        draft = self._draft
        if draft is None:
            return
        draft.extend(last.at_ns, last.packet)
        if header.fin:
            self._draft = None
            self._unsure = False
            draft.end()
            self._finish(draft)

    def lose_answers(self) -> None:
        """Bytes were never captured: pongs may be among them."""
        self._asked.forget()

    def lose(self) -> None:
        """Whole messages may be lost: what is being read ends here, and what comes may refer to them."""
        self.break_off()
        self._unsure = True
        self._inflater.lose()

    def close(self, packet: int | None) -> None:
        """Nothing more comes: sum up what was told."""
        self._out.extend(self._oddities.summary(packet))

    # ---- control frames --------------------------------------------------------------------------------------------

    def _end_control(self, opcode: Opcode, last: Chunk | Gap) -> None:
        if self._data is None:
            text = f"a {opcode.name.lower()} of which bytes were never captured is left out"
            self.tell(CUT_FRAME, text, self._packet)
            return
        data = bytes(self._data)
        span = Span(self._at_ns, max(self._at_ns, last.at_ns), self._packet, max(self._packet, last.packet))
        if opcode is Opcode.CLOSE:
            self._close(data, span)
        elif opcode is Opcode.PING:
            self._asking.add(data, span.end_ns)
            self._let_out(opcode, span, data)
        else:
            self._let_out(opcode, span, data, rtt_ns=self._asked.answer(data, span.start_ns))

    def _close(self, data: bytes, span: Span) -> None:
        self.closed = True
        problem = rules.problem_of_close(data)
        if problem is not None:
            self.tell(rules.BAD_CLOSE, problem, self._packet)
        code = int.from_bytes(data[:2], "big") if len(data) >= 2 else None
        self._let_out(Opcode.CLOSE, span, b"", code=code, reason=data[2:])

    def _let_out(  # noqa: PLR0913 - what the kinds of control frames differ in
        self,
        opcode: Opcode,
        span: Span,
        data: bytes,
        *,
        code: int | None = None,
        reason: bytes = b"",
        rtt_ns: int | None = None,
    ) -> None:
        link = self._link
        control = ControlFrame(
            flow=link.flow,
            client=link.client,
            server=link.server,
            from_client=self._from_client,
            opcode=opcode,
            span=span,
            data=data,
            code=code,
            reason=reason,
            rtt_ns=rtt_ns,
        )
        self._out.append(control)

    # ---- messages --------------------------------------------------------------------------------------------------

    def _begin_message(self, opcode: Opcode | None, inflater: Inflater | None) -> Draft:
        self.begun += DRAFT_COST + (CONTEXT_COST if inflater is not None and not inflater.memory else 0)
        draft = self._draft = Draft(opcode, inflater, self._at_ns, self._packet)
        return draft

    def _finish(self, draft: Draft) -> None:
        """Let out a message that came to its own end."""
        packet = draft.last_packet
        if draft.whole:
            state = MessageState.COMPLETE
            if draft.is_bad_text:
                self.tell(rules.BAD_TEXT, "a text message that is not UTF-8 is kept as it is", packet)
            if draft.too_large:
                text = f"a message of {draft.length} bytes was measured and hashed, not kept: above {MAX_KEPT} bytes"
                self.tell(MESSAGE_TOO_LARGE, text, packet, Severity.INFO)
        else:
            state = MessageState.DAMAGED
            self._tell_problem(draft, packet)
        self._out.append(draft.build(self._link, state, from_client=self._from_client))

    def break_off(self, how: Ending | None = None) -> None:
        """Let out a message whose last frame does not come, or is not known to.

        Args: how: the stream ended; None when it goes on.
        """
        draft, self._draft = self._draft, None
        if draft is None:
            return
        draft.leave_context()
        if how is None or how is Ending.REPLACED or not draft.whole:
            state = MessageState.DAMAGED
            self._inflater.lose()
        else:
            state = MessageState.OPEN if how is Ending.CAPTURE_ENDED else MessageState.ABORTED
        self._tell_problem(draft, draft.last_packet)
        self._out.append(draft.build(self._link, state, from_client=self._from_client))

    def _tell_problem(self, draft: Draft, packet: int) -> None:
        """Say why a message was not inflated."""
        if draft.problem is None:
            return
        if draft.grows:
            text = f"a message of {draft.wire_length} compressed bytes is not inflated: {draft.problem}"
            self.tell(INFLATED_TOO_LARGE, text, packet)
        elif draft.context_lost:
            text = "what compressed messages refer to was lost; those that cannot be inflated show their length as sent"
            self.tell(CONTEXT_LOST, text, packet)
        else:
            text = f"a message of {draft.wire_length} compressed bytes does not inflate: {draft.problem}"
            self.tell(BAD_DEFLATE, text, packet)
