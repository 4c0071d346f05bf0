"""Legs → signals: who sent what to whom, when, and what became of it."""

from __future__ import annotations

from bisect import bisect_right
from typing import TYPE_CHECKING, Any, Final

from sigtrace.calls.signals import Fate, Signal

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sigtrace.application.socketio.packet import Poll
    from sigtrace.calls.rooms.coverage import Coverage
    from sigtrace.calls.rooms.identities import Identities
    from sigtrace.calls.rooms.legs import Leg
    from sigtrace.calls.rooms.meeting import Meeting
    from sigtrace.signaling.bearer import Bearer
    from sigtrace.signaling.events import PeerId
    from sigtrace.signaling.room_events import Delivered, Direct, Sent


PROMPT_NS: Final = 250_000_000
"""What a server relays goes on in one turn and a path's time: what is sent right before the end may still come."""


class Router:
    """Makes the signals of one session.

    Args:
        session: its number.
        meeting: its protocol and server.
        identities: of its channels, with all that pairing told.
        polls: of each peer, for what had to wait until one was open.
        coverage: of the channels: what was not captured may have been delivered all the same.
    """

    def __init__(
        self,
        session: int,
        meeting: Meeting,
        identities: Identities,
        polls: Mapping[PeerId, Sequence[Poll]],
        coverage: Coverage,
    ) -> None:
        self._session = session
        self._protocol = meeting.protocol
        self._server = meeting.server
        self._identities = identities
        self._coverage = coverage
        self._polled = {peer: [poll.answered_ns or 0 for poll in own] for peer, own in polls.items()}
        self._asked = {poll.exchange: poll.asked_ns for own in polls.values() for poll in own}

    def signals(self, legs: Sequence[Leg]) -> list[Signal]:
        """Return the signals in order of time, numbered by their place from 0."""
        return [self._signal(number, leg) for number, leg in enumerate(legs)]

    def _signal(self, number: int, leg: Leg) -> Signal:
        if leg.direct is not None:
            return self._direct(number, leg.direct)
        if leg.sent is not None:
            return self._relayed(number, leg.sent, leg.delivered)
        if leg.delivered is not None:
            return self._unsent(number, leg.delivered)
        raise AssertionError  # a leg has one of them

    def _relayed(self, number: int, sent: Sent, delivered: Delivered | None) -> Signal:
        sender = self._identities.of(sent.bearer)
        to_all = sent.to_all or sent.receiver in self._identities.rooms
        receiver = None if to_all else sent.receiver
        if delivered is not None:
            receiver = self._receiver(delivered, receiver)
        if delivered is None:
            fate = self._fate_of_undelivered(sent, to_all=to_all)
        else:
            own = sent.bearer.channel == delivered.bearer.channel
            fate = Fate.ECHOED if own else Fate.DELIVERED
        content = sent.content
        if delivered is not None and content.sha256 is None and delivered.content.sha256 is not None:
            content = delivered.content
        return Signal(
            number=number,
            protocol=self._protocol,
            session=self._session,
            server=self._server,
            sender=sender,
            receiver=receiver,
            content=content,
            began_ns=sent.bearer.span.start_ns,
            sent_ns=sent.bearer.span.end_ns,
            delivered_ns=delivered.bearer.span.start_ns if delivered is not None else None,
            queued=self._was_queued(sent.bearer, delivered.bearer) if delivered is not None else None,
            fate=fate,
            to_all=to_all,
            dialog=sent.dialog,
            **_numbers(sent.bearer, delivered.bearer if delivered is not None else None),
        )

    def _receiver(self, delivered: Delivered, meant: PeerId | None) -> PeerId | None:
        """Return who got a message; where nothing tells whose the channel is, whom it names, unless that is a room."""
        receiver = self._identities.receiver(delivered.bearer)
        if receiver is not None:
            return receiver
        named = delivered.receiver
        return meant if named is None or named in self._identities.rooms else named

    def _fate_of_undelivered(self, sent: Sent, *, to_all: bool) -> Fate:
        """What could not be seen is no loss: what others get who are not in the capture, or what it has not whole."""
        content = sent.content
        damaged = content.sha256 is None and content.essence is None
        at_the_end = self._coverage.last_ns - sent.bearer.span.end_ns < PROMPT_NS
        if damaged or at_the_end or sent.receiver in self._coverage.in_part_to:
            return Fate.UNSEEN
        if to_all or sent.receiver is None:
            present = self._coverage.present
            alone = len(present) == (self._identities.of(sent.bearer) in present)
            return Fate.UNDELIVERED if to_all and not alone else Fate.UNSEEN
        known = sent.receiver in self._identities.told or self._coverage.hides_somebody
        return Fate.UNSEEN if known and sent.receiver not in self._coverage.present else Fate.UNDELIVERED

    def _was_queued(self, sent: Bearer, delivered: Bearer) -> bool:
        """What goes out over a WebSocket waits for nothing; a poll may have been asked after the message was there."""
        if not delivered.is_exchange:
            return False
        asked_ns = self._asked.get(delivered.number)
        if asked_ns is not None:
            return sent.span.end_ns < asked_ns
        answers = self._polled.get(self._identities.of(delivered), [])
        before = bisect_right(answers, delivered.span.start_ns - 1)
        return before > 0 and answers[before - 1] > sent.span.end_ns

    def _unsent(self, number: int, delivered: Delivered) -> Signal:
        return Signal(
            number=number,
            protocol=self._protocol,
            session=self._session,
            server=self._server,
            sender=delivered.sender,
            receiver=self._receiver(delivered, None),
            content=delivered.content,
            began_ns=delivered.bearer.span.start_ns,
            sent_ns=None,
            delivered_ns=delivered.bearer.span.start_ns,
            queued=None,
            fate=Fate.UNSENT,
            dialog=delivered.dialog,
            **_numbers(None, delivered.bearer),
        )

    def _direct(self, number: int, direct: Direct) -> Signal:
        bearer = direct.bearer
        client = self._identities.of(bearer)
        sender, receiver = (client, direct.resource) if bearer.from_client else (direct.resource, client)
        return Signal(
            number=number,
            protocol=self._protocol,
            session=self._session,
            server=self._server,
            sender=sender,
            receiver=receiver,
            content=direct.content,
            began_ns=bearer.span.start_ns,
            sent_ns=bearer.span.end_ns,
            delivered_ns=None if direct.accepted is False else bearer.span.end_ns,
            queued=None,
            fate=Fate.REFUSED if direct.accepted is False else Fate.DIRECT,
            dialog=direct.dialog,
            **_numbers(bearer, None),
        )


def _numbers(sent: Bearer | None, delivered: Bearer | None) -> dict[str, Any]:
    return {
        "sent_exchange": sent.number if sent is not None and sent.is_exchange else None,
        "sent_message": sent.number if sent is not None and not sent.is_exchange else None,
        "delivered_exchange": delivered.number if delivered is not None and delivered.is_exchange else None,
        "delivered_message": delivered.number if delivered is not None and not delivered.is_exchange else None,
    }
