"""The thread that reads ahead: the same buffers in the same order, few at a time, and none left running."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
from typing import TYPE_CHECKING

import pytest
import zstandard

from sigtrace.capture.writer import encode_pcapng
from sigtrace.errors import SourceError
from sigtrace.sources.ahead import BUFFERS, _Worker, fill_ahead
from sigtrace.sources.windows import Filler
from tests.builders.captures import ETHERNET, make_records
from tests.builders.trickle import Trickle

if TYPE_CHECKING:
    from collections.abc import Generator
    from pathlib import Path

    from sigtrace.sources.windows import Buffer

DATA = bytes(at * 7 % 251 for at in range(10_000))
LENGTH = 300


def ahead(stream: Trickle) -> Generator[Buffer]:
    """Read a stream ahead."""
    return fill_ahead(Filler(stream, LENGTH))


def contents(buffer: Buffer) -> bytes:
    """Return what was read into a buffer."""
    return buffer.memory[buffer.start : buffer.end].tobytes()


def running() -> list[threading.Thread]:
    """Return the threads that read ahead."""
    return [thread for thread in threading.enumerate() if thread.name == "sigtrace reads ahead"]


def test_the_same_bytes_come() -> None:
    """All bytes come in order, each with how much was read for it, and the thread is gone behind the last."""
    got = [(contents(buffer), buffer.taken) for buffer in ahead(Trickle(DATA, [70, 500]))]
    assert b"".join(data for data, _ in got) == DATA
    assert [taken for _, taken in got] == [*range(LENGTH, len(DATA), LENGTH), len(DATA)]
    assert not running()


def test_few_buffers_go_round() -> None:
    """However long the stream, there are as many buffers as are named, and no more is read than they hold."""
    stream, memories = Trickle(DATA, [LENGTH]), set()
    for given, buffer in enumerate(ahead(stream)):
        assert stream.taken <= (given + BUFFERS) * LENGTH
        memories.add(buffer.memory.ctypes.data)
    assert len(memories) == BUFFERS


def test_a_buffer_is_left_alone_until_the_next_is_asked_for() -> None:
    """What a buffer holds does not change while it is looked at, even when all that may be read was."""
    stream, at = Trickle(DATA, [LENGTH]), 0
    for given, buffer in enumerate(ahead(stream)):
        while stream.taken < min((given + BUFFERS - 1) * LENGTH, len(DATA)) and running():
            threading.Event().wait(0.001)
        assert contents(buffer) == DATA[at : at + LENGTH]
        at += LENGTH


def test_a_short_stream_needs_no_thread() -> None:
    """What one buffer holds is read without a thread."""
    buffers = ahead(Trickle(DATA[: LENGTH - 1], [LENGTH]))
    assert contents(next(buffers)) == DATA[: LENGTH - 1]
    assert not running()
    assert list(buffers) == []


@pytest.mark.parametrize("length", [100, LENGTH, 5 * LENGTH + 10])
def test_an_error_comes_behind_what_was_read(length: int) -> None:
    """All bytes before a reading error come, then the error, and the thread is gone."""
    got: list[bytes] = []
    with pytest.raises(SourceError, match="it broke"):
        got.extend(map(contents, ahead(Trickle(DATA[:length], [LENGTH], error=SourceError("it broke")))))
    assert b"".join(got) == DATA[:length]
    assert not running()


def test_whatever_ends_the_thread_is_raised() -> None:
    """An error that nobody expects is not waited for for ever."""

    class Broken(Trickle):
        def read_into(self, target: memoryview) -> int:
            return super().read_into(target) if self.taken < 1000 else 1 // 0

    with pytest.raises(ZeroDivisionError):
        list(ahead(Broken(DATA, [LENGTH])))
    assert not running()


@pytest.mark.parametrize("taken", range(5))
def test_closing_ends_the_thread(taken: int) -> None:
    """When the generator was closed, the thread is gone and reads nothing any more."""
    stream = Trickle(DATA, [LENGTH])
    buffers = ahead(stream)
    for _ in range(taken):
        next(buffers)
    buffers.close()
    assert not running()
    assert stream.taken <= (taken + BUFFERS) * LENGTH


def test_no_buffer_is_filled_for_nobody() -> None:
    """Who stops waits for the buffer that is being filled, and for no other."""
    gate = threading.Event()

    class Slow(Trickle):
        def read_into(self, target: memoryview) -> int:
            gate.wait()
            return super().read_into(target)

    stream = Slow(DATA, [LENGTH])
    filler = Filler(stream, LENGTH)
    worker = _Worker(filler, [filler.new_buffer() for _ in range(BUFFERS)])
    stopping = threading.Thread(target=worker.stop)
    stopping.start()
    while not worker._stopped:
        threading.Event().wait(0.001)
    gate.set()
    stopping.join()
    assert stream.taken == LENGTH
    assert not running()


def test_letting_go_ends_the_thread() -> None:
    """A generator that is forgotten, as when who looks at its buffers fails, takes the thread with it."""
    buffers = ahead(Trickle(DATA, [LENGTH]))
    next(buffers)
    next(buffers)
    assert running()
    del buffers
    assert not running()


@pytest.fixture(scope="module")
def long_capture(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A compressed capture of several windows."""
    path: Path = tmp_path_factory.mktemp("long") / "capture.zst"
    (record,) = make_records(60_000)
    records = [record._replace(number=number) for number in range(1, 301)]
    path.write_bytes(zstandard.compress(encode_pcapng(records, interfaces=[ETHERNET])))
    return path


@pytest.mark.parametrize(
    ("end", "code", "error"),
    [
        ("pass", 0, ""),
        ("raise SystemExit(3)", 3, ""),
        ("signal.raise_signal(signal.SIGINT)", -signal.SIGINT, "KeyboardInterrupt"),
        ("1 / 0", 1, "ZeroDivisionError: division by zero"),
    ],
)
def test_a_program_ends_while_the_thread_runs(long_capture: Path, end: str, code: int, error: str) -> None:
    """A program that still holds the items of a capture ends as it would without a thread."""
    program = f"""
import signal, sys, threading
from sigtrace.sources.file import read
items = read(sys.argv[1])
for item in items:
    if [thread for thread in threading.enumerate() if thread.name == "sigtrace reads ahead"]:
        break
else:
    sys.exit("no thread")
print("looked", flush=True)
{end}
"""
    command = [sys.executable, "-c", program, str(long_capture)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.stdout == "looked\n"
    assert (done.returncode, done.stderr.rstrip().rpartition("\n")[2]) == (code, error)
