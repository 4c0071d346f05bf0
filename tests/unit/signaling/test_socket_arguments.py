"""Arguments of Socket.IO events as one line: short, and without secrets."""

from __future__ import annotations

import json
from typing import Any

import pytest

from sigtrace.signaling.message_json import MAX_JSON
from sigtrace.signaling.socket_arguments import SHOWN, arguments_of, show_arguments
from sigtrace.value import replace
from tests.builders.socket_packets import SocketTalk


def shown(*arguments: Any, name: str = "x", **more: Any) -> str:
    """Return how an event's arguments are shown."""
    return show_arguments(SocketTalk().meet("x").emits(name, *arguments, **more))


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        ([], ""),
        (["kitchen"], '"kitchen"'),
        (["kitchen", {"nick": "bob"}, None, [1, True]], '"kitchen", {"nick":"bob"}, null, [1,true]'),
        (["grüße"], '"grüße"'),
        (["a\nb\x1b"], '"a\\nb\\u001b"'),
        (["x" * 81], f'"{"x" * 79}…"'),
        (["\ud800"], '"\\ud800"'),
    ],
)
def test_shown_as_json(arguments: list[Any], text: str) -> None:
    """Each argument is shown as JSON, long texts cut."""
    assert shown(*arguments) == text


@pytest.mark.parametrize(
    "secret",
    [
        {"credential": "s3c"},
        {"user": {"Password": "s3c"}},
        [{"accessToken": "s3c"}],
        {"auth": {"anything": "s3c"}},
        {"api_key": "s3c"},
        {"pass": "s3c"},
    ],
)
def test_secrets_are_masked(secret: Any) -> None:
    """What lets somebody in is masked, however deep it is and whatever it holds."""
    assert "s3c" not in shown(secret)
    assert "***" in shown(secret)


def test_events_about_secrets_are_masked_whole() -> None:
    """Of an event that is named for a secret, no argument is shown; without arguments there is nothing to mask."""
    assert shown("bob", "s3c", name="authenticate") == "***"
    assert shown(name="authenticated") == ""


@pytest.mark.parametrize("harmless", [{"author": "bob"}, {"passenger": "bob"}, {"token": ""}, {"compass": "north"}])
def test_what_only_sounds_like_a_secret_is_shown(harmless: dict[str, str]) -> None:
    """Other words with the same letters are no secrets, and neither is one that is not there."""
    assert shown(harmless) == json.dumps(harmless, separators=(",", ":"))


def test_attachments_are_told_by_their_size() -> None:
    """What stands for binary data says how much it is."""
    placeholders = [{"_placeholder": True, "num": number} for number in (0, 1, -1, "0")]
    assert shown(*placeholders, attachments=(b"abc",)) == '"<3 bytes>", "<bytes>", "<bytes>", "<bytes>"'


def test_a_line_is_bounded() -> None:
    """However many arguments there are, the line has an end that says that there is more."""
    line = shown(*range(10_000))
    assert len(line) == SHOWN
    assert line.endswith("…")


def test_what_cannot_be_read() -> None:
    """A payload that is no array of JSON has no arguments, and is told by its length."""
    packet = SocketTalk().meet("x").emits("x")
    for payload in ("{}", "[7", "nonsense"):
        odd = replace(packet, payload=payload)
        assert arguments_of(odd) is None
        assert show_arguments(odd) == f"{len(payload)} characters that are no JSON"
    assert show_arguments(replace(packet, payload=f'["{"x" * MAX_JSON}"]')).endswith("too long to be read")
    assert arguments_of(replace(packet, payload="")) == []
