"""Text of the wire keeps its bytes, and what could act in it is known."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from sigtrace.text import MARKS_KEPT, decode_text, encode_text, keep_text, replace_harmful
from tests.builders.hostile import TEXTS, hostile, hostile_bytes


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (b"plain \\ backslash, \\n and \\x4", "plain \\ backslash, \\n and \\x4"),
        ("Jürgen 山田".encode(), "Jürgen 山田"),
        (b"J\xfcrgen", "J\\xfcrgen"),
        (b"\\xfc", "\\x5cxfc"),
        (b"\\\xfc", "\\\\xfc"),
        (b"\\\\xfc", "\\\\x5cxfc"),
        (b"\\xFC", "\\xFC"),
        (b"\xed\xa0\x80", "\\xed\\xa0\\x80"),
        (b"\xc0\xaf", "\\xc0\\xaf"),
    ],
)
def test_the_form_of_what_is_not_utf8(data: bytes, text: str) -> None:
    """A byte that is not UTF-8 is four characters, and letters that look like them have their backslash so."""
    assert decode_text(data) == text
    assert encode_text(text) == data


@given(hostile_bytes | st.binary(max_size=40))
@example(b"\\x5cxff\xff")
def test_every_byte_comes_back(data: bytes) -> None:
    """Whatever the bytes are, their text is valid UTF-8 and gives them again."""
    text = decode_text(data)
    text.encode()
    assert encode_text(text) == data


@given(hostile_bytes)
def test_what_python_holds_as_surrogates_is_kept_as_bytes(data: bytes) -> None:
    """A name of a file has the same form as the bytes that it is on disk."""
    assert keep_text(data.decode("utf-8", "surrogateescape")) == decode_text(data)


@given(st.text(st.characters(codec=None)))
def test_no_surrogate_stays(text: str) -> None:
    """Halves of pairs are spelled out, and all else is as it was."""
    kept = keep_text(text)
    kept.encode()
    if not any(0xD800 <= ord(one) <= 0xDFFF for one in text) and "\\x" not in text:
        assert kept == text


@pytest.mark.parametrize(
    "text", ["", "alice@host-a", "李华 Söhne 🙂", "Nguyễn", "e\u0301", "שָׁלוֹם", "a\u00a0b\u3000c", "µ…·"]
)
def test_what_people_write_is_left_alone(text: str) -> None:
    """Letters, marks on letters, ideographs, emoji and spaces are what they were."""
    assert replace_harmful(text, lambda _: "?") == text


@given(hostile | st.text(st.characters(codec=None)))
def test_nothing_harmful_stays(text: str) -> None:
    """What is left can be seen and encoded, acts on nothing, and is left as it is the second time."""
    harmless = replace_harmful(text, lambda one: f"<{ord(one):x}>")
    assert not {unicodedata.category(one) for one in harmless} & {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
    assert replace_harmful(harmless, lambda _: "?") == harmless
    harmless.encode()


@pytest.mark.parametrize("text", [one for one in TEXTS if any(map(unicodedata.combining, one))])
def test_marks_do_not_pile_up(text: str) -> None:
    """On one letter there are no more marks than any language has, and none without a letter."""
    kept = replace_harmful(text, lambda _: "?")
    run = 0
    assert not unicodedata.combining(kept[0])
    for one in kept:
        run = run + 1 if unicodedata.combining(one) else 0
        assert run <= MARKS_KEPT
