"""Laws of Socket.IO: no bytes raise, order of arrival is nothing, and a cut costs no packet before it."""

from __future__ import annotations

import json
import random

from hypothesis import given
from hypothesis import strategies as st

from sigtrace.application.http.message import ExchangeState
from sigtrace.application.socketio.traffic import decode_socketio
from tests.builders.exchanges import body_of
from tests.builders.socketio import OPEN, Talk
from tests.fuzz.targets.socketio import encode_carrier, try_socketio

_TEXTS = st.sampled_from(
    [b"", b"2", b"3", b"6", b"1", b"40", b'42["a"]', b'451-["a",{"_placeholder":true,"num":0}]', b"bAQ==", OPEN]
)
_BODIES = st.lists(_TEXTS | st.binary(max_size=12), max_size=4).map(b"\x1e".join) | _TEXTS | st.binary(max_size=30)
_CARRIERS = st.tuples(st.integers(0, 255), st.integers(0, 11), _BODIES).map(lambda one: encode_carrier(*one))


@given(st.lists(_CARRIERS, max_size=20))
def test_no_carriers_raise(carriers: list[bytes]) -> None:
    """Whatever exchanges and messages hold, they are decoded, and the same in the opposite order."""
    try_socketio(b"".join(carriers))


@given(st.integers(0, 2**32))
def test_any_order_of_carriers_gives_the_same(seed: int) -> None:
    """A session that spreads over polls and a WebSocket is the same in whatever order its carriers are given."""
    talk = Talk()
    poll = "EIO=4&transport=polling&sid=S1"
    talk.get("EIO=4&transport=polling", OPEN)
    talk.post(poll, b'451-["a",{"_placeholder":true,"num":0}]')
    talk.get(poll, b'42["b"]\x1e2')
    talk.post(poll, b"bAQ==\x1e3")
    talk.exchange(None, b"", answer=b'42["c"]', flow=1)
    talk.say(b"2probe", from_client=True)
    talk.say(b"5", from_client=True)
    talk.say(b'42["d"]', from_client=False)
    expected = decode_socketio(talk.exchanges, talk.messages)
    assert len(expected.packets) == 4
    chance = random.Random(seed)  # noqa: S311 - chance that is no secret
    exchanges, messages = list(talk.exchanges), list(talk.messages)
    chance.shuffle(exchanges)
    chance.shuffle(messages)
    assert decode_socketio(exchanges, messages) == expected


@given(st.lists(st.text(max_size=5), min_size=1, max_size=6), st.data())
def test_a_cut_keeps_what_came_before_it(names: list[str], data: st.DataObject) -> None:
    """Of an answer that was cut, the packets before the cut are those of the whole one."""
    body = b"\x1e".join(f"42[{json.dumps(name)}]".encode() for name in names)
    cut = data.draw(st.integers(0, len(body) - 1))
    talk = Talk()
    talk.get("EIO=4&transport=polling&sid=S1", body_of(body[:cut], missing=1), state=ExchangeState.ABORTED)
    found = [packet.name for packet in decode_socketio(talk.exchanges, []).packets]
    assert len(found) == body[:cut].count(b"\x1e")
    whole = Talk()
    whole.get("EIO=4&transport=polling&sid=S1", body)
    assert found == [packet.name for packet in decode_socketio(whole.exchanges, []).packets][: len(found)]
