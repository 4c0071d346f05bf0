"""Endpoints: an IP address and a port, packed while packets are many, spelled out where people read."""

from __future__ import annotations

from functools import lru_cache
from ipaddress import IPv6Address
from typing import NamedTuple


class Endpoint(NamedTuple):
    """An address and a port, in the textual form of the export contract."""

    address: str  # "10.77.0.1", "fd77::1" (RFC 5952, no brackets)
    port: int

    def __str__(self) -> str:
        return f"[{self.address}]:{self.port}" if ":" in self.address else f"{self.address}:{self.port}"


@lru_cache(maxsize=4096)
def decode_address(packed: bytes) -> str:
    """Spell out 4 or 16 address bytes."""
    if len(packed) == 4:
        return "%d.%d.%d.%d" % tuple(packed)  # noqa: UP031 - four numbers read best in the notation they come in
    return str(IPv6Address(packed))


@lru_cache(maxsize=4096)
def decode_endpoint(packed: bytes) -> Endpoint:
    """Spell out a packed endpoint: 4 or 16 address bytes and 2 port bytes, network order."""
    return Endpoint(decode_address(packed[:-2]), packed[-2] << 8 | packed[-1])
