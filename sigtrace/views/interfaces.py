"""The table of interfaces that can be listened to: which there are, how they stand, and whether one may."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from sigtrace.value import Value

if TYPE_CHECKING:
    from collections.abc import Iterable


class Found(Protocol):
    """An interface as the system lists it."""

    @property
    def name(self) -> str:
        """As `-i` takes it."""
        ...

    @property
    def kind(self) -> str:
        """What it is."""
        ...

    @property
    def addresses(self) -> tuple[str, ...]:
        """IPv4 first."""
        ...

    @property
    def up(self) -> bool:
        """Somebody switched it on."""
        ...

    @property
    def running(self) -> bool:
        """And it is connected."""
        ...


class InterfaceRow(Value, frozen=True, kw_only=True):
    """One interface."""

    name: str
    kind: str
    state: str  # "running", "not connected", "down"
    addresses: tuple[str, ...]
    silent: bool  # nothing can be heard of it now


class InterfaceTable(Value, frozen=True, kw_only=True):
    """Interfaces, and what is to be said of all of them."""

    rows: tuple[InterfaceRow, ...]
    remark: str


def list_interfaces(found: Iterable[Found], *, allowed: bool, advice: str) -> InterfaceTable:
    """Return the table.

    Args:
        found: the interfaces, in the order they are shown in.
        allowed: whether one may listen to them.
        advice: what to do when one may not.
    """
    rows = tuple(
        InterfaceRow(
            name=one.name,
            kind=one.kind,
            state="running" if one.running else "not connected" if one.up else "down",
            addresses=one.addresses,
            silent=not one.running,
        )
        for one in found
    )
    if not rows:
        return InterfaceTable(rows=(), remark="There are no interfaces.")
    remark = "You may listen to them: sigtrace live -i NAME"
    return InterfaceTable(rows=rows, remark=remark if allowed else f"You have no right to listen to them: {advice}")
