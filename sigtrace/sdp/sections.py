"""All media sections of a description, from its first `m=` line to its end (RFC 8866 §5.14).

Theory of operation. Peers that negotiate again mostly send all the sections that they sent before: these need not even
be told apart. Where some have changed, each of the others is known by itself.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from sigtrace.sdp.lines import MAX_SECTIONS
from sigtrace.sdp.media import read_known_media, read_media
from sigtrace.sdp.section import IrregularLineError

if TYPE_CHECKING:
    from sigtrace.sdp.defaults import Defaults
    from sigtrace.sdp.lines import MalformedLine
    from sigtrace.sdp.media import MediaDescription


class ReadSections(NamedTuple):
    """Media sections, and what else their lines tell."""

    media: tuple[MediaDescription, ...]
    malformed: tuple[MalformedLine, ...]
    length: int  # lines
    longest: int  # characters of the longest line


NO_SECTIONS = ReadSections((), (), 0, 0)


def read_sections(number: int, text: str, session: Defaults, *, remember: bool) -> ReadSections:
    """Read media sections.

    Args:
        number: of their first line.
        text: their lines, which end in CRLF but for the last, without the `m=` at the beginning.
        session: what the session says for all of them.
        remember: what they say.

    Raises:
        IrregularLineError: some lines end otherwise, or there are more than `MAX_SECTIONS`.
    """
    return (_read_known if remember else _read)(number, text, session, remember=remember)


def _read(number: int, text: str, session: Defaults, *, remember: bool) -> ReadSections:
    parts = text.split("\r\nm=")
    if len(parts) > MAX_SECTIONS:
        raise IrregularLineError
    read = read_known_media if remember else read_media
    found = []
    length = 0
    for index, part in enumerate(parts):
        found.append(read(index, number + length, f"m={part}", session))
        length += found[-1].length
    return ReadSections(
        media=tuple([one.media for one in found]),
        malformed=tuple([line for one in found for line in one.malformed]),
        length=length,
        longest=max([one.longest for one in found]),
    )


# Half as many as single sections and openings: there may be dozens in one text, with all payload types in each.
_read_known = lru_cache(maxsize=32)(_read)
