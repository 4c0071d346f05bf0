"""What every record was: each is counted in exactly one kind, whether it became an object or stayed in columns."""

from __future__ import annotations

from enum import IntEnum
from typing import NamedTuple

from sigtrace.value import Value


class Kind(IntEnum):
    """What a record turned out to carry, behind all tunnels."""

    TCP = 0  # handed on
    DROPPED = 1  # TCP of a flow that is of no further interest
    UDP = 2
    OTHER_IP = 3  # ICMP, IGMP, ESP, …
    FRAGMENT = 4  # part of an IP packet that was not whole yet
    NOT_IP = 5  # ARP, spanning tree, encrypted 802.11, …
    MALFORMED = 6  # damaged, or cut by a snap length within the headers
    UNKNOWN_LINK = 7  # of a link type that nothing here decodes


class Count(NamedTuple):
    """Records and the bytes they had on the wire."""

    packets: int = 0
    bytes: int = 0


class Tally(Value, frozen=True, kw_only=True):
    """Counts by kind, `kinds[Kind.UDP]`; their sum is everything that was fed."""

    kinds: tuple[Count, ...] = (Count(),) * len(Kind)

    def __getitem__(self, kind: Kind) -> Count:
        return self.kinds[kind]

    @property
    def packets(self) -> int:
        """Records of every kind."""
        return sum(count.packets for count in self.kinds)

    @property
    def bytes(self) -> int:
        """Bytes on the wire of records of every kind."""
        return sum(count.bytes for count in self.kinds)
