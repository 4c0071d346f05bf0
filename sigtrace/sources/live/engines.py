"""Which source listens to interfaces: the raw sockets of this system, or another program."""

from __future__ import annotations

import sys
from enum import Enum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sigtrace.sources.live.source import LiveSource, Settings


class Engine(Enum):
    """Who listens."""

    SCAPY = "scapy"  # raw sockets: nothing else to install, but it takes a right
    DUMPCAP = "dumpcap"  # part of Wireshark, which may have been given the right


def source_for(settings: Settings, engine: Engine = Engine.SCAPY) -> LiveSource:
    """Return a source that listens so; nothing is opened yet."""
    if engine is Engine.DUMPCAP:
        from sigtrace.sources.live.dumpcap import DumpcapCapture  # one of them is needed

        return DumpcapCapture(settings)
    if sys.platform == "linux":
        from sigtrace.sources.live.sockets import RawSockets  # the same

        return RawSockets(settings)
    from sigtrace.sources.live.scapy_sockets import ScapySockets  # the same

    return ScapySockets(settings)
