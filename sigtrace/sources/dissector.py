"""A second look at one packet without tshark: the record is found by our own readers, and scapy dissects it."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from sigtrace.capture.batch import Batch
from sigtrace.errors import SelectionError, SourceError
from sigtrace.sources.dissection import Dissection, Layer
from sigtrace.sources.file import read

if TYPE_CHECKING:
    from collections.abc import Iterator


def dissect_with_scapy(path: str, number: int) -> Dissection:
    """Return what scapy reads in one packet.

    Args:
        path: a capture, or `-` for standard input.
        number: of the packet, from 1.

    Raises:
        SourceError: the capture cannot be opened.
        CaptureError: it is none.
        SelectionError: it has no packet of that number.
    """
    link_type, data = find_record(path, number)
    packet = _link_layer(link_type)(data)
    return Dissection(number=number, program="scapy", layers=tuple(_layers(packet)))


def find_record(path: str, number: int) -> tuple[int, bytes]:
    """Return the link type and the captured bytes of a packet. Raises as `dissect_with_scapy` does."""
    packets = 0
    for item in read(path):
        if isinstance(item, Batch) and item.first_number <= number < item.first_number + len(item):
            row = number - item.first_number
            return int(item.link_type[row]), item.bytes_of(row)
        packets += len(item) if isinstance(item, Batch) else 0
    hint = f"packets are numbered 1 to {packets}" if packets else "there are no packets in it"
    raise SelectionError(f"{path} has no packet {number}", hint=hint)


def _link_layer(link_type: int) -> Any:
    """Return scapy's class for a link type; its plainest where it knows none."""
    logging.getLogger("scapy.runtime").setLevel(logging.ERROR)  # it warns of what only live capture needs
    try:
        from scapy import all as scapy  # heavy, and needed here alone
    except ImportError as error:
        raise SourceError(f"scapy cannot be used: {error}", hint="pip install scapy, or --with tshark") from error

    return scapy.conf.l2types.num2layer.get(link_type, scapy.Raw)


def _layers(packet: Any) -> Iterator[Layer]:
    layer = packet
    while layer.name != "NoPayload":
        yield Layer(name=str(layer.name), lines=tuple(_lines(layer)))
        layer = layer.payload


def _lines(layer: Any) -> Iterator[str]:
    for field in layer.fields_desc:
        value = layer.getfieldval(field.name)
        if value is not None:
            yield f"{field.name}: {field.i2repr(layer, value)}"
