"""The command line: one file a command; each reads its arguments, makes one call, prints, and returns an exit code."""

from __future__ import annotations

import gc
import os

# NumPy's linear algebra starts a thread a core when it is imported. Nothing here multiplies matrices, and starting is
# most of the time that a small capture takes.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

# A trace is hundreds of thousands of small objects that stay, and the stages leave no circles behind: looking for
# garbage among them every 700 objects, as Python would, takes a third of the time of a large capture.
gc.set_threshold(100_000, 50, 100)

__all__ = ["main"]


def main() -> None:
    """Run the command line; an interrupt while it is still being imported ends it quietly, too."""
    try:
        from sigtrace.cli import app  # here an interrupt can be caught
    except KeyboardInterrupt:
        raise SystemExit(130) from None
    app.main()
