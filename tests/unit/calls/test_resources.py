"""What is between a client and the server itself: wherever its requests go, and who makes the offer."""

from __future__ import annotations

import pytest

from sigtrace.application.span import Span
from sigtrace.calls.history import History, write_history
from sigtrace.calls.negotiation import CallEnd
from sigtrace.calls.surroundings import Surroundings
from sigtrace.calls.verdict import Outcome
from sigtrace.packets.endpoint import Endpoint
from sigtrace.sdp.description import decode_description
from sigtrace.signaling.bearer import Bearer
from sigtrace.signaling.content import Content, SignalKind
from sigtrace.signaling.room_events import Direct, Remarked, RoomEvent
from tests.builders.exchanges import ns

CLIENT = Endpoint("192.0.2.1", 40000)
MOVED = Endpoint("198.51.100.1", 50000)
FIRST = Endpoint("203.0.113.1", 80)
OTHER = Endpoint("203.0.113.2", 8080)
URL = "node2:8080/r/1"
SDP = "v=0\r\no=- 1 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\nm=audio 9 UDP/TLS/RTP/SAVPF 111\r\na=mid:0\r\n"
WITH_CANDIDATE = f"{SDP}a=candidate:1 1 udp 2122260223 203.0.113.1 5000 typ host\r\n"


def bearer(at: float, *, client: Endpoint = CLIENT, server: Endpoint = FIRST, by_client: bool = True) -> Bearer:
    """One half of an exchange; halves at equal whole seconds are of the same."""
    span = Span(ns(at), ns(at), 1, 1)
    return Bearer(f"http {client.address}", client, server, by_client, span, int(at), is_exchange=True)


def direct(
    kind: SignalKind,
    on: Bearer,
    resource: str = "node2:8080/r/1",
    *,
    sdp: str | None = None,
    accepted: bool | None = None,
    url: str | None = URL,
) -> Direct:
    """A message to or from a resource."""
    description = None if sdp is None else decode_description(sdp)
    content = Content(kind=kind, length=1, sha256="", sdp=sdp, description=description)
    return Direct(at_ns=on.span.start_ns, bearer=on, content=content, resource=resource, accepted=accepted, url=url)


def history_of(*events: RoomEvent) -> History:
    """Write the history of events of one protocol."""
    return write_history({"whip": list(events)}, Surroundings(last_ns=ns(100), closed_ns={}))


OFFERED = (
    direct(SignalKind.OFFER, bearer(1.0), sdp=SDP, accepted=True),
    direct(SignalKind.ANSWER, bearer(1.1, by_client=False), sdp=WITH_CANDIDATE),
)


@pytest.mark.parametrize("client", [CLIENT, MOVED], ids=["same-address", "other-address"])
@pytest.mark.parametrize("server", [FIRST, OTHER], ids=["same-server", "other-server"])
def test_goodbye_ends_the_call_of_its_resource(client: Endpoint, server: Endpoint) -> None:
    """A goodbye to the resource's address is of its call, wherever it goes and wherever the client is by then."""
    on = bearer(9.0, client=client, server=server)
    history = history_of(
        *OFFERED,
        direct(SignalKind.BYE, on, "/r/1", accepted=True),
        Remarked(at_ns=ns(9), bearer=on, name="200 OK", url=URL),
    )
    (call,) = history.calls
    assert (call.caller, call.callee) == (CLIENT.address, "node2:8080/r/1")
    assert (call.ended, call.ended_by, call.ended_ns) == (CallEnd.BYE, CLIENT.address, ns(9))
    assert len(history.sessions) == 1
    assert {act.peer for act in history.acts} == {CLIENT.address}


def test_equal_names_on_two_hosts_are_two_resources() -> None:
    """What goes by the same name on another host is another resource, and its goodbye ends no call."""
    history = history_of(
        *OFFERED, direct(SignalKind.BYE, bearer(9.0, server=OTHER), "/r/1", accepted=True, url="node3/r/1")
    )
    assert [call.ended for call in history.calls] == [CallEnd.CAPTURE_ENDED, CallEnd.BYE]
    assert [session.server for session in history.sessions] == [FIRST, OTHER]


def test_counter_offer_is_of_the_call_that_it_counters() -> None:
    """An offer in the answer that refuses another is no glare: there is one call, and the server is its caller."""
    history = history_of(
        direct(SignalKind.OFFER, bearer(1.0), sdp=SDP, accepted=False),
        direct(SignalKind.OFFER, bearer(1.1, by_client=False), sdp=WITH_CANDIDATE),
        direct(SignalKind.ANSWER, bearer(2.0), sdp=SDP, accepted=True),
    )
    (call,) = history.calls
    assert (call.caller, call.offers, call.answers, call.glare) == (URL, 2, 1, False)
    assert (call.began_ns, call.offered_ns, call.answered_ns) == (ns(1), ns(1.1), ns(2))
    assert history.verdicts[1].outcome is Outcome.COMPLETE


def test_offer_of_the_server_in_a_later_answer_counters_nothing() -> None:
    """A server that refused and offers later begins a call of its own."""
    history = history_of(
        direct(SignalKind.OFFER, bearer(1.0), sdp=SDP, accepted=False),
        direct(SignalKind.OFFER, bearer(2.1, by_client=False), sdp=WITH_CANDIDATE),
    )
    assert [(call.caller, call.ended) for call in history.calls] == [
        (CLIENT.address, CallEnd.REFUSED),
        (URL, CallEnd.CAPTURE_ENDED),
    ]


def test_client_without_candidates_can_be_found_by_a_server() -> None:
    """A server that can be reached needs no candidates of its client; one without candidates cannot be reached."""
    assert history_of(*OFFERED).verdicts[1].outcome is Outcome.COMPLETE
    silent = history_of(
        direct(SignalKind.OFFER, bearer(1.0), sdp=WITH_CANDIDATE, accepted=True),
        direct(SignalKind.ANSWER, bearer(1.1, by_client=False), sdp=SDP),
    )
    assert silent.verdicts[1].outcome is Outcome.NO_CANDIDATES
    assert silent.verdicts[1].without_candidates == (URL,)


def test_offer_that_a_server_refuses_leaves_the_call_as_it_was() -> None:
    """A session goes on when its server refuses another offer in it, even one of another description."""
    (call,) = history_of(
        *OFFERED,
        direct(SignalKind.OFFER, bearer(5.0), sdp=SDP.replace("o=- 1 2", "o=- 9 2"), accepted=False),
        direct(SignalKind.BYE, bearer(9.0), accepted=True),
    ).calls
    assert (call.offers, call.answers, call.ended) == (2, 1, CallEnd.BYE)
