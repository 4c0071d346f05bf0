"""`-a` and `-c`: when to stop."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sigtrace.errors import SelectionError
from sigtrace.recording.criteria import bytes_of, parse_criteria, whole
from sigtrace.recording.output import STANDARD_OUTPUT
from sigtrace.value import Value, replace

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sigtrace.recording.ring import Ring

_EXAMPLES = {"duration": "60", "packets": "5000", "filesize": "1000", "files": "5"}


class Limits(Value, frozen=True, kw_only=True):
    """When to stop, whichever comes first."""

    duration_s: float | None = None  # after so many seconds
    packets: int | None = None  # after so many packets, kept or not
    filesize: int | None = None  # once the one file has reached so many bytes
    files: int | None = None  # once so many files of a ring are full


def parse_limits(texts: Iterable[str], count: int | None = None) -> Limits:
    """Parse what was given to `-a`, such as `duration:60`, and to `-c`; of two numbers of packets the lower counts.

    Raises: SelectionError: it cannot be read.
    """
    found = parse_criteria("-a", texts, _EXAMPLES)
    if count is not None and count <= 0:
        raise SelectionError(f"-c {count}: not a number of packets above zero", hint="give it as in -c 100")
    counts = [int(packets) for packets in (found.get("packets"), count) if packets is not None]
    return Limits(
        duration_s=found.get("duration"),
        packets=min(counts, default=None),
        filesize=bytes_of(found.get("filesize")),
        files=whole(found.get("files")),
    )


def fit_together(path: str | None, ring: Ring | None, limits: Limits) -> tuple[Ring | None, Limits]:
    """Check `-w`, `-b` and `-a` against each other.

    Returns: ring and limits as they are meant: beside a ring, `-a filesize` is the size of each file, as in dumpcap.
    Raises: SelectionError: one of them means nothing without another, or with it.
    """
    if path is None and (ring or limits.filesize or limits.files):
        given = "-b" if ring else "-a filesize" if limits.filesize else "-a files"
        raise SelectionError(f"{given} speaks of a file, and none is written", hint="add -w FILE")
    if ring is not None and path == STANDARD_OUTPUT:
        raise SelectionError("standard output cannot be divided into files", hint="give -w FILE, or leave -b out")
    if ring is None and limits.files:
        raise SelectionError("-a files counts the files of a ring", hint="add -b duration:, filesize: or packets:")
    if ring is not None and limits.filesize:
        sizes = [size for size in (ring.filesize, limits.filesize) if size is not None]
        return replace(ring, filesize=min(sizes)), replace(limits, filesize=None)
    return ring, limits
