"""Which interfaces there are and whether they are up, as the kernel tells, and a word when that changes (Linux).

Everything is asked through sockets made when watching began: they stay in the network namespace they were made in.
"""

from __future__ import annotations

import socket
import struct
from typing import NamedTuple

# linux/sockios.h, linux/if.h, linux/rtnetlink.h
_FLAGS, _HARDWARE, _INDEX = 0x8913, 0x8927, 0x8933
_UP = 0x1
_LINK_CHANGES = 1  # multicast group RTMGRP_LINK
_NAME_LENGTH = 16
LONGEST_MESSAGE = 65536


class Link(NamedTuple):
    """One interface as it stands."""

    number: int  # another one, when the interface was removed and made anew
    up: bool
    hardware: int  # ARPHRD_ number


class Links:
    """Looks interfaces up by name, and can be waited for: its `fileno` is readable when something changed."""

    def __init__(self) -> None:
        self._asked = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._changes = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW | socket.SOCK_NONBLOCK, socket.NETLINK_ROUTE)
        self._changes.bind((0, _LINK_CHANGES))

    def fileno(self) -> int:
        """Return the number of the socket that is readable when something changed."""
        return self._changes.fileno()

    def forget_changes(self) -> None:
        """Take what was told of changes: that there were some is all that counts."""
        while True:
            try:
                self._changes.recv(LONGEST_MESSAGE)
            except BlockingIOError:
                return
            except OSError:
                continue  # ENOBUFS: there were more changes than could be told

    def find(self, name: str) -> Link | None:
        """Return the interface of a name, None when there is none."""
        try:
            (number,) = struct.unpack("=i", self._ask(_INDEX, name, 4))
            (flags,) = struct.unpack("=H", self._ask(_FLAGS, name, 2))
            (hardware,) = struct.unpack("=H", self._ask(_HARDWARE, name, 2))
        except (OSError, ValueError):
            return None
        return Link(number, bool(flags & _UP), hardware)

    def _ask(self, question: int, name: str, length: int) -> bytes:
        from fcntl import ioctl  # not on Windows

        encoded = name.encode("utf-8", "surrogateescape")
        if not 0 < len(encoded) < _NAME_LENGTH:
            raise ValueError(name)
        answer = ioctl(self._asked.fileno(), question, struct.pack("=16s24x", encoded))
        return answer[_NAME_LENGTH : _NAME_LENGTH + length]

    def close(self) -> None:
        """Close the sockets."""
        self._asked.close()
        self._changes.close()
