"""CaptureFacts: what is known of each capture beside its records, within bounds."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sigtrace.capture import facts as facts_module
from sigtrace.capture.batch import CaptureEnded, CaptureStarted, DecryptionSecrets, Interface, NameResolution
from sigtrace.capture.facts import FACTS_DROPPED, KEPT_FACTS, CaptureFacts

if TYPE_CHECKING:
    import pytest


def test_facts_above_the_bound_are_counted() -> None:
    """Names beyond the bound are left out, and one notice says how many."""
    facts = CaptureFacts()
    facts.add(CaptureStarted(file="ring", format="pcapng"))
    for _ in range(KEPT_FACTS + 3):
        facts.add(NameResolution(address=b"\x0a\x00\x00\x01", names=("a",)))
    (capture,) = facts.finished()
    (notice,) = facts.notices()
    assert len(capture.names) == KEPT_FACTS
    assert notice.code == FACTS_DROPPED
    assert notice.text.startswith("3 ")


def test_captures_that_end_in_another_order() -> None:
    """Each end belongs to the capture of its file, whichever ends first."""
    facts = CaptureFacts()
    for name in ("one", "two"):
        facts.add(CaptureStarted(file=name, format="pcap"))
    facts.add(CaptureEnded(file="two", packets=0, bytes=2, truncated=False))
    facts.add(CaptureEnded(file="one", packets=0, bytes=1, truncated=True))
    assert [(one.bytes, one.truncated) for one in facts.finished()] == [(1, True), (2, False)]
    assert facts.notices() == []


def test_interfaces_secrets_and_comments_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """Interfaces beyond their number, and secrets and comments beyond their bytes, are left out and counted."""
    monkeypatch.setattr(facts_module, "KEPT_INTERFACES", 2)
    monkeypatch.setattr(facts_module, "KEPT_FACT_BYTES", 100)
    facts = CaptureFacts()
    facts.add(CaptureStarted(file="ring", format="pcapng"))
    for index in range(3):
        facts.add(Interface(index=index, name="eth0", link_type=1, snap_length=0))
    for _ in range(2):
        facts.add(DecryptionSecrets(kind=1, data=bytes(60)))
    facts._keep_comments({1: ("x" * 30,), 2: ("y" * 30,)})
    (capture,) = facts.finished()
    assert (len(capture.interfaces), len(capture.secrets), list(facts.comments)) == (2, 1, [1])
    (notice,) = facts.notices()
    assert notice.code == FACTS_DROPPED
    assert notice.text.startswith("3 ")
