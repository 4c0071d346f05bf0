"""Many packets in one system call: recvmmsg(2) into slots of one buffer, whose columns NumPy reads.

Python's own `recvmsg` takes 3 µs a packet and makes half a dozen objects of it. Here the kernel fills an array of
message headers, 512 at a time, and no object is made for a packet: its length, its time and what the kernel says of it
are columns of arrays that stay where they are.

A slot is as long as the longest packet, but memory is only taken where one was that long: the buffer is a mapping of
pages that come when they are written. Slots begin at odd multiples of a cache line, else all packets' headers would
fight for the same few lines of the processor's cache.
"""

from __future__ import annotations

import ctypes
import mmap
import os
import socket
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

SLOTS = 512  # packets taken at a time: a system call among so many is nothing, and they stay in the processor's cache
HEADROOM = 32  # bytes in front of a packet: for a cooked header (20) and a VLAN tag (4)
_CACHE_LINE = 64

SOL_PACKET, PACKET_AUXDATA = 263, 8  # linux/socket.h, linux/if_packet.h
SO_TIMESTAMPNS = 35  # asm-generic/socket.h; what comes with a packet has the same number
_MSG_TRUNC, _MSG_DONTWAIT = 0x20, 0x40
_VLAN_VALID, _VLAN_TPID_VALID = 0x10, 0x40  # bits of tp_status
_8021Q = 0x8100

# recvmmsg(2), recvmsg(2): struct mmsghdr, struct iovec; packet(7): struct sockaddr_ll, struct tpacket_auxdata.
_HEAD = np.dtype(
    [
        ("name", np.uintp),
        ("name_length", np.uint32),
        ("vector", np.uintp),
        ("vector_length", np.uintp),
        ("control", np.uintp),
        ("control_length", np.uintp),
        ("flags", np.int32),
    ],
    align=True,
)
_MESSAGE = np.dtype([("head", _HEAD), ("length", np.uint32)], align=True)
_VECTOR = np.dtype([("base", np.uintp), ("length", np.uintp)], align=True)
ADDRESS = np.dtype(
    [
        ("family", np.uint16),
        ("protocol", ">u2"),
        ("interface", np.int32),
        ("hardware", np.uint16),
        ("kind", np.uint8),  # PACKET_HOST and so on
        ("address_length", np.uint8),
        ("address", "V8"),
        ("room", "V12"),  # longer addresses, InfiniBand's, of which the kernel tells all
    ]
)
_HEADER = [("length", np.uintp), ("level", np.int32), ("type", np.int32)]
_CONTROL = np.dtype(
    [
        ("time", np.dtype([*_HEADER, ("seconds", "l"), ("nanoseconds", "l")], align=True)),
        (
            "packet",
            np.dtype(
                [
                    *_HEADER,
                    ("status", np.uint32),
                    ("original", np.uint32),
                    ("captured", np.uint32),
                    ("link", np.uint16),
                    ("network", np.uint16),
                    ("tag", np.uint16),
                    ("tag_type", np.uint16),
                ],
                align=True,
            ),
        ),
    ],
    align=True,
)


class Taken(NamedTuple):
    """Packets of one socket as columns; the addresses are views that the next taking overwrites."""

    offset: NDArray[np.int64]
    captured: NDArray[np.int64]
    original: NDArray[np.int64]
    at_ns: NDArray[np.int64]
    address: NDArray[np.void]  # of `ADDRESS`
    tag: NDArray[np.int64]  # the VLAN tag that the kernel took out, type and value in 32 bits; 0: none

    @property
    def packets(self) -> int:
        """How many there are."""
        return len(self.offset)


class Slots:
    """The buffer, and what recvmmsg needs to fill it."""

    def __init__(self, longest: int) -> None:
        lines = -(-(HEADROOM + longest) // _CACHE_LINE)
        self._stride = (lines | 1) * _CACHE_LINE
        self._longest = longest
        self._pages = mmap.mmap(-1, SLOTS * self._stride)
        if hasattr(mmap, "MADV_NOHUGEPAGE"):
            self._pages.madvise(mmap.MADV_NOHUGEPAGE)  # else 2 MiB come where 4 KiB are written
        self.buffer = np.frombuffer(self._pages, np.uint8)
        self._starts = np.arange(SLOTS, dtype=np.int64) * self._stride + HEADROOM
        self._addresses = np.zeros(SLOTS, ADDRESS)
        self._controls = np.zeros(SLOTS, _CONTROL)
        self._vectors = np.zeros(SLOTS, _VECTOR)
        self._vectors["base"] = self.buffer.ctypes.data + self._starts
        self._vectors["length"] = longest
        self._messages = np.zeros(SLOTS, _MESSAGE)
        heads = self._messages["head"]
        heads["name"] = _places(self._addresses)
        heads["vector"] = _places(self._vectors)
        heads["vector_length"] = 1
        heads["control"] = _places(self._controls)
        self._receive = ctypes.CDLL(None, use_errno=True).recvmmsg

    def take(self, file: int, first: int, count: int) -> Taken | None:
        """Fill slots from a socket without waiting.

        Args:
            file: number of a packet socket that tells times and auxiliary data.
            first: the first slot to fill.
            count: how many at most.
        Returns: the packets, or None when there are none.

        Raises:
            OSError: what the socket has to report: ENETDOWN.
        """
        messages = self._messages[first : first + count]
        messages["head"]["name_length"] = ADDRESS.itemsize  # the kernel left how much it wrote
        messages["head"]["control_length"] = _CONTROL.itemsize
        got = self._receive(
            ctypes.c_int(file),
            ctypes.c_void_p(messages.ctypes.data),
            ctypes.c_uint(len(messages)),
            ctypes.c_int(_MSG_DONTWAIT | _MSG_TRUNC),
            None,
        )
        if got < 0:
            number = ctypes.get_errno()
            if number in {11, 4}:  # EAGAIN, EINTR
                return None
            raise OSError(number, os.strerror(number))
        return self._columns(first, first + got)

    def _columns(self, first: int, last: int) -> Taken:
        lengths = self._messages["length"][first:last].astype(np.int64)
        time, packet = self._controls["time"][first:last], self._controls["packet"][first:last]
        tagged = (packet["status"] & _VLAN_VALID) != 0
        kind = np.where(packet["status"] & _VLAN_TPID_VALID, packet["tag_type"], _8021Q).astype(np.int64)
        return Taken(
            offset=self._starts[first:last].copy(),
            captured=np.minimum(lengths, self._longest),
            original=np.maximum(packet["original"].astype(np.int64), lengths),
            at_ns=time["seconds"].astype(np.int64) * 10**9 + time["nanoseconds"],
            address=self._addresses[first:last],
            tag=np.where(tagged, kind << 16 | packet["tag"], 0),
        )


def _places(array: NDArray[np.void]) -> NDArray[np.uintp]:
    """Return where each row of an array is in memory."""
    places: NDArray[np.uintp] = (array.ctypes.data + np.arange(len(array)) * array.itemsize).astype(np.uintp)
    return places


def prepare(receiver: socket.socket) -> None:
    """Have a packet socket tell the time of each packet, and what the kernel took out of it."""
    receiver.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
    receiver.setsockopt(SOL_PACKET, PACKET_AUXDATA, 1)
