"""Recordings as other programs read them, and as a killed run leaves them."""

from __future__ import annotations

import random
import re
import subprocess
import sys
import time
from pathlib import Path

import pytest

from sigtrace.capture.batch import InterfaceStatistics
from sigtrace.recording.recorder import Recorder
from sigtrace.recording.ring import Ring
from tests.builders.batches import make_batch
from tests.builders.captures import ETHERNET, RAW_IP, make_records
from tests.builders.endless_recording import length_of
from tests.builders.oracles import need, tshark_fields
from tests.builders.recordings import LIVE, contents_of_all
from tests.e2e.command import ROOT, environment, run

RECORDS = [
    one._replace(interface=one.number % 2, link_type=(1, 101)[one.number % 2], original=len(one.data) + one.number)
    for one in make_records(60, 1514, 61, 300, 1, 0, 77, 78, step_ns=1_234_567_891)
]


def record(path: Path | str, ring: Ring | None = None) -> Recorder:
    """Make a recording of two interfaces, with a comment and drops."""
    recorder = Recorder(str(path), ring)
    recorder.write([LIVE, ETHERNET, RAW_IP])
    recorder.write([make_batch(RECORDS[:3], {2: ("one", "another")}), make_batch(RECORDS[3:])])
    recorder.write([InterfaceStatistics(interface=0, received=4, dropped=3)])
    recorder.close()
    return recorder


def capinfos(path: Path | str) -> str:
    """Return what capinfos says of a file; of one that was cut it says so and goes on."""
    done = subprocess.run([need("capinfos"), "-M", str(path)], check=False, capture_output=True, text=True)
    return done.stdout + done.stderr


def test_tshark_reads_what_was_recorded(tmp_path: Path) -> None:
    """Numbers, times to the nanosecond, lengths, interfaces and comments are those in tshark."""
    path = tmp_path / "run.pcapng"
    record(path)
    fields = ("frame.number", "frame.time_epoch", "frame.len", "frame.cap_len", "frame.interface_name", "frame.comment")
    names = ("eth0", "tun0")
    assert tshark_fields(path, *fields) == [
        [
            str(one.number),
            f"{one.at_ns // 10**9}.{one.at_ns % 10**9:09d}",
            str(one.original),
            str(len(one.data)),
            names[one.interface],
            "one,another" if one.number == 2 else "",
        ]
        for one in RECORDS
    ]


def test_capinfos_reads_what_was_recorded(tmp_path: Path) -> None:
    """Application, resolution, interfaces and drops are those in capinfos."""
    path = tmp_path / "run.pcapng"
    record(path)
    said = capinfos(path)
    assert re.search(r"Number of packets: +8\n", said)
    assert re.search(r"Capture application: +sigtrace [0-9.]+\n", said)
    assert said.count("Time precision = nanoseconds (9)") == 2
    assert re.search(r"Name = eth0\n", said)
    assert "Number of stat entries = 1" in said
    assert "cut short" not in said


def test_tshark_reads_what_comes_over_a_pipe() -> None:
    """`-w -` is a capture that another program reads while it is made."""
    program = "from tests.e2e.test_recording import record; record('-')"
    tshark = [need("tshark"), "-n", "-r", "-", "-T", "fields", "-e", "frame.len"]
    with subprocess.Popen(
        [sys.executable, "-c", program], stdout=subprocess.PIPE, cwd=ROOT, env=environment()
    ) as child:
        done = subprocess.run(tshark, stdin=child.stdout, check=True, capture_output=True, text=True)
    assert done.stdout.split() == [str(one.original) for one in RECORDS]
    assert child.returncode == 0


def test_each_file_of_a_ring_is_read_by_itself(tmp_path: Path) -> None:
    """Each is a whole capture to capinfos, and mergecap makes one of them that has all packets."""
    recorder = record(tmp_path / "run.pcapng", Ring(packets=3))
    found = [re.search(r"Number of packets: +(\d+)\n", capinfos(name)) for name in recorder.files]
    assert [one and one[1] for one in found] == ["3", "3", "2"]
    merged = tmp_path / "merged.pcapng"
    subprocess.run([need("mergecap"), "-w", merged, *recorder.files], check=True)
    assert [row[0] for row in tshark_fields(merged, "frame.len")] == [str(one.original) for one in RECORDS]


def test_analyze_reads_what_was_recorded(tmp_path: Path) -> None:
    """`sigtrace analyze` finds nothing missing in a recording, a ring, and a recording that was cut in a block."""
    path = tmp_path / "run.pcapng"
    record(path)
    assert run("analyze", path).returncode == 0
    assert run("analyze", *record(tmp_path / "ring.pcapng", Ring(packets=3)).files).returncode == 0
    path.write_bytes(path.read_bytes()[:-150])
    cut = run("analyze", path)
    assert cut.returncode == 4
    assert "7 packets" in cut.stdout


def kill_at_some_moment(*arguments: str | Path) -> int:
    """Record until it is killed, and return how many packets it said were written."""
    command = [sys.executable, "-m", "tests.builders.endless_recording", *map(str, arguments)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, cwd=ROOT, env=environment()) as child:
        assert child.stdout is not None
        said = child.stdout.readline()
        time.sleep(random.uniform(0, 0.03))  # noqa: S311 - any moment will do
        child.kill()
        said += child.stdout.read()
    return int(said[: said.rindex(b"\n")].split()[-1])


@pytest.mark.parametrize("packets_a_file", [(), ("7000",)], ids=["file", "ring"])
@pytest.mark.parametrize("attempt", range(10))
def test_killed_run_leaves_every_packet_that_it_had_written(
    tmp_path: Path, attempt: int, packets_a_file: tuple[str, ...]
) -> None:
    """After kill -9 at any moment all packets of finished calls are there, others are whole or not there at all."""
    said = kill_at_some_moment(tmp_path / "run.pcapng", *packets_a_file)
    paths = sorted(map(str, tmp_path.iterdir()))
    contents = contents_of_all(paths if Path(paths[-1]).stat().st_size else paths[:-1])  # killed before its header
    assert len(contents.records) >= said
    for number, one in enumerate(contents.records, start=1):
        assert int.from_bytes(one.data[:8], "big") == number
        assert len(one.data) == one.original == length_of(number)
    assert set(contents.codes) <= {"capture.cut"}
    if not packets_a_file:
        count = re.search(r"Number of packets: +(\d+)\n", capinfos(paths[0]))
        assert count is not None
        assert int(count[1]) == len(contents.records)
    if not packets_a_file and attempt == 0:
        assert len(tshark_numbers(paths[0])) == len(contents.records)


def tshark_numbers(path: str) -> list[bytes]:
    """Return the packet numbers in tshark, also of a file that was cut, of which it says so and fails."""
    command = [need("tshark"), "-n", "-r", path, "-T", "fields", "-e", "frame.number"]
    return subprocess.run(command, check=False, capture_output=True).stdout.split()
