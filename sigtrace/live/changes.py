"""The records of a trace that grows: each when it is first known, and again whenever something of it changed.

Every record has a `key`: the last of each key is what the export of the whole says, unless it was withdrawn. Until the
end, what only the end can tell is left open: a wait that hangs has no release and no length, a call that goes on has no
end, and a connection comes when it is over.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeAlias

from sigtrace.calls.negotiation import CallEnd
from sigtrace.calls.signals import Fate
from sigtrace.calls.waits import Release
from sigtrace.export.records import plan_records, records

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from functools import partial

    from sigtrace.export.record import Record
    from sigtrace.trace import Trace

HOPE_NS: Final = 30_000_000_000
"""For so long a message may still be fetched: the sample server drops a peer that does not come for it."""

_Key: TypeAlias = str

_LASTING: Final = {
    "signal": ("protocol", "server", "from", "to", "kind", "sent_ns", "delivered_ns"),
    "call": ("protocol", "server", "caller", "callee", "began_ns", "dialog"),
    "socketio_packet": ("channel", "at_ns", "from", "name", "exchange", "message"),
}
"""Types whose numbers count what is in the trace, and by what each is known again once some of it was forgotten."""

_IDENTITY: Final = {
    "flow": ("number",),
    "exchange": ("number",),
    "websocket_message": ("number",),
    "socketio_packet": ("number",),
    "engineio_session": ("channel",),
    "peer": ("server", "protocol", "id"),
    "wait": ("exchange",),
    "signal": ("number",),
    "description": ("signal",),
    "candidate": ("signal",),
    "call": ("number",),
    "capture": ("file",),
    "act": ("kind", "at_ns", "peer", "about"),
    "websocket_control": ("flow", "at_ns", "opcode"),
    "notice": ("code", "packet", "offset"),
}
"""By which fields a record is known again; several of one identity count on."""

_GROWING: Final = {"engineio_session": ("heartbeats",), "capture": ("packets", "bytes", "last_ns")}
"""Fields that grow all the time, and are no news."""


class _Made(NamedTuple):
    """A record as it was made last, to be made anew only when something it is made of has changed."""

    values: tuple[Any, ...]
    record: Record
    key: _Key  # but for the number of those that have the same


class Changes:
    """Remembers what was told of a trace, and tells what is new.

    Args: bodies: with the texts of messages, as the export has them.
    """

    def __init__(self, *, bodies: bool = False) -> None:
        self._bodies = bodies
        self._told: dict[_Key, Record] = {}
        self._made: dict[Any, list[_Made]] = {}  # by what made them, in their order
        self._numbers: dict[str, list[int]] = {name: [] for name in (*_LASTING, "session")}  # by place in the trace
        self._sessions: list[tuple[str, str]] = []  # server and protocol of each

    def of(self, trace: Trace, *, final: bool = False) -> Iterator[Record]:
        """Yield the records that are new or have changed, in the order of the contract, then those that do not hold.

        What looked like one protocol may turn out to be another: then what was told of it is withdrawn.

        Args:
            trace: told so far.
            final: nothing comes after it.
        """
        before, self._told = self._told, {}
        for key, record in self._keyed(trace):
            shown = record if final else _left_open(record, trace.last_ns)
            if shown is None:
                continue
            last = before.pop(key, None)
            if last is None or (last != shown and (final or _without_growing(last) != _without_growing(shown))):
                self._told[key] = shown
                yield shown
            else:
                self._told[key] = last
        for key in before:
            yield {"type": "withdrawn", "key": key}
        self._sessions = [(str(one.server), one.protocol) for one in trace.sessions]

    def forget(self, trace: Trace) -> None:
        """Go on from a trace of which parts were forgotten: what is left keeps the numbers it had.

        Args: trace: the one told last, told again without them.
        """
        sessions = [(str(one.server), one.protocol) for one in trace.sessions]
        places = _find_again(self._sessions, sessions)
        self._keep_numbers("session", places, len(sessions))
        left = [record for record in records(trace) if record["type"] in _LASTING]
        for name, fields in _LASTING.items():
            old = [_values(record, fields) for record in self._told.values() if record["type"] == name]
            new = [_values(record, fields) for record in left if record["type"] == name]
            self._keep_numbers(name, _find_again(old, new), len(new))
        self._sessions = sessions
        self._made = {}  # their numbers are others now
        self._told = {
            key: shown for key, record in self._keyed(trace) if (shown := _left_open(record, trace.last_ns)) is not None
        }

    def _keep_numbers(self, name: str, places: list[int | None], count: int) -> None:
        """Let what stays keep its number; what was not found again counts on."""
        numbers = self._numbers[name]
        highest = max(numbers, default=0)
        kept = []
        for place in places[:count]:
            if place is None or place >= len(numbers):
                highest += 1
                kept.append(highest)
            else:
                kept.append(numbers[place])
        self._numbers[name] = kept

    def _keyed(self, trace: Trace) -> Iterator[tuple[_Key, Record]]:
        """Yield the records, and by what each is known again; their numbers are such that they stay."""
        seen: Counter[_Key] = Counter()
        made: dict[Any, list[_Made]] = {}
        for make in plan_records(trace, bodies=self._bodies):
            same = made.setdefault(make.func, [])
            before = self._made.get(make.func, ())
            known = before[len(same)] if len(same) < len(before) else None
            if known is None or known.values != make.args:
                known = self._make(make)
            same.append(known)
            seen[known.key] += 1
            key = known.key if seen[known.key] == 1 else f"{known.key} #{seen[known.key]}"
            known.record["key"] = key
            yield key, known.record
        self._made = made

    def _make(self, make: partial[Record]) -> _Made:
        record = make()
        self._renumber(record)
        key = " ".join([record["type"], *map(str, _values(record, _IDENTITY[record["type"]]))])
        return _Made(make.args, record, key)

    def _renumber(self, record: Record) -> None:
        name = record["type"]
        if name in _LASTING:
            record["number"] = self._number(name, record["number"])
        for field in ("signal", "call", "session"):
            if isinstance(record.get(field), int):
                record[field] = self._number(field, record[field])
        if name == "call":
            record["signals"] = [self._number("signal", number) for number in record["signals"]]

    def _number(self, name: str, number: int) -> int:
        """Return the number that stays for one of the trace; new ones count on."""
        numbers = self._numbers[name]
        while len(numbers) < number:
            numbers.append(max(numbers, default=0) + 1)
        return numbers[number - 1]


def _find_again(old: Sequence[Any], new: Sequence[Any]) -> list[int | None]:
    """Return for each of the new where it stands among the old, of which some are gone; the newest stay."""
    places: list[int | None] = []
    place = len(old)
    for one in reversed(new):
        found = next((at for at in range(place - 1, -1, -1) if old[at] == one), None)
        place = place if found is None else found
        places.append(found)
    return places[::-1]


def _left_open(record: Record, last_ns: int) -> Record | None:
    """Return a record without what only the end can tell; None for one that comes when it is over."""
    kind = record["type"]
    if kind == "flow" and record["closed_ns"] is None:
        return None
    if kind == "wait" and record["released_by"] == Release.CAPTURE_ENDED.value:
        return {**record, "released_by": None, "hang_ns": None, "ended_ns": None}
    if kind == "call" and record["ended"] == CallEnd.CAPTURE_ENDED.value:
        return {**record, "ended": None, "verdict": None}
    if kind == "signal" and record["fate"] == Fate.UNDELIVERED.value and record["sent_ns"] > last_ns - HOPE_NS:
        return {**record, "fate": None}
    return record


def _without_growing(record: Record) -> Record:
    fields = _GROWING.get(record["type"], ())
    return {name: value for name, value in record.items() if name not in fields} if fields else record


def _values(record: Record, fields: Iterable[str]) -> tuple[Any, ...]:
    return tuple(record.get(field) for field in fields)
