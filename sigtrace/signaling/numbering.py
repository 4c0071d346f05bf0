"""One count of all that people point at: exchanges and WebSocket messages are numbered together, in order of time.

A chart shows both, and one number must mean one of them.
"""

from __future__ import annotations

from heapq import merge
from typing import TYPE_CHECKING, TypeAlias

from sigtrace.application.http.message import Exchange
from sigtrace.value import replace

if TYPE_CHECKING:
    from collections.abc import Container, Iterable

    from sigtrace.application.websocket.message import Message


def number_in_time(
    exchanges: Iterable[Exchange], messages: Iterable[Message]
) -> tuple[tuple[Exchange, ...], tuple[Message, ...]]:
    """Number exchanges and messages from 1; both come, and go, in order of time."""
    numbered: tuple[list[Exchange], list[Message]] = ([], [])
    carriers: Iterable[Exchange | Message] = merge(exchanges, messages, key=_place_in_time)  # exchanges go first
    for number, one in enumerate(carriers, 1):
        if isinstance(one, Exchange):
            numbered[0].append(replace(one, number=number))
        else:
            numbered[1].append(replace(one, number=number))
    return tuple(numbered[0]), tuple(numbered[1])


class Numbering:
    """Numbers that stay, of a trace that is told again while it grows, and of which parts are forgotten.

    What was numbered before and is the same object comes back as the same numbered object: whoever remembers what was
    found of it knows it again.
    """

    def __init__(self) -> None:
        self._numbered: dict[int, tuple[_Carrier, _Carrier]] = {}  # by identity: as it came, and with its number
        self._given: dict[_Key, list[int]] = {}  # numbers of those from before something was forgotten
        self._base = 0  # the highest number from before that

    def number(
        self, exchanges: Iterable[Exchange], messages: Iterable[Message]
    ) -> tuple[tuple[Exchange, ...], tuple[Message, ...]]:
        """Number exchanges and messages; both come, and go, in order of time."""
        found: tuple[list[Exchange], list[Message]] = ([], [])
        numbered: dict[int, tuple[_Carrier, _Carrier]] = {}
        given = {key: iter(numbers) for key, numbers in self._given.items()}
        count = self._base
        carriers: Iterable[_Carrier] = merge(exchanges, messages, key=_place_in_time)
        for one in carriers:
            number = next(given[key], None) if (key := _key(one)) in given else None
            if number is None:
                number = count = count + 1
            known = self._numbered.get(id(one))
            same = known[1] if known is not None and known[1].number == number else replace(one, number=number)
            numbered[id(one)] = (one, same)
            found[0 if isinstance(same, Exchange) else 1].append(same)  # type: ignore[arg-type]  # each to its kind
        self._numbered = numbered
        return tuple(found[0]), tuple(found[1])

    def number_of(self, one: Exchange | Message) -> int | None:
        """Return the number that something got last, as it came."""
        known = self._numbered.get(id(one))
        return None if known is None else known[1].number

    def forget(self, gone: Container[int]) -> None:
        """Let those that stay keep their numbers when others do not come any more."""
        given: dict[_Key, list[int]] = {}
        for one, same in self._numbered.values():
            self._base = max(self._base, same.number)
            if same.number not in gone:
                given.setdefault(_key(one), []).append(same.number)
        self._given = given


_Carrier: TypeAlias = "Exchange | Message"
_Key: TypeAlias = "tuple[int, int, int]"


def _key(one: _Carrier) -> _Key:
    """Return by what something is known again that may have grown since: its flow, its time and its first packet."""
    if isinstance(one, Exchange):
        first = one.request or one.response
        return one.flow, one.at_ns, first.span.first_packet if first is not None else 0
    return one.flow, one.at_ns, -one.span.first_packet


def _place_in_time(one: Exchange | Message) -> int:
    return one.at_ns
