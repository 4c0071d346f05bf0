"""Write the README of a recorded conversation: its story, and when who said what."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from captures.lab.readme import plain

if TYPE_CHECKING:
    from pathlib import Path

ROWS = 70  # a longer story is told by its first rows; truth.json has them all


def render_logbook(truth: Path, story: str, look: str, made: str) -> str:
    """Render a README from a conversation's words and the truth file beside it."""
    document = json.loads(truth.read_text(encoding="utf-8"))
    start = document["capture"]["start"]
    rows = document.get("ws_messages", []) + document.get("exchanges", [])
    rows.sort(key=_time)
    table = [_row(row, start) for row in rows]
    more = [f"\n… and {len(table) - ROWS} more in `truth.json`."] if len(table) > ROWS else []
    peers = [f"{peer['label']} is `{plain(str(peer['id']))}`" for peer in document["peers"]]
    lines = [f"# {truth.parent.name}", "", story, "", f"**What to look at.** {look}", ""]
    lines += [f"**How it was made.** As root: `python -m captures.lab.conversations {document['scenario']}`. {made}"]
    lines += ["Real TCP between network namespaces; `truth.json` is what the endpoints logged with their own clocks."]
    lines += ["", "Seconds count from `capture.start` of the truth file. " + "; ".join(peers) + ".", ""]
    lines += ["| Seconds | Who | What | Bytes |", "|---|---|---|---|", *table[:ROWS], *more]
    return "\n".join(lines) + "\n"


def _time(row: dict[str, Any]) -> float:
    return float(row["t"] if "t" in row else row["t_request"])


def _row(row: dict[str, Any], start: float) -> str:
    when = f"{_time(row) - start:.3f}"
    if "t_request" in row:
        answer = row["status"] or "no answer"
        asked = plain(f"{row['method']} {row['target']}")
        size = f"{row['request_body']['len']}, {row.get('response_body', {}).get('len', '')}"
        return f"| {when} | {row['peer_name']} | `{asked}` ({row['kind']}): {answer} | {size} |"
    if "ev" in row:
        facts = ", ".join(f"{key} {value}" for key, value in row.items() if key not in {"t", "peer", "ev"} and value)
        return f"| {when} | {row['peer']} | {row['ev']} {plain(facts)} | |"
    arrow = "sends" if row["dir"] == "out" else "gets"
    what = f"`{plain(row['event'])}`" if row["event"] else "a message without event"
    return f"| {when} | {row['peer']} | {arrow} {what} | {row['len']} |"
