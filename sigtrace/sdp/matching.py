"""Codecs and header extensions that an offered section and its answer have in common (RFC 3264 §6.1, RFC 8285 §6)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sigtrace.sdp.codec_identity import codec_keys
from sigtrace.value import Value

if TYPE_CHECKING:
    from sigtrace.sdp.codec import Codec
    from sigtrace.sdp.codec_identity import CodecKey
    from sigtrace.sdp.extension import HeaderExtension


class CommonCodec(Value, frozen=True, kw_only=True):
    """A codec that both descriptions have. Each side receives it with the payload type it wrote itself."""

    offered: Codec
    answered: Codec

    @property
    def auxiliary(self) -> bool:
        """True for rtx, red, forward error correction, telephone events and comfort noise."""
        return self.answered.auxiliary


class CommonExtension(Value, frozen=True, kw_only=True):
    """A header extension that both descriptions have; its id is the answer's (RFC 8285 §6)."""

    offered: HeaderExtension
    answered: HeaderExtension


def match_codecs(
    offered: tuple[Codec, ...], answered: tuple[Codec, ...]
) -> tuple[tuple[CommonCodec, ...], tuple[Codec, ...], tuple[Codec, ...]]:
    """Return the common codecs in the answer's order, those only offered, and those only answered.

    Where several offered codecs are the same, the one with the answer's payload type is meant, else the first.
    """
    offered_keys, answered_keys = codec_keys(offered), codec_keys(answered)
    by_key: dict[CodecKey, dict[int, Codec]] = {}
    for codec in offered:
        by_key.setdefault(offered_keys[codec.payload_type], {})[codec.payload_type] = codec
    common: list[CommonCodec] = []
    answered_only: list[Codec] = []
    for codec in answered:
        same = by_key.get(answered_keys[codec.payload_type])
        if same:
            match = same.get(codec.payload_type) or next(iter(same.values()))
            common.append(CommonCodec(offered=match, answered=codec))
        else:
            answered_only.append(codec)
    matched = {codec.offered.payload_type for codec in common}
    offered_only = tuple(codec for codec in offered if codec.payload_type not in matched)
    return tuple(common), offered_only, tuple(answered_only)


def match_extensions(
    offered: tuple[HeaderExtension, ...], answered: tuple[HeaderExtension, ...]
) -> tuple[CommonExtension, ...]:
    """Return the common header extensions in the answer's order. Source: RFC 8285 §6."""
    by_identity = {extension.identity: extension for extension in reversed(offered)}
    return tuple(
        CommonExtension(offered=by_identity[extension.identity], answered=extension)
        for extension in answered
        if extension.identity in by_identity
    )
