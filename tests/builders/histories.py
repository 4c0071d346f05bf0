"""Histories of exchanges, for tests of meaning: what `calls/` makes of the wires of `exchanges`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sigtrace.calls.history import History, write_history
from sigtrace.calls.surroundings import Surroundings
from sigtrace.notices import Notice
from sigtrace.signaling.peerconnection import PeerConnection
from tests.builders.exchanges import ALICE, BOB, Wire, ns

if TYPE_CHECKING:
    from sigtrace.application.http.message import Exchange
    from sigtrace.calls.waits import Wait

LAST = 100.0
"""When the capture ends, seconds."""


def history_of(*wires: Wire, last: float = LAST, closed: dict[int, float] | None = None) -> History:
    """Read the events of all exchanges and write their history; `closed` is when flows closed, in seconds."""
    protocol = PeerConnection()
    exchanges: list[Exchange] = [exchange for wire in wires for exchange in wire.exchanges]
    events = [event for exchange in exchanges for event in protocol.decode(exchange) if not isinstance(event, Notice)]
    closed_ns = {flow: ns(at) for flow, at in (closed or {}).items()}
    return write_history({"peerconnection": events}, Surroundings(closed_ns=closed_ns, last_ns=ns(last)))


def the_wait(history: History, exchange: Exchange) -> Wait:
    """Return the wait of one exchange."""
    return next(wait for wait in history.waits if wait.exchange == exchange.number)


def two_peers() -> Wire:
    """Alice waits alone; Bob signs in ten seconds later, which her wait tells her."""
    wire = Wire()
    wire.sign_in(ALICE, "alice", 1, 0.0)
    wire.wait(ALICE, 1, 0.1, 10.0001, b"bob,2,1\n", 1)
    wire.sign_in(BOB, "bob", 2, 10.0, b"alice,1,1\n")
    return wire


def relay(wire: Wire, sender: int, receiver: int, at: float, body: bytes) -> None:
    """Post a message that an open wait gets 0.2 ms later."""
    addresses = {1: ALICE, 2: BOB}
    wire.wait(addresses[receiver], receiver, at - 0.05, at + 0.0002, body, sender)
    wire.post(addresses[sender], sender, receiver, at, body)
