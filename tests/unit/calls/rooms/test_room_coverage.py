"""Coverage: no answer is no failing where none would have shown."""

from __future__ import annotations

import pytest

from sigtrace.calls.history import write_history
from sigtrace.calls.rooms.channels import Channel
from sigtrace.calls.rooms.coverage import Coverage
from sigtrace.calls.rooms.identities import Identities
from sigtrace.calls.surroundings import Surroundings
from sigtrace.calls.verdict import Outcome
from sigtrace.packets.endpoint import Endpoint
from sigtrace.signaling.content import SignalKind
from sigtrace.signaling.relayed_content import Payload, description_content
from sigtrace.signaling.room_events import Delivered, Identified, PeerJoined, Sent
from sigtrace.value import replace
from tests.builders.exchanges import ns
from tests.builders.homemade import OFFER
from tests.builders.socket_packets import SocketTalk
from tests.unit.calls.rooms.test_room_stays import SERVER, at

CONTENT = description_content(SignalKind.OFFER, OFFER, Payload(len(OFFER), "0" * 64, OFFER))
ALICE, BOB = 1, 2
NOTHING = (False, False)
TO, FROM = (True, False), (False, True)
BOTH = (True, True)


def outcome(missing: dict[int, tuple[bool, bool]], *, delivered: bool = False) -> Outcome:
    """Judge alice's offer to bob, where of these channels something is missing to and from the client."""
    events = [at(one, one, Identified, peer=name) for one, name in ((ALICE, "alice"), (BOB, "bob")) if one in missing]
    if ALICE in missing:
        events.append(at(3, ALICE, PeerJoined, peer="bob"))
        events.append(at(5, ALICE, Sent, content=CONTENT, receiver="bob"))
    if delivered:
        events.append(at(6, BOB, Delivered, content=CONTENT, sender="alice"))
    channels = {
        f"websocket {number}": Channel(
            key=f"websocket {number}",
            client=Endpoint("10.77.0.11", 40000 + number),
            server=SERVER,
            incomplete=incomplete,
            unheard=unheard,
        )
        for number, (incomplete, unheard) in missing.items()
    }
    around = Surroundings(last_ns=ns(100.0), closed_ns={}, channels=channels)
    history = write_history({"toy": events}, around)
    return history.verdicts[1].outcome


@pytest.mark.parametrize(
    ("missing", "delivered", "expected"),
    [
        ({ALICE: TO, BOB: NOTHING}, True, Outcome.UNANSWERED),  # bob would have been seen to answer
        ({ALICE: TO, BOB: TO}, False, Outcome.UNANSWERED),
        ({ALICE: NOTHING, BOB: BOTH}, True, Outcome.UNANSWERED),  # alice would have been seen to get it
        ({ALICE: NOTHING, BOB: TO}, False, Outcome.UNANSWERED),
        ({ALICE: TO, BOB: FROM}, True, Outcome.PARTIAL),
        ({ALICE: TO}, False, Outcome.PARTIAL),  # bob is not in the capture
        ({BOB: FROM}, True, Outcome.PARTIAL),  # alice is not
        ({BOB: NOTHING}, True, Outcome.UNANSWERED),
    ],
)
def test_an_offer_without_an_answer(
    missing: dict[int, tuple[bool, bool]], expected: Outcome, *, delivered: bool
) -> None:
    """It is unanswered where an answer would have shown, on its way to the server or from it; else seen in part."""
    assert outcome(missing, delivered=delivered) is expected


def test_an_answer_to_somebody_whose_id_is_not_known() -> None:
    """Whoever goes by an address is answered under an id: no answer to the address tells nothing."""
    sent = [at(1, BOB, Identified, peer="bob"), at(5, ALICE, Sent, content=CONTENT, receiver="bob")]
    channels = {
        f"websocket {number}": Channel(
            key=f"websocket {number}", client=Endpoint("10.77.0.11", 40000 + number), server=SERVER, incomplete=True
        )
        for number in (ALICE, BOB)
    }
    around = Surroundings(last_ns=ns(100.0), closed_ns={}, channels=channels)
    assert write_history({"toy": sent}, around).verdicts[1].outcome is Outcome.PARTIAL


@pytest.mark.parametrize(("answered", "in_part"), [(None, {"x"}), (3.0, set())])
def test_who_polls_and_is_never_answered_is_there_in_part(answered: float | None, in_part: set[str]) -> None:
    """Not one answer to any request of a session: what the server sent is not in the capture."""
    talk = SocketTalk()
    client = talk.connect("x")
    talk.poll(client, 2.0, answered)
    engine = replace(talk.engines[0], exchanges=tuple(one.number for one in talk.wire.exchanges))
    identified = at(1, 1, Identified, peer="x")
    events = [replace(identified, bearer=identified.bearer._replace(channel=engine.channel))]
    around = Surroundings(
        last_ns=ns(100.0),
        closed_ns={},
        engines={engine.channel: engine},
        exchanges={one.number: one for one in talk.wire.exchanges},
    )
    assert Coverage(Identities(events), {"x": talk.polls}, around).in_part_to == in_part
