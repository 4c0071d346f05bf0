"""Whose exchanges of Engine.IO are that bear no packet: handshakes, heartbeats, and what was refused."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from sigtrace.signaling.events import PeerId
    from sigtrace.trace import Trace

_SID = re.compile(rb"[?&]sid=([^&]+)|/1/[a-z-]+/([^/?]+)")  # as of 1.0; in 0.9


def find_engine_authors(trace: Trace, authors: Mapping[int, PeerId]) -> Iterator[tuple[int, PeerId]]:
    """Yield exchanges by number, each with the peer whose session it names, or whose session it opened.

    Args:
        trace: whose exchanges they are.
        authors: of exchanges and messages by number, as far as what they bear tells.
    """
    peers: dict[str, PeerId] = {}
    for packet in trace.socket_packets:
        number = packet.exchange if packet.exchange is not None else packet.message
        if number is not None and number in authors:
            peers.setdefault(packet.channel, authors[number])
    by_sid: dict[bytes, PeerId] = {}
    opened: dict[tuple[int | None, str], PeerId] = {}
    for session in trace.engine_sessions:
        if session.channel in peers and session.sid is not None:
            by_sid[session.sid.encode()] = peers[session.channel]
            opened[session.opened_ns, session.client.address] = peers[session.channel]
    if not by_sid:
        return
    for exchange in trace.exchanges:
        named = _SID.search(exchange.request.target) if exchange.request is not None else None
        peer = by_sid.get(named[1] or named[2]) if named else None
        if peer is None and exchange.response is not None:
            peer = opened.get((exchange.response.span.start_ns, exchange.client.address))
        if peer is not None:
            yield exchange.number, peer
