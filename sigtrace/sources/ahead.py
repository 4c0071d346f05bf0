"""A thread that reads, and decompresses, the next bytes of a capture while those before are worked on.

Reading and decompressing let go of Python's lock, and so do operations on long columns; so where there are two
processors both go on at once. The two sides share nothing but buffers, which go round: empty ones to the thread, filled
ones back in order, and an error or the end behind the last of them. How many there are bounds the memory.

Only what never waits for long is read so, a file on disk: a thread that waits for a pipe could not be stopped.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Generator

    from sigtrace.sources.windows import Buffer, Filler

BUFFERS = 2  # that go round: one is worked on, one is filled; more are no faster


def fill_ahead(filler: Filler) -> Generator[Buffer]:
    """Yield filled buffers in order; each is valid until the next one is asked for.

    What one buffer holds is not worth a thread. When this generator ends, or is closed early, the thread is gone.

    Raises:
        SourceError: reading failed, and all that came before was given.
    """
    first = filler.new_buffer()
    if not filler.fill(first):
        return
    yield first
    if first.end - first.start < filler.length:
        yield from filler.fill_again_and_again(first)  # the end, or an error
        return
    worker = _Worker(filler, [first, *(filler.new_buffer() for _ in range(BUFFERS - 1))])
    try:
        while (buffer := worker.next_filled()) is not None:
            yield buffer
            worker.give_back(buffer)
    finally:
        worker.stop()


class _Worker:
    """The thread. It is a daemon, so that a program which ends does not wait for whoever still holds the generator."""

    def __init__(self, filler: Filler, buffers: list[Buffer]) -> None:
        from queue import SimpleQueue  # only long captures need it
        from threading import Thread

        self._filler = filler
        self._empty: SimpleQueue[Buffer | None] = SimpleQueue()  # None: stop
        self._filled: SimpleQueue[Buffer | BaseException | None] = SimpleQueue()  # None: the end
        self._stopped = False
        for buffer in buffers:
            self._empty.put(buffer)
        self._thread = Thread(target=self._run, name="sigtrace reads ahead", daemon=True)
        self._thread.start()

    def next_filled(self) -> Buffer | None:
        """Wait for the next buffer; None at the end. Raises what ended the thread."""
        filled = self._filled.get()
        if isinstance(filled, BaseException):
            raise filled
        return filled

    def give_back(self, buffer: Buffer) -> None:
        """Let a buffer be filled again."""
        self._empty.put(buffer)

    def stop(self) -> None:
        """Let the thread end, and wait until it did: what it reads from may be closed then."""
        self._stopped = True
        self._empty.put(None)
        if not sys.is_finalizing():  # at the end of the program no other thread runs any more, this one neither
            self._thread.join()

    def _run(self) -> None:
        """Fill buffers until there is nothing more, or nobody who wants it."""
        end: BaseException | None = None
        try:
            while not self._stopped and (buffer := self._empty.get()) is not None and self._filler.fill(buffer):
                self._filled.put(buffer)
        except BaseException as error:  # noqa: BLE001 - whatever it is, who waits for buffers has to know
            end = error
        self._filled.put(end)
