"""`--verify-checksums` on every command that reads captures: what was damaged on its way is told and left out."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests.builders.packets import Network, ethernet, ipv4, tcp, with_checksum
from tests.differential.tshark import write_pcapng
from tests.e2e.command import run

if TYPE_CHECKING:
    from pathlib import Path

REQUEST = b"GET /sign_in?alice HTTP/1.0\r\n\r\n"


@pytest.fixture
def capture(tmp_path: Path) -> Path:
    """Write a request that was damaged on its way, and sent again."""
    ends = "10.77.0.11", "10.77.0.1"
    sent = with_checksum(ipv4(*ends, tcp(40000, 8888, sequence=1, payload=REQUEST), identification=1))
    damaged = Network.of(sent.ethertype, bytes(sent).replace(b"alice", b"malix"))
    again = with_checksum(ipv4(*ends, tcp(40000, 8888, sequence=1, payload=REQUEST), identification=2))
    frames = [ethernet(damaged), ethernet(again)]
    path = tmp_path / "damaged.pcapng"
    path.write_bytes(b"".join(write_pcapng((1, frame, len(frame)) for frame in frames)))
    return path


@pytest.mark.parametrize(
    "arguments", [["analyze"], ["chart"], ["waits"], ["sdp"], ["show", "packet:2"], ["export"]], ids=lambda one: one[0]
)
def test_every_command_takes_it(capture: Path, arguments: list[str]) -> None:
    """With the option each command succeeds, and -v or `export` tells of the checksum; without it nobody does."""
    command, *subject = arguments
    talk = [] if command == "export" else ["-v"]
    told = run(command, "--verify-checksums", *talk, capture, *subject)
    assert told.returncode == 0, told.stderr
    assert "tcp.checksum" in told.stdout + told.stderr
    silent = run(command, *talk, capture, *subject)
    assert "checksum" not in silent.stdout + silent.stderr


def test_the_damaged_bytes_are_left_out(capture: Path) -> None:
    """The request is the one that was sent again, and the notice names the packet that was damaged."""
    lines = run("export", "--verify-checksums", capture).stdout.splitlines()
    records = [json.loads(line) for line in lines]
    assert [one["target"] for one in records if one["type"] == "exchange"] == ["/sign_in?alice"]
    assert [(one["code"], one["packet"]) for one in records if one["type"] == "notice"] == [("tcp.checksum", 1)]
    plain = [json.loads(line) for line in run("export", capture).stdout.splitlines()]
    assert [one["target"] for one in plain if one["type"] == "exchange"] == ["/sign_in?malix"]
