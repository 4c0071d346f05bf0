"""From HTTP to WebSocket: any order in a capture, an answer that is not there, refusals, captures begun late."""

from __future__ import annotations

import pytest

from sigtrace.application.flow_decoder import Speech
from sigtrace.application.http.message import ExchangeEnd, ExchangeState
from sigtrace.application.http.upgrade import MAX_EARLY_BYTES
from sigtrace.application.websocket.handshake import encode_accept
from sigtrace.application.websocket.message import MessageState, Opcode
from tests.builders.http import CLIENT, SERVER, Wire, request, response
from tests.builders.websocket import (
    KEY,
    MASK,
    SWITCHING,
    UPGRADE,
    Deflater,
    asked,
    encode_frame,
    gist,
    switching,
    text,
    upgrade,
)

HELLO = b'{"eventName": "__join", "data": {"room": "r"}}'
ASKED = asked(Opcode.TEXT, HELLO)
ANSWERED = text(b'{"eventName": "_peers", "data": {}}')
DEFLATE = b"Sec-WebSocket-Extensions: permessage-deflate"


def test_the_accept_of_the_rfc() -> None:
    """RFC 6455 §1.3 gives a key and its answer."""
    assert encode_accept(KEY) == b"s3pPLMBiTxaQ9kYGzzhZRbK+xOo="


def test_frames_behind_the_answer_in_its_own_chunk() -> None:
    """What follows the head of the 101 in the same packet is frames."""
    wire = Wire().client(UPGRADE).server(SWITCHING + ANSWERED).client(ASKED).fin()
    assert gist(wire.messages) == [(False, 1, ANSWERED[2:]), (True, 1, HELLO)]
    assert wire.only.state is ExchangeState.COMPLETE
    assert wire.decoder.rest == (len(ASKED), len(ANSWERED))
    assert wire.notices == []


@pytest.mark.parametrize("chunks", [[ASKED], [ASKED[:1], ASKED[1:]], [b"\x02\x80abcd" + asked(0, b"x")]])
def test_frames_that_the_capture_shows_before_the_answer(chunks: list[bytes]) -> None:
    """The client's frames wait for the 101, in the request's own chunk too."""
    wire = Wire().client(UPGRADE + chunks[0], *chunks[1:]).server(SWITCHING, ANSWERED)
    assert [message.from_client for message in wire.messages] == [True, False]
    assert wire.notices == []


def test_compressed_frames_before_the_answer_are_inflated() -> None:
    """What was agreed holds for frames that the capture shows too early."""
    deflater = Deflater(takes_over=False)
    frames = [deflater.text(HELLO, key=MASK), deflater.text(HELLO, key=MASK)]
    wire = Wire().client(UPGRADE, *frames).server(switching(DEFLATE + b"; client_no_context_takeover"))
    assert [message.data for message in wire.messages] == [HELLO, HELLO]


def test_a_refused_upgrade_stays_http() -> None:
    """A request that follows is read as one, though the capture shows it before the refusal."""
    wire = Wire().client(UPGRADE).server(response(b"no", status=b"400 Bad Request"))
    wire.client(request(b"/2")).server(response(b"2")).fin()
    assert [one.response and one.response.status for one in wire.exchanges] == [400, 200]
    assert wire.decoder.speech is Speech.HTTP
    wire = Wire().client(UPGRADE + request(b"/2")).server(response(b"no", status=b"426 Upgrade") + response(b"2")).fin()
    assert [one.response and one.response.status for one in wire.exchanges] == [426, 200]
    assert wire.notices == []


def test_early_bytes_that_are_a_request_do_not_wait() -> None:
    """A client that asks on without an answer is read as before."""
    wire = Wire().client(UPGRADE, b"\r\nGE", b"T /2 HTTP/1.1\r\n\r\n")
    wire.server(response(b"1")).server(response(b"2")).fin()
    assert [one.request and one.request.target for one in wire.exchanges] == [b"/chat", b"/2"]


@pytest.mark.parametrize("first", [True, False])
def test_the_answer_was_never_captured(first: bool) -> None:  # noqa: FBT001 - a table's column
    """A gap where the 101 was, and frames: they are read, and it is told that what was agreed is not known."""
    wire = Wire().client(UPGRADE)
    if first:
        wire.client(ASKED)
    wire.server_gap(129).server(ANSWERED)
    if not first:
        wire.client(ASKED)
    wire.fin()
    assert sorted(gist(wire.messages)) == [(False, 1, ANSWERED[2:]), (True, 1, HELLO)]
    assert wire.messages[0].target == b"/chat"
    assert "websocket.unanswered" in wire.codes
    assert (wire.only.state, wire.only.end) == (ExchangeState.DAMAGED, ExchangeEnd.LOST)
    assert wire.decoder.speech is Speech.WEBSOCKET


def test_a_one_sided_capture() -> None:
    """With nothing of the server at all, the client's frames are read when the capture ends."""
    wire = Wire().client(UPGRADE, ASKED, ASKED).close()
    assert gist(wire.messages) == [(True, 1, HELLO)] * 2
    assert wire.codes == ["websocket.unanswered"]


def test_too_much_before_the_answer() -> None:
    """A client that goes on without an answer is not held without bound."""
    wire = Wire().client(UPGRADE, asked(Opcode.BINARY, bytes(MAX_EARLY_BYTES)), ASKED)
    assert len(wire.messages) == 2
    assert wire.decoder.memory < MAX_EARLY_BYTES


def test_without_the_answer_compressed_messages_are_tried() -> None:
    """A message that needs no context is inflated; one that does not inflate shows its length as sent."""
    deflater = Deflater()
    wire = Wire().client(upgrade(b"/", DEFLATE)).server_gap(150).server(deflater.text(HELLO))
    wire.server(deflater.text(HELLO), encode_frame(Opcode.TEXT, b"\xff\xff", rsv=4))
    assert [message.data for message in wire.messages] == [HELLO, HELLO, None]
    assert all(message.compressed for message in wire.messages)
    assert wire.messages[2].wire_length == 2


def test_a_gap_before_a_response_is_still_http() -> None:
    """A gap in front of an answer that is there does not make frames of it."""
    wire = Wire().client(UPGRADE).server_gap(50).server(response(b"no", status=b"403 Forbidden")).fin()
    assert [one.response and one.response.status for one in wire.exchanges] == [403]
    assert wire.decoder.speech is Speech.HTTP


def test_an_answer_without_a_request() -> None:
    """A capture that has the 101 alone is read with what was agreed."""
    deflater = Deflater()
    wire = Wire(handshake_seen=False).server(switching(DEFLATE) + deflater.text(HELLO)).client(ASKED)
    assert sorted(gist(wire.messages)) == [(False, 1, HELLO), (True, 1, HELLO)]
    assert wire.messages[0].target is None


def test_headers_that_a_snap_length_cut_off_are_not_missing() -> None:
    """Where the ends of both heads were not captured, no accept is wrong, and messages may be compressed."""
    deflater = Deflater()
    wire = Wire().client(UPGRADE.partition(b"Sec-WebSocket-Key")[0]).client_gap(90)
    wire.server(SWITCHING.partition(b"Sec-WebSocket-Accept")[0]).server_gap(120).server(deflater.text(HELLO)).fin()
    assert [message.data for message in wire.messages] == [HELLO]
    assert not {"websocket.bad-accept", "websocket.reserved-bits"} & set(wire.codes)


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (switching(key=b"another"), "websocket.bad-accept"),
        (switching(b"Sec-WebSocket-Extensions: x-webkit-deflate-frame"), "websocket.bad-extension"),
        (switching(DEFLATE + b"; server_max_window_bits=99"), "websocket.bad-extension"),
    ],
)
def test_an_odd_answer_is_told(answer: bytes, code: str) -> None:
    """What is wrong with a handshake is a notice at the 101, and frames are read all the same."""
    wire = Wire().client(UPGRADE).server(answer, ANSWERED)
    assert len(wire.messages) == 1
    assert [(notice.code, notice.packet) for notice in wire.notices] == [(code, 2)]


# ---- joined later ----------------------------------------------------------------------------------------------------


def test_a_joined_connection_is_known_by_one_masked_text() -> None:
    """One text under a mask is proof; who masks is the client, whoever the flow was thought to be opened by."""
    wire = Wire(handshake_seen=False).server(ASKED).client(ANSWERED).fin()
    assert wire.decoder.client_is_originator is False
    assert (wire.messages[0].client, wire.messages[0].server) == (SERVER, CLIENT)
    assert sorted(gist(wire.messages)) == [(False, 1, ANSWERED[2:]), (True, 1, HELLO)]
    assert wire.codes == ["websocket.joined"]


def test_a_joined_connection_is_known_by_pings_alone() -> None:
    """A connection that only pings is recognised after some of them."""
    wire = Wire(handshake_seen=False)
    for number in range(4):
        data = b"%d" % number
        wire.server(encode_frame(Opcode.PING, data)).client(asked(Opcode.PONG, data))
    assert wire.decoder.speech is Speech.WEBSOCKET
    assert len(wire.controls) == 8
    assert {one.rtt_ns for one in wire.controls if one.from_client} <= {1000, None}


def test_a_capture_that_begins_within_a_frame() -> None:
    """The rest of the frame is passed over and told."""
    wire = Wire(handshake_seen=False).server(b'rest": 1}').client(ASKED).server(ANSWERED).fin()
    assert sorted(gist(wire.messages)) == [(False, 1, ANSWERED[2:]), (True, 1, HELLO)]
    assert sorted(wire.codes) == ["websocket.joined", "websocket.resync"]
    assert "9 bytes in which no frame was found" in wire.notices[-1].text


def test_a_joined_compressed_connection_says_what_it_cannot_read() -> None:
    """Messages that refer to what went before show their length as sent, and one notice tells why."""
    deflater = Deflater()
    frames = [deflater.text(HELLO + b"%d" % number, key=MASK) for number in range(8)][2:]
    wire = Wire(handshake_seen=False).client(*frames).fin()
    assert [message.state for message in wire.messages] == [MessageState.DAMAGED] * 6
    assert all(message.length is None and message.wire_length for message in wire.messages)
    assert wire.codes == ["websocket.joined", "websocket.context-lost", "websocket.context-lost"]


@pytest.mark.parametrize(
    "chunks",
    [
        [b"\x00\x2a" + bytes(42)] * 50,  # two bytes of length, as DNS over TCP has
        [b"\x00" * 100] * 50,
        [b"\x01" * 100] * 50,
        [b"\x30\x82\x01\x00" + bytes(256)] * 50,  # BER
        [b"x"] * 500,
        ["汉字和更多的汉字".encode()[1:] * 20] * 50,
        [b"\x82\x01"] * 50,
    ],
)
def test_other_protocols_are_not_taken_for_it(chunks: list[bytes]) -> None:
    """Shapes of bytes that resemble headers, over and over, are not WebSocket."""
    wire = Wire(handshake_seen=False).server(*chunks)
    assert wire.decoder.speech is not Speech.WEBSOCKET
    wire = Wire(handshake_seen=False).client(*chunks).server(*chunks)
    assert wire.decoder.speech is not Speech.WEBSOCKET
