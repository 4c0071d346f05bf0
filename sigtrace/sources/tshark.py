"""A second look at one packet through Wireshark's own dissectors: pyshark, where tshark is installed.

pyshark runs tshark in an event loop of its own, which it neither closes nor takes away again; both are done here, and
the process is gone when this returns, whatever happened.
"""

from __future__ import annotations

import asyncio
import shutil
import warnings
from typing import TYPE_CHECKING, Any

from sigtrace.errors import SourceError
from sigtrace.sources.dissection import Dissection, Layer
from sigtrace.sources.dissector import find_record

if TYPE_CHECKING:
    from collections.abc import Iterator


_OTHERWISE = "--with scapy dissects it without tshark"


def dissect_with_tshark(path: str, number: int) -> Dissection:
    """Return what Wireshark reads in one packet.

    Args:
        path: a capture file, compressed or not; tshark cannot look at a stream a second time.
        number: of the packet, from 1.

    Raises:
        SourceError: tshark is not installed, or failed.
        CaptureError: neither tshark nor sigtrace can read the capture.
        SelectionError: the capture has no packet of that number.
    """
    program = shutil.which("tshark")
    if program is None:
        raise SourceError("tshark is not installed", hint="it is part of Wireshark: apt install tshark")
    packet = _one_packet(path, number, program)
    if packet is None:
        find_record(path, number)  # which says so when there is none
        raise SourceError(f"tshark said nothing about packet {number}", hint=_OTHERWISE)
    return Dissection(
        number=number,
        program="Wireshark",
        layers=tuple(_layer(layer) for layer in (packet.frame_info, *packet.layers)),
    )


def _one_packet(path: str, number: int, program: str) -> Any | None:
    """Run tshark up to that packet, and return it."""
    try:
        import pyshark  # heavy, and needed here alone
    except ImportError as error:
        raise SourceError(f"pyshark cannot be used: {error}", hint=f"pip install pyshark, or {_OTHERWISE}") from error

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # pyshark sets a child watcher, which newer Pythons regret
        loop = asyncio.new_event_loop()
        asyncio.set_event_loop(loop)
        capture = None
        try:
            capture = pyshark.FileCapture(
                path,
                display_filter=f"frame.number == {number}",
                keep_packets=False,
                tshark_path=program,  # else pyshark believes a config.ini in the current directory
                custom_parameters=["-c", str(number)],  # what comes after it need not be read
            )
            packet = next(iter(capture), None)
            capture.close()
        except (OSError, pyshark.capture.capture.TSharkCrashException) as error:
            find_record(path, number)  # a better word on what is no capture, or has no such packet
            raise SourceError(f"tshark could not read {path}: {_reason(error)}", hint=_OTHERWISE) from error
        finally:
            if capture is not None:
                capture._running_processes.clear()  # noqa: SLF001 - of one that failed it would complain again
            asyncio.set_event_loop(None)
            loop.close()
    return packet


def _reason(error: Exception) -> str:
    """Return what tshark itself said last, as pyshark quotes it, or else the first line."""
    lines = str(error).splitlines() or ["no reason given"]
    quoted = (line.partition(": ")[2] for line in lines if line.startswith("Last error line: "))
    return next(quoted, lines[0]).removeprefix("tshark: ").partition(" (command ran: ")[0]


def _layer(layer: Any) -> Layer:
    return Layer(name=str(layer.layer_name), lines=tuple(_lines(layer)))


def _lines(layer: Any) -> Iterator[str]:
    """Yield a layer's fields in the order of their bytes, those that Wireshark worked out itself behind them.

    pyshark gathers fields of one name, so their order on the wire has to be made again from their places.
    """
    fields = [one for name in layer.field_names for one in layer.get_field(name).all_fields]
    seen: set[int] = set()
    for field in sorted(fields, key=_place):
        text = field.showname or field.show
        if text and not field.hide and id(field) not in seen:
            seen.add(id(field))
            yield text


def _place(field: Any) -> tuple[bool, int, int]:
    """Where a field stands; the longer of two at one place holds the other."""
    size = int(field.size or 0)
    return size == 0, int(field.pos or 0), -size
