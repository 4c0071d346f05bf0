"""What only overhears is no call: servers that give every message to everyone."""

from __future__ import annotations

import json

import pytest

from tests.builders.exchanges import ANSWER, OFFER
from tests.builders.sockets import Sockets

CLIENTS = {"ann": 1, "bob": 2, "cal": 3}


def _pass_to_all(sockets: Sockets, at: float, sender: str, receiver: str, kind: bytes) -> None:
    body = json.loads(kind)
    message = {"type": body["type"], "from": sender, "to": receiver, "sdp": body["sdp"]}
    sockets.say(CLIENTS[sender], at, message)
    for name, flow in CLIENTS.items():
        if name != sender:
            sockets.tell(flow, at + 0.01, message)


@pytest.mark.parametrize("joining", [False, True])
def test_a_bystander_of_a_negotiation_is_in_no_call(*, joining: bool) -> None:
    """An offer and its answer that a third client gets too are one call, whether it is known who that is or not."""
    sockets = Sockets()
    for name, flow in CLIENTS.items():
        sockets.open(flow, flow * 0.1, "/ws")
        if joining:
            sockets.say(flow, flow * 0.1 + 0.05, {"type": "join", "room": "r", "from": name})
    _pass_to_all(sockets, 1.0, "ann", "bob", OFFER)
    _pass_to_all(sockets, 2.0, "bob", "ann", ANSWER)
    history = sockets.history()
    assert [(call.caller, call.callee) for call in history.calls] == [("ann", "bob")]
    assert len(history.signals) == 4
    assert [signal.call for signal in history.signals].count(None) == 2


def test_an_offer_that_only_another_got_is_a_call() -> None:
    """Where the one that is named did not get it, whoever did may answer."""
    sockets = Sockets()
    sockets.open(1, 0.1, "/ws")
    sockets.open(2, 0.2, "/ws")
    body = json.loads(OFFER)
    message = {"type": "offer", "from": "ann", "to": "sales", "sdp": body["sdp"]}
    sockets.say(1, 1.0, message)
    sockets.tell(2, 1.01, message)
    assert len(sockets.history().calls) == 1
