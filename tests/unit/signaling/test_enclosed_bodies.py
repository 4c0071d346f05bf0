"""JSON and descriptions are cut out of what encloses them, and nothing is where text only looks like it."""

from __future__ import annotations

import json
import struct

import pytest

from sigtrace.signaling.enclosed_bodies import LONGEST_HEAD, MAX_TRIES, cut_out
from sigtrace.signaling.payload_search import Carried, open_payload
from tests.builders.homemade import CANDIDATE, OFFER

OBJECT = json.dumps({"type": "offer", "sdp": OFFER})
SIP = f"INVITE sip:b@example.com SIP/2.0\r\nCSeq: 1 INVITE\r\nContent-Type: application/sdp\r\n\r\n{OFFER}"
STOMP = f"SEND\ndestination:/app/call\ncontent-type:application/json\n\n{OBJECT}\0"
MULTIPART = f'--x\r\nContent-Disposition: form-data; name="sdp"\r\n\r\n{OFFER}\r\n--x--\r\n'


def mqtt(topic: str, body: str) -> bytes:
    """Return a PUBLISH of quality 0."""
    rest = struct.pack(">H", len(topic)) + topic.encode() + body.encode()
    return bytes([0x30, len(rest) & 127 | 128, len(rest) >> 7]) + rest


def message_pack(sdp: str) -> bytes:
    """Return `{"sdp": …, "type": "offer"}` in MessagePack."""
    return b"\x82\xa3sdp\xda" + struct.pack(">H", len(sdp)) + sdp.encode() + b"\xa4type\xa5offer"


ENCLOSED: dict[str, bytes | str] = {
    "SockJS": "a" + json.dumps([OBJECT]),
    "Engine.IO": f"42{json.dumps(['signal', {'sdp': OFFER}])}",
    "STOMP": STOMP,
    "SIP": SIP,
    "multipart": MULTIPART,
    "end mark": OBJECT + "\x1e",
    "MQTT": mqtt("call/1", OBJECT),
    "MQTT, bare": mqtt("call/1", OFFER),
    "MessagePack": message_pack(OFFER),
    "Protocol Buffers": b"\x0a\x05offer\x12"
    + bytes([len(OFFER) & 127 | 128, len(OFFER) >> 7])
    + OFFER.encode()
    + b"\x18\x01",
    "brackets": b"\xff\xfe{[" + OBJECT.encode(),
}


@pytest.mark.parametrize("payload", ENCLOSED.values(), ids=ENCLOSED)
def test_enclosed_description_is_found(payload: bytes | str) -> None:
    """Whatever stands around a description, it is found whole."""
    data = payload if isinstance(payload, bytes) else payload.encode()
    (found,) = open_payload(data).found
    assert found.carried is Carried.DESCRIPTION
    assert found.text == OFFER


def test_enclosed_candidate_is_found() -> None:
    """A candidate among binary ends where its text does."""
    (found,) = open_payload(b"\x12\x39" + CANDIDATE.encode() + b"\x1a\x01").found
    assert (found.carried, found.text) == (Carried.CANDIDATE, CANDIDATE)


def test_records_behind_each_other() -> None:
    """Records with end marks, and lines of lists, are one list of all that is in them."""
    assert open_payload('{"type":6}\x1e{"type":"bye"}\x1e').value == [{"type": 6}, {"type": "bye"}]
    assert open_payload('a["{\\"type\\":\\"bye\\"}"]\na["{\\"type\\":\\"hi\\"}"]\n').value == [
        {"type": "bye"},
        {"type": "hi"},
    ]


@pytest.mark.parametrize(
    "text",
    ["see [1, 2] there", 'it said {"a": 1}, really', "h", "a[", "x" * (LONGEST_HEAD + 1) + "[1]", "", "\r\n\r\n"],
)
def test_text_is_left(text: str) -> None:
    """Text that only has JSON somewhere in it, and carries nothing, stays text."""
    assert cut_out(text, anywhere=False) == []
    assert open_payload(text).value in (text, None)


def test_brackets_that_begin_nothing() -> None:
    """So many brackets are tried and no more: what hides behind them is not looked for."""
    assert cut_out("[" * (MAX_TRIES - 1) + "]" + OBJECT, anywhere=True) == ["[]", OBJECT]
    assert cut_out("{x" * MAX_TRIES + OBJECT, anywhere=True) == []
