"""The records `capture` and `notice`: what was read, and what was wrong with it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sigtrace.text import keep_text

if TYPE_CHECKING:
    from sigtrace.capture.facts import Capture
    from sigtrace.export.record import Record
    from sigtrace.notices import Notice

SCHEMA = 1
"""The version of the contract; fields are added without a new one, never changed."""


def capture_record(capture: Capture) -> Record:
    """Make the record of one capture."""
    return {
        "type": "capture",
        "schema": SCHEMA,
        "file": keep_text(capture.file),
        "format": capture.format,
        "packets": capture.packets,
        "bytes": capture.bytes,
        "first_ns": capture.first_ns,
        "last_ns": capture.last_ns,
        "interfaces": [{"name": one.name, "link_type": one.link_type} for one in capture.interfaces],
        "truncated": capture.truncated,
        "comments": list(capture.comments),
    }


def notice_record(notice: Notice) -> Record:
    """Make the record of one notice."""
    return {
        "type": "notice",
        "code": notice.code,
        "severity": notice.severity.value,
        "text": notice.text,
        "packet": notice.packet,
        "offset": notice.offset,
    }
