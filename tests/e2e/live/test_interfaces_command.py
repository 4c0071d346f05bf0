"""`sigtrace interfaces` lists what the system has, for people and for programs, and says what one lacks."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tests.builders.cables import needs_root
from tests.e2e.command import COMMAND, environment, run

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="interfaces are named so on Linux")


def test_table_names_all() -> None:
    """Every interface of the system has a row, with its addresses."""
    done = run("interfaces")
    assert (done.returncode, done.stderr) == (0, "")
    rows = {line.split()[0]: line for line in done.stdout.splitlines() if line and not line.startswith(" ")}
    assert {name for _, name in socket.if_nameindex()} <= set(rows)
    assert rows["lo"].split() == ["lo", "loopback", "running", "127.0.0.1"]


def test_objects_say_the_same(tmp_path: Path) -> None:
    """As JSON there is an object for each, also in a file."""
    path = tmp_path / "interfaces.json"
    assert run("interfaces", "--format", "json", "-o", path).stdout == ""
    objects = {one["name"]: one for one in json.loads(path.read_text(encoding="utf-8"))}
    assert objects["lo"]["kind"] == "loopback"
    assert "127.0.0.1" in objects["lo"]["addresses"]
    assert objects["lo"]["running"] is True
    assert list(objects)[-1] == "any"


@needs_root
def test_who_has_no_right_is_told_what_to_run() -> None:
    """Without the right to listen, the interfaces are listed all the same, and below them what to run."""
    if shutil.which("setpriv") is None:
        pytest.skip("setpriv is not installed")
    done = subprocess.run(
        ["setpriv", "--bounding-set=-net_raw", "--inh-caps=-net_raw", *COMMAND, "interfaces"],
        capture_output=True,
        env=environment(),
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "lo " in done.stdout
    assert f"setcap cap_net_raw,cap_net_admin+eip {os.path.realpath(sys.executable)}" in done.stdout
