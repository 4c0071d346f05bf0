"""Segments as the frames that carry them: what the sieve makes of one is the segment again."""

from __future__ import annotations

from ipaddress import ip_address
from typing import TYPE_CHECKING

from tests.builders import packets

if TYPE_CHECKING:
    from sigtrace.packets.packet import Segment


def encode_frame(segment: Segment, *, odd: bool = False) -> tuple[bytes, int]:
    """Return an Ethernet frame, as much as was captured of it, and its whole length.

    Args:
        segment: of any IP version; its identity, if it has one, becomes the identification.
        odd: put an MPLS label before it, a shape that is decoded record by record.
    """
    source, destination = (str(ip_address(end[:-2])) for end in (segment.source, segment.destination))
    transport = packets.tcp(
        int.from_bytes(segment.source[-2:], "big"),
        int.from_bytes(segment.destination[-2:], "big"),
        sequence=segment.sequence,
        acknowledgment=segment.acknowledgment,
        flags=segment.flags,
        window=segment.window,
        payload=segment.payload.ljust(segment.length, b"\0"),
    )
    if len(segment.source) > 6:
        network = packets.ipv6(source, destination, transport)
    elif segment.identity < 0:
        network = packets.ipv4(source, destination, transport, identification=0, flags=packets.DONT_FRAGMENT)
    else:
        network = packets.ipv4(source, destination, transport, identification=segment.identity, flags=0)
    if odd:
        frame = packets.ethernet(packets.mpls(network, 16), ethertype=0x8847, pad=False)
    else:
        frame = packets.ethernet(network, pad=False)
    return frame[: len(frame) - segment.length + len(segment.payload)], len(frame)
