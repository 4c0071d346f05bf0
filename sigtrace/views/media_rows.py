"""Section by section: what was offered, what was answered, what came of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sigtrace.sdp.direction import Direction
from sigtrace.value import Value
from sigtrace.views.abridged import PHRASE_LENGTH, abridged

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sigtrace.sdp.agreement import Agreement, MediaAgreement
    from sigtrace.sdp.codec import Codec
    from sigtrace.sdp.description import Description
    from sigtrace.sdp.media import MediaDescription

CODECS_SHOWN = 6


class MediaRow(Value, frozen=True, kw_only=True):
    """One section."""

    mid: str
    kind: str
    offered: tuple[str, ...]  # "sendrecv", then "opus 96, PCMU 0"
    answered: tuple[str, ...]
    agreed: tuple[str, ...]
    accepted: bool | None  # None while there is no answer


def compare_media(
    offered: Description | None, answered: Description | None, agreement: Agreement | None
) -> Iterator[MediaRow]:
    """Put the sections of an offer and its answer side by side; either may be missing."""
    if agreement is not None:
        yield from (_row(media.offered, media.answered, media) for media in agreement.media)
        yield from (_row(None, media, None) for media in agreement.surplus)
    elif offered is not None:
        yield from (_row(media, None, None) for media in offered.media)
    elif answered is not None:
        yield from (_row(None, media, None) for media in answered.media)


def _row(
    offered: MediaDescription | None, answered: MediaDescription | None, agreement: MediaAgreement | None
) -> MediaRow:
    either = offered or answered
    return MediaRow(
        mid=abridged(_mid(either)),
        kind=abridged(either.kind if either else "") or "?",
        offered=_describe(offered, with_numbers=True) if offered else (),
        answered=_describe(answered, with_numbers=offered is None) if answered else (),
        agreed=_describe_agreed(agreement) if agreement else (),
        accepted=agreement.accepted if agreement else None,
    )


def _mid(media: MediaDescription | None) -> str:
    if media is None:
        return ""
    return media.mid if media.mid is not None else str(media.index)


def _describe(media: MediaDescription, *, with_numbers: bool) -> tuple[str, ...]:
    if media.rejected:
        return ("rejected",)
    if not media.codecs:
        return (abridged(" ".join(media.formats) or media.protocol, PHRASE_LENGTH),)
    return (media.direction.value, describe_codecs(media.codecs, with_numbers=with_numbers))


def describe_codecs(codecs: Sequence[Codec], *, with_numbers: bool) -> str:
    """List the codecs proper, each with its payload type where asked: `VP8 96 (rtx 97), H264 102`.

    Spaces at which a line must not be broken are no-break spaces.
    """
    rtx = {codec.retransmits: codec.payload_type for codec in codecs if codec.retransmits is not None}
    names: dict[str, list[str]] = {}
    for codec in codecs:
        if codec.auxiliary:
            continue
        repeated = rtx.get(codec.payload_type)
        number = f"{codec.payload_type}\u00a0(rtx\u00a0{repeated})" if repeated is not None else str(codec.payload_type)
        names.setdefault(abridged(codec.name) or "unnamed", []).append(number)
    if not names:  # redundancy and comfort noise alone: rare, and then they are the point
        names = {abridged(codec.name): [str(codec.payload_type)] for codec in codecs}
    parts = [f"{name}\u00a0{_numbers(numbers)}" if with_numbers else name for name, numbers in names.items()]
    more = f", {len(parts) - CODECS_SHOWN} more" if len(parts) > CODECS_SHOWN else ""
    return ", ".join(parts[:CODECS_SHOWN]) + more


def _numbers(numbers: list[str]) -> str:
    """Of the many payload types that browsers give H264, the first tells enough."""
    return numbers[0] if len(numbers) == 1 else f"{numbers[0]} and\u00a0{len(numbers) - 1}\u00a0more"


def _describe_agreed(agreement: MediaAgreement) -> tuple[str, ...]:
    if not agreement.accepted:
        return ("rejected",)
    if not agreement.offered.codecs:
        return (abridged(" ".join(agreement.offered.formats) or agreement.offered.protocol, PHRASE_LENGTH),)
    first = next((common.answered for common in agreement.codecs if not common.auxiliary), None)
    if first is None:
        return ("no codec in common",)
    direction = agreement.direction
    words = {
        Direction.SENDRECV: "",
        Direction.SENDONLY: "one way, from the offerer",
        Direction.RECVONLY: "one way, to the offerer",
        Direction.INACTIVE: "on hold",
    }[direction]
    codec = _describe_codec(first)
    return (codec, words) if words else (codec,)


def _describe_codec(codec: Codec) -> str:
    clock = f" {codec.clock_hz / 1000:g} kHz" if codec.clock_hz else ""
    channels = {None: "", 1: "", 2: " stereo"}.get(codec.channels, f" {codec.channels} channels")
    return f"{abridged(codec.name) or 'unnamed'}{clock}{channels}"
