"""Names of .sdp files are harmless whatever peers call themselves."""

from __future__ import annotations

from pathlib import Path

import pytest

import sigtrace
from sigtrace.export.sdp_files import safe_name, sdp_files
from sigtrace.signaling.content import SignalKind
from sigtrace.value import replace

ROOT = Path(__file__).parents[3]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("bob", "bob"),
        ("../../etc/passwd", "etc_passwd"),
        ("a/b\\c:d", "a_b_c_d"),
        ("..", "peer-7"),
        ("", "peer-7"),
        ("con\x00\n", "con"),
        ("山田", "peer-7"),
        ("-rf", "rf"),
        ("x" * 300, "x" * 40),
    ],
)
def test_safe_name(name: str, expected: str) -> None:
    """Nothing of a name can leave the folder, hide a file or pass for an option."""
    assert safe_name(name, "peer-7") == expected


def test_one_file_for_each_description() -> None:
    """An offer and an answer make two files, named for call, kind and peer, holding the SDP exactly."""
    trace = sigtrace.analyze(sigtrace.read(ROOT / "captures/basic-call/basic-call.pcapng"))
    files = list(sdp_files(trace))
    assert [file.name for file in files] == ["call-1-offer-bob-1.sdp", "call-1-answer-alice-1.sdp"]
    assert [file.sdp for file in files] == [one.content.sdp for one in trace.signals if one.content.sdp]


def test_re_offers_are_counted() -> None:
    """Descriptions of one kind, call and peer have different names."""
    capture = next(path for path in (ROOT / "captures/re-offer").iterdir() if path.suffix.startswith(".pcap"))
    names = [file.name for file in sdp_files(sigtrace.analyze(sigtrace.read(capture)))]
    assert len(names) == len(set(names)) == 6
    assert "call-1-offer-bob-2.sdp" in names


def test_names_that_some_systems_take_for_one_are_counted_as_one() -> None:
    """Where capital letters do not count, the offers of Bob and bob are still two files."""
    trace = sigtrace.analyze(sigtrace.read(ROOT / "captures/basic-call/basic-call.pcapng"))
    peers = tuple(replace(one, name=name) for one, name in zip(trace.peers, ("Bob", "bob"), strict=True))
    signals = tuple(replace(one, content=replace(one.content, kind=SignalKind.OFFER)) for one in trace.signals)
    names = [file.name for file in sdp_files(replace(trace, peers=peers, signals=signals))]
    assert names == ["call-1-offer-bob-1.sdp", "call-1-offer-Bob-2.sdp"]
