"""The truth of a capture of messages: what pages, scripts and servers logged with their own clocks."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from captures.lab.truth import CLOCK, now, write_document

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from captures.lab.recorder import Recorder

PRIVATE = "_"  # facts that only pair rows; they are not written


def digest(payload: bytes) -> dict[str, Any]:
    """Say how long a payload is, and which."""
    return {"len": len(payload), "sha256": hashlib.sha256(payload).hexdigest()}


@dataclass(slots=True, kw_only=True)
class Diary:
    """Everything the endpoints of one run logged.

    `describe` tells what the application calls a message: its `event`, `to` or `from` and other facts for its row.
    Facts `_kind` and `_what` make a row part of a relay: a message of that kind with that content.
    """

    notes: str
    describe: Callable[[str | bytes, str], dict[str, Any]]
    servers: list[dict[str, Any]] = field(default_factory=list)
    peers: list[dict[str, Any]] = field(default_factory=list)
    messages: list[dict[str, Any]] = field(default_factory=list)
    joins: list[dict[str, Any]] = field(default_factory=list)
    leaves: list[dict[str, Any]] = field(default_factory=list)
    relays: list[dict[str, Any]] = field(default_factory=list)
    calls: list[dict[str, Any]] = field(default_factory=list)
    exchanges: list[dict[str, Any]] = field(default_factory=list)
    events: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    server_log: list[dict[str, Any]] = field(default_factory=list)

    def message(self, label: str, direction: str, payload: str | bytes, t: float | None = None) -> dict[str, Any]:
        """Note a WebSocket message that the client `label` sent (`out`) or got (`in`)."""
        raw = payload.encode() if isinstance(payload, str) else payload
        row: dict[str, Any] = {"t": t or now(), "peer": label, "dir": direction, **digest(raw)}
        row |= {"opcode": "text" if isinstance(payload, str) else "binary", **self.describe(payload, direction)}
        self.messages.append(row)
        return row

    def lifecycle(self, label: str, ev: str, t: float | None = None, **facts: object) -> None:
        """Note that a client's WebSocket is opened or closed."""
        self.messages.append({"t": t or now(), "peer": label, "ev": ev, **facts})

    def event(self, label: str, ev: str, t: float | None = None, **facts: object) -> None:
        """Note anything else that a client saw or did."""
        self.events.setdefault(label, []).append({"t": t or now(), "ev": ev, **facts})

    def report(self, label: str) -> Callable[[dict[str, Any]], None]:
        """Return what takes down the rows of a page."""

        def heard(row: dict[str, Any]) -> None:
            row["t"] = round(row["t"], 6)
            if "dir" in row:
                self.message(label, row["dir"], row["text"], row["t"])
            elif row["ev"].startswith("ws_"):
                self.lifecycle(label, **row)
            else:
                self.event(label, **row)

        return heard

    def id_of(self, label: str) -> Any:
        """Return the id of a peer."""
        return next((peer["id"] for peer in self.peers if peer["label"] == label), label)

    def pair_relays(self) -> None:
        """Make a relay of each signal sent and the next equal one that its target got: by both ends' own logs."""
        got = [row for row in self.messages if row.get("dir") == "in" and "_kind" in row]
        for row in [row for row in self.messages if row.get("dir") == "out" and "_kind" in row]:
            for target in row["_targets"] if "_targets" in row else [row["to"]]:
                sender = self.id_of(row["peer"])
                found = next((one for one in got if self._answers(one, row, sender, target)), None)
                if found:
                    got.remove(found)
                relay = {"kind": row["_kind"], "from": sender, "to": target, "t_sent": row["t"]}
                self.relays.append(relay | {"t_received": found["t"] if found else None, **row.get("_more", {})})

    def _answers(self, got: dict[str, Any], sent: dict[str, Any], sender: Any, target: Any) -> bool:
        return (
            got["_kind"] == sent["_kind"]
            and got["_what"] == sent["_what"]
            and got.get("from", sender) == sender
            and self.id_of(got["peer"]) == target
            and got["t"] >= sent["t"] - 0.05
        )

    def pair_calls(self) -> None:
        """Make a call of each offer, with the next answer of its target, and a goodbye where one is said."""
        for offer in [relay for relay in self.relays if relay["kind"] == "offer"]:
            pair = {offer["from"], offer["to"]}
            later = [
                one for one in self.relays if {one["from"], one["to"]} == pair and one["t_sent"] >= offer["t_sent"]
            ]
            answer = next((one for one in later if one["kind"] == "answer" and one["from"] == offer["to"]), None)
            bye = next((one for one in later if one["kind"] == "bye"), None)
            count = {
                str(peer): sum(one["kind"] == "candidate" and one["from"] == peer for one in later)
                for peer in (offer["from"], offer["to"])
            }
            row = {"from": offer["from"], "to": offer["to"], "t_offer": offer["t_sent"]}
            row |= {"t_answer": answer["t_sent"] if answer else None, "candidates": count}
            self.calls.append(row | {"t_bye": bye and bye["t_sent"], "bye_from": bye and bye["from"]})

    def write(self, path: Path, scenario: str, recorder: Recorder, **more: object) -> None:
        """Write the truth about one capture."""
        document: dict[str, Any] = {"scenario": scenario, "notes": self.notes, "clock": CLOCK}
        document |= {"server": self.servers[0], "servers": self.servers}
        document |= {"capture": {"start": recorder.start, "stop": recorder.stop}, "peers": self.peers}
        rows = {
            "ws_messages": sorted(map(_public, self.messages), key=_time),
            "joins": self.joins,
            "leaves": self.leaves,
            "relays": sorted(map(_public, self.relays), key=lambda row: float(row["t_sent"])),
            "calls": self.calls,
            "exchanges": sorted(self.exchanges, key=lambda row: float(row["t_request"])),
        }
        document |= {key: value for key, value in rows.items() if value}
        write_document(path, document | {"events": self.events, "server_log": self.server_log, **more})


def _time(row: dict[str, Any]) -> float:
    return float(row["t"])


def _public(row: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in row.items() if not key.startswith(PRIVATE)}
