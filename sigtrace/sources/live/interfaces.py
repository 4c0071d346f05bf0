"""What interfaces there are: by getifaddrs(3) on Linux and macOS (untested there), by scapy on Windows (untested)."""

from __future__ import annotations

import ctypes
import socket
import sys
from ipaddress import IPv4Address, IPv6Address
from pathlib import Path
from typing import Any

from sigtrace.sources.live.source import ANY
from sigtrace.value import Value

_UP, _LOOPBACK, _POINT_TO_POINT, _RUNNING = 0x1, 0x8, 0x10, 0x40  # net/if.h
_LINUX_PACKET = 17  # AF_PACKET
_KINDS = {  # hardware types, linux/if_arp.h
    1: "Ethernet",
    32: "InfiniBand",
    512: "PPP",
    768: "tunnel",
    769: "tunnel",
    776: "tunnel",
    778: "tunnel",
    801: "Wi-Fi monitor",
    802: "Wi-Fi monitor",
    803: "Wi-Fi monitor",
    823: "tunnel",
    65534: "tunnel",
}
_TYPES = {"wlan": "Wi-Fi", "vlan": "VLAN", "wwan": "modem"}  # what Linux calls them, and we; others as Linux does
MAX_ENTRIES = 65536  # entries of the system's list: a circle in it would have no end


class FoundInterface(Value, frozen=True, kw_only=True):
    """One interface as it stands now."""

    name: str
    kind: str  # "Ethernet", "loopback", "Wi-Fi", "bridge", "tunnel", …
    addresses: tuple[str, ...]  # IPv4 first
    up: bool  # somebody switched it on
    running: bool  # and its cable is in, its radio connected


def list_interfaces() -> tuple[FoundInterface, ...]:
    """Return the interfaces in the system's order; on Linux `any` last, which is all of them."""
    if sys.platform == "win32":
        return _list_with_scapy()
    found = _Listing().read()
    if sys.platform != "linux":
        return found
    every = FoundInterface(name=ANY, kind="all interfaces", addresses=(), up=True, running=True)
    return (*found, every)


def may_listen() -> bool:
    """Tell whether this process may open raw sockets."""
    if sys.platform == "linux":
        try:
            socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0).close()
        except PermissionError:
            return False
        return True
    if sys.platform == "win32":
        return bool(ctypes.windll.shell32.IsUserAnAdmin())
    return any(_can_open(device) for device in Path("/dev").glob("bpf*"))


def _can_open(device: Path) -> bool:
    try:
        device.open("rb").close()
    except OSError:
        return False
    return True


class _Entry(ctypes.Structure):
    """struct ifaddrs."""


_Entry._fields_ = [  # it refers to itself
    ("next", ctypes.POINTER(_Entry)),
    ("name", ctypes.c_char_p),
    ("flags", ctypes.c_uint),
    ("address", ctypes.c_void_p),
    ("mask", ctypes.c_void_p),
    ("other", ctypes.c_void_p),
    ("data", ctypes.c_void_p),
]


class _Listing:
    """One reading of the system's list, which has an entry for each address."""

    def __init__(self) -> None:
        self._flags: dict[str, int] = {}
        self._hardware: dict[str, int] = {}
        self._addresses: dict[str, list[str]] = {}

    def read(self) -> tuple[FoundInterface, ...]:
        """Return all interfaces. Raises OSError."""
        libc = ctypes.CDLL(None, use_errno=True)
        first = ctypes.POINTER(_Entry)()
        if libc.getifaddrs(ctypes.byref(first)):
            raise OSError(ctypes.get_errno(), "the interfaces cannot be listed")
        try:
            entry = first
            for _ in range(MAX_ENTRIES):
                if not entry:
                    break
                self._take(entry.contents)
                entry = entry.contents.next
        finally:
            libc.freeifaddrs(first)
        return tuple(self._found(name, flags) for name, flags in self._flags.items())

    def _take(self, entry: Any) -> None:
        name = entry.name.decode("utf-8", "surrogateescape").partition(":")[0]  # an alias is no interface
        self._flags.setdefault(name, entry.flags)
        if not entry.address:
            return
        family, start = _family_of(entry.address)
        if family == socket.AF_INET:
            self._add(name, str(IPv4Address(ctypes.string_at(start + 4, 4))))
        elif family == socket.AF_INET6:
            self._add(name, str(IPv6Address(ctypes.string_at(start + 8, 16))))
        elif family == _LINUX_PACKET and sys.platform == "linux":
            self._hardware[name] = int.from_bytes(ctypes.string_at(start + 8, 2), sys.byteorder)

    def _add(self, name: str, address: str) -> None:
        known = self._addresses.setdefault(name, [])
        if address not in known:
            known.append(address)

    def _found(self, name: str, flags: int) -> FoundInterface:
        addresses = sorted(self._addresses.get(name, ()), key=lambda address: ":" in address)
        return FoundInterface(
            name=name,
            kind=_kind_of(name, flags, self._hardware.get(name)),
            addresses=tuple(addresses),
            up=bool(flags & _UP),
            running=bool(flags & _UP and flags & _RUNNING),
        )


def _family_of(place: int) -> tuple[int, int]:
    """Return the family of a socket address, and where it begins."""
    head = ctypes.string_at(place, 2)
    return (int.from_bytes(head, sys.byteorder) if sys.platform == "linux" else head[1]), place


def _kind_of(name: str, flags: int, hardware: int | None) -> str:
    """Name an interface's kind as far as it is known."""
    if flags & _LOOPBACK:
        return "loopback"
    if sys.platform == "linux" and "/" not in name:
        try:
            told = Path("/sys/class/net", name, "uevent").read_text(encoding="utf-8", errors="replace")
        except OSError:
            told = ""  # of another network namespace than that of /sys
        kind = next((line.partition("=")[2] for line in told.splitlines() if line.startswith("DEVTYPE=")), "")
        if kind:
            return _TYPES.get(kind, kind)
    if hardware is None:
        return "tunnel" if flags & _POINT_TO_POINT else "Ethernet"
    return _KINDS.get(hardware, f"type {hardware}")


def _list_with_scapy() -> tuple[FoundInterface, ...]:
    """Ask scapy, which asks Npcap (untested)."""
    from sigtrace.sources.live.packet_socket import load_scapy  # heavy, and needed here alone

    return tuple(
        FoundInterface(
            name=str(one.name),
            kind=str(one.description),
            addresses=tuple(str(address) for version in (4, 6) for address in one.ips.get(version, ())),
            up=bool(one.flags & _UP),
            running=bool(one.flags & _RUNNING),
        )
        for one in load_scapy().ifaces.values()
    )
