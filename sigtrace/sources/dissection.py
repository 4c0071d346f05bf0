"""What another program reads in one packet: the frozen type that a second look returns."""

from __future__ import annotations

from sigtrace.value import Value


class Layer(Value, frozen=True, kw_only=True):
    """One layer as the program names it, and a line for each of its fields, in the order of their bytes."""

    name: str
    lines: tuple[str, ...]


class Dissection(Value, frozen=True, kw_only=True):
    """One packet as another program reads it."""

    number: int  # packet number, from 1
    program: str  # "Wireshark", "scapy"
    layers: tuple[Layer, ...]  # outermost first
