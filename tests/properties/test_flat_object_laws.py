"""The law of flat objects: what is read quickly is what `json` reads, to the last character."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import example, given
from hypothesis import strategies as st

from sigtrace.signaling.flat_object import read_flat
from sigtrace.signaling.message_json import decode_object

NAMES = st.sampled_from(["type", "sdp", "candidate", "sdpMid", "sdpMLineIndex"]) | st.text(max_size=3)
TEXTS = st.text(max_size=12) | st.sampled_from(["\ud800", "\udcff", "\ud83d\ude00", "v=0\r\n", "\\x41", "\x00", "\x7f"])
PLAIN = TEXTS | st.integers(-(1 << 66), 1 << 66) | st.booleans() | st.none()
VALUES = PLAIN | st.floats() | st.lists(PLAIN, max_size=2) | st.dictionaries(NAMES, PLAIN, max_size=2)
FLAT = st.dictionaries(NAMES, PLAIN, max_size=4)


def written(value: Any, *, plainly: bool) -> bytes:
    """Return JSON, its text in escapes or as it is."""
    return json.dumps(value, ensure_ascii=plainly).encode("utf-8", "surrogatepass")


OBJECTS = st.builds(written, FLAT | st.dictionaries(NAMES, VALUES, max_size=4), plainly=st.booleans())
PIECES = st.sampled_from(
    [b'"', b"\\", b"\\u", b"d800", b",", b":", b"{", b"}", b" ", b"1", b"1e9", b"-0", b"\xff", b"\n"]
)


@given(data=OBJECTS, at=st.integers(0, 60), put=st.just(b"") | PIECES)
@example(data=b'{"type":"offer","type":"answer"}', at=0, put=b"")
@example(data=b'{"type":"\\ud83d\\ude00"}', at=0, put=b"")
@example(data=b'{"sdpMLineIndex":123456789012345678901}', at=0, put=b"")
def test_flat_objects_are_read_as_json_is(data: bytes, at: int, put: bytes) -> None:
    """Whatever is read of a message, also of a damaged one, is what the decoder for all JSON makes of it."""
    data = data[:at] + put + data[at:]
    members = read_flat(data)
    assert members is None or repr(members) == repr(decode_object(data.decode("utf-8", "surrogateescape")))


@given(members=st.dictionaries(NAMES.filter(str.isascii), st.text('\r\n"\\az 09é€😀', max_size=9), max_size=4))
def test_objects_of_text_are_flat(members: dict[str, str]) -> None:
    """Objects whose members are text are read, in either spelling."""
    assert read_flat(written(members, plainly=True)) == members
    assert read_flat(written(members, plainly=False)) == members
