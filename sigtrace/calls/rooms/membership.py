"""What is known of one peer while the events of its session are read: its stays, and the channels that bear them."""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING, Final

from sigtrace.calls.peers import Departure
from sigtrace.value import Struct, field

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable


MAX_OPEN: Final = 64
"""Stays of one peer that may be meant when it leaves: nobody is in more rooms at a time, and the newest are meant."""


class Stay(Struct):
    """One peer in one room."""

    place: int  # among the stays of its peer
    room: str | None
    channel: str | None  # over which it began; None: others were told of it
    joined_ns: int | None = None
    sign_in: int | None = None
    left_ns: int | None = None
    left: Departure | None = None
    confirmed: bool = False  # the server said that it is in
    void: bool = False  # it never came to be


class Member(Struct):
    """One peer over all its stays.

    A client may join and leave a thousand times, so what is over is not looked through again and again.
    """

    address: str | None = None
    is_server: bool = False
    stays: list[Stay] = field(default_factory=list)
    is_confirmed: bool = False  # the server said of a stay that it is in
    latest: str | None = None  # the channel that came last
    lasting: int = 0  # stays that were not taken back
    _newest: dict[str, Stay] = field(default_factory=dict)  # by channel: the stay that it bears
    _begun: dict[str, list[Stay]] = field(default_factory=dict)  # by channel: those that began over it
    _open: dict[int, Stay] = field(default_factory=dict)  # by place: those that have not ended
    _told: dict[int, Stay] = field(default_factory=dict)  # by place: those that others were told the end of

    def begin(self, channel: str | None, room: str | None = None) -> Stay:
        """Begin a stay, over a channel or as others are told."""
        stay = Stay(len(self.stays), room, channel)
        self.stays.append(stay)
        self.lasting += 1
        _hold(self._open, stay)
        if channel is not None:
            self._begun.setdefault(channel, []).append(stay)
            self._newest[channel], self.latest = stay, channel
        return stay

    def go_on(self, channel: str) -> Stay:
        """Let one more channel bear the newest stay."""
        stay = self.stays[-1]
        if stay.channel is None:
            stay.channel = channel
            self._begun.setdefault(channel, []).append(stay)
        self._newest[channel], self.latest = stay, channel
        return stay

    def forget(self, stay: Stay) -> None:
        """Take back the newest stay over its channel, which never came to be; the channel bears the one before again.

        It is not the only stay.
        """
        stay.void = True
        self.lasting -= 1
        self._open.pop(stay.place, None)
        while self.stays[-1].void:
            del self.stays[-1]
        if stay.channel is not None:
            begun = self._begun[stay.channel]
            begun.pop()
            self._newest[stay.channel] = begun[-1] if begun else self.stays[-1]

    def is_on(self, channel: str) -> bool:
        """Tell whether a channel bears one of the stays."""
        return channel in self._newest

    def stay_on(self, channel: str) -> Stay:
        """Return the newest stay over a channel: one peer may have several, in a room each."""
        return self._newest.get(channel, self.stays[-1])

    def only_room(self) -> str | None:
        """Return the room that it is in; None when it is in several, so that what it is told may be of any."""
        rooms = {stay.room for stay in self._open.values()}
        return rooms.pop() if len(rooms) == 1 else None

    def leave(self, room: str | None, at_ns: int) -> None:
        """Leave a room, as the peer asks."""
        self._end(_meant(self._open.values(), room), at_ns, Departure.SIGNED_OUT)

    def come_again(self, silent: Collection[str], at_ns: int) -> None:
        """Leave what only channels bear that fell silent before another was opened, over which the peer is now."""
        for stay in [one for one in self._open.values() if one.channel in silent]:
            self._end(stay, at_ns, Departure.VANISHED)

    def tell_others(self, room: str | None, at_ns: int) -> None:
        """Leave a room, as others are told."""
        stay = _meant(self._tellable(self._open.values()), room)
        if stay is not None:
            self._end(stay, at_ns, Departure.VANISHED)
            _hold(self._told, stay)

    def tell_leaver(self, room: str | None, at_ns: int) -> None:
        """Leave a room, as the peer is told, which is still there then: it left as it wished, perhaps for another."""
        known = self._tellable(chain(self._told.values(), self._open.values()))
        stay = next((stay for stay in known if room in (None, stay.room)), None)
        if stay is None:
            return
        behind = (self.stays[place] for place in range(stay.place + 1, len(self.stays)))
        following = next((one.joined_ns for one in behind if not one.void), None)
        left_ns = at_ns if stay.left_ns is None else stay.left_ns
        self._end(stay, left_ns if following is None else min(following, left_ns), Departure.SIGNED_OUT)

    def bearers(self) -> list[tuple[Stay, list[str]]]:
        """Return each stay with the channels that bear it, none where others were told of it."""
        others: dict[int, list[str]] = {}
        for channel, stay in self._newest.items():
            if stay.channel != channel:
                others.setdefault(stay.place, []).append(channel)
        own = [stay for stay in self.stays if not stay.void]
        return [(stay, [] if stay.channel is None else [stay.channel, *others.get(stay.place, ())]) for stay in own]

    def _end(self, stay: Stay | None, at_ns: int, departure: Departure) -> None:
        if stay is not None:
            self._open.pop(stay.place, None)
            self._told.pop(stay.place, None)
            stay.left_ns, stay.left = at_ns, departure

    def _tellable(self, stays: Iterable[Stay]) -> list[Stay]:
        """Return those that others may be told the end of: where a server confirms, not what it has yet to confirm."""
        if not self.is_confirmed:
            return list(stays)
        return [stay for stay in stays if stay.confirmed or stay.channel is None]


def _hold(some: dict[int, Stay], stay: Stay) -> None:
    """Hold a stay that may be meant later, in place of the oldest when there are too many."""
    some[stay.place] = stay
    if len(some) > MAX_OPEN:
        del some[next(iter(some))]


def _meant(stays: Iterable[Stay], room: str | None) -> Stay | None:
    """Return the stay in a room, else the oldest that may be there."""
    still = list(stays)
    there = (stay for stay in still if room is not None and stay.room == room)
    return next(there, next((stay for stay in still if None in (room, stay.room)), None))
