"""The three standard streams, whatever the command was started with."""

from __future__ import annotations

import io
import os
import sys


def open_streams() -> None:
    """Let every character be written, and put something in the place of a stream that is closed.

    A file that is opened would take the number of a closed stream, and be written to or read as if it were it. In its
    place stands one that cannot be read or written, so that the command says so when it is needed; complaints about
    that go nowhere when it is stderr.
    """
    for number, mode in ((0, os.O_WRONLY), (1, os.O_RDONLY), (2, os.O_WRONLY)):
        if _is_closed(number):
            os.dup2(os.open(os.devnull, mode), number)
    sys.stdin = sys.stdin or io.TextIOWrapper(io.BufferedReader(io.FileIO(0, closefd=False)))
    sys.stdout = sys.stdout or _writer(1)
    sys.stderr = sys.stderr or _writer(2)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # a sign that the terminal lacks is no reason to stop


def forget_unwritten() -> None:
    """Let go what stdout could not take, which has been said; Python would try again at its end, and complain anew."""
    try:
        sys.stdout.flush()
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)


def _is_closed(number: int) -> bool:
    try:
        os.fstat(number)
    except OSError:
        return True
    return False


def _writer(number: int) -> io.TextIOWrapper:
    return io.TextIOWrapper(open(number, "wb", closefd=False), encoding="utf-8")
