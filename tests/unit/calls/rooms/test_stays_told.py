"""Stays where a server confirms joining, tells the leaver too, and announces nobody, as signalmaster does."""

from __future__ import annotations

from sigtrace.calls.peers import Departure
from sigtrace.signaling.content import Content, SignalKind
from sigtrace.signaling.room_events import Delivered, Identified, JoinAsked, Joined, JoinRefused, LeaveAsked, PeerLeft
from tests.unit.calls.rooms.test_room_stays import at, history_of, stays_of

TEXT = Content(kind=SignalKind.TEXT, length=2, sha256="00", whole="hi")


def in_the_kitchen() -> list[object]:
    """Carol and bob are in the kitchen, let in and knowing their ids."""
    return [
        at(1, 1, Identified, peer="carol"),
        at(2, 1, JoinAsked, room="kitchen"),
        at(3, 1, Joined),
        at(1, 2, Identified, peer="bob"),
        at(2, 2, JoinAsked, room="kitchen"),
        at(3, 2, Joined),
    ]


def test_whoever_moves_to_another_room_leaves_the_first_by_asking() -> None:
    """Others are told first, then the leaver, then it is in: it left when it asked, and did not vanish."""
    moving = [at(10, 1, JoinAsked, room="pantry"), at(11, 2, PeerLeft, peer="carol")]
    moved = [at(12, 1, PeerLeft, peer="carol"), at(13, 1, Joined)]
    history = history_of([*in_the_kitchen(), *moving, *moved])
    assert stays_of(history, "carol") == [("kitchen", 10, Departure.SIGNED_OUT), ("pantry", None, None)]


def test_others_may_be_told_last() -> None:
    """Whoever is told first, the leaver or another, the leaving is the same."""
    moving = [at(10, 1, JoinAsked, room="pantry"), at(11, 1, PeerLeft, peer="carol")]
    history = history_of([*in_the_kitchen(), *moving, at(12, 2, PeerLeft, peer="carol"), at(13, 1, Joined)])
    assert stays_of(history, "carol") == [("kitchen", 10, Departure.SIGNED_OUT), ("pantry", None, None)]


def test_what_is_told_late_of_a_leaving_does_not_end_the_next_stay() -> None:
    """A peer that leaves and joins again is told of by a leaving that comes after it asked to join."""
    again = [at(10, 1, LeaveAsked), at(11, 1, JoinAsked, room="kitchen"), at(12, 2, PeerLeft, peer="carol")]
    history = history_of([*in_the_kitchen(), *again, at(13, 1, PeerLeft, peer="carol"), at(14, 1, Joined)])
    assert stays_of(history, "carol") == [("kitchen", 10, Departure.SIGNED_OUT), ("kitchen", None, None)]


def test_whoever_is_not_let_into_another_room_stays() -> None:
    """A refusal undoes the asking; one without an asking undoes nothing."""
    refused = [at(10, 1, JoinAsked, room="pantry"), at(11, 1, JoinRefused, reason="taken")]
    history = history_of([*in_the_kitchen(), *refused, at(12, 1, JoinRefused, reason="odd")])
    assert stays_of(history, "carol") == [("kitchen", None, None)]


def test_others_are_told_of_who_vanished() -> None:
    """Of a peer that is not told itself, the others learn that it vanished."""
    history = history_of([*in_the_kitchen(), at(40, 2, PeerLeft, peer="carol")])
    assert stays_of(history, "carol") == [("kitchen", 40, Departure.VANISHED)]


def test_a_leaver_that_never_seemed_to_be_in() -> None:
    """A leaver told of a room that it is not known to be in ends nothing."""
    history = history_of([*in_the_kitchen(), at(10, 1, LeaveAsked), at(11, 1, PeerLeft, peer="carol")])
    assert stays_of(history, "carol") == [("kitchen", 10, Departure.SIGNED_OUT)]


def test_the_first_message_tells_of_a_newcomer() -> None:
    """A peer that is met by its message alone is taken to be in the room of who gets it."""
    history = history_of([*in_the_kitchen(), at(10, 1, Delivered, sender="dave", content=TEXT)])
    assert stays_of(history, "dave") == [("kitchen", None, None)]
