"""What sigtrace records: everything damaged, missing or odd, with a stable code and where it was seen."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class Severity(Enum):
    """How much a notice matters to the answer."""

    INFO = "info"  # odd, and nothing was lost
    WARNING = "warning"  # something is missing or was guessed
    ERROR = "error"  # a part of the capture could not be read


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """One thing that was damaged, missing or odd, and what was done about it."""

    code: str  # stable, "layer.what": "tcp.gap", "http.resync"
    severity: Severity
    text: str  # what was wrong and what was done: "1448 bytes never captured; resumed at the next request"
    packet: int | None = None  # packet number, from 1
    offset: int | None = None  # bytes into the layer that the code names
