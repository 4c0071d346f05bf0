"""All units of a trace → the events that they state, and what each of them is for."""

from __future__ import annotations

from operator import attrgetter
from typing import TYPE_CHECKING, Final

from sigtrace.notices import Notice
from sigtrace.signaling.events import ExchangeKind
from sigtrace.signaling.kept_descriptions import KeptDescriptions
from sigtrace.signaling.kept_events import KeptEvents
from sigtrace.signaling.recognition import ExchangeRole, Recogniser, role_of
from sigtrace.value import Value

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from sigtrace.application.http.message import Exchange
    from sigtrace.application.socketio.packet import SocketPacket
    from sigtrace.application.websocket.message import Message
    from sigtrace.signaling.bearer import Unit
    from sigtrace.signaling.events import SignalingEvent
    from sigtrace.signaling.protocol import SignalingProtocol
    from sigtrace.signaling.recollection import Recollection

PLAIN, SOCKETIO = "websocket", "socket.io"
"""What messages of WebSocket and packets of Socket.IO speak that no signaling protocol claims."""


class Reading(Value, frozen=True):
    """What the units of a trace say."""

    events: dict[str, list[SignalingEvent]]  # by name of the protocol
    roles: tuple[ExchangeRole, ...]  # one an exchange
    message_protocols: tuple[str, ...]  # one a message
    packet_protocols: tuple[str, ...]  # one a Socket.IO packet
    notices: list[Notice]


def read_units(  # noqa: PLR0913  all that there is to read
    protocols: Sequence[SignalingProtocol],
    exchanges: Sequence[Exchange],
    messages: Sequence[Message],
    packets: Sequence[SocketPacket],
    carrying: Mapping[int, ExchangeKind],
    *,
    recollection: Recollection | None = None,
) -> Reading:
    """Recognise and decode all units of a trace.

    Args:
        protocols: every one there is.
        exchanges: in order of time.
        messages: of WebSockets, likewise.
        packets: of Socket.IO, likewise.
        carrying: exchanges and messages by number that bear Socket.IO, whose packets stand for them; an exchange with
            what it is for.
        recollection: what was found of them before, where a trace is told again and again.
    """
    units: list[Unit] = [one for one in exchanges if one.number not in carrying]
    units += [one for one in messages if one.number not in carrying]
    units += packets
    if messages or packets:  # exchanges alone are in order already
        units.sort(key=_AT_NS)
    recognised = Recogniser(protocols, units, recollection).recognised()
    of_unit = {id(unit): protocol for unit, protocol in zip(units, recognised, strict=True)}
    bearers = _protocols_of_bearers(packets, of_unit)
    upgrades = _protocols_of_flows(messages, of_unit, bearers)
    events, notices = _decode(units, recognised, recollection)
    return Reading(
        events=events,
        roles=tuple([_role(one, of_unit, carrying, bearers, upgrades) for one in exchanges]),
        message_protocols=tuple(
            _name(of_unit.get(id(one))) or bearers.get(one.number) or (SOCKETIO if one.number in carrying else PLAIN)
            for one in messages
        ),
        packet_protocols=tuple(_name(of_unit.get(id(one))) or SOCKETIO for one in packets),
        notices=notices,
    )


_AT_NS: Final = attrgetter("at_ns")


def _name(protocol: SignalingProtocol | None) -> str | None:
    return None if protocol is None else protocol.name


def _decode(
    units: Sequence[Unit], recognised: Sequence[SignalingProtocol | None], recollection: Recollection | None
) -> tuple[dict[str, list[SignalingEvent]], list[Notice]]:
    events: dict[str, list[SignalingEvent]] = {}
    notices: list[Notice] = []
    kept, descriptions = KeptEvents(len(units)), KeptDescriptions()
    own: dict[SignalingProtocol, list[Unit]] = {}
    for unit, protocol in zip(units, recognised, strict=True):
        if protocol is not None:
            own.setdefault(protocol, []).append(unit)
    for protocol, some in own.items():
        said: list[SignalingEvent] = []
        for event in _say(protocol, some, recollection):
            if isinstance(event, Notice):
                notices.append(event)
            elif (limited := kept.limit(event)) is not None:
                said.append(descriptions.limit(limited))
        if said:
            events.setdefault(protocol.name, []).extend(said)
    return events, [*notices, *kept.notices(), *descriptions.notices()]


def _say(
    protocol: SignalingProtocol, units: Sequence[Unit], recollection: Recollection | None
) -> Iterable[SignalingEvent | Notice]:
    """Decode units; where each is decoded by itself, only those that were not before."""
    if recollection is None or not protocol.decodes_alone:
        return protocol.decode_together(units)
    return (event for unit in units for event in recollection.said(unit, protocol, protocol.decode))


def _protocols_of_bearers(
    packets: Sequence[SocketPacket], of_unit: Mapping[int, SignalingProtocol | None]
) -> dict[int, str]:
    """Return by number of an exchange or message what the packets in it speak."""
    bearers: dict[int, str] = {}
    for packet in packets:
        name = _name(of_unit.get(id(packet)))
        number = packet.exchange if packet.exchange is not None else packet.message
        if name is not None and number is not None:
            bearers.setdefault(number, name)
    return bearers


def _protocols_of_flows(
    messages: Sequence[Message], of_unit: Mapping[int, SignalingProtocol | None], bearers: Mapping[int, str]
) -> dict[int, str]:
    """Return by flow what its WebSocket speaks."""
    flows: dict[int, str] = {}
    for message in messages:
        name = _name(of_unit.get(id(message))) or bearers.get(message.number)
        if name is not None:
            flows.setdefault(message.flow, name)
    return flows


def _role(
    exchange: Exchange,
    of_unit: Mapping[int, SignalingProtocol | None],
    carrying: Mapping[int, ExchangeKind],
    bearers: Mapping[int, str],
    upgrades: Mapping[int, str],
) -> ExchangeRole:
    if exchange.response is not None and exchange.response.status == 101:
        return ExchangeRole(protocol=upgrades.get(exchange.flow, "http"), kind=ExchangeKind.UPGRADE)
    if exchange.number in carrying:
        name = bearers.get(exchange.number, SOCKETIO)
        return ExchangeRole(protocol=name, kind=carrying[exchange.number], is_carrier=True)
    return role_of(exchange, of_unit.get(id(exchange)))
