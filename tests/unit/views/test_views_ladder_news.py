"""What of a chart is new: each row once, and again when something went wrong on it."""

from __future__ import annotations

from sigtrace.value import replace
from sigtrace.views.ladder_news import GRACE_NS, LadderNews
from sigtrace.views.ladder_rows import Arrow, Column, ColumnKind, Ladder, Lifeline, Quiet, Section, Stroke, Tone

ALICE = Column(kind=ColumnKind.PEER, name="alice", id="1")
BOB = Column(kind=ColumnKind.PEER, name="bob", id="2")
STRANGER = Column(kind=ColumnKind.STRANGER, name="10.77.0.12", address="10.77.0.12")
SERVER = Column(kind=ColumnKind.SERVER, name="10.77.0.1:8888")
QUIET = Quiet(duration="1.00 s", duration_ns=10**9, lifelines=(Lifeline.BLIND,) * 3)
NOW = 100 * GRACE_NS


def arrow(number: int | None, at_ns: int, label: str, *problems: str) -> Arrow:
    """Return a row."""
    return Arrow(
        number=number,
        folded=1,
        time="0.000",
        delta="",
        at_ns=at_ns,
        source=0,
        target=1,
        label=label,
        details=(),
        notes=(),
        problems=problems,
        stroke=Stroke.REQUEST,
        tone=Tone.SIGNAL,
        call=None,
        packet=None,
        sent_by=(),
        handled_by=(),
        lifelines=(Lifeline.BLIND,) * 3,
    )


def ladder(*rows: Arrow | Quiet, columns: tuple[Column, ...] = (ALICE, SERVER, BOB)) -> Ladder:
    """Return a chart of one section."""
    section = Section(heading=None, columns=columns, rows=rows, remarks=())
    return Ladder(sections=(section,), title="", show_packets=False, nothing=())


def told(news: LadderNews, chart: Ladder, now_ns: int = NOW) -> list[str]:
    """Return the labels of the rows that are new, with what went wrong."""
    return [
        "quiet" if isinstance(row, Quiet) else " ".join((getattr(row, "label", ""), *getattr(row, "problems", ())))
        for section in news.of(chart, now_ns)
        for row in section.rows
    ]


def test_rows_are_told_once() -> None:
    """A row that was told is not told again, also when others come before it."""
    news = LadderNews()
    first, late, last = arrow(1, 10, "sign in"), arrow(3, 15, "wait"), arrow(2, 20, "offer")
    assert told(news, ladder(first, last)) == ["sign in", "offer"]
    assert told(news, ladder(first, late, last)) == ["wait"]
    assert told(news, ladder(first, late, last)) == []


def test_silence_is_told_with_the_row_behind_it() -> None:
    """Silence has a row when the row behind it is new, and none by itself."""
    news = LadderNews()
    assert told(news, ladder(arrow(1, 10, "offer"), QUIET)) == ["offer"]
    assert told(news, ladder(arrow(1, 10, "offer"), QUIET, arrow(2, 20, "answer"))) == ["quiet", "answer"]


def test_what_goes_wrong_is_told_when_it_is_sure() -> None:
    """A young row is told without what seems wrong; when it is a second old and still wrong, it is told again."""
    news = LadderNews()
    chart = ladder(arrow(1, NOW, "offer", "never delivered"))
    assert told(news, chart, NOW + 1) == ["offer"]
    assert news.due_ns == NOW + GRACE_NS
    assert told(news, chart, NOW + GRACE_NS) == ["offer never delivered"]
    assert news.due_ns is None
    assert told(news, chart, NOW + 2 * GRACE_NS) == []


def test_row_is_the_same_when_its_peer_gets_a_name() -> None:
    """A sign-in that was told of an address is not told again of the peer that the answer makes of it."""
    news = LadderNews()
    asked = arrow(3, 10, "sign in")
    assert told(news, ladder(asked, columns=(ALICE, SERVER, STRANGER))) == ["sign in"]
    assert told(news, ladder(asked, arrow(3, 12, "you are 2"))) == ["you are 2"]


def test_who_stands_where_is_told_when_it_changes() -> None:
    """With other columns, or another screen, who stands where comes again."""
    news = LadderNews()
    rows = [arrow(number, number * 10, "candidate") for number in range(1, 5)]
    assert [one.anew for one in news.of(ladder(rows[0]), NOW)] == [True]
    assert [one.anew for one in news.of(ladder(*rows[:2]), NOW)] == [False]
    assert [one.anew for one in news.of(ladder(*rows[:3], columns=(ALICE, SERVER)), NOW)] == [True]
    news.anew()
    assert [one.anew for one in news.of(ladder(*rows, columns=(ALICE, SERVER)), NOW)] == [True]
    assert replace(rows[0], label="x") != rows[0]
