"""Codecs of a section."""

from __future__ import annotations

import pytest

from sigtrace.sdp.codec import Codec
from tests.builders.descriptions import audio, description, sample, video


def _codecs(*lines: str) -> tuple[Codec, ...]:
    return description(*lines).media[0].codecs


def test_codec_has_mapping_parameters_and_feedback() -> None:
    """All that a section says of a payload type comes together in its codec."""
    assert sample("chromium-offer").media[0].codecs[0] == Codec(
        payload_type=111,
        name="opus",
        clock_hz=48000,
        channels=2,
        format_parameters=(("minptime", "10"), ("useinbandfec", "1")),
        feedback=("transport-cc",),
    )


def test_codecs_are_in_order_of_preference() -> None:
    """Codecs stand in the order of the m= line, whatever the order of their lines, and once each."""
    section = ("m=audio 9 RTP/AVP 8 111 0 8", "a=rtpmap:0 PCMU/8000", "a=rtpmap:111 opus/48000/2")
    assert [codec.name for codec in _codecs(*section)] == ["PCMA", "opus", "PCMU"]


def test_codec_not_on_the_media_line_is_not_offered() -> None:
    """A payload type that was removed from the m= line is no codec, though its other lines are still there."""
    assert [codec.name for codec in _codecs(*audio("a=rtpmap:0 PCMU/8000"))] == ["opus"]


@pytest.mark.parametrize(
    ("payload_type", "name", "clock_hz", "channels"),
    [(0, "PCMU", 8000, 1), (3, "GSM", 8000, 1), (9, "G722", 8000, 1), (10, "L16", 44100, 2), (13, "CN", 8000, 1)],
)
def test_static_payload_types_have_names(payload_type: int, name: str, clock_hz: int, channels: int) -> None:
    """The payload types of RFC 3551 need no a=rtpmap."""
    (codec,) = _codecs(*audio(codecs=str(payload_type)))
    assert (codec.name, codec.clock_hz, codec.channels) == (name, clock_hz, channels)


def test_mapping_overrides_a_static_payload_type() -> None:
    """An a=rtpmap counts before RFC 3551."""
    (codec,) = _codecs(*audio(codecs="0=opus/48000/2"))
    assert (codec.name, codec.channels) == ("opus", 2)


def test_dynamic_payload_type_without_mapping_has_no_name() -> None:
    """A dynamic payload type that nothing explains is kept, without a name or clock."""
    (codec,) = _codecs(*audio(codecs="99"))
    assert (codec.payload_type, codec.name, codec.clock_hz, codec.channels) == (99, "", None, None)


def test_channels_default_to_one_for_audio_alone() -> None:
    """Audio that does not say has one channel; video has none to speak of."""
    assert _codecs(*audio(codecs="9=G722/8000"))[0].channels == 1
    assert _codecs(*video())[0].channels is None


def test_retransmission_names_the_codec_it_serves() -> None:
    """An rtx tells the payload type it serves, and only an rtx does."""
    by_type = {codec.payload_type: codec for codec in sample("chromium-offer").media[1].codecs}
    assert [by_type[number].retransmits for number in (97, 103, 119)] == [96, 102, 118]
    assert by_type[96].retransmits is None


@pytest.mark.parametrize("parameters", ["apt=200", "apt", "apt=x", "rtx-time=3000"])
def test_retransmission_of_nothing_readable(parameters: str) -> None:
    """An rtx without a readable apt serves an unknown codec."""
    assert _codecs(*video(f"a=fmtp:97 {parameters}", codecs="97=rtx/90000"))[0].retransmits is None


def test_feedback_for_all_payload_types() -> None:
    """Feedback for `*` holds for every codec, after its own."""
    vp8, _, h264, _ = sample("firefox-offer").media[1].codecs
    assert vp8.feedback == ("nack", "nack pli", "ccm tmmbr")
    assert h264.feedback == ("goog-remb", "ccm tmmbr")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("0-15", (("0-15", None),)),
        ("111/111", (("111/111", None),)),
        ("a=1; b = 2 ;;c", (("a", "1"), ("b", " 2"), ("c", None))),
        ("sprop-parameter-sets=Z0LAH9o=,aM4=", (("sprop-parameter-sets", "Z0LAH9o=,aM4="),)),
        ("empty=", (("empty", ""),)),
    ],
)
def test_format_parameters(text: str, expected: tuple[tuple[str, str | None], ...]) -> None:
    """Format parameters are read as pairs, and kept whole where they are none."""
    assert _codecs(*audio(f"a=fmtp:111 {text}"))[0].format_parameters == expected


def test_format_parameters_of_several_lines_come_together() -> None:
    """Two a=fmtp lines of one payload type add up."""
    (codec,) = _codecs(*audio("a=fmtp:111 stereo=1", "a=fmtp:111 MAXPTIME=60"))
    assert (codec.parameter("stereo"), codec.parameter("maxptime"), codec.parameter("x", "y")) == ("1", "60", "y")


def test_auxiliary_codecs() -> None:
    """Repair, events and comfort noise are auxiliary; what encodes media is not."""
    main = {codec.name for section in sample("chromium-offer").media for codec in section.codecs if not codec.auxiliary}
    assert main == {"opus", "G722", "PCMU", "PCMA", "VP8", "H264", "AV1", "VP9"}


def test_other_protocols_have_no_codecs() -> None:
    """Formats that are no payload types stay formats, and are not malformed."""
    fax = description("m=image 9 udptl t38", "a=fmtp:t38 x")
    assert (fax.media[0].codecs, fax.media[0].formats, fax.malformed) == ((), ("t38",), ())
