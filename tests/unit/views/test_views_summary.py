"""What `analyze`, `waits`, `sdp` and `show` say, before it is drawn."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest

import sigtrace
from sigtrace.errors import SelectionError
from sigtrace.value import replace
from sigtrace.views.exchange import explain_exchange
from sigtrace.views.negotiation import explain_negotiations
from sigtrace.views.summary import CALLS_SHOWN, PEERS_SHOWN, summarise
from sigtrace.views.waits import list_waits

CAPTURES = Path(__file__).parents[3] / "captures"


@cache
def _trace(name: str) -> sigtrace.Trace:
    path = next(path for path in (CAPTURES / name).iterdir() if path.suffix in {".pcap", ".pcapng"})
    return sigtrace.analyze(sigtrace.read(str(path)))


@pytest.mark.parametrize(
    ("capture", "outcome", "reason"),
    [
        ("basic-call", "complete", ""),
        ("never-delivered", "never delivered", "alice never had a wait open"),
        ("unanswered-offer", "unanswered", "never answered"),
        ("glare", "glare", "both offered at once (packet "),
    ],
)
def test_a_call_has_a_verdict_and_a_reason(capture: str, outcome: str, reason: str) -> None:
    """A good call needs no reason, and a bad one says where and why."""
    line = summarise(_trace(capture)).calls[-1]
    assert line.outcome == outcome
    assert reason in line.reason
    assert line.good is (not line.reason)


def test_a_callee_that_was_busy_is_the_reason() -> None:
    """The offer of a third party was not answered because its callee was in a call."""
    line = summarise(_trace("third-party")).calls[1]
    assert line.reason.endswith("never answered: busy in call 1")


def test_many_peers_and_calls_are_cut_to_the_most_telling() -> None:
    """Of two hundred peers those of failed calls are shown, and the rest is counted."""
    trace = _trace("third-party")
    peer, call = trace.peers[0], trace.calls[0]
    peers = [replace(peer, id=number, name=f"p{number}") for number in range(10, 210)]
    calls = [replace(call, number=number) for number in range(10, 60)]
    crowd = replace(
        trace,
        peers=(*peers, *trace.peers),
        calls=(*calls, *trace.calls),
        verdicts={**{one.number: trace.verdicts[1] for one in calls}, **trace.verdicts},
    )
    summary = summarise(crowd)
    (session,) = summary.sessions
    assert len(session.peers) == PEERS_SHOWN
    assert session.more_peers == 203 - PEERS_SHOWN
    assert {"alice@host-a", "carol@host-c"} <= {one.name for one in session.peers}
    assert len(summary.calls) == CALLS_SHOWN
    assert any(not line.good for line in summary.calls)
    assert summary.more_calls == (f"{52 - CALLS_SHOWN} complete",)


def test_the_next_commands_name_the_file_as_a_shell_wants_it() -> None:
    """A file with a space in its name is quoted, and a failed call is what to look at next."""
    trace = _trace("third-party")
    renamed = replace(trace, captures=tuple(replace(one, file="my call.pcapng") for one in trace.captures))
    assert summarise(renamed).next == (
        ("sigtrace", "chart", "'my call.pcapng'", "--call", "2"),
        ("sigtrace", "sdp", "'my call.pcapng'", "--call", "2"),
        ("sigtrace", "show", "'my call.pcapng'", "19"),
    )


def test_the_next_commands_read_what_was_read() -> None:
    """Where a dialect was given, the commands to try have it too, quoted."""
    assert summarise(_trace("third-party"), dialects=["my relay.toml"]).next[0] == (
        *("sigtrace", "chart", _trace("third-party").captures[0].file),
        *("--dialect", "'my relay.toml'", "--call", "2"),
    )


def test_an_offer_that_was_refused_is_no_re_offer() -> None:
    """A counter-offer that was taken begins the call, and what the server refused before or after it is told so."""
    facts = {name: {one.number: one.facts for one in summarise(_trace(name)).calls} for name in ("whip", "whep")}
    assert "1 offer refused" in facts["whep"][2]
    assert "1 offer refused" in facts["whip"][1]
    assert not [fact for of in facts.values() for told in of.values() for fact in told if "re-offer" in fact]
    assert "2 re-offers" in summarise(_trace("re-offer")).calls[0].facts


def test_candidates_within_descriptions_are_counted_too() -> None:
    """Who does not trickle has candidates all the same, and those of a server stand beside the rest."""
    offered = {line.number: line.facts for line in summarise(_trace("generic-http")).calls}
    assert "candidates: 3 in the offer, 3 in the answer" in offered[1]
    published = summarise(_trace("whip")).calls
    assert {"2 candidates", "3 in the answer"} <= set(published[1].facts)
    assert "no candidates" in published[2].facts  # refused, and there are none in the offer


def test_what_goes_to_the_server_itself_is_not_relayed() -> None:
    """Of WHIP nobody says that no message was lost on its way to another peer."""
    relays = summarise(_trace("whip")).relays
    assert relays is not None
    assert (relays.total, relays.parts, relays.troubles) == ("39 messages with the server itself", (), ("7 refused",))


@pytest.mark.parametrize(
    ("capture", "call", "fate"),
    [
        ("whip", 3, "refused by the server"),
        ("never-delivered", 1, "never delivered"),
        ("unanswered-offer", 1, "never answered"),
    ],
)
def test_why_an_offer_has_no_answer_is_said_with_it(capture: str, call: int, fate: str) -> None:
    """Nobody is said to have left an offer unanswered that the server refused or never passed on."""
    view = next(one for one in explain_negotiations(_trace(capture)).calls if one.call == call)
    assert view.rounds[0].title[-1] == fate


def test_what_else_is_said_is_whole() -> None:
    """An address of a TURN server, cut on its arrow, is whole where the exchange is shown."""
    said = [text for label, text in explain_exchange(_trace("whep"), 9).facts if label == "says"]
    assert "offer wanted, from the server" in said
    assert any(text.startswith("ICE server, turn:turn.example.net?transport=udp, ") for text in said)


def test_every_wait_is_of_one_stay() -> None:
    """The waits of the peers add up to all there are, and the longest is told of the peer and room whose it is."""
    trace = _trace("signalmaster")
    (session,) = summarise(trace).sessions
    assert sum(int(peer.waits) for peer in session.peers) == len(trace.waits)
    assert session.peers[-1].longest == "16.52 s"  # it ended as its peer was leaving


def test_waits_are_suggested_where_there_are_some() -> None:
    """Of a chat over WebSocket alone there is only the chart to look at next."""
    assert [command[1] for command in summarise(_trace("chat-rooms")).next] == ["chart"]


def test_who_had_gone_before_the_offer_did_not_leave_after_it() -> None:
    """An offer to a peer that is gone has no length that its leaving could end."""
    facts = {line.number: line.facts for line in summarise(_trace("skyrtc-odd")).calls}
    assert "5a2b5cbb had gone before" in facts[4]
    assert "9e73ce0e had gone before" in facts[6]


def test_waits_can_be_listed_by_length_and_cut() -> None:
    """The longest come first when asked for, and the totals stay those of all."""
    table = list_waits(_trace("basic-call"), order="longest", limit=2)
    assert [row.hang for row in table.rows] == ["20.39 s", "7.04 s"]
    assert table.rows[0].share == 1.0
    assert table.totals is not None
    assert table.totals.total == "11"


@pytest.mark.parametrize(("capture", "sentences"), [("skyrtc-mesh", 2), ("whip", 1)])
def test_where_nobody_waits_for_want_of_polls_it_is_said(capture: str, sentences: int) -> None:
    """A server that reaches its peers by WebSocket is the reason why nobody waits; with WHIP there is none to give."""
    nothing = list_waits(_trace(capture)).nothing
    assert nothing[0] == "No wait was captured."
    assert len(nothing) == sentences
    assert all("WebSocket" in sentence for sentence in nothing[1:])


def test_a_wait_names_what_released_it() -> None:
    """Presence, messages from the queue, replacement and closing are told apart."""
    rows = {row.number: row for row in list_waits(_trace("queued-messages")).rows}
    assert rows[17].released_by == "replaced by a later wait, never answered"
    assert rows[17].trouble
    assert sum(row.queued for row in rows.values()) >= 6
    assert rows[10].released_by == "chatty joined"


def test_a_renegotiation_is_a_round_of_its_own() -> None:
    """A re-offer and its answer are told apart from the first ones."""
    (call,) = explain_negotiations(_trace("re-offer")).calls
    assert len(call.rounds) > 1
    assert all(one.answered for one in call.rounds)


def test_offered_answered_and_agreed_stand_side_by_side() -> None:
    """The first codec of the answer is what is agreed on, and the DTLS client has a name."""
    (call,) = explain_negotiations(_trace("basic-call")).calls
    (one,) = call.rounds
    assert [row.agreed for row in one.media] == [("opus 48 kHz stereo",), ("VP8 90 kHz",)]
    assert {row.name: row.agreed for row in one.transport} == {
        "bundle": "one transport",
        "ICE": "bob controls",
        "DTLS": "alice opens the handshake",
        "header ext": "4 in common",
    }
    assert [len(row.candidates) for row in call.candidates] == [2, 2]


def test_an_unanswered_offer_is_shown_alone() -> None:
    """Without an answer the offer is told, and nothing is agreed."""
    (call,) = explain_negotiations(_trace("never-delivered")).calls
    (one,) = call.rounds
    assert not one.answered
    assert one.media
    assert all(row.accepted is None and not row.agreed for row in one.media)


def test_an_exchange_is_explained_whole() -> None:
    """Both messages with their headers and bodies are there, and so is the description inside the JSON."""
    view = explain_exchange(_trace("basic-call"), 6)
    request, response = view.messages
    assert view.title == "message of bob@host-b (2)"
    assert request.start == "POST /message?peer_id=2&to=1 HTTP/1.0"
    assert "a=group:BUNDLE 0 1" in request.body
    assert response.start == "HTTP/1.1 200 OK"
    assert ("delivered by", "exchange 4, 0.8 ms apart") in view.facts


def test_a_wrapped_description_is_spelled_out_once() -> None:
    """The JSON around a description is shown only when asked for; tabs are spaces."""
    trace = _trace("basic-call")
    brief, whole = (explain_exchange(trace, 6, verbose=verbose).messages[0].body for verbose in (False, True))
    assert brief[0] == "offer in JSON (-v shows it as sent), its SDP:"
    assert not any("\\r\\n" in line or "\t" in line for line in brief)
    assert any("\\r\\n" in line for line in whole)
    assert whole[-10:] == brief[-10:]


def test_an_exchange_names_its_functions_when_asked_for() -> None:
    """A message has functions behind both halves, a wait that its client closed behind its end, and HTTP none."""
    trace = _trace("basic-call")
    assert [code.half for code in explain_exchange(trace, 6, code=True).code] == ["request", "response"]
    assert [code.half for code in explain_exchange(trace, 17, code=True).code] == ["request", "end"]
    assert explain_exchange(trace, 6).code == ()
    assert explain_exchange(_trace("websocket-deflate"), 1, code=True).code == ()


def test_a_wait_names_the_functions_behind_its_release() -> None:
    """What released a wait decides which functions they are; a wait that never ended has none."""
    rows = {row.number: row.code for row in list_waits(_trace("basic-call"), code=True).rows}
    assert rows[2] is not None
    assert "PeerChannel::BroadcastChangedState" in rows[2].sent_by
    assert rows[4] is not None
    assert "PeerConnection::SetRemoteDescription" in rows[4].handled_by
    assert rows[17] is not None
    assert rows[17].half == "end"
    assert list_waits(_trace("basic-call-cut"), code=True).rows[-1].code is None
    assert all(row.code is None for row in list_waits(_trace("basic-call")).rows)


def test_a_stay_is_told_as_far_as_it_was_captured() -> None:
    """Coming and going, only one of them, and tenths only while they mean something."""

    def stays(name: str) -> list[str]:
        return [peer.there for session in summarise(_trace(name)).sessions for peer in session.peers]

    assert stays("basic-call")[1] == "20.3 \u2013 28.4 s"
    assert stays("basic-call-cut")[0] == "since 0.0 s"
    assert stays("started-mid-call")[0] == "until 7.4 s"
    assert stays("long-wait")[0] == "0.0 \u2013 222 s"


def test_an_answer_whose_offer_was_not_captured_has_a_time_of_its_own() -> None:
    """There is nothing to measure it from, and the offer of a later round is not it."""
    facts = summarise(_trace("started-mid-call")).calls[0].facts
    assert facts[:2] == ("offer not captured", "answer at 2.352 s")


def test_many_captures_are_named_by_the_first_and_the_last() -> None:
    """A ring of files neither fills the screen nor the commands to try."""
    trace = _trace("basic-call")
    ring = replace(trace, captures=tuple(replace(trace.captures[0], file=f"r{n}.pcap") for n in range(100)))
    summary = summarise(ring)
    assert summary.title == "100 captures, r0.pcap to r99.pcap"
    assert summary.next[0] == ("sigtrace", "chart", "…")
    piped = replace(trace, captures=(replace(trace.captures[0], file="-"),))
    assert summarise(piped).title == "standard input"


def test_every_exchange_of_every_capture_can_be_explained() -> None:
    """Damage, strangers and other protocols do not stop an explanation."""
    for name in ("errors", "odd-requests", "basic-call-gap", "websocket-deflate", "started-mid-call"):
        trace = _trace(name)
        for exchange in trace.exchanges:
            assert explain_exchange(trace, exchange.number, code=True, verbose=True).title


def test_an_exchange_that_does_not_exist_is_refused_with_a_hint() -> None:
    """The hint says which numbers there are."""
    with pytest.raises(SelectionError) as caught:
        explain_exchange(_trace("basic-call"), 99)
    assert caught.value.hint == "exchanges are numbered 1 to 22"
