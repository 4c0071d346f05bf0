"""How every wait ended, and when: by its answer, its connection, or the next wait of the same peer."""

from __future__ import annotations

from bisect import bisect_right
from typing import TYPE_CHECKING

from sigtrace.calls.signals import Fate
from sigtrace.calls.waits import Release, Wait, release_without_answer
from sigtrace.signaling.events import WaitAnswer
from sigtrace.value import Struct, replace

if TYPE_CHECKING:
    from sigtrace.calls.signals import Signal
    from sigtrace.signaling.events import PeerId, Waited


class OpenWait(Struct):
    """One wait while it is paired with what ended it."""

    event: Waited
    release: Release | None = None
    by_peer: PeerId | None = None
    signal: int | None = None
    from_queue: bool | None = None
    inferred: bool = False
    peer: PeerId | None = None


def date_ends(number: int, waits: list[OpenWait], last_ns: int) -> list[Wait]:
    """Turn the waits of a session into what is handed on, each peer's in order: ends, replacements and blind times."""
    by_peer: dict[PeerId, list[OpenWait]] = {}
    result: list[Wait] = []
    for wait in waits:
        if wait.peer is None:
            result.append(_finished(number, wait, None, last_ns))
        else:
            by_peer.setdefault(wait.peer, []).append(wait)
    for own in by_peer.values():
        own.sort(key=_asked_or_answered)
        for wait, following in zip(own, [*own[1:], None], strict=True):
            result.append(_finished(number, wait, following.event.asked_ns if following else None, last_ns))
    return sorted(result, key=lambda wait: (wait.asked_ns or wait.ended_ns, wait.exchange))


def _asked_or_answered(wait: OpenWait) -> int:
    return wait.event.at_ns


def _finished(number: int, wait: OpenWait, next_asked_ns: int | None, last_ns: int) -> Wait:
    event = wait.event
    release = wait.release
    if event.answered_ns is not None:
        ended_ns = event.answered_ns
    else:
        ended_ns = event.exchange.ended_ns if event.exchange.ended_ns is not None else last_ns
        if event.answer is WaitAnswer.NONE:
            release, ended_ns = release_without_answer(event.exchange, ended_ns, next_asked_ns)
        elif next_asked_ns is not None:  # the answer was lost, and came before its peer asked again
            ended_ns = min(ended_ns, next_asked_ns)
    blind_ns = None
    if next_asked_ns is not None and release is not Release.REPLACED:
        blind_ns = max(next_asked_ns - ended_ns, 0)
    return Wait(
        exchange=event.exchange.number,
        session=number,
        peer=wait.peer,
        asked_ns=event.asked_ns,
        answered_ns=event.answered_ns,
        ended_ns=ended_ns,
        released_by=release,
        from_queue=wait.from_queue,
        by_peer=wait.by_peer,
        signal=wait.signal,
        blind_ns=blind_ns,
        inferred=wait.inferred,
    )


def tell_queued(signals: list[Signal], waits: list[Wait]) -> list[Signal]:
    """Of messages that never came out, say whether their receivers were listening when they went in."""
    if not any(signal.fate is Fate.UNDELIVERED for signal in signals):
        return signals
    listening: dict[PeerId, list[tuple[int, int]]] = {}
    for wait in waits:
        if wait.peer is not None:
            listening.setdefault(wait.peer, []).append((wait.asked_ns or 0, wait.ended_ns))
    for spans in listening.values():
        spans.sort()
    return [_with_queue(signal, listening) for signal in signals]


def _with_queue(signal: Signal, listening: dict[PeerId, list[tuple[int, int]]]) -> Signal:
    if signal.fate is not Fate.UNDELIVERED or signal.receiver is None or signal.sent_ns is None:
        return signal
    spans = listening.get(signal.receiver, [])
    place = bisect_right(spans, (signal.sent_ns, signal.sent_ns)) - 1
    return replace(signal, queued=place < 0 or spans[place][1] < signal.sent_ns)
