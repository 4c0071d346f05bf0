"""Who sends inside one section: SSRCs with their attributes and groups, and the streams they belong to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sigtrace.errors import DecodeError
from sigtrace.sdp.integer import MAX_32, decode_integer
from sigtrace.sdp.lines import Attribute, decode_words
from sigtrace.value import Value

if TYPE_CHECKING:
    from collections.abc import Iterable


class Msid(Value, frozen=True, kw_only=True):
    """The MediaStream and the track of a section (`a=msid`, RFC 8830 §2)."""

    stream: str  # "-" for a track without stream
    track: str | None


class Source(Value, frozen=True, kw_only=True):
    """One SSRC and all that is said of it (`a=ssrc`, RFC 5576 §4.1)."""

    ssrc: int
    attributes: tuple[Attribute, ...]  # in order, as written

    def attribute(self, name: str) -> str | None:
        """Return the value of the first attribute of that name; None when it is not there."""
        return next((attribute.value for attribute in self.attributes if attribute.name == name), None)

    @property
    def cname(self) -> str | None:
        """The canonical name, equal for the sources that play in sync (RFC 5576 §6.1)."""
        return self.attribute("cname")

    @property
    def msid(self) -> Msid | None:
        """The stream and track, as Plan B and Chromium's Unified Plan offers give them."""
        value = self.attribute("msid")
        return decode_msid(value) if value and not value.isspace() else None

    @property
    def label(self) -> str | None:
        """The track, as the oldest WebRTC descriptions give it."""
        return self.attribute("label")


class SourceGroup(Value, frozen=True, kw_only=True):
    """SSRCs that belong together (`a=ssrc-group`, RFC 5576 §4.2).

    `FID` is a source and its retransmission, `SIM` the layers of a simulcast, `FEC-FR` a source and its correction.
    """

    semantics: str
    ssrcs: tuple[int, ...]


def decode_msid(value: str) -> Msid:
    """Decode `stream track`. Raises DecodeError. Source: RFC 8830 §2."""
    words = decode_words(value)
    return Msid(stream=words[0], track=words[1] if len(words) > 1 else None)


def decode_source_attribute(value: str) -> tuple[int, Attribute]:
    """Decode `239712653 cname:XDgiJ054rQ55lDKX`. Raises DecodeError. Source: RFC 5576 §4.1."""
    ssrc, _, attribute = value.strip().partition(" ")
    number = decode_integer(ssrc, "SSRC", high=MAX_32)
    name, colon, text = attribute.strip().partition(":")
    if not name:
        raise DecodeError("no attribute of the source")
    return number, Attribute(name, text if colon else None)


def gather_sources(attributes: Iterable[tuple[int, Attribute]]) -> tuple[Source, ...]:
    """Bring the attributes of each source together; sources in the order in which they are first named."""
    by_ssrc: dict[int, list[Attribute]] = {}
    for ssrc, attribute in attributes:
        by_ssrc.setdefault(ssrc, []).append(attribute)
    return tuple(Source(ssrc=ssrc, attributes=tuple(its)) for ssrc, its in by_ssrc.items())


def decode_source_group(value: str) -> SourceGroup:
    """Decode `FID 2243468924 2836690797`. Raises DecodeError. Source: RFC 5576 §4.2."""
    semantics, *ssrcs = decode_words(value)
    return SourceGroup(semantics=semantics, ssrcs=tuple(decode_integer(ssrc, "SSRC", high=MAX_32) for ssrc in ssrcs))
