"""Without rights: what to run is said, and with some of them, what is lost for want of the others."""

from __future__ import annotations

import shutil
import subprocess
import sys

import pytest

from tests.builders.cables import needs_root
from tests.e2e.command import environment

pytestmark = [needs_root, pytest.mark.skipif(shutil.which("setpriv") is None, reason="setpriv is not installed")]

LISTEN = """
import sys
from sigtrace.errors import SourceError
from sigtrace.sources.live.engines import Engine, source_for
from sigtrace.sources.live.source import Settings
source = source_for(Settings(interfaces=("lo",)), Engine(sys.argv[1]))
try:
    for item in source.open():
        print(getattr(item, "code", type(item).__name__), getattr(item, "text", ""))
except SourceError as error:
    print(error, error.hint, sep="\\n")
source.close()
"""


def listen_without(*rights: str, engine: str = "scapy") -> list[str]:
    """Open a source in a process without these rights; return the lines that it prints."""
    taken = ",".join(f"-{right}" for right in rights)
    done = subprocess.run(
        ["setpriv", f"--bounding-set={taken}", f"--inh-caps={taken}", sys.executable, "-c", LISTEN, engine],
        capture_output=True,
        env=environment(),
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


def test_no_right_to_listen() -> None:
    """Who may not open raw sockets is told what to run."""
    problem, hint = listen_without("net_raw", "net_admin")
    assert problem == "no permission to listen on lo"
    assert "sudo setcap cap_net_raw" in hint
    assert "--engine dumpcap" in hint


def test_no_right_to_a_large_buffer() -> None:
    """Who may not ask for more than the system's limit listens all the same, and is told how much there is."""
    lines = listen_without("net_admin")
    assert [line.split()[0] for line in lines] == ["CaptureStarted", "Interface", "live.small-buffer"]
    assert "net.core.rmem_max" in lines[-1]


def test_dumpcap_has_no_right() -> None:
    """Where dumpcap may not listen either, its complaint and what to run are told."""
    if shutil.which("dumpcap") is None:
        pytest.skip("dumpcap is not installed")
    problem, hint = listen_without("net_raw", "net_admin", engine="dumpcap")
    assert "permission to capture" in problem
    assert "usermod -aG wireshark" in hint
