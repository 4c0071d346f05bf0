"""Frames and headers → bytes → frames and headers, and as `websockets` writes and reads them."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from websockets.frames import Frame
from websockets.frames import Opcode as TheirOpcode
from websockets.streams import StreamReader

from sigtrace.application.websocket.extension import Compression, decode_extensions, encode_extension
from sigtrace.application.websocket.frame import Header, decode_header, encode_frame, encode_header
from sigtrace.application.websocket.masking import mask

keys = st.just(b"") | st.binary(min_size=4, max_size=4)
lengths = st.integers(0, 125) | st.integers(0, 65535) | st.integers(0, 2**64 - 1)


@st.composite
def headers(draw: st.DrawFn) -> Header:
    """Draw a header, its length in any form that holds it."""
    length, key = draw(lengths), draw(keys)
    least = 0 if length < 126 else 2 if length < 1 << 16 else 8
    form = draw(st.sampled_from([form for form in (0, 2, 8) if form >= least]))
    size = 2 + form + len(key)
    return Header(draw(st.booleans()), draw(st.integers(0, 7)), draw(st.integers(0, 15)), key, length, size)


@given(headers(), st.binary(max_size=20), st.binary(max_size=20))
def test_a_header_comes_back(header: Header, before: bytes, after: bytes) -> None:
    """From anywhere in a buffer, in every form."""
    assert decode_header(before + encode_header(header) + after, len(before)) == header


@given(st.binary(max_size=2000), keys.filter(bool), st.integers(0, 7), st.integers(0, 2000))
def test_a_mask_comes_off(data: bytes, key: bytes, position: int, cut: int) -> None:
    """Masking twice changes nothing, in one piece or two."""
    masked = mask(data, key, position)
    assert mask(masked, key, position) == data
    cut = min(cut, len(data))
    assert mask(data[:cut], key, position) + mask(data[cut:], key, position + cut) == masked


@given(
    st.sampled_from([0, 1, 2]), st.binary(max_size=300) | st.integers(65_530, 65_540).map(bytes), st.booleans()
)  # fmt: skip
def test_websockets_reads_what_is_written(opcode: int, payload: bytes, fin: bool) -> None:  # noqa: FBT001 - drawn
    """A frame that is written here is the same frame there, masked or not."""
    for key in (b"", b"\x01\x02\x03\x04"):
        data = encode_frame(opcode, payload, fin=fin, key=key)
        reader = StreamReader()
        reader.feed_data(data)
        parser = Frame.parse(reader.read_exact, mask=bool(key))
        try:
            next(parser)
        except StopIteration as stop:
            frame = stop.value
        assert (frame.opcode, frame.data, frame.fin) == (opcode, payload, fin)


@given(st.sampled_from(list(TheirOpcode)), st.binary(max_size=125), st.booleans())
def test_what_websockets_writes_is_read(opcode: TheirOpcode, payload: bytes, masked: bool) -> None:  # noqa: FBT001 - drawn
    """A frame that is written there is the same frame here."""
    data = Frame(opcode, payload).serialize(mask=masked)
    header = decode_header(data)
    assert header is not None
    assert (header.fin, header.rsv, header.opcode, header.length, bool(header.key)) == (
        True, 0, int(opcode), len(payload), masked,
    )  # fmt: skip
    rest = data[header.size :]
    assert (mask(rest, header.key) if masked else rest) == payload


@given(st.builds(Compression, st.booleans(), st.booleans(), st.integers(8, 15), st.integers(8, 15)))
def test_an_agreement_comes_back(compression: Compression) -> None:
    """All parameters of permessage-deflate are read as they are written."""
    assert decode_extensions(encode_extension(compression)) == (compression, ())
