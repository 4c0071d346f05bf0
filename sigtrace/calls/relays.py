"""One session's events in order of time → its waits and signals: each delivery paired with what caused it.

Causes (a POST, a sign-in, a sign-out) go into the mailboxes of those they concern, answers take out of them; see
`mailbox` for why this finds the right pairs.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from sigtrace.calls.mailbox import SCAN_BOUND, Announcements, Item, ItemKind, Mailbox, was_queued
from sigtrace.calls.signals import Fate, Signal
from sigtrace.calls.waits import Release, Wait, release_without_answer
from sigtrace.signaling.content import Content, SignalKind
from sigtrace.signaling.events import MessageSent, SignedIn, SignedOut, WaitAnswer, Waited
from sigtrace.value import replace

if TYPE_CHECKING:
    from sigtrace.application.http.message import Exchange
    from sigtrace.calls.sessions import SessionEvents
    from sigtrace.signaling.events import PeerId, SignalingEvent

_LOST_CONTENT = Content(kind=SignalKind.UNREADABLE, length=None, sha256=None)


class Relayed(NamedTuple):
    """What came of one session's messages and waits; signals are numbered from 0 by their place until all are known."""

    waits: list[Wait]
    signals: list[Signal]


class _Step(NamedTuple):
    at_ns: int
    is_answer: bool  # at equal times, causes go first
    event: SignalingEvent


def pair(number: int, session: SessionEvents, last_ns: int) -> Relayed:
    """Pair what one session's peers sent with what their waits brought.

    Args:
        number: of the session.
        session: its events.
        last_ns: the time of the capture's last packet, where open waits end.
    """
    return _Pairing(number, session, last_ns).run()


@dataclass(slots=True)
class _OpenWait:
    event: Waited
    release: Release | None = None
    by_peer: PeerId | None = None
    signal: int | None = None
    from_queue: bool | None = None
    inferred: bool = False
    peer: PeerId | None = None


class _Pairing:
    def __init__(self, number: int, session: SessionEvents, last_ns: int) -> None:
        self._number = number
        self._session = session
        self._last_ns = last_ns
        self._announcements = Announcements()
        self._boxes: dict[PeerId, Mailbox] = {}
        self._addressed: dict[tuple[PeerId | None, str], list[PeerId]] = {}  # (sender, digest) → receivers
        self._signals: list[Signal] = []
        self._waits: list[_OpenWait] = []
        self._first_told: dict[tuple[PeerId, bool], int] = {}  # (who, joined) → when anyone was first told

    def run(self) -> Relayed:
        for step in sorted(self._steps(), key=lambda step: step[:2]):
            self._take(step.event)
        waits = _date_ends(self._number, self._waits, self._last_ns)
        return Relayed(waits, _with_queues(self._signals, waits))

    def _box(self, owner: PeerId) -> Mailbox:
        """The mailbox of a peer; one whose sign-in was not seen may have been there from the start."""
        box = self._boxes.get(owner)
        if box is None:
            box = self._boxes[owner] = Mailbox(owner, self._announcements)
            box.open_from_start()
        return box

    def _steps(self) -> list[_Step]:
        steps = []
        for event in self._session.events:
            if isinstance(event, Waited):
                at_ns = event.answered_ns or event.exchange.ended_ns or self._next_after(event)
                steps.append(_Step(at_ns, is_answer=True, event=event))
                if event.answered_ns is not None:
                    self._tell(event, event.answered_ns)
            else:
                steps.append(_Step(event.exchange.at_ns, is_answer=False, event=event))
        return steps

    def _next_after(self, event: Waited) -> int:
        """When an answer that was lost must have come at the latest: at the end, for want of anything better."""
        return self._last_ns if event.answer is WaitAnswer.UNREADABLE else event.at_ns

    def _tell(self, event: Waited, told_ns: int) -> None:
        for entry in event.listed:
            key = (entry.peer, entry.connected)
            self._first_told[key] = min(told_ns, self._first_told.get(key, told_ns))

    def _take(self, event: SignalingEvent) -> None:
        if isinstance(event, SignedIn):
            self._announce(event, event.peer, ItemKind.JOINED)
        elif isinstance(event, SignedOut):
            self._announce(event, event.peer, ItemKind.LEFT)
        elif isinstance(event, MessageSent):
            self._send(event)
        elif isinstance(event, Waited):
            self._answer(event)

    def _announce(self, event: SignalingEvent, peer: PeerId | None, kind: ItemKind) -> None:
        self._announcements.add(Item(kind, peer, *_times(event.exchange)))
        if kind is ItemKind.JOINED and peer is not None:
            self._boxes.setdefault(peer, Mailbox(peer, self._announcements))

    def _send(self, event: MessageSent) -> None:
        signal = self._signal_of(event)
        self._signals.append(signal)
        if signal.fate is Fate.UNDELIVERED and event.receiver is not None:
            times = _times(event.exchange)
            item = Item(ItemKind.MESSAGE, event.sender, *times, len(self._signals) - 1, event.content)
            self._box(event.receiver).put(item)
            if event.content.sha256 is not None:
                self._addressed.setdefault((event.sender, event.content.sha256), []).append(event.receiver)

    def _signal_of(self, event: MessageSent) -> Signal:
        began_ns, sent_ns, answered_ns = _times(event.exchange)
        fate = Fate.UNDELIVERED
        if event.accepted is False:
            fate = Fate.REFUSED
        elif event.echoed:
            fate = Fate.ECHOED
        echoed = fate is Fate.ECHOED
        return Signal(
            number=len(self._signals),
            protocol=self._session.protocol,
            session=self._number,
            server=self._session.server,
            sender=event.sender,
            receiver=event.receiver,
            content=event.content,
            began_ns=began_ns,
            sent_ns=sent_ns,
            delivered_ns=answered_ns if echoed else None,
            queued=False if echoed else None,
            fate=fate,
            sent_exchange=event.exchange.number,
            delivered_exchange=event.exchange.number if echoed and event.accepted else None,
        )

    def _answer(self, event: Waited) -> None:
        wait = _OpenWait(event, peer=event.peer)
        self._waits.append(wait)
        if event.answer is WaitAnswer.MESSAGE:
            self._deliver(wait)
        elif event.answer is WaitAnswer.PRESENCE:
            self._tell_presence(wait)
        elif event.answer is WaitAnswer.UNREADABLE:
            self._infer(wait)
        elif event.answer is WaitAnswer.SERVER_QUIT:
            wait.release, wait.from_queue = Release.SERVER_QUIT, False
        elif event.answer is WaitAnswer.REFUSED:
            wait.release, wait.from_queue = Release.REFUSED, False

    def _deliver(self, wait: _OpenWait) -> None:
        event = wait.event
        item = self._find_message(wait)
        wait.release, wait.by_peer = Release.MESSAGE, event.sender if event.sender is not None else item and item.by
        if item is not None and item.signal is not None:
            self._join_legs(wait, item, item.signal)
        else:
            self._deliver_unsent(wait)

    def _find_message(self, wait: _OpenWait) -> Item | None:
        event = wait.event
        if event.peer is not None:
            return self._box(event.peer).take_message(event.sender, event.content)
        digest = event.content.sha256 if event.content else None  # the request was never captured: whose wait was it?
        receivers = self._addressed.get((event.sender, digest), []) if digest else []
        for owner in receivers[:SCAN_BOUND]:
            item = self._box(owner).take_message(event.sender, event.content)
            receivers.remove(owner)
            if item is not None:
                wait.peer = owner
                return item
        return None

    def _join_legs(self, wait: _OpenWait, item: Item, place: int) -> None:
        event = wait.event
        wait.signal = place
        wait.from_queue = was_queued(item, event.asked_ns, event.answered_ns)
        sent = self._signals[place]
        better = event.content if sent.content.sha256 is None and event.content is not None else sent.content
        self._signals[place] = replace(
            sent,
            content=better,
            sender=sent.sender if sent.sender is not None else event.sender,
            delivered_ns=event.answered_ns,
            delivered_exchange=event.exchange.number,
            queued=wait.from_queue,
            fate=Fate.DELIVERED,
        )

    def _deliver_unsent(self, wait: _OpenWait) -> None:
        event = wait.event
        answered_ns = event.answered_ns if event.answered_ns is not None else event.at_ns
        wait.signal = len(self._signals)
        self._signals.append(
            Signal(
                number=len(self._signals),
                protocol=self._session.protocol,
                session=self._number,
                server=self._session.server,
                sender=event.sender,
                receiver=event.peer,
                content=event.content or _LOST_CONTENT,
                began_ns=answered_ns,
                sent_ns=None,
                delivered_ns=event.answered_ns,
                queued=None,
                fate=Fate.UNSENT,
                sent_exchange=None,
                delivered_exchange=event.exchange.number,
            )
        )

    def _tell_presence(self, wait: _OpenWait) -> None:
        """One line from the reference server; of a relative's whole list, the entry that nobody heard of before."""
        event = wait.event
        if event.peer is None or not event.listed:
            self._infer(wait)
            return
        entry = event.listed[0]
        if len(event.listed) > 1:
            fresh = [
                one for one in event.listed if self._first_told.get((one.peer, one.connected)) == event.answered_ns
            ]
            entry = fresh[0] if fresh else entry
        wait.release = Release.PEER_JOINED if entry.connected else Release.PEER_LEFT
        wait.by_peer = entry.peer
        item = self._box(event.peer).take_presence(entry.peer, joined=entry.connected)
        told_ns = self._first_told.get((entry.peer, entry.connected))
        if item is not None:
            wait.from_queue = was_queued(item, event.asked_ns, event.answered_ns)
        elif told_ns is not None and event.asked_ns is not None:
            wait.from_queue = told_ns < event.asked_ns

    def _infer(self, wait: _OpenWait) -> None:
        """Of an answer that cannot be read: it was the oldest thing the server held for this peer."""
        event = wait.event
        box = self._box(event.peer) if event.peer is not None else None
        deadline_ns = event.answered_ns or event.exchange.ended_ns or self._last_ns
        item = box.take_oldest(deadline_ns) if box else None
        if item is None:
            return
        wait.inferred, wait.by_peer = True, item.by
        wait.from_queue = was_queued(item, event.asked_ns, event.answered_ns)
        if item.kind is ItemKind.MESSAGE and item.signal is not None:
            wait.release = Release.MESSAGE
            self._join_legs(wait, item, item.signal)
        else:
            wait.release = Release.PEER_JOINED if item.kind is ItemKind.JOINED else Release.PEER_LEFT


def _times(exchange: Exchange) -> tuple[int, int, int | None]:
    """First byte of a request, last byte of it, first byte of its answer."""
    request, response = exchange.request, exchange.response
    answered_ns = response.span.start_ns if response else None
    if request is None:
        return exchange.at_ns, exchange.at_ns, answered_ns
    return request.span.start_ns, request.span.end_ns, answered_ns


def _date_ends(number: int, waits: list[_OpenWait], last_ns: int) -> list[Wait]:
    """Turn the waits of a session into what is handed on, each peer's in order: ends, replacements and blind times."""
    by_peer: dict[PeerId, list[_OpenWait]] = {}
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


def _asked_or_answered(wait: _OpenWait) -> int:
    return wait.event.at_ns


def _finished(number: int, wait: _OpenWait, next_asked_ns: int | None, last_ns: int) -> Wait:
    event = wait.event
    release = wait.release
    if event.answered_ns is not None:
        ended_ns = event.answered_ns
    else:
        ended_ns = event.exchange.ended_ns if event.exchange.ended_ns is not None else last_ns
        if event.answer is WaitAnswer.NONE:
            release, ended_ns = release_without_answer(event.exchange, ended_ns, next_asked_ns)
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


def _with_queues(signals: list[Signal], waits: list[Wait]) -> list[Signal]:
    """Of messages that never came out, say whether their receivers were listening when they went in."""
    listening: dict[PeerId, list[tuple[int, int]]] = {}
    for wait in waits:  # in order of asking
        if wait.peer is not None:
            listening.setdefault(wait.peer, []).append((wait.asked_ns or 0, wait.ended_ns))
    return [_with_queue(signal, listening) for signal in signals]


def _with_queue(signal: Signal, listening: dict[PeerId, list[tuple[int, int]]]) -> Signal:
    if signal.fate is not Fate.UNDELIVERED or signal.receiver is None or signal.sent_ns is None:
        return signal
    spans = listening.get(signal.receiver, [])
    place = bisect_right(spans, (signal.sent_ns, signal.sent_ns)) - 1
    return replace(signal, queued=place < 0 or spans[place][1] < signal.sent_ns)
