"""Fragments of descriptions, in which candidates trickle over HTTP and SIP: text ↔ `Fragment` (RFC 8840 §9).

A fragment holds the lines of a description that have to do with ICE: credentials, in front of or inside the sections
that they are for, a line `m=` to open each section, its `a=mid`, and candidates. It is read as a description is: lines
are kept as they are, and the values are readings of them.

What clients do beside the grammar is read as well: candidates without an `m=` line, and lines that browsers hand out
without the `a=` in front.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sigtrace.errors import DecodeError
from sigtrace.sdp.candidate import Candidate, decode_candidate
from sigtrace.sdp.lines import Line, MalformedLine, decode_lines, encode_lines
from sigtrace.sdp.section import Section, read_run
from sigtrace.value import Value, replace

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_CANDIDATE: Final = "a=candidate:"
_END: Final = "a=end-of-candidates"
_BARE: Final = ("candidate:", "end-of-candidates")


class FragmentSection(Value, frozen=True, kw_only=True):
    """What a fragment says of one section of the description that it belongs to."""

    mid: str | None
    ufrag: str | None
    pwd: str | None


class Trickled(Value, frozen=True):
    """One candidate, or the word that no more will come."""

    text: str | None  # as written, from `candidate:` on; None: there are no more
    candidate: Candidate | None  # None too when it cannot be read
    mid: str | None
    mline: int | None  # which section of the description, from 0, as far as the fragment tells


class Fragment(Value, frozen=True, kw_only=True):
    """A whole fragment: its lines as written, and what they say."""

    ufrag: str | None  # that of all sections, else of the first that has one
    pwd: str | None
    ice_lite: bool
    ice_options: tuple[str, ...]
    sections: tuple[FragmentSection, ...]
    trickled: tuple[Trickled, ...]  # in order
    malformed: tuple[MalformedLine, ...]
    lines: tuple[Line, ...]
    rest: str  # the text beyond the bounds of a description, not read


def decode_fragment(text: str) -> Fragment:
    """Decode the body of an `application/trickle-ice-sdpfrag`.

    Args:
        text: the whole of it, with any line ends.

    Returns:
        The fragment. Damaged lines are in `malformed`; `encode_fragment` gives the text back exactly.

    Raises:
        DecodeError: no line of it is an attribute or opens a section.

    Source: RFC 8840 §9.
    """
    lines, rest = decode_lines(text)
    malformed: list[MalformedLine] = []
    first, *others = _split_sections(_regular(lines), malformed)
    if not others and not first.attributes:
        raise DecodeError("a fragment has lines that begin with a= or m=", offset=0)
    sections = [_read_section(section) for section in others]
    begins = [*(section.number - 1 for section in others), len(lines)]
    trickled = list(_read_trickled(lines[: begins[0]], None, None, malformed))
    for index, facts in enumerate(sections):
        part = lines[begins[index] : begins[index + 1]]
        trickled += _read_trickled(part, facts.mid, _mline(facts.mid, index), malformed)
    common = _read_section(first)
    ufrags = (one.ufrag for one in (common, *sections) if one.ufrag is not None)
    pwds = (one.pwd for one in (common, *sections) if one.pwd is not None)
    return Fragment(
        ufrag=next(ufrags, None),
        pwd=next(pwds, None),
        ice_lite=first.has("a=ice-lite"),
        ice_options=first.last("a=ice-options") or (),
        sections=tuple(sections),
        trickled=tuple(trickled),
        malformed=tuple(sorted(malformed)),
        lines=lines,
        rest=rest,
    )


def _split_sections(lines: Iterable[Line], malformed: list[MalformedLine]) -> list[Section]:
    """Split lines before each `m=`; the first section is the session's."""
    sections: list[list[Line]] = [[]]
    for line in lines:
        if line.text.startswith("m="):
            sections.append([])
        sections[-1].append(line)
    return [
        Section([read_run([line.text for line in some])], [line.number for line in some], malformed)
        for some in sections
    ]


def encode_fragment(fragment: Fragment) -> str:
    """Return the text of a fragment, its lines as they are in `lines`. Source: RFC 8840 §9."""
    return encode_lines(fragment.lines, fragment.rest)


def _regular(lines: Iterable[Line]) -> Iterator[Line]:
    """Give bare candidate lines their `a=`, and leave blank lines out."""
    for line in lines:
        if line.text.startswith(_BARE):
            yield replace(line, text=f"a={line.text}")
        elif line.text.strip():
            yield line


def _read_section(section: Section) -> FragmentSection:
    return FragmentSection(
        mid=section.last("a=mid"),
        ufrag=section.last("a=ice-ufrag"),
        pwd=section.last("a=ice-pwd"),
    )


def _read_trickled(
    lines: Iterable[Line], mid: str | None, mline: int | None, malformed: list[MalformedLine]
) -> Iterator[Trickled]:
    for line in _regular(lines):
        if line.text.strip() == _END:
            yield Trickled(None, None, mid, mline)
        elif line.text.startswith(_CANDIDATE):
            text = line.text.removeprefix("a=")
            try:
                yield Trickled(text, decode_candidate(text), mid, mline)
            except DecodeError as error:
                malformed.append(MalformedLine(line.number, line.text, str(error)))
                yield Trickled(text, None, mid, mline)


def _mline(mid: str | None, index: int) -> int | None:
    """Return which section of the description one of a fragment is: its own place, unless its mid casts doubt on that.

    A fragment may leave sections out. Browsers number the mids of their sections from 0; other mids tell nothing.
    """
    return index if mid is None or mid == str(index) else None
