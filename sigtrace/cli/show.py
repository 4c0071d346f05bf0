"""`sigtrace show`: one exchange or message whole."""

from typing import TYPE_CHECKING, Any

from sigtrace.cli.opening import open_trace
from sigtrace.cli.options import CapturesAndSubject, Code, Look, Protocols, Talk, Target, Times, VerifyChecksums
from sigtrace.cli.output import finish, screen_for, write_text
from sigtrace.cli.subject import split_subject
from sigtrace.errors import SelectionError

if TYPE_CHECKING:
    from sigtrace.trace import Trace
    from sigtrace.views.exchange import ExchangeView


def show(  # noqa: PLR0913 - a command's parameters are its options
    *,
    captures: CapturesAndSubject,
    code: Code = False,
    verify_checksums: VerifyChecksums = False,
    protocols: Protocols,
    times: Times,
    look: Look,
    target: Target,
    talk: Talk,
) -> None:
    """Show one exchange or message whole, its number last: N as in the chart, signal:N, or packet:N for what it is of.

    A description is shown as SDP; with -v also the JSON that it was sent in.

    \b
    Example: sigtrace show call.pcapng 6
    """  # noqa: D301 - Typer's mark for lines that stay as they are
    files, subject = split_subject(captures, "17, signal:3 or packet:46")
    trace = open_trace(files, protocols, talk, verify_checksums=verify_checksums)
    from sigtrace.render.terminal.exchange import render_exchange

    explain = _explain_message if trace.message(number := find_carrier(trace, subject)) else _explain_exchange
    view = explain(trace, number, time_format=times.time, code=code, verbose=talk.verbose)
    write_text([render_exchange(view, screen_for(look, target))], target, files)
    finish(trace, talk)


def _explain_exchange(trace: "Trace", number: int, **switches: "Any") -> "ExchangeView":
    from sigtrace.views.exchange import explain_exchange

    return explain_exchange(trace, number, **switches)


def _explain_message(trace: "Trace", number: int, **switches: "Any") -> "ExchangeView":
    from sigtrace.views.exchange import no_such_number
    from sigtrace.views.websocket_message import explain_message

    message = trace.message(number)
    if message is None:
        raise no_such_number(trace, number)
    return explain_message(trace, message, **switches)


def find_carrier(trace: "Trace", subject: str) -> int:
    """Return the number of the exchange or message that is meant. Raises SelectionError when there is none."""
    kind, colon, digits = subject.rpartition(":")
    if not digits.isdecimal() or (colon and kind not in {"exchange", "message", "signal", "packet"}):
        raise SelectionError(f"{subject} is not the number of an exchange", hint="give 17, signal:3 or packet:46")
    number = int(digits)
    if kind == "signal":
        return _of_signal(trace, number)
    if kind == "packet":
        return _of_packet(trace, number)
    return number


def _of_signal(trace: "Trace", number: int) -> int:
    signal = trace.signal(number)
    number_of_carrier = signal and (signal.sent_by or signal.delivered_by)
    if not number_of_carrier:
        numbers = [one.number for one in trace.signals]
        hint = f"signals are numbered {numbers[0]} to {numbers[-1]}" if numbers else "there are no signals in it"
        raise SelectionError(f"no signal {number}", hint=hint)
    return number_of_carrier


def _of_packet(trace: "Trace", number: int) -> int:
    """Of all messages around that packet, take the shortest: others merely hang while it goes by."""
    around = [
        (message.span.last_packet - message.span.first_packet, exchange.number)
        for exchange in trace.exchanges
        for message in (exchange.request, exchange.response)
        if message is not None and message.span.first_packet <= number <= message.span.last_packet
    ]
    around += [
        (message.span.last_packet - message.span.first_packet, message.number)
        for message in trace.messages
        if message.span.first_packet <= number <= message.span.last_packet
    ]
    if number > trace.packets:
        raise SelectionError(f"no packet {number}", hint=f"packets are numbered 1 to {trace.packets}")
    if not around:
        raise SelectionError(
            f"packet {number} is part of no exchange or message", hint="sigtrace packet FILE N shows any packet"
        )
    return min(around)[1]
