"""Whole exchanges through the decoder of one flow: pairing, ends, gaps."""

from __future__ import annotations

import pytest

from sigtrace.application.flow_decoder import Speech
from sigtrace.application.http.connection import MAX_AWAITING, MAX_HELD_BYTES
from sigtrace.application.http.message import ExchangeEnd, ExchangeState
from sigtrace.streams.flow import Chunk, End, Ending
from tests.builders.http import CLIENT, SERVER, Wire, chunked, request, response
from tests.builders.websocket import SWITCHING, UPGRADE

WAIT = b"GET /wait?peer_id=1 HTTP/1.0\r\n\r\n"


def test_a_request_and_its_response_are_one_complete_exchange() -> None:
    """Both messages come out with their times, packets and endpoints as soon as the response is whole."""
    wire = Wire().client(b"GET /wait?peer_id=1 HT", b"TP/1.0\r\n\r\n").server(response(b"a,1,1\n"), b"")
    exchange = wire.only
    assert exchange.state is ExchangeState.COMPLETE
    assert (exchange.end, exchange.ended_ns, exchange.flow) == (None, None, 7)
    assert (exchange.client, exchange.server) == (CLIENT, SERVER)
    assert exchange.request is not None
    assert exchange.response is not None
    assert exchange.request.span == (1000, 2000, 1, 2)
    assert exchange.request.head_end_ns == 2000
    assert (exchange.request.method, exchange.request.target) == ("GET", b"/wait?peer_id=1")
    assert exchange.request.version == "HTTP/1.0"
    assert (exchange.response.status, exchange.response.reason) == (200, b"OK")
    assert exchange.response.body.data == exchange.response.body.content == b"a,1,1\n"
    assert wire.notices == []


def test_a_message_ends_with_its_latest_packet() -> None:
    """Chunks that a retransmission brought late make the message end late, whatever their order in the stream."""
    wire = Wire()
    wire.client_item(Chunk(WAIT[:5], 100, 1))
    wire.client_item(Chunk(WAIT[5:20], 900, 9))
    wire.client_item(Chunk(WAIT[20:], 200, 2))
    wire.client_end().server_end()
    assert wire.only.request is not None
    assert wire.only.request.span == (100, 900, 1, 9)
    assert wire.only.request.head_end_ns == 900


def test_exchanges_follow_each_other_on_a_kept_connection() -> None:
    """Requests and responses pair in order, one after the other and pipelined."""
    wire = Wire()
    for name in (b"/a", b"/b"):
        wire.client(request(name)).server(response(name))
    wire.client(request(b"/c", body=b"xyz") + request(b"/d")).server(response(b"/c") + response(b"/d"))
    seen = [(e.request.target, e.response.body.data) for e in wire.exchanges if e.request and e.response]
    assert seen == [(name, name) for name in (b"/a", b"/b", b"/c", b"/d")]
    assert all(e.state is ExchangeState.COMPLETE for e in wire.exchanges)


def test_a_response_fed_before_its_request_waits_for_it() -> None:
    """Feed order across directions does not matter, not even for HEAD, whose answer has no body."""
    wire = Wire().server(b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n" + response(b"two"))
    assert wire.exchanges == []
    wire.client(request(b"/1", method=b"HEAD") + request(b"/2"))
    assert [e.response.body.length for e in wire.exchanges if e.response] == [0, 3]
    assert [e.state for e in wire.exchanges] == [ExchangeState.COMPLETE] * 2


def test_held_responses_are_bounded() -> None:
    """Responses whose requests never come are let go with a notice, and reading goes on."""
    wire = Wire()
    body = b"x" * 60000
    for _ in range(MAX_HELD_BYTES // len(body) + 3):
        wire.server(response(body))
    assert wire.codes.count("http.held-too-much") == 1
    assert len(wire.exchanges) > 10
    assert all(e.request is None and e.state is ExchangeState.DAMAGED for e in wire.exchanges)


def test_unanswered_requests_are_bounded() -> None:
    """A capture of the client's side alone lets the oldest requests go as lost, and says so once."""
    wire = Wire()
    for _ in range(MAX_AWAITING + 10):
        wire.client(WAIT)
    assert len(wire.exchanges) == 10
    assert {e.end for e in wire.exchanges} == {ExchangeEnd.LOST}
    assert wire.codes == ["http.too-many-unanswered"]


def test_interim_responses_belong_to_the_exchange() -> None:
    """100 and 103 are interim, the final response follows; a body in between is the request's."""
    wire = Wire().client(b"PUT / HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\n")
    wire.server(b"HTTP/1.1 100 Continue\r\n\r\n").client(b"body")
    wire.server(b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" + response(b"done", status=b"201 Created"))
    assert [part.status for part in wire.only.interim] == [100, 103]
    assert wire.only.response is not None
    assert wire.only.response.status == 201
    assert wire.only.request is not None
    assert wire.only.request.body.data == b"body"


def test_an_early_response_waits_for_the_rest_of_its_request() -> None:
    """A 4xx that comes inside the request's body is paired, and the exchange is out when both are over."""
    wire = (
        Wire().client(b"POST / HTTP/1.1\r\nContent-Length: 10\r\n\r\n12345").server(response(status=b"413 Too Large"))
    )
    assert wire.exchanges == []
    wire.client(b"67890")
    assert wire.only.state is ExchangeState.COMPLETE


ENDS = [
    ("capture", ExchangeState.OPEN, ExchangeEnd.CAPTURE_ENDED, None),
    ("client, server", ExchangeState.ABORTED, ExchangeEnd.CLIENT_CLOSED, 2000),
    ("server, client", ExchangeState.ABORTED, ExchangeEnd.SERVER_CLOSED, 2000),
    ("client, capture", ExchangeState.ABORTED, ExchangeEnd.CLIENT_CLOSED, 2000),
    ("client reset", ExchangeState.ABORTED, ExchangeEnd.CLIENT_RESET, 2000),
    ("server reset", ExchangeState.ABORTED, ExchangeEnd.SERVER_RESET, 2000),
    ("replaced", ExchangeState.DAMAGED, ExchangeEnd.LOST, None),
]


@pytest.mark.parametrize(("how", "state", "end", "ended_ns"), ENDS)
def test_a_wait_without_an_answer_tells_why(
    how: str, state: ExchangeState, end: ExchangeEnd, ended_ns: int | None
) -> None:
    """The first end of the connection is the reason, with its time; the request is there."""
    wire = Wire().client(WAIT)
    match how:
        case "client, server":
            wire.client_end().server_end()
        case "server, client":
            wire.server_end().client_end()
        case "client, capture":
            wire.client_end()
        case "client reset":
            wire.client_item(End(Ending.RESET, 2000, 2)).server_item(End(Ending.PEER_RESET, 2000, 2))
        case "server reset":
            wire.client_item(End(Ending.PEER_RESET, 2000, 2)).server_item(End(Ending.RESET, 2000, 2))
        case "replaced":
            wire.client_end(Ending.REPLACED).server_end(Ending.REPLACED)
    wire.close()
    assert (wire.only.state, wire.only.end, wire.only.ended_ns) == (state, end, ended_ns)
    assert wire.only.request is not None
    assert wire.only.response is None


def test_a_client_that_half_closes_is_still_answered() -> None:
    """After the client's FIN the server's response still makes the exchange complete."""
    wire = Wire().client(WAIT).client_end().server(response(b"late")).server_end()
    assert wire.only.state is ExchangeState.COMPLETE


def test_the_earlier_end_counts_whatever_the_feed_order() -> None:
    """A FIN that happened first is the reason although the other one was fed first."""
    wire = Wire().client(WAIT).server_item(End(Ending.FIN, 9000, 9)).client_item(End(Ending.FIN, 5000, 5))
    assert (wire.only.end, wire.only.ended_ns) == (ExchangeEnd.CLIENT_CLOSED, 5000)


@pytest.mark.parametrize(
    ("how", "state"),
    [(Ending.FIN, ExchangeState.COMPLETE), (Ending.RESET, ExchangeState.ABORTED)],
)
def test_a_body_until_close_ends_with_fin_alone(how: Ending, state: ExchangeState) -> None:
    """FIN completes such a body, a reset cuts it."""
    wire = Wire().client(WAIT).server(b"HTTP/1.0 200 OK\r\n\r\nab", b"c").server_end(how).client_end(Ending.PEER_RESET)
    assert wire.only.state is state
    assert wire.only.response is not None
    assert wire.only.response.body.data == b"abc"
    assert wire.only.response.body.complete is (state is ExchangeState.COMPLETE)


def test_a_body_cut_by_fin_is_aborted() -> None:
    """A response shorter than announced keeps what came, and the announced length."""
    wire = Wire().client(WAIT).server(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc").server_end().client_end()
    exchange = wire.only
    assert (exchange.state, exchange.end) == (ExchangeState.ABORTED, ExchangeEnd.SERVER_CLOSED)
    assert exchange.response is not None
    body = exchange.response.body
    assert (body.length, body.missing, body.data, body.sha256) == (10, 7, b"abc", None)


def test_an_upgrade_ends_http() -> None:
    """After 101 the flow speaks what it switched to, and later bytes are counted, those of the same chunk too."""
    wire = Wire().client(UPGRADE).server(SWITCHING + b"\x81\x00").client(b"\x81\x80abcd")
    assert wire.decoder.speech is Speech.WEBSOCKET
    assert wire.decoder.rest == (6, 2)
    wire.fin()
    assert wire.only.state is ExchangeState.COMPLETE
    assert [message.from_client for message in wire.messages] == [False, True]
    assert wire.notices == []


@pytest.mark.parametrize(
    ("asked", "answered"),
    [
        (b"CONNECT a:443 HTTP/1.1\r\n\r\n", b"HTTP/1.1 200 Connected\r\n\r\n\x16\x03"),
        (request(b"/", b"Upgrade: h2c"), b"HTTP/1.1 101 X\r\nUpgrade: h2c\r\n\r\n\x00"),
    ],
)
def test_tunnels_and_other_upgrades_are_left_alone(asked: bytes, answered: bytes) -> None:
    """What follows is something else, and no error."""
    wire = Wire().client(asked).server(answered).client(b"\x16\x03\x01 whatever").fin()
    assert wire.decoder.speech is Speech.OTHER
    assert wire.only.state is ExchangeState.COMPLETE
    assert wire.notices == []


# ---- gaps --------------------------------------------------------------------------------------------------------


def test_a_snap_length_leaves_what_the_heads_told() -> None:
    """Every packet cut after 62 bytes: method, target, status and announced length still come out."""
    asked = b"POST /message?peer_id=1&to=2 HTTP/1.0\r\nContent-Length: 500\r\nCo"
    answered = b"HTTP/1.1 200 OK\r\nContent-Length: 20\r\nServer: PeerConnectionTes"
    wire = Wire().client(asked).client_gap(530).server(answered).server_gap(200).fin()
    exchange = wire.only
    assert exchange.state is ExchangeState.DAMAGED
    assert exchange.end is None
    assert exchange.request is not None
    assert exchange.response is not None
    assert (exchange.request.method, exchange.request.target) == ("POST", b"/message?peer_id=1&to=2")
    assert exchange.request.headers == ((b"Content-Length", b"500"),)
    assert not exchange.request.complete
    assert (exchange.request.body.length, exchange.request.body.sha256) == (500, None)
    assert exchange.request.body.missing == 500
    assert (exchange.response.status, exchange.response.body.length) == (200, 20)
    assert wire.notices == []


def test_a_snap_length_inside_the_start_line_keeps_the_method() -> None:
    """A request line longer than the snap length gives the method and the beginning of the target."""
    wire = Wire().client(b"GET /sign_in?" + b"n" * 40).client_gap(20).fin()
    assert wire.only.request is not None
    assert wire.only.request.target == b"/sign_in?" + b"n" * 40
    assert (wire.only.request.version, wire.only.request.body.length) == ("", None)
    assert wire.only.request.body.missing == 20
    assert (wire.only.state, wire.only.end) == (ExchangeState.DAMAGED, ExchangeEnd.CLIENT_CLOSED)


def test_many_cut_messages_on_one_connection_pair() -> None:
    """With a snap length, a kept connection still gives one exchange per request, each with its own answer."""
    wire = Wire()
    for number in range(20):
        wire.client(b"GET /%d HTTP/1.1\r\nHost: a" % number).client_gap(100)
        wire.server(b"HTTP/1.1 %d OK\r\nServer: a" % (200 + number)).server_gap(100)
    wire.fin()
    pairs = [(e.request.target, e.response.status) for e in wire.exchanges if e.request and e.response]
    assert pairs == [(b"/%d" % number, 200 + number) for number in range(20)]


@pytest.mark.parametrize(("captured", "gap"), [(b"1234", 6), (b"", 10), (b"12345", 5)])
def test_a_gap_inside_a_body_of_known_length_is_read_over(captured: bytes, gap: int) -> None:
    """The body goes on after the gap, and the next message on the connection is read."""
    head = b"POST / HTTP/1.1\r\nContent-Length: 13\r\n\r\n"
    wire = Wire().client(head + captured).client_gap(gap).client(b"xyz" + b"w" * (10 - gap - len(captured)))
    wire.client(request(b"/next")).server(response() + response(b"2")).fin()
    first, second = wire.exchanges
    assert first.request is not None
    body = first.request.body
    assert first.state is ExchangeState.DAMAGED
    assert (body.length, body.missing, body.sha256) == (13, gap, None)
    assert body.data == captured + b"xyz"
    assert second.state is ExchangeState.COMPLETE
    assert wire.notices == []


def test_a_gap_beyond_the_body_resynchronises() -> None:
    """A gap larger than the rest of the body loses what lay behind it; the next request is found, and one notice."""
    wire = Wire().client(b"POST /1 HTTP/1.1\r\nContent-Length: 10\r\n\r\n12345").server(response(b"1"))
    wire.client_gap(300).client(b"tail of something\r\n\r\n").client(request(b"/3")).server(response(b"3")).fin()
    assert [e.request.target for e in wire.exchanges if e.request] == [b"/1", b"/3"]
    assert [e.response.body.data for e in wire.exchanges if e.response] == [b"1", b"3"]
    assert wire.codes == ["http.resync"]
    assert "295 bytes never captured and 21 bytes" in wire.notices[0].text


def test_a_gap_that_ends_at_a_message_start_carries_on() -> None:
    """A head cut by a gap is followed at once by the next message, with nothing to report."""
    wire = Wire().client(b"GET /1 HTTP/1.1\r\nHo").client_gap(9).server(response(b"1"))
    wire.client(request(b"/2")).server(response(b"2")).fin()
    assert [e.state for e in wire.exchanges] == [ExchangeState.DAMAGED, ExchangeState.COMPLETE]
    assert wire.notices == []


def test_a_lost_response_does_not_shift_the_others() -> None:
    """When a gap swallowed a whole response, the next response still answers its own request."""
    wire = Wire().client(request(b"/1")).server_gap(200).client(request(b"/2")).server(response(b"2"))
    wire.client(request(b"/3")).server(response(b"3")).fin()
    first, second, third = wire.exchanges
    assert (first.request and first.request.target, first.end) == (b"/1", ExchangeEnd.LOST)
    assert (first.state, first.response) == (ExchangeState.DAMAGED, None)
    for exchange, body in ((second, b"2"), (third, b"3")):
        assert exchange.response is not None
        assert exchange.request is not None
        assert exchange.request.target == b"/" + body
        assert exchange.response.body.data == body


def test_a_lost_request_leaves_its_response_alone() -> None:
    """A response whose request a gap swallowed has none; the next request gets its own."""
    wire = Wire().client(request(b"/1")).server(response(b"1")).client_gap(100).server(response(b"lost"))
    wire.client(request(b"/3")).server(response(b"3")).fin()
    seen = {e.response.body.data: e.request and e.request.target for e in wire.exchanges if e.response}
    assert seen == {b"1": b"/1", b"lost": None, b"3": b"/3"}
    alone = next(e for e in wire.exchanges if e.request is None)
    assert (alone.state, alone.end) == (ExchangeState.DAMAGED, None)


def test_a_response_to_a_lost_head_has_no_body() -> None:
    """Where the next response begins right after the head, the announced length was that of a HEAD's answer."""
    wire = Wire().client_gap(50).server(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n")
    wire.client(request(b"/2")).server(response(b"2")).fin()
    assert [e.response.body.data for e in wire.exchanges if e.response] == [b"", b"2"]
    assert wire.exchanges[1].state is ExchangeState.COMPLETE


def test_a_response_lost_before_the_end_is_lost() -> None:
    """When the whole answer was in a gap the exchange says lost, not closed."""
    wire = Wire().client(WAIT).server_gap(300).fin()
    assert (wire.only.state, wire.only.end) == (ExchangeState.DAMAGED, ExchangeEnd.LOST)


def test_a_gap_inside_one_chunk_is_read_over_and_between_chunks_not() -> None:
    """The chunk's size places a gap inside its data; a gap over a size line ends the body."""
    head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    inside = Wire().client(WAIT).server(head + b"a\r\n12").server_gap(5).server(b"890\r\n0\r\n\r\n")
    assert inside.only.response is not None
    body = inside.only.response.body
    assert (body.length, body.missing, body.data, body.sha256) == (10, 5, b"12890", None)
    across = Wire().client(WAIT).server(head + b"a\r\n12").server_gap(50).client(WAIT).server(response(b"next"))
    first, second = across.exchanges
    assert first.response is not None
    assert (first.response.body.length, first.state) == (None, ExchangeState.DAMAGED)
    assert second.response is not None
    assert second.response.body.data == b"next"


def test_one_direction_alone_gives_its_requests() -> None:
    """Without the server's direction the requests come out lost, the last one by how the connection ended."""
    wire = Wire(handshake_seen=False).client(request(b"/1")).client(request(b"/2")).client_end().close()
    assert [(e.state, e.end) for e in wire.exchanges] == [
        (ExchangeState.DAMAGED, ExchangeEnd.LOST),
        (ExchangeState.ABORTED, ExchangeEnd.CLIENT_CLOSED),
    ]


def test_resync_notices_do_not_flood() -> None:
    """A direction that loses its place often reports the first time and sums up the others at its end."""
    wire = Wire()
    for number in range(50):
        wire.client(request(b"/%d" % number) + b"\x00\x01 garbage\n").server(response())
    wire.fin()
    assert wire.codes == ["http.extra-bytes", "http.extra-bytes"]
    assert "49 more times" in wire.notices[1].text
    assert len(wire.exchanges) == 50


def test_a_chunk_size_that_makes_no_sense_ends_the_body() -> None:
    """A broken chunked body is damage with a notice, and later responses are read."""
    head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    wire = Wire().client(WAIT + WAIT).server(head + b"3\r\nabc\r\nzz\r\n").server(response(b"ok"))
    assert [e.state for e in wire.exchanges] == [ExchangeState.DAMAGED, ExchangeState.COMPLETE]
    assert "http.bad-chunk" in wire.codes


def test_trailers_are_kept() -> None:
    """Fields after a chunked body come out as trailers, and extensions of chunks are read over."""
    head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: Chunked\r\n\r\n"
    wire = Wire().client(WAIT).server(head + chunked(b"abc", b"defg", trailers=b"Sum: 7\r\n"))
    assert wire.only.response is not None
    assert wire.only.response.trailers == ((b"Sum", b"7"),)
    assert wire.only.response.body.data == b"abcdefg"


def test_an_interim_response_alone() -> None:
    """Of a connection that shows nothing but interim responses, the last stands for the response, at its own time."""
    wire = (
        Wire(handshake_seen=False)
        .server(b"HTTP/1.1 102 Processing\r\n\r\n", b"HTTP/1.1 103 Early Hints\r\n\r\n")
        .close()
    )
    assert wire.only.response is not None
    assert (wire.only.request, wire.only.response.status) == (None, 103)
    assert [one.status for one in wire.only.interim] == [102]
    assert wire.only.at_ns == wire.only.response.span.start_ns > 0
    assert wire.only.state is ExchangeState.DAMAGED


ASKING = request(b"/up", b"Expect: 100-continue", b"Content-Length: 9", method=b"POST")


@pytest.mark.parametrize("size", [1, 7, 1000])
def test_a_refused_body_that_is_not_sent(size: int) -> None:
    """After a final answer to `Expect: 100-continue` the next request may follow at once, in pieces of any size."""
    wire = Wire().client(ASKING).server(response(b"no", status=b"417 Expectation Failed"))
    following = request(b"/next")
    wire.client(*(following[at : at + size] for at in range(0, len(following), size))).server(response(b"ok")).fin()
    first, second = wire.exchanges
    assert first.request is not None
    assert (first.state, first.request.body.length, first.request.body.missing) == (ExchangeState.COMPLETE, 0, 0)
    assert second.request is not None
    assert (second.state, second.request.target) == (ExchangeState.COMPLETE, b"/next")
    assert wire.codes == ["http.body-not-sent"]


@pytest.mark.parametrize("body", [b"123456789", b"GETTHINGS", b"a b c d e"])
@pytest.mark.parametrize("size", [1, 4, 1000])
def test_a_refused_body_that_is_sent_all_the_same(body: bytes, size: int) -> None:
    """A client may send its body after the final answer: what is no whole request line is that body."""
    wire = Wire().client(ASKING).server(response(b"no", status=b"401 Unauthorized"))
    wire.client(*(body[at : at + size] for at in range(0, 9, size)))
    wire.client(request(b"/next")).server(response(b"ok")).fin()
    first, second = wire.exchanges
    assert first.request is not None
    assert first.request.body.data == body
    assert (first.state, second.state) == (ExchangeState.COMPLETE, ExchangeState.COMPLETE)
    assert wire.codes == []


def test_an_invited_body_is_a_body() -> None:
    """After a 100 the announced bytes are the body, whatever they look like."""
    wire = Wire().client(request(b"/", b"Expect: 100-continue", b"Content-Length: 18", method=b"POST"))
    wire.server(b"HTTP/1.1 100 Continue\r\n\r\n").client(b"GET / HTTP/1.1\r\n\r\n").server(response(b"ok")).fin()
    assert wire.only.request is not None
    assert wire.only.request.body.data == b"GET / HTTP/1.1\r\n\r\n"
    assert wire.codes == []


def test_a_refused_body_and_the_end() -> None:
    """A client that closes after the refusal has sent a whole request without a body."""
    wire = Wire().client(ASKING).server(response(b"no", status=b"417 Expectation Failed")).fin()
    assert wire.only.state is ExchangeState.COMPLETE
    assert wire.codes == ["http.body-not-sent"]


def test_a_gap_behind_a_refusal() -> None:
    """Bytes missing after a refusal are those of the body, as far as it was announced."""
    wire = Wire().client(ASKING).server(response(b"no", status=b"417 Expectation Failed"))
    wire.client(b"12").client_gap(7).client(request(b"/next")).server(response(b"ok")).fin()
    first, second = wire.exchanges
    assert first.request is not None
    assert (first.request.body.data, first.request.body.missing) == (b"12", 7)
    assert second.state is ExchangeState.COMPLETE
