"""What sigtrace raises: only when there is nothing to give back. Damage inside a capture is a `Notice` instead."""

from __future__ import annotations


class SigtraceError(Exception):
    """The base of everything sigtrace raises on purpose.

    `hint` is one line for a person: what to try next. It may be empty.
    """

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.hint = hint


class CaptureError(SigtraceError):
    """Not a capture, or one of a kind we cannot open."""


class SourceError(SigtraceError):
    """Bytes could not be had: no such file or interface, no permission, a tool that is missing."""


class OutputError(SigtraceError):
    """What was asked for cannot be written: no such directory, no permission, a terminal where bytes would go."""


class SelectionError(SigtraceError):
    """No such call, peer, exchange or packet; a selection that does not parse."""


class DecodeError(SigtraceError):
    """A leaf decoder's "this is not what it claims to be"; its stage turns it into a notice.

    `offset` is where in the decoder's input, in bytes, reading stopped making sense.
    """

    def __init__(self, message: str, *, offset: int | None = None) -> None:
        super().__init__(message)
        self.offset = offset
