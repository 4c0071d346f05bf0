r"""Text of strangers made harmless: names, SDP, JSON and headers may hold anything, and a terminal obeys some of it.

Control characters become visible escapes, `\x1b`; so do what reorders text (bidirectional controls, `\u202e`), what
breaks lines (U+2028), and what cannot be seen or encoded. Everything that reaches an output line passes through here.
"""

from __future__ import annotations

from sigtrace.text import replace_harmful

_SHORT = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}


def make_visible(text: str) -> str:
    """Return a text in which nothing acts on a terminal; a harmless text comes back as it is."""
    return replace_harmful(text, _escape)


def make_ascii(text: str) -> str:
    """Return a text in ASCII: our own signs in plain forms, all else but no-break spaces as escapes."""
    plain = make_visible(text).translate(_PLAIN)
    return "\u00a0".join(part.encode("ascii", "backslashreplace").decode("ascii") for part in plain.split("\u00a0"))


def _escape(character: str) -> str:
    if character in _SHORT:
        return _SHORT[character]
    code = ord(character)
    if 0xDC80 <= code <= 0xDCFF:  # how Python holds a byte that is not UTF-8, in names of files
        code -= 0xDC00
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
