"""The export of every shipped capture against what its endpoints logged: exchanges, waits, relays, peers, calls."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

import pytest

from tests.e2e.truth import (
    Story,
    call_differences,
    exchange_differences,
    load,
    peer_differences,
    queue_differences,
    relay_differences,
    true_calls,
    wait_differences,
)

CAPTURES = Path(__file__).parents[2] / "captures"


def _speaks_http(folder: Path) -> bool:
    server = json.loads((folder / "truth.json").read_text(encoding="utf-8"))["server"] or {}
    return str(server.get("protocol", "")).startswith("HTTP/1")


NAMES = sorted(path.parent.name for path in CAPTURES.glob("*/truth.json") if _speaks_http(path.parent))


@cache
def _story(name: str) -> Story:
    return load(CAPTURES / name)


@pytest.fixture(params=NAMES)
def story(request: pytest.FixtureRequest) -> Story:
    """One capture with its truth; analysed once."""
    return _story(request.param)


def test_there_is_something_to_compare() -> None:
    """The captures of the issue are here, and each has exchanges in its truth."""
    assert {"basic-call", "browser-call", "long-wait", "basic-call-cut", "basic-call-gap"} <= set(NAMES)
    assert all(_story(name).pairs for name in NAMES)


def test_exchanges(story: Story) -> None:
    """Method, target, status, bodies and times of every exchange are those its endpoint logged."""
    assert list(exchange_differences(story)) == []


def test_waits(story: Story) -> None:
    """Every wait hung as long as its endpoint says, and was released by what its endpoint says."""
    assert list(wait_differences(story)) == []


def test_relays(story: Story) -> None:
    """Every message is tied to the wait that brought it, and to no other."""
    assert list(relay_differences(story)) == []


def test_queues(story: Story) -> None:
    """A message counts as queued when its receiver asked after it was sent, and only then."""
    assert list(queue_differences(story)) == []


def test_peers(story: Story) -> None:
    """Peers have the number, name and address under which they signed in."""
    assert list(peer_differences(story)) == []


def test_calls(story: Story) -> None:
    """Calls have the caller, the callee, the times, the candidates and the goodbye that their endpoints logged."""
    assert list(call_differences(story)) == []


def test_no_calls_are_made_up(story: Story) -> None:
    """There are not more calls than the endpoints made."""
    began_before = [row for row in story.truth["calls"] if row["t_offer"] < story.start]
    assert len(story.of("call")) <= max(len(true_calls(story)), len(began_before))
