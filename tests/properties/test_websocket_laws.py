"""Laws of the WebSocket decoder: chunks change nothing, loss stays where it is, wsproto and `websockets` agree."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sigtrace.application.flow_decoder import Speech
from sigtrace.application.websocket.extension import Compression
from sigtrace.application.websocket.frame import encode_frame
from sigtrace.application.websocket.message import Message, MessageState, Opcode
from tests.builders.http import Wire, request, response
from tests.builders.speakers import Control, Fragment, Talk, WebsocketsTalk, WsprotoTalk
from tests.builders.websocket import MASK, SWITCHING, UPGRADE, gist, in_pieces

DIRECTIONS = (True, False)
bits = st.integers(9, 15)  # zlib cannot compress raw deflate with 8
compressions = st.none() | st.builds(Compression, st.booleans(), st.booleans(), bits, bits)
texts = st.text(max_size=40) | st.text("ab", min_size=100, max_size=70_000) | st.text('{}:"é', min_size=20)
binaries = st.binary(max_size=300).map(lambda data: data.decode("latin-1"))


@dataclass
class Conversation:
    """What both sides send, and what of it is a message."""

    handshake: tuple[bytes, bytes]
    frames: list[tuple[bool, bytes]]
    said: list[tuple[bool, int, bytes]]  # whole messages, in order of their last frames
    controls: list[tuple[bool, int, bytes]]
    wholly_in: list[tuple[bool, int]]  # of each message, bytes of its direction up to its end

    def stream(self, *, from_client: bool) -> bytes:
        """Return all that one side sends after the handshake."""
        return b"".join(data for who, data in self.frames if who is from_client)


@st.composite
def conversations(draw: st.DrawFn, *, compressed: bool | None = None, least: int = 0) -> Conversation:
    """Draw messages of both sides with fragments of both and control frames between them, and have them sent."""
    compression = draw(compressions) if compressed is None else Compression() if compressed else None
    talk: Talk = draw(st.sampled_from([WsprotoTalk, WebsocketsTalk]))(compression)
    queues: dict[bool, list[Fragment]] = {True: [], False: []}
    for from_client, is_text, count in draw(
        st.lists(st.tuples(st.booleans(), st.booleans(), st.integers(1, 4)), min_size=least, max_size=6)
    ):
        pieces = [draw(texts if is_text else binaries) for _ in range(count)]
        queues[from_client] += [
            Fragment(from_client, is_text, piece, n == 0, n == count - 1) for n, piece in enumerate(pieces)
        ]
    found = Conversation(talk.handshake, [], [], [], [])
    begun = {True: b"", False: b""}
    sent = {True: 0, False: 0}
    while queues[True] or queues[False]:
        who = draw(st.booleans())
        if draw(st.integers(0, 3)) == 0:
            control = Control(who, draw(st.booleans()), draw(st.binary(max_size=20)))
            found.frames.append((who, talk.send(control)))
            found.controls.append((who, Opcode.PING if control.is_ping else Opcode.PONG, control.data))
            sent[who] += len(found.frames[-1][1])
        if not queues[who]:
            who = not who
        fragment = queues[who].pop(0)
        found.frames.append((who, talk.send(fragment)))
        sent[who] += len(found.frames[-1][1])
        begun[who] += fragment.payload
        if fragment.last:
            found.said.append((who, Opcode.TEXT if fragment.is_text else Opcode.BINARY, begun[who]))
            found.wholly_in.append((who, sent[who]))
            begun[who] = b""
    return found


def feed(wire: Wire, items: list[tuple[bool, bytes | int]]) -> Wire:
    """Feed bytes and gaps, numbers, of both sides."""
    for from_client, item in items:
        if isinstance(item, int):
            (wire.client_gap if from_client else wire.server_gap)(item)
        elif item:
            (wire.client if from_client else wire.server)(item)
    return wire


def begin(conversation: Conversation) -> Wire:
    """Feed the handshake."""
    return Wire().client(conversation.handshake[0]).server(conversation.handshake[1])


def one_side(
    messages: list[tuple[bool, int, bytes | None]], *, from_client: bool
) -> list[tuple[bool, int, bytes | None]]:
    """Return the messages of one side."""
    return [message for message in messages if message[0] is from_client]


def complete(wire: Wire) -> list[Message]:
    """Return the messages that are whole."""
    return [message for message in wire.messages if message.state is MessageState.COMPLETE]


slow = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])


@given(conversations())
@slow
def test_real_traffic_is_read_as_it_was_meant(conversation: Conversation) -> None:
    """Every message and control frame that wsproto or websockets sent comes out, in order, and nothing else."""
    wire = feed(begin(conversation), conversation.frames).fin()  # type: ignore[arg-type]  # bytes alone
    assert gist(wire.messages) == conversation.said
    assert [(one.from_client, one.opcode, one.data) for one in wire.controls] == conversation.controls
    assert {message.state for message in wire.messages} <= {MessageState.COMPLETE}
    assert wire.notices == []


@given(st.data(), conversations())
@slow
def test_any_chunks_in_any_order_of_the_sides_give_the_same_messages(
    data: st.DataObject, conversation: Conversation
) -> None:
    """How the streams are cut and how the sides come after each other, before the 101 too, changes no message."""
    pieces = {}
    for from_client in DIRECTIONS:
        whole = conversation.handshake[0 if from_client else 1] + conversation.stream(from_client=from_client)
        pieces[from_client] = in_pieces(whole, data.draw(st.sets(st.integers(0, min(len(whole), 500)), max_size=12)))
    wire = Wire().client(pieces[True].pop(0))
    while pieces[True] or pieces[False]:
        who = data.draw(st.booleans())
        who = who if pieces[who] else not who
        feed(wire, [(who, pieces[who].pop(0))])
    wire.fin()
    for from_client in DIRECTIONS:
        expected = one_side(conversation.said, from_client=from_client)  # type: ignore[arg-type]  # all of it is kept
        assert one_side(gist(wire.messages), from_client=from_client) == expected
    assert wire.notices == []


def cut_and_lose(data: st.DataObject, whole: bytes) -> list[bytes | int]:
    """Cut a stream, and lose some of the pieces; neighbours of these are one gap."""
    pieces = in_pieces(whole, data.draw(st.sets(st.integers(0, len(whole)), max_size=10)))
    lost = [data.draw(st.booleans()) for _ in pieces]
    items: list[bytes | int] = []
    for is_lost, group in groupby(zip(lost, pieces, strict=True), key=lambda one: one[0]):
        found = [piece for _, piece in group]
        items += [sum(map(len, found))] if is_lost else found
    return [item for item in items if item]


@given(st.data(), conversations(), st.booleans())
@slow
def test_loss_stays_where_it_is(data: st.DataObject, conversation: Conversation, from_client: bool) -> None:  # noqa: FBT001 - drawn
    """What ends before the first gap is whole, the other side is as it was, and every byte is accounted for."""
    whole = conversation.stream(from_client=from_client)
    items = cut_and_lose(data, whole)
    wire = begin(conversation)
    feed(wire, [(not from_client, conversation.stream(from_client=not from_client))])
    feed(wire, [(from_client, item) for item in items])
    websocket = wire.decoder._websocket
    wire.fin()
    expected: list[tuple[bool, int, bytes | None]] = list(conversation.said)
    other = one_side(gist(wire.messages), from_client=not from_client)
    assert other == one_side(expected, from_client=not from_client)
    seen = 0
    for item in items:
        if isinstance(item, int):
            break
        seen += len(item)
    before = [
        message
        for message, (who, end) in zip(conversation.said, conversation.wholly_in, strict=True)
        if who is from_client and end <= seen
    ]
    assert one_side(gist(wire.messages), from_client=from_client)[: len(before)] == before
    assert websocket is not None
    direction = websocket.client if from_client else websocket.server
    assert direction.framed + direction.skipped + direction.missing == len(whole)


@given(st.data(), conversations(compressed=False), st.booleans())
@slow
def test_after_a_gap_a_later_message_is_found(
    data: st.DataObject,
    conversation: Conversation,
    from_client: bool,  # noqa: FBT001 - drawn
) -> None:
    """Whatever was lost of messages that are not compressed, one that comes in a chunk of its own is read again."""
    wire = begin(conversation)
    whole = conversation.stream(from_client=from_client)
    feed(wire, [(from_client, item) for item in cut_and_lose(data, whole)])
    feed(wire, [(from_client, 70_000)])  # beyond the end of any frame that was begun
    later = [b'{"eventName": "__later", "number": %d}' % number for number in range(3)]
    for payload in later:
        feed(wire, [(from_client, encode_frame(Opcode.TEXT, payload, key=MASK if from_client else b""))])
    wire.fin()
    assert [message.data for message in complete(wire)[-3:]] == later


@given(st.data(), conversations())
@slow
def test_a_cut_keeps_what_came_before_it(data: st.DataObject, conversation: Conversation) -> None:
    """A capture that ends anywhere has every message that was over, and at most one more of each side, unfinished."""
    wire = begin(conversation)
    for from_client in DIRECTIONS:
        whole = conversation.stream(from_client=from_client)
        end = data.draw(st.integers(0, len(whole)))
        feed(wire, [(from_client, whole[:end])])
        expected = [
            message
            for message, (who, stop) in zip(conversation.said, conversation.wholly_in, strict=True)
            if who is from_client and stop <= end
        ]
        assert one_side(gist(wire.messages), from_client=from_client) == expected
    before = len(wire.messages)
    wire.close()
    assert {message.state for message in wire.messages[before:]} <= {MessageState.OPEN}
    assert len({message.from_client for message in wire.messages[before:]}) == len(wire.messages) - before


@given(st.data(), conversations(compressed=True, least=1))
@slow
def test_with_the_context_lost_nothing_false_is_said(data: st.DataObject, conversation: Conversation) -> None:
    """Of a compressed side whose beginning is lost, what is said to be whole was sent."""
    frames = [data for who, data in conversation.frames if not who]
    lost = data.draw(st.integers(0, len(frames)))
    wire = begin(conversation)
    size = sum(map(len, frames[:lost]))
    feed(wire, [(False, item) for item in ([size] if size else []) + frames[lost:]]).fin()
    sent = {payload for who, _, payload in conversation.said if not who}
    assert {message.data for message in complete(wire)} <= sent


noise = st.one_of(
    st.binary(max_size=60),
    st.sampled_from(
        [
            b"\x81\x05hello", b"\x81\x85\x00\x00\x00\x00hello", b"\xc1\x00", b"\x01\x01a", b"\x80\x01b", b"\x89\x00",
            b"\x8a\x80abcd", b"\x88\x02\x03\xe8", b"\x88\x01x", b"\x83\x00", b"\xff\xff", b"\x81\x7e\x00\x05hello",
            b"\x82\x7f\xff\xff\xff\xff\xff\xff\xff\xff", b"\x82\x7e", b"\xc1\x07\xf2\x48\xcd\xc9\xc9\x07\x00",
            UPGRADE, SWITCHING, b"\x00" * 40,
        ]
    ),
)  # fmt: skip


@given(st.lists(st.tuples(st.booleans(), noise | st.integers(1, 70))), st.booleans(), st.booleans())
@settings(deadline=None, max_examples=300)
def test_garbage_never_raises(items: list[tuple[bool, bytes | int]], handshake_seen: bool, opened: bool) -> None:  # noqa: FBT001 - drawn
    """Any bytes and gaps come to an end, before and after a handshake, and each notice comes twice a side at most."""
    wire = Wire(handshake_seen=handshake_seen)
    if opened:
        wire.client(UPGRADE).server(SWITCHING)
    feed(wire, items).fin().close()
    ours = [code for code in wire.codes if code.startswith("websocket.")]
    assert all(ours.count(code) <= 4 for code in ours)


@given(st.lists(st.tuples(st.booleans(), st.binary(min_size=1, max_size=1500)), max_size=60))
@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
def test_random_bytes_are_not_taken_for_frames(items: list[tuple[bool, bytes]]) -> None:
    """A joined flow of bytes that are no frames is never WebSocket, unless they begin as frames do."""
    items = [(who, bytes([one[0] & 0x7F]) + one[1:]) for who, one in items]
    assert feed(Wire(handshake_seen=False), items).decoder.speech is not Speech.WEBSOCKET  # type: ignore[arg-type]


records = st.builds(
    lambda kind, body: bytes([kind, 3, 3]) + len(body).to_bytes(2, "big") + body,
    st.integers(0x14, 0x17),
    st.binary(max_size=600),
)
bodies = st.binary(max_size=400) | st.text(max_size=400).map(str.encode)


@given(st.lists(records, min_size=1, max_size=20), st.integers(0, 300), st.integers(1, 1448))
@settings(deadline=None)
def test_tls_is_not_taken_for_websocket(records: list[bytes], begin: int, size: int) -> None:
    """TLS joined anywhere, in segments of any size, is not WebSocket."""
    whole = b"".join(records)[begin:]
    wire = Wire(handshake_seen=False)
    for at in range(0, len(whole), size):
        wire.server(whole[at : at + size])
    assert wire.decoder.speech is not Speech.WEBSOCKET


@given(st.lists(bodies, min_size=1, max_size=10), st.integers(0, 300), st.integers(1, 1448))
@settings(deadline=None)
def test_http_is_not_taken_for_websocket(bodies: list[bytes], begin: int, size: int) -> None:
    """HTTP joined anywhere, bodies of text and bytes, is not WebSocket."""
    wire = Wire(handshake_seen=False)
    asked = b"".join(request(b"/", body=body) for body in bodies)[begin:]
    answered = b"".join(map(response, bodies))[begin:]
    for at in range(0, len(asked), size):
        wire.client(asked[at : at + size])
    for at in range(0, len(answered), size):
        wire.server(answered[at : at + size])
    assert wire.decoder.speech is not Speech.WEBSOCKET


@pytest.mark.parametrize("speaker", [WsprotoTalk, WebsocketsTalk])
@pytest.mark.parametrize("compression", [None, Compression(), Compression(True, True, 9, 12)])  # noqa: FBT003 - as named
@given(data=st.data())
@settings(deadline=None, max_examples=20)
def test_a_connection_joined_late_is_recognised(
    data: st.DataObject, speaker: type[WsprotoTalk | WebsocketsTalk], compression: Compression | None
) -> None:
    """Without the handshake, from any frame on, the masks tell the client, and what is whole was sent."""
    talk = speaker(compression)
    frames = []
    sent = []
    for number in range(12):
        who = number % 2 == 0
        text = f'{{"eventName": "__event", "number": {number}, "sdp": "{"v=0 " * number}"}}'
        frames.append((who, talk.send(Fragment(who, True, text, True, True))))  # noqa: FBT003 - as named
        sent.append((who, Opcode.TEXT, text.encode()))
    start = data.draw(st.integers(0, 6))
    wire = feed(Wire(handshake_seen=False), frames[start:]).fin()  # type: ignore[arg-type]  # bytes alone
    assert wire.decoder.speech is Speech.WEBSOCKET
    assert wire.decoder.client_is_originator is True
    assert len(wire.messages) == len(sent) - start
    assert set(gist(complete(wire))) <= set(sent)
    if compression is None or compression.client_no_context_takeover:
        assert sorted(gist(complete(wire))) == sorted(sent[start:])
