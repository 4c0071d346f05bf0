"""`Trace` → the records of the export contract (`docs/export.md`) → NDJSON, JSON, CSV."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sigtrace.export.ndjson import render_json, render_ndjson

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from sigtrace.export.record import Record

__all__ = ["render_json", "render_ndjson", "render_records"]


def render_records(records: Iterable[Record], form: str, *, kind: str | None = None) -> Iterator[str]:
    """Render records in a form named by its word: `ndjson`, `json` or `csv`; a table holds the records of one kind."""
    if form == "ndjson":
        return render_ndjson(records)
    if form == "json":
        return render_json(records)
    from sigtrace.export.table import render_table

    return render_table(kind or "exchange", records)
