"""`sigtrace live` as a user runs it: how it is ended, what it keeps, what it reads from, what it refuses."""

from __future__ import annotations

import fcntl
import os
import shutil
import signal
import subprocess
import time
from typing import TYPE_CHECKING

import pytest

from captures.lab.network import run as run_program
from tests.builders.cables import Cable, cable, needs_root
from tests.builders.live_runs import LiveRun, frames_of, last_of_each
from tests.e2e.command import BASIC, CAPTURES, run

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

HOSTILE = CAPTURES / "hostile-text" / "hostile-text.pcapng"
FRAMES = frames_of(BASIC)
ENDING = "BYE"  # one of the last rows of that capture
SAID = "PEERS"  # a word of the summary
HANGUP = getattr(signal, "SIGHUP", signal.SIGTERM)


@pytest.fixture
def wire() -> Iterator[Cable]:
    """A cable in a namespace, which the test is inside of."""
    with cable() as made:
        yield made


def listen(path: Path, *arguments: str | Path) -> LiveRun:
    """Run it on the far end of the cable, keeping what comes; it listens already."""
    made = LiveRun("-i", "vb", "-w", path, *arguments)
    made.until_listening(path)
    return made


def packets_in(*paths: Path) -> int:
    """Count the packets of captures, which have to be readable."""
    return sum(len(frames_of(path)) for path in paths)


# --- how it ends


@needs_root
@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGINT, 0), (signal.SIGTERM, 143), (HANGUP, 143)], ids=["INT", "TERM", "HUP"]
)
def test_signals_end_it_with_all_it_knows(wire: Cable, tmp_path: Path, number: int, code: int) -> None:
    """A signal that ends programs ends it with a summary and a whole recording."""
    path = tmp_path / "run.pcapng"
    with listen(path) as live:
        wire.send_frames(FRAMES)
        live.until_said(ENDING)
        assert live.end(number) == code
        assert live.text.count(SAID) == 1
        assert live.err.text == ""
    assert packets_in(path) == len(FRAMES)
    assert run("analyze", path).returncode == 0


@needs_root
def test_what_came_right_before_the_end_is_told(wire: Cable, tmp_path: Path) -> None:
    """What was sent before the signal is shown and kept, also if it had not yet been looked at."""
    path = tmp_path / "run.pcapng"
    with listen(path) as live:
        wire.send_frames(FRAMES)
        assert live.end() == 0
        assert ENDING in live.text
    assert packets_in(path) == len(FRAMES)


@needs_root
def test_second_signal_ends_it_at_once(wire: Cable, tmp_path: Path) -> None:
    """While it cannot print its summary, another Ctrl-C ends it, and the recording is whole."""
    path = tmp_path / "run.pcapng"
    reading, writing = os.pipe()
    fcntl.fcntl(writing, fcntl.F_SETPIPE_SZ, 4096)
    try:
        with LiveRun("-i", "vb", "-w", path, "--format", "ndjson", stdout=writing) as live:
            os.close(writing)
            live.until_listening(path)
            wire.send_frames(FRAMES)  # what they tell is more than fits into that pipe, which nobody reads
            time.sleep(0.3)
            live.process.send_signal(signal.SIGINT)
            time.sleep(0.3)
            assert live.process.poll() is None
            assert live.end() == 130
            assert live.err.text == ""
    finally:
        os.close(reading)
    assert run("analyze", path).returncode == 0


@needs_root
def test_reader_that_goes_away_ends_it(wire: Cable, tmp_path: Path) -> None:
    """With `| head -1` it ends as other tools do, without a word, and the recording is whole."""
    path = tmp_path / "run.pcapng"
    reading, writing = os.pipe()
    with LiveRun("-i", "vb", "-w", path, stdout=writing) as live:
        os.close(writing)
        live.until_listening(path)
        wire.send_frames(FRAMES[: len(FRAMES) // 2])
        assert os.read(reading, 1)
        os.close(reading)
        time.sleep(0.1)
        wire.send_frames(FRAMES[len(FRAMES) // 2 :])
        assert live.end(None) == -signal.SIGPIPE
        assert live.err.text == ""
    assert packets_in(path) >= len(FRAMES) // 2
    assert run("analyze", path).returncode in {0, 4}


@needs_root
@pytest.mark.parametrize("ring", [(), ("-b", "packets:40")], ids=["file", "ring"])
def test_killed_run_leaves_what_can_be_read(wire: Cable, tmp_path: Path, ring: tuple[str, ...]) -> None:
    """After kill -9 in the middle, every file is read, and together they have every packet up to then."""
    with LiveRun("-i", "vb", "-w", tmp_path / "run.pcapng", *ring) as live:
        live.until(lambda: list(tmp_path.iterdir()), "it listens")
        wire.send_frames(FRAMES)
        live.until(lambda: packets_in(*tmp_path.iterdir()) >= 200, "it has taken some")
        assert live.end(signal.SIGKILL) == -signal.SIGKILL
    files = sorted(tmp_path.iterdir())
    assert (len(files) > 1) == bool(ring)
    assert run("analyze", *files).returncode in {0, 4}
    assert frames_in_order(*files) == FRAMES[: packets_in(*files)]


def frames_in_order(*paths: Path) -> list[bytes]:
    """Return the packets of several files, one file after the other."""
    return [frame for path in paths for frame in frames_of(path)]


# --- when to stop, what to keep


@needs_root
def test_count_ends_it_with_so_many_packets(wire: Cable, tmp_path: Path) -> None:
    """With -c it takes so many packets, shows what they tell, keeps them and no others, and says why it ended."""
    path = tmp_path / "run.pcapng"
    with listen(path, "-c", "100") as live:
        wire.send_frames(FRAMES)
        assert live.end(None) == 0
        assert "100 packets" in live.text
        assert live.err.text == "sigtrace: stopped after 100 packets\n"
    assert frames_of(path) == FRAMES[:100]


@needs_root
def test_duration_ends_it(wire: Cable, tmp_path: Path) -> None:
    """With -a duration: it ends by itself, though nothing comes."""
    with LiveRun("-i", "vb", "-a", "duration:0.5") as live:
        assert live.end(None) == 0
        assert live.err.text == "sigtrace: stopped after 0.5 seconds\n"
    assert not list(tmp_path.iterdir())
    assert wire


@needs_root
def test_ring_keeps_the_newest_files(wire: Cable, tmp_path: Path) -> None:
    """With -b packets: and files: the newest files are kept, and together they end with the last packet."""
    with LiveRun("-i", "vb", "-w", tmp_path / "run.pcapng", "-b", "packets:50", "-b", "files:2") as live:
        live.until(lambda: list(tmp_path.iterdir()), "it listens")
        wire.send_frames(FRAMES)
        live.until_said(ENDING)
        assert live.end() == 0
    files = sorted(tmp_path.iterdir())
    assert len(files) == 2
    kept = frames_in_order(*files)
    assert kept == FRAMES[-len(kept) :]
    assert run("analyze", *files).returncode in {0, 4}


@needs_root
def test_packets_on_stdout_are_a_capture(wire: Cable, tmp_path: Path) -> None:
    """With -w - a capture comes out on stdout, and what is shown on stderr."""
    path = tmp_path / "run.pcapng"
    with path.open("wb") as file, LiveRun("-i", "vb", "-w", "-", stdout=file.fileno()) as live:
        live.until_listening(path)
        wire.send_frames(FRAMES)
        live.until(lambda: ENDING in live.err.text, ENDING)
        assert live.end() == 0
        assert SAID in live.err.text
    assert frames_of(path) == FRAMES


@needs_root
def test_full_disk_is_said_and_watching_goes_on(wire: Cable, tmp_path: Path) -> None:
    """When there is no room for packets any more, that is said at once, and the rest is shown all the same."""
    place = tmp_path / "small"
    place.mkdir()
    run_program("mount", "-t", "tmpfs", "-o", "size=16k", "small", str(place))
    try:
        path = place / "run.pcapng"
        with listen(path) as live:
            wire.send_frames(FRAMES)
            live.until_said(ENDING)
            assert "the disk is full" in live.text
            assert live.end() == 0
            assert SAID in live.text
        kept = frames_of(path)
        assert kept
        assert kept == FRAMES[: len(kept)]
    finally:
        run_program("umount", str(place))


@needs_root
@pytest.mark.parametrize("form", ["text", "ndjson"])
def test_drops_are_told(wire: Cable, tmp_path: Path, form: str) -> None:
    """When more comes than is taken, how many packets the kernel dropped is said while it runs, and kept."""
    path = tmp_path / "run.pcapng"
    with listen(path, "-B", "1", "--format", form) as live:
        live.process.send_signal(signal.SIGSTOP)
        wire.send([bytes(1000)] * 2000)
        live.process.send_signal(signal.SIGCONT)
        live.until_said("the kernel dropped ")
        assert live.end() == 0
    assert (form == "ndjson") == ('"live.dropped"' in live.text)
    assert "dropped while capturing" in run("analyze", path).stdout


# --- what it reads from


def test_capture_through_a_pipe_is_watched() -> None:
    """`cat FILE | sigtrace live -` ends with the file; its records are those of the file."""
    with BASIC.open("rb") as file, LiveRun("-", "--format", "ndjson", stdin=file) as live:
        assert live.end(None) == 0
        told = last_of_each(live.records)
    exported = run("export", "-", stdin=BASIC.read_bytes()).stdout.splitlines()
    assert len(told) == len(exported) > 50


@needs_root
@pytest.mark.skipif(shutil.which("tcpdump") is None, reason="tcpdump is not installed")
def test_tcpdump_is_watched(wire: Cable) -> None:
    """`tcpdump -U -w - | sigtrace live -` shows what tcpdump hears, while it does."""
    command = ["tcpdump", "-i", "vb", "-U", "-w", "-"]
    with (
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, bufsize=0) as dump,
        LiveRun("-", stdin=dump.stdout) as live,
    ):
        assert dump.stderr is not None
        while b"listening" not in dump.stderr.readline():
            pass
        wire.send_frames(FRAMES)
        live.until_said(ENDING)
        dump.terminate()
        assert live.end(None) == 0
        assert SAID in live.text


def test_file_that_grows_is_followed(tmp_path: Path) -> None:
    """With --follow what is there is shown, and what is appended later, cut anywhere, until it is ended."""
    data = BASIC.read_bytes()
    path = tmp_path / "growing.pcapng"
    path.write_bytes(data[: len(data) // 2])
    with LiveRun(path, "--follow") as live, path.open("ab", buffering=0) as file:
        live.until_said("sign in")
        assert ENDING not in live.text
        for start in range(len(data) // 2, len(data), 4999):
            file.write(data[start : start + 4999])
            time.sleep(0.005)
        live.until_said(ENDING)
        assert live.end() == 0
        assert SAID in live.text


@needs_root
def test_recording_of_another_run_is_followed(wire: Cable, tmp_path: Path) -> None:
    """What one run writes another one follows, and both show the same rows."""
    path = tmp_path / "run.pcapng"
    with listen(path) as first, LiveRun(path, "--follow") as second:
        for start in range(0, len(FRAMES), 100):
            wire.send_frames(FRAMES[start : start + 100])
            time.sleep(0.05)
        first.until_said(ENDING)
        second.until_said(ENDING)
        assert (second.end(), first.end()) == (0, 0)
    assert second.text.split(SAID)[1] == first.text.split(SAID)[1]


# --- what is refused


@needs_root
def test_unknown_interface_is_refused_with_those_there_are(wire: Cable) -> None:
    """An interface that is not there is refused, and those that are there are named."""
    with LiveRun("-i", "eth77") as live:
        assert live.end(None) == 3
        assert "eth77" in live.err.text
        assert "vb" in live.err.text
    assert wire


@needs_root
def test_wrong_filter_is_refused_in_the_words_of_the_compiler(wire: Cable, tmp_path: Path) -> None:
    """A filter that cannot be compiled is refused, and a recording that is there already is left alone."""
    path = tmp_path / "run.pcapng"
    path.write_bytes(b"an older recording")
    with LiveRun("-i", "vb", "-f", "tcp prot 8888", "-w", path) as live:
        assert live.end(None) == 3
        assert "tcp prot 8888" in live.err.text
        assert "syntax error" in live.err.text
    assert path.read_bytes() == b"an older recording"
    assert wire


def test_what_to_listen_to_has_to_be_said(tmp_path: Path) -> None:
    """Without an interface those there are are named; a file is read only with --follow; not both at once."""
    nothing = run("live")
    assert (nothing.returncode, nothing.stdout) == (2, "")
    assert "lo" in nothing.stderr
    file = run("live", BASIC)
    assert file.returncode == 2
    assert "--follow" in file.stderr
    assert "sigtrace analyze" in file.stderr
    assert run("live", BASIC, "-i", "lo").returncode == 2
    missing = run("live", tmp_path / "none.pcapng", "--follow")
    assert missing.returncode == 3
    assert "no such file" in missing.stderr
    assert run("live", "-", stdin=b"this is no capture").returncode == 3


def test_interfaces_are_listed() -> None:
    """With -D the interfaces are listed as `interfaces` lists them."""
    assert run("live", "-D").stdout == run("interfaces").stdout


# --- hostile text


@pytest.mark.parametrize("form", ["text", "ndjson"])
def test_hostile_text_is_shown_harmless(form: str) -> None:
    """Names and messages that would act on a terminal come out visible and do nothing."""
    done = run("live", "-", "--format", form, stdin=HOSTILE.read_bytes())
    assert done.returncode == 0
    assert len(done.stdout) > 1000
    assert not [character for character in done.stdout if character != "\n" and not character.isprintable()]


@pytest.mark.parametrize(("form", "plain"), [("text", True), ("ndjson", False)])
def test_encoding_of_stdout_is_kept(form: str, plain: bool) -> None:  # noqa: FBT001 - a case of the table
    """Where stdout is ASCII, text is, and records are UTF-8 all the same."""
    done = run("live", "-", "--format", form, stdin=HOSTILE.read_bytes(), PYTHONIOENCODING="ascii")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.isascii() == plain
