"""Where output goes: how wide it may be, whether it has colours, and which signs it can show."""

from __future__ import annotations

from rich.cells import cell_len, set_cell_size

from sigtrace.render.escape import make_ascii, make_visible
from sigtrace.value import Value

LEAST_WIDTH = 60
"""Cells: two lifelines and the server's need that many with their gutter, and the widest table at its narrowest."""


class Glyphs(Value, frozen=True):
    """The signs that drawings are made of; each is one cell wide unless its name says text."""

    thin: str = "│"
    thick: str = "┃"
    line: str = "─"
    double: str = "═"
    broken: str = "╌"
    right: str = "▶"
    left: str = "◀"
    cross: str = "┼"
    thick_cross: str = "╂"
    end: str = "\u00d7"
    dot: str = "·"
    good: str = "✓"
    bad: str = "✗"
    more: str = "…"
    to: str = "→"
    sparks: str = "▁▂▃▄▅▆▇█"
    join: str = " · "
    tag: str = " · "  # between a name and its number


ASCII = Glyphs(
    thin="|",
    thick="#",
    line="-",
    double="=",
    broken="~",
    right=">",
    left="<",
    cross="+",
    thick_cross="#",
    end="x",
    dot=".",
    good="ok",
    bad="FAILED",
    more="~",
    to="->",
    sparks="_.-=+*%#",
    join=", ",
    tag=" - ",
)
UNICODE = Glyphs()


class Screen(Value, frozen=True):
    """What a renderer needs to know of its output.

    `width` is in cells, None where there is no edge: in a file or a pipe nothing is folded and nothing is cut.
    """

    width: int | None = 80
    color: bool = False
    ascii: bool = False

    @property
    def glyphs(self) -> Glyphs:
        """The signs this output can show."""
        return ASCII if self.ascii else UNICODE

    def clean(self, text: str) -> str:
        """Make a text harmless, and plain where only ASCII is wanted; doing so twice changes nothing more."""
        return make_ascii(text) if self.ascii else make_visible(text)

    def cells(self, text: str) -> int:
        """Return how many cells a clean text takes: two for an ideograph, none for a combining mark."""
        return cell_len(text)

    def shorten(self, text: str, width: int) -> str:
        """Shorten a clean text in the middle, so that both its ends can still be told."""
        if cell_len(text) <= width:
            return text
        more = self.glyphs.more
        if width <= cell_len(more):
            return set_cell_size(text, max(width, 0))
        room = width - cell_len(more)
        head = set_cell_size(text, room - room // 2).rstrip()
        tail = _last_cells(text, room // 2)
        return f"{head}{more}{tail}"


def _last_cells(text: str, width: int) -> str:
    while text and cell_len(text) > width:
        text = text[max(1, (len(text) - width) // 2) :] if len(text) > width * 2 else text[1:]
    while text and not cell_len(text[0]):
        text = text[1:]  # a mark without its letter
    return text
