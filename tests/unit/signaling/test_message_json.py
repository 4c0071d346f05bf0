"""JSON in messages: what is within the bounds is read, what is not is told and never raised."""

from __future__ import annotations

import pytest

from sigtrace.errors import DecodeError
from sigtrace.signaling.content import SignalKind, decode_content
from sigtrace.signaling.message_json import MAX_DEPTH, MAX_DIGITS, MAX_JSON, decode_object
from tests.builders.exchanges import body_of


def nested(levels: int) -> str:
    """Return an object with arrays inside each other, `levels` in all."""
    return '{"x":' + "[" * (levels - 1) + "]" * (levels - 1) + "}"


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ('{"type":"offer","type":"answer"}', {"type": "answer"}),
        ('{"x":"\\ud800"}', {"x": "\ud800"}),
        ('{"x":-9223372036854775808}', {"x": -(2**63)}),
        ('{"x":' + "7" * MAX_DIGITS + "}", {"x": int("7" * MAX_DIGITS)}),
        ('{"x":' + "7" * 10_000 + "}", {"x": "7" * 10_000}),
        ('{"x":"' + "[{" * 5_000 + '"}', {"x": "[{" * 5_000}),
        ('{"x":"\\"' + "[" * 500 + '\\\\"}', {"x": '"' + "[" * 500 + "\\"}),
    ],
)
def test_decoded(text: str, value: object) -> None:
    """Names twice, lone surrogates, long numbers and brackets inside strings are read."""
    assert decode_object(text) == value


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (nested(MAX_DEPTH + 1), "levels"),
        (nested(100_000), "levels"),
        ('{"x":"' + "y" * MAX_JSON + '"}', "characters"),
        ("{", "is not"),
        ("[]", "is not"),
        ('{"a":' * 90_000, "levels"),
        ('{"x":"' + '\\"' * 300_000, "is not"),
    ],
)
def test_refused(text: str, reason: str) -> None:
    """What is no object, or beyond a bound, is refused with the reason."""
    with pytest.raises(DecodeError, match=reason):
        decode_object(text)


def test_deepest() -> None:
    """As many levels as the bound says are read."""
    assert decode_object(nested(MAX_DEPTH))


def test_refused_json_is_text_with_a_problem() -> None:
    """A message beyond a bound is text, and says why it is no more."""
    content = decode_content(body_of(nested(100_000).encode()))
    assert content.kind is SignalKind.TEXT
    assert content.problem is not None
    assert "levels" in content.problem


def test_surrogate_in_a_candidate() -> None:
    """A lone surrogate inside a candidate is spelled out, so that it can be encoded."""
    text = r'{"candidate":"candidate:1 1 udp 1 192.0.2.1 9 typ host x \ud800","sdpMid":"\udfff","sdpMLineIndex":0}'
    content = decode_content(body_of(text.encode()))
    assert content.candidate is not None
    assert content.candidate.extension("x") == "\\ud800"
    assert content.mid == "\\udfff"
