"""`python -m sigtrace` is the command `sigtrace`."""

from __future__ import annotations

from sigtrace.cli import main

if __name__ == "__main__":
    main()
