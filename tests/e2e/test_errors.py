"""Every way to fail: what is wrong, where, and what to try, in two lines; the exit code; never a traceback."""

from __future__ import annotations

import io
import os
import re
import signal
import subprocess
import sys
import time
import zipfile
from typing import TYPE_CHECKING

import pytest

import sigtrace
from sigtrace.errors import CaptureError
from tests.e2e.command import BASIC, CAPTURES, COMMAND, environment, run

if TYPE_CHECKING:
    from pathlib import Path

TWO_LINES = re.compile(r"sigtrace: [^\n]+\n  [^\n]+\n")

INPUTS = {
    "empty.pcap": (b"", "is empty", "stopped before its first packet"),
    "page.pcap": (b"<!DOCTYPE html>\n<p>", "a web page", "link saved instead"),
    "log.txt": (b"2026-11-20 12:00:00 INFO started\n", "looks like text", "tcpdump -w FILE"),
    "browser.har": (b'{\n  "log": {"version": "1.2", "entries": []}}', "a HAR file", "no packets"),
    "data.json": (b'{"a": 1}', "looks like JSON", "give the capture itself"),
    "trace.etl": (b"\x00\x10\x00\x01\x30\x00\x00\x00", "a Windows event trace", "etl2pcapng"),
    "card.erf": (b"\x01\x02\x03\x04\x05\x06\x07\x08", "an ERF capture", "editcap"),
    "sun.snoop": (b"snoop\x00\x00\x00\x00\x00\x00\x02\x00\x00\x00\x04", "a snoop capture", "editcap"),
    "zero.pcap": (bytes(600), "nothing but zero bytes", "before it was written"),
    "odd.bin": (b"\x01\xff\x00\x02", "binary data that begins with 01 ff 00 02", "pcap and pcapng"),
}


@pytest.mark.parametrize("name", [*INPUTS, "call.zip"])
def test_what_is_no_capture_is_named(name: str, tmp_path: Path) -> None:
    """The complaint says what a file looks like, and the hint what to do with such a one."""
    if name == "call.zip":
        with zipfile.ZipFile(tmp_path / name, "w") as archive:
            archive.write(BASIC, "call.pcapng")
    data, problem, hint = INPUTS.get(name, (None, "a zip archive", "extract"))
    if data is not None:
        (tmp_path / name).write_bytes(data)
    done = run("analyze", tmp_path / name)
    assert (done.returncode, done.stdout) == (3, "")
    assert TWO_LINES.fullmatch(done.stderr)
    assert problem in done.stderr
    assert hint in done.stderr


SELECTIONS = [
    (["chart", BASIC, "--call", "9"], "no call 9", "there are calls: 1 bob to alice"),
    (["chart", BASIC, "--peer", "zed"], "no peer zed", "there are peers: 1 alice@host-a, 2 bob@host-b"),
    (["chart", BASIC, "--server", "192.0.2.1"], "no server 192.0.2.1", "there are servers: 10.77.0.1:8888"),
    (["show", BASIC, "999"], "no exchange 999", "numbered 1 to 22"),
    (["show", BASIC, "signal:99"], "no signal 99", "numbered 1 to 7"),
    (["show", BASIC, "packet:99999"], "no packet 99999", "numbered 1 to 1093"),
    (["show", BASIC, "packet:1"], "packet 1 is part of no exchange", "sigtrace packet FILE N"),
    (["show", BASIC, "foo"], "foo is not the number of an exchange", "17, signal:3 or packet:46"),
    (["packet", BASIC, "0"], "0 is not the number of a packet", "counted from 1"),
    (["packet", BASIC, "99999"], "has no packet 99999", "numbered 1 to 1093"),
    (["packet", BASIC, "99999", "--with", "scapy"], "has no packet 99999", "numbered 1 to 1093"),
    (["packet", BASIC, BASIC, "1"], "one packet is in one capture", "a single file"),
    (["chart", BASIC, "--since", "soon"], "not a time: soon", "seconds from the start"),
    (["chart", BASIC, "--since", "25:00"], "no such time of day", "a time of day in UTC"),
    (["chart", BASIC, "--since", "5", "--until", "2"], "ends before it begins", "is --since after --until?"),
    (["chart", BASIC, "--since", "9999"], "begins after the end", "it is 29.18 s long"),
    (["chart", BASIC, "--until", "1980-01-01"], "ends before the beginning", "it is 29.18 s long"),
    (["chart", BASIC, "--width", "0"], "'--width': 0 is not in the range", "sigtrace chart --help"),
    (["chart", BASIC, "--call", "x"], "'--call': 'x'", "sigtrace chart --help"),
    (["waits", BASIC, "--limit", "0"], "'--limit': 0", "sigtrace waits --help"),
    (["waits", BASIC, "--format", "xml"], "'xml' is not one of 'text'", "sigtrace waits --help"),
    (["analyze"], "give a capture, or - for standard input", "sigtrace analyze --help"),
    (["show", BASIC], "give a capture and a number", "sigtrace show --help"),
    (["analyze", BASIC, "--\x1b[31mx"], "No such option: --\\x1b[31mx", "sigtrace analyze --help"),
    (["\x1b[31mx"], "No such command", "sigtrace --help"),
    (["export", BASIC, "--format", "csv"], "tables are several files", "-o FOLDER"),
]


@pytest.mark.parametrize(("arguments", "problem", "hint"), SELECTIONS)
def test_what_is_not_there_comes_with_what_is(arguments: list[str | Path], problem: str, hint: str) -> None:
    """A selection of what does not exist, and an option that cannot be, are code 2, and the hint says what can be."""
    done = run(*arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert TWO_LINES.fullmatch(done.stderr), done.stderr
    assert problem in done.stderr
    assert hint in done.stderr


@pytest.mark.parametrize(
    ("arguments", "hint"),
    [
        (["analyze", "-o", "/"], "it is a folder"),
        (["analyze", "-o", "missing/x"], "its folder does not exist"),
        (["export", "-o", "/dev/full"], "make room"),
        (["export", "--format", "csv", "-o", "file"], "is a file: name a folder"),
        (["sdp", "--format", "raw", "-o", "file/sub"], "is a file: name a folder"),
        (["sdp", "--format", "raw", "-o", "/dev/null/x"], "is a file: name a folder"),
        (["export", "-o", "call.pcapng"], "give another name to --output"),
        (["export", "-o", "link.pcapng"], "give another name to --output"),
    ],
)
def test_what_cannot_be_written(arguments: list[str], hint: str, tmp_path: Path) -> None:
    """The complaint names the path, the hint says what is there or what to do; a capture is never overwritten."""
    (tmp_path / "call.pcapng").write_bytes(BASIC.read_bytes())
    (tmp_path / "link.pcapng").symlink_to("call.pcapng")
    (tmp_path / "file").write_text("")
    done = _in(tmp_path, *arguments, "call.pcapng")
    assert (done.returncode, done.stdout) == (3, b"")
    assert TWO_LINES.fullmatch(done.stderr.decode()), done.stderr
    assert hint in done.stderr.decode()
    assert (tmp_path / "call.pcapng").read_bytes() == BASIC.read_bytes()


def _in(folder: Path, *arguments: str, **more: str) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [*COMMAND, *arguments], cwd=folder, capture_output=True, env=environment(**more), timeout=60, check=False
    )


@pytest.mark.parametrize("name", ["basic-call/basic-call.pcapng", "queued-messages/queued-messages.pcap"])
def test_captures_cut_at_every_length(name: str) -> None:
    """Of four bytes nothing can be said; from then on a capture is one, cut off unless it ends between two blocks."""
    data = (CAPTURES / name).read_bytes()
    whole = {24} if name.endswith(".pcap") else {int.from_bytes(data[4:8], "little")}
    for length in range(64):
        if length < 4:
            with pytest.raises(CaptureError) as raised:
                sigtrace.read(io.BytesIO(data[:length]))
            assert raised.value.hint
        else:
            trace = sigtrace.analyze(sigtrace.read(io.BytesIO(data[:length])))
            assert trace.captures[0].truncated is (length not in whole), length


# --- streams and signals

SHELL = [
    ("analyze {basic} >&-", 3, "standard output cannot be written"),
    ("export {basic} >&-", 3, "standard output cannot be written"),
    ("--help >&-", 3, "sigtrace: "),
    ("analyze {basic} > /dev/full", 3, "standard output cannot be written: No space left on device"),
    ("export {basic} > /dev/full", 3, "standard output cannot be written: No space left on device"),
    ("--help > /dev/full", 3, "No space left on device"),
    ("analyze - <&-", 3, "standard input could not be read"),
    ("analyze - < /dev/null", 3, "is empty"),
    ("analyze missing 2>&-", 3, ""),
    ("analyze {basic} 2>&-", 0, ""),
    ("analyze /dev/zero", 3, "nothing but zero bytes"),
]


@pytest.mark.parametrize(("line", "code", "said"), SHELL)
def test_closed_and_full_streams(line: str, code: int, said: str) -> None:
    """A stream that is closed or full is an error in words where it is needed, and none where it is not."""
    command = " ".join([*COMMAND, line.format(basic=BASIC)])
    done = subprocess.run(["bash", "-c", command], capture_output=True, env=environment(), timeout=60, check=False)
    errors = done.stderr.decode()
    assert done.returncode == code, errors
    assert said in errors
    assert "Traceback" not in errors
    assert "Exception ignored" not in errors
    assert errors.count("sigtrace: ") == bool(said)


@pytest.mark.parametrize(
    "variables",
    [
        {"PYTHONIOENCODING": "ascii"},
        {"PYTHONIOENCODING": "latin-1"},
        {"PYTHONIOENCODING": "utf-16"},
        {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONIOENCODING": "", "PYTHONCOERCECLOCALE": "0"},
        {"TERM": "dumb", "COLUMNS": "1", "NO_COLOR": "1"},
    ],
)
def test_terminals_of_every_kind(variables: dict[str, str], tmp_path: Path) -> None:
    """Whatever the encoding and the width are, every view is written, also of what the encoding lacks."""
    for command in ("analyze", "chart"):
        done = _in(tmp_path, command, str(CAPTURES / "hostile-text" / "hostile-text.pcapng"), **variables)
        assert (done.returncode, done.stderr) == (0, b"")
        assert len(done.stdout) > 1000


HEEDING = (  # what a shell starts in the background ignores interrupts, and so do its children
    "import signal, runpy; signal.signal(signal.SIGINT, signal.default_int_handler);"
    "runpy.run_module('sigtrace', run_name='__main__', alter_sys=True)"
)


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_signals_end_the_command_quietly(number: signal.Signals, code: int, tmp_path: Path) -> None:
    """Interrupted or terminated, the command says nothing and its exit code says it all.

    Where the interrupt meets the definition of a named tuple, CPython ends by the signal, which is 130 for a shell too.
    """
    pipe = tmp_path / "endless.pcapng"
    os.mkfifo(pipe)
    command = subprocess.Popen(
        [sys.executable, "-c", HEEDING, "analyze", str(pipe)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environment(),
    )
    with command, pipe.open("wb", buffering=0) as file:  # opens when the command does, so that it is reading by then
        file.write(BASIC.read_bytes()[:50_000])
        time.sleep(0.3)
        command.send_signal(number)
        output, errors = command.communicate(timeout=30)
    assert (output, errors) == (b"", b"")
    assert command.returncode in {code, -signal.SIGINT}


# --- other programs

TSHARKS = {
    "fails": ("echo 'tshark: broken \033[31m' >&2; exit 2", "tshark could not read"),
    "is killed": ("kill -9 $$", "tshark"),  # whether pyshark sees a death or silence is a matter of moments
    "says nothing": ("exit 0", "tshark"),
    "says nonsense": ("echo nonsense", "tshark"),
}


@pytest.mark.parametrize("what", TSHARKS)
def test_a_tshark_that_does_not_do_its_work(what: str, tmp_path: Path) -> None:
    """When tshark fails, dies or is silent, the complaint says so and the hint names scapy."""
    script, problem = TSHARKS[what]
    program = tmp_path / "tshark"
    program.write_text(f'#!/bin/sh\n[ "$1" = -v ] && echo "TShark (Wireshark) 4.0.1" && exit 0\n{script}\n')
    program.chmod(0o755)
    done = _in(tmp_path, "packet", str(BASIC), "3", PATH=f"{tmp_path}:{os.environ['PATH']}")
    errors = done.stderr.decode()
    assert done.returncode == 3
    assert TWO_LINES.fullmatch(errors), errors
    assert problem in errors
    assert "--with scapy" in errors


@pytest.mark.parametrize(
    ("missing", "arguments", "hint"),
    [
        ("scapy", ["--with", "scapy"], "pip install scapy"),
        ("pyshark", ["--with", "tshark"], "--with scapy"),
    ],
)
def test_a_library_that_is_missing(missing: str, arguments: list[str], hint: str, tmp_path: Path) -> None:
    """Without scapy or pyshark `packet` says what to install, or what else there is."""
    (tmp_path / missing).mkdir()
    (tmp_path / missing / "__init__.py").write_text(f"raise ImportError('no {missing} here')")
    program = tmp_path / "tshark"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    folders = {"PYTHONPATH": f"{tmp_path}:{environment()['PYTHONPATH']}", "PATH": f"{tmp_path}:{os.environ['PATH']}"}
    done = _in(tmp_path, "packet", str(BASIC), "3", *arguments, **folders)
    assert done.returncode == 3
    assert TWO_LINES.fullmatch(done.stderr.decode()), done.stderr
    assert hint in done.stderr.decode()


# --- our own

BROKEN = """
import sys
import sigtrace.pipeline
def broken(items, **more):
    raise {error}
sigtrace.pipeline.analyze = sigtrace.analyze = broken
sys.argv = ["sigtrace", {arguments}]
from sigtrace.cli import main
main()
"""
BUGS = [
    (
        "ZeroDivisionError('a\\x1b[31m\\nb' * 1000)",
        1,
        "this is a bug: ZeroDivisionError: a\\x1b[31m\\nba",
        "please report",
    ),
    ("RecursionError('too deep')", 1, "this is a bug: RecursionError: too deep", "please report"),
    ("AssertionError", 1, "this is a bug: AssertionError", "please report"),
    ("MemoryError", 3, "there is not enough memory", "editcap"),
]


@pytest.mark.parametrize(("error", "code", "problem", "hint"), BUGS)
def test_a_bug_is_two_lines(error: str, code: int, problem: str, hint: str) -> None:
    """An error of our own is one line of bounded length, with what to do about it; with --debug the traceback too."""
    done = _broken(error, "analyze", str(BASIC))
    assert done.returncode == code
    assert TWO_LINES.fullmatch(done.stderr)
    assert problem in done.stderr
    assert hint in done.stderr
    assert len(done.stderr) < 2000
    for arguments in (["--debug", "analyze", str(BASIC)], ["analyze", str(BASIC), "--debug"]):
        done = _broken(error, *arguments)
        assert done.returncode == code
        assert "Traceback" in done.stderr
        assert TWO_LINES.search(done.stderr)


def _broken(error: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    script = BROKEN.format(error=error, arguments=", ".join(map(repr, arguments)))
    return subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, env=environment(), timeout=60, check=False
    )


def test_notices_say_where() -> None:
    """`analyze` and -v name the packet, and the byte of the file where that is what is damaged."""
    done = run("analyze", "-v", CAPTURES / "basic-call-cut" / "basic-call-cut.pcapng", "--width", "100")
    assert re.search(r"capture\.cut: .*\((?:packet \d+, )?byte [\d,]+\)", done.stderr)
    assert re.search(r"byte [\d,]+\)", done.stdout)
