r"""JSONP polling: an answer is a script that calls `___eio[n]("…")`, and a form's field `d` is what the client sends.

Source: engine.io `lib/transports/polling-jsonp.js`, socket.io 0.9 `lib/transports/jsonp-polling.js`; its `htmlfile`
sends one script element after another.
"""

from __future__ import annotations

import json
import re
from typing import Final
from urllib.parse import quote_plus, unquote_to_bytes

_SCRIPT: Final = re.compile(rb'(?:/\*\*/)?(?:___eio|io\.j)\[\d*\]\((".*")\);?\s*', re.DOTALL)
_ELEMENT: Final = re.compile(rb'<script>_\(("[^"\\]*(?:\\.[^"\\]*)*")\);</script>', re.DOTALL)
_NEWLINES: Final = re.compile(rb"(\\)?\\n")


def unwrap_script(body: bytes) -> bytes | None:
    """Return the text that a script calls back with; None when it is no such script."""
    script = _SCRIPT.fullmatch(body)
    return _decode_string(script[1]) if script else None


def wrap_script(text: bytes, number: int, caller: str = "___eio") -> bytes:
    """Make the script of an answer."""
    string = json.dumps(text.decode("utf-8", "surrogateescape"), ensure_ascii=False)
    return f"{caller}[{number}]({string});".encode("utf-8", "surrogateescape")


def unwrap_form(body: bytes) -> bytes | None:
    """Return the field `d` of a form, newlines as they were before browsers could change them; None without one."""
    text = _field(body)
    if text is None:
        return None
    text = _NEWLINES.sub(lambda found: found[0] if found[1] else b"\n", text)
    return text.replace(b"\\\\n", b"\\n")


def wrap_form(text: bytes) -> bytes:
    """Make a form of Engine.IO."""
    return b"d=" + quote_plus(text.replace(b"\\n", b"\\\\n").replace(b"\n", b"\\n")).encode()


def unwrap_legacy_form(body: bytes) -> bytes | None:
    """Return what the field `d` of Socket.IO 0.9 holds, which is a JSON string; None without one."""
    text = _field(body)
    return None if text is None else _decode_string(text)


def wrap_legacy_form(text: bytes) -> bytes:
    """Make a form of Socket.IO 0.9."""
    return b"d=" + quote_plus(json.dumps(text.decode("utf-8", "surrogateescape"))).encode()


def unwrap_elements(body: bytes) -> list[bytes]:
    """Return the texts of all script elements of an `htmlfile` answer."""
    return [text for found in _ELEMENT.finditer(body) if (text := _decode_string(found[1])) is not None]


def _field(body: bytes) -> bytes | None:
    for field in body.split(b"&"):
        if field.startswith(b"d="):
            return unquote_to_bytes(field[2:].replace(b"+", b" "))
    return None


def _decode_string(string: bytes) -> bytes | None:
    try:
        text = json.loads(string.decode("utf-8", "surrogateescape"))
    except (ValueError, RecursionError):
        return None
    if not isinstance(text, str):
        return None
    try:
        return text.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:  # halves of pairs, which no bytes can spell
        return text.encode("utf-8", "surrogatepass")
