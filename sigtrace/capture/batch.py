"""What a capture reader hands on: batches of records as columns, and the facts that stand beside the records."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from sigtrace.notices import Notice
from sigtrace.value import Value, field

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy as np
    from numpy.typing import NDArray


class Interface(Value, frozen=True, kw_only=True):
    """One interface a capture names; announced before the first batch that holds a record of it."""

    index: int  # the value of `Batch.interface`, from 0, counted over the whole input
    name: str | None  # `if_name`, as written
    link_type: int  # LINKTYPE_ number
    snap_length: int  # bytes; 0 when unlimited


class Batch(Value, frozen=True, kw_only=True):
    """Records in capture order: one buffer, and columns of equal length with one row a record.

    The buffer belongs to the reader and is valid until the next item is asked for: copy what must last.
    """

    first_number: int  # packet number of row 0, from 1 as Wireshark counts; rows are consecutive
    buffer: NDArray[np.uint8]
    offset: NDArray[np.int64]  # where the record's bytes start in `buffer`
    captured: NDArray[np.int64]  # bytes of the record in `buffer`
    original: NDArray[np.int64]  # bytes the record had on the wire
    at_ns: NDArray[np.int64]  # nanoseconds since the Unix epoch
    interface: NDArray[np.int32]  # `Interface.index`
    link_type: NDArray[np.int32]  # LINKTYPE_ number of that interface
    comments: Mapping[int, tuple[str, ...]] = field(default_factory=dict)  # packet number → its comments

    def __len__(self) -> int:
        return len(self.offset)

    def bytes_of(self, row: int) -> bytes:
        """Return a copy of one record's captured bytes."""
        start = int(self.offset[row])
        return self.buffer[start : start + int(self.captured[row])].tobytes()


class Record(NamedTuple):
    """One entry of a capture, copied out of its batch."""

    number: int
    at_ns: int
    interface: int
    link_type: int
    data: bytes
    original: int  # length on the wire, bytes


class CaptureStarted(Value, frozen=True, kw_only=True):
    """A capture was recognised; all items up to the next one of these come from it."""

    file: str  # path as given, `-` for standard input, `<live>` and the like for others
    format: str  # "pcapng", "pcap", "pcap-ns", "pcap-modified", "pcap-nokia"; with ".gz" and so on if compressed
    hardware: str | None = None
    operating_system: str | None = None
    application: str | None = None
    comments: tuple[str, ...] = ()


class CaptureEnded(Value, frozen=True, kw_only=True):
    """The end of one capture's bytes."""

    file: str
    packets: int
    bytes: int  # of the uncompressed capture
    truncated: bool  # the last record or block was cut off


class NameResolution(Value, frozen=True, kw_only=True):
    """A name that the capture itself gives an address (pcapng name resolution block)."""

    address: bytes  # 4 or 16 bytes
    names: tuple[str, ...]


class InterfaceStatistics(Value, frozen=True, kw_only=True):
    """What the capturing program counted for one interface (pcapng interface statistics block)."""

    interface: int
    received: int | None
    dropped: int | None  # by the interface or the system


class DecryptionSecrets(Value, frozen=True, kw_only=True):
    """Secrets that the capture carries, kept as they stand (pcapng decryption secrets block)."""

    kind: int  # 0x544c534b is a TLS key log
    data: bytes


CaptureItem: TypeAlias = (
    CaptureStarted
    | Interface
    | Batch
    | NameResolution
    | InterfaceStatistics
    | DecryptionSecrets
    | Notice
    | CaptureEnded
)
