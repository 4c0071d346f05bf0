"""A pcap record header: its four numbers, and what of them tells a header from other bytes.

All rules work for one header and for columns of them alike: numbers are integers or arrays, truths booleans or arrays.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from sigtrace.capture.reader import MAX_RECORD_LENGTH, PLAUSIBLE_LENGTH

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from sigtrace.capture.detect import PcapKind
    from sigtrace.capture.reader import Window

NEAR_SECONDS = 366 * 86400  # records of one capture are nearer to each other in time than a year
FIELDS_LENGTH = 16  # bytes of a record header that every kind has


class Header(NamedTuple):
    """One header, or columns of headers."""

    seconds: Any
    fraction: Any
    captured: Any
    original: Any

    @property
    def is_blank(self) -> Any:
        """Whether there is nothing but zeros: what a hole in a file is filled with."""
        return (self.seconds | self.fraction | self.captured | self.original) == 0


def columns_at(window: Window, places: NDArray[np.int64], *, big_endian: bool) -> Header:
    """Return the headers at places, as columns; all of them must fit into the window."""
    order, starts = np.dtype(">u4" if big_endian else "<u4"), max(len(window) - FIELDS_LENGTH + 1, 0)
    # Whole headers as opaque elements of a view with a stride of one byte: NumPy has no faster gather.
    headers: NDArray[np.void] = np.ndarray((starts,), f"V{FIELDS_LENGTH}", window.data, 0, (1,))
    fields = headers[places].view(order).reshape(-1, FIELDS_LENGTH // 4)
    return Header(*np.ascontiguousarray(fields.T).astype(np.int64))


def is_near(seconds: Any, other: Any, near: int = NEAR_SECONDS) -> Any:
    """Tell whether times are near each other; seconds count round at 2³², as a clock does that passes the year 2106."""
    return abs((seconds - other + 2**31) % 2**32 - 2**31) < near


def are_plain(headers: Header, recent: Sequence[int], kind: PcapKind, snap_length: int) -> bool:
    """Tell of columns at once whether none of them is suspicious, and all are near each other and those before.

    It is not told of all columns of which that is true; `is_suspicious` and `is_near` tell it of each row.

    Args:
        headers: the columns, of one row at least.
        recent: seconds of the records before.
        kind: of the capture.
        snap_length: of the capture.
    """
    seconds, fraction, captured, original = headers
    first, last = min([int(seconds.min()), *recent]), max([int(seconds.max()), *recent])
    if last - first >= NEAR_SECONDS or int(fraction.max()) >= (10**9 if kind.nanosecond else 10**6):
        return False
    if int(captured.min()) <= 0 or int(original.max()) > PLAUSIBLE_LENGTH:
        return False
    cut = captured != original
    return not cut.any() or bool(((captured == snap_length) & (captured < original))[cut].all())


def is_suspicious(header: Header, near: Any, kind: PcapKind, snap_length: int) -> Any:
    """Tell whether a record must lead to a header that looks right, to be believed.

    It is odd, or was cut at another length than the snap length, which is what damage to that field looks like. `near`
    says whether its time is near that of a record before it; a far time alone is no sign of damage.
    """
    _, fraction, captured, original = header
    whole = (captured == original) & (near | (captured > 0))
    usual = whole | (near & (captured < original) & (captured == snap_length))
    fine = fraction < (10**9 if kind.nanosecond else 10**6)
    return (usual & fine & (original <= PLAUSIBLE_LENGTH) & (header.is_blank ^ True)) ^ True


def can_follow(header: Header, near: Any, kind: PcapKind) -> Any:
    """Tell whether a header may be the one that a chain of records leads to, one of its numbers damaged or odd.

    The time must be right, and both lengths, or one of them and the fraction, so that a header with damage of its own
    may still prove the one before it. Zeros are no header.
    """
    _, fraction, captured, original = header
    fine = fraction < (10**9 if kind.nanosecond else 10**6)
    agree = (captured == original) & (captured <= MAX_RECORD_LENGTH)
    fit = agree | ((captured <= PLAUSIBLE_LENGTH) & (original <= PLAUSIBLE_LENGTH))
    either = fine & ((captured <= PLAUSIBLE_LENGTH) | (original <= PLAUSIBLE_LENGTH))
    return near & (either | fit) & (header.is_blank ^ True)


def can_lead(header: Header) -> Any:
    """Tell whether a header that cannot follow may still lead to one that can."""
    return (header.captured <= PLAUSIBLE_LENGTH) & (header.original <= PLAUSIBLE_LENGTH) & (header.is_blank ^ True)


class Habits(NamedTuple):
    """What headers of one capture are like; whatever is odd, but usual in it, is no sign of damage."""

    kind: PcapKind
    overlong: bool = False  # records were captured longer than they are said to be
    fine: bool = False  # fractions are nanoseconds, whatever the magic says
    zeros: bool = False  # times are far from zero, so that zeros are no header

    def with_record(self, header: Header) -> Habits:
        """Return what is known after one more record."""
        return self._replace(
            overlong=self.overlong or header.captured > header.original, fine=self.fine or header.fraction >= 10**6
        )

    def is_header(self, header: Header) -> Any:
        """Tell whether a header looks like one behind damage, but for its time."""
        _, fraction, captured, original = header
        fine = fraction < (10**9 if self.kind.nanosecond or self.fine else 10**6)
        fit = (original <= PLAUSIBLE_LENGTH) & (captured <= (PLAUSIBLE_LENGTH if self.overlong else original))
        return fine & fit & (captured >= (0 if self.zeros else 1))
