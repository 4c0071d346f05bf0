"""Notices of one direction, kept to a few: the first of each code at once, the others counted and told at the end."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sigtrace.notices import Notice, Severity

if TYPE_CHECKING:
    from collections.abc import Iterator


class Oddities:
    """Lets the first notice of each code through."""

    __slots__ = ("_more", "_severities", "_who")

    def __init__(self, who: str) -> None:
        self._who = who  # whose frames: "client" or "server"
        self._more: dict[str, int] = {}
        self._severities: dict[str, Severity] = {}

    def tell(self, code: str, text: str, packet: int | None, severity: Severity = Severity.WARNING) -> list[Notice]:
        """Return the notice when it is the first of its code, else nothing."""
        if code in self._more:
            self._more[code] += 1
            return []
        self._more[code] = 0
        self._severities[code] = severity
        return [Notice(code=code, severity=severity, text=f"{self._who}: {text}", packet=packet)]

    def summary(self, packet: int | None) -> Iterator[Notice]:
        """Yield one notice for each code of which more came."""
        for code, more in self._more.items():
            if more:
                text = f"{self._who}: the same {more} more times on this connection"
                yield Notice(code=code, severity=self._severities[code], text=text, packet=packet)
