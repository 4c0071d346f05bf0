"""What to tell a person who cannot listen: no right to, or no such interface."""

from __future__ import annotations

import os
import shlex
import sys

from sigtrace.errors import SourceError
from sigtrace.sources.live.interfaces import list_interfaces


def no_rights(name: str = "interfaces") -> SourceError:
    """Return the error for who may not listen, with what to run."""
    python = shlex.quote(os.path.realpath(sys.executable))
    hint = (
        f"run it with sudo; or, once: sudo setcap cap_net_raw,cap_net_admin+eip {python}; "
        "or join the group of dumpcap (sudo usermod -aG wireshark $USER) and use --engine dumpcap"
    )
    return SourceError(f"no permission to listen on {name}", hint=hint)


def unknown_interface(name: str) -> SourceError:
    """Return the error for an interface that is not there, with those that are."""
    names = ", ".join(one.name for one in list_interfaces())
    return SourceError(f"there is no interface {name}", hint=f"there are: {names}" if names else "there is none")
