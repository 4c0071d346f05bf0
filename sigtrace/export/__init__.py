"""`Trace` → the records of the export contract (`docs/export.md`) → NDJSON, JSON, CSV."""
