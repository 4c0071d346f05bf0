"""Socket.IO of every major version, its real servers and clients on loopback, against what both ends logged."""

from __future__ import annotations

import base64
import json
import os
import shutil
import subprocess
import time
import urllib.error
import urllib.request
from collections import Counter, defaultdict
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

from sigtrace.application.socketio.packet import EngineSession, SocketPacket, SocketPacketKind
from sigtrace.application.socketio.traffic import SocketTraffic, decode_socketio
from tests.builders.carriers import carriers_of
from tests.builders.node import MODULES, PROGRAMS, SocketServer, entries_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PROTOCOLS = {"0.9": 1, "1": 3, "1.4": 3, "2": 3, "3": 4, "4": 4}
RUNS = [
    f"{version} {transport} {ending}"
    for version in PROTOCOLS
    for transport in ("polling", "websocket", "upgrade")
    for ending in ("client", "server")
    if not (version == "0.9" and transport == "upgrade")  # it had no upgrade
]
AT_A_TIME = 6
"""Clients that run side by side."""

pytestmark = [
    pytest.mark.skipif(shutil.which("node") is None, reason="node is not installed"),
    pytest.mark.skipif(not MODULES.is_dir(), reason="the packages of captures/lab/node are not installed"),
    pytest.mark.skipif(shutil.which("tcpdump") is None, reason="tcpdump is not installed"),
    pytest.mark.skipif(os.geteuid() != 0, reason="capturing loopback needs root"),
]

Entry = dict[str, Any]


class Story(NamedTuple):
    """What was captured, and what the ends logged."""

    traffic: SocketTraffic
    log: list[Entry]

    def session(self, run: str) -> EngineSession:
        """Return the session of a run, by the id that the server logged."""
        (sid,) = {entry["sid"] for entry in self.log if entry.get("tag") == run and entry["did"] == "met"}
        (session,) = (one for one in self.traffic.sessions if one.sid == sid)
        return session

    def packets(self, run: str) -> list[SocketPacket]:
        """Return the packets of a run."""
        channel = self.session(run).channel
        return [packet for packet in self.traffic.packets if packet.channel == channel]

    def logged(self, run: str, end: str, did: str) -> list[Entry]:
        """Return what an end sent or got in a run."""
        return [one for one in self.log if one.get("tag") == run and one.get("end") == end and one["did"] == did]


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Story:
    """All runs, captured at once."""
    folder = tmp_path_factory.mktemp("socketio")
    servers = {version: SocketServer(version, folder) for version in PROTOCOLS}
    capture = folder / "all.pcap"
    try:
        ports = " or ".join(f"port {server.port}" for server in servers.values())
        tcpdump = subprocess.Popen(
            ["tcpdump", "-i", "lo", "-U", "-B", "16384", "-w", str(capture), f"tcp and ({ports})"],
            stderr=subprocess.PIPE,
        )
        assert tcpdump.stderr is not None
        while b"listening on" not in (line := tcpdump.stderr.readline()):
            assert line, "tcpdump did not start"
        logs = list(_run_clients(servers, folder))
        _ask_for_unknown_session(servers["4"].port)
        time.sleep(1)  # what the kernel holds for tcpdump
        tcpdump.terminate()
        tcpdump.communicate()
    finally:
        for server in servers.values():
            server.stop()
    exchanges, messages, closed_ns = carriers_of(capture)
    logs += [server.log for server in servers.values()]
    entries = [entry for log in logs for entry in entries_of(log)]
    return Story(decode_socketio(exchanges, messages, closed_ns=closed_ns), entries)


def _run_clients(servers: dict[str, SocketServer], folder: Path) -> Iterator[Path]:
    for begin in range(0, len(RUNS), AT_A_TIME):
        running = []
        for run in RUNS[begin : begin + AT_A_TIME]:
            path = folder / f"client-{run.replace(' ', '-')}.ndjson"
            with path.open("wb") as log:
                command = ["node", str(PROGRAMS / "client.js"), *run.split(), str(servers[run.split()[0]].port)]
                running.append((run, path, subprocess.Popen(command, stdout=log, stderr=subprocess.PIPE)))
        for run, path, client in running:
            _, said = client.communicate(timeout=60)
            assert client.returncode == 0, f"the client {run} failed: {said.decode()}"
            yield path


def _ask_for_unknown_session(port: int) -> None:
    url = f"http://127.0.0.1:{port}/socket.io/?EIO=4&transport=polling&sid=nobody"
    with pytest.raises(urllib.error.HTTPError):
        urllib.request.urlopen(url)


# --- what both ends say, compared with what was decoded


def _filled(payload: Any, attachments: tuple[bytes, ...]) -> Any:
    """Put attachments where their placeholders are, in the form of the logs."""
    if isinstance(payload, list):
        return [_filled(one, attachments) for one in payload]
    if isinstance(payload, dict):
        if payload.get("_placeholder"):
            return {"$bytes": base64.b64encode(attachments[payload["num"]]).decode()}
        return {key: _filled(one, attachments) for key, one in payload.items()}
    return payload


def _told(packet: SocketPacket) -> tuple[str, str, str | None, str]:
    arguments = _filled(json.loads(packet.payload), packet.attachments)
    return packet.namespace, packet.kind.value, packet.name, json.dumps(arguments, sort_keys=True)


def _written(entry: Entry) -> tuple[str, str, str | None, str]:
    return entry["namespace"], entry["kind"], entry["name"], json.dumps(entry["args"], sort_keys=True)


@pytest.mark.parametrize("from_client", [True, False], ids=["client-to-server", "server-to-client"])
@pytest.mark.parametrize("run", RUNS)
def test_packets_are_what_both_ends_logged(story: Story, run: str, from_client: bool) -> None:  # noqa: FBT001
    """Every event and acknowledgement of a direction is decoded as it was sent and got, in that order, and no other."""
    told = [
        _told(packet)
        for packet in story.packets(run)
        if packet.from_client is from_client and packet.kind in (SocketPacketKind.EVENT, SocketPacketKind.ACK)
    ]
    sender, receiver = ("client", "server") if from_client else ("server", "client")
    sent = list(map(_written, story.logged(run, sender, "sent")))
    got = list(map(_written, story.logged(run, receiver, "got")))
    assert told
    for namespace in ("/", "/other"):
        of_namespace = [one for one in told if one[0] == namespace]
        assert of_namespace == [one for one in sent if one[0] == namespace]
    assert Counter(told) == Counter(got)


@pytest.mark.parametrize("run", RUNS)
def test_acknowledgements_answer_events(story: Story, run: str) -> None:
    """Every acknowledgement has the number of an event that the other side sent in that namespace, and answers it."""
    asked: dict[tuple[bool, str, int], SocketPacket] = {}
    answers = 0
    for packet in story.packets(run):
        if packet.kind is SocketPacketKind.EVENT and packet.ack is not None:
            asked[packet.from_client, packet.namespace, packet.ack] = packet
        elif packet.kind is SocketPacketKind.ACK:
            assert packet.ack is not None
            question = asked.pop((not packet.from_client, packet.namespace, packet.ack))
            if question.name == "echo":
                assert _told(packet)[3] == _told(question)[3]
            answers += 1
    assert not asked
    assert answers >= 7


@pytest.mark.parametrize("run", RUNS)
def test_sessions(story: Story, run: str) -> None:
    """A session has its version, its handshake, its transports, its heartbeats, its namespaces and its end."""
    version, transport, ending = run.split()
    session = story.session(run)
    assert session.protocol == PROTOCOLS[version]
    assert session.path == "/socket.io/"
    assert session.opened_ns is not None
    assert (session.upgraded_ns is not None) == (transport == "upgrade")
    assert (session.flow is not None) == (transport != "polling")
    assert session.closed_ns is not None
    assert session.closed_by_client is (ending == "client")
    if version != "0.9" or transport == "websocket":  # 0.9 sends no heartbeats while polling
        assert session.heartbeats
    connected = {packet.namespace for packet in story.packets(run) if packet.kind is SocketPacketKind.CONNECT}
    assert connected == {"/", "/other"}


def test_polls(story: Story) -> None:
    """There are as many polls of each session as its server was asked for; the one of no session was refused."""
    asked = Counter(entry["sid"] for entry in story.log if entry["did"] == "polled")
    sids = {session.channel: session.sid for session in story.traffic.sessions}
    found = Counter(sids[poll.channel] for poll in story.traffic.polls)
    assert found == asked
    assert {sids[poll.channel] for poll in story.traffic.polls if poll.refused} == {"nobody"}
    assert all(poll.packets for poll in story.traffic.polls if not poll.refused and poll.answered_ns is not None)


def test_a_burst_is_one_poll(story: Story) -> None:
    """Somewhere several packets came in one answer, each of them decoded."""
    by_exchange: dict[int, list[SocketPacket]] = defaultdict(list)
    for packet in story.traffic.packets:
        if packet.exchange is not None and not packet.from_client:
            by_exchange[packet.exchange].append(packet)
    assert max(map(len, by_exchange.values())) >= 5


def test_nothing_is_left_over(story: Story) -> None:
    """There is no session beside those of the runs and the refused one, and nothing to complain of."""
    sids = {story.session(run).sid for run in RUNS}
    assert len(sids) == len(RUNS)
    assert {session.sid for session in story.traffic.sessions} == sids | {"nobody"}
    assert story.traffic.notices == ()
    assert [packet.number for packet in story.traffic.packets] == list(range(1, len(story.traffic.packets) + 1))
