"""What watching is shown on: a terminal whose last lines stay, plain lines, or NDJSON."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sigtrace.export.ndjson import render_ndjson
from sigtrace.live.changes import Changes
from sigtrace.value import replace
from sigtrace.views.columns import MAX_PEERS
from sigtrace.views.ladder import build_ladder
from sigtrace.views.ladder_news import LadderNews
from sigtrace.views.quantities import count
from sigtrace.views.standing import describe_standing

if TYPE_CHECKING:
    import os
    from collections.abc import Callable

    from sigtrace.live.output import Progress
    from sigtrace.notices import Notice
    from sigtrace.render.terminal.screen import Screen
    from sigtrace.trace import Trace
    from sigtrace.views.summary import Summary
    from sigtrace.views.times import TimeFormat


_NEVER: Final = 1 << 63  # later than anything


class NdjsonOutput:
    """Each record on a line of its own, as soon as it is known and whenever it has changed."""

    def __init__(self, write: Callable[[str], None], *, bodies: bool = False) -> None:
        self._write = write
        self._changes = Changes(bodies=bodies)

    def show(self, trace: Trace) -> None:
        """Write what is new."""
        self._write("".join(render_ndjson(self._changes.of(trace))))

    def forget(self, trace: Trace) -> None:
        """Go on from what is left."""
        self._changes.forget(trace)

    def tick(self, progress: Progress) -> None:
        """Write nothing: the time is no record."""

    def note(self, notice: Notice) -> None:
        """Write nothing: it is a notice of the trace."""

    def leave(self) -> None:
        """Do nothing: there is nothing to clear away."""

    def close(self, trace: Trace, progress: Progress) -> None:  # noqa: ARG002
        """Write what the end tells."""
        self._write("".join(render_ndjson(self._changes.of(trace, final=True))))


class TextOutput:
    """The chart, row by row; on a terminal, how things stand below it.

    Args:
        write: where to.
        screen: tells what the screen can show at that moment.
        name: of what is watched.
        recording: the file that keeps it; None where there is none, or several.
        time_format: of the rows.
        terminal: tells how large the terminal is at that moment, at whose foot lines are kept; None: it is none.
    """

    def __init__(  # noqa: PLR0913 - all that a screen is
        self,
        write: Callable[[str], None],
        screen: Callable[[], Screen],
        name: str,
        *,
        recording: str | None = None,
        time_format: TimeFormat,
        terminal: Callable[[], os.terminal_size] | None,
    ) -> None:
        import sigtrace.render.terminal.ladder  # noqa: F401 - what the first row needs is there before it comes
        from sigtrace.render.terminal.live_screen import LiveScreen

        self._write = write
        self._screen = screen
        self._name = name
        self._recording = recording
        self._head = ""  # who stands where in the rows drawn last
        self._time_format = time_format
        self._terminal = terminal
        self._foot = LiveScreen() if terminal is not None else None
        self._news = LadderNews()
        self._width: int | None = None
        self._trace: Trace | None = None
        self._progress: Progress | None = None

    def show(self, trace: Trace) -> None:
        """Draw the rows that are new."""
        self._trace = trace
        self._put(self._rows(trace, trace.last_ns))

    def forget(self, trace: Trace) -> None:
        """Go on from what is left: its rows were drawn."""
        self._trace = trace
        self._rows(trace, trace.last_ns)

    def tick(self, progress: Progress) -> None:
        """Let the clocks at the foot run."""
        self._progress = progress
        due_ns = self._news.due_ns
        if self._trace is not None and due_ns is not None and progress.now_ns >= due_ns:
            self._put(self._rows(self._trace, progress.now_ns))
        elif self._foot is not None:
            self._put("")

    def note(self, notice: Notice) -> None:
        """Say at once what happened to the watching."""
        from sigtrace.render.terminal.line import WARNING, join_lines
        from sigtrace.render.terminal.wrap import wrap_line

        self._put(join_lines(wrap_line(notice.text, self._screen(), WARNING)))

    def leave(self) -> None:
        """Take the foot away, and give the terminal back."""
        foot, self._foot = self._foot, None
        if foot is not None and self._terminal is not None:
            self._write(foot.leave(width=self._terminal().columns))

    def close(self, trace: Trace, progress: Progress) -> None:
        """Draw what the end tells, then the whole on one screen."""
        from sigtrace.render.terminal.summary import render_summary

        self.leave()
        rows = self._rows(trace, None)
        self._write(f"{rows}\n{render_summary(self._summarise(trace), self._screen())}")
        if progress.forgotten:
            self._write(
                f"\n{count(progress.forgotten, 'older exchange or message', 'older exchanges and messages')}"
                " were shown and are not counted here; a recording (-w) has all of them.\n"
            )

    def _rows(self, trace: Trace, now_ns: int | None) -> str:
        """Draw what is new at a time; None: nothing comes after it."""
        from sigtrace.render.terminal.ladder import render_head, render_news
        from sigtrace.render.terminal.layout import peers_that_fit

        screen = self._screen()
        if screen.width != self._width:
            self._news.anew()
            self._width = screen.width
        ladder = build_ladder(
            trace,
            fold=False,
            ongoing=now_ns is not None,
            time_format=self._time_format,
            max_peers=peers_that_fit(screen.width, fallback=MAX_PEERS),
        )
        news = self._news.of(ladder, _NEVER if now_ns is None else now_ns)
        if news:
            self._head = render_head(news[-1].section, screen)
        return "".join(render_news(one, screen, show_packets=False) for one in news)

    def _summarise(self, trace: Trace) -> Summary:
        """Summarise what was watched; where nothing is kept of it, there is nothing to look into either."""
        from sigtrace.views.summary import summarise

        file = self._recording or self._name
        captures = tuple(replace(capture, file=file) for capture in trace.captures)
        summary = summarise(replace(trace, captures=captures))
        return summary if self._recording is not None else replace(summary, next=())

    def _put(self, rows: str) -> None:
        if self._foot is None or self._terminal is None:
            if rows:
                self._write(rows)
            return
        from sigtrace.render.terminal.standing import render_standing

        size, progress = self._terminal(), self._progress
        standing = ""
        lines = min(max(size.lines // 3, 3), size.lines - 1)
        if progress is not None and lines > 0:
            screen = replace(self._screen(), width=size.columns)  # what is wider would be torn
            described = describe_standing(self._trace, progress.now_ns) if self._trace is not None else None
            standing = render_standing(described, self._head, *self._status(progress), screen, lines=lines)
        self._write(self._foot.draw(rows, standing, width=size.columns))

    def _status(self, progress: Progress) -> tuple[str, str]:
        """Say from where, for how long, and how much."""
        seconds = int(progress.elapsed_s)
        clock = f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}"
        text = f"{self._name} · {clock} · {count(progress.packets, 'packet')}"
        if not progress.dropped:
            return text + (" · 0 dropped" if progress.dropped == 0 else ""), ""
        return text, f"{progress.dropped:,} dropped by the kernel"
