"""Detection: which flows speak HTTP, and who is the client."""

from __future__ import annotations

import pytest

from sigtrace.application.detect import MAX_SEARCHED
from sigtrace.application.flow_decoder import Speech
from sigtrace.application.http.message import ExchangeState
from tests.builders.http import CLIENT, SERVER, Wire, request, response


def speech_of(wire: Wire) -> Speech:
    """Return what the flow speaks now."""
    return wire.decoder.speech


OTHERS = [
    b"\x16\x03\x01\x02\x00\x01",
    b"SSH-2.0-OpenSSH_9.2\r\n",
    b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    b"OPTIONS rtsp://a/ RTSP/1.0\r\n\r\n",
    b"\x00",
    b"EHLO example.com\r\n",
]


@pytest.mark.parametrize("first", OTHERS)
@pytest.mark.parametrize("from_originator", [True, False])
def test_other_protocols_are_left_at_their_first_bytes(first: bytes, from_originator: bool) -> None:  # noqa: FBT001 - a table's column
    """The first bytes of either side show it, and no notice comes of it."""
    wire = Wire()
    (wire.client if from_originator else wire.server)(first)
    assert wire.decoder.speech is Speech.OTHER
    wire.client(request()).fin().close()
    assert (wire.exchanges, wire.notices) == ([], [])


def test_a_first_line_in_pieces_waits() -> None:
    """The flow is undecided until its first line is whole, and nothing of it is lost."""
    wire = Wire()
    for byte in b"\r\nGET / HTTP/1.0":
        wire.client(bytes([byte]))
        assert speech_of(wire) is Speech.UNDECIDED
    wire.client(b"\r\n\r\n")
    assert speech_of(wire) is Speech.HTTP
    wire.server(response())
    assert wire.only.request is not None
    assert wire.only.request.span.first_packet == 3
    assert wire.only.state is ExchangeState.COMPLETE


def test_the_client_is_who_asks() -> None:
    """A flow joined in the middle may have its ends the wrong way round: requests decide."""
    wire = Wire(handshake_seen=False).server(request()).client(response(b"x"))
    assert wire.decoder.client_is_originator is False
    assert (wire.only.client, wire.only.server) == (SERVER, CLIENT)


def test_a_flow_joined_inside_a_body_finds_the_next_messages() -> None:
    """What goes before the first message start is reported once for each direction; its answer stands alone."""
    wire = Wire(handshake_seen=False).client(b"rest of a body\r\n").server(b"tail\n" + response(b"1"))
    wire.client(request(b"/2")).server(response(b"2")).fin()
    alone, second = wire.exchanges
    assert (alone.request, alone.state) == (None, ExchangeState.DAMAGED)
    assert second.state is ExchangeState.COMPLETE
    assert sorted(wire.codes) == ["http.resync", "http.resync"]


def test_a_flow_joined_in_the_middle_of_something_else_is_given_up() -> None:
    """After a bounded search of every direction that spoke, the flow is something else."""
    wire = Wire(handshake_seen=False)
    wire.client(b"\x00\x01\x02")
    for _ in range(MAX_SEARCHED // 1000 + 1):
        wire.server(b"\xff" * 1000)
    assert speech_of(wire) is Speech.UNDECIDED
    wire.client(b"\x00" * MAX_SEARCHED)
    assert speech_of(wire) is Speech.OTHER


def test_a_joined_tls_flow_is_seen_at_its_first_record() -> None:
    """TLS does not need the search."""
    wire = Wire(handshake_seen=False).client(b"\x17\x03\x03\x01\x00" + b"\xaa" * 300)
    assert wire.decoder.speech is Speech.OTHER


def test_a_gap_before_the_first_byte_makes_a_search() -> None:
    """With the handshake seen but the first request lost, the second exchange is found."""
    wire = Wire().client_gap(100).server(response(b"1")).client(request(b"/2")).server(response(b"2")).fin()
    assert [e.request and e.request.target for e in wire.exchanges] == [None, b"/2"]
    assert "http.resync" in wire.codes


def test_a_flow_that_never_spoke_is_nothing() -> None:
    """Ends alone give nothing."""
    wire = Wire().fin().close()
    assert (wire.exchanges, wire.notices, wire.decoder.speech) == ([], [], Speech.UNDECIDED)


def test_a_request_cut_by_the_end_comes_out() -> None:
    """A head without its end, as after a name that is too long, is a request with an incomplete head."""
    wire = Wire().client(b"GET /sign_in?xxx").fin()
    assert wire.only.request is not None
    assert (wire.only.request.target, wire.only.request.complete) == (b"/sign_in?xxx", False)
    assert wire.only.state is ExchangeState.ABORTED


def test_bytes_after_a_request_are_reported_and_skipped() -> None:
    """A body longer than announced does not harm the next request."""
    wire = Wire().client(b"POST /message HTTP/1.0\r\nContent-Length: 3\r\n\r\nabcdef").server(response())
    wire.client(request(b"/2")).server(response()).fin()
    assert [e.request.target for e in wire.exchanges if e.request] == [b"/message", b"/2"]
    assert wire.codes == ["http.extra-bytes"]
    assert "3 bytes" in wire.notices[0].text


def test_bytes_before_the_end_are_reported() -> None:
    """Bytes after the last request that never become one are told at the end."""
    wire = Wire().client(request() + b"extra").server(response()).fin()
    assert wire.only.state is ExchangeState.COMPLETE
    assert wire.codes == ["http.extra-bytes"]


def test_line_ends_of_lf_alone_are_read() -> None:
    """Bare LF ends lines and heads."""
    wire = Wire().client(b"GET / HTTP/1.1\nHost: a\n\n").server(b"HTTP/1.1 200 OK\nContent-Length: 1\n\nx")
    assert wire.only.state is ExchangeState.COMPLETE
    assert wire.only.request is not None
    assert wire.only.request.headers == ((b"Host", b"a"),)


def test_a_head_without_end_is_bounded() -> None:
    """A header section above the bound becomes an incomplete request with a notice."""
    wire = Wire().client(b"GET / HTTP/1.1\r\n" + b"A: b\r\n" * 5000)
    for _ in range(20):
        wire.client(b"A: b\r\n" * 1000)
    wire.fin()
    assert "http.head-too-large" in wire.codes
    assert wire.only.request is not None
    assert not wire.only.request.complete
