"""A message while it is being read, and how it becomes one of the frozen types."""

from __future__ import annotations

from typing import TYPE_CHECKING, Generic

from sigtrace.application.http.body import EMPTY_BODY, MAX_KEPT, BodyReader
from sigtrace.application.http.content import decode_content
from sigtrace.application.http.message import Body, Request, Response
from sigtrace.application.http.start import Line, RequestLine, StatusLine
from sigtrace.application.span import Span
from sigtrace.notices import Notice, Severity

if TYPE_CHECKING:
    from sigtrace.application.http.head import HeaderSection

FIELD_COST = 128  # bytes of memory that a header field takes beside its text, about

BODY_TOO_LARGE = "http.body-too-large"


class Draft(Generic[Line]):
    """One message as far as it was read; `line` says whether it is a request or a response.

    Args:
        line, section: its head, which is whole.
        at_ns, packet: of the chunk that brought its first byte.
    """

    __slots__ = (
        "body", "cut", "damaged", "done", "end_ns", "first_packet", "head_complete", "head_end_ns", "head_gap",
        "last_packet", "line", "refused", "section", "start_ns", "unasked",
    )  # fmt: skip

    def __init__(self, line: Line, section: HeaderSection, at_ns: int, packet: int) -> None:
        self.line: Line = line
        self.section = section
        self.head_complete = True
        self.head_gap = 0  # bytes of the gap that cut the head
        self.start_ns = self.head_end_ns = self.end_ns = at_ns
        self.first_packet = self.last_packet = packet
        self.body: BodyReader | None = None
        self.damaged = False  # bytes of it were never captured, or made no sense
        self.cut = False  # the stream ended inside it
        self.unasked = False  # a response whose request was not captured
        self.refused = False  # a request that asked before it sent its body, and got a final answer instead of a 100
        self.done = False  # no more of it will come

    @property
    def memory(self) -> int:
        """Bytes of memory that its fields and its body take, about."""
        fields = self.section.fields
        text = sum(len(name) + len(value) for name, value in fields)
        return text + FIELD_COST * len(fields) + (self.body.held if self.body is not None else 0)

    def shed(self, above: int) -> None:
        """Keep nothing of the body any more if more than this is kept of it."""
        if self.body is not None and self.body.held > above:
            self.body.shed()

    def build_body(self) -> tuple[Body, Notice | None]:
        """Build the body, its content codings undone, and what there is to say about it."""
        if self.body is None:
            return EMPTY_BODY, None
        body = self.body.result()
        framing = self.section.framing
        codings = framing.get(b"content-encoding", b"")
        if b"transfer-encoding" in framing:
            codings += b"," + _without_chunked(framing[b"transfer-encoding"])
        if codings.strip(b","):
            body, notice = decode_content(body, codings, packet=self.last_packet)
            if notice is not None:
                return body, notice
        if self.body.too_large and self.body.received > MAX_KEPT:
            text = f"a body of {body.length} bytes was measured and hashed, not kept: more than {MAX_KEPT} bytes"
            return body, Notice(code=BODY_TOO_LARGE, severity=Severity.INFO, text=text, packet=self.last_packet)
        return body, None


def asks_for_websocket(request: Draft[RequestLine] | None) -> bool:
    """Tell whether a request, whose head is whole, asks for an upgrade to WebSocket."""
    if request is None or not request.head_complete:
        return False
    return b"websocket" in request.section.framing.get(b"upgrade", b"").lower()


def build_request(draft: Draft[RequestLine], body: Body) -> Request:
    """Freeze a request."""
    line = draft.line
    return Request(
        version=line.version,
        headers=draft.section.fields,
        complete=draft.head_complete,
        span=Span(draft.start_ns, draft.end_ns, draft.first_packet, draft.last_packet),
        head_end_ns=draft.head_end_ns,
        trailers=draft.body.trailers if draft.body else (),
        method=line.method,
        target=line.target,
        body=body,
    )


def build_response(draft: Draft[StatusLine], body: Body) -> Response:
    """Freeze a response."""
    line = draft.line
    return Response(
        version=line.version,
        headers=draft.section.fields,
        complete=draft.head_complete,
        span=Span(draft.start_ns, draft.end_ns, draft.first_packet, draft.last_packet),
        head_end_ns=draft.head_end_ns,
        trailers=draft.body.trailers if draft.body else (),
        status=line.status,
        reason=line.reason,
        body=body,
    )


def _without_chunked(transfer_encoding: bytes) -> bytes:
    """Return the transfer codings below `chunked`: they are undone like content codings."""
    return b",".join(coding for coding in transfer_encoding.split(b",") if coding.strip().lower() != b"chunked")
