"""Capture files and streams → capture items: pcap and pcapng, plain or compressed, one or several, or standard input.

Bytes are read in large windows (`windows.py`), and those of a compressed file ahead (`ahead.py`). A file is not mapped
into memory, which would save a twentieth of the time: mapped pages count as memory that is used, and a file that is
shortened meanwhile would end the program.
"""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING, TypeAlias

from sigtrace.capture.batch import Batch
from sigtrace.capture.detect import HEAD_LENGTH, Compression, PcapngKind, detect_capture, detect_compression
from sigtrace.errors import CaptureError, SourceError
from sigtrace.sources.bytestream import (
    ByteStream,
    DecompressedStream,
    Input,
    Path,
    PrefixedStream,
    read_head,
)
from sigtrace.sources.windows import Filler, read_windows

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator

    from sigtrace.capture.batch import CaptureItem
    from sigtrace.capture.merge import MergeInput
    from sigtrace.capture.reader import CaptureReader
    from sigtrace.sources.windows import Buffer
    from sigtrace.sources.zstd_file import ZstdFile

Progress: TypeAlias = "Callable[[int, int | None], None]"

# Large enough that what a window costs however short it is, half a millisecond, hardly shows beside the thousands of
# packets in it. Windows twice as long save a twentieth of the time, and take 6 MB more.
WINDOW_LENGTH = 2**22
# Several captures share this much for their buffers, but none gets less than the least window.
MERGE_LENGTH, LEAST_WINDOW_LENGTH = 2**26, 2**17
PEEK_WINDOW_LENGTH = 2**16  # to find a capture's first packet
MAX_COMPRESSIONS = 3  # one inside the other; more is a riddle, not a capture


def read(*paths: Path, progress: Progress | None = None) -> Iterator[CaptureItem]:
    """Read captures as one trace in time order.

    Every input is opened and looked at when this is called, so that what cannot be read shows at once; the rest is read
    as the items are asked for.

    Args:
        paths: files, open binary files, or `-` for standard input. All are read as streams, never whole.
        progress: called with the bytes read so far, as they are on disk, and their total; None where that is unknown.
    Returns: for each capture, `CaptureStarted`, its interfaces, batches and other items, and `CaptureEnded`. Items of
        captures that overlap in time come mixed. Packets and interfaces are counted over the whole trace.

    Raises:
        SourceError: no such file, a directory, no permission, or, later, reading failed.
        CaptureError: empty, or not a capture.
    """
    if not paths:
        raise SourceError("no capture was given", hint="give a file, or - for standard input")
    inputs = [Input(path) for path in paths]
    gauge = _Gauge(inputs, progress)
    if len(inputs) == 1:
        return _OpenCapture(inputs[0], gauge.add).items(WINDOW_LENGTH, ahead=inputs[0].can_reopen)
    from sigtrace.capture.merge import merge  # one capture, the usual case, is read sooner without it

    window_length = min(max(MERGE_LENGTH // len(inputs), LEAST_WINDOW_LENGTH), WINDOW_LENGTH)
    return merge([_merge_input(one, gauge.add, window_length) for one in inputs])


class _Gauge:
    """Adds up the bytes read of all inputs, for who wants to see progress."""

    def __init__(self, inputs: list[Input], progress: Progress | None) -> None:
        lengths = [one.length for one in inputs]
        known = [length for length in lengths if length is not None]
        self._total = sum(known) if len(known) == len(lengths) else None
        self._read = 0
        self._progress = progress

    def add(self, count: int) -> None:
        """Count bytes that were read."""
        self._read += count
        if self._progress:
            self._progress(self._read, self._total)


def _merge_input(one: Input, on_read: Callable[[int], None], window_length: int) -> MergeInput:
    """Look for an input's first packet. Files are closed until their turn comes; streams have to stay open."""
    from sigtrace.capture.merge import MergeInput  # as in `read`

    if one.can_reopen:
        items = _OpenCapture(one, lambda _: None).items(PEEK_WINDOW_LENGTH)
        first_ns = next((int(item.at_ns[0]) for item in items if isinstance(item, Batch) and len(item)), None)
        items.close()
        return MergeInput(first_ns, lambda: _OpenCapture(one, on_read).items(window_length))
    items = _OpenCapture(one, on_read).items(window_length)
    before: list[CaptureItem] = []
    for item in items:
        before.append(item)
        if isinstance(item, Batch) and len(item):
            return MergeInput(int(item.at_ns[0]), lambda: chain(before, items))
    return MergeInput(None, lambda: iter(before))


class _OpenCapture:
    """One capture, recognised by its first bytes. Raises SourceError and CaptureError as `read` does."""

    def __init__(self, one: Input, on_read: Callable[[int], None]) -> None:
        self._on_read = on_read
        self._told = 0  # bytes
        self._file = one.open()
        self._on_disk = one.can_reopen
        self._layers: list[DecompressedStream | ZstdFile] = []
        try:
            self._reader = self._recognise(one.name)
        except BaseException:
            self._file.close()
            raise

    def _recognise(self, name: str) -> CaptureReader:
        """Undo compressions until a capture shows."""
        self._stream: ByteStream = self._file
        suffix = ""
        while True:
            head = read_head(self._stream, HEAD_LENGTH)
            self._stream = PrefixedStream(head, self._stream)
            compression = detect_compression(head)
            if compression is None or len(self._layers) == MAX_COMPRESSIONS:
                break
            self._stream = layer = DecompressedStream(self._stream, compression)
            self._layers.append(layer)
            suffix = f".{compression.value}{suffix}"
        damage = [notice.text for layer in self._layers for notice in layer.notices if layer.damaged]
        if damage and not head:
            raise CaptureError(f"{name}: {damage[0]}", hint="is the file complete?")
        kind = detect_capture(head, file=name)
        if self._on_disk and suffix == f".{Compression.ZSTD.value}":
            from sigtrace.sources.zstd_file import ZstdFile  # most captures are not compressed

            self._stream = ZstdFile(self._file)
            self._layers = [self._stream]
        if isinstance(kind, PcapngKind):
            from sigtrace.capture.pcapng.reader import PcapngReader

            return PcapngReader(name, suffix=suffix)
        from sigtrace.capture.pcap.reader import PcapReader

        return PcapReader(name, kind, suffix=suffix)

    def items(self, window_length: int, *, ahead: bool = False) -> Generator[CaptureItem]:
        """Yield the capture's items; its file is closed at the end, or when the generator is.

        Args:
            window_length: bytes that are looked at together.
            ahead: decompress what comes next in a thread of its own.
        """
        filler = Filler(self._stream, window_length)
        buffers = _fill_ahead(filler) if ahead and self._layers else filler.fill_again_and_again(filler.new_buffer())
        try:
            yield from read_windows(self._reader, buffers, window_length, self._tell)
            self._tell(self._stream.taken)
            for layer in self._layers:
                yield from layer.notices
            yield self._reader.close(truncated=any(layer.damaged for layer in self._layers))
        finally:
            buffers.close()
            self._file.close()

    def _tell(self, taken: int) -> None:
        """Tell how much more was read."""
        if taken > self._told:
            self._on_read(taken - self._told)
            self._told = taken


def _fill_ahead(filler: Filler) -> Generator[Buffer]:
    from sigtrace.sources.ahead import fill_ahead  # most captures are not compressed

    return fill_ahead(filler)
