"""A message while its frames come, and how it becomes one of the frozen types."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from sigtrace.application.span import Span
from sigtrace.application.websocket.chain import is_text
from sigtrace.application.websocket.message import Message, MessageState, Opcode
from sigtrace.application.websocket.payload import Payload
from sigtrace.errors import DecodeError

if TYPE_CHECKING:
    from sigtrace.application.websocket.deflate import Inflater
    from sigtrace.packets.endpoint import Endpoint

DRAFT_COST: Final = 1024  # bytes of memory that a message takes while it is here, about
MAX_INFLATED: Final = 8 * 1024 * 1024  # 8 times what is kept of a message; deflate could make 1000 MiB of that
_SAMPLE: Final = 4096  # bytes that tell whether a message without its beginning is text
_WITHIN_CHARACTER = bytes(range(0x80, 0xC0))


class Link(NamedTuple):
    """What all messages of one connection have in common."""

    flow: int  # number of the flow
    client: Endpoint
    server: Endpoint
    target: bytes | None  # of the upgrade's request; None when that was not captured


class Draft:
    """One message as far as it was read.

    Args:
        opcode: of its first frame; None when that was not captured.
        inflater: of its direction when the message is compressed.
        at_ns, packet: of its first byte.
    """

    __slots__ = (
        "_inflater", "_opcode", "_payload", "context_lost", "end_ns", "first_packet", "frames", "grows", "last_packet",
        "missing", "problem", "start_ns", "wire_length",
    )  # fmt: skip

    def __init__(self, opcode: Opcode | None, inflater: Inflater | None, at_ns: int, packet: int) -> None:
        self._opcode = opcode
        self._inflater = inflater
        self._payload = Payload()
        self.frames = 0
        self.wire_length = 0  # as the frames announce it
        self.missing = 0
        self.problem: str | None = None  # why it cannot be inflated
        self.grows = False  # because it grows above the bound
        self.start_ns = self.end_ns = at_ns
        self.first_packet = self.last_packet = packet
        self.context_lost = inflater is not None and inflater.lost  # it may refer to what is not known
        if inflater is not None:
            inflater.begin()

    @property
    def held(self) -> int:
        """Bytes of memory, about."""
        return DRAFT_COST + self._payload.held

    @property
    def too_large(self) -> bool:
        """True when it was too large to keep."""
        return self._payload.above_bound

    @property
    def length(self) -> int:
        """Bytes so far, after inflating."""
        return self._payload.length

    @property
    def whole(self) -> bool:
        """True when nothing of it is lost so far."""
        return not self.missing and self.problem is None and self._opcode is not None

    @property
    def is_bad_text(self) -> bool:
        """True when all of a text is here, and it is no UTF-8."""
        return self._opcode is Opcode.TEXT and not self._payload.check_text(whole=True)

    def shed(self, above: int) -> None:
        """Keep nothing of it any more if more than this is kept."""
        if self._payload.held > above:
            self._payload.shed()

    def feed(self, piece: bytes) -> None:
        """Take the next piece of the payload, unmasked."""
        if self._inflater is None:
            if not self.missing:
                self._payload.feed(piece)
        elif not self.missing and self.problem is None:
            self._inflate(self._inflater, piece)

    def extend(self, at_ns: int, packet: int) -> None:
        """Let it reach to the packet that brought the latest of its bytes."""
        self.end_ns = max(self.end_ns, at_ns)
        self.last_packet = max(self.last_packet, packet)

    def end(self) -> None:
        """Its last frame is over."""
        if self._inflater is None:
            return
        if not self.missing and self.problem is None:
            self._inflate(self._inflater, None)
        self.leave_context()

    def leave_context(self) -> None:
        """No more of it comes: what follows cannot refer to it when it was not whole."""
        if self._inflater is not None and not self.whole:
            self._inflater.lose()

    def build(self, link: Link, state: MessageState, *, from_client: bool) -> Message:
        """Freeze it."""
        payload = self._payload
        whole = state is MessageState.COMPLETE
        return Message(
            number=0,
            flow=link.flow,
            client=link.client,
            server=link.server,
            target=link.target,
            from_client=from_client,
            opcode=self._opcode or self._guess_opcode(),
            length=payload.length if whole else None,
            sha256=payload.sha256() if whole else None,
            data=payload.data() if self._opcode is not None and self.problem is None else None,
            wire_length=self.wire_length,
            compressed=self._inflater is not None,
            frames=self.frames,
            missing=self.missing,
            state=state,
            span=Span(self.start_ns, self.end_ns, self.first_packet, self.last_packet),
        )

    def _inflate(self, inflater: Inflater, piece: bytes | None) -> None:
        """Inflate a piece, or the end."""
        try:
            for out in inflater.end() if piece is None else inflater.feed(piece):
                self._payload.feed(out)
                if self._payload.length > MAX_INFLATED:
                    self.problem = f"it grows above {MAX_INFLATED} bytes"
                    self.grows = True
                    return
        except DecodeError as error:
            self.problem = str(error)

    def _guess_opcode(self) -> Opcode:
        """Return what a message is whose beginning was not captured; it may begin within a character."""
        sample = (self._payload.data() or b"")[:_SAMPLE].lstrip(_WITHIN_CHARACTER)
        return Opcode.TEXT if sample and is_text(sample, whole=False) else Opcode.BINARY
