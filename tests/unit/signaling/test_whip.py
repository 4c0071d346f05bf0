"""WHIP and WHEP: which exchanges are theirs, what those say, and what calls come of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from sigtrace.application.http.message import Exchange, ExchangeEnd
from sigtrace.calls.acts import ActKind
from sigtrace.calls.negotiation import CallEnd
from sigtrace.calls.signals import Fate
from sigtrace.calls.verdict import Outcome
from sigtrace.notices import Notice
from sigtrace.packets.endpoint import Endpoint
from sigtrace.signaling.events import ExchangeKind
from sigtrace.signaling.protocol import Fit
from sigtrace.signaling.room_events import Direct, Remarked
from sigtrace.signaling.whip import NO_LOCATION, Whep, Whip
from sigtrace.value import replace
from tests.builders.exchanges import ALICE, BOB, ns
from tests.builders.http_sessions import (
    ANSWER,
    ANSWER_OF_PLAYER,
    CANDIDATE,
    FRAGMENT,
    OFFER,
    PLAYER_ANSWER,
    PLAYER_OFFER,
    PROBLEM,
    SDP,
    SERVER_OFFER,
    Fields,
    HttpSessions,
    description,
    fragment,
)

if TYPE_CHECKING:
    from sigtrace.calls.history import History

OTHER = Endpoint("10.77.0.2", 8443)
ICE_SERVERS: Fields = (
    (b"Link", b"<stun:stun.example.net>; rel=ice-server"),
    (b"link", b'<turn:turn.example.net>; rel="ice-server"; username="user"; credential="secret"'),
)


def said(history: History) -> list[tuple[str, str, str]]:
    """Tell the signals, each as kind, direction and fate."""
    return [
        (one.kind.value, "to server" if one.sender in (ALICE, BOB) else "to client", one.fate.value)
        for one in history.signals
    ]


def remarks(history: History) -> list[tuple[str | None, str]]:
    """Tell the remarks, each as name and text."""
    return [(act.name, act.text) for act in history.acts if act.kind is ActKind.REMARK]


# --- which exchanges are theirs


@pytest.mark.parametrize(
    ("offer", "answer", "target", "protocol"),
    [
        (OFFER, ANSWER, "/anything", "whip"),
        (PLAYER_OFFER, PLAYER_ANSWER, "/anything", "whep"),
        (OFFER, ANSWER, "/whep", "whip"),
        (PLAYER_OFFER, PLAYER_ANSWER, "/whip", "whep"),
        (description("sendrecv"), ANSWER, "/anything", "whip"),
        (description("sendrecv"), PLAYER_ANSWER, "/anything", "whep"),
        (description(""), description("", "passive"), "/anything", "whip"),
        (description(""), description("", "passive"), "/live/WHEP", "whep"),
        (description("sendonly") + b"m=video 9 UDP/TLS/RTP/SAVPF 96\r\na=recvonly\r\n", PLAYER_ANSWER, "/", "whep"),
    ],
)
def test_directions_tell_the_two_apart(offer: bytes, answer: bytes, target: str, protocol: str) -> None:
    """Whoever sends publishes and whoever receives plays; only when nothing tells does the path."""
    wire = HttpSessions()
    wire.create(1.0, target=target, offer=offer, answer=answer)
    wire.trickle(2.0, fragment(CANDIDATE))
    wire.end(3.0)
    reading = wire.reading()
    assert [role.protocol for role in reading.roles] == [protocol] * 3
    assert list(reading.events) == [protocol]


@pytest.mark.parametrize("kind", [b"application/sdp", b"Application/SDP;charset=utf-8", b" application/sdp ; a=b"])
def test_types_may_have_parameters_and_any_case(kind: bytes) -> None:
    """A media type is recognised in any case, with or without parameters."""
    wire = HttpSessions()
    wire.ask("POST", "/live", 1.0, 201, body=OFFER, kind=kind, answer=ANSWER, answer_kind=kind)
    assert [one.kind.value for one in wire.history().signals] == ["offer", "answer"]


def test_answer_may_lack_its_type() -> None:
    """What answers a POST of SDP is read as the answer when it is a description, whatever its type says."""
    wire = HttpSessions()
    wire.ask("POST", "/live", 1.0, 200, body=OFFER, kind=SDP, answer=ANSWER, answer_kind=b"text/plain")
    assert [one.kind.value for one in wire.history().signals] == ["offer", "answer"]


def test_roles_follow_methods() -> None:
    """Each method has its role; all that goes to what an endpoint made is of its protocol."""
    wire = HttpSessions()
    wire.ask("OPTIONS", "/whip/live", 0.5, 200, answer_fields=((b"Accept-Post", b"application/sdp"),))
    wire.create(1.0)
    wire.trickle(2.0, fragment(CANDIDATE))
    wire.ask("HEAD", "/session/1", 3.0, 200)
    wire.end(4.0)
    roles = wire.reading().roles
    assert [role.kind for role in roles] == [
        ExchangeKind.OPTIONS,
        ExchangeKind.OFFER,
        ExchangeKind.TRICKLE,
        ExchangeKind.OTHER,
        ExchangeKind.END,
    ]
    assert {role.protocol for role in roles} == {"whip"}


@pytest.mark.parametrize(
    ("method", "target", "kind"),
    [
        ("DELETE", "/session/2", None),
        ("OPTIONS", "/other", None),
        ("GET", "/session/1", None),
        ("POST", "/other", b"application/json"),
        ("PATCH", "/other", b"application/json"),
    ],
)
def test_what_goes_elsewhere_is_not_claimed(method: str, target: str, kind: bytes | None) -> None:
    """Requests on the same server that go to none of the addresses are plain HTTP."""
    wire = HttpSessions()
    wire.create(1.0)
    wire.ask(method, target, 2.0, 200, kind=kind, body=b"{}" if kind else b"")
    assert [role.protocol for role in wire.reading().roles] == ["whip", "http"]


def test_fragment_alone_is_recognised() -> None:
    """When the capture began late, a fragment shows what its address is, and what goes there belongs to it."""
    wire = HttpSessions()
    wire.trickle(1.0, fragment(CANDIDATE), target="/whep/session/9")
    wire.end(2.0, target="/whep/session/9")
    assert [role.protocol for role in wire.reading().roles] == ["whep", "whep"]
    (call,) = wire.history().calls
    assert (call.caller, call.callee, call.inferred, call.ended) == (ALICE, "/whep/session/9", True, CallEnd.BYE)


def test_fit_is_modest() -> None:
    """By itself nothing is certain: another protocol that is goes first; and each unit is of one of the two at most."""
    wire = HttpSessions()
    wire.create(1.0)
    wire.trickle(2.0, fragment(CANDIDATE))
    wire.end(3.0)
    wire.ask("GET", "/", 4.0, 200)
    fits = [(Whip().fit(one), Whep().fit(one)) for one in wire.exchanges]
    assert fits == [(Fit.GENERIC, Fit.NONE), (Fit.GENERIC, Fit.NONE), (Fit.NONE, Fit.NONE), (Fit.NONE, Fit.NONE)]


# --- a call from beginning to end


def test_publishing_is_one_call() -> None:
    """Offer, answer, candidates each way, restart and goodbye are one call between the client and the session."""
    wire = HttpSessions()
    wire.create(1.0, answer_fields=ICE_SERVERS)
    wire.trickle(2.0, fragment(CANDIDATE, CANDIDATE, end=True))
    wire.restart(3.0)
    wire.end(9.0)
    history = wire.history()
    assert said(history) == [
        ("offer", "to server", "direct"),
        ("answer", "to client", "direct"),
        ("candidate", "to server", "direct"),
        ("candidate", "to server", "direct"),
        ("end-of-candidates", "to server", "direct"),
        ("ice-restart", "to server", "direct"),
        ("candidate", "to server", "direct"),
        ("ice-restart", "to client", "direct"),
        ("candidate", "to client", "direct"),
        ("end-of-candidates", "to client", "direct"),
        ("bye", "to server", "direct"),
    ]
    (call,) = history.calls
    assert (call.protocol, call.caller, call.callee) == ("whip", ALICE, "/session/1")
    assert (call.offered_ns, call.answered_ns, call.ended_ns) == (ns(1), ns(1.1), ns(9))
    assert (call.caller_candidates, call.callee_candidates) == (3, 1)
    assert (call.ended, call.ended_by) == (CallEnd.BYE, ALICE)
    assert history.verdicts[1].outcome is Outcome.COMPLETE
    assert [(peer.id, peer.is_server) for peer in history.peers] == [(ALICE, False), ("/session/1", True)]


def test_candidates_have_their_section() -> None:
    """A candidate of a fragment is whole, with the section that it is for and the exchange that brought it."""
    wire = HttpSessions()
    wire.create(1.0)
    brought = wire.trickle(2.0, fragment(CANDIDATE))
    signal = wire.history().signals[2]
    assert (signal.content.mid, signal.content.mline, signal.sent_exchange) == ("0", 0, brought.number)
    assert signal.content.candidate is not None
    assert signal.content.candidate.address == "10.77.0.11"


@pytest.mark.parametrize(
    ("location", "told", "host"),
    [
        (b"/session/1", "/session/1", b"media.example.com"),
        (b"session/1", "/whip/session/1", b"media.example.com"),
        (b"../session/1", "/session/1", b"media.example.com"),
        (b"?action=delete&id=1", "/whip/live?action=delete&id=1", b"media.example.com"),
        (b"http://media.example.com/session/1", "/session/1", b"media.example.com"),
        (b"https://MEDIA.example.com:443/session/1", "/session/1", b"media.example.com"),
        (b"http://node2.example.com:8443/session/1", "node2.example.com:8443/session/1", b"node2.example.com:8443"),
        (b"//node2.example.com/session/1", "node2.example.com/session/1", b"Node2.example.com"),
    ],
)
def test_location_is_followed(location: bytes, told: str, host: bytes) -> None:
    """What goes where the Location points is of the call, on whichever host that is, also from another address."""
    wire = HttpSessions()
    wire.create(1.0, location=location)
    server = wire.server if host == b"media.example.com" else OTHER
    target = told if told.startswith("/") else told[told.index("/") :]
    wire.trickle(2.0, fragment(CANDIDATE), target=target, host=host, server=server)
    wire.end(3.0, target=target, host=host, server=server, client=BOB)
    history = wire.history()
    (call,) = history.calls
    assert (call.caller, call.callee, call.ended) == (ALICE, told, CallEnd.BYE)
    assert (call.caller_candidates, len(history.sessions)) == (1, 1)


def test_clients_behind_one_address_have_sessions_of_their_own() -> None:
    """Two sessions of one address are two calls, each with its own end."""
    wire = HttpSessions()
    wire.create(1.0)
    wire.create(2.0, location=b"/session/2")
    wire.end(3.0, target="/session/2")
    assert [(call.callee, call.ended) for call in wire.history().calls] == [
        ("/session/1", CallEnd.CAPTURE_ENDED),
        ("/session/2", CallEnd.BYE),
    ]


def test_session_without_an_address_goes_by_its_endpoint() -> None:
    """An answer without a Location is noticed, and the call is with the endpoint."""
    wire = HttpSessions()
    wire.create(1.0, location=None)
    assert [notice.code for notice in wire.reading().notices] == [NO_LOCATION]
    assert wire.history().calls[0].callee == "/whip/live"


# --- restarts


@pytest.mark.parametrize(
    ("match", "status", "answered", "restarts"),
    [
        (b'"*"', 200, True, True),
        (b"*", 200, True, True),
        (None, 200, True, True),
        (b'"1"', 200, True, True),
        (b"*", 422, False, True),
        (b"*", 0, False, True),
        (b"*", 204, False, False),
        (b'"1"', 204, False, False),
        (b'"1"', 412, False, False),
        (None, 428, False, False),
    ],
)
def test_restart_is_told_by_wildcard_and_answer(
    match: bytes | None,
    status: int,
    answered: bool,  # noqa: FBT001 - a table
    restarts: bool,  # noqa: FBT001 - a table
) -> None:
    """Credentials restart ICE when If-Match is a wildcard or a fragment answers; a 204 says that they did not."""
    wire = HttpSessions()
    answer = {"answer": fragment(ufrag="new2"), "answer_kind": FRAGMENT} if answered else {}
    wire.trickle(1.0, fragment(CANDIDATE), status=status, match=match, **answer)
    kinds = [one.kind.value for one in wire.history().signals]
    assert kinds == (["ice-restart"] if restarts else []) + ["candidate"] + (["ice-restart"] if answered else [])


@pytest.mark.parametrize(
    ("status", "match", "why"),
    [
        (412, b'"0"', 'If-Match: "0"'),
        (428, None, "no If-Match"),
        (422, b'"1"', ""),
        (501, b'"1"', ""),
    ],
)
def test_refused_fragments_say_why(status: int, match: bytes | None, why: str) -> None:
    """Candidates that the server would not take are refused, with its status and the precondition; the call goes on."""
    wire = HttpSessions()
    wire.create(1.0)
    wire.trickle(2.0, fragment(CANDIDATE), status=status, match=match, reason=b"No")
    wire.end(3.0)
    history = wire.history()
    assert said(history)[2] == ("candidate", "to server", "refused")
    assert remarks(history) == [(f"{status} No", why)]
    assert [call.ended for call in history.calls] == [CallEnd.BYE]


# --- refusals and redirects


def test_refused_offers_are_calls_that_were_refused() -> None:
    """An offer that is refused is shown as such, with the reason; what is accepted at last is another call."""
    wire = HttpSessions()
    problem = {"answer": b'{"title": "No token"}', "answer_kind": PROBLEM, "reason": b"Unauthorized"}
    wire.ask("POST", "/whip/live", 1.0, 401, body=OFFER, kind=SDP, **problem)  # type: ignore[arg-type]
    wire.ask("POST", "/whip/live", 2.0, 415, body=OFFER, kind=b"text/plain", reason=b"Unsupported Media Type")
    busy: Fields = ((b"Retry-After", b"5"),)
    wire.ask("POST", "/whip/live", 3.0, 503, body=OFFER, kind=SDP, answer_fields=busy, reason=b"Busy")
    wire.create(8.0, fields=((b"Authorization", b"Bearer secret"),))
    history = wire.history()
    assert [(call.callee, call.ended) for call in history.calls] == [
        ("/whip/live", CallEnd.REFUSED),
        ("/whip/live", CallEnd.REFUSED),
        ("/whip/live", CallEnd.REFUSED),
        ("/session/1", CallEnd.CAPTURE_ENDED),
    ]
    assert [history.verdicts[call.number].outcome for call in history.calls] == [
        *[Outcome.REFUSED] * 3,
        Outcome.COMPLETE,
    ]
    assert remarks(history) == [
        ("401 Unauthorized", "No token"),
        ("415 Unsupported Media Type", ""),
        ("503 Busy", "retry after 5 s"),
    ]


@pytest.mark.parametrize("server", [None, OTHER], ids=["same-server", "other-server"])
def test_redirected_offer_is_one_call(server: Endpoint | None) -> None:
    """A POST that is sent elsewhere is no offer there; the one that is repeated is the call."""
    wire = HttpSessions()
    to = b"http://node2.example.com:8443/whip/near" if server else b"/whip/near"
    wire.ask(
        "POST", "/whip/far", 1.0, 307, body=OFFER, kind=SDP, answer_fields=((b"Location", to),), reason=b"Elsewhere"
    )
    more = {"host": b"node2.example.com:8443", "server": server} if server else {}
    wire.create(2.0, target="/whip/near", **more)
    history = wire.history()
    (call,) = history.calls
    assert (call.offered_ns, call.offers, call.ended) == (ns(2), 1, CallEnd.CAPTURE_ENDED)
    host = "node2.example.com:8443" if server else "media.example.com"
    assert remarks(history) == [("POST", "to /whip/far"), ("307 Elsewhere", f"to {host}/whip/near")]


def test_redirected_delete_is_followed() -> None:
    """A DELETE that is sent elsewhere is claimed there too; nothing ended where it was refused."""
    wire = HttpSessions()
    wire.create(1.0)
    wire.end(2.0, status=307, answer_fields=((b"Location", b"/moved/1"),))
    wire.end(3.0, target="/moved/1")
    reading = wire.reading()
    assert {role.protocol for role in reading.roles} == {"whip"}
    assert [(one.kind.value, one.sent_exchange) for one in wire.history().signals][-1] == ("bye", 3)


@pytest.mark.parametrize(
    ("status", "ends"), [(200, True), (0, True), (404, True), (410, True), (401, False), (405, False)]
)
def test_session_ends_unless_its_server_refuses(status: int, ends: bool) -> None:  # noqa: FBT001 - a table
    """A DELETE ends the call, also when nothing is left to end; one that is refused does not."""
    wire = HttpSessions()
    wire.create(1.0)
    wire.end(2.0, status=status)
    assert [call.ended for call in wire.history().calls] == [CallEnd.BYE if ends else CallEnd.CAPTURE_ENDED]


def test_unanswered_offer_is_a_call_without_an_answer() -> None:
    """An offer that nobody answered is a call with the endpoint."""
    wire = HttpSessions()
    wire.ask("POST", "/whip/live", 1.0, 0, body=OFFER, kind=SDP)
    history = wire.history()
    assert [(call.callee, call.ended) for call in history.calls] == [("/whip/live", CallEnd.CAPTURE_ENDED)]
    assert history.verdicts[1].outcome is Outcome.UNANSWERED


# --- servers that offer


def test_counter_offer_is_answered_by_the_client() -> None:
    """A 406 with an offer refuses the client's, and the PATCH with SDP is the answer to the server's: one call."""
    wire = HttpSessions()
    wire.ask(
        "POST",
        "/live",
        1.0,
        406,
        body=description("sendrecv"),
        kind=SDP,
        answer=SERVER_OFFER,
        answer_kind=b"application/sdp; valid-until=30",
        answer_fields=((b"Location", b"/session/1"),),
        reason=b"Not Acceptable",
    )
    wire.ask("PATCH", "/session/1", 2.0, 204, body=ANSWER_OF_PLAYER, kind=SDP)
    wire.end(3.0)
    history = wire.history()
    assert said(history) == [
        ("offer", "to server", "refused"),
        ("offer", "to client", "direct"),
        ("answer", "to server", "direct"),
        ("bye", "to server", "direct"),
    ]
    (call,) = history.calls
    assert (call.protocol, call.caller, call.callee, call.ended) == ("whep", "/session/1", ALICE, CallEnd.BYE)
    assert (call.offered_ns, call.answered_ns, call.glare) == (ns(1.1), ns(2), False)
    assert remarks(history) == [("406 Not Acceptable", "with an offer of its own")]


@pytest.mark.parametrize("accept", [b"application/sdp", b"*/*"])
def test_empty_post_asks_for_an_offer(accept: bytes) -> None:
    """In the drafts of 2022 a POST without a body is answered by the server's offer, and a PATCH answers that."""
    wire = HttpSessions()
    wire.ask(
        "POST",
        "/live",
        1.0,
        201,
        fields=((b"Accept", accept),),
        answer=SERVER_OFFER,
        answer_kind=SDP,
        answer_fields=((b"Location", b"/session/1"),),
    )
    wire.ask("PATCH", "/session/1", 2.0, 204, body=ANSWER_OF_PLAYER, kind=SDP)
    reading, history = wire.reading(), wire.history()
    assert [(role.protocol, role.kind.value) for role in reading.roles] == [("whep", "offer"), ("whep", "trickle")]
    assert said(history) == [("offer", "to client", "direct"), ("answer", "to server", "direct")]
    (call,) = history.calls
    assert (call.caller, call.callee, call.answer_time_ns) == ("/session/1", ALICE, ns(0.9))


def test_player_that_comes_too_early_is_refused() -> None:
    """A 409 says that there is nothing to play yet, and when to come again."""
    wire = HttpSessions()
    early: Fields = ((b"Retry-After", b"2"),)
    wire.ask("POST", "/live", 1.0, 409, body=PLAYER_OFFER, kind=SDP, answer_fields=early, reason=b"Conflict")
    history = wire.history()
    assert [(call.protocol, call.ended) for call in history.calls] == [("whep", CallEnd.REFUSED)]
    assert remarks(history) == [("409 Conflict", "retry after 2 s")]


@pytest.mark.parametrize(("status", "fate", "answers"), [(200, Fate.DIRECT, 2), (422, Fate.REFUSED, 1)])
def test_renegotiation_is_an_offer_in_the_call(status: int, fate: Fate, answers: int) -> None:
    """A PATCH with an offer, which some servers take, is a re-offer; a WHIP session stays WHIP by it."""
    wire = HttpSessions()
    wire.create(1.0)
    answer = {"answer": ANSWER, "answer_kind": SDP} if status == 200 else {}
    wire.ask("PATCH", "/session/1", 2.0, status, body=OFFER, kind=SDP, **answer)  # type: ignore[arg-type]
    history = wire.history()
    (call,) = history.calls
    assert (call.protocol, call.offers, call.answers) == ("whip", 2, answers)
    assert [one.fate for one in history.signals if one.kind.value == "offer"] == [Fate.DIRECT, fate]


# --- what is said beside, and secrets


def test_ice_servers_are_remarked_without_credentials() -> None:
    """Links of ICE servers are shown with the user and never the credential; other links say nothing here."""
    wire = HttpSessions()
    extension = (b"Link", b'</sse/1>; rel="urn:ietf:params:whep:ext:core:server-sent-events"; events="active"')
    wire.create(
        1.0,
        fields=((b"Authorization", b"Bearer secret"),),
        answer_fields=(*ICE_SERVERS, extension, (b"Link", b"</help>; rel=help")),
    )
    assert remarks(wire.history()) == [
        ("ICE server", "stun:stun.example.net"),
        ("ICE server", "turn:turn.example.net, user name user, credential ***"),
        ("extension", "urn:ietf:params:whep:ext:core:server-sent-events at /sse/1"),
    ]
    texts = [one.text for one in wire.reading().events["whip"] if isinstance(one, Remarked)]
    assert not any("secret" in text for text in texts)


def test_malformed_descriptions_are_noticed_on_both_halves() -> None:
    """Lines of an offer or answer that cannot be read are noticed, each where it was sent."""
    wire = HttpSessions()
    wire.create(1.0, offer=OFFER + b"nonsense\r\n", answer=ANSWER + b"nonsense\r\n")
    assert [(notice.code, notice.packet) for notice in wire.reading().notices] == [
        ("sdp.malformed-line", 10),
        ("sdp.malformed-line", 11),
    ]


# --- damage


def test_answer_whose_request_was_not_captured_is_read() -> None:
    """A 201 alone tells the answer and the session."""
    wire = HttpSessions()
    whole = wire.create(1.0, target="/whip/live")
    wire.exchanges[0] = replace(whole, request=None)
    assert [role.kind for role in wire.reading().roles] == [ExchangeKind.OFFER]
    (signal,) = wire.history().signals
    assert (signal.kind.value, signal.sender, signal.receiver) == ("answer", "/session/1", ALICE)


def _spoiled(unit: Exchange, how: str) -> Exchange:
    assert unit.request is not None
    body = unit.request.body
    if how == "gap":
        body = replace(body, sha256=None, content=None, missing=5)
    elif how == "not kept":
        body = replace(body, data=None, content=None)
    elif how == "nothing":
        body = replace(body, data=None, content=None, sha256=None, length=None)
    return replace(unit, request=replace(unit.request, body=body), response=None, end=ExchangeEnd.LOST)


@pytest.mark.parametrize("how", ["gap", "not kept", "nothing"])
def test_damaged_bodies_do_not_raise(how: str) -> None:
    """An offer or fragment of which something is missing is still one, and what is missing is said."""
    wire = HttpSessions()
    wire.create(1.0)
    wire.trickle(2.0, fragment(CANDIDATE))
    wire.ask("PATCH", "/session/1", 3.0, 204, body=ANSWER_OF_PLAYER, kind=SDP)
    wire.end(4.0)
    events = [
        event
        for unit in wire.exchanges
        for protocol in (Whip(), Whep())
        for event in protocol.decode(_spoiled(unit, how))
        if not isinstance(event, Notice)
    ]
    offer = next(event for event in events if isinstance(event, Direct))
    assert offer.content.kind.value == "offer"
    assert offer.content.description is None
    assert offer.content.problem is not None
