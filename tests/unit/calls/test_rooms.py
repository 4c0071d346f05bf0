"""What comes of events of which only their company tells what they are: polls, asides, neighbours."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from sigtrace.application.http.message import Exchange
from sigtrace.calls.acts import ActKind
from sigtrace.calls.waits import Release
from sigtrace.signaling.bearer import bearer_of, bearer_of_request, bearer_of_response
from sigtrace.signaling.content import SignalKind
from sigtrace.signaling.protocol import Fit, SignalingProtocol
from sigtrace.signaling.relayed_content import message_content, payload_of, payload_of_body
from sigtrace.signaling.room_events import Delivered, Polled, Remarked, Sent
from tests.builders.homemade import Line

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sigtrace.signaling.bearer import Unit
    from sigtrace.signaling.events import SignalingEvent


class Whispers(SignalingProtocol):
    """`GET /poll?NAME` fetches, `POST /NAME` sends; over WebSocket everything may be for the server alone."""

    name: ClassVar[str] = "whispers"

    def fit(self, unit: Unit) -> Fit:  # noqa: ARG002 - everything is one
        """All units are of it."""
        return Fit.CERTAIN

    def decode(self, unit: Unit) -> Iterator[SignalingEvent]:
        """Yield what a unit says."""
        if isinstance(unit, Exchange):
            yield from self._exchange(unit)
            return
        bearer = bearer_of(unit)
        content = message_content(SignalKind.JSON, payload_of(unit))
        aside = Remarked(at_ns=unit.at_ns, bearer=bearer, name="aside")
        made = Sent if bearer.from_client else Delivered
        yield made(at_ns=unit.at_ns, bearer=bearer, content=content, unless_relayed=aside)

    def _exchange(self, unit: Exchange) -> Iterator[SignalingEvent]:
        asked, answered = bearer_of_request(unit), bearer_of_response(unit)
        assert unit.request is not None
        assert asked is not None
        who = unit.request.target.decode()
        if unit.request.method == "POST":
            content = message_content(SignalKind.JSON, payload_of_body(unit.request.body))
            yield Sent(at_ns=unit.at_ns, bearer=asked, content=content, sender=who.removeprefix("/") or None)
            return
        nothing = unit.response is not None and not unit.response.body.length
        who = who.partition("?")[2]
        yield Polled(at_ns=unit.at_ns, bearer=asked, exchange=unit, peer=who, nothing=nothing)
        if answered is not None and unit.response is not None and unit.response.body.length:
            content = message_content(SignalKind.JSON, payload_of_body(unit.response.body))
            yield Delivered(at_ns=answered.span.start_ns, bearer=answered, content=content, receiver=who)


def test_polls_are_waits() -> None:
    """A poll hangs until it is answered: by a message, by nothing, by a refusal, or not at all."""
    line = Line()
    line.asks("a", "/poll?a", answer=b"hello")
    line.asks("a", "/poll?a", status=204)
    line.asks("a", "/poll?a", status=500)
    line.asks("a", "/poll?a", status=None)
    waits = line.history(Whispers()).waits
    ends = [wait.released_by for wait in waits]
    assert ends == [Release.MESSAGE, Release.NOTHING, Release.REFUSED, Release.CAPTURE_ENDED]
    assert {wait.peer for wait in waits} == {"a"}
    assert [wait.hang_ns for wait in waits] == [500_000_000, 500_000_000, 500_000_000, 1_000_000_000]


def test_what_others_get_is_a_message() -> None:
    """What may be for the server alone is a message where another gets it."""
    line = Line()
    line.says("a", {"type": "mute"})
    line.hears("b", {"type": "mute"})
    history = line.history(Whispers())
    assert [(one.sent_message, one.delivered_message) for one in history.signals] == [(1, 2)]
    assert not history.acts


def test_what_nobody_gets_is_a_remark() -> None:
    """What may be for the server alone is a remark where nobody gets it, also when the server says the same back."""
    line = Line()
    line.says("a", {"type": "ready"})
    line.hears("a", {"type": "ready"})
    line.hears("b", {"type": "news"})
    history = line.history(Whispers())
    assert not history.signals
    assert [(act.kind, act.from_client) for act in history.acts] == [
        (ActKind.REMARK, True),
        (ActKind.REMARK, False),
        (ActKind.REMARK, False),
    ]


def test_clients_behind_one_address_are_told_apart() -> None:
    """Requests from one address that name two peers are of two peers; those that name none go with their connection."""
    line = Line()
    line.asks("a", "/poll?ann", status=None)
    line.asks("a", "/poll?ben", status=None, connection=7)
    line.asks("a", "/", b"hello", connection=7)
    line.asks("a", "/", b"who am I?", connection=8)
    history = line.history(Whispers())
    assert {wait.peer for wait in history.waits} == {"ann", "ben"}
    assert [signal.sender for signal in history.signals] == ["ben", "10.77.0.97"]


def test_one_client_of_an_address_keeps_it() -> None:
    """Requests from an address that name one peer only are all that peer's."""
    line = Line()
    line.asks("a", "/poll?ann", status=None)
    line.asks("a", "/", b"hello", connection=8)
    assert [signal.sender for signal in line.history(Whispers()).signals] == ["ann"]
