"""The link layer in columns: where the IP header of each record of a batch begins, for the common link types."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np

from sigtrace.packets.link import cooked, ethernet, loopback
from sigtrace.packets.numbers import ETHERTYPES

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from numpy.typing import NDArray

    from sigtrace.capture.batch import Batch
    from sigtrace.packets.windows import Headers, Positions, Windows

ELSEWHERE, NOT_IP, VERSION_4, VERSION_6 = 0, 1, 4, 6  # what `Located.version` says
_TAGGED = 2  # the same while tags are taken off

_ETHERNET = np.dtype(
    [("addresses", "V12"), ("type", ">u2"), ("tci", ">u2"), ("type1", ">u2"), ("tci2", ">u2"), ("type2", ">u2")]
)
_COOKED = np.dtype([("type", ">u2"), ("rest", "V12"), ("protocol", ">u2")])
_COOKED_V2 = np.dtype([("protocol", ">u2")])
_LOOPBACK = np.dtype([("family", "<u4")])
_RAW = np.dtype([("version", "u1")])


class Located(NamedTuple):
    """One row a record: its IP version, or NOT_IP, or ELSEWHERE when only the record way can tell."""

    version: NDArray[np.uint8]
    start: Positions  # of the IP header, in the batch's buffer


class _Link(NamedTuple):
    """How one link type is read: its header, and the function to IP version and length of the header."""

    header: np.dtype[Any]
    read: Callable[[Headers], tuple[NDArray[np.uint8], NDArray[np.int64] | int]]


def locate(batch: Batch, windows: Windows) -> Located:
    """Find the IP headers of a batch."""
    first = int(batch.link_type[0]) if len(batch) else 0
    if (batch.link_type == first).all():
        return _locate_one(first, batch.offset, batch.captured, windows)
    version = np.zeros(len(batch), np.uint8)
    start = np.zeros(len(batch), np.int64)
    for link_type in np.unique(batch.link_type):
        rows = np.flatnonzero(batch.link_type == link_type)
        version[rows], start[rows] = _locate_one(int(link_type), batch.offset[rows], batch.captured[rows], windows)
    return Located(version, start)


def _locate_one(link_type: int, offset: Positions, captured: Positions, windows: Windows) -> Located:
    link = _LINKS.get(link_type)
    if link is None:
        return Located(np.zeros(len(offset), np.uint8), offset)
    version, length = link.read(windows.take(offset, link.header))
    short = captured < np.maximum(length, 1)
    if short.any():
        version[short] = ELSEWHERE  # what was read belongs to the next record
    return Located(version, offset + length)


def _read_ethernet(header: Headers) -> tuple[NDArray[np.uint8], NDArray[np.int64] | int]:
    """Read Ethernet with up to two tags; a third one, and a length in place of a type, are for the record way."""
    version = _BY_TYPE.take(header["type"])
    if not (version == _TAGGED).any():
        return version, ethernet.HEADER
    length = np.full(len(header), ethernet.HEADER)
    for further in ("type1", "type2"):
        tagged = np.flatnonzero(version == _TAGGED)
        version[tagged] = _BY_TYPE.take(header[further][tagged])
        length[tagged] += ethernet.TAG
    version[version == _TAGGED] = ELSEWHERE
    return version, length


def _read_cooked(header: Headers) -> tuple[NDArray[np.uint8], int]:
    return _BY_ETHERTYPE.take(header["protocol"]), cooked.HEADER_V1


def _read_cooked_v2(header: Headers) -> tuple[NDArray[np.uint8], int]:
    return _BY_ETHERTYPE.take(header["protocol"]), cooked.HEADER_V2


def _read_loopback(header: Headers) -> tuple[NDArray[np.uint8], int]:
    written = header["family"].astype(np.uint32)
    family = np.minimum(written, written.byteswap())
    version = np.full(len(family), NOT_IP, np.uint8)
    version[family == loopback.FAMILY_IPV4] = VERSION_4
    version[np.isin(family, loopback.FAMILIES_IPV6)] = VERSION_6
    return version, loopback.HEADER


def _read_raw(header: Headers) -> tuple[NDArray[np.uint8], int]:
    version: NDArray[np.uint8] = (header["version"] >> 4).astype(np.uint8)
    version[(version != VERSION_4) & (version != VERSION_6)] = NOT_IP
    return version, 0


def _versions() -> NDArray[np.uint8]:
    """Return what each EtherType stands for."""
    version = np.full(65536, NOT_IP, np.uint8)
    version[[*ETHERTYPES]] = ELSEWHERE
    version[ethernet.IPV4], version[ethernet.IPV6] = VERSION_4, VERSION_6
    return version


_BY_ETHERTYPE: Final = _versions()
_BY_TYPE: Final = _versions()
"""The same for the field of Ethernet that may be a length, and for those of tags."""
_BY_TYPE[: ethernet.LOWEST_ETHERTYPE] = ELSEWHERE
_BY_TYPE[[*ethernet.TAGS]] = _TAGGED

_LINKS: Final[Mapping[int, _Link]] = {
    0: _Link(_LOOPBACK, _read_loopback),
    1: _Link(_ETHERNET, _read_ethernet),
    12: _Link(_RAW, _read_raw),
    14: _Link(_RAW, _read_raw),
    101: _Link(_RAW, _read_raw),
    108: _Link(_LOOPBACK, _read_loopback),
    113: _Link(_COOKED, _read_cooked),
    228: _Link(_RAW, _read_raw),
    229: _Link(_RAW, _read_raw),
    276: _Link(_COOKED_V2, _read_cooked_v2),
}
