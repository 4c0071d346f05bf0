"""When a codec of the offer and one of the answer are the same codec, though their payload types may differ.

The rule is a key: two codecs are the same when their keys are equal, so that long lists are compared in linear time. A
key holds what RFC 3264 §6.1 and the payload formats make part of a codec's identity, as libwebrtc compares them
(`media/base/codec_comparators.cc`), and nothing that is a capability or a wish of one side:

- name without case, clock rate, and channels (for audio);
- H264 (RFC 6184 §8.2.2): the profile that profile_idc and the constraint bits of `profile-level-id` mean, and
  `packetization-mode`, 0 when missing. The level may differ between the two sides. Without `profile-level-id` libwebrtc
  takes Constrained Baseline (the RFC says Baseline), and so do we;
- VP9 (RFC 9628 §6): `profile-id`, 0 when missing;
- AV1 (RTP Payload Format for AV1 §7.2): `profile`, 0 when missing; level and tier tell what each side can receive;
- H265 (RFC 7798 §7.1): `profile-id`, 1 when missing, and `tx-mode`;
- rtx (RFC 4588 §8) and red (RFC 2198): also what they carry, so that the retransmission of one codec is not taken for
  that of another. That codec's key stands in theirs.

Two codecs whose H264 profile is unknown are the same when their `profile-level-id` is, in any case of its digits.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sigtrace.sdp.codec import PAYLOAD_TYPES

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sigtrace.sdp.codec import Codec

CodecKey = tuple[object, ...]

# RFC 6184 §8.1, table 5: profile_idc, the constraint bits that count, their values, and the profile they mean.
_H264_PROFILES = (
    (0x42, 0b0100_1111, 0b0100_0000, "constrained-baseline"),
    (0x4D, 0b1000_1111, 0b1000_0000, "constrained-baseline"),
    (0x58, 0b1100_1111, 0b1100_0000, "constrained-baseline"),
    (0x42, 0b0100_1111, 0b0000_0000, "baseline"),
    (0x58, 0b1100_1111, 0b1000_0000, "baseline"),
    (0x4D, 0b1010_1111, 0b0000_0000, "main"),
    (0x64, 0b1111_1111, 0b0000_0000, "high"),
    (0x64, 0b1111_1111, 0b0000_1100, "constrained-high"),
    (0xF4, 0b1111_1111, 0b0000_0000, "high-4:4:4-predictive"),
)
_H264_DEFAULT = "42e01f"  # as in libwebrtc: Constrained Baseline, level 3.1

# Further parameters that tell variants of a codec apart, with what holds when they are missing.
_VARIANTS = {
    "vp9": (("profile-id", "0"),),
    "av1": (("profile", "0"),),
    "h265": (("profile-id", "1"), ("tx-mode", "SRST")),
}


def codec_keys(codecs: Iterable[Codec]) -> dict[int, CodecKey]:
    """Return the key of each codec of a section, by payload type."""
    all_codecs = tuple(codecs)
    keys = {codec.payload_type: _own_key(codec) for codec in all_codecs}
    carried = {codec.payload_type: keys.get(number) for codec in all_codecs if (number := _carried(codec)) is not None}
    return {number: (*key, carried.get(number)) for number, key in keys.items()}


def h264_profile(profile_level_id: str) -> str:
    """Return the profile that the six hexadecimal digits mean; the digits themselves, lower case, when unknown.

    Source: RFC 6184 §8.1, table 5.
    """
    digits = profile_level_id.strip().lower()
    try:
        number = int(digits, 16) if len(digits) == 6 and digits.isascii() and digits.isalnum() else -1
    except ValueError:
        number = -1
    profile_idc, constraints = number >> 16, number >> 8 & 0xFF
    for idc, mask, value, name in _H264_PROFILES:
        if profile_idc == idc and constraints & mask == value:
            return name
    return digits


def _own_key(codec: Codec) -> CodecKey:
    name = codec.name.lower()
    return (name, codec.clock_hz, codec.channels, *_variant(name, codec))


def _variant(name: str, codec: Codec) -> CodecKey:
    if name == "h264":
        profile = h264_profile(codec.parameter("profile-level-id") or _H264_DEFAULT)
        return profile, codec.parameter("packetization-mode") or "0"
    return tuple((codec.parameter(key) or missing).lower() for key, missing in _VARIANTS.get(name, ()))


def _carried(codec: Codec) -> int | None:
    """Return the payload type inside an rtx, or the first inside a red (`111/111`)."""
    if codec.name.lower() != "red":
        return codec.retransmits
    first = codec.format_parameters[0][0].partition("/")[0] if codec.format_parameters else ""
    return PAYLOAD_TYPES.get(first)
