"""The export of every shipped capture of rooms against what its clients logged: messages, rooms, relays, calls."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

import pytest

from tests.e2e.room_truth import (
    Meeting,
    call_differences,
    join_differences,
    leave_differences,
    leg_differences,
    load,
    message_differences,
    relay_differences,
    told_differences,
)

CAPTURES = Path(__file__).parents[2] / "captures"


def _has(path: Path, *keys: str) -> bool:
    truth = json.loads(path.read_text(encoding="utf-8"))
    return any(truth.get(key) for key in keys)


def _names(*keys: str) -> list[str]:
    return sorted(path.parent.name for path in CAPTURES.glob("*/truth.json") if _has(path, *keys))


COMPARED = ("ws_messages", "socketio_events")
"""Captures whose truth has one of these are compared."""

NAMES = _names("ws_messages")
RELAYING = sorted({*_names("relays")} & {*_names(*COMPARED)})
ROOMS = sorted({*_names("joins")} & {name for name in _names(*COMPARED) if not name.startswith("socketio-")})
"""Without those of home-made Socket.IO: their rooms have their programs' own words."""


@cache
def _meeting(name: str) -> Meeting:
    return load(CAPTURES / name)


@pytest.fixture(params=ROOMS)
def meeting(request: pytest.FixtureRequest) -> Meeting:
    """One capture of rooms with its truth; analysed once."""
    return _meeting(request.param)


@pytest.fixture(params=RELAYING)
def relaying(request: pytest.FixtureRequest) -> Meeting:
    """One capture whose clients logged each signal; analysed once."""
    return _meeting(request.param)


def test_there_is_something_to_compare() -> None:
    """The captures of rooms are here, damaged ones too, and their truth lists what is compared."""
    assert {"skyrtc-mesh", "skyrtc-mesh-cut", "skyrtc-mesh-gap", "skyrtc-odd", "chat-rooms"} <= set(ROOMS)
    assert {"websocket-deflate", "websocket-late"} <= set(NAMES)
    assert all(_meeting(name).rows("relays") and _meeting(name).rows("leaves") for name in ROOMS)


@pytest.mark.parametrize("name", NAMES)
def test_messages(name: str) -> None:
    """Every WebSocket message that a client logged is there, its bytes, its direction and its time, and no other is."""
    assert list(message_differences(_meeting(name))) == []


def test_joins(meeting: Meeting) -> None:
    """Every peer joined the room that it did when it did, with as many others there, and no other room."""
    assert list(join_differences(meeting)) == []


def test_leaves(meeting: Meeting) -> None:
    """Every peer left when its channel ended, and vanished only when it was killed."""
    assert list(leave_differences(meeting)) == []


def test_what_peers_are_told(meeting: Meeting) -> None:
    """Nobody is told of a coming or going that was none, and everybody of those that the server told."""
    assert list(told_differences(meeting)) == []


def test_relays(relaying: Meeting) -> None:
    """Every signal went from whom to whom it did, was sent and delivered when it was, and is lost only if it was."""
    assert list(relay_differences(relaying)) == []


def test_legs(relaying: Meeting) -> None:
    """Both legs of every signal are messages of their direction, and the time of the relay is between them."""
    assert list(leg_differences(relaying)) == []


def test_calls(relaying: Meeting) -> None:
    """Every call has its caller, its callee, its offer, its answer and as many candidates as each side sent."""
    assert list(call_differences(relaying)) == []
