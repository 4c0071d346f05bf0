"""Laws of the protocols that messages speak: whatever a message holds is said, and nothing raises."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sigtrace.signaling.chat import TextChat
from sigtrace.signaling.skyrtc import SkyRTC
from tests.builders.sockets import Sockets

if TYPE_CHECKING:
    from sigtrace.signaling.protocol import SignalingProtocol

PROTOCOLS: tuple[SignalingProtocol, ...] = (SkyRTC(), TextChat())

WORDS = st.sampled_from(
    [
        "eventName", "data", "__join", "_peers", "_new_peer", "_remove_peer", "__offer", "_offer", "_answer",
        "__answer", "__ice_candidate", "_ice_candidate", "socketId", "sdp", "type", "label", "candidate",
        "connections", "you", "room", "v=0\r\n", "\ud800", "\x1b[31m", "",
    ]
)  # fmt: skip
VALUES: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9) | WORDS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner, max_size=5),
    max_leaves=12,
)
EVENTS = st.fixed_dictionaries({"eventName": WORDS, "data": st.dictionaries(WORDS, VALUES, max_size=5)})
PAYLOADS = st.binary(max_size=60) | (VALUES | EVENTS).map(lambda value: json.dumps(value).encode())


@pytest.mark.parametrize("protocol", PROTOCOLS, ids=lambda one: one.name)
@given(
    payload=PAYLOADS,
    from_client=st.booleans(),
    missing=st.sampled_from([0, 0, 7]),
    kept=st.booleans(),
)
def test_any_message_is_said_without_raising(
    protocol: SignalingProtocol, payload: bytes, *, from_client: bool, missing: int, kept: bool
) -> None:
    """Whatever a message holds, its protocol says something of it, in text that can be written as UTF-8."""
    sockets = Sockets()
    add = sockets.say if from_client else sockets.tell
    message = add(1, 1.0, payload, missing=missing, kept=kept)
    protocol.fit(message)
    said = list(protocol.decode(message))
    assert said
    for one in said:
        str(one).encode()
    sockets.history([protocol])
