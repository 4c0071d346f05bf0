"""One Engine.IO session while it is gathered: what its carriers brought, and what that makes of it.

Carriers come in any order; each says when it was seen, and the session is read in order of time once all are there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from sigtrace.application.socketio.json_spans import decode_name, members_of
from sigtrace.application.socketio.packet import EnginePacketKind, EngineSession
from sigtrace.application.socketio.payload import undouble
from sigtrace.application.socketio.request import LEGACY

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sigtrace.application.socketio.engine import EnginePacket
    from sigtrace.application.span import Span
    from sigtrace.packets.endpoint import Endpoint


MAX_OPENING: Final = 4096
"""Bytes of the data of an open packet: they are a hundred, and reading them takes longer than packets do."""


class Carried(NamedTuple):
    """What one carrier brought in one direction."""

    span: Span
    carrier: int  # its number; of exchanges and messages together only one has it
    from_client: bool
    packets: list[EnginePacket]
    exchange: int | None = None
    message: int | None = None
    counted_text: bool = False
    lost: bool = False  # a message of which not all is there: what it was is not known


class Opening(NamedTuple):
    """What the server said when it opened the session."""

    sid: str
    at_ns: int
    ping_interval_ms: int | None
    ping_timeout_ms: int | None


class First(NamedTuple):
    """The first carrier: in order of time, then of packets and numbers."""

    at_ns: int
    packet: int
    carrier: int
    client: Endpoint
    server: Endpoint
    path: str
    protocol: int


class Session:
    """Gathers one session."""

    __slots__ = ("_carried", "_first", "channel", "closings", "exchanges", "flows", "openings", "polled", "sid")

    def __init__(self, channel: str, sid: str | None) -> None:
        self.channel = channel
        self.sid = sid
        self.polled = False  # some of it went by polling
        self.openings: list[Opening] = []
        self.closings: list[tuple[int, bool]] = []  # when a client asked to close by a request of its own
        self.exchanges: list[int] = []  # their numbers
        self.flows: set[int] = set()  # of its WebSockets
        self._carried: list[Carried] = []
        self._first: First | None = None

    @property
    def first(self) -> First:
        """The first carrier; there is one as soon as something was added."""
        if self._first is None:
            raise LookupError(self.channel)
        return self._first

    @property
    def protocol(self) -> int:
        """What its first carrier speaks."""
        return self.first.protocol

    def meet(self, first: First) -> None:
        """Take note of one of its carriers."""
        if self._first is None or first[:3] < self._first[:3]:
            self._first = first

    def add(self, carried: Carried) -> None:
        """Add what a carrier brought."""
        self._carried.append(carried)

    def carried(self) -> list[Carried]:
        """Return all that was brought, in order of time, texts as they were before polling encoded them."""
        ordered = sorted(self._carried, key=lambda one: (one.span[0], one.span[2], one.carrier, one.from_client))
        texts = [packet.data for one in ordered if one.counted_text for packet in one.packets if not packet.binary]
        odd = [text for text in texts if not text.isascii()]
        if not odd or any(undouble(text) is None for text in odd):
            return ordered
        return [_undoubled(one) if one.counted_text else one for one in ordered]


def _undoubled(carried: Carried) -> Carried:
    packets = [
        packet if packet.binary else packet._replace(data=undouble(packet.data) or packet.data)
        for packet in carried.packets
    ]
    return carried._replace(packets=packets)


def read_opening(data: bytes, at_ns: int) -> Opening | None:
    """Read the data of an open packet, JSON with `sid`, `pingInterval`, `pingTimeout`; None without `sid`."""
    if len(data) > MAX_OPENING:
        return None
    members = members_of(data)
    sid = decode_name(members.get(b'"sid"', b'"'))
    if not sid:
        return None
    return Opening(sid, at_ns, _integer(members.get(b'"pingInterval"')), _integer(members.get(b'"pingTimeout"')))


def _integer(digits: bytes | None) -> int | None:
    return int(digits) if digits is not None and digits.isdigit() and len(digits) <= 15 else None


_PROBE: Final = b"probe"


def tell_session(session: Session, carried: list[Carried], closed_ns: Mapping[int, int]) -> EngineSession:
    """Put together what is known of a session."""
    first = session.first
    opening = min(session.openings, key=lambda one: one.at_ns, default=None)
    upgraded_ns = _upgraded_ns(session, carried)
    closed_at, closed_by_client = _closing(session, carried, closed_ns, upgraded=upgraded_ns is not None)
    return EngineSession(
        channel=session.channel,
        sid=session.sid,
        protocol=first.protocol,
        client=first.client,
        server=first.server,
        path=first.path,
        opened_ns=opening.at_ns if opening else None,
        upgraded_ns=upgraded_ns,
        closed_ns=closed_at,
        closed_by_client=closed_by_client,
        flow=max(session.flows, default=None),
        exchanges=tuple(sorted(session.exchanges)),
        ping_interval_ms=opening.ping_interval_ms if opening else None,
        ping_timeout_ms=opening.ping_timeout_ms if opening else None,
        heartbeats=_heartbeats(carried),
    )


def _upgraded_ns(session: Session, carried: list[Carried]) -> int | None:
    """Return when the client sent its upgrade packet, or else the first message on a WebSocket that came later."""
    if not session.polled:
        return None
    over_websocket = [one for one in carried if one.message is not None]
    for wanted in (EnginePacketKind.UPGRADE, EnginePacketKind.MESSAGE):
        for one in over_websocket:
            if any(packet.kind is wanted for packet in one.packets):
                return one.span.start_ns
    return None


def _heartbeats(carried: list[Carried]) -> tuple[int, ...]:
    """Return the round-trip times of pings, whichever side sends them; probes are none."""
    times: list[int] = []
    asked: dict[bool, int] = {}  # by who asked; of several without an answer, the last
    for one in carried:
        for packet in one.packets:
            if packet.data == _PROBE:
                continue
            if packet.kind is EnginePacketKind.PING:
                asked[one.from_client] = one.span.end_ns
            elif packet.kind is EnginePacketKind.PONG and (not one.from_client) in asked:
                times.append(max(one.span.start_ns - asked.pop(not one.from_client), 0))
    return tuple(times)


def _closing(
    session: Session, carried: list[Carried], closed_ns: Mapping[int, int], *, upgraded: bool
) -> tuple[int | None, bool | None]:
    """Return when it closed and whether the client did that: by a packet, else by the end of its WebSocket."""
    packets = [
        (one.span.start_ns, one.from_client)
        for one in carried
        for packet in one.packets
        if packet.kind is EnginePacketKind.CLOSE or _is_farewell(packet, session.protocol)
    ]
    goodbye = _goodbye(carried) if session.protocol != LEGACY else None
    if packets or session.closings:
        at_ns, by_client = min([*packets, *session.closings])
        return at_ns, by_client if goodbye is None else goodbye
    ends = [closed_ns[flow] for flow in session.flows if flow in closed_ns]
    if not ends or (session.polled and not upgraded):
        return None, None
    return max(ends), goodbye


def _goodbye(carried: list[Carried]) -> bool | None:
    """Return who sent the last packet of all when that left a namespace: the other side closes in answer to it."""
    for one in reversed(carried):
        for packet in reversed(one.packets):
            if packet.kind is EnginePacketKind.MESSAGE:
                return one.from_client if packet.data[:1] == b"1" and not packet.binary else None
    return None


def _is_farewell(packet: EnginePacket, protocol: int) -> bool:
    """Tell whether a packet of 0.9 leaves all namespaces, which closes."""
    is_text = packet.kind is EnginePacketKind.MESSAGE and not packet.binary
    return protocol == LEGACY and is_text and packet.data.strip(b":") == b"0" and packet.data[:1] == b"0"
