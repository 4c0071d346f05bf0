"""The kept inputs of each target: seeds, which reach far, and crashes, which once raised and must not again."""

from __future__ import annotations

from pathlib import Path

_HERE = Path(__file__).parent
SEEDS = _HERE / "seeds"
CRASHES = _HERE / "crashes"
DICTIONARY = _HERE / "dictionary.txt"


def folders_of(target: str) -> list[Path]:
    """Return the folders of a target's inputs that exist."""
    return [folder / target for folder in (SEEDS, CRASHES) if (folder / target).is_dir()]


def inputs_of(target: str) -> list[Path]:
    """Return all inputs of a target, in order."""
    return [path for folder in folders_of(target) for path in sorted(folder.iterdir())]
