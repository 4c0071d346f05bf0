"""Every kept input of every target, tried again: what once crashed does not, and seeds are what the script makes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.fuzz import __main__ as command
from tests.fuzz.inputs import CRASHES, SEEDS, inputs_of
from tests.fuzz.make_seeds import make_seeds
from tests.fuzz.targets import TARGETS

if TYPE_CHECKING:
    from pathlib import Path

COMPRESSED = {"compression", "content", "whole"}  # what compressors write differs between their versions


@pytest.mark.parametrize("target", TARGETS)
def test_kept_inputs_hold(target: str) -> None:
    """Every seed of a target, and every input that once crashed it, holds its law."""
    inputs = inputs_of(target)
    assert inputs
    for path in inputs:
        assert path.stat().st_size <= TARGETS[target].longest, path
        TARGETS[target].run(path.read_bytes())


def test_every_folder_is_a_target() -> None:
    """No kept input is left out because its folder is named for no target."""
    folders = [folder.name for kept in (SEEDS, CRASHES) for folder in kept.iterdir()]
    assert set(folders) == set(TARGETS)


@pytest.mark.parametrize("target", sorted(TARGETS.keys() - COMPRESSED))
def test_seeds_are_what_the_script_makes(target: str) -> None:
    """`python -m tests.fuzz seeds` writes the seeds that are kept."""
    kept = [path.read_bytes() for path in sorted((SEEDS / target).iterdir())]
    assert kept == list(make_seeds()[target])


def test_a_crash_is_reported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """`replay` tries a file with the target that its folder names, and says which one failed."""

    def fail(data: bytes) -> None:
        raise ValueError(data.decode())

    monkeypatch.setitem(TARGETS, "json", TARGETS["json"]._replace(run=fail))
    bad = tmp_path / "json" / "bad"
    bad.parent.mkdir()
    bad.write_bytes(b"so it is")
    assert command.main(["replay", str(bad)]) == 1
    assert "ValueError: so it is" in capsys.readouterr().out
    assert command.main(["replay", str(SEEDS / "json" / "01"), "--target", "candidate"]) == 0
