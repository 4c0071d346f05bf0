"""Write the README of a recorded scenario: its story, and when what was asked and answered."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

    from captures.lab.stage import Scenario

ROWS = 40  # a longer story is told by its first requests; truth.json has them all
TARGET_LENGTH = 60


def render_readme(truth: Path, capture: Path, scenario: Scenario, remark: str) -> str:
    """Render a README from a scenario's words and the truth file beside it."""
    document = json.loads(truth.read_text(encoding="utf-8"))
    made = f"As root, from the repository: `python -m captures.lab.scenarios {scenario.name}`."
    lines = [f"# {capture.parent.name}", "", scenario.story, *(["", remark] if remark else [])]
    lines += ["", f"**What to look at.** {scenario.look}", "", f"**How it was made.** {made}"]
    lines += ["Real TCP between network namespaces; `truth.json` is what the endpoints logged with their own clocks."]
    lines += ["", "Seconds count from `capture.start` of the truth file.", "", *scenario.table(document)]
    return "\n".join(lines) + "\n"


def exchange_table(document: dict[str, Any]) -> list[str]:
    """Tell by HTTP exchanges what happened when."""
    start, rows = document["capture"]["start"], document["exchanges"]
    table = [_row(row, start) for row in rows[:ROWS]]
    more = [f"\n… and {len(rows) - ROWS} more in `truth.json`."] if len(rows) > ROWS else []
    return ["| Seconds | Who | Request | Answer | After, s |", "|---|---|---|---|---|", *table, *more]


def _row(row: dict[str, Any], start: float) -> str:
    seconds = row["t_request"] - start
    asked = f"{row['method'] or '?'} {row['target']}"
    shown = asked if len(asked) <= TARGET_LENGTH else asked[:TARGET_LENGTH] + "…"
    shown = plain(shown)
    what = f" ({row['content']})" if row.get("content") else ""
    if row["status"] is None:
        return f"| {seconds:.3f} | {row['peer_name']} | `{shown}`{what} | none | |"
    body = row["response_body"]["len"]
    after = row["t_response_first"] - row["t_request"]
    answer = f"{row['status']} {plain(row['reason']).replace('<', '&lt;')}, {body} bytes"
    return f"| {seconds:.3f} | {row['peer_name']} | `{shown}`{what} | {answer} | {after:.3f} |"


def plain(text: str) -> str:
    """Keep a table whole: what is no plain ASCII is spelled out, and no sign means anything to Markdown."""
    spelled = "".join(one if " " <= one <= "~" else one.encode("unicode_escape").decode() for one in text)
    return spelled.replace("|", "\\|").replace("`", "'")
