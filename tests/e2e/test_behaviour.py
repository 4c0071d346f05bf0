"""How the command behaves among others: pipes, files, terminals, errors, signals."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import threading
import time
from importlib.util import find_spec
from typing import TYPE_CHECKING

import pytest

from tests.e2e.command import BASIC, CAPTURES, COMMAND, environment, on_terminal, run

if TYPE_CHECKING:
    from pathlib import Path

VIEWS = ["analyze", "chart", "waits", "sdp", "export"]


@pytest.mark.parametrize("command", VIEWS)
def test_what_is_no_capture(command: str, tmp_path: Path) -> None:
    """An empty file, a text file, a directory, a missing file: exit code 3, one line and a hint, no traceback."""
    (tmp_path / "empty.pcap").touch()
    (tmp_path / "notes.txt").write_text("dear diary\n" * 100)
    for name in ("empty.pcap", "notes.txt", ".", "missing.pcap"):
        done = run(command, tmp_path / name)
        assert (done.returncode, done.stdout) == (3, ""), name
        assert re.fullmatch(r"sigtrace: .+\n(  .+\n)?", done.stderr), name


def test_debug_shows_the_traceback(tmp_path: Path) -> None:
    """With --debug an error comes with where it came from."""
    assert "Traceback" in run("analyze", tmp_path / "missing.pcap", "--debug").stderr


@pytest.mark.parametrize(
    "arguments",
    [
        ["analyze", "--nonsense"],
        ["nonsense"],
        ["analyze"],
        ["chart", str(BASIC), "-t", "x"],
        ["waits", str(BASIC), "--format", "xml"],
        ["analyze", str(BASIC), "--since", "yesterday-ish"],
        ["show", str(BASIC)],
        ["packet", str(BASIC)],
    ],
)
def test_usage_errors(arguments: list[str]) -> None:
    """What cannot be understood is exit code 2, on stderr."""
    done = run(*arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr
    assert "Traceback" not in done.stderr


def test_no_arguments_show_help() -> None:
    """`sigtrace` alone shows what it can do."""
    done = run()
    assert "sigtrace analyze call.pcapng" in done.stdout + done.stderr


@pytest.mark.parametrize("command", [*VIEWS, "show", "packet"])
def test_help_has_an_example_and_the_exit_codes(command: str) -> None:
    """The help of every command has an example, its options and the exit codes."""
    text = run(command, "--help").stdout
    assert "Example: sigtrace" in text
    assert "4 damaged" in text
    assert "--output" in text


def test_help_is_quick() -> None:
    """Help and version import none of the heavy libraries, and no command."""
    for option in ("--help", "--version"):
        script = (
            f"import sys; sys.argv = ['sigtrace', '{option}']\n"
            "from sigtrace.cli import main\n"
            "try: main()\n"
            "except SystemExit: pass\n"
            "heavy = {'numpy', 'msgspec', 'scapy', 'pyshark', 'lxml', 'zstandard', 'pygments', 'sigtrace.cli.export'}\n"
            "print('HEAVY', sorted(heavy & set(sys.modules)))"
        )
        done = subprocess.run(
            [sys.executable, "-c", script], capture_output=True, text=True, env=environment(), check=True
        )
        assert done.stdout.endswith("HEAVY []\n")


NEEDLESS = {
    *("dataclasses", "http", "importlib.metadata", "rich.style", "zoneinfo"),
    *("sigtrace.capture.compression", "sigtrace.capture.merge", "sigtrace.capture.pcap"),
    *("sigtrace.sources.ahead", "sigtrace.sources.zstd_file"),
    *("sigtrace.packets.dissector", "sigtrace.packets.headers", "sigtrace.packets.checksums"),
    *("sigtrace.application.detect", "sigtrace.application.http.upgrade", "sigtrace.application.websocket.connection"),
    *("sigtrace.application.socketio.request", "sigtrace.application.socketio.gathering"),
    *(f"sigtrace.signaling.{name}" for name in ("bearer", "chat", "generic", "signalmaster", "skyrtc", "whip")),
    *("sigtrace.calls.rooms", "sigtrace.sdp.agreement"),
    *("sigtrace.views.ladder", "sigtrace.views.selection", "sigtrace.render.terminal.ladder", "sigtrace.export.table"),
}
"""What is of no use for a capture of plain packets that speak peerconnection, where nothing of it is chosen."""


@pytest.mark.parametrize(
    ("command", "needed", "others"),
    [
        ("analyze", "sigtrace.render.terminal.summary", {"sigtrace.export"}),
        ("export", "sigtrace.export.records", {"rich", "sigtrace.render.terminal", "sigtrace.views.summary"}),
    ],
)
def test_only_what_is_needed_is_imported(command: str, needed: str, others: set[str]) -> None:
    """What a plain capture does not hold and the command does not write is not imported."""
    script = (
        f"import sys; sys.argv = ['sigtrace', {command!r}, {str(BASIC)!r}]\n"
        "import atexit; atexit.register(lambda: print('LOADED', *sorted(sys.modules)))\n"
        "from sigtrace.cli import main\n"
        "main()\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, env=environment(), check=True)
    loaded = set(done.stdout.rpartition("LOADED ")[2].split())
    assert needed in loaded
    assert not loaded & (NEEDLESS | others)


ENDING = """
import atexit, sys, tempfile, threading, time
folder = tempfile.TemporaryDirectory()
print(folder.name, file=sys.stderr)
atexit.register(print, "asked at the end")
def work():
    time.sleep({patience})
    print("done", file=sys.stderr)
if {patience}:
    threading.Thread(target=work).start()
sys.argv = ["sigtrace", "analyze", "-q", {file!r}]
from sigtrace.cli import main
main()
"""


@pytest.mark.parametrize("patience", [0, 0.2])
@pytest.mark.parametrize(
    ("name", "code"), [("basic-call/basic-call.pcapng", 0), ("basic-call-cut/basic-call-cut.pcapng", 4)]
)
def test_who_waits_for_the_end_is_asked(patience: float, name: str, code: int) -> None:
    """A command that ends without Python's tidying still runs what waits for its end, and waits for threads."""
    script = ENDING.format(patience=patience, file=str(CAPTURES / name))
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, env=environment(), check=False
    )
    assert done.returncode == code
    assert done.stdout.endswith("asked at the end\n")
    folder, *said = done.stderr.splitlines()
    assert not os.path.exists(folder)  # noqa: PTH110 - a string is at hand
    assert said == (["done"] if patience else [])


def test_what_need_not_be_imported_exists() -> None:
    """What is watched for is there under that name, so that not finding it means something."""
    assert all(find_spec(name) is not None for name in NEEDLESS)


def test_standard_input() -> None:
    """A capture from a pipe gives what the file gives."""
    piped = run("waits", "-", stdin=BASIC.read_bytes())
    assert piped.returncode == 0
    assert piped.stdout == run("waits", BASIC).stdout


def test_slow_pipe(tmp_path: Path) -> None:
    """A named pipe that is filled in small pieces is read to its end."""
    pipe = tmp_path / "slow.pcapng"
    os.mkfifo(pipe)

    def feed() -> None:
        data = BASIC.read_bytes()
        with pipe.open("wb", buffering=0) as file:
            for start in range(0, len(data), 20_000):
                file.write(data[start : start + 20_000])
                time.sleep(0.02)

    feeder = threading.Thread(target=feed, daemon=True)
    feeder.start()
    done = run("waits", pipe)
    feeder.join(timeout=10)
    assert done.stdout == run("waits", BASIC).stdout


def test_never_wrapped_in_a_pipe() -> None:
    """However narrow the user's terminal is, lines in a pipe are as long as they are."""
    assert run("waits", BASIC, COLUMNS="20").stdout == run("waits", BASIC).stdout


def test_width_is_kept() -> None:
    """With --width no line is longer."""
    for width in ("80", "120"):
        lines = run("chart", BASIC, "--width", width).stdout.splitlines()
        assert max(map(len, lines)) <= int(width)


def test_ascii() -> None:
    """With --ascii the chart is ASCII."""
    assert run("chart", BASIC, "--ascii").stdout.isascii()


def test_encoding_without_boxes() -> None:
    """Where stdout cannot show the signs, others are drawn."""
    done = subprocess.run(
        [*COMMAND, "chart", str(BASIC)],
        capture_output=True,
        env=environment(PYTHONIOENCODING="ascii"),
        timeout=60,
        check=True,
    )
    assert done.stdout.isascii()


def test_colours() -> None:
    """Colours are there when asked for, by --color or on a terminal; NO_COLOR keeps them off there."""
    assert "\x1b[" in run("chart", BASIC, "--color", "always").stdout
    assert "\x1b[" in on_terminal("chart", str(BASIC))
    assert "\x1b[" not in on_terminal("chart", str(BASIC), NO_COLOR="1")
    assert "\x1b[" not in on_terminal("chart", str(BASIC), "--color", "never")


def test_output_file(tmp_path: Path) -> None:
    """-o writes to a file what stdout would get, and nothing to stdout."""
    done = run("chart", BASIC, "-o", tmp_path / "chart.txt")
    assert (done.returncode, done.stdout) == (0, "")
    assert (tmp_path / "chart.txt").read_text(encoding="utf-8") == run("chart", BASIC).stdout


def test_output_is_never_a_capture(tmp_path: Path) -> None:
    """-o does not overwrite what is being read."""
    copy = tmp_path / "call.pcapng"
    copy.write_bytes(BASIC.read_bytes())
    assert run("export", copy, "-o", copy).returncode == 3
    assert copy.read_bytes() == BASIC.read_bytes()


def test_output_that_cannot_be_written(tmp_path: Path) -> None:
    """A folder, or a file in a folder that is not there, is an error in one line."""
    for path in (tmp_path, tmp_path / "missing" / "x"):
        done = run("analyze", BASIC, "-o", path)
        assert done.returncode == 3
        assert done.stderr.startswith(f"sigtrace: {path} cannot be written")


def test_closed_pipe_is_quiet() -> None:
    """When the reader goes away the command ends by SIGPIPE, without a word."""
    command = subprocess.Popen(
        [*COMMAND, "export", "--flows", "--bodies", str(BASIC)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environment(),
    )
    assert command.stdout
    assert command.stderr
    command.stdout.close()
    errors = command.stderr.read()
    command.stderr.close()
    assert command.wait(timeout=30) == -signal.SIGPIPE
    assert errors == b""


def test_progress_is_for_people() -> None:
    """Without a terminal there is no progress bar."""
    assert run("analyze", BASIC).stderr == ""


def test_completion() -> None:
    """A shell's completion script can be printed, and completes commands."""
    # Typer looks for the shell among its parents, of which there is none where the tests run in the background.
    script = run("--show-completion", "bash", _TYPER_COMPLETE_TEST_DISABLE_SHELL_DETECTION="1")
    assert "_SIGTRACE_COMPLETE=complete_bash" in script.stdout
    words = run(_SIGTRACE_COMPLETE="complete_bash", COMP_WORDS="sigtrace ch", COMP_CWORD="1")
    assert words.stdout.split() == ["chart"]


def test_version() -> None:
    """--version names the program and its version."""
    assert re.fullmatch(r"sigtrace \d+\.\d+\.\d+\n", run("--version").stdout)
