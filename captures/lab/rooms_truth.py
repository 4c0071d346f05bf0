"""What the programs of a Socket.IO story noted, in the shape of a truth file: packets, rooms, relays, calls."""

from __future__ import annotations

from collections import defaultdict, deque
from typing import TYPE_CHECKING, Any

from captures.lab.readme import plain

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from captures.lab.programs import Program

Row = dict[str, Any]
OWN_KEYS = ("packet",)  # told elsewhere than in `events`
ASKED = {"join", "create", "join-room"}  # events by which a client comes into a room
GONE = {"left": "left", "disconnect": "closed", "disconnected": "closed"}
README_ROWS = 60


def packets(programs: Iterable[Program]) -> list[Row]:
    """Every Socket.IO packet that a client sent or got, by time."""
    rows = [
        {"t": row["t"], "peer": program.label, **{key: row[key] for key in row if key not in {"t", "ev"}}}
        for program in programs
        for row in program.rows
        if row["ev"] == "packet"
    ]
    return sorted(rows, key=lambda row: row["t"])


def events(programs: list[Program]) -> dict[str, list[Row]]:
    """What else each client saw and did."""
    told = {program.label: [row for row in program.rows if row["ev"] not in OWN_KEYS] for program in programs}
    for program in programs:
        if program.killed_at:
            told[program.label].append({"t": program.killed_at, "ev": "killed"})
    return told


def own_id(program: Program) -> str | None:
    """The id under which others know a client: as it was told on joining, or else as it calls itself."""
    told = [row["id"] for ev in ("joined", "connected") for row in program.rows if row["ev"] == ev and row.get("id")]
    return told[0] if told else None


def joins_and_leaves(programs: Iterable[Program]) -> tuple[list[Row], list[Row]]:
    """Who came into which room when, and who went out of it how, by the clients' own notes."""
    joins: list[Row] = []
    leaves: list[Row] = []
    for program in programs:
        for kind, row in _stays(program):
            (joins if kind == "join" else leaves).append(row)
    return sorted(joins, key=_time), sorted(leaves, key=_time)


def _stays(program: Program) -> Iterator[tuple[str, Row]]:
    me, room, asked = own_id(program), None, 0.0
    for row in program.rows:
        if row["ev"] == "packet" and row["dir"] == "out" and row["event"] in ASKED:
            asked = row["t"]
        elif row["ev"] in {"joined", "created"} and not row.get("error"):
            if room:
                yield "leave", {"t": asked, "peer": me, "room": room, "how": "left"}
            room = row.get("given") or row["room"]
            others = sorted(row.get("clients") or {})
            came = {"t": row["t"], "t_sent": asked, "peer": me, "label": program.label, "room": room}
            yield "join", {**came, "others": others}
        elif row["ev"] in GONE and row.get("namespace") in {None, "/"} and room:
            yield "leave", {"t": row["t"], "peer": me, "room": room, "how": GONE[row["ev"]]}
            room = None
    if room and program.killed_at:
        yield "leave", {"t": program.killed_at, "peer": me, "room": room, "how": "killed"}


def relays(
    programs: Iterable[Program], sent: Callable[[Row], Row | None], got: Callable[[Row], Row | None]
) -> list[Row]:
    """Pair what one client sent with what others got of it.

    `sent` and `got` read one packet: `kind`, `to` or `from`, `same` (equal on both sides of one relay), `dialog`, or
    None for a packet that is not relayed. First in, first out, for each sender and receiver.
    """
    programs = list(programs)
    arrivals: dict[tuple[Any, ...], dict[str, deque[float]]] = defaultdict(lambda: defaultdict(deque))
    for program in programs:
        for row in program.rows:
            found = got(row) if row["ev"] == "packet" and row["dir"] == "in" else None
            if found:
                arrivals[found["from"], found["same"]][own_id(program) or program.label].append(row["t"])
    return sorted(_departures(programs, sent, arrivals), key=lambda row: row["t_sent"])


def _departures(
    programs: list[Program],
    sent: Callable[[Row], Row | None],
    arrivals: dict[tuple[Any, ...], dict[str, deque[float]]],
) -> Iterator[Row]:
    for program in programs:
        me = own_id(program)
        for row in program.rows:
            found = sent(row) if row["ev"] == "packet" and row["dir"] == "out" else None
            if not found:
                continue
            fact = {"kind": found["kind"], "from": me, "to": found["to"], "t_sent": row["t"], "t_received": None}
            more = {key: found[key] for key in ("dialog",) if found.get(key)}
            here = {one: times for one, times in arrivals[me, found["same"]].items() if times}
            for receiver, times in here.items():
                room = {} if receiver == found["to"] else {"room": found["to"]}
                yield {**fact, "to": receiver, "t_received": times.popleft(), **more, **room}
            if not here:
                yield {**fact, **more}


def calls(rows: list[Row]) -> list[Row]:
    """One row per offer and dialog, from the relays."""
    made: list[Row] = []
    for row in rows:
        pair = {row["from"], row["to"]}
        call = next((one for one in reversed(made) if {one["from"], one["to"]} == pair and _same(one, row)), None)
        if row["kind"] == "offer":
            new = {"from": row["from"], "to": row["to"], "t_offer": row["t_sent"], "t_answer": None, "candidates": {}}
            dialog = {"dialog": row["dialog"]} if row.get("dialog") else {}
            made.append({**new, "t_bye": None, "bye_from": None, **dialog})
        elif call and row["kind"] == "answer":
            call["t_answer"] = call["t_answer"] or row["t_sent"]
        elif call and row["kind"] == "candidate":
            call["candidates"][row["from"]] = call["candidates"].get(row["from"], 0) + 1
        elif call and row["kind"] == "bye":
            call["t_bye"], call["bye_from"] = row["t_sent"], row["from"]
    return made


def _same(call: Row, row: Row) -> bool:
    return call.get("dialog") == row.get("dialog")


def _time(row: Row) -> float:
    return float(row["t"])


def event_table(document: Row) -> list[str]:
    """Tell by the clients' packets what happened when; candidates and what was received are in the truth file."""
    start = document["capture"]["start"]
    shown = [row for row in document["socketio_events"] if _is_shown(row)]
    table = [f"| {row['t'] - start:.3f} | {row['peer']} | {row['transport']} | {_told(row)} |" for row in shown]
    more = [f"\n… and {len(shown) - README_ROWS} more in `truth.json`."] if len(shown) > README_ROWS else []
    return ["| Seconds | Who | By | Sends |", "|---|---|---|---|", *table[:README_ROWS], *more]


def _is_shown(row: Row) -> bool:
    return row["dir"] == "out" and "candidate" not in _told(row).lower()


def _told(row: Row) -> str:
    what = row["event"] or row["kind"]
    first = row["args"][0] if isinstance(row["args"], list) and row["args"] else ""
    if isinstance(first, dict):
        first = " ".join(str(first[key]) for key in ("type", "roomType", "to", "target") if first.get(key))
    space = "" if row["namespace"] == "/" else f" in `{row['namespace']}`"
    return f"`{what}` {plain(str(first)[:60])}".rstrip() + space
