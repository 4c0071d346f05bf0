"""The frozen types that TCP reassembly hands on: what a stream delivers, and what is known of a flow."""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING, Final, NamedTuple, TypeAlias

from sigtrace.value import Value

if TYPE_CHECKING:
    from sigtrace.packets.endpoint import Endpoint


class Chunk(NamedTuple):
    """New bytes of a stream, in order, all brought first by one packet."""

    data: bytes
    at_ns: int  # of the packet that brought them first
    packet: int


CHUNK_COST: Final = 160
"""Bytes of memory that a chunk takes beside its data, about."""


class Gap(NamedTuple):
    """Bytes of a stream that were never captured."""

    length: int
    at_ns: int  # of the packet that shows they are missing
    packet: int


class Ending(Enum):
    """How one direction of a flow came to its end."""

    FIN = "fin"  # this side closed
    RESET = "reset"  # this side reset
    PEER_RESET = "peer-reset"  # the other side reset
    REPLACED = "replaced"  # a new connection took the same ports; the end itself was not captured
    CAPTURE_ENDED = "capture-ended"


class End(NamedTuple):
    """No more bytes of this direction. Comes once per direction, after all its chunks and gaps."""

    how: Ending
    at_ns: int
    packet: int | None  # None when no packet showed it


StreamItem: TypeAlias = Chunk | Gap | End


class Words(NamedTuple):
    """All that one side of a flow says, and when and by which packets that was brought."""

    data: bytes
    begin: int  # how much of it the first packet brought
    packets: int
    first_ns: int
    last_ns: int
    first_packet: int
    last_packet: int


class Delivery(NamedTuple):
    """One item of one direction of one flow."""

    flow: int  # number of the flow
    from_originator: bool
    item: StreamItem


class Closer(Enum):
    """Who closed a flow, by role in the connection."""

    ORIGINATOR = "originator"
    RESPONDER = "responder"
    RESET = "reset"


class Ends(NamedTuple):
    """The two ends of a flow."""

    originator: Endpoint
    responder: Endpoint
    handshake_seen: bool  # the originator is certain


class Counts(Value, frozen=True, kw_only=True):
    """What was counted for one direction of a flow."""

    packets: int = 0
    bytes: int = 0  # distinct payload bytes delivered
    gap_bytes: int = 0  # distinct payload bytes never captured
    retransmitted: int = 0  # segments that brought nothing but bytes already sent
    copies: int = 0  # packets captured more than once (another interface, both sides of a bridge)
    sha256: str | None = None  # of the delivered bytes, where asked for


class Flow(Value, frozen=True, kw_only=True):
    """What is known of one TCP connection when it is over, or when asked."""

    number: int  # from 1, in order of first packet: Wireshark's tcp.stream + 1
    originator: Endpoint  # sent the SYN; without one, our best guess
    responder: Endpoint
    handshake_seen: bool  # a SYN or SYN-ACK was captured: the originator is certain
    opened_ns: int  # first packet
    first_packet: int
    last_ns: int
    closed_ns: int | None  # first FIN or RST
    closed_by: Closer | None
    connect_ns: int | None  # SYN to SYN-ACK; None when either is missing
    from_originator: Counts
    from_responder: Counts
