"""Which protocol every unit speaks: by itself where that is certain, else by what is certainly spoken around it.

An exchange of HTTP is recognised one by one: a server may speak several protocols, and serve pages too. Messages of
WebSocket and packets of Socket.IO are recognised by place, a path or namespace of one server: what is certain of one of
them is true of all, so a message that nobody knows is an unknown one of the protocol spoken there.
"""

from __future__ import annotations

from collections import Counter
from functools import cached_property
from typing import TYPE_CHECKING, Final, NamedTuple

from sigtrace.application.http.message import Exchange
from sigtrace.application.websocket.message import Message
from sigtrace.signaling.events import ExchangeKind
from sigtrace.signaling.protocol import Fit
from sigtrace.value import Value

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from collections.abc import Set as AbstractSet

    from sigtrace.application.socketio.packet import SocketPacket
    from sigtrace.packets.endpoint import Endpoint
    from sigtrace.signaling.bearer import Unit
    from sigtrace.signaling.events import PeerId
    from sigtrace.signaling.protocol import SignalingProtocol
    from sigtrace.signaling.recollection import Recollection


class ExchangeRole(Value, frozen=True, kw_only=True):
    """What an exchange is in its signaling protocol."""

    protocol: str  # "peerconnection"; "http" when no signaling protocol claims it
    kind: ExchangeKind
    peer: PeerId | None = None  # who says in it that it makes it, where requests say so
    is_carrier: bool = False  # it is there for the packets in it, which are told in its stead


class Place(NamedTuple):
    """Where messages of one protocol go by: a path of a server, or a namespace on it."""

    server: Endpoint
    path: str | None  # None: the handshake was not captured
    namespace: str | None  # of Socket.IO


def place_of(unit: Message | SocketPacket) -> Place:
    """Return where a message or packet goes by; what a target's query says is no other place."""
    if isinstance(unit, Message):
        path = None if unit.target is None else unit.target.partition(b"?")[0].decode("latin-1")
        return Place(unit.server, path, None)
    return Place(unit.server, unit.path, unit.namespace)


def _is_settled(unit: Unit, fits: Mapping[int, Fit]) -> bool:
    """Tell whether a unit leaves nothing to claim by company: by what it is, or by a description that it carries."""
    said = fits.values()
    return Fit.CERTAIN in said or (isinstance(unit, Message) and Fit.GENERIC in said)


class Recogniser:
    """Recognises the units of a trace.

    Args:
        protocols: every one there is; order breaks ties between equal fits.
        units: in order of time.
        recollection: what was found of them before.
    """

    def __init__(
        self, protocols: Sequence[SignalingProtocol], units: Sequence[Unit], recollection: Recollection | None = None
    ) -> None:
        self._protocols = protocols
        if recollection is None:
            self._fits = [self._fits_of(unit) for unit in units]
        else:
            self._fits = [recollection.fits(unit, self._fits_of) for unit in units]
        self._units = units
        self._add_claims()
        self._of_place = self._recognise_places()

    @cached_property
    def _certain(self) -> AbstractSet[tuple[Endpoint, int]]:
        """The servers that speak a protocol for certain, with its place; asked for where one is only possible."""
        return {
            (unit.server, place)
            for unit, fits in zip(self._units, self._fits, strict=True)
            for place, fit in fits.items()
            if fit is Fit.CERTAIN
        }

    def recognised(self) -> list[SignalingProtocol | None]:
        """Return the protocol of each unit, None where none fits."""
        return [self._protocol_of(unit, fits) for unit, fits in zip(self._units, self._fits, strict=True)]

    def _fits_of(self, unit: Unit) -> dict[int, Fit]:
        """Return how well each protocol fits, by its place in the order, those that do not left out."""
        fits: dict[int, Fit] = {}
        for place, protocol in enumerate(self._protocols):
            fit = protocol.fit(unit)
            if fit is not Fit.NONE:
                fits[place] = fit
            if fit is Fit.CERTAIN and isinstance(unit, Exchange):
                break  # nobody later in the order could have it, and looking into bodies takes its time
        return fits

    def _add_claims(self) -> None:
        """Let protocols claim by company what no protocol is certain of, neither by itself nor by its place."""
        open_fits = {
            id(unit): fits for unit, fits in zip(self._units, self._fits, strict=True) if not _is_settled(unit, fits)
        }
        if not open_fits:
            return
        taken = {place_of(unit) for unit in self._units if not (isinstance(unit, Exchange) or id(unit) in open_fits)}
        open_units = [
            unit
            for unit in self._units
            if id(unit) in open_fits and (isinstance(unit, Exchange) or place_of(unit) not in taken)
        ]
        for place, protocol in enumerate(self._protocols):
            for unit in protocol.claim(open_units):
                fits = open_fits[id(unit)]
                if Fit.CERTAIN not in fits.values():
                    fits[place] = Fit.CERTAIN

    def _recognise_places(self) -> Mapping[Place, int]:
        votes: dict[Place, Counter[tuple[Fit, int]]] = {}
        for unit, fits in zip(self._units, self._fits, strict=True):
            if not isinstance(unit, Exchange):
                counter = votes.setdefault(place_of(unit), Counter())
                counter.update((fit, place) for place, fit in fits.items())
        chosen = {}
        for where, counter in votes.items():
            believed = {
                vote: number
                for vote, number in counter.items()
                if vote[0] is not Fit.POSSIBLE or (where.server, vote[1]) in self._certain
            }
            if believed:
                best = max(believed, key=lambda vote: (_weight(vote[0], believed[vote]), -vote[1]))
                chosen[where] = best[1]
        return chosen

    def _protocol_of(self, unit: Unit, fits: dict[int, Fit]) -> SignalingProtocol | None:
        if not isinstance(unit, Exchange):
            chosen = self._of_place.get(place_of(unit))
            return None if chosen is None else self._protocols[chosen]
        for wanted in _BY_BELIEF:
            for place, fit in fits.items():
                if fit is wanted and (wanted is not Fit.POSSIBLE or (unit.server, place) in self._certain):
                    return self._protocols[place]
        return None


_BY_BELIEF: Final = (Fit.CERTAIN, Fit.POSSIBLE, Fit.GENERIC)


def _weight(fit: Fit, number: int) -> tuple[int, int]:
    """Rank what is said of a place: certain, possible, generic; among the certain the many go before the few."""
    rank = {Fit.CERTAIN: 2, Fit.POSSIBLE: 1}.get(fit, 0)
    return rank, number if fit is Fit.CERTAIN else 0


def role_of(exchange: Exchange, protocol: SignalingProtocol | None) -> ExchangeRole:
    """Name what an exchange is for, in its protocol or as plain HTTP."""
    if protocol is not None:
        return ExchangeRole(protocol=protocol.name, kind=protocol.kind(exchange), peer=protocol.peer_of(exchange))
    options = exchange.request is not None and exchange.request.method == "OPTIONS"
    return ExchangeRole(protocol="http", kind=ExchangeKind.OPTIONS if options else ExchangeKind.OTHER)
