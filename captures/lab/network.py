"""A small real network: one namespace per host, all of them joined by a bridge in a namespace of its own.

A socket belongs to the namespace in which it was made, whoever uses it later. So one process can play every host: it
steps into a namespace, makes a socket, and steps out again. Needs root. The networks are 10.77.0.0/24 and fd77::/64.
"""

from __future__ import annotations

import ctypes
import os
import socket
import subprocess
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Self

from captures.lab.cable import Cable, Wire, open_tap

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

CLONE_NEWNET = 0x40000000
LIBC = ctypes.CDLL(None, use_errno=True)
NUMBERS = {"server": 1, "a": 11, "b": 12, "c": 13, "d": 14}
HUB_MTU = 1600  # the bridge also carries full-sized frames with two VLAN tags


def run(*command: str) -> None:
    """Run a command; its failure is ours."""
    subprocess.run(command, check=True, capture_output=True)


@contextmanager
def inside(namespace: str) -> Iterator[None]:
    """Step into a network namespace with the calling thread; no await may happen in between."""
    home = os.open("/proc/thread-self/ns/net", os.O_RDONLY)
    away = os.open(f"/run/netns/{namespace}", os.O_RDONLY)
    try:
        if LIBC.setns(away, CLONE_NEWNET):
            raise OSError(ctypes.get_errno(), f"cannot enter {namespace}")
        yield
    finally:
        LIBC.setns(home, CLONE_NEWNET)
        os.close(home)
        os.close(away)


@dataclass(frozen=True, slots=True, kw_only=True)
class Host:
    """One host: its namespace and the address it uses."""

    name: str
    namespace: str
    address: str

    @property
    def family(self) -> socket.AddressFamily:
        """IPv4 or IPv6."""
        return socket.AF_INET6 if ":" in self.address else socket.AF_INET

    def socket(self) -> socket.socket:
        """Make a non-blocking TCP socket that lives on this host."""
        with inside(self.namespace):
            made = socket.socket(self.family, socket.SOCK_STREAM)
        made.settimeout(0)
        return made

    def unplug(self) -> None:
        """Pull the network cable: what is sent from now on, a FIN included, never leaves."""
        run("ip", "-n", self.namespace, "link", "set", "eth0", "down")


@dataclass(slots=True, kw_only=True)
class Network:
    """A server host and client hosts around one bridge, for the length of a `with` block.

    Args:
        hosts: names out of `NUMBERS`.
        mtu: of every host's interface.
        ipv6: give the hosts IPv6 addresses only.
        cables: hosts that hang on a `Cable`, which may lose, delay, reorder and tag frames.
    """

    hosts: tuple[str, ...] = ("server", "a", "b")
    mtu: int = 1500
    ipv6: bool = False
    cables: Mapping[str, Wire] = field(default_factory=dict)
    _cables: list[Cable] = field(default_factory=list)

    @property
    def hub(self) -> str:
        """The namespace of the bridge, where `br0` and the ports `p-<host>` can be recorded."""
        return self.namespace("hub")

    def namespace(self, host: str) -> str:
        """Name a host's namespace; the process id keeps two labs apart."""
        return f"lab{os.getpid()}-{host}"

    def host(self, name: str, *, loopback: bool = False) -> Host:
        """One host by name, at its own address or at 127.0.0.1."""
        number = NUMBERS[name]
        address = f"fd77::{number}" if self.ipv6 else f"10.77.0.{number}"
        return Host(name=name, namespace=self.namespace(name), address="127.0.0.1" if loopback else address)

    def __enter__(self) -> Self:
        """Build everything, or take down what was built."""
        try:
            self._build()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        """Stop the cables and delete the namespaces with all they hold."""
        for cable in self._cables:
            cable.close()
        for name in ("hub", *self.hosts):
            if Path(f"/run/netns/{self.namespace(name)}").exists():
                run("ip", "netns", "del", self.namespace(name))

    def _build(self) -> None:
        run("ip", "netns", "add", self.hub)
        run("ip", "-n", self.hub, "link", "add", "br0", "mtu", str(HUB_MTU), "type", "bridge")
        run("ip", "-n", self.hub, "link", "set", "br0", "up")
        for name in self.hosts:
            run("ip", "netns", "add", self.namespace(name))
            if name in self.cables:
                self._attach_cable(name)
            else:
                self._attach_veth(name)
            self._configure(name)

    def _attach_veth(self, name: str) -> None:
        run(*f"ip -n {self.hub} link add p-{name} type veth peer name eth0 netns {self.namespace(name)}".split())
        # One segment a frame, as on a real wire; otherwise a capture shows segments of up to 64 kB.
        run(*f"ip -n {self.namespace(name)} link set eth0 gso_max_segs 1".split())

    def _attach_cable(self, name: str) -> None:
        with inside(self.namespace(name)):
            far = open_tap("eth0")
        with inside(self.hub):
            near = open_tap(f"p-{name}")
        self._cables.append(Cable(far, near, self.cables[name]))

    def _configure(self, name: str) -> None:
        run(*f"ip -n {self.hub} link set p-{name} mtu {HUB_MTU} master br0 up".split())
        inner = ("ip", "-n", self.namespace(name))
        run(*inner, "link", "set", "lo", "up")
        run(*inner, "link", "set", "eth0", "mtu", str(self.mtu), "up")
        if self.ipv6:
            run(*inner, "addr", "add", f"fd77::{NUMBERS[name]}/64", "dev", "eth0", "nodad")
        else:
            run(*inner, "addr", "add", f"10.77.0.{NUMBERS[name]}/24", "dev", "eth0")
