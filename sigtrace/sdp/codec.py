"""The codecs of one RTP section: payload types with their names, parameters and feedback (RFC 8866 §6.6, §6.15)."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from sigtrace.errors import DecodeError
from sigtrace.sdp.integer import MAX_32, decode_integer
from sigtrace.sdp.lines import decode_text
from sigtrace.value import Value

if TYPE_CHECKING:
    from typing import TypeAlias

    from sigtrace.sdp.section import Reading, Section

    Lines: TypeAlias = tuple[Reading, ...]

PAYLOAD_TYPES = {str(number): number for number in range(128)}  # seven bits of the RTP header (RFC 3550 §5.1)
_MAX_CHANNELS = 255
_PTIME = re.compile(r"[0-9]{1,6}(?:\.[0-9]{1,6})?")

# They repair, describe or accompany what another codec encodes.
_AUXILIARY = frozenset({"rtx", "red", "ulpfec", "flexfec", "flexfec-03", "telephone-event", "cn"})

FormatParameters = tuple[tuple[str, str | None], ...]


class Codec(Value, frozen=True, kw_only=True, cache_hash=True):
    """One payload type of a section and what it stands for."""

    payload_type: int
    name: str  # as written: "opus", "H264"; empty where no a=rtpmap names a dynamic payload type
    clock_hz: int | None  # RTP clock; None where the name is empty
    channels: int | None  # 1 for audio that does not say; None for video
    format_parameters: FormatParameters = ()  # in order; ("111/111", None) where a parameter is no pair
    feedback: tuple[str, ...] = ()  # "nack pli"; those given for all payload types (`*`) last
    retransmits: int | None = None  # the payload type that this rtx serves (`apt=`, RFC 4588 §8.1)

    @property
    def auxiliary(self) -> bool:
        """True for rtx, red, forward error correction, telephone events and comfort noise."""
        return self.name.lower() in _AUXILIARY

    def parameter(self, name: str, default: str | None = None) -> str | None:
        """Return the value of the first format parameter of that name, compared without case."""
        wanted = name.lower()
        return next((value for key, value in self.format_parameters if key.lower() == wanted), default)


class RtpMap(Value, frozen=True):
    """What a payload type stands for (`a=rtpmap`, RFC 8866 §6.6)."""

    name: str
    clock_hz: int | None
    channels: int | None


# RFC 3551 §6, tables 4 and 5. The clock of G722 is 8000 by an old mistake (§4.5.2).
_STATIC: dict[int, RtpMap] = {
    0: RtpMap("PCMU", 8000, 1),
    3: RtpMap("GSM", 8000, 1),
    4: RtpMap("G723", 8000, 1),
    5: RtpMap("DVI4", 8000, 1),
    6: RtpMap("DVI4", 16000, 1),
    7: RtpMap("LPC", 8000, 1),
    8: RtpMap("PCMA", 8000, 1),
    9: RtpMap("G722", 8000, 1),
    10: RtpMap("L16", 44100, 2),
    11: RtpMap("L16", 44100, 1),
    12: RtpMap("QCELP", 8000, 1),
    13: RtpMap("CN", 8000, 1),
    14: RtpMap("MPA", 90000, None),
    15: RtpMap("G728", 8000, 1),
    16: RtpMap("DVI4", 11025, 1),
    17: RtpMap("DVI4", 22050, 1),
    18: RtpMap("G729", 8000, 1),
    25: RtpMap("CelB", 90000, None),
    26: RtpMap("JPEG", 90000, None),
    28: RtpMap("nv", 90000, None),
    31: RtpMap("H261", 90000, None),
    32: RtpMap("MPV", 90000, None),
    33: RtpMap("MP2T", 90000, None),
    34: RtpMap("H263", 90000, None),
}
_UNKNOWN = RtpMap("", None, None)


def decode_payload_type(text: str) -> int:
    """Decode a payload type. Raises DecodeError when it is not one of 0 to 127."""
    payload_type = PAYLOAD_TYPES.get(text)
    if payload_type is None:
        raise DecodeError("payload type is not one of 0 to 127")
    return payload_type


MAX_CODEC_LINES: Final = 512
"""Lines about the codecs of a section that is remembered: 150 are many. 64 such sections take some 16 MiB."""


def gather_codecs(kind: str, payload_types: tuple[int, ...], section: Section) -> tuple[Codec, ...]:
    """Bring together what a section says of each payload type.

    Args:
        kind: the section's media, "audio" or "video".
        payload_types: those of the `m=` line; only they are on offer, whatever other lines still name.
        section: where the lines are. Lines that are remembered are the same objects, and so are then their codecs.

    Returns:
        One codec per payload type, in the order of the `m=` line, which is that of preference.
    """
    mappings, parameters, feedback = (section.lines(key) for key in ("a=rtpmap", "a=fmtp", "a=rtcp-fb"))
    few = len(mappings) + len(parameters) + len(feedback) <= MAX_CODEC_LINES
    return (_gather_known if few else _gather)(kind, payload_types, mappings, parameters, feedback)


def _gather(
    kind: str, payload_types: tuple[int, ...], mapped: Lines, described: Lines, fed_back: Lines
) -> tuple[Codec, ...]:
    mappings = {**_STATIC, **dict(line.value for line in mapped)}
    parameters: dict[int, list[tuple[str, str | None]]] = {}
    for line in described:
        payload_type, its = line.value
        parameters.setdefault(payload_type, []).extend(its)
    feedback: dict[int | None, list[str]] = {}
    for line in fed_back:
        target, text = line.value
        feedback.setdefault(target, []).append(text)
    for_all = tuple(feedback.get(None, ()))
    return tuple(
        _build_codec(
            kind,
            payload_type,
            mappings.get(payload_type, _UNKNOWN),
            tuple(parameters.get(payload_type, ())),
            (*feedback.get(payload_type, ()), *for_all),
        )
        for payload_type in dict.fromkeys(payload_types)
    )


_gather_known = lru_cache(maxsize=64)(_gather)


def _build_codec(
    kind: str, payload_type: int, mapping: RtpMap, parameters: FormatParameters, feedback: tuple[str, ...]
) -> Codec:
    return Codec(
        payload_type=payload_type,
        name=mapping.name,
        clock_hz=mapping.clock_hz,
        channels=1 if mapping.channels is None and mapping.name and kind == "audio" else mapping.channels,
        format_parameters=parameters,
        feedback=feedback,
        retransmits=_served(parameters) if mapping.name.lower() == "rtx" else None,
    )


def _served(parameters: FormatParameters) -> int | None:
    """Return the payload type of an rtx's `apt`; None where it is missing or out of range."""
    try:
        return next((decode_payload_type(value or "") for key, value in parameters if key.lower() == "apt"), None)
    except DecodeError:
        return None


def decode_rtpmap(value: str) -> tuple[int, RtpMap]:
    """Decode `111 opus/48000/2`. Raises DecodeError. Source: RFC 8866 §6.6."""
    number, _, encoding = value.strip().partition(" ")
    payload_type = decode_payload_type(number)
    name, _, rest = encoding.strip().partition("/")
    if not name:
        raise DecodeError("no encoding name")
    clock, slash, channels = rest.partition("/")
    clock_hz = decode_integer(clock, "clock rate", low=1, high=MAX_32)
    if not slash:
        return payload_type, RtpMap(name, clock_hz, None)
    return payload_type, RtpMap(name, clock_hz, decode_integer(channels, "channels", low=1, high=_MAX_CHANNELS))


def decode_format_parameters(value: str) -> tuple[int, FormatParameters]:
    """Decode `111 minptime=10;useinbandfec=1`, and what is no list of pairs, `63 111/111`.

    Raises:
        DecodeError: the format is not a payload type.

    Source: RFC 8866 §6.15.
    """
    number, _, text = value.strip().partition(" ")
    payload_type = decode_payload_type(number)
    items = [item.strip().partition("=") for item in text.split(";")]
    return payload_type, tuple((key.rstrip(), item if equals else None) for key, equals, item in items if key)


def decode_feedback(value: str) -> tuple[int | None, str]:
    """Decode `96 nack pli`; the payload type is None for `*`. Raises DecodeError. Source: RFC 4585 §4.2."""
    target, _, text = value.strip().partition(" ")
    return None if target == "*" else decode_payload_type(target), decode_text(text)


def decode_ptime(value: str) -> float:
    """Decode `20`, in milliseconds. Raises DecodeError. Source: RFC 8866 §6.4."""
    text = value.strip()
    if not _PTIME.fullmatch(text):
        raise DecodeError("packet time is not a number")
    return float(text)
