"""Session descriptions: SDP text ↔ `Description` (RFC 8866), as WebRTC writes and wrote them.

Theory of operation. The text is split into lines, each kept with its end, so that the lines joined are the text again,
whatever is in them. Lines fall into sections: the session's, and one for each `m=` line, damaged ones too, for
candidates point at sections by their places. The typed values are read from the sections; what a reading cannot make
sense of is put on the list of malformed lines with the reason, and nothing else suffers.

Where browsers depart from the RFCs, what is written on the wire decides: see `simulcast`, `channel` and `session` for
the forms of older drafts.
"""

from __future__ import annotations

from sigtrace.errors import DecodeError
from sigtrace.sdp.codec import Codec
from sigtrace.sdp.defaults import Defaults, read_defaults
from sigtrace.sdp.direction import Direction
from sigtrace.sdp.extension import HeaderExtension
from sigtrace.sdp.lines import (
    Attribute,
    Line,
    MalformedLine,
    count_lines,
    decode_lines,
    encode_lines,
    split_sections,
)
from sigtrace.sdp.media import MediaDescription, read_media
from sigtrace.sdp.security import Fingerprint, Setup
from sigtrace.sdp.session import (
    Bandwidth,
    Connection,
    Group,
    MsidSemantic,
    Origin,
    Timing,
    decode_bandwidth,
    decode_group,
    decode_msid_semantic,
    decode_origin,
    decode_timing,
)
from sigtrace.sdp.source import Msid, Source, SourceGroup
from sigtrace.value import Value

__all__ = [
    "Attribute",
    "Bandwidth",
    "Codec",
    "Connection",
    "Description",
    "Direction",
    "Fingerprint",
    "Group",
    "HeaderExtension",
    "Line",
    "MalformedLine",
    "MediaDescription",
    "Msid",
    "MsidSemantic",
    "Origin",
    "Setup",
    "Source",
    "SourceGroup",
    "Timing",
    "decode_description",
    "encode_description",
]


class Description(Value, frozen=True, kw_only=True):
    """A whole session description: its lines as written, and what they say."""

    version: str  # "0"
    origin: Origin | None
    name: str | None  # "-" when there is none to tell (`s=`)
    timing: Timing | None  # the first `t=`
    connection: Connection | None
    bandwidth: tuple[Bandwidth, ...]
    groups: tuple[Group, ...]
    ice_lite: bool
    ice_options: tuple[str, ...]
    fingerprints: tuple[Fingerprint, ...]  # those for all sections; see also each section's
    setup: Setup | None
    msid_semantic: MsidSemantic | None
    extmap_allow_mixed: bool
    attributes: tuple[Attribute, ...]  # the session's own, in order
    media: tuple[MediaDescription, ...]
    malformed: tuple[MalformedLine, ...]  # in order of their numbers
    lines: tuple[Line, ...]  # as written, up to `MAX_LINES` and `MAX_SECTIONS`
    rest: str  # the text beyond those bounds, not read

    @property
    def bundles(self) -> tuple[tuple[str, ...], ...]:
        """The mids of each BUNDLE group; the first mid of a group names the section whose transport all use."""
        return tuple(group.mids for group in self.groups if group.semantics == "BUNDLE")

    @property
    def bundle(self) -> tuple[str, ...]:
        """The mids of the first BUNDLE group, as a rule the only one; empty when there is none."""
        return next(iter(self.bundles), ())

    @property
    def omitted_lines(self) -> int:
        """How many lines were beyond the bounds and not read."""
        return count_lines(self.rest)


def decode_description(text: str) -> Description:
    """Decode a session description.

    Args:
        text: the whole of it, with any line ends.

    Returns:
        The description. Damaged lines are in `malformed`; `encode_description` gives the text back exactly.

    Raises:
        DecodeError: the text does not begin with a `v=` line, blank lines aside.

    Source: RFC 8866 §5.
    """
    if not text.lstrip("\r\n").startswith("v="):
        raise DecodeError("a description begins with v=", offset=0)
    lines, rest = decode_lines(text)
    malformed: list[MalformedLine] = []
    session, *sections = split_sections(lines, malformed)
    defaults = read_defaults(session, Defaults())
    timings = session.every("t=", decode_timing)
    return Description(
        version=session.last("v=", _decode_version) or "",
        origin=session.last("o=", decode_origin),
        name=session.last("s=", str),
        timing=timings[0] if timings else None,
        connection=defaults.connection,
        bandwidth=session.every("b=", decode_bandwidth),
        groups=session.every("a=group", decode_group),
        ice_lite=session.has("a=ice-lite"),
        ice_options=defaults.ice_options,
        fingerprints=defaults.fingerprints,
        setup=defaults.setup,
        msid_semantic=session.last("a=msid-semantic", decode_msid_semantic),
        extmap_allow_mixed=defaults.extmap_allow_mixed,
        attributes=tuple(session.attributes),
        media=tuple(read_media(index, section, defaults) for index, section in enumerate(sections)),
        malformed=tuple(sorted(malformed)),
        lines=lines,
        rest=rest,
    )


def encode_description(description: Description) -> str:
    """Return the text of a description, its lines as they are in `lines`. Source: RFC 8866 §5."""
    return encode_lines(description.lines, description.rest)


def _decode_version(value: str) -> str:
    if value.strip() != "0":
        raise DecodeError("not version 0")
    return "0"
