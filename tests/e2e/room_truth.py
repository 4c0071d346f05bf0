"""What the clients of rooms logged, beside what sigtrace exports: the differences, each in a line.

A truth file lists every WebSocket message of every client by its own clock, who joined and left which room, and each
signal on its way from one peer to another. In a capture that lost something, whatever is exported must be true, and
what cannot be known may be null or missing; in every other capture all of it must be there.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import sigtrace
from sigtrace.export.records import records

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

CLOCK_MS = 5.0
"""How far a client's clock may be from the capture's."""

PAGE_MS = 15.0
"""The same for what a page sends: it is heard through another process. Up to 8.2 ms were measured."""

PAGE_HEARS_MS = 80.0
"""The same for what it gets, while it also encodes and decodes its calls. Up to 35 ms were measured."""

HELD_MS = 50.0
"""How long a kernel may hold back what is small while the last was not acknowledged (RFC 1122 §4.2.3.2, §4.2.3.4)."""

TOLD_MS = 500.0
"""How long after somebody came or went a server may tell the others."""

RELAYED = frozenset({"offer", "answer", "candidate", "bye", "text", "chat"})
"""Kinds of signals that are compared."""

_S = 1_000_000_000
_TELLING = {
    "_new_peer": "told-joined",
    "user_join": "told-joined",
    "_remove_peer": "told-left",
    "user_leave": "told-left",
}

Row = dict[str, Any]


@dataclass(slots=True)
class Meeting:
    """One capture of rooms: its truth and its export."""

    name: str
    truth: Row
    records: list[Row]

    @property
    def partial(self) -> bool:
        """True when messages may be missing, or were before the capture."""
        return self.name.endswith(("-gap", "-late", "-dropped"))

    @property
    def pages(self) -> bool:
        """True when clients are pages."""
        return any("chrom" in str(row.get("client")).lower() for row in self.truth["peers"])

    @property
    def tolerance_ms(self) -> float:
        """How far apart the clocks may be of what a client hears, milliseconds."""
        return PAGE_HEARS_MS if self.pages else CLOCK_MS

    @property
    def says_ms(self) -> float:
        """The same for what it sends."""
        return PAGE_MS if self.pages else CLOCK_MS

    def visible(self, at_s: float | None) -> bool:
        """Tell whether something happened while the recorder ran."""
        stop = (self.truth.get("damage") or {}).get("last_packet") or self.truth["capture"]["stop"]
        return at_s is not None and self.truth["capture"]["start"] <= at_s <= stop

    def of(self, kind: str) -> list[Row]:
        """Return the exported records of one type."""
        return [record for record in self.records if record["type"] == kind]

    def rows(self, key: str) -> list[Row]:
        """Return the rows of the truth under one key."""
        rows: list[Row] = self.truth.get(key) or []
        return rows

    def near(self, at_ns: int | None, at_s: float | None, *, within_ms: float | None = None) -> bool:
        """Tell whether two clocks mean the same moment."""
        if at_ns is None or at_s is None:
            return at_ns is None and at_s is None
        return abs(at_ns / _S - at_s) * 1000 <= (self.tolerance_ms if within_ms is None else within_ms)


def load(folder: Path) -> Meeting:
    """Analyse a capture."""
    capture = next(path for path in folder.iterdir() if path.suffix in (".pcap", ".pcapng"))
    truth = json.loads((folder / "truth.json").read_text(encoding="utf-8"))
    return Meeting(folder.name, truth, list(records(sigtrace.analyze(sigtrace.read(capture)))))


# --- messages


def message_differences(meeting: Meeting) -> Iterator[str]:
    """Yield where exported WebSocket messages are not the true ones: by client, direction and digest, in order."""
    addresses = {row["label"]: row["address"] for row in meeting.truth["peers"]}
    exported: dict[tuple[Any, ...], list[Row]] = defaultdict(list)
    damaged: dict[tuple[Any, ...], int] = defaultdict(int)
    for one in meeting.of("websocket_message"):
        way = one["client"].rpartition(":")[0], "out" if one["from"] == "client" else "in"
        exported[(*way, one["sha256"])].append(one)
        damaged[way] += one["sha256"] is None
    last_out: dict[str, float] = {}
    for row in meeting.rows("ws_messages"):
        if "dir" not in row:
            continue
        way = addresses[row["peer"]], row["dir"]
        before = last_out.get(row["peer"], 0.0) if row["dir"] == "out" else 0.0
        if row["dir"] == "out":
            last_out[row["peer"]] = row["t"]
        some = exported[(*way, row["sha256"])]
        if some:
            yield from _compare_message(meeting, row, some.pop(0), held=(row["t"] - before) * 1000 <= HELD_MS)
        elif damaged[way] and meeting.partial:
            damaged[way] -= 1
            exported[(*way, None)].pop(0)
        elif meeting.visible(row["t"]) and not meeting.partial:
            yield f"missing: {row['dir']} {row['peer']} {row['event']} at {row['t']}"
    for one in (one for some in exported.values() for one in some):
        yield f"never happened: {one['number']} from {one['from']} of {one['client']}, {one['length']} bytes"


def _compare_message(meeting: Meeting, row: Row, one: Row, *, held: bool) -> Iterator[str]:
    if one["length"] != row["len"]:
        yield f"message {one['number']}: {one['length']} bytes, in truth {row['len']}"
    if "opcode" in row and one["opcode"] != {"text": 1, "binary": 2}[row["opcode"]]:
        yield f"message {one['number']}: opcode {one['opcode']}, in truth {row['opcode']}"
    within_ms = HELD_MS if held else meeting.says_ms if row["dir"] == "out" else meeting.tolerance_ms
    if not meeting.near(one["at_ns"], row["t"], within_ms=within_ms):
        yield f"message {one['number']}: {(one['at_ns'] / _S - row['t']) * 1000:+.1f} ms away"


# --- who was where


def join_differences(meeting: Meeting) -> Iterator[str]:
    """Yield joinings that are missing, elsewhere or at another time, with other company, or that never were."""
    stays = [one for one in meeting.of("peer") if not one["is_server"]]
    joined = [one for one in meeting.of("act") if one["kind"] == "joined"]
    for row in meeting.rows("joins"):
        if not meeting.visible(row["t"]):
            continue
        mine = [one for one in stays if one["id"] == row["peer"] and one["room"] == row["room"]]
        if not any(meeting.near(one["joined_ns"], row["t"]) for one in mine) and not meeting.partial:
            yield f"missing: {row['peer']} joins {row['room']} at {row['t']}: {mine}"
        told = [one for one in joined if one["peer"] == row["peer"] and meeting.near(one["at_ns"], row["t"])]
        if told and told[0]["others"] != len(row["others"]):
            yield f"{row['peer']} joins {row['room']} with {told[0]['others']}, in truth {len(row['others'])} others"
        if not told and not meeting.partial:
            yield f"{row['peer']} is not told that it joined {row['room']} at {row['t']}"
    if "joins" in meeting.truth:
        for one in stays:
            if not any(_is_stay(meeting, one, row) for row in meeting.rows("joins")):
                yield f"never happened: {one['id']} joins {one['room']} at {one['joined_ns']}"


def _is_stay(meeting: Meeting, one: Row, row: Row) -> bool:
    if one["id"] != row["peer"] or one["room"] not in (row["room"], None):
        return False
    if one["joined_ns"] is None:
        return meeting.partial or not meeting.visible(row["t"])
    return meeting.near(one["joined_ns"], row["t"])


def leave_differences(meeting: Meeting) -> Iterator[str]:
    """Yield leavings that are missing or at another time, and leavings of peers whose socket was not closed then."""
    stays = [one for one in meeting.of("peer") if not one["is_server"]]
    for row in meeting.rows("leaves"):
        mine = [one for one in stays if one["id"] == row["peer"] and one["room"] in (row["room"], None)]
        if meeting.visible(row["t"]) and not any(meeting.near(one["left_ns"], row["t"]) for one in mine):
            yield f"missing: {row['peer']} leaves {row['room']} at {row['t']}: {mine}"
        for one in mine:
            if meeting.near(one["left_ns"], row["t"]) and (one["left"] == "vanished") != (row["how"] == "killed"):
                yield f"{row['peer']} is {one['left']}, in truth {row['how']}"
    ends: dict[str, list[float]] = defaultdict(list)
    label = {row["label"]: row["id"] for row in meeting.truth["peers"]}
    for row in meeting.rows("ws_messages"):
        if row.get("ev") == "ws_close":
            ends[label[row["peer"]]].append(row["t"])
    for row in meeting.rows("leaves"):
        ends[row["peer"]].append(row["t"])
    for one in stays if "leaves" in meeting.truth else ():
        if one["left_ns"] is not None and not any(meeting.near(one["left_ns"], at_s) for at_s in ends[one["id"]]):
            yield f"never happened: {one['id']} leaves {one['room']} at {one['left_ns']}, in truth {ends[one['id']]}"


def told_differences(meeting: Meeting) -> Iterator[str]:
    """Yield what a peer was told of others that was not so shortly before."""
    for kind, key in (("told-joined", "joins"), ("told-left", "leaves")):
        for one in meeting.of("act") if key in meeting.truth else ():
            if one["kind"] == kind and not any(
                row["peer"] == one["about"] and meeting.near(one["at_ns"], row["t"], within_ms=TOLD_MS)
                for row in meeting.rows(key)
            ):
                yield f"never happened: {one['peer']} is {kind} of {one['about']} at {one['at_ns']}"
    label = {row["label"]: row["id"] for row in meeting.truth["peers"]}
    told = Counter((one["peer"], one["kind"]) for one in meeting.of("act"))
    true = Counter(
        (label[row["peer"]], _TELLING[row["event"]])
        for row in meeting.rows("ws_messages")
        if row.get("dir") == "in" and row["event"] in _TELLING and meeting.visible(row["t"])
    )
    for (peer, kind), number in () if meeting.partial else true.items():
        if told[peer, kind] < number:
            yield f"{peer} is {kind} {told[peer, kind]} times, in truth {number} times"


# --- what was relayed


def relay_differences(meeting: Meeting) -> Iterator[str]:
    """Yield signals that are not the true ones: of each kind between each two peers, in order of time."""
    signals = [one for one in meeting.of("signal") if one["kind"] in RELAYED]
    if meeting.partial:
        yield from _untrue_signals(meeting, signals)
        return
    waiting: dict[tuple[Any, ...], list[Row]] = defaultdict(list)
    for one in sorted(signals, key=lambda one: one["sent_ns"] or 0):
        waiting[one["kind"], one["from"], one["to"]].append(one)
    for row in sorted(meeting.rows("relays"), key=lambda row: row["t_sent"]):
        if row["kind"] not in RELAYED or not meeting.visible(row["t_sent"]):
            continue
        some = waiting[_kind(row), row["from"], row["to"]]
        if not some:
            yield f"missing: {row['kind']} from {row['from']} to {row['to']} at {row['t_sent']}"
            continue
        yield from _compare_relay(meeting, row, some.pop(0))
    for one in (one for some in waiting.values() for one in some):
        yield f"never happened: signal {one['number']}, {one['kind']} from {one['from']} to {one['to']}"


def _kind(row: Row) -> str:
    """Return what sigtrace calls a kind of the truth."""
    return "text" if row["kind"] == "chat" else str(row["kind"])


def _compare_relay(meeting: Meeting, row: Row, one: Row) -> Iterator[str]:
    if not meeting.near(one["sent_ns"], row["t_sent"], within_ms=HELD_MS):
        yield f"signal {one['number']}: sent at {one['sent_ns']}, in truth {row['t_sent']}"
    received = row["t_received"] if meeting.visible(row["t_received"]) else None
    if not meeting.near(one["delivered_ns"], received):
        yield f"signal {one['number']}: delivered at {one['delivered_ns']}, in truth {received}"
    expected = "echoed" if row["from"] == row["to"] else "delivered"
    if received is not None and one["fate"] != expected:
        yield f"signal {one['number']}: {one['fate']}, in truth {expected}"
    if received is None and one["fate"] not in ("undelivered", "unseen"):
        yield f"signal {one['number']}: {one['fate']}, in truth never received"


def _untrue_signals(meeting: Meeting, signals: Iterable[Row]) -> Iterator[str]:
    """Yield signals of a capture that lost something that fit no row of the truth in all that they say."""
    rows = meeting.rows("relays")
    for one in signals:
        if not any(_agrees(meeting, row, one) for row in rows):
            yield f"never happened: signal {one['number']}, {one['kind']} from {one['from']} to {one['to']}"
        elif one["fate"] == "undelivered" and all(row["t_received"] for row in rows if _agrees(meeting, row, one)):
            yield f"signal {one['number']}: undelivered, in truth received"


def _agrees(meeting: Meeting, row: Row, one: Row) -> bool:
    if one["kind"] != _kind(row) or one["from"] not in (row["from"], None) or one["to"] not in (row["to"], None):
        return False
    if one["sent_ns"] is not None and not meeting.near(one["sent_ns"], row["t_sent"], within_ms=HELD_MS):
        return False
    return one["delivered_ns"] is None or meeting.near(one["delivered_ns"], row["t_received"])


def leg_differences(meeting: Meeting) -> Iterator[str]:
    """Yield signals whose legs are not the messages that they point at."""
    messages = {one["number"]: one for one in meeting.of("websocket_message")}
    for one in meeting.of("signal"):
        for leg, way, moment in (("sent", "client", "end_ns"), ("delivered", "server", "at_ns")):
            message = messages.get(one[f"{leg}_message"])
            if one[f"{leg}_message"] is None:
                continue
            one_ns = one[f"{leg}_ns"]
            later = leg == "sent" and message is not None and message[moment] < one_ns  # its attachments follow
            if message is None or message["from"] != way or not (message[moment] == one_ns or later):
                yield f"signal {one['number']}: {leg} by message {one[f'{leg}_message']}, which is {message}"
        if one["fate"] in ("delivered", "echoed") and one["relay_ns"] != max(one["delivered_ns"] - one["sent_ns"], 0):
            yield f"signal {one['number']}: relayed in {one['relay_ns']} ns"


# --- calls


def call_differences(meeting: Meeting) -> Iterator[str]:
    """Yield calls that are not the true ones: who called whom, when, what was answered, how many candidates."""
    waiting: dict[tuple[Any, ...], list[Row]] = defaultdict(list)
    for one in meeting.of("call"):
        waiting[one["caller"], one["callee"]].append(one)
    for row in sorted(meeting.rows("calls"), key=lambda row: row["t_offer"]):
        some = waiting[row["from"], row["to"]]
        if some:
            yield from _compare_call(meeting, row, some.pop(0))
        elif not meeting.partial and meeting.visible(row["t_offer"]):
            yield f"missing: {row['from']} calls {row['to']} at {row['t_offer']}"
    for one in (one for some in waiting.values() for one in some):
        yield f"never happened: call {one['number']} from {one['caller']} to {one['callee']}"


def _compare_call(meeting: Meeting, row: Row, one: Row) -> Iterator[str]:
    heard = [
        relay["t_received"]
        for relay in meeting.rows("relays")
        if meeting.partial and relay["kind"] == "offer" and (relay["from"], relay["to"]) == (row["from"], row["to"])
    ]
    if not any(meeting.near(one["offered_ns"], at_s, within_ms=HELD_MS) for at_s in (row["t_offer"], *heard)):
        yield f"call {one['number']}: offered at {one['offered_ns']}, in truth {row['t_offer']}"
    answered = row["t_answer"] if meeting.visible(row["t_answer"]) else None
    missed = meeting.partial and one["answered_ns"] is None
    if not missed and not meeting.near(one["answered_ns"], answered, within_ms=HELD_MS):
        yield f"call {one['number']}: answered at {one['answered_ns']}, in truth {answered}"
    fits: Callable[[int, int], bool] = int.__le__ if meeting.partial else int.__eq__
    for side, peer in (("caller", row["from"]), ("callee", row["to"])):
        number, true = one["candidates"][side], row["candidates"].get(peer, 0)
        if not fits(number, true) and meeting.visible(row["t_offer"]):
            yield f"call {one['number']}: {number} candidates of {peer}, in truth {true}"
    ended_by = row["bye_from"] if meeting.visible(row["t_bye"]) else None
    if not meeting.partial and (one["ended_by"] if one["ended"] == "bye" else None) != ended_by:
        yield f"call {one['number']}: ended by {one['ended']} of {one['ended_by']}, in truth by {ended_by}"
