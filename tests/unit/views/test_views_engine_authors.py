"""Whose exchanges of Engine.IO are, also where they bear no packet."""

from __future__ import annotations

from pathlib import Path

import pytest

from sigtrace import analyze, read
from sigtrace.views.people import People, Stranger

CAPTURES = Path(__file__).parents[3] / "captures"


@pytest.mark.parametrize(("name", "strangers"), [("signalmaster", 0), ("signalmaster-09", 0), ("socketio-rooms", 3)])
def test_handshakes_and_heartbeats_have_an_author(name: str, strangers: int) -> None:
    """Every exchange of a session is its peer's; what asks for none, or for one that nobody opened, is a stranger's."""
    (path,) = (CAPTURES / name).glob("*.pcap*")
    trace = analyze(read(path))
    people = People(trace)
    authors = [people.author(exchange, people.session_of(exchange) or 1) for exchange in trace.exchanges]
    addresses = {peer.id: peer.address for peer in trace.peers}
    unknown = [author for author in authors if isinstance(author, Stranger)]
    assert len(unknown) == strangers
    for exchange, author in zip(trace.exchanges, authors, strict=True):
        assert isinstance(author, Stranger) or addresses[author] == exchange.client.address  # type: ignore[index]
