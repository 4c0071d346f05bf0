"""Whose exchanges of Engine.IO are that bear no packet: handshakes, heartbeats, and what was refused."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from sigtrace.signaling.events import PeerId
    from sigtrace.trace import Trace


def find_engine_authors(trace: Trace, authors: Mapping[int, PeerId]) -> Iterator[tuple[int, PeerId]]:
    """Yield exchanges by number, each with the peer whose session it belongs to.

    Args:
        trace: whose exchanges they are.
        authors: of exchanges and messages by number, as far as what they bear tells.
    """
    peers: dict[str, PeerId] = {}
    for packet in trace.socket_packets:
        number = packet.exchange if packet.exchange is not None else packet.message
        if number is not None and number in authors:
            peers.setdefault(packet.channel, authors[number])
    for session in trace.engine_sessions:
        if session.channel in peers:
            yield from ((number, peers[session.channel]) for number in session.exchanges)
