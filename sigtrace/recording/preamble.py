"""What every file of a recording begins with, so that it can be read by itself."""

from __future__ import annotations

import platform
from collections import deque
from typing import TYPE_CHECKING

import numpy as np

from sigtrace import __version__
from sigtrace.capture.batch import DecryptionSecrets, Interface, NameResolution
from sigtrace.capture.pcapng.blocks import SectionFacts
from sigtrace.capture.writer import encode_interface, encode_name_resolution, encode_secrets, encode_section_header

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from sigtrace.capture.batch import Batch, CaptureStarted

REPEATED_BYTES = 2**20
"""Names and secrets that each further file of a ring repeats, bytes: the keys of some five thousand TLS connections."""


class Preamble:
    """Section header, interfaces, names and secrets, as far as they are known."""

    def __init__(self) -> None:
        self._section = encode_section_header(_section_of(None))
        self._interfaces: list[bytes] = []
        self._positions = np.zeros(0, np.int32)  # by `Interface.index`; -1: not described
        self._facts: deque[bytes] = deque()
        self._fact_bytes = 0
        self._interface_bytes = 0

    @property
    def size(self) -> int:
        """How long it is, bytes."""
        return len(self._section) + self._interface_bytes + self._fact_bytes

    def encode(self) -> bytes:
        """Return the beginning of a file."""
        return b"".join((self._section, *self._interfaces, *self._facts))

    def begin(self, started: CaptureStarted) -> None:
        """Take over what the source says of itself."""
        self._section = encode_section_header(_section_of(started))

    def add_interface(self, interface: Interface) -> bytes:
        """Describe one more interface, also to the file that is being written."""
        if interface.index >= len(self._positions):
            more = max(interface.index + 1, 2 * len(self._positions)) - len(self._positions)
            self._positions = np.concatenate((self._positions, np.full(more, -1, np.int32)))
        self._positions[interface.index] = len(self._interfaces)
        block = encode_interface(interface)
        self._interfaces.append(block)
        self._interface_bytes += len(block)
        return block

    def add_fact(self, fact: NameResolution | DecryptionSecrets) -> bytes:
        """Keep a name or secrets, also for the files to come; of too many, the oldest stay in their own file alone."""
        block = encode_name_resolution([fact]) if isinstance(fact, NameResolution) else encode_secrets(fact)
        self._facts.append(block)
        self._fact_bytes += len(block)
        while self._fact_bytes > REPEATED_BYTES:
            self._fact_bytes -= len(self._facts.popleft())
        return block

    def position_of(self, index: int) -> int | None:
        """Return the position of an interface in every file; None: it is not described."""
        position = int(self._positions[index]) if index < len(self._positions) else -1
        return None if position < 0 else position

    def undescribed(self, batch: Batch) -> list[Interface]:
        """Return descriptions for interfaces of which packets come, and which nobody announced."""
        unknown = {index for index in set(batch.interface.tolist()) if self.position_of(index) is None}
        return [
            Interface(
                index=index,
                name=None,
                link_type=int(batch.link_type[np.flatnonzero(batch.interface == index)[0]]),
                snap_length=0,
            )
            for index in sorted(unknown)
        ]

    def positions(self, batch: Batch) -> NDArray[np.int32]:
        """Return for each packet the position of its interface, all of which are described."""
        return self._positions[batch.interface]


def _section_of(started: CaptureStarted | None) -> SectionFacts:
    """Say who wrote the file and where; a source that says of itself where it was knows better."""
    return SectionFacts(
        hardware=started.hardware if started else None,
        operating_system=(started.operating_system if started else None) or f"{platform.system()} {platform.release()}",
        application=f"sigtrace {__version__}",
        comments=started.comments if started else (),
    )
