"""Damage that recurs: told once per code when the capture ends, with the first packet and how many there were."""

from __future__ import annotations

from sigtrace.notices import Notice, Severity
from sigtrace.value import Struct


class _Cause(Struct):
    severity: Severity
    text: str  # with a place for the number of packets
    reason: str
    packet: int
    count: int = 0


class Recurring:
    """Counts causes by notice code; codes are a closed set, so this stays small."""

    def __init__(self) -> None:
        self._causes: dict[str, _Cause] = {}

    def note(self, code: str, packet: int, *, severity: Severity, text: str, reason: str = "") -> None:
        """Count one packet; `text` holds `{count}`; severity, text and reason are those of the first."""
        cause = self._causes.get(code)
        if cause is None:
            cause = self._causes[code] = _Cause(severity, text, reason, packet)
        cause.count += 1

    def close(self) -> list[Notice]:
        """Return one notice a code, in order of first packet."""
        causes = sorted(self._causes.items(), key=lambda item: item[1].packet)
        return [
            Notice(
                code=code,
                severity=cause.severity,
                text=cause.text.format(count=cause.count) + (f" (first: {cause.reason})" if cause.reason else ""),
                packet=cause.packet,
            )
            for code, cause in causes
        ]
