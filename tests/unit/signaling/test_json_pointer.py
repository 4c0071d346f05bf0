"""JSON pointers lead where RFC 6901 says."""

from __future__ import annotations

import json
from typing import Any

import pytest

from sigtrace.errors import DecodeError
from sigtrace.signaling.json_pointer import MISSING, decode_pointer

DOCUMENT = json.loads(
    r'{"foo": ["bar", "baz"], "": 0, "a/b": 1, "c%d": 2, "e^f": 3, "g|h": 4, "i\\j": 5, "k\"l": 6, " ": 7, "m~n": 8}'
)
"""RFC 6901 §5."""


@pytest.mark.parametrize(
    ("text", "value"),
    [
        *(("", DOCUMENT), ("/foo", ["bar", "baz"]), ("/foo/0", "bar"), ("/", 0), ("/a~1b", 1), ("/c%d", 2)),
        *(("/e^f", 3), ("/g|h", 4), (r"/i\j", 5), ('/k"l', 6), ("/ ", 7), ("/m~0n", 8)),
        *(("/foo/2", MISSING), ("/foo/-", MISSING), ("/foo/01", MISSING), ("/no/way", MISSING), ("/foo/0/x", MISSING)),
        *(("/foo/" + "9" * 30, MISSING), ("?room", "1"), ("?other", MISSING)),
    ],
)
def test_pointer_leads(text: str, value: Any) -> None:
    """Each pointer of the RFC leads to what it says, others to nothing, `?` to a parameter of the query."""
    assert decode_pointer(text).resolve(DOCUMENT, {"room": "1"}) == value


@pytest.mark.parametrize("text", ["foo", "/a~2", "/a~", "#/foo", "?"])
def test_wrong_pointers_are_refused(text: str) -> None:
    """What is no pointer is refused."""
    with pytest.raises(DecodeError, match="no JSON pointer"):
        decode_pointer(text)
