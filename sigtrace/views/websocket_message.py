"""One WebSocket message whole: what it was for, how it went over the wire, and its payload."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sigtrace.application.websocket.message import MessageState, Opcode
from sigtrace.text import decode_text
from sigtrace.views.exchange import ExchangeView, Message, body_lines
from sigtrace.views.functions import CodeBehind
from sigtrace.views.people import People, Stranger
from sigtrace.views.quantities import count, format_bytes
from sigtrace.views.signal_facts import act_facts, signal_facts
from sigtrace.views.times import Clock, TimeFormat, format_date
from sigtrace.views.wording import place_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sigtrace.application.websocket.message import Message as WebSocketMessage
    from sigtrace.trace import Trace

DUMPED = 4096
"""Bytes of a binary payload that are shown: whoever needs more has the capture."""

_ROW = 16


def explain_message(
    trace: Trace,
    message: WebSocketMessage,
    *,
    time_format: TimeFormat = TimeFormat.RELATIVE,
    code: bool = False,
    verbose: bool = False,
) -> ExchangeView:
    """Explain one WebSocket message; the switches are those of `explain_exchange`."""
    people = People(trace)
    clock = Clock(first_ns=trace.first_ns, format=time_format, digits=6)
    return ExchangeView(
        number=message.number,
        what="message",
        title=_title(people, message),
        facts=tuple(_facts(trace, people, message, clock)),
        problems=tuple(_problems(trace, message)),
        code=CodeBehind(trace, people).of(message) if code else (),
        messages=(
            Message(
                title="payload",
                when=f"{clock.text(message.span.start_ns)}, {_packets(message)}",
                start=_form(message),
                headers=(),
                body=tuple(_lines(trace, message, verbose=verbose)),
                body_note=_note(message),
            ),
        ),
    )


def _title(people: People, message: WebSocketMessage) -> str:
    session = people.session_of(message)
    whose = message.client.address
    if session is not None:
        author = people.author(message, session)
        whose = author.address if isinstance(author, Stranger) else people.numbered(session, author)
    return f"of {whose}" if message.from_client else f"to {whose}"


def _facts(trace: Trace, people: People, message: WebSocketMessage, clock: Clock) -> Iterator[tuple[str, str]]:
    ends = (message.client, message.server) if message.from_client else (message.server, message.client)
    yield "from", f"{ends[0]} to {ends[1]}, {trace.protocol_of(message.number)}"
    yield "at", f"{clock.text(message.at_ns)} ({format_date(message.at_ns)})"
    yield "flow", f"{message.flow}, tcp.stream {message.flow - 1}"
    if message.target is not None:
        yield "WebSocket", decode_text(message.target)
    yield from signal_facts(trace, people, message.number)
    yield from act_facts(trace, people, message)


def _problems(trace: Trace, message: WebSocketMessage) -> Iterator[str]:
    if message.missing:
        yield f"{count(message.missing, 'byte')} of it never captured"
    if message.state in (MessageState.OPEN, MessageState.ABORTED):
        yield f"its end was not seen: {message.state.value}"
    span = message.span
    for notice in trace.notices:
        if notice.packet is not None and span.first_packet <= notice.packet <= span.last_packet:
            yield f"{notice.code}: {notice.text}{place_of(notice.packet, notice.offset)}"


def _packets(message: WebSocketMessage) -> str:
    first, last = message.span.first_packet, message.span.last_packet
    return f"packet {first}" if first == last else f"packets {first} to {last}"


def _form(message: WebSocketMessage) -> str:
    """Say how it went over the wire: `text, 2 fragments, masked, deflated to 310 B`."""
    words = [message.opcode.name.lower()]
    words += [f"{message.frames} fragments"] if message.frames > 1 else []
    words += ["masked"] if message.from_client else []
    words += [f"deflated to {format_bytes(message.wire_length)}"] if message.compressed else []
    return ", ".join(words)


def _lines(trace: Trace, message: WebSocketMessage, *, verbose: bool) -> list[str]:
    data = message.data
    if not data:
        return []
    if message.opcode is Opcode.BINARY:
        return list(_dump(data))
    signals = (one for one in trace.signals if message.number in (one.sent_by, one.delivered_by))
    return body_lines(data, next((one.content for one in signals), None), verbose=verbose)


def _dump(data: bytes) -> Iterator[str]:
    """Write bytes as people read them: offset, hexadecimal, what is printable."""
    for place in range(0, min(len(data), DUMPED), _ROW):
        row = data[place : place + _ROW]
        seen = "".join(chr(byte) if 0x20 <= byte < 0x7F else "." for byte in row)
        yield f"{place:08x}  {row.hex(' '):<{3 * _ROW - 1}}  {seen}"
    if len(data) > DUMPED:
        yield f"… {format_bytes(len(data) - DUMPED)} more"


def _note(message: WebSocketMessage) -> str:
    if message.length is None:
        return f"{format_bytes(message.wire_length)} as sent, not readable"
    if not message.length:
        return ""
    parts = [format_bytes(message.length)]
    parts += ["not kept"] if message.data is None else []
    parts += [f"sha256 {message.sha256}"] if message.sha256 else []
    return ", ".join(parts)
