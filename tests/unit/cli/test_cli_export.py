"""The types that `export` can be asked for."""

from __future__ import annotations

from sigtrace.cli.export import Kind
from sigtrace.export.schema import COLUMNS


def test_every_type_of_record_can_be_asked_for_alone() -> None:
    """The words of `--type` are the types of the contract, in its order."""
    assert [kind.value for kind in Kind] == list(COLUMNS)
