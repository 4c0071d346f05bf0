"""Text that came over the wire, as Python text: nothing is lost, and making it harmless is left to renderers."""

from __future__ import annotations


def decode_text(data: bytes) -> str:
    r"""Decode wire bytes as UTF-8; a byte that is not UTF-8 becomes the four characters `\xNN`.

    The result can always be encoded again, which surrogates could not; `docs/export.md` documents the form.
    """
    return data.decode("utf-8", "backslashreplace")
