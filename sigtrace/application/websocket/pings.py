"""Which ping a pong answers, and how long that took (RFC 6455 §5.5.2, §5.5.3)."""

from __future__ import annotations

from typing import Final

MAX_PINGS: Final = 64  # without a pong: a pong may answer the newest alone, and a peer may send none at all


class Pings:
    """The pings of one direction that wait for a pong."""

    __slots__ = ("_waiting",)

    def __init__(self) -> None:
        self._waiting: list[tuple[bytes, int]] = []  # payload, when it was seen

    def add(self, data: bytes, at_ns: int) -> None:
        """Take a ping."""
        self._waiting.append((data, at_ns))
        if len(self._waiting) > MAX_PINGS:
            del self._waiting[0]

    def answer(self, data: bytes, at_ns: int) -> int | None:
        """Take a pong; return the time since the oldest ping with its payload, None when nobody asked for it.

        Pings before that one will not be answered any more: one pong may answer several.
        """
        for place, (asked, asked_ns) in enumerate(self._waiting):
            if asked == data and asked_ns <= at_ns:
                del self._waiting[: place + 1]
                return at_ns - asked_ns
        return None

    def forget(self) -> None:
        """Pongs were lost: what waits may have been answered."""
        self._waiting.clear()
