"""What stands before the first section of a description: the lines of the session as a whole (RFC 8866 §5).

Theory of operation. A peer counts its descriptions in the `o=` line, which is another in each of them; the other lines
here are as they were. So that line is taken out and read by itself, and what the others say is remembered.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from sigtrace.sdp.defaults import Defaults, read_defaults
from sigtrace.sdp.lines import Attribute, MalformedLine
from sigtrace.sdp.section import Section, read_line, read_runs
from sigtrace.value import Value, replace

if TYPE_CHECKING:
    from sigtrace.sdp.session import Bandwidth, Group, MsidSemantic, Origin, Timing


class Opening(Value, frozen=True, kw_only=True):
    """What the session's own lines say."""

    version: str
    origin: Origin | None
    name: str | None
    timing: Timing | None
    bandwidth: tuple[Bandwidth, ...]
    groups: tuple[Group, ...]
    ice_lite: bool
    msid_semantic: MsidSemantic | None
    attributes: tuple[Attribute, ...]
    defaults: Defaults  # for all sections
    malformed: tuple[MalformedLine, ...]
    length: int  # lines
    longest: int  # characters of the longest line


def read_opening(text: str, *, remember: bool) -> Opening:
    """Read the lines before the first section, which end in CRLF but for the last.

    Args:
        text: these lines, the first of them is no `o=` line.
        remember: what they say, but for the origin.

    Raises:
        IrregularLineError: some lines end otherwise.
    """
    read = _read_known_lines if remember else _read_lines
    before, found, behind = text.partition("\r\no=")
    if not found:
        return read(text, None)
    value, end, after = behind.partition("\r\n")
    line, number = read_line(f"o={value}"), before.count("\r\n") + 2
    others = read(before + end + after, number)
    faulty = () if line.fault is None else (MalformedLine(number, line.text, line.fault),)
    return replace(
        others,
        origin=others.origin or line.value,  # where it stands twice, the last one counts
        malformed=faulty + others.malformed,
        length=others.length + 1,
        longest=max(others.longest, len(line.text)),
    )


def _read_lines(text: str, missing: int | None) -> Opening:
    """Read lines of which one, by its number, is not among them."""
    runs = read_runs(text)
    length = sum([run.length for run in runs])
    malformed: list[MalformedLine] = []
    numbers = [number for number in range(1, length + 2) if number != missing]
    session = Section(runs, numbers, malformed)
    defaults = read_defaults(session)
    timings = session.every("t=")
    return Opening(
        version=session.last("v=") or "",
        origin=session.last("o="),
        name=session.last("s="),
        timing=timings[0] if timings else None,
        bandwidth=session.every("b="),
        groups=session.every("a=group"),
        ice_lite=session.has("a=ice-lite"),
        msid_semantic=session.last("a=msid-semantic"),
        attributes=tuple(session.attributes),
        defaults=defaults,
        malformed=tuple(malformed),
        length=length,
        longest=max([run.longest for run in runs]),
    )


# Where peers negotiate again, all else is as it was.
_read_known_lines = lru_cache(maxsize=64)(_read_lines)
