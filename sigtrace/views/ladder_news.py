"""What of a chart is new since it was last drawn: the rows, and who stands where when that has changed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, TypeAlias

from sigtrace.value import Value, replace
from sigtrace.views.ladder_rows import Arrow, Mark, Quiet

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sigtrace.views.ladder_rows import Column, Ladder, Row, Section


class SectionNews(Value, frozen=True, kw_only=True):
    """What one section has to add."""

    section: Section
    rows: tuple[Row, ...]
    anew: bool  # its columns are not those that were drawn last


GRACE_NS: Final = 1_000_000_000
"""What is younger may still turn out well: a message was not lost because the wait that brings it comes behind it."""

_Key: TypeAlias = "tuple[int | None, int, str, str, str]"


class LadderNews:
    """Remembers which rows were drawn. A row on which something went wrong comes again when that shows."""

    def __init__(self) -> None:
        self._drawn: dict[_Key, tuple[str, ...]] = {}  # what went wrong on each row
        self._head: tuple[str | None, tuple[Column, ...]] | None = None
        self.due_ns: int | None = None  # when there is more to say of a row that seems to have gone wrong

    def of(self, ladder: Ladder, now_ns: int) -> list[SectionNews]:
        """Return what there is to draw of a chart that has grown.

        Args:
            ladder: all of it.
            now_ns: the time by the clock of the capture.
        """
        self.due_ns = None
        drawn: dict[_Key, tuple[str, ...]] = {}
        news = []
        for section in ladder.sections:
            rows = tuple(self._new_rows(section, drawn, now_ns))
            if rows:
                head = (section.heading, section.columns)
                news.append(SectionNews(section=section, rows=rows, anew=head != self._head))
                self._head = head
        self._drawn = drawn
        return news

    def anew(self) -> None:
        """Draw who stands where again: the screen has changed."""
        self._head = None

    def _new_rows(self, section: Section, drawn: dict[_Key, tuple[str, ...]], now_ns: int) -> Iterator[Row]:
        quiet: Quiet | None = None
        for row in section.rows:
            if isinstance(row, Quiet):
                quiet = row
                continue
            if isinstance(row, Arrow) and row.problems and row.at_ns > now_ns - GRACE_NS:
                self.due_ns = min(row.at_ns + GRACE_NS, self.due_ns or row.at_ns + GRACE_NS)
                row = replace(row, problems=())  # noqa: PLW2901 - it is drawn so, for now
            key, problems = _known_by(section, row)
            drawn[key] = problems
            before = self._drawn.get(key)
            if before is None and quiet is not None:
                yield quiet
            quiet = None
            if before is None or before != problems:
                yield row


def _known_by(section: Section, row: Arrow | Mark) -> tuple[_Key, tuple[str, ...]]:
    """Return by what a row is known again, and what went wrong on it.

    Where it has a number, whoever is at its ends may get a name by what comes later: it is the same row all the same.
    """
    if isinstance(row, Arrow):
        if row.number is not None:
            return (row.number, row.at_ns, "", "", row.label), row.problems
        source, target = (section.columns[place] for place in (row.source, row.target))
        return (row.number, row.at_ns, _name(source), _name(target), row.label), row.problems
    name = "" if row.column is None else _name(section.columns[row.column])
    return (None, row.at_ns, name, "", row.text), ()


def _name(column: Column) -> str:
    return f"{column.name} {column.id or column.address or ''}"
