"""What watching is shown on: asked for by the loop, made by whoever knows the screen or the program behind a pipe."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from sigtrace.value import Value

if TYPE_CHECKING:
    from sigtrace.notices import Notice
    from sigtrace.trace import Trace


class Progress(Value, frozen=True, kw_only=True):
    """How watching goes, beside what is told."""

    now_ns: int  # by the clock of the capture; 0 before the first packet
    elapsed_s: float
    packets: int
    dropped: int | None  # by the kernel; None: not known
    forgotten: int  # exchanges and messages


class Output(Protocol):
    """Where it is shown."""

    def show(self, trace: Trace) -> None:
        """Show what is new in a trace that has grown."""

    def forget(self, trace: Trace) -> None:
        """Go on from a trace of which parts were forgotten; nothing of it is new."""

    def tick(self, progress: Progress) -> None:
        """Show that time passes."""

    def note(self, notice: Notice) -> None:
        """Show what happened to the watching itself."""

    def close(self, trace: Trace, progress: Progress) -> None:
        """Show what is new at the end, and the whole."""
