"""A dialect file makes a protocol: of what it matches everything is told as it says, and mistakes in it by line."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sigtrace.calls.acts import ActKind
from sigtrace.calls.signals import Fate
from sigtrace.calls.waits import Release
from sigtrace.errors import SelectionError
from sigtrace.signaling import PROTOCOLS
from sigtrace.signaling.content import SignalKind
from sigtrace.signaling.dialect import Dialect
from sigtrace.signaling.dialect_file import POINTERS, VerbMeaning, decode_dialect
from sigtrace.signaling.protocol import Fit
from tests.builders.homemade import ANSWER, CANDIDATE, OFFER, Line, labels

EXAMPLE = (Path(__file__).parents[3] / "docs/how-to/example-dialect.toml").read_text(encoding="utf-8")

ROOMS = """
name = "rooms"
match.exists = ["/op"]
pointers = { verb = "/op", from = "/by", to = "/for", peer = "/who", room = "/where", name = "/called", text = "/why" }
[verbs]
"""


def test_the_example_describes_a_call() -> None:
    """With the example of the documentation all of its relay is told, candidates in strings of JSON too."""
    line = Line(target=b"/tight?as=ann")
    line.hears("a", {"action": "ready", "dst": "ann", "body": {"here": ["ben"]}})
    for verb, body in [
        ("call", {"jsep": {"type": "offer", "sdp": OFFER}}),
        ("net", {"ice": {"candidate": CANDIDATE, "sdpMid": "0", "sdpMLineIndex": 0}}),
        ("net", json.dumps({"ice": None})),
        ("accept", {"jsep": ANSWER}),
        ("mood", {"text": "fine"}),
        ("hangup", {"why": "done"}),
    ]:
        message = {"action": verb, "dst": "ben", "src": "ann", "body": body}
        line.says("a", message)
        line.hears("b", message)
    line.says("a", {"action": "dance", "dst": "ben", "src": "ann", "body": {}})
    line.says("a", b"{}", whole=False)
    reading = line.read(Dialect.of_text(EXAMPLE), *PROTOCOLS)
    assert set(reading.events) == {"relay"}
    assert [notice.code for notice in reading.notices] == ["dialect.unknown-event"]
    history = line.history(Dialect.of_text(EXAMPLE), *PROTOCOLS)
    assert list(labels(history)) == [
        *("offer ann>ben", "candidate ann>ben", "end-of-candidates ann>ben", "answer ann>ben", "text ann>ben"),
        *("bye ann>ben", "unreadable ann>None"),
    ]
    assert history.signals[1].content.mid == "0"
    assert [act.kind for act in history.acts] == [ActKind.JOINED, ActKind.UNKNOWN]


def dialect(verbs: str) -> Dialect:
    """Return a dialect of rooms with some verbs."""
    return Dialect.of_text(ROOMS + verbs)


@pytest.mark.parametrize(
    ("meaning", "kind", "from_client"),
    [
        ("identified", ActKind.IDENTIFIED, False),
        ("join", ActKind.JOIN_ASKED, True),
        ("joined", ActKind.JOINED, False),
        ("refused", ActKind.JOIN_REFUSED, False),
        ("leave", ActKind.LEAVE_ASKED, True),
        ("peer-joined", ActKind.TOLD_JOINED, False),
        ("peer-left", ActKind.TOLD_LEFT, False),
        ("remark", ActKind.REMARK, True),
    ],
)
def test_coming_and_going(meaning: str, kind: ActKind, from_client: bool) -> None:  # noqa: FBT001 - a column
    """Each meaning of coming and going becomes the act of that kind."""
    line = Line()
    message = {"op": "x", "who": "u1", "where": "r", "called": "Una", "why": "because"}
    (line.says if from_client else line.hears)("a", message)
    (act,) = line.history(dialect(f'x = "{meaning}"')).acts
    assert act.kind is kind


def test_ignored_messages_are_silent() -> None:
    """What is to be ignored leaves no trace."""
    line = Line()
    line.says("a", {"op": "tick"})
    reading = line.read(dialect('tick = "ignore"'))
    assert not reading.events
    assert not reading.notices


def test_verbs_by_direction() -> None:
    """A verb may mean one thing to the server and another from it."""
    line = Line()
    line.says("a", {"op": "join", "who": "u1", "where": "r"})
    line.hears("b", {"op": "join", "who": "u1"})
    verbs = 'client.join = "join"\nserver.join = "peer-joined"'
    assert [act.kind for act in line.history(dialect(verbs)).acts] == [ActKind.JOIN_ASKED, ActKind.TOLD_JOINED]


def test_mailbox_over_http() -> None:
    """Over HTTP, POSTs send and GETs poll; `?` names a parameter, and `messages` the list that a poll brings."""
    line = Line()
    line.asks("c", "/box?me=cal", answer={"mail": []})
    line.asks("b", "/box?for=cal&me=ben", {"k": "o", "d": OFFER})
    line.asks("c", "/box?me=cal", answer={"mail": [{"k": "o", "d": OFFER, "by": "ben"}]})
    text = """
    name = "box"
    match = { path = "/box", messages = "/mail" }
    pointers = { verb = "/k", sdp = "/d", from = ["/by", "?me"], to = "?for" }
    verbs = { o = "offer" }
    """
    history = line.history(Dialect.of_text(text), *PROTOCOLS)
    assert list(labels(history)) == ["offer ben>cal"]
    assert history.signals[0].fate is Fate.DELIVERED
    assert [wait.released_by for wait in history.waits] == [Release.NOTHING, Release.MESSAGE]


def test_server_that_answers_itself() -> None:
    """An offer whose response is the answer goes to the path."""
    line = Line()
    line.asks("a", "/offer", {"type": "offer", "sdp": OFFER}, {"type": "answer", "sdp": ANSWER})
    text = 'name = "direct"\nmatch.path = "/off*"\npointers.sdp = "/sdp"'
    assert list(labels(line.history(Dialect.of_text(text)))) == ["offer 10.77.0.97>/offer", "answer /offer>10.77.0.97"]


def test_events_of_socket_io() -> None:
    """The name of an event is its verb, and its arguments are a list."""
    line = Line()
    line.emits("a", "signal", "B", {"sdp": OFFER})
    text = """
    name = "sio"
    transports = ["socket.io"]
    pointers = { to = "/0", sdp = "/1/sdp" }
    match = { exists = ["/1/sdp"] }
    verbs = { signal = "offer" }
    """
    (signal,) = line.history(Dialect.of_text(text)).signals
    assert (signal.kind, signal.receiver) == (SignalKind.OFFER, "B")


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("name = 1 2", r"x\.toml is not TOML: .*line 1"),
        ("", "x.toml: name is missing"),
        ("name = 'No Name'", "line 1: name must be small letters"),
        ("name = 'x'", "line 1: match or pointers.verb must say"),
        ("name = 'x'\ncolour = 1", "line 2: colour is not known here; there are name, transports"),
        ("name = 'x'\n[pointers]\nverb = '/a'\nsdb = '/b'", "line 4: pointers.sdb is not known"),
        ("name = 'x'\n[pointers]\nverb = 'a'", "line 3: verb cannot be used: 'a' is no JSON pointer"),
        ("name = 'x'\n[pointers]\nverb = 7", "line 3: verb is a text or a list of texts"),
        ("name = 'x'\npointers.verb = '/a'\n[verbs]\ncall = 'ofer'", "line 4: verbs.call means 'ofer'; a verb means"),
        ("name = 'x'\npointers.verb = '/a'\n[verbs.client]\n\"a b\" = 1", "line 4: verbs.client.a b means 1"),
        ("name = 'x'\ntransports = ['smtp']\npointers.verb = '/a'", "line 2: transports has 'smtp'"),
        ("name = 'x'\nmatch = 3", "line 2: match is a table"),
        ("name = 'x'\nmatch.equals = {'a' = 1}", "a cannot be used"),
        ("#" * 300_000, "300000 characters are no dialect"),
    ],
)
def test_mistakes_are_told_by_line(text: str, problem: str) -> None:
    """What is wrong in a file is said with the line it stands in, and where an example is."""
    with pytest.raises(SelectionError, match=problem) as caught:
        decode_dialect(text, "x.toml")
    assert "describe-a-dialect" in caught.value.hint


@given(st.text(), st.dictionaries(st.text(max_size=4), st.text(max_size=9) | st.integers(), max_size=3))
def test_any_text_is_a_dialect_or_an_error(text: str, table: dict[str, Any]) -> None:
    """Any text is decoded or refused, and nothing else happens."""
    for one in (text, f"name = 'x'\n[match]\nequals = {{ {text} }}", f"name = 'x'\n[pointers]\nverb = {table}"):
        try:
            decode_dialect(one, "x")
        except SelectionError as error:
            str(error).encode("utf-8", "surrogatepass")


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5) | st.sampled_from([OFFER, CANDIDATE]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from([*POINTERS, "id"]), inner, max_size=5),
    max_leaves=10,
)


@given(VALUES, st.sampled_from(VerbMeaning), st.booleans())
def test_any_message_is_told(value: Any, meaning: VerbMeaning, from_client: bool) -> None:  # noqa: FBT001 - drawn
    """Whatever stands where the pointers lead, a message is told."""
    pointers = "\n".join(f'{key} = "/{key}"' for key in POINTERS)
    made = Dialect.of_text(f'name = "x"\nmatch.exists = [""]\n[pointers]\n{pointers}\n[verbs]\nv = "{meaning.value}"')
    message = {**value, "verb": "v"} if isinstance(value, dict) else value
    line = Line()
    (line.says if from_client else line.hears)("a", message)
    line.emits("a", "v", value, from_client=from_client)
    line.asks("a", "/", message, message)
    for unit in line.units:
        assert made.fit(unit) in Fit
        list(made.decode(unit))
    line.history(made)
