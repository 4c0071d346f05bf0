"""What every capture reader offers: windows of bytes in, capture items out, and how far it got."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, NamedTuple, Protocol, TypeAlias

from sigtrace.notices import Notice, Severity

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from sigtrace.capture.batch import CaptureEnded, CaptureItem

Window: TypeAlias = "NDArray[np.uint8]"  # contiguous bytes of a capture, not yet consumed

# One record. The largest snap length that libpcap and Wireshark allow is 128 MiB, for USB and D-Bus; 64 MiB leaves
# network captures a factor of 250 above their usual 256 KiB, and keeps a damaged length from filling the memory.
MAX_RECORD_LENGTH = 64 * 2**20
MAX_BLOCK_LENGTH = MAX_RECORD_LENGTH + 4096  # the record, its header and its options
# What may follow damage: more than this is not believed until reading is in step again (the usual snap length).
PLAUSIBLE_LENGTH = 262144

ABSURD_LENGTH = "capture.absurd-length"  # a length that cannot be: reading goes on at the next plausible record
CORRECTED_LENGTH = "capture.corrected-length"  # a length that leads nowhere; another one said it right, and was used
CUT = "capture.cut"  # the capture ends inside a record or block
RESYNC = "capture.resync"  # where reading went on after damage, and how much was passed over
TIME_RANGE = "capture.time-range"  # a timestamp outside what nanoseconds in 64 bits hold: clamped

# Notices with one code in one capture: enough to see the pattern, and few enough that damage everywhere stays readable.
MAX_NOTICES = 16


class Reading(NamedTuple):
    """What one window gave. `consumed` bytes are done with; the rest must come first in the next window."""

    items: list[CaptureItem]
    consumed: int


class CaptureReader(Protocol):
    """A sans-io reader of one capture.

    Call `read` with a window that begins where the last one was consumed to, `final` when nothing follows it. When
    nothing was consumed, the same bytes must come again with more behind them; a window never has to be much longer
    than `MAX_BLOCK_LENGTH`. A final window is consumed whole. Then call `close` once.

    Batches point into the window. Packets are numbered from 1 and interfaces from 0. A notice that has a packet number
    comes behind the batch which holds the packet, before the next batch.
    """

    def read(self, window: Window, *, final: bool) -> Reading:
        """Return what the window holds."""
        ...

    def close(self, *, truncated: bool = False) -> CaptureEnded:
        """Return the end; `truncated` when the bytes stopped too early for a reason the reader cannot know."""
        ...


class NoticeBook:
    """Makes the notices of one capture, at most `MAX_NOTICES` with one code."""

    def __init__(self) -> None:
        self._told: Counter[str] = Counter()

    def note(
        self, code: str, severity: Severity, text: str, *, packet: int | None = None, offset: int | None = None
    ) -> list[Notice]:
        """Return the notice, or nothing when there were enough of its code. `offset`: bytes into the capture."""
        self._told[code] += 1
        if self._told[code] > MAX_NOTICES:
            return []
        if self._told[code] == MAX_NOTICES:
            text += "; there may be more of these, which are not listed"
        return [Notice(code=code, severity=severity, text=text, packet=packet, offset=offset)]

    def note_once(self, code: str, severity: Severity, text: str, *, packet: int | None = None) -> list[Notice]:
        """Return the notice the first time, and nothing from then on."""
        self._told[code] += 1
        if self._told[code] > 1:
            return []
        return [Notice(code=code, severity=severity, text=text, packet=packet)]
