"""A part of a trace put together again as a trace."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import sigtrace
from sigtrace.views.excerpt import around_peers, between_peers, of_sessions, within_time

CAPTURES = Path(__file__).parents[3] / "captures"


@cache
def _trace(name: str) -> sigtrace.Trace:
    return sigtrace.analyze(sigtrace.read(str(CAPTURES / name / f"{name}.pcapng")))


def test_around_a_peer_are_the_waits_that_took_its_messages() -> None:
    """What carol sent is delivered by waits of alice, and these are kept, so that both legs show."""
    part = around_peers(_trace("third-party"), {(1, 3)})
    delivered = {signal.delivered_exchange for signal in part.signals}
    assert None not in delivered
    assert all(part.exchange(number) for number in delivered if number)


def test_between_two_peers_is_nothing_of_a_third() -> None:
    """What carol sent alice is around alice, and not between alice and bob."""
    trace = _trace("third-party")
    assert {one.sender for one in around_peers(trace, {(1, 1), (1, 2)}).signals} == {1, 2, 3}
    between = between_peers(trace, {(1, 1), (1, 2)})
    assert {one.sender for one in between.signals} == {1, 2}
    assert list(between.verdicts) == [call.number for call in between.calls] == [1]


def test_a_stretch_of_time_keeps_what_was_going_on_in_it() -> None:
    """A wait that began before the stretch and hung into it is kept; what ended before it is not."""
    trace = _trace("basic-call")
    part = within_time(trace, trace.first_ns + 5 * 10**9, trace.first_ns + 6 * 10**9)
    assert [wait.exchange for wait in part.waits] == [2]
    assert not part.signals
    assert [peer.id for peer in part.peers] == [1]


def test_a_session_is_kept_without_its_neighbours() -> None:
    """Of two servers, one session stays, with the flows and exchanges that are told to bear it."""
    trace = _trace("two-servers")
    first = trace.sessions[0]
    part = of_sessions(trace, {first.number}, lambda carrier: carrier.server == first.server)
    assert part.sessions == (first,)
    assert {one.session for group in (part.peers, part.waits, part.signals, part.calls) for one in group} == {1}
    assert {exchange.server for exchange in part.exchanges} == {first.server}
    assert {one.flow.number for one in part.flows} == {exchange.flow for exchange in part.exchanges}
