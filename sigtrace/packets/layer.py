"""What is left of a record once some headers are taken off, and the damage that stops the taking off."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from enum import Enum
from typing import TypeAlias

from sigtrace.errors import DecodeError
from sigtrace.value import Value, replace

PACKET_CUT = "packet.cut"  # a header reaches beyond what the snap length left of the packet


class Space(Enum):
    """The registry in which a header names what follows it."""

    LINK = "LINKTYPE"
    ETHERTYPE = "EtherType"
    PPP = "PPP protocol"
    IP = "IP protocol"
    UDP = "UDP port"


class HeaderError(DecodeError):
    """A header that is not what it claims to be, with the notice code that says which."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class Carrier(Value, frozen=True):
    """What the transport layer must know of the IP header that was taken off before it."""

    source: bytes  # 4 or 16 bytes
    destination: bytes
    identification: int  # of IPv4; -1 when it tells nothing


NO_CARRIER = Carrier(b"", b"", -1)


class Layer(Value, frozen=True):
    """The bytes that one header left to the next: `number` in `space` says what they are."""

    space: Space
    number: int
    data: bytes  # as captured
    length: int  # bytes on the wire, never fewer than `data` holds
    carrier: Carrier = NO_CARRIER

    def need(self, length: int, code: str) -> None:
        """Make sure that `length` bytes were captured. Raises HeaderError: `code`, or PACKET_CUT if they were sent."""
        if len(self.data) < length:
            kind = PACKET_CUT if self.length >= length else code
            raise HeaderError(kind, f"{length} bytes of header wanted, {len(self.data)} there")

    def inner(self, header: int, space: Space, number: int) -> Layer:
        """Return what follows the first `header` bytes."""
        return Layer(space, number, self.data[header:], max(self.length - header, 0), self.carrier)

    def limited(self, length: int) -> Layer:
        """Return this layer without what lies beyond `length` bytes on the wire: padding, a trailer."""
        return replace(self, data=self.data[:length], length=min(self.length, length))


class Fragment(Value, frozen=True):
    """A part of an IP packet's payload (RFC 791 §3.2, RFC 8200 §4.5)."""

    key: tuple[bytes, ...]  # equal for the fragments of one packet
    offset: int  # bytes
    more: bool  # others follow
    part: Layer


class FrameFragment(Value, frozen=True):
    """A part of an 802.11 frame's payload, the MSDU (IEEE 802.11 §10.4): numbered, where IP says the place."""

    key: tuple[bytes, ...]  # equal for the fragments of one MSDU
    number: int  # from 0
    more: bool  # others follow
    retry: bool  # sent again, for want of an acknowledgment
    part: Layer


Decoder: TypeAlias = Callable[[Layer], Sequence[Layer | Fragment | FrameFragment]]
"""Takes one header off; returns what it carried: nothing when that cannot lead to TCP. Raises HeaderError."""
