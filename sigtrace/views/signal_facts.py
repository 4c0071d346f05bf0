"""What is to be said of a signal or act beside the exchange or message that bore it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sigtrace.calls.acts import ActKind
from sigtrace.calls.signals import Fate
from sigtrace.views.abridged import PHRASE_LENGTH
from sigtrace.views.act_steps import describe_act
from sigtrace.views.quantities import count, format_duration
from sigtrace.views.scene import Scene
from sigtrace.views.wording import describe_fate, describe_signal

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sigtrace.application.http.message import Exchange
    from sigtrace.application.websocket.message import Message
    from sigtrace.calls.signals import Signal
    from sigtrace.trace import Trace
    from sigtrace.views.people import People

Fact = tuple[str, str]


def signal_facts(trace: Trace, people: People, number: int) -> Iterator[Fact]:
    """Yield what an exchange or message carries, to whom, and by what else it went; a message to everyone once."""
    copies: dict[tuple[int, bool], list[Signal]] = {}
    for signal in trace.signals:
        if number in (signal.sent_by, signal.delivered_by):
            copies.setdefault((id(signal.content), signal.sent_by == number), []).append(signal)
    for (_, was_sent), signals in copies.items():
        yield from _facts(people, number, signals, was_sent=was_sent)


def act_facts(trace: Trace, people: People, carrier: Exchange | Message) -> Iterator[Fact]:
    """Yield what else an exchange or message says: who joins, what the server tells."""
    session = people.session_of(carrier)
    own = [act for act in trace.acts if act.number == carrier.number and act.kind is not ActKind.OPENED]
    if session is None or not own:
        return
    scene = Scene(trace, people, session, fold=False)
    for act in own:
        words = describe_act(scene, act, PHRASE_LENGTH)
        yield "says", ", ".join([words.label, *words.details])


def _facts(people: People, number: int, signals: list[Signal], *, was_sent: bool) -> Iterator[Fact]:
    signal = signals[0]
    words = describe_signal(signal)
    sender = people.numbered(signal.session, signal.sender)
    receiver = "all" if signal.to_all and was_sent else people.numbered(signal.session, signal.receiver)
    call = f", call {signal.call}" if signal.call is not None else ""
    yield "carries", f"{', '.join([words.label, *words.details])} from {sender} to {receiver}{call}"
    if len(signals) > 1:
        times = [one.relay_ns for one in signals if one.relay_ns is not None]
        if times:
            yield "delivered", f"to {count(len(times), 'peer')} within {format_duration(max(times))}"
    else:
        yield from _other_leg(signal, number, was_sent=was_sent)
    yield from (("fate", fate) for fate in describe_fate(signals))


def _other_leg(signal: Signal, number: int, *, was_sent: bool) -> Iterator[Fact]:
    other = signal.delivered_by if was_sent else signal.sent_by
    if signal.relay_ns is None or other in (None, number) or signal.fate is Fate.DIRECT:
        return
    what = "exchange" if other in (signal.sent_exchange, signal.delivered_exchange) else "message"
    queued = ", queued until a wait was open" if signal.queued else ""
    way = "delivered by" if was_sent else "sent by"
    yield way, f"{what} {other}, {format_duration(signal.relay_ns)} apart{queued}"
