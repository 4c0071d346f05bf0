"""One session's events in order of time → its waits and signals: each delivery paired with what caused it.

Causes (a POST, a sign-in, a sign-out) go into the mailboxes of those they concern, answers take out of them; see
`mailbox` for why this finds the right pairs.
"""

from __future__ import annotations

from collections import deque
from operator import itemgetter
from typing import TYPE_CHECKING, NamedTuple

from sigtrace.calls.endings import OpenWait, date_ends, tell_queued
from sigtrace.calls.mailbox import PROMPT_NS, Announcements, Item, ItemKind, Mailbox, was_queued
from sigtrace.calls.signals import Fate, Signal
from sigtrace.calls.waits import Release
from sigtrace.signaling.content import Content, SignalKind
from sigtrace.signaling.events import MessageSent, SignedIn, SignedOut, WaitAnswer, Waited
from sigtrace.value import replace

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sigtrace.application.http.message import Exchange
    from sigtrace.calls.peers import Peer
    from sigtrace.calls.sessions import SessionEvents
    from sigtrace.calls.waits import Wait
    from sigtrace.signaling.events import Listed, MailboxEvent, PeerId

_LOST_CONTENT = Content(kind=SignalKind.UNREADABLE, length=None, sha256=None)


class Relayed(NamedTuple):
    """What came of one session's messages and waits; signals are numbered from 0 by their place until all are known."""

    waits: list[Wait]
    signals: list[Signal]


def pair(number: int, session: SessionEvents, peers: Mapping[PeerId, Peer], last_ns: int) -> Relayed:
    """Pair what one session's peers sent with what their waits brought.

    Args:
        number: of the session.
        session: its events.
        peers: of the session, for when the others were told of a sign-out.
        last_ns: the time of the capture's last packet, where open waits end.
    """
    return _Pairing(number, session, peers, last_ns).run()


class _Pairing:
    def __init__(self, number: int, session: SessionEvents, peers: Mapping[PeerId, Peer], last_ns: int) -> None:
        self._number = number
        self._session = session
        self._peers = peers
        self._last_ns = last_ns
        self._announcements = Announcements()
        self._boxes: dict[PeerId, Mailbox] = {}
        self._strays = any(isinstance(event, Waited) and event.peer is None for event in session.events)
        self._addressed: dict[tuple[PeerId | None, str], deque[PeerId]] = {}  # for strays: (sender, digest) → receivers
        self._signals: list[Signal] = []
        self._waits: list[OpenWait] = []
        self._first_told: dict[tuple[PeerId, bool], int] = {}  # (who, joined) → when anyone was first told

    def run(self) -> Relayed:
        for event in self._in_turn():
            self._take(event)
        waits = date_ends(self._number, self._waits, self._last_ns)
        return Relayed(waits, tell_queued(self._signals, waits))

    def _box(self, owner: PeerId) -> Mailbox:
        """The mailbox of a peer; one whose sign-in was not seen may have been there from the start."""
        box = self._boxes.get(owner)
        if box is None:
            box = self._boxes[owner] = Mailbox(owner, self._announcements)
            box.open_from_start()
        return box

    def _in_turn(self) -> list[MailboxEvent]:
        """Return causes by when they were sent, waits by when they were answered; at equal times causes go first."""
        steps: list[tuple[int, bool, MailboxEvent]] = []
        for event in self._session.events:
            if isinstance(event, Waited):
                answered_ns = event.answered_ns
                steps.append((answered_ns or event.exchange.ended_ns or self._next_after(event), True, event))
                if event.listed and answered_ns is not None:
                    self._tell(event.listed, answered_ns)
            else:
                steps.append((event.exchange.at_ns, False, event))
                if isinstance(event, SignedIn):
                    self._tell(event.others, event.at_ns)
        steps.sort(key=itemgetter(0, 1))
        return [event for _, _, event in steps]

    def _next_after(self, event: Waited) -> int:
        """When an answer that was lost must have come at the latest: at the end, for want of anything better."""
        return self._last_ns if event.answer is WaitAnswer.UNREADABLE else event.at_ns

    def _tell(self, listed: tuple[Listed, ...], told_ns: int) -> None:
        for entry in listed:
            key = (entry.peer, entry.connected)
            self._first_told[key] = min(told_ns, self._first_told.get(key, told_ns))

    def _take(self, event: MailboxEvent) -> None:
        if isinstance(event, Waited):
            self._answer(event)
        elif isinstance(event, MessageSent):
            self._send(event)
        elif isinstance(event, SignedIn):
            self._announce_joined(event)
        elif isinstance(event, SignedOut):
            self._announce_left(event)

    def _announce_joined(self, event: SignedIn) -> None:
        self._announcements.add(Item(ItemKind.JOINED, event.peer, *_times(event.exchange)))
        if event.peer is not None:
            self._boxes.setdefault(event.peer, Mailbox(event.peer, self._announcements))

    def _announce_left(self, event: SignedOut) -> None:
        """The others are told when the connection closes, not when the sign-out is acknowledged."""
        peer = self._peers.get(event.peer)
        left_ns = event.at_ns if peer is None or peer.left_ns is None else peer.left_ns
        self._announcements.add(Item(ItemKind.LEFT, event.peer, event.exchange.at_ns, left_ns, None))

    def _send(self, event: MessageSent) -> None:
        signal = self._signal_of(event)
        self._signals.append(signal)
        if signal.fate is Fate.UNDELIVERED and event.receiver is not None:
            times = _times(event.exchange)
            item = Item(ItemKind.MESSAGE, event.sender, *times, len(self._signals) - 1, event.content)
            self._box(event.receiver).put(item)
            if self._strays and event.content.sha256 is not None:
                self._addressed.setdefault((event.sender, event.content.sha256), deque()).append(event.receiver)

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
        wait = OpenWait(event, peer=event.peer)
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

    def _deliver(self, wait: OpenWait) -> None:
        event = wait.event
        item = self._find_message(wait)
        wait.release, wait.by_peer = Release.MESSAGE, event.sender if event.sender is not None else item and item.by
        if item is not None and item.signal is not None:
            self._join_legs(wait, item, item.signal)
        else:
            self._deliver_unsent(wait)

    def _find_message(self, wait: OpenWait) -> Item | None:
        event = wait.event
        if event.peer is not None:
            return self._box(event.peer).take_message(event.sender, event.content)
        digest = event.content.sha256 if event.content else None  # the request was never captured: whose wait was it?
        receivers = self._addressed.get((event.sender, digest), deque()) if digest else deque()
        while receivers:
            owner = receivers.popleft()
            item = self._box(owner).take_message(event.sender, event.content)
            if item is not None:
                wait.peer = owner
                return item
        return None

    def _join_legs(self, wait: OpenWait, item: Item, place: int) -> None:
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

    def _deliver_unsent(self, wait: OpenWait) -> None:
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

    def _tell_presence(self, wait: OpenWait) -> None:
        event = wait.event
        entry = self._news(event)
        if event.peer is None or entry is None:
            self._infer(wait)
            if wait.release is None and event.listed:  # a list with nobody new: somebody is missing in it
                wait.release = Release.PEER_LEFT
            return
        wait.release = Release.PEER_JOINED if entry.connected else Release.PEER_LEFT
        wait.by_peer = entry.peer
        item = self._box(event.peer).take_presence(entry.peer, joined=entry.connected)
        if item is not None:
            wait.from_queue = was_queued(item, event.asked_ns, event.answered_ns)
        else:
            wait.from_queue = self._was_old_news(event, entry)

    def _news(self, event: Waited) -> Listed | None:
        """The one line of the reference server; of a relative's whole list, the entry that nobody heard of before."""
        others = [one for one in event.listed if one.peer != event.peer]
        if len(event.listed) > 1:
            others = [one for one in others if self._first_told.get((one.peer, one.connected)) == event.answered_ns]
        return others[0] if others else None

    def _was_old_news(self, event: Waited, entry: Listed) -> bool | None:
        """Say whether a line of unseen cause had been queued: a peer that vanished says nothing; others may be told."""
        told_ns = self._first_told.get((entry.peer, entry.connected))
        if event.asked_ns is None or event.answered_ns is None or told_ns is None:
            return None
        if told_ns < event.asked_ns:
            return True
        return False if told_ns < event.answered_ns or event.answered_ns - event.asked_ns > PROMPT_NS else None

    def _infer(self, wait: OpenWait) -> None:
        """Of an answer that cannot be read: it was the oldest thing, or line, that the server held for this peer."""
        event = wait.event
        if event.peer is None:
            return
        box = self._box(event.peer)
        take = box.take_oldest_line if event.answer is WaitAnswer.PRESENCE else box.take_oldest
        item = take(event.answered_ns or event.exchange.ended_ns or self._last_ns)
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
