"""Session descriptions: SDP text ↔ `Description` (RFC 8866), as WebRTC writes and wrote them.

Theory of operation. The text is kept as it is, whatever is in it. It falls into sections: the session's, and one for
each `m=` line, damaged ones too, for candidates point at sections by their places. The typed values are read from the
lines of the sections; what a reading cannot make sense of is put on the list of malformed lines with the reason, and
nothing else suffers.

Nearly all texts have CRLF at the end of every line, and only those are read. Any other is first put into that form,
line by line, which leaves the lines and their numbers as they are. So sections are found by one search, and those that
were read before, as most are where peers negotiate again, need not be split into lines at all, nor need what stands
before the first of them, but for the origin.

Where browsers depart from the RFCs, what is written on the wire decides: see `simulcast`, `channel` and `session` for
the forms of older drafts.
"""

from __future__ import annotations

from contextlib import suppress
from typing import Final

from sigtrace.errors import DecodeError
from sigtrace.sdp.codec import Codec
from sigtrace.sdp.direction import Direction
from sigtrace.sdp.extension import HeaderExtension
from sigtrace.sdp.lines import MAX_LINES, Attribute, Line, MalformedLine, count_lines, decode_lines
from sigtrace.sdp.media import MediaDescription
from sigtrace.sdp.opening import read_opening
from sigtrace.sdp.section import IrregularLineError
from sigtrace.sdp.sections import NO_SECTIONS, read_sections
from sigtrace.sdp.security import Fingerprint, Setup
from sigtrace.sdp.session import Bandwidth, Connection, Group, MsidSemantic, Origin, Timing
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


MAX_REMEMBERED: Final = 16 << 10
"""Characters of a description that is remembered in parts: 64 sections, and what they say, take 15 MiB at most, as many
openings no more, and all sections of 32 descriptions 25 MiB."""


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
    text: str  # as written, whole
    rest: str  # what of it is beyond `MAX_LINES` and `MAX_SECTIONS`, and was not read
    line_count: int  # of what was read
    longest_line: int  # characters of it, without its end

    @property
    def lines(self) -> tuple[Line, ...]:
        """The lines that were read, as written."""
        return decode_lines(self.text)[0]

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
    if len(text) <= 2 * MAX_LINES or text.count("\n") < MAX_LINES:
        with suppress(IrregularLineError):
            return _read(text, text.removesuffix("\r\n"), "")
    lines, rest = decode_lines(text)
    return _read(text, "\r\n".join([line.text for line in lines]), rest)


def _read(text: str, regular: str, rest: str) -> Description:
    """Read a description from its lines.

    Args:
        text: the whole of it.
        regular: its lines, which end in CRLF but for the last.
        rest: what of the text is in none of them.

    Raises:
        IrregularLineError: some lines end otherwise, or there are more sections than `MAX_SECTIONS`.
    """
    first, begun, others = regular.partition("\r\nm=")
    remember = len(text) <= MAX_REMEMBERED
    opening = read_opening(first, remember=remember)
    defaults = opening.defaults
    sections = read_sections(opening.length + 1, others, defaults, remember=remember) if begun else NO_SECTIONS
    return Description(
        version=opening.version,
        origin=opening.origin,
        name=opening.name,
        timing=opening.timing,
        connection=defaults.connection,
        bandwidth=opening.bandwidth,
        groups=opening.groups,
        ice_lite=opening.ice_lite,
        ice_options=defaults.ice_options,
        fingerprints=defaults.fingerprints,
        setup=defaults.setup,
        msid_semantic=opening.msid_semantic,
        extmap_allow_mixed=defaults.extmap_allow_mixed,
        attributes=opening.attributes,
        media=sections.media,
        malformed=tuple(sorted(opening.malformed + sections.malformed)),
        text=text,
        rest=rest,
        line_count=opening.length + sections.length,
        longest_line=max(opening.longest, sections.longest),
    )


def encode_description(description: Description) -> str:
    """Return the text of a description as it was written; of changed lines, `encode_lines` makes one."""
    return description.text
