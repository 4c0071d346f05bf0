"""What leaves the columns is what the record way decodes."""

from __future__ import annotations

from sigtrace.packets.headers import HEADERS
from sigtrace.packets.layer import Space
from sigtrace.packets.numbers import ETHERTYPES, IP_PROTOCOLS, TUNNEL_PORTS


def test_what_is_decoded_leaves_the_columns() -> None:
    """Every EtherType, IP protocol and port that has a decoder is among the numbers, and none is without one."""
    assert HEADERS[Space.ETHERTYPE].keys() == ETHERTYPES
    assert HEADERS[Space.IP].keys() == IP_PROTOCOLS
    assert HEADERS[Space.UDP].keys() == TUNNEL_PORTS
