"""Checksums of IPv4, TCP and UDP, verified when that is asked for: a wrong one is a notice.

A host that leaves checksums to its network card captures its own packets before they are finished: the IPv4 field is
zero, and those of TCP and UDP hold zero or the sum of the pseudo-header alone (with the length, or without it where
the card cuts a large segment into small ones). Such checksums are neither right nor wrong, and nothing was damaged.
A packet whose end was not captured cannot be verified at all.

The one's complement sum of 16-bit words (RFC 1071) is the number that the bytes make, modulo 65535.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sigtrace.notices import Notice, Severity
from sigtrace.packets.net import ipv4
from sigtrace.packets.recurring import Recurring
from sigtrace.packets.transport import udp

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sigtrace.packets.layer import Decoder, Layer

IP_CHECKSUM = "ip.checksum"  # an IPv4 header's checksum is wrong
TCP_CHECKSUM = "tcp.checksum"  # a TCP segment's is: its receiver threw it away
UDP_CHECKSUM = "udp.checksum"  # a UDP datagram's is
OFFLOADED = "checksum.offloaded"  # not finished when it was captured
UNVERIFIED = "checksum.unverified"  # the packet's end was not captured

_FIELDS = {IP_CHECKSUM: 10, TCP_CHECKSUM: 16, UDP_CHECKSUM: 6}  # where it stands in the header
_MODULUS = 0xFFFF


class Checksums:
    """Verifies the checksums of a capture; remembers how many there was nothing to say about."""

    def __init__(self) -> None:
        self._recurring = Recurring()

    def of_header(self, layer: Layer, decode: Decoder | None, packet: int) -> Iterator[Notice]:
        """Verify what this decoder is about to take off; yield a notice if it has a checksum, and that is wrong."""
        if decode is ipv4.decode_ipv4 and layer.data:
            header = layer.data[: (layer.data[0] & 0x0F) * 4]
            if len(header) >= ipv4.HEADER:
                yield from self._verify(IP_CHECKSUM, header, 0, packet, "IPv4 header", "; the packet was used")
        elif decode is udp.decode_udp:
            datagram = layer.limited(int.from_bytes(layer.data[4:6], "big") or layer.length)
            if datagram.length >= udp.HEADER and any(datagram.data[6:8]):  # 0: sent without
                yield from self._verify_whole(UDP_CHECKSUM, datagram, packet, "UDP", "; the datagram was used")

    def of_segment(self, layer: Layer, packet: int) -> Notice | None:
        """Verify a TCP segment; return a notice when its checksum is wrong."""
        outcome = "; left out, as its receiver will have done"
        return next(self._verify_whole(TCP_CHECKSUM, layer, packet, "TCP", outcome), None)

    def close(self) -> list[Notice]:
        """Return how many checksums were not finished, and how many packets were cut."""
        return self._recurring.close()

    def _verify_whole(self, code: str, layer: Layer, packet: int, name: str, outcome: str) -> Iterator[Notice]:
        """Verify a layer with its payload, and what it must know of the IP header before it."""
        if len(layer.data) < layer.length:
            text = "{count} checksums could not be verified: a snap length cut the packets"
            self._recurring.note(UNVERIFIED, packet, severity=Severity.INFO, text=text)
            return
        carrier = layer.carrier
        addresses = int.from_bytes(carrier.source, "big") + int.from_bytes(carrier.destination, "big")
        yield from self._verify(code, layer.data, addresses + layer.number, packet, name, outcome)

    def _verify(  # noqa: PLR0917, PLR0913 - what is verified, and how to tell of it
        self, code: str, data: bytes, pseudo: int, packet: int, name: str, outcome: str
    ) -> Iterator[Notice]:
        at = _FIELDS[code]
        given = int.from_bytes(data[at : at + 2], "big")
        length = 0 if code == IP_CHECKSUM else len(data)
        rest = _sum(data) % _MODULUS - given + pseudo + length
        if (rest + given) % _MODULUS == 0:
            return
        if given == 0 or (pseudo and given % _MODULUS in {(pseudo + length) % _MODULUS, pseudo % _MODULUS}):
            text = "{count} checksums were left to the sender's network card, and captured before it made them"
            self._recurring.note(OFFLOADED, packet, severity=Severity.INFO, text=text)
            return
        expected = -rest % _MODULUS
        text = f"{name} checksum 0x{given:04x}, should be 0x{expected:04x}{outcome}"
        yield Notice(code=code, severity=Severity.WARNING, text=text, packet=packet)


def _sum(data: bytes) -> int:
    """Return the bytes as one number, a zero behind an odd last one: that modulo 65535 is their sum."""
    return int.from_bytes(data, "big") << 8 * (len(data) % 2)
