"""Restriction identifiers and simulcast."""

from __future__ import annotations

import pytest

from sigtrace.sdp.simulcast import Rid, Simulcast, SimulcastVersion, decode_rid, decode_simulcast
from tests.builders.descriptions import sample


def _stream(*rids: str) -> tuple[SimulcastVersion, ...]:
    return tuple(SimulcastVersion(rid=rid.removeprefix("~"), paused=rid.startswith("~")) for rid in rids)


def test_simulcast_of_firefox() -> None:
    """The simulcast of a section names its rids, and which of them start paused."""
    section = sample("firefox-offer").media[1]
    assert [rid.id for rid in section.rids] == ["hi", "lo"]
    assert section.simulcast == Simulcast(send=(_stream("hi"), _stream("~lo")), receive=())


@pytest.mark.parametrize(
    ("text", "send", "receive"),
    [
        ("send 1;2,~3 recv 4", (_stream("1"), _stream("2", "~3")), (_stream("4"),)),
        ("recv 4;5", (), (_stream("4"), _stream("5"))),
        (" send rid=hi;lo", (_stream("hi"), _stream("lo")), ()),
    ],
)
def test_simulcast_forms(
    text: str, send: tuple[tuple[SimulcastVersion, ...], ...], receive: tuple[tuple[SimulcastVersion, ...], ...]
) -> None:
    """Streams, alternatives and directions are told apart, in the form of the older drafts too."""
    assert decode_simulcast(text) == Simulcast(send=send, receive=receive)


@pytest.mark.parametrize(
    ("text", "formats", "restrictions"),
    [
        ("hi send", (), ()),
        ("hi send pt=96,97;max-width=1280", ("96", "97"), (("max-width", "1280"),)),
        ("hi send max-fps=30; depend=lo,mid;novalue", (), (("max-fps", "30"), ("depend", "lo,mid"), ("novalue", None))),
    ],
)
def test_rid_restrictions(
    text: str, formats: tuple[str, ...], restrictions: tuple[tuple[str, str | None], ...]
) -> None:
    """A rid tells its payload types apart from its other restrictions."""
    assert decode_rid(text) == Rid(id="hi", direction="send", formats=formats, restrictions=restrictions)
