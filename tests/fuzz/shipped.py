"""The shipped captures, each taken apart."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from tests.fuzz.anatomy import Anatomy, dissect

CAPTURES = Path(__file__).parents[2] / "captures"
_GARBLED = "-garbled"  # the twins of which a record's length is spoiled


def names() -> list[str]:
    """Return the captures' names, in order."""
    return sorted(path.stem for path in CAPTURES.glob("*/*.pcap*"))


def path_of(name: str) -> Path:
    """Return the file of a capture."""
    return next((CAPTURES / name).glob(f"{name}.pcap*"))


@cache
def anatomy_of(name: str) -> Anatomy:
    """Return a capture and its parts."""
    whole = path_of(name.removesuffix(_GARBLED)).read_bytes() if name.endswith(_GARBLED) else None
    return dissect(path_of(name).read_bytes(), whole)
