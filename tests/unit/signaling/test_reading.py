"""Reading: all units of a trace to the events that they state."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sigtrace.application.websocket.message import Message
from sigtrace.signaling.bearer import bearer_of
from sigtrace.signaling.protocol import Fit, SignalingProtocol
from sigtrace.signaling.room_events import Remarked
from sigtrace.signaling.skyrtc import SkyRTC
from tests.builders.sockets import Sockets

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from sigtrace.notices import Notice
    from sigtrace.signaling.bearer import Unit
    from sigtrace.signaling.events import SignalingEvent


class Numbers(SignalingProtocol):
    """Claims all messages that hold `n`, and remarks of each how many came before."""

    name = "numbers"

    def fit(self, unit: Unit) -> Fit:  # noqa: ARG002 - nothing tells
        """Nothing is certain by itself."""
        return Fit.NONE

    def decode(self, unit: Unit) -> Iterator[SignalingEvent | Notice]:
        """One alone is the first."""
        yield from self.decode_together([unit])

    def decode_together(self, units: Sequence[Unit]) -> Iterator[SignalingEvent | Notice]:
        """Count."""
        for number, unit in enumerate(units):
            assert isinstance(unit, Message)
            yield Remarked(bearer=bearer_of(unit), at_ns=unit.at_ns, name=str(number))

    def claim(self, units: Sequence[Unit]) -> Iterable[Unit]:
        """Whatever holds `n`, whatever is around it."""
        return [unit for unit in units if isinstance(unit, Message) and unit.data == b"n"]


def test_units_of_one_protocol_are_decoded_together() -> None:
    """A protocol that wants to sees all of its units at once, in order of time."""
    sockets = Sockets()
    for at in (3.0, 1.0, 2.0):
        sockets.say(1, at, "n")
    events = sockets.reading([SkyRTC(), Numbers()]).events
    assert list(events) == ["numbers"]
    told = [(one.at_ns, one.name) for one in events["numbers"] if isinstance(one, Remarked)]
    assert told == [(1_000_000_000, "0"), (2_000_000_000, "1"), (3_000_000_000, "2")]


def test_what_is_around_a_certain_unit_cannot_be_claimed() -> None:
    """Many unknown messages do not outvote the one that shows what is spoken there; on another path they are free."""
    sockets = Sockets()
    sockets.open(1, 0.0, "/here")
    sockets.open(2, 0.0, "/there")
    sockets.say(1, 1.0, {"eventName": "__join", "data": {"room": "r"}})
    for number in range(5):
        sockets.say(1, 2.0 + number, "n")
        sockets.say(2, 2.5 + number, "n")
    protocols = sockets.reading([SkyRTC(), Numbers()]).message_protocols
    assert protocols == ("skyrtc", *("skyrtc", "numbers") * 5)
