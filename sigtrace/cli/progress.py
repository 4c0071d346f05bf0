"""A progress bar on stderr for reading that takes long, where someone is watching."""

from __future__ import annotations

import sys
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from rich.progress import Progress

PATIENCE_S = 0.5
"""What takes less than this needs no bar."""


@contextmanager
def watching(*, quiet: bool) -> Iterator[Callable[[int, int | None], None] | None]:
    """Yield what is to be told of bytes read and of their total; None where nobody watches."""
    if quiet or not sys.stderr.isatty():
        yield None
        return
    bar = _Bar()
    try:
        yield bar.tell
    finally:
        bar.stop()


class _Bar:
    def __init__(self) -> None:
        self._began = time.monotonic()
        self._progress: Progress | None = None

    def tell(self, count: int, total: int | None) -> None:
        """Show how many bytes have been read."""
        if self._progress is None:
            if time.monotonic() - self._began < PATIENCE_S:
                return
            self._progress = _make_progress()
            self._progress.add_task("reading", total=total)
            self._progress.start()
        self._progress.update(self._progress.task_ids[0], completed=count, total=total)

    def stop(self) -> None:
        """Take the bar away."""
        if self._progress is not None:
            self._progress.stop()


def _make_progress() -> Progress:
    from rich.console import Console  # most captures are read before a bar is wanted
    from rich.progress import (  # the same
        BarColumn,
        DownloadColumn,
        Progress,
        TextColumn,
        TimeRemainingColumn,
        TransferSpeedColumn,
    )

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        DownloadColumn(),
        TransferSpeedColumn(),
        TimeRemainingColumn(),
    )
    return Progress(*columns, console=Console(stderr=True), transient=True)
