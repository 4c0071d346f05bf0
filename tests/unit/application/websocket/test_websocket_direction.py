"""One direction: messages from frames, control frames between them, every broken rule, gaps, ends and bounds."""

from __future__ import annotations

from hashlib import sha256

import pytest

from sigtrace.application.websocket import draft, payload
from sigtrace.application.websocket.frame import RSV1, encode_frame, encode_header
from sigtrace.application.websocket.message import MessageState, Opcode
from sigtrace.application.websocket.rules import MAX_ODD
from sigtrace.notices import Severity
from sigtrace.streams.flow import Ending
from tests.builders.websocket import MASK, Deflater, asked, gist, header, in_fragments, opened, text

DEFLATE = b"permessage-deflate"
LATER = text("a message that comes later")


def test_a_message_keeps_its_packets_and_times() -> None:
    """First and last packet and times are those of its own frames, also where control frames lie between them."""
    wire = opened().server(*in_fragments(Opcode.TEXT, [b"one ", b"two ", b"three"]))
    wire.server(b"\x01", b"\x03abc", encode_frame(Opcode.PING, b"between"), b"\x80\x00")
    first, second = wire.messages
    assert (first.data, first.frames, first.wire_length, first.length) == (b"one two three", 3, 13, 13)
    assert (first.span, first.at_ns) == ((3000, 5000, 3, 5), 3000)
    assert first.sha256 == sha256(b"one two three").hexdigest()
    assert (second.data, second.span) == (b"abc", (6000, 9000, 6, 9))
    assert wire.controls[0].span == (8000, 8000, 8, 8)
    assert wire.notices == []


def test_a_message_knows_its_connection() -> None:
    """Flow, ends, target and who sent it are there."""
    wire = opened().client(asked(Opcode.BINARY, b"x")).server(text("y"))
    one, two = wire.messages
    assert (one.flow, one.client, one.server, one.target, one.from_client) == (
        7, wire.only.client, wire.only.server, b"/chat", True,
    )  # fmt: skip
    assert (two.from_client, two.opcode, two.client) == (False, Opcode.TEXT, one.client)


@pytest.mark.parametrize(
    ("data", "code", "reason"),
    [
        (b"", None, b""),
        (b"\x03\xe8", 1000, b""),
        (b"\x03\xe9going away", 1001, b"going away"),
        (b"\x0f\xa1\xc3\xa9", 4001, "é".encode()),
    ],
)
def test_a_close_has_code_and_reason(data: bytes, code: int | None, reason: bytes) -> None:
    """Both are read where they are there, and nothing is odd about them."""
    wire = opened().client(asked(Opcode.CLOSE, data))
    (close,) = wire.controls
    assert (close.opcode, close.code, close.reason, close.data) == (Opcode.CLOSE, code, reason, b"")
    assert wire.notices == []


BROKEN = [
    ("reserved-opcode", encode_frame(3, b"abc"), 0, 0),
    ("reserved-opcode", encode_frame(11, b"abc"), 0, 0),
    ("reserved-bits", encode_frame(Opcode.TEXT, b"abc", rsv=2), 1, 0),
    ("reserved-bits", encode_frame(Opcode.PING, b"abc", rsv=RSV1), 0, 1),
    ("reserved-bits", Deflater().text(b"abc"), 1, 0),
    ("bad-mask", asked(Opcode.TEXT, b"abc"), 1, 0),
    ("bad-length", encode_header(header(Opcode.TEXT, 3, 4)) + b"abc", 1, 0),
    ("bad-length", encode_header(header(Opcode.TEXT, 3, 10)) + b"abc", 1, 0),
    ("bad-control", encode_frame(Opcode.PING, b"abc", fin=False), 0, 1),
    ("bad-control", encode_frame(Opcode.PONG, b"x" * 126), 0, 1),
    ("bad-sequence", encode_frame(Opcode.CONTINUATION, b"rest of nothing"), 1, 0),
    ("bad-sequence", text("begins", fin=False) + text("another"), 2, 0),
    ("bad-text", text(b"\xff\xfe"), 1, 0),
    ("bad-text", text("é".encode()[:1]), 1, 0),
    ("bad-close", encode_frame(Opcode.CLOSE, b"\x03"), 0, 1),
    ("bad-close", encode_frame(Opcode.CLOSE, b"\x03\xed"), 0, 1),
    ("bad-close", encode_frame(Opcode.CLOSE, b"\x03\xe8\xff"), 0, 1),
    ("bad-deflate", None, 1, 0),
]


@pytest.mark.parametrize(("code", "frames", "messages", "controls"), BROKEN)
def test_a_broken_rule_is_told_and_read_over(code: str, frames: bytes | None, messages: int, controls: int) -> None:
    """The notice is there once, what can be read is, and the next message is whole."""
    wire = opened(DEFLATE) if frames is None else opened()
    wire.server(frames or encode_frame(Opcode.TEXT, b"\xff\xff\xff", rsv=RSV1))
    assert (len(wire.messages), len(wire.controls)) == (messages, controls)
    wire.server(LATER).fin()
    assert wire.messages[-1].data == b"a message that comes later"
    assert wire.messages[-1].state is MessageState.COMPLETE
    found = [one for one in wire.codes if one != "websocket.after-close"]
    assert found == [f"websocket.{code}"]
    assert wire.notices[0].packet == 3


def test_an_unmasked_client_is_read() -> None:
    """Frames of a client that masks nothing are read as they are, and told once and summed up."""
    wire = opened().client(*[text(f"number {number}") for number in range(5)]).fin()
    assert [message.data for message in wire.messages] == [b"number %d" % number for number in range(5)]
    assert wire.codes == ["websocket.bad-mask"] * 2
    assert "4 more times" in wire.notices[1].text


def test_frames_after_a_close_are_told() -> None:
    """They are read all the same."""
    wire = opened().server(encode_frame(Opcode.CLOSE, b"\x03\xe8"), LATER)
    assert len(wire.messages) == 1
    assert wire.codes == ["websocket.after-close"]


def test_a_message_within_another_cuts_it_off() -> None:
    """The first one is damaged and has its beginning; the second one is whole."""
    wire = opened().server(text("begins", fin=False), text("another"))
    first, second = wire.messages
    assert (first.state, first.data, first.sha256, first.length) == (MessageState.DAMAGED, b"begins", None, None)
    assert second.state is MessageState.COMPLETE


def test_two_headers_that_cannot_be_are_a_lost_place() -> None:
    """Bytes that are no frames are passed over, and how many is told."""
    nonsense = encode_frame(3, b"abc") + b"\xf3\x02" + b"\xff" * 40
    wire = opened().server(text("before"), nonsense, LATER).fin()
    assert [message.data for message in wire.messages] == [b"before", b"a message that comes later"]
    assert wire.codes == ["websocket.reserved-opcode", "websocket.reserved-bits", "websocket.resync",
                          "websocket.reserved-opcode"]  # fmt: skip
    assert wire.notices[2].text == "server: 42 bytes in which no frame was found; resumed at the next frame"


@pytest.mark.parametrize("length", [MAX_ODD + 1, 1 << 50, 1 << 63, (1 << 64) - 1])
def test_an_absurd_length_is_no_frame(length: int) -> None:
    """A frame that cannot be does not swallow what follows."""
    opcode = 3 if length <= MAX_ODD + 1 else Opcode.BINARY
    wire = opened().server(encode_header(header(opcode, length, 10)), LATER).fin()
    assert [message.data for message in wire.messages] == [b"a message that comes later"]
    assert "websocket.resync" in wire.codes


# ---- gaps ------------------------------------------------------------------------------------------------------------


def test_a_gap_within_a_payload_keeps_the_place() -> None:
    """Missing bytes are counted in the message, which keeps its beginning, and the next one is whole."""
    frame = text("0123456789" * 10)
    wire = opened().server(frame[:22]).server_gap(30).server(frame[52:] + LATER)
    first, second = wire.messages
    assert (first.state, first.missing, first.wire_length) == (MessageState.DAMAGED, 30, 100)
    assert (first.data, first.length, first.sha256) == (b"01234567890123456789", None, None)
    assert first.span == (3000, 5000, 3, 5)
    assert second.state is MessageState.COMPLETE
    assert wire.notices == []


def test_a_gap_to_the_end_of_a_payload_keeps_the_place() -> None:
    """A gap that ends where the frame does needs no search."""
    frame = text("0123456789")
    wire = opened().server(frame[:7]).server_gap(5)
    assert [message.missing for message in wire.messages] == [5]
    wire.server(b"\x81\x01x")
    assert wire.messages[1].data == b"x"
    assert wire.notices == []


def test_masks_go_on_behind_a_gap() -> None:
    """The mask of a byte depends on its place, whatever was lost before."""
    frames = b"".join(in_fragments(Opcode.BINARY, [b"0123456789", b"abc"], key=MASK))
    wire = opened().client(frames[:8]).client_gap(5).client(frames[13:])
    (message,) = wire.messages
    assert (message.data, message.missing, message.frames) == (b"01", 5, 2)


@pytest.mark.parametrize("size", [200, 5000])
def test_a_gap_beyond_a_payload_is_searched_behind(size: int) -> None:
    """The message is damaged, what lies in the gap is told, and reading goes on at the next frame."""
    frame = text("0123456789")
    wire = opened().server(frame[:7]).server_gap(size).server(b'ther": "x"}', LATER)
    first, second = wire.messages
    assert (first.state, first.data, first.missing) == (MessageState.DAMAGED, b"01234", 5)
    assert second.data == b"a message that comes later"
    (notice,) = wire.notices
    assert notice.text == (
        f"server: {size - 5} bytes never captured and 11 bytes in which no frame was found; resumed at the next frame"
    )
    assert (notice.code, notice.packet) == ("websocket.resync", 4)


def test_the_other_side_is_untouched_by_a_gap() -> None:
    """A gap of the server changes nothing of the client's."""
    wire = opened(DEFLATE)
    deflater = Deflater()
    for number in range(4):
        if number == 2:
            wire.server_gap(100)
        wire.client(deflater.text(b"all the same but %d" % number, key=MASK))
    assert [message.data for message in wire.messages] == [b"all the same but %d" % number for number in range(4)]


def test_the_rest_of_a_message_behind_a_gap_is_kept_as_such() -> None:
    """Continuations whose beginning is lost make a damaged message, taken for text when they are."""
    rest = in_fragments(Opcode.TEXT, [b"lost", "é and more text, so that it is sure".encode()[1:], b"the end"])[1:]
    wire = opened().server_gap(50).server(*rest, LATER)
    first, second = wire.messages
    assert (first.state, first.opcode, first.data, first.frames) == (MessageState.DAMAGED, Opcode.TEXT, None, 2)
    assert second.state is MessageState.COMPLETE
    assert wire.codes == ["websocket.resync"]


def test_a_lost_message_leaves_the_context_lost() -> None:
    """Compressed messages that refer to lost ones show their length as sent, and it is told once."""
    deflater = Deflater()
    frames = [deflater.text(b'{"eventName": "__message", "number": %d}' % number) for number in range(6)]
    wire = opened(DEFLATE).server(frames[0]).server_gap(len(frames[1])).server(*frames[2:]).fin()
    first, *others = wire.messages
    assert first.state is MessageState.COMPLETE
    assert len(others) == 4
    for message, frame in zip(others, frames[2:], strict=True):
        assert (message.state, message.length, message.data) == (MessageState.DAMAGED, None, None)
        assert (message.compressed, message.wire_length) == (True, len(frame) - 2)
    assert wire.codes == ["websocket.resync", "websocket.context-lost", "websocket.context-lost"]
    assert "3 more times" in wire.notices[-1].text


def test_without_takeover_one_message_is_lost() -> None:
    """Where every message begins with an empty window, a gap costs the message it is in."""
    deflater = Deflater(takes_over=False)
    frames = [deflater.text(b'{"eventName": "__message", "number": %d}' % number) for number in range(3)]
    wire = opened(DEFLATE + b"; server_no_context_takeover").server(frames[0], frames[1][:20])
    wire.server_gap(len(frames[1]) - 20).server(frames[2]).fin()
    assert [message.state for message in wire.messages] == [
        MessageState.COMPLETE, MessageState.DAMAGED, MessageState.COMPLETE,
    ]  # fmt: skip
    assert wire.notices == []


def test_a_control_frame_with_a_gap_is_left_out() -> None:
    """It is told, and what follows is read."""
    frame = encode_frame(Opcode.PING, b"0123456789")
    wire = opened().server(frame[:5]).server_gap(3).server(frame[8:] + LATER)
    assert (len(wire.controls), len(wire.messages)) == (0, 1)
    assert wire.codes == ["websocket.cut-frame"]


def test_a_gap_in_a_header_is_searched_behind() -> None:
    """The byte of the header is passed over."""
    wire = opened().server(b"\x81").server_gap(30).server(LATER)
    assert [message.state for message in wire.messages] == [MessageState.COMPLETE]
    assert "29" not in wire.notices[0].text
    assert wire.notices[0].text.startswith("server: 30 bytes never captured and 1 bytes in which no frame")


# ---- ends ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("how", "state"),
    [
        (Ending.FIN, MessageState.ABORTED),
        (Ending.RESET, MessageState.ABORTED),
        (Ending.PEER_RESET, MessageState.ABORTED),
        (Ending.REPLACED, MessageState.DAMAGED),
        (Ending.CAPTURE_ENDED, MessageState.OPEN),
    ],
)
@pytest.mark.parametrize("data", [text("0123456789")[:7], text("01234", fin=False)])
def test_an_unfinished_message_comes_out_at_the_end(how: Ending, state: MessageState, data: bytes) -> None:
    """It has its beginning, and how the stream ended is its state."""
    wire = opened().server(data).server_end(how)
    (message,) = wire.messages
    assert (message.state, message.data, message.length, message.sha256) == (state, b"01234", None, None)
    assert wire.notices == []


@pytest.mark.parametrize("data", [b"\x81", encode_frame(Opcode.PING, b"abc")[:4], encode_frame(4, b"abc")[:4]])
def test_a_frame_without_a_message_that_is_cut_is_told(data: bytes) -> None:
    """Bytes of a header or of a control frame are not lost without a word."""
    wire = opened().server(data).fin()
    assert (wire.messages, wire.controls) == ([], [])
    assert wire.codes[-1] == "websocket.cut-frame"
    assert f"{len(data)} bytes" in wire.notices[-1].text


# ---- bounds ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("compressed", [True, False])
def test_a_long_message_is_measured_and_hashed(compressed: bool) -> None:  # noqa: FBT001 - a table's column
    """Above the bound nothing is kept, and length and hash are still those of all of it."""
    long = ("é" * (payload.MAX_KEPT // 2 + 1)).encode()
    frame = Deflater().text(long) if compressed else text(long)
    wire = opened(DEFLATE).server(frame[:1000], frame[1000:], LATER)
    message = wire.messages[0]
    assert (message.length, message.sha256, message.data) == (len(long), sha256(long).hexdigest(), None)
    assert message.state is MessageState.COMPLETE
    assert [(one.code, one.severity) for one in wire.notices] == [("websocket.message-too-large", Severity.INFO)]
    assert wire.messages[1].data is not None


@pytest.mark.parametrize(
    ("last", "codes"), [(b"", []), (b"\xff", ["websocket.bad-text"]), (b"\xc3", ["websocket.bad-text"])]
)
def test_a_long_text_is_checked_to_its_end(last: bytes, codes: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """What is not kept is checked as UTF-8 all the same, characters across pieces too."""
    monkeypatch.setattr(payload, "MAX_KEPT", 5)
    frame = text("éééééééé".encode() + last)
    wire = opened().server(*(bytes([byte]) for byte in frame))
    assert wire.messages[0].data is None
    assert sorted(wire.codes) == sorted([*codes, "websocket.message-too-large"])


def test_a_bomb_stops_at_its_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    """A message that inflates above the bound is damaged and told; with no context taken over the next one is read."""
    monkeypatch.setattr(draft, "MAX_INFLATED", 1 << 20)
    deflater = Deflater(takes_over=False)
    wire = opened(DEFLATE + b"; server_no_context_takeover")
    wire.server(deflater.text(bytes(20 << 20)), deflater.text(b"harmless"))
    bomb, harmless = wire.messages
    assert (bomb.state, bomb.length, bomb.data) == (MessageState.DAMAGED, None, None)
    assert harmless.data == b"harmless"
    assert wire.codes == ["websocket.inflated-too-large"]


def test_what_is_unfinished_is_counted_and_shed() -> None:
    """Memory grows with what is kept; when that is too much the message is measured and hashed on."""
    body = b"x" * 50_000
    frame = encode_frame(Opcode.BINARY, body)
    wire = opened()
    idle = wire.decoder.memory
    begun = wire.decoder.begun
    wire.server(frame[:40_000])
    assert wire.decoder.begun > begun
    assert wire.decoder.memory - idle > 39_000
    wire.decoder.shed(16_384)
    assert wire.decoder.memory - idle < 2000
    wire.server(frame[40_000:])
    (message,) = wire.messages
    assert (message.data, message.sha256) == (None, sha256(body).hexdigest())
    assert wire.decoder.memory == idle


def test_notices_do_not_flood() -> None:
    """Thousands of broken frames make two notices of each kind."""
    wire = opened()
    for _ in range(2000):
        wire.server(text(b"\xff"), encode_frame(Opcode.CONTINUATION, b"x"))
    wire.fin()
    assert sorted(wire.codes) == sorted(["websocket.bad-text", "websocket.bad-sequence"] * 2)
    assert len(gist(wire.messages)) == 4000
