"""The chart as data."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import sigtrace
from sigtrace.value import replace
from sigtrace.views.ladder import build_ladder
from sigtrace.views.ladder_rows import Arrow, ColumnKind, Lifeline, Mark, Quiet, Stroke, Tone
from sigtrace.views.selection import Selection, select
from sigtrace.views.waits import list_waits

CAPTURES = Path(__file__).parents[3] / "captures"


@cache
def _trace(name: str) -> sigtrace.Trace:
    path = next(path for path in (CAPTURES / name).iterdir() if path.suffix in {".pcap", ".pcapng"})
    return sigtrace.analyze(sigtrace.read(str(path)))


def _arrows(trace: sigtrace.Trace, *, verbose: bool = False, whole: sigtrace.Trace | None = None) -> list[Arrow]:
    (section,) = build_ladder(trace, verbose=verbose, whole=whole).sections
    return [row for row in section.rows if isinstance(row, Arrow)]


def test_columns_are_roles_with_the_server_between_the_peers() -> None:
    """However many sockets there are, two peers and a server are three columns."""
    (section,) = build_ladder(_trace("basic-call")).sections
    assert [(column.kind, column.name, column.id) for column in section.columns] == [
        (ColumnKind.PEER, "alice@host-a", "1"),
        (ColumnKind.SERVER, "10.77.0.1:8888", None),
        (ColumnKind.PEER, "bob@host-b", "2"),
    ]


def test_the_two_legs_of_a_relay_have_the_same_number() -> None:
    """The offer is seen going to the server and coming from it, under the number of its POST."""
    offers = [row for row in _arrows(_trace("basic-call")) if row.label == "offer"]
    assert [(row.number, row.source, row.target, row.stroke) for row in offers] == [
        (6, 2, 1, Stroke.REQUEST),
        (6, 1, 0, Stroke.RELEASE),
    ]
    assert {row.call for row in offers} == {1}
    assert offers[1].notes == ("relayed in 0.8 ms",)


def test_a_lifeline_tells_whether_a_wait_hangs() -> None:
    """Alice listens from her wait to its answer, and bob has no lifeline before he signs in."""
    (section,) = build_ladder(_trace("basic-call")).sections
    sign_in, _, wait, quiet, bob, joined = section.rows[:6]
    assert [row.lifelines[0] for row in (sign_in, wait, quiet, bob, joined)] == [
        Lifeline.BLIND,
        Lifeline.LISTENING,
        Lifeline.LISTENING,
        Lifeline.LISTENING,
        Lifeline.BLIND,
    ]
    assert quiet.lifelines[2] is Lifeline.ABSENT
    assert bob.lifelines[2] is Lifeline.BLIND


def test_silence_is_one_row_with_its_length() -> None:
    """Twenty seconds in which nothing happens are one row that says so."""
    (section,) = build_ladder(_trace("basic-call")).sections
    assert [row.duration for row in section.rows if isinstance(row, Quiet)] == ["20.39 s", "1.02 s", "5.03 s", "2.01 s"]


def test_candidates_that_follow_each_other_are_one_row_unless_all_is_asked_for() -> None:
    """Eight candidates in a row are folded, with both legs; verbose tells each."""
    trace = _trace("browser-call")
    folded = [row.folded for row in _arrows(trace) if row.label.startswith("candidate")]
    single = [row.folded for row in _arrows(trace, verbose=True) if row.label.startswith("candidate")]
    assert folded == [8, 8, 2, 2]
    assert single == [1] * 20


def test_verbose_shows_every_wait_and_acknowledgement() -> None:
    """Each wait asked and each plain answer has a row of its own when all is asked for."""
    rows = _arrows(_trace("basic-call"), verbose=True)
    assert sum(row.label == "wait" for row in rows) == 11
    assert sum(row.label == "200 OK" for row in rows) == 9


def test_what_failed_is_marked() -> None:
    """An offer that was never delivered says so, a vanished peer and a replaced wait have marks."""
    offer = next(row for row in _arrows(_trace("never-delivered")) if row.label == "offer")
    assert offer.problems == ("never delivered",)
    for name, column in (("killed-peer", 2), ("replaced-wait", 0)):
        (section,) = build_ladder(_trace(name)).sections
        marks = [row for row in section.rows if isinstance(row, Mark) and row.tone is Tone.FAILURE]
        assert [mark.column for mark in marks] == [column]


def test_what_still_hangs_at_the_end_is_said() -> None:
    """The last row of a capture that ends too early names the waits that are open."""
    (section,) = build_ladder(_trace("basic-call-cut")).sections
    last = section.rows[-1]
    assert isinstance(last, Mark)
    assert last.text.startswith("capture ends: alice has waited ")


def test_peers_beyond_the_room_share_a_column() -> None:
    """With room for two, the busiest keeps a column and the others share one, which says how many they are."""
    (section,) = build_ladder(_trace("third-party"), max_peers=2).sections
    assert [column.kind for column in section.columns] == [ColumnKind.PEER, ColumnKind.SERVER, ColumnKind.OTHERS]
    assert section.columns[2].name == "2 other peers"
    assert section.remarks[0].startswith("One column for bob and carol: ")
    others = [row for row in section.rows if isinstance(row, Arrow) and 2 in (row.source, row.target)]
    assert {row.tone for row in others} == {Tone.SIGNAL}
    assert any(row.label == "carol: offer" for row in others)


def test_a_refusal_is_shown_with_what_was_refused() -> None:
    """Also of those who share a column, whose other requests are left out."""
    (section,) = build_ladder(_trace("errors"), max_peers=3).sections
    labels = [row.label for row in section.rows if isinstance(row, Arrow) and row.number == 6]
    assert labels == ["peer 99: wait", "peer 99: 500 Sorry"]


def test_a_name_as_long_as_a_line_is_shown_without_its_middle() -> None:
    """Neither the columns nor the rows grow with what a stranger calls himself."""
    trace = _trace("basic-call")
    peers = (replace(trace.peers[0], name="n" * 500), *trace.peers[1:])
    (section,) = build_ladder(replace(trace, peers=peers)).sections
    assert len(section.columns[0].name) == 64
    assert all(len(row.label) < 80 for row in section.rows if isinstance(row, Arrow))


def test_a_selection_still_knows_all_names() -> None:
    """Who is mentioned in a row has a name, also when only one peer was chosen."""
    trace = _trace("third-party")
    bob = select(trace, Selection(peer="bob"))
    labels = {row.label for row in _arrows(bob, whole=trace)}
    assert "carol joined" in labels
    released = {row.released_by for row in list_waits(bob, whole=trace).rows}
    assert "carol joined" in released


def test_of_a_list_that_was_cut_nobody_counts_the_rest() -> None:
    """That no line of it was captured does not make the newcomer alone."""
    labels = [(row.label, row.details) for row in _arrows(_trace("short-snap"))]
    assert ("you are 2", ()) in labels


def test_a_peer_that_was_there_before_the_capture_goes_by_its_number() -> None:
    """Of a peer whose sign-in was not captured the number is known, and its lifeline is there from the start."""
    (section,) = build_ladder(_trace("started-mid-call")).sections
    assert (section.columns[0].name, section.columns[0].id) == ("peer 1", None)
    assert section.rows[0].lifelines[0] is Lifeline.LISTENING


def test_each_session_has_a_section_with_a_heading() -> None:
    """Two servers are two ladders, and a restart of one is, too."""
    for name in ("two-servers", "server-restart"):
        sections = build_ladder(_trace(name)).sections
        assert len(sections) == 2
        assert all(section.heading for section in sections)
    assert "restart" in str(build_ladder(_trace("server-restart")).sections[1].heading)


def test_functions_are_named_when_asked_for() -> None:
    """With code, every arrow between the sample programs names who sent and who handled it."""
    (section,) = build_ladder(_trace("basic-call"), code=True, verbose=True).sections
    arrows = [row for row in section.rows if isinstance(row, Arrow)]
    assert all(row.sent_by and row.handled_by for row in arrows)
    assert arrows[0].sent_by[-1] == "PeerConnectionClient::OnConnect"
    assert not any(row.sent_by for row in _arrows(_trace("basic-call")))


def test_without_signaling_it_says_what_was_seen() -> None:
    """A capture in which no protocol is recognised has no section, and sentences that say what is in it."""
    (path,) = (CAPTURES / "websocket-deflate").glob("*.pcapng")
    trace = sigtrace.analyze(sigtrace.read(path), protocols=())
    ladder = build_ladder(trace)
    assert not ladder.sections
    assert {"TCP:", "HTTP:", "WebSocket:"} <= {sentence.split(" ")[0] for sentence in ladder.nothing}
    empty = replace(trace, captures=(), exchanges=(), roles=())
    assert build_ladder(empty).nothing[0] == "The capture holds no packets."


def test_in_a_selection_a_lifeline_is_what_it_is_in_the_whole() -> None:
    """Whose WebSocket was opened before what was selected can be reached all the same."""
    trace = _trace("skyrtc-mesh")
    ladder = build_ladder(select(trace, Selection(call=3)), whole=trace)
    (section,) = ladder.sections
    offer = next(row for row in section.rows if isinstance(row, Arrow) and row.label == "offer")
    assert [column.name[:8] for column in section.columns] == ["8ba30635", "10.77.0.1:3000"[:8], "851b551c"]
    assert offer.lifelines == (Lifeline.LISTENING, Lifeline.SERVER, Lifeline.LISTENING)


def test_who_closes_one_of_two_sockets_can_still_be_reached() -> None:
    """Carol leaves one room of two, and the server reaches her by the other's WebSocket until that closes too."""
    (section,) = build_ladder(_trace("chat-rooms")).sections
    place = next(at for at, column in enumerate(section.columns) if column.name == "carol")
    closing = [row for row in section.rows if isinstance(row, Arrow) and row.source == place and "closes" in row.label]
    assert [row.lifelines[place] for row in closing] == [Lifeline.LISTENING, Lifeline.BLIND]


def test_a_websocket_opens_once_for_all_that_goes_by_it() -> None:
    """Two namespaces of Socket.IO on one WebSocket are one row, not two."""
    rows = [row for section in build_ladder(_trace("socketio-rooms")).sections for row in section.rows]
    opened = [(row.number, row.source) for row in rows if isinstance(row, Arrow) and row.label == "opens WebSocket"]
    assert sorted(number for number, _ in opened) == [7, 7, 28, 28]  # of two sessions, once in each
