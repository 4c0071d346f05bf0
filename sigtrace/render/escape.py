r"""Text of strangers made harmless: names, SDP, JSON and headers may hold anything, and a terminal obeys some of it.

Control characters become visible escapes, `\x1b`; so do what reorders text (bidirectional controls, `\u202e`), what
breaks lines (U+2028), and what cannot be seen or encoded. Everything that reaches an output line passes through here.
"""

from __future__ import annotations

import re

_HARMFUL = re.compile(
    "["
    "\x00-\x1f\x7f-\x9f"  # C0, DEL and C1: ESC and CSI among them
    "\u00ad\u061c\u115f\u1160\u17b4\u17b5\u180e"  # soft hyphen, Arabic letter mark, invisible fillers
    "\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f"  # zero width space, marks, separators, embeddings, isolates
    "\u200d\ufe00-\ufe0f"  # joiner, variation selectors: terminals disagree on how wide they make what they change
    "\ufeff\ufff9-\ufffb"  # byte order mark, annotations
    "\ud800-\udfff"  # surrogates: they cannot be encoded
    "\ufffe\uffff"
    "\U000e0000-\U000e0fff"  # tags
    "]"
)
_SHORT = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}


def make_visible(text: str) -> str:
    """Return a text in which nothing acts on a terminal; a harmless text comes back as it is."""
    return _HARMFUL.sub(_escape, text)


def make_ascii(text: str) -> str:
    """Return a text in ASCII: our own signs in plain forms, all else but no-break spaces as escapes."""
    plain = make_visible(text).translate(_PLAIN)
    return "\u00a0".join(part.encode("ascii", "backslashreplace").decode("ascii") for part in plain.split("\u00a0"))


def _escape(found: re.Match[str]) -> str:
    character = found[0]
    code = ord(character)
    if character in _SHORT:
        return _SHORT[character]
    if code < 0x100:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


_PLAIN = str.maketrans(
    {
        "·": "-",
        "…": "...",
        "\u00d7": "x",
        "µ": "u",
        "\u2013": "-",
        "→": "->",
        "←": "<-",
        "✓": "+",
        "✗": "x",
        "\u2019": "'",
    }
)
