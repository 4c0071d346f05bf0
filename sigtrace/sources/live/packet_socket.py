"""One packet socket of Linux: opened, filtered, and emptied into slots; packet(7).

Interfaces with a link header that sigtrace knows are listened to through scapy's own socket, opened as scapy opens it
and then read by system calls for many packets at once. All others, and `any`, give packets without their link header,
and get a cooked one.
"""

from __future__ import annotations

import ctypes
import errno
import logging
import os
import socket
import struct
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import numpy as np

from sigtrace.errors import SourceError
from sigtrace.sources.live.capture_filter import LINKTYPE_RAW, LINKTYPE_SLL2, compile_filter, take
from sigtrace.sources.live.link_headers import put_cooked_headers, put_tags_back
from sigtrace.sources.live.slots import SOL_PACKET, Slots, Taken, prepare
from sigtrace.sources.live.source import ANY

if TYPE_CHECKING:
    from sigtrace.sources.live.links import Link
    from sigtrace.sources.live.source import Settings

LINKTYPE_ETHERNET = 1
_LOOPBACK = 772
_LINK_TYPES = {  # hardware type (linux/if_arp.h) → link type of what a raw socket gives
    1: LINKTYPE_ETHERNET,
    _LOOPBACK: LINKTYPE_ETHERNET,
    519: LINKTYPE_RAW,  # modems
    65534: LINKTYPE_RAW,  # tun, WireGuard
    801: 105,  # IEEE 802.11
    802: 119,  # with a Prism header
    803: 127,  # with a radiotap header
}
_OUTGOING = 4  # sll_pkttype of what this host sends

_ALL_PROTOCOLS = b"\x00\x03"  # in network order
_ADD_MEMBERSHIP, _STATISTICS, _IGNORE_OUTGOING = 1, 6, 23  # of SOL_PACKET
_PROMISCUOUS = 1  # a kind of membership
_RECEIVE_BUFFER_FORCE, _ATTACH_FILTER = 33, 26  # of SOL_SOCKET
_MOST = 2**30 - 1  # bytes of a buffer: the kernel doubles it, and counts in 31 bits


class PacketSocket:
    """Listens to one interface, or to all, from when it is made until it is closed.

    Args:
        name: of the interface, or `any`.
        link: what the interface is now; None for `any`.
        settings: how to listen.

    Raises:
        PermissionError: only root may, or who has the right.
        OSError: the interface went away.
        SourceError: the filter is wrong.
    """

    def __init__(self, name: str, link: Link | None, settings: Settings) -> None:
        self.link_type = LINKTYPE_SLL2 if link is None else _LINK_TYPES.get(link.hardware, LINKTYPE_SLL2)
        self.interface = None if link is None else link.number  # the kernel's number
        self._longest = settings.longest
        self._loopback = link is None or link.hardware == _LOOPBACK
        code = compile_filter(settings.capture_filter, self.link_type, self._longest, name)
        self._keeper: Any = None  # scapy's object, which closes the socket when nobody refers to it
        self._socket = self._open_cooked() if self.link_type == LINKTYPE_SLL2 else self._open_with_scapy(name, settings)
        try:
            self._set_up(code, settings, name)
        except BaseException:
            self.close()
            raise

    @property
    def small_buffer(self) -> int | None:
        """Bytes of the kernel's buffer when it is smaller than asked for, else None."""
        given = self._socket.getsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF) // 2  # the kernel doubles it
        return given if given < self._asked else None

    def fileno(self) -> int:
        """Return the socket's number."""
        return self._socket.fileno()

    def take(self, slots: Slots, first: int, count: int) -> Taken | None:
        """Return packets that wait, at most so many, in these slots; None when there are none. Raises OSError."""
        taken = slots.take(self.fileno(), first, count)
        if taken is None:
            return None
        if self._loopback:  # what goes over a loopback interface passes twice, and is shown once, as by tcpdump
            wanted = (taken.address["kind"] != _OUTGOING) | (taken.address["hardware"] != _LOOPBACK)
            if not wanted.all():
                taken = Taken(*(column[wanted] for column in taken))
        put = put_cooked_headers if self.link_type == LINKTYPE_SLL2 else put_tags_back
        return put(slots.buffer, taken, self._longest)

    def take_drops(self) -> int:
        """Return how many packets the kernel dropped since this was asked last."""
        _, dropped = struct.unpack("=II", self._socket.getsockopt(SOL_PACKET, _STATISTICS, 8))
        return int(dropped)

    def close(self) -> None:
        """Stop listening."""
        if self._keeper is not None:
            self._keeper.close()
        self._socket.close()

    def _open_cooked(self) -> socket.socket:
        return socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, 0)  # no protocol: it hears nothing until it is bound

    def _open_raw(self, settings: Settings) -> socket.socket:
        """Open a socket for an interface that is down, which scapy does not."""
        opened = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
        if settings.promiscuous:
            member = struct.pack("=iHH8x", self.interface, _PROMISCUOUS, 0)  # struct packet_mreq
            opened.setsockopt(SOL_PACKET, _ADD_MEMBERSHIP, member)
        return opened

    def _open_with_scapy(self, name: str, settings: Settings) -> socket.socket:
        conf = load_scapy()
        conf.ifaces.reload()  # it may know one of this name that is no more
        try:
            self._keeper = conf.L2listen(iface=name, promisc=settings.promiscuous, nofilter=1)
        except ValueError as error:
            raise OSError(errno.ENODEV, "No such device", name) from error
        except OSError as error:
            if error.errno != errno.ENETDOWN:
                raise
            return self._open_raw(settings)
        opened: socket.socket = self._keeper.ins
        _attach(opened, take(0))  # what came before the filter is not wanted
        _empty(opened)
        return opened

    def _bind(self) -> None:
        """Begin to hear one interface, or all, which Python's own `bind` cannot."""
        address = struct.pack("=H2siHBB8x", socket.AF_PACKET, _ALL_PROTOCOLS, self.interface or 0, 0, 0, 0)
        if ctypes.CDLL(None, use_errno=True).bind(self.fileno(), address, len(address)):
            number = ctypes.get_errno()
            raise OSError(number, os.strerror(number))

    def _set_up(self, code: bytes, settings: Settings, name: str) -> None:
        prepare(self._socket)
        self._asked = min(settings.buffer_kib * 1024, _MOST)
        try:
            self._socket.setsockopt(socket.SOL_SOCKET, _RECEIVE_BUFFER_FORCE, self._asked)
        except PermissionError:  # it takes a right of its own to ask for more than the system's limit
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, self._asked)
        if self._loopback and name != ANY:
            with suppress(OSError):  # before Linux 4.20: they are left out when they are taken
                self._socket.setsockopt(SOL_PACKET, _IGNORE_OUTGOING, 1)
        try:
            _attach(self._socket, code)
        except OSError as error:
            hint = "make it shorter"
            raise SourceError(f"the kernel refuses the capture filter: {error.strerror}", hint=hint) from error
        if self._keeper is None:
            self._bind()
        self._socket.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)  # that it is down is known
        self.take_drops()


def load_scapy() -> Any:
    """Return scapy's configuration, with the sockets of this system. Raises SourceError: scapy cannot be used."""
    logging.getLogger("scapy").setLevel(logging.ERROR)  # it warns of what sending packets needs
    try:
        import scapy.arch  # heavy, and needed here alone
        from scapy.config import conf  # the same
    except (ImportError, OSError) as error:
        raise SourceError(f"scapy cannot be used: {error}", hint="pip install scapy, or --engine dumpcap") from error
    scapy.arch  # noqa: B018 - it has set the sockets of this system in `conf`
    return conf


def _attach(receiver: socket.socket, code: bytes) -> None:
    """Have the kernel run a program on each packet; it takes the place of the one before."""
    instructions = np.frombuffer(code, np.uint8)
    program = struct.pack("@HP", len(code) // 8, instructions.ctypes.data)  # struct sock_fprog
    receiver.setsockopt(socket.SOL_SOCKET, _ATTACH_FILTER, program)


def _empty(receiver: socket.socket) -> None:
    """Throw away what waits."""
    while True:
        try:
            receiver.recv(1, socket.MSG_DONTWAIT)
        except BlockingIOError:
            return
        except OSError:
            continue  # ENETDOWN: told once
