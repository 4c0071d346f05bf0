"""One way of what went over the wire: a request, a response or a WebSocket message, as steps are told from it."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from sigtrace.application.http.message import ExchangeEnd
from sigtrace.application.websocket.message import MessageState
from sigtrace.views.quantities import count

if TYPE_CHECKING:
    from sigtrace.application.http.message import Exchange, Request, Response
    from sigtrace.application.websocket.message import Message
    from sigtrace.trace import Trace


class Half(NamedTuple):
    """When it went, where to find it, and what is wrong with it."""

    number: int
    at_ns: int
    packet: int
    from_client: bool
    notes: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()
    missing: bool = False  # bytes of its body were never captured


_NO_ANSWER = {
    ExchangeEnd.CAPTURE_ENDED: "no answer when the capture ended",
    ExchangeEnd.CLIENT_CLOSED: "closed by the client before an answer came",
    ExchangeEnd.SERVER_CLOSED: "closed by the server without an answer",
    ExchangeEnd.CLIENT_RESET: "reset by the client before an answer came",
    ExchangeEnd.SERVER_RESET: "reset by the server",
    ExchangeEnd.LOST: "the answer was not captured",
}


def half_of_request(exchange: Exchange, request: Request, *, hangs: bool = False) -> Half:
    """Make the half of a request; of one that is meant to hang, being without an answer is no problem."""
    problems = _describe_damage(request)
    if exchange.response is None and not hangs and exchange.end in _NO_ANSWER:
        problems = (*problems, _NO_ANSWER[exchange.end])
    notes = ("retransmitted",) if exchange.request_retransmitted else ()
    span = request.span
    missing = bool(request.body.missing)
    return Half(exchange.number, span.start_ns, span.first_packet, True, notes, problems, missing)  # noqa: FBT003


def half_of_response(exchange: Exchange, response: Response) -> Half:
    """Make the half of a response."""
    span = response.span
    problems, missing = _describe_damage(response), bool(response.body.missing)
    return Half(exchange.number, span.start_ns, span.first_packet, False, (), problems, missing)  # noqa: FBT003


def half_of_message(message: Message) -> Half:
    """Make the half that a WebSocket message is."""
    return Half(
        number=message.number,
        at_ns=message.span.start_ns,
        packet=message.span.first_packet,
        from_client=message.from_client,
        problems=_describe_damaged_message(message),
        missing=bool(message.missing),
    )


def first_packet_of(trace: Trace, number: int) -> int | None:
    """Return the first packet of an exchange or message."""
    exchange = trace.exchange(number)
    half = trace.message(number) if exchange is None else exchange.request or exchange.response
    return None if half is None else half.span.first_packet


def _describe_damage(half: Request | Response) -> tuple[str, ...]:
    if half.body.missing:
        return (f"{count(half.body.missing, 'byte')} never captured",)
    return () if half.complete else ("cut short",)


def _describe_damaged_message(message: Message) -> tuple[str, ...]:
    if message.missing:
        return (f"{count(message.missing, 'byte')} never captured",)
    if message.state is MessageState.DAMAGED and message.compressed and message.data is None:
        return ("cannot be inflated",)
    return () if message.state is MessageState.COMPLETE else ("cut short",)
