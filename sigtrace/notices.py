"""What sigtrace records: everything damaged, missing or odd, with a stable code and where it was seen."""

from __future__ import annotations

from collections import Counter
from enum import Enum
from typing import TYPE_CHECKING

from sigtrace.value import Value

if TYPE_CHECKING:
    from collections.abc import Iterable


class Severity(Enum):
    """How much a notice matters to the answer."""

    INFO = "info"  # odd, and nothing was lost
    WARNING = "warning"  # something is missing or was guessed
    ERROR = "error"  # a part of the capture could not be read


class Notice(Value, frozen=True, kw_only=True):
    """One thing that was damaged, missing or odd, and what was done about it."""

    code: str  # stable, "layer.what": "tcp.gap", "http.resync"
    severity: Severity
    text: str  # what was wrong and what was done: "1448 bytes never captured; resumed at the next request"
    packet: int | None = None  # packet number, from 1
    offset: int | None = None  # bytes into the layer that the code names


KEPT_PER_CODE = 1000
"""Notices kept of one code: enough to look into, and a flood of damage does not become a flood of memory."""

MORE_NOTICES = "notices.more"


class NoticeLog:
    """Collects notices up to a bound per code; what is above it is counted, and the count is a notice itself."""

    def __init__(self) -> None:
        self._notices: list[Notice] = []
        self._seen: Counter[str] = Counter()

    def add(self, notice: Notice) -> None:
        """Keep a notice."""
        self._seen[notice.code] += 1
        if self._seen[notice.code] <= KEPT_PER_CODE:
            self._notices.append(notice)

    def finished(self, later: Iterable[Notice] = ()) -> tuple[Notice, ...]:
        """Return the notices in order of packets, those of no packet first.

        Args: later: notices that are known at the end alone, and are not kept here.
        """
        seen, notices = self._seen.copy(), list(self._notices)
        for notice in later:
            seen[notice.code] += 1
            if seen[notice.code] <= KEPT_PER_CODE:
                notices.append(notice)
        more = [
            Notice(
                code=MORE_NOTICES,
                severity=Severity.INFO,
                text=f"{count - KEPT_PER_CODE} more notices {code} are not listed",
            )
            for code, count in seen.items()
            if count > KEPT_PER_CODE
        ]
        return tuple(sorted([*more, *notices], key=lambda notice: notice.packet or 0))
