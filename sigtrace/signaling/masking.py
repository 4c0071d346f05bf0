"""Secrets in what is shown of a message: they stay in its bytes, and out of charts that people pass on."""

from __future__ import annotations

import re
from typing import Final

_SECRET: Final = re.compile(
    r'("[^"\\]{0,24}(?:token|passw|secret|credential|authorization|apikey|api_key)[^"\\]{0,24}"\s*:\s*)'
    r'(?:"(?:[^"\\]|\\.)*"?|[\w.+-]+)',
    re.IGNORECASE,
)


def mask_secrets(text: str) -> str:
    """Return JSON, or a part of it, with the values of members that are called like secrets written as `***`."""
    return _SECRET.sub(r'\1"***"', text)
