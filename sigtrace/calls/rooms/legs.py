"""Pairing the two legs of relays: which delivery is the copy of which sending.

Theory of operation. A server of rooms passes a message on at once, to the one it names or to everyone, and often writes
something else around it. What stays the same, the essence, is the key: sendings wait under it, and every delivery takes
the oldest that can be its own. It cannot be when it came later, when it names another receiver than the delivery's
channel is known to be, or when the delivery names another sender. What is for all is for those who are there: a channel
that is opened later gets what the server remembers, which is no relay. A sending to one is taken once, a sending to
all once by each channel. What was taken tells in turn who is behind a channel that had no id yet.

Of some messages only this shows that they are for others at all: without their other leg they are no legs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from sigtrace.signaling.room_events import Delivered, Direct, Sent
from sigtrace.value import Struct, field

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from sigtrace.calls.rooms.channels import Channel
    from sigtrace.calls.rooms.identities import Identities
    from sigtrace.signaling.content import Content
    from sigtrace.signaling.events import PeerId
    from sigtrace.signaling.room_events import RoomEvent

SCAN_BOUND: Final = 512
"""Sendings of one essence that a delivery may choose from: `mute` recurs, and everyone's is the same."""

AHEAD_NS: Final = 1_000_000
"""How far a delivery's copy may be dated before its sending's: several interfaces, or a queue of the capture."""

LATE_NS: Final = 1_000_000_000
"""How long after a sending to all a channel may be opened that still gets it: a busy server has read neither yet."""


class Leg(NamedTuple):
    """One message to one receiver, as far as it was seen."""

    sent: Sent | None
    delivered: Delivered | None
    direct: Direct | None = None


class _Waiting(Struct):
    event: Sent
    broadcast: bool
    taken_by: set[str] = field(default_factory=set)  # channels

    @property
    def is_spent(self) -> bool:
        """Whether no channel can take it any more."""
        return bool(self.taken_by) and not self.broadcast


class _Bucket(Struct):
    """Sendings of one essence, the oldest first."""

    waiting: list[_Waiting] = field(default_factory=list)
    dropped: int = 0  # of the oldest
    passed: dict[str, int] = field(default_factory=dict)  # by channel: how many of all it cannot take any more

    def add(self, waiting: _Waiting) -> None:
        self.waiting.append(waiting)
        while self.waiting[0].is_spent or len(self.waiting) > SCAN_BOUND:
            del self.waiting[0]
            self.dropped += 1


def pair_legs(
    events: Iterable[RoomEvent],
    identities: Identities,
    rooms: Collection[PeerId],
    channels: Mapping[str, Channel],
) -> list[Leg]:
    """Pair what was sent with what was delivered.

    Args:
        events: of one session, in order of time.
        identities: of its channels; learns more here.
        rooms: their names: a message to one of them is for everyone in it.
        channels: when each was opened, by key.
    Returns: the legs in order of their first half, sendings that nobody got and deliveries of unseen sendings too.
    """
    pairing = _Pairing(identities, rooms, channels)
    for event in sorted(events, key=_turn):
        pairing.take(event)
    return pairing.finished()


class _Pairing:
    def __init__(self, identities: Identities, rooms: Collection[PeerId], channels: Mapping[str, Channel]) -> None:
        self._identities = identities
        self._rooms = rooms
        self._channels = channels
        self._waiting: dict[tuple[str, str], _Bucket] = {}
        self._sent: list[_Waiting] = []
        self._legs: list[Leg] = []

    def take(self, event: RoomEvent) -> None:
        if isinstance(event, Sent):
            self._send(event)
        elif isinstance(event, Delivered):
            self._deliver(event)
        elif isinstance(event, Direct):
            self._legs.append(Leg(None, None, event))

    def finished(self) -> list[Leg]:
        legs = [self._paired_late(leg) for leg in self._legs]
        unseen = (waiting.event for waiting in self._sent if not waiting.taken_by)
        lost = [Leg(event, None) for event in unseen if event.unless_relayed is None]
        return sorted([*legs, *lost], key=_began_ns)

    def _paired_late(self, leg: Leg) -> Leg:
        """Pair what came back to who said it before any other message had told whose channel that is."""
        event = leg.delivered
        if leg.sent is not None or event is None or event.sender is None:
            return leg
        key = essence_of(event.content)
        bucket = self._waiting.get(key) if key is not None else None
        found = None if bucket is None else self._oldest(bucket, event)
        if found is None or found.event.bearer.channel != event.bearer.channel:
            return leg
        found.taken_by.add(event.bearer.channel)
        return Leg(found.event, event)

    def _send(self, event: Sent) -> None:
        broadcast = event.to_all or event.receiver is None or event.receiver in self._rooms
        waiting = _Waiting(event, broadcast)
        self._sent.append(waiting)
        key = essence_of(event.content)
        if key is not None:
            self._waiting.setdefault(key, _Bucket()).add(waiting)

    def _deliver(self, event: Delivered) -> None:
        key = essence_of(event.content)
        bucket = self._waiting.get(key) if key is not None else None
        found = None if bucket is None else self._oldest(bucket, event)
        if found is None:
            if event.unless_relayed is None:
                self._legs.append(Leg(None, event))
            return
        found.taken_by.add(event.bearer.channel)
        self._learn(found.event, event, broadcast=found.broadcast)
        self._legs.append(Leg(found.event, event))

    def _oldest(self, bucket: _Bucket, event: Delivered) -> _Waiting | None:
        """Return the oldest sending that fits; what its channel cannot take any more is passed over for good."""
        channel, waiting = event.bearer.channel, bucket.waiting
        place = max(bucket.passed.get(channel, 0) - bucket.dropped, 0)
        while place < len(waiting) and self._is_past(waiting[place], channel):
            place += 1
        bucket.passed[channel] = place + bucket.dropped
        places = range(place, len(waiting))
        return next((waiting[one] for one in places if self._fits(waiting[one], event)), None)

    def _is_past(self, waiting: _Waiting, channel: str) -> bool:
        return waiting.is_spent or channel in waiting.taken_by or not self._was_there(waiting, channel)

    def _was_there(self, waiting: _Waiting, channel: str) -> bool:
        """Tell whether a channel was there for what was sent to all."""
        return not waiting.broadcast or self._opened_ns(channel) <= waiting.event.bearer.span.end_ns + LATE_NS

    def _fits(self, waiting: _Waiting, event: Delivered) -> bool:
        sent = waiting.event
        if self._is_past(waiting, event.bearer.channel):
            return False
        if sent.bearer.span.start_ns > event.bearer.span.start_ns + AHEAD_NS:
            return False
        if not _agree(sent.dialog, event.dialog):
            return False
        if not _agree(self._identities.known(sent.bearer.channel), event.sender):
            return False
        if waiting.broadcast:
            return sent.unless_relayed is None or self._is_no_answer(sent, event)
        return self._is_for_it(sent, event)

    def _is_no_answer(self, sent: Sent, event: Delivered) -> bool:
        """Tell whether a copy is no mere answer: it came to another, or says itself that it repeats who said it."""
        if sent.bearer.channel != event.bearer.channel:
            return True
        return event.sender is not None and event.sender == self._identities.known(event.bearer.channel)

    def _is_for_it(self, sent: Sent, event: Delivered) -> bool:
        own = self._identities.known(event.bearer.channel)
        if own is None and sent.bearer.channel == event.bearer.channel:
            return False  # to itself only when it says so
        return _agree(sent.receiver, own) and _agree(sent.receiver, event.receiver)

    def _opened_ns(self, channel: str) -> int:
        known = self._channels.get(channel)
        return 0 if known is None or known.opened_ns is None else known.opened_ns

    def _learn(self, sent: Sent, delivered: Delivered, *, broadcast: bool) -> None:
        if not broadcast and sent.receiver is not None:
            self._identities.learn(delivered.bearer.channel, sent.receiver)
        if delivered.sender is not None:
            self._identities.learn(sent.bearer.channel, delivered.sender)


def settle(events: Iterable[RoomEvent], legs: Iterable[Leg]) -> list[RoomEvent]:
    """Return the events, and instead of those that turned out to be for or of the server alone what else they are."""
    halves = {id(half) for leg in legs for half in leg if half is not None}
    return [
        event.unless_relayed or event if isinstance(event, Sent | Delivered) and id(event) not in halves else event
        for event in events
    ]


def _agree(one: PeerId | None, other: PeerId | None) -> bool:
    """Tell whether two sayings can be of the same: one that says nothing agrees."""
    return one is None or other is None or one == other


def essence_of(content: Content) -> tuple[str, str] | None:
    """Return what both legs have in common; None when it was not captured whole."""
    essence = content.essence if content.essence is not None else content.sha256
    return None if essence is None else (content.kind.value, essence)


def _turn(event: RoomEvent) -> tuple[int, bool]:
    """Return when to look at an event: at a delivery once all that it may be the copy of has been seen."""
    late = isinstance(event, Delivered)
    return event.at_ns + (AHEAD_NS if late else 0), late


def _began_ns(leg: Leg) -> int:
    first = leg.sent or leg.delivered or leg.direct
    return first.at_ns if first is not None else 0
