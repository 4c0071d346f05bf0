"""The server's mailboxes, kept again from what was seen going in and coming out.

Theory of operation. The server keeps a first-in-first-out queue for every peer. What goes in is seen on the wire as
its cause: a POST to the peer, another peer's sign-in or sign-out. What comes out is seen as the answers to the peer's
waits. Going through both in order of time pairs every answer with its cause: which POST it relays, and whether it had
been waiting in the queue. Where an answer was captured whole, its content decides what it is paired with; where it was
damaged, the queue does: it was the oldest thing still inside.

A cause is dated by its first byte, because the server may have answered before our copy of its last byte was taken.
"""

from __future__ import annotations

from collections import OrderedDict, deque
from enum import Enum
from itertools import islice
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sigtrace.signaling.content import Content
    from sigtrace.signaling.events import PeerId

SCAN_BOUND = 512
"""How many damaged messages are tried for a match: whole ones are found by digest, and a queue may be long."""

PROMPT_NS = 250_000_000
"""What is queued is answered in one turn of the server and a path's time: longer waits were told as it happened."""


class ItemKind(Enum):
    """What a queue holds."""

    MESSAGE = "message"
    JOINED = "joined"
    LEFT = "left"


class Item(NamedTuple):
    """One thing the server has for a peer."""

    kind: ItemKind
    by: PeerId | None  # the sender, or the peer that joined or left
    began_ns: int  # first byte of the request that caused it
    ended_ns: int  # last byte of that request
    acknowledged_ns: int | None  # first byte of the answer to that request
    signal: int | None = None  # index of the message, with MESSAGE
    content: Content | None = None


class Announcements:
    """The lines about joining and leaving that a server sends to everyone, in order: one log, read by every mailbox.

    Peers times joins would be quadratic if every mailbox kept its own copies.
    """

    def __init__(self) -> None:
        self.items: list[Item] = []
        self._places: dict[tuple[PeerId | None, ItemKind], int] = {}

    def add(self, item: Item) -> None:
        """Add what everyone is told."""
        self._places[item.by, item.kind] = len(self.items)
        self.items.append(item)

    def place_of(self, peer: PeerId, kind: ItemKind) -> int | None:
        """Return where the newest line of this kind about a peer stands; None when its cause was not seen."""
        return self._places.get((peer, kind))


class Mailbox:
    """What the server holds for one peer.

    Args:
        owner: the peer; its own coming and going is not told to it.
        announcements: the server's log; a mailbox is concerned with what comes after it was opened.
    """

    def __init__(self, owner: PeerId, announcements: Announcements) -> None:
        self._owner = owner
        self._announcements = announcements
        self._opened = self._next = len(announcements.items)
        self._told: set[int] = set()  # places after `_next` already taken
        self._arrived = 0
        self._messages: OrderedDict[int, Item] = OrderedDict()  # by place of arrival
        self._places: dict[tuple[PeerId | None, str | None], deque[int]] = {}  # (sender, digest) → oldest first

    def open_from_start(self) -> None:
        """Take the peer as one that was there before the capture began."""
        self._opened = self._next = 0

    def put(self, item: Item) -> None:
        """Add a message."""
        self._messages[self._arrived] = item
        self._places.setdefault((item.by, _digest(item.content)), deque()).append(self._arrived)
        self._arrived += 1

    def take_message(self, sender: PeerId | None, content: Content | None) -> Item | None:
        """Take the oldest message of this sender with this content; None when none was seen going in."""
        fitting = self._fitting(sender, content)
        return self._messages.pop(min(fitting)) if fitting else None

    def _fitting(self, sender: PeerId | None, content: Content | None) -> list[int]:
        """Return the places that may hold this message: of those with one sender and digest, the oldest."""
        digest = _digest(content)
        if digest is None:
            return self._damaged_twin(self._messages, sender, content)
        found = []
        for by in {sender, None}:
            same = self._places.get((by, digest))
            while same and same[0] not in self._messages:
                same.popleft()
            if same:
                found.append(same[0])
            damaged = self._places.get((by, None))
            if damaged:
                found += self._damaged_twin(damaged, sender, content)
        return found

    def _damaged_twin(self, places: Iterable[int], sender: PeerId | None, content: Content | None) -> list[int]:
        """Return the first place, of some, whose message could be this one, where one of the two is damaged."""
        for place in islice(places, SCAN_BOUND):
            item = self._messages.get(place)
            if item is not None and item.by in (sender, None) and could_be_equal(item.content, content):
                return [place]
        return []

    def take_presence(self, peer: PeerId, *, joined: bool) -> Item | None:
        """Take the line about this peer; None when its cause was not seen."""
        place = self._announcements.place_of(peer, ItemKind.JOINED if joined else ItemKind.LEFT)
        if place is None or place < self._opened:
            return None
        self._told.add(place)
        return self._announcements.items[place]

    def take_oldest(self, before_ns: int) -> Item | None:
        """Take whatever was caused first, if it was caused before then."""
        line = self._next_line()
        place = next(iter(self._messages), None)
        if place is None or (line is not None and line.began_ns <= self._messages[place].began_ns):
            return self.take_oldest_line(before_ns)
        return None if self._messages[place].began_ns > before_ns else self._messages.pop(place)

    def take_oldest_line(self, before_ns: int) -> Item | None:
        """Take the line that was caused first, if it was caused before then, whatever messages there are."""
        line = self._next_line()
        if line is None or line.began_ns > before_ns:
            return None
        self._next += 1
        return line

    def _next_line(self) -> Item | None:
        items = self._announcements.items
        while self._next < len(items) and (self._next in self._told or items[self._next].by == self._owner):
            self._told.discard(self._next)
            self._next += 1
        return items[self._next] if self._next < len(items) else None


def _digest(content: Content | None) -> str | None:
    return None if content is None else content.sha256


def could_be_equal(one: Content | None, other: Content | None) -> bool:
    """Say whether two bodies can be the same: by digest where both are whole, else by length, else they can."""
    if one is None or other is None:
        return True
    if one.sha256 is not None and other.sha256 is not None:
        return one.sha256 == other.sha256
    if one.length is not None and other.length is not None:
        return one.length == other.length
    return True


def was_queued(item: Item, asked_ns: int | None, answered_ns: int | None) -> bool | None:
    """Say whether an item had waited in the queue for this wait to be asked.

    The server answers those who wait before it acknowledges the cause, so an acknowledgement that came after the answer
    shows that the peer was waiting, even when its asking was not seen, and whatever our copies' times say within a few
    microseconds.
    """
    if item.acknowledged_ns is not None and answered_ns is not None and answered_ns <= item.acknowledged_ns:
        return False
    return None if asked_ns is None else item.ended_ns < asked_ns
