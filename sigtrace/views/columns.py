"""Who gets a column of the chart, and where it stands."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sigtrace.value import replace
from sigtrace.views.ladder_rows import Column, ColumnKind, Tone
from sigtrace.views.people import SERVER, Stranger, TheServer, name_room
from sigtrace.views.quantities import count

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sigtrace.packets.endpoint import Endpoint
    from sigtrace.trace import Trace
    from sigtrace.views.people import Party, People
    from sigtrace.views.step import Step

MAX_PEERS = 8
"""Columns of peers unless asked otherwise: as many as a wide terminal shows, and more than one eye follows."""

_WEIGHTS = {Tone.SIGNAL: 1000, Tone.FAILURE: 100, Tone.PRESENCE: 1, Tone.HOUSEKEEPING: 1}
"""Who takes part in calls goes before who merely waits."""


class Columns:
    """The columns of one session: the server in the middle, half of the peers on each side of it.

    `parties` has who stands in each column, None for the others; `folded` has who the others are.
    """

    def __init__(  # noqa: PLR0913, PLR0917 - what a column is made of
        self, trace: Trace, people: People, session: int, server: Endpoint, steps: Iterable[Step], max_peers: int
    ) -> None:
        weights = _weigh(steps)
        rooms = _rooms_of(trace, session)
        order = _in_order_of_arrival(trace, session, weights, rooms)
        room = max_peers if len(order) <= max_peers else max(max_peers - 1, 1)  # the others need a column, too
        real = {peer.id for peer in trace.peers_in(session)}
        kept = set(sorted(order, key=lambda party: (party not in real, -weights[party]))[:room])
        shown: list[Party | None] = [party for party in order if party in kept]
        self.folded = tuple(party for party in order if party not in kept)
        if self.folded:
            shown.append(None)
        middle = (len(shown) + 1) // 2
        self.parties: list[Party | None] = [*shown[:middle], SERVER, *shown[middle:]]
        self._places = {party: place for place, party in enumerate(self.parties)}
        several = len({name for names in rooms.values() for name in names}) > 1
        self.columns = tuple(
            replace(
                _column(people, session, server, party, len(self.folded)),
                room=_name_rooms(rooms[party]) if several and party in rooms else None,
            )
            for party in self.parties
        )

    def place(self, party: Party) -> int:
        """Return the index of a party's column, that of the others when it has none."""
        return self._places[party] if party in self._places else self._places[None]

    def has(self, party: Party) -> bool:
        """Tell whether a party has a column of its own."""
        return party in self._places


def _weigh(steps: Iterable[Step]) -> dict[Party, int]:
    weights: dict[Party, int] = {}
    for step in steps:
        for party in (step.source, step.target):
            if party is not None and not isinstance(party, TheServer):
                weights[party] = weights.get(party, 0) + _WEIGHTS[step.meaning.tone]
    return weights


def _rooms_of(trace: Trace, session: int) -> dict[Party, list[str]]:
    """Return the rooms of each peer that was in one."""
    rooms: dict[Party, dict[str, None]] = {}
    for peer in trace.peers_in(session):
        if peer.room is not None:
            rooms.setdefault(peer.id, {})[name_room(peer.room)] = None
    return {party: list(names) for party, names in rooms.items()}


def _name_rooms(names: list[str]) -> str:
    """Name the rooms that one peer was in: two, or the first and how many more."""
    return ", ".join(names) if len(names) <= 2 else f"{names[0]} and {len(names) - 1} more"


def _in_order_of_arrival(
    trace: Trace, session: int, weights: dict[Party, int], rooms: dict[Party, list[str]]
) -> list[Party]:
    """Order peers as they came, those whose first room is the same together."""
    known: list[Party] = [peer.id for peer in trace.peers_in(session) if peer.id in weights]
    first = {party: names[0] for party, names in rooms.items()}
    opened: dict[str | None, int] = {}
    for party in known:
        opened.setdefault(first.get(party), len(opened))
    known.sort(key=lambda party: opened[first.get(party)])
    return list(dict.fromkeys([*known, *weights]))


def _column(people: People, session: int, server: Endpoint, party: Party | None, folded: int) -> Column:
    if party is None:
        return Column(kind=ColumnKind.OTHERS, name=count(folded, "other peer"))
    if isinstance(party, TheServer):
        return Column(kind=ColumnKind.SERVER, name=str(server))
    if isinstance(party, Stranger):
        return Column(kind=ColumnKind.STRANGER, name=party.address, address=party.address)
    name = people.name(session, party)
    return Column(
        kind=ColumnKind.PEER,
        name=name,
        brief=people.short(session, party),
        id=people.tag(session, party),
        address=people.address(session, party),
    )
