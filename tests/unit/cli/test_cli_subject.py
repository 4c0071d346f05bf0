"""The last argument of `show` and `packet` is told from the captures."""

from __future__ import annotations

from pathlib import Path

import pytest
import typer

from sigtrace.cli.options import Captures
from sigtrace.cli.subject import split_subject


@pytest.mark.parametrize(
    ("positional", "read", "paths", "subject"),
    [
        (["a.pcap", "6"], [], ["a.pcap"], "6"),
        (["a.pcap", "b.pcap", "signal:3"], [], ["a.pcap", "b.pcap"], "signal:3"),
        (["6"], ["a.pcap"], ["a.pcap"], "6"),
        (["-", "6"], [], ["-"], "6"),
    ],
)
def test_split(positional: list[str], read: list[str], paths: list[str], subject: str) -> None:
    """Everything but the last is a capture, and `-r` adds some."""
    captures, what = split_subject(Captures(captures=list(map(Path, positional)), read=list(map(Path, read))), "6")
    assert (captures.paths, what) == (paths, subject)


@pytest.mark.parametrize("positional", [[], ["6"], ["a.pcap"]])
def test_nothing_to_show(positional: list[str]) -> None:
    """Without a capture or without a number it is a usage error."""
    with pytest.raises(typer.BadParameter):
        split_subject(Captures(captures=list(map(Path, positional))), "6")
