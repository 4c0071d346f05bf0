"""One exchange whole: what it was for, both messages as they were, and the functions behind them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sigtrace.errors import SelectionError
from sigtrace.signaling.content import decode_content
from sigtrace.text import decode_text
from sigtrace.value import Value
from sigtrace.views.functions import CodeBehind
from sigtrace.views.masking import mask_header, mask_text
from sigtrace.views.people import People, Stranger
from sigtrace.views.quantities import format_bytes, format_duration
from sigtrace.views.signal_facts import act_facts, signal_facts
from sigtrace.views.times import Clock, TimeFormat, format_date
from sigtrace.views.waits import describe_release
from sigtrace.views.wording import place_of

if TYPE_CHECKING:
    from sigtrace.application.http.message import Body, Exchange, Request, Response
    from sigtrace.signaling.content import Content
    from sigtrace.trace import Trace
    from sigtrace.views.functions import Code


_TAB = 4
"""Cells from one tab stop to the next."""


class Message(Value, frozen=True, kw_only=True):
    """A request or a response."""

    title: str  # "request", "response"
    when: str  # "21.404711 s", with its packets
    start: str  # the request or status line
    headers: tuple[tuple[str, str], ...]
    body: tuple[str, ...]  # lines
    body_note: str  # "2.9 kB, sha256 …"


class ExchangeView(Value, frozen=True, kw_only=True):
    """One exchange, or one WebSocket message."""

    number: int
    what: str = "exchange"
    title: str  # "wait of alice@host-a (1)"
    facts: tuple[tuple[str, str], ...]
    problems: tuple[str, ...]
    code: tuple[Code, ...]  # when asked for
    messages: tuple[Message, ...]


def explain_exchange(
    trace: Trace,
    number: int,
    *,
    time_format: TimeFormat = TimeFormat.RELATIVE,
    code: bool = False,
    verbose: bool = False,
) -> ExchangeView:
    """Explain one exchange.

    Args:
        trace: which holds it.
        number: of the exchange.
        time_format: how points in time are written.
        code: name the functions of the sample programs behind it.
        verbose: show the body as it was sent even where the description in it says the same and can be read.

    Raises:
        SelectionError: there is no exchange of that number.
    """
    exchange = trace.exchange(number)
    if exchange is None:
        raise no_such_number(trace, number)
    people = People(trace)
    clock = Clock(first_ns=trace.first_ns, format=time_format, digits=6)
    messages = [
        _message("request", exchange.request, clock, verbose=verbose) if exchange.request else None,
        *(_message("interim response", interim, clock, verbose=verbose) for interim in exchange.interim),
        _message("response", exchange.response, clock, verbose=verbose) if exchange.response else None,
    ]
    return ExchangeView(
        number=number,
        title=_title(trace, people, exchange),
        facts=tuple(_facts(trace, people, exchange, clock)),
        problems=tuple(_problems(trace, exchange)),
        code=CodeBehind(trace, people).of(exchange) if code else (),
        messages=tuple(message for message in messages if message is not None),
    )


def no_such_number(trace: Trace, number: int) -> SelectionError:
    """Return the error to raise when there is no exchange or message of a number; its hint says which there are."""
    numbers = sorted([*(one.number for one in trace.exchanges), *(one.number for one in trace.messages)])
    what = "exchanges and messages" if trace.messages else "exchanges"
    hint = f"{what} are numbered {numbers[0]} to {numbers[-1]}" if numbers else f"there are no {what} in it"
    return SelectionError(f"no exchange {number}", hint=hint)


def _title(trace: Trace, people: People, exchange: Exchange) -> str:
    role = trace.role(exchange.number)
    kind = role.kind.value.replace("_", "-") if role else "exchange"
    session = people.session_of(exchange)
    if session is None:
        return f"{kind} of {exchange.client.address}"
    author = people.author(exchange, session)
    return f"{kind} of {author.address if isinstance(author, Stranger) else people.numbered(session, author)}"


def _facts(trace: Trace, people: People, exchange: Exchange, clock: Clock) -> list[tuple[str, str]]:
    role = trace.role(exchange.number)
    flow = next((one.flow for one in trace.flows if one.flow.number == exchange.flow), None)
    facts = [
        ("from", f"{exchange.client} to {exchange.server}, {role.protocol if role else 'http'}"),
        ("at", f"{clock.text(exchange.at_ns)} ({format_date(exchange.at_ns)})"),
    ]
    connect = flow.connect_ns if flow else None
    connected = f", connected in {format_duration(connect)}" if connect is not None else ""
    facts.append(("flow", f"{exchange.flow}, tcp.stream {exchange.flow - 1}{connected}"))
    facts += [("took", _took(exchange))] if exchange.request and exchange.response else []
    facts += _wait_facts(trace, people, exchange)
    facts += signal_facts(trace, people, exchange.number)
    facts += act_facts(trace, people, exchange)
    facts += [("comment", text) for number in _packets(exchange) for text in trace.comments.get(number, ())]
    return facts


def _packets(exchange: Exchange) -> list[int]:
    halves = [half for half in (exchange.request, exchange.response) if half is not None]
    return sorted({number for half in halves for number in (half.span.first_packet, half.span.last_packet)})


def _took(exchange: Exchange) -> str:
    if exchange.request is None or exchange.response is None:
        return ""
    first_ns = max(exchange.response.span.start_ns - exchange.request.span.end_ns, 0)
    return f"{format_duration(first_ns)} from the end of the request to the start of the answer"


def _wait_facts(trace: Trace, people: People, exchange: Exchange) -> list[tuple[str, str]]:
    wait = next((one for one in trace.waits if one.exchange == exchange.number), None)
    if wait is None:
        return []
    hung = "" if wait.hang_ns is None else f"after {format_duration(wait.hang_ns)}"
    queued = ", out of the queue" if wait.from_queue else ""
    facts = [("released", f"{describe_release(trace, people, wait)} {hung}{queued}".strip())]
    if wait.blind_ns is not None:
        facts.append(("blind", f"{format_duration(wait.blind_ns)} until the next wait"))
    return facts


def _problems(trace: Trace, exchange: Exchange) -> list[str]:
    problems = []
    if exchange.end is not None:
        problems.append(f"no complete answer: {exchange.end.value.replace('-', ' ')}")
    if exchange.request is None:
        problems.append("its request was not captured")
    spans = [half.span for half in (exchange.request, exchange.response) if half is not None]
    problems += [
        f"{notice.code}: {notice.text}{place_of(notice.packet, notice.offset)}"
        for notice in trace.notices
        if notice.packet is not None and any(one.first_packet <= notice.packet <= one.last_packet for one in spans)
    ]
    return problems


def _message(title: str, half: Request | Response, clock: Clock, *, verbose: bool) -> Message:
    span = half.span
    packets = (
        f"packet {span.first_packet}"
        if span.first_packet == span.last_packet
        else f"packets {span.first_packet} to {span.last_packet}"
    )
    return Message(
        title=title,
        when=f"{clock.text(span.start_ns)}, {packets}",
        start=_start_line(half),
        headers=tuple((decode_text(name), mask_header(decode_text(name), value)) for name, value in half.headers),
        body=tuple(_body_lines(half.body, verbose=verbose)),
        body_note=_body_note(half.body),
    )


def _start_line(half: Request | Response) -> str:
    method = getattr(half, "method", None)
    if method is not None:
        return f"{method} {decode_text(getattr(half, 'target', b''))} {half.version}".rstrip()
    return f"{half.version} {getattr(half, 'status', '')} {decode_text(getattr(half, 'reason', b''))}".rstrip()


def _body_lines(body: Body, *, verbose: bool) -> list[str]:
    data = body.content if body.content is not None else body.data
    return body_lines(data, decode_content(body), verbose=verbose) if data else []


def body_lines(data: bytes, content: Content | None, *, verbose: bool) -> list[str]:
    """Return a text line by line; a description that is wrapped, one long escaped line, is spelled out instead."""
    lines = _split(mask_text(decode_text(data)))
    if content is None or not content.sdp or content.sdp == content.text:
        return lines
    wrapping = " in JSON" if data.lstrip()[:1] in (b"{", b"[") else ", encoded"
    wrapped = [f"{content.kind.value}{wrapping} (-v shows it as sent), its SDP:"]
    return [*(lines if verbose else wrapped), "", *_split(content.sdp)]


def _split(text: str) -> list[str]:
    return [line.expandtabs(_TAB) for line in text.replace("\r\n", "\n").removesuffix("\n").split("\n")]


def _body_note(body: Body) -> str:
    if not body.length:
        return ""
    parts = [format_bytes(body.length)]
    if body.encoding:
        parts.append(
            f"{body.encoding}, {format_bytes(body.content_length)} decoded" if body.content_length else body.encoding
        )
    if body.missing:
        parts.append(f"{format_bytes(body.missing)} never captured")
    elif body.data is None:
        parts.append("not kept")
    if body.sha256:
        parts.append(f"sha256 {body.sha256}")
    return ", ".join(parts)
