"""sigtrace explains WebRTC signaling from what went over the wire.

>>> import sigtrace
>>> trace = sigtrace.analyze(sigtrace.read("captures/basic-call/basic-call.pcapng"))
>>> [(call.caller, call.callee, call.ended.value) for call in trace.calls]
[(2, 1, 'bye')]

The way of the data: bytes → records → packets → segments → streams → exchanges and messages → signaling events →
sessions and calls → views. `pipeline` is that sentence as code.
"""

from __future__ import annotations

TYPE_CHECKING = False  # as type checkers know it, without importing typing before the command has set up Python
if TYPE_CHECKING:
    from typing import Any

    from sigtrace.errors import CaptureError, SelectionError, SigtraceError, SourceError
    from sigtrace.notices import Notice, Severity
    from sigtrace.pipeline import Analyzer, analyze
    from sigtrace.plugins import find_protocols
    from sigtrace.sources.file import read
    from sigtrace.trace import Trace

__version__ = "0.1.0"

__all__ = [
    "Analyzer",
    "CaptureError",
    "Notice",
    "OutputError",
    "SelectionError",
    "Severity",
    "SigtraceError",
    "SourceError",
    "Trace",
    "__version__",
    "analyze",
    "find_protocols",
    "read",
]

_HOMES = {
    "Analyzer": "pipeline",
    "CaptureError": "errors",
    "Notice": "notices",
    "OutputError": "errors",
    "SelectionError": "errors",
    "Severity": "notices",
    "SigtraceError": "errors",
    "SourceError": "errors",
    "Trace": "trace",
    "analyze": "pipeline",
    "find_protocols": "plugins",
    "read": "sources.file",
}


def __getattr__(name: str) -> Any:
    """Import a public name when it is first used (PEP 562): `sigtrace --help` needs none of them, nor NumPy."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module  # only on this path

    return getattr(import_module(f"sigtrace.{_HOMES[name]}"), name)
