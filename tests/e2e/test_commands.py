"""Every command on a native and on a browser's call: what it prints, where, and its exit code."""

from __future__ import annotations

import csv
import json
import re
import shutil
from typing import TYPE_CHECKING

import pytest

from tests.e2e.command import BASIC, BROWSER, CAPTURES, run

if TYPE_CHECKING:
    from pathlib import Path

ANSI = "\x1b["


@pytest.mark.parametrize("capture", [BASIC, BROWSER])
@pytest.mark.parametrize("arguments", [["analyze"], ["chart"], ["chart", "-v", "--code", "-n"], ["waits"], ["sdp"]])
def test_views(capture: Path, arguments: list[str]) -> None:
    """Views print to stdout alone, succeed, and have no colours in a pipe."""
    done = run(*arguments, capture)
    assert done.returncode == 0
    assert done.stdout.count("\n") > 5
    assert ANSI not in done.stdout
    assert not [line for line in done.stderr.splitlines() if line.startswith("sigtrace: error")]
    if "-v" not in arguments:
        assert done.stderr == ""


def test_analyze_tells_the_story() -> None:
    """The summary names peers, the call with its verdict, the longest wait, and what to type next."""
    text = run("analyze", BASIC).stdout
    for words in (
        "1,093 packets",
        "alice@host-a",
        "bob → alice",
        "complete",
        "20.39 s",
        "BYE by bob",
        "sigtrace chart",
    ):
        assert words in text


def test_chart_names_functions() -> None:
    """With --code the functions behind the arrows are there, without it they are not."""
    assert "PeerConnectionClient::" in run("chart", BASIC, "--code").stdout
    assert "::" not in run("chart", BASIC).stdout


def test_functions_of_one_exchange_and_of_waits() -> None:
    """`show` and `waits` name functions, too; records have none to name."""
    assert "PeerChannel::AddMember" in run("show", "--code", BASIC, "1").stdout
    assert "PeerChannel::BroadcastChangedState" in run("waits", "--code", BASIC).stdout
    refused = run("waits", "--code", "--format", "csv", BASIC)
    assert refused.returncode == 2
    assert "--format text" in refused.stderr


def test_time_formats() -> None:
    """-t takes tshark's words: relative by default, the epoch, UTC with its date."""
    assert re.search(r"\b20\.387\b", run("chart", BASIC).stdout)
    assert "1795188815.804" in run("chart", BASIC, "-t", "e").stdout
    assert "2026-11-20 15:33:35.804" in run("waits", BASIC, "-t", "ud").stdout


def test_selections() -> None:
    """A selection narrows what is shown; one of what is not there says what is."""
    assert len(run("waits", BASIC, "--peer", "bob").stdout.splitlines()) < len(run("waits", BASIC).stdout.splitlines())
    late = run("export", BASIC, "--type", "exchange", "--since", "28", "--server", "10.77.0.1:8888")
    assert 0 < len(late.stdout.splitlines()) < 22
    missing = run("chart", BASIC, "--call", "9")
    assert (missing.returncode, missing.stdout) == (2, "")
    assert missing.stderr.startswith("sigtrace: no call 9\n  there are calls: 1")


def test_show() -> None:
    """An exchange is found by its number, its signal, or a packet of it."""
    by_number = run("show", BASIC, "6").stdout
    assert "POST /message?peer_id=2&to=1 HTTP/1.0" in by_number
    assert run("show", BASIC, "signal:1").stdout == by_number
    assert run("show", BASIC, "packet:45").stdout == by_number
    assert run("show", "-r", BASIC, "6").stdout == by_number
    for nothing in ("99", "signal:99", "packet:99999", "six"):
        assert run("show", BASIC, nothing).returncode == 2


def test_export_forms(tmp_path: Path) -> None:
    """NDJSON, JSON and CSV hold the same records."""
    lines = [json.loads(line) for line in run("export", BASIC).stdout.splitlines()]
    assert lines[0]["type"] == "capture"
    assert json.loads(run("export", BASIC, "--format", "json").stdout) == lines
    assert run("export", BASIC, "--format", "csv", "-o", tmp_path / "tables").returncode == 0
    for kind in {line["type"] for line in lines}:
        with (tmp_path / "tables" / f"{kind}.csv").open(encoding="utf-8", newline="") as table:
            assert len(list(csv.DictReader(table))) == sum(line["type"] == kind for line in lines)
    one = run("export", BASIC, "--format", "csv", "--type", "wait").stdout
    assert one == (tmp_path / "tables" / "wait.csv").read_text(encoding="utf-8")
    assert run("export", BASIC, "--format", "csv").returncode == 2


def test_export_flows_and_bodies() -> None:
    """--flows brings the other TCP connections and digests, --bodies the text of signals."""
    plain = [json.loads(line) for line in run("export", BASIC).stdout.splitlines()]
    full = [json.loads(line) for line in run("export", BASIC, "--flows", "--bodies").stdout.splitlines()]
    assert not any("sha256" in one for one in plain if one["type"] == "flow")
    assert all(len(one["sha256"]["client"]) == 64 for one in full if one["type"] == "flow")
    assert [one["text"] for one in full if one["type"] == "signal"][-1] == "BYE"
    assert all(one["sdp"].startswith("v=0\r\n") for one in full if one["type"] == "description")


def test_sdp_forms(tmp_path: Path) -> None:
    """Descriptions come as Markdown, JSON, CSV, and as they were."""
    assert run("sdp", BASIC, "--format", "markdown").stdout.startswith("## Call 1: `bob@host-b` (2)")
    kinds = [record["type"] for record in json.loads(run("sdp", BASIC, "--format", "json").stdout)]
    assert {"description", "candidate"} <= set(kinds)
    assert len(list(csv.DictReader(run("sdp", BASIC, "--format", "csv").stdout.splitlines()))) == 4
    assert run("sdp", BASIC, "--format", "raw").stdout.count("v=0") == 2
    assert run("sdp", BASIC, "--format", "raw", "-o", tmp_path).returncode == 0
    assert sorted(path.name for path in tmp_path.iterdir()) == ["call-1-answer-alice-1.sdp", "call-1-offer-bob-1.sdp"]
    assert b"\r\n" in (tmp_path / "call-1-offer-bob-1.sdp").read_bytes()


def test_packet_by_scapy() -> None:
    """Without tshark, scapy dissects the packet, and stderr says that it does."""
    done = run("packet", BASIC, "4", "--with", "scapy")
    assert (done.returncode, done.stderr) == (0, "")
    assert "sport: 43898" in done.stdout
    from_stdin = run("packet", "-", "4", stdin=BASIC.read_bytes())
    assert "scapy" in from_stdin.stderr
    assert from_stdin.stdout == done.stdout
    assert run("packet", BASIC, "4", PATH="/nonexistent").stdout == done.stdout
    assert run("packet", BASIC, "99999", "--with", "scapy").returncode == 2


@pytest.mark.skipif(shutil.which("tshark") is None, reason="tshark is not installed")
def test_packet_by_tshark() -> None:
    """Where tshark is installed its dissection is shown."""
    done = run("packet", BASIC, "4")
    assert done.returncode == 0
    assert "Source Port: 43898" in done.stdout
    assert "Request URI: /sign_in?alice@host-a" in done.stdout
    assert run("packet", BASIC, "99999").returncode == 2


def test_several_captures() -> None:
    """Captures given beside each other, or by -r, are one trace."""
    both = run("export", BASIC, "-r", BROWSER)
    files = [json.loads(line)["file"] for line in both.stdout.splitlines() if '"type":"capture"' in line]
    assert files == [str(BASIC), str(BROWSER)]


def test_damage_is_an_exit_code() -> None:
    """A cut capture is shown, with exit code 4 and a line on stderr that -q keeps away."""
    cut = next(path for path in (CAPTURES / "basic-call-cut").iterdir() if path.suffix.startswith(".pcap"))
    done = run("analyze", cut)
    assert done.returncode == 4
    assert "alice@host-a" in done.stdout
    assert done.stderr.startswith("sigtrace: ")
    assert run("analyze", cut, "-q").stderr == ""
    assert "capture.cut" in run("analyze", cut, "-v").stderr
