"""The command line: one file a command; each reads its arguments, makes one call, prints, and returns an exit code."""

from __future__ import annotations

from sigtrace.cli.app import main

__all__ = ["main"]
