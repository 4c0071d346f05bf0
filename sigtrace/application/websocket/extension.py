"""Negotiating permessage-deflate: the header field ↔ what both sides agreed to (RFC 7692 §7.1, RFC 6455 §9.1)."""

from __future__ import annotations

import re
from typing import Final, NamedTuple

PERMESSAGE_DEFLATE: Final = "permessage-deflate"
_BITS = frozenset(str(bits) for bits in range(8, 16))
_ITEM = re.compile(r'(?:"(?:[^"\\]|\\.)*"|[^",])+')  # of a list: a comma within quotes does not end it
_FLAGS = ("server_no_context_takeover", "client_no_context_takeover")
_WINDOWS = ("server_max_window_bits", "client_max_window_bits")


class Compression(NamedTuple):
    """What permessage-deflate was agreed to be."""

    server_no_context_takeover: bool = False  # the server begins every message with an empty window
    client_no_context_takeover: bool = False
    server_max_window_bits: int = 15
    client_max_window_bits: int = 15


class Agreement(NamedTuple):
    """What a server accepted."""

    compression: Compression | None  # None: it must not compress
    problems: tuple[str, ...]  # what was not understood or not allowed in it, in words


def decode_extensions(value: str) -> Agreement:
    """Decode the Sec-WebSocket-Extensions of the answer.

    A parameter that is not as it should be is left out, and named: inflating needs only to know about the contexts,
    and copes with either.
    """
    compression = None
    problems: list[str] = []
    for item in _ITEM.findall(value):
        name, *parameters = (part.strip() for part in item.split(";"))
        if not name:
            continue
        if name.lower() != PERMESSAGE_DEFLATE:
            problems.append(f"extension {name[:40]!r} is not known")
        elif compression is not None:
            problems.append(f"{PERMESSAGE_DEFLATE} is accepted twice")
        else:
            compression = _read_parameters(parameters, problems)
    return Agreement(compression, tuple(problems))


def encode_extension(compression: Compression) -> str:
    """Encode an agreement as a server accepts it."""
    flags = [name for name, value in zip(_FLAGS, compression[:2], strict=True) if value]
    windows = [f"{name}={bits}" for name, bits in zip(_WINDOWS, compression[2:], strict=True) if bits != 15]
    return "; ".join([PERMESSAGE_DEFLATE, *flags, *windows])


def _read_parameters(parameters: list[str], problems: list[str]) -> Compression:
    known: dict[str, bool | int] = {}
    for parameter in filter(None, parameters):
        name, equals, value = parameter.partition("=")
        name, value = name.strip().lower(), value.strip().strip('"')
        if name in known:
            problems.append(f"parameter {name} stands twice")
        elif name in _FLAGS and not equals:
            known[name] = True
        elif name in _WINDOWS and value in _BITS:
            known[name] = int(value)
        else:
            problems.append(f"parameter {parameter[:60]!r} of {PERMESSAGE_DEFLATE} is not known or not allowed")
    return Compression(
        server_no_context_takeover=bool(known.get(_FLAGS[0], False)),
        client_no_context_takeover=bool(known.get(_FLAGS[1], False)),
        server_max_window_bits=int(known.get(_WINDOWS[0], 15)),
        client_max_window_bits=int(known.get(_WINDOWS[1], 15)),
    )
