"""Commands to try next, as words of a shell: what a person copies must do what it says, whatever a file is called."""

from __future__ import annotations

import shlex

from sigtrace.text import replace_harmful

STANDARD_INPUT = "-"


def quote_file(name: str) -> str:
    r"""Quote the name of a capture for a shell; it reads well, and stays one harmless word.

    What cannot be shown is written as bytes, `$'call\033.pcap'`, as bash, zsh and ksh read it. A name that would pass
    for an option is given its directory.
    """
    if name.startswith("-") and name != STANDARD_INPUT:
        name = f"./{name}"
    if replace_harmful(name, lambda _: "") == name:
        return shlex.quote(name)
    escaped = name.replace("\\", "\\\\").replace("'", "\\'")
    return f"$'{replace_harmful(escaped, _spell)}'"


def _spell(character: str) -> str:
    r"""Write each byte in octal: a digit of the name may follow, and of `\xNN` shells disagree on the length."""
    return "".join(f"\\{byte:03o}" for byte in character.encode("utf-8", "surrogateescape"))
