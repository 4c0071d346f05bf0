"""What the kernel tells beside a packet, written in front of it again: VLAN tags, and headers of cooked captures.

```text
  LINKTYPE_LINUX_SLL2: protocol (16), reserved (16), interface (32), hardware type (16), packet type (8),
                       length of the address (8), address (64); big-endian (tcpdump.org)
```
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from sigtrace.sources.live.slots import Taken

_ADDRESSES = 12  # bytes of the two addresses that an Ethernet header begins with; a tag stands behind them
_TAG = 4
_COOKED = np.dtype(
    [
        ("protocol", ">u2"),
        ("reserved", ">u2"),
        ("interface", ">u4"),
        ("hardware", ">u2"),
        ("kind", "u1"),
        ("address_length", "u1"),
        ("address", "V8"),
    ]
)
COOKED_LENGTH = _COOKED.itemsize


def put_tags_back(buffer: NDArray[np.uint8], taken: Taken, longest: int) -> Taken:
    """Return Ethernet frames with the VLAN tags that the kernel or the card took out of them (IEEE 802.1Q §9.6)."""
    rows = np.flatnonzero((taken.tag != 0) & (taken.captured >= _ADDRESSES))
    if not len(rows):
        return taken
    starts = taken.offset[rows, None] - _TAG
    buffer[starts + np.arange(_ADDRESSES)] = buffer[starts + _TAG + np.arange(_ADDRESSES)]
    buffer[starts + _ADDRESSES + np.arange(_TAG)] = _big_endian(taken.tag[rows])
    return _lengthen(taken, rows, _TAG, longest)


def put_cooked_headers(buffer: NDArray[np.uint8], taken: Taken, longest: int) -> Taken:
    """Return packets with a header that says where and how each was seen; a VLAN tag behind it.

    Of a frame with two tags, Linux from 6.10 on tells here the protocol inside both; those cannot be read.
    """
    header = np.zeros(taken.packets, _COOKED)
    for field in ("protocol", "interface", "hardware", "kind", "address"):
        header[field] = taken.address[field]
    header["address_length"] = np.minimum(taken.address["address_length"], 8)
    rows = np.flatnonzero(taken.tag)
    if len(rows):  # the tag's type becomes the protocol, and what follows begins with the tag's value
        inner = header["protocol"][rows].astype(np.int64)
        header["protocol"][rows] = taken.tag[rows] >> 16
        starts = taken.offset[rows, None] - _TAG
        buffer[starts + np.arange(_TAG)] = _big_endian((taken.tag[rows] & 0xFFFF) << 16 | inner)
        taken = _lengthen(taken, rows, _TAG, longest)
    places = taken.offset[:, None] - COOKED_LENGTH + np.arange(COOKED_LENGTH)
    buffer[places] = header.view(np.uint8).reshape(-1, COOKED_LENGTH)
    return _lengthen(taken, np.arange(taken.packets), COOKED_LENGTH, longest)


def _big_endian(values: NDArray[np.int64]) -> NDArray[np.uint8]:
    """Return the four bytes of each value."""
    return values.astype(">u4").view(np.uint8).reshape(-1, 4)


def _lengthen(taken: Taken, rows: NDArray[np.int64], by: int, longest: int) -> Taken:
    """Return packets of which some begin so many bytes earlier; none becomes longer than the snap length."""
    more = np.zeros(taken.packets, np.int64)
    more[rows] = by
    return taken._replace(
        offset=taken.offset - more,
        captured=np.minimum(taken.captured + more, longest),
        original=taken.original + more,
    )
