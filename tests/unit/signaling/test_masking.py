"""Masking: secrets in what is shown of a message."""

from __future__ import annotations

import pytest

from sigtrace.signaling.masking import mask_secrets


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ('{"type":"auth","token":"abc"}', '{"type":"auth","token":"***"}'),
        ('{"userPassword" : "a\\"b", "x":1}', '{"userPassword" : "***", "x":1}'),
        ('{"credential":12345}', '{"credential":"***"}'),
        ('{"access_token":"abc', '{"access_token":"***"'),
        ('{"user":"token"}', '{"user":"token"}'),
        ("the secret: is out", "the secret: is out"),
    ],
)
def test_values_of_members_called_like_secrets_are_masked(text: str, masked: str) -> None:
    """Members keep their names, all else stays as it was."""
    assert mask_secrets(text) == masked
