"""Several encodings of one source: restriction identifiers (RFC 8851) and simulcast (RFC 8853)."""

from __future__ import annotations

from sigtrace.errors import DecodeError
from sigtrace.value import Value

_WAYS = frozenset({"send", "recv"})


class Rid(Value, frozen=True, kw_only=True):
    """One encoding and its limits (`a=rid`, RFC 8851 §4)."""

    id: str
    direction: str  # "send" or "recv"
    formats: tuple[str, ...]  # payload types it may use, as written; empty for all of the section
    restrictions: tuple[tuple[str, str | None], ...]  # ("max-width", "1280"), in order, without `pt`


class SimulcastVersion(Value, frozen=True, kw_only=True):
    """One encoding of a simulcast stream; several are alternatives for the same stream."""

    rid: str
    paused: bool  # written "~rid": starts without being sent


class Simulcast(Value, frozen=True, kw_only=True):
    """The simulcast streams of a section, each with its alternatives in order of preference (RFC 8853 §5.1)."""

    send: tuple[tuple[SimulcastVersion, ...], ...]
    receive: tuple[tuple[SimulcastVersion, ...], ...]


def decode_rid(value: str) -> Rid:
    """Decode `hi send pt=96,97;max-width=1280`. Raises DecodeError. Source: RFC 8851 §10."""
    fields = value.split(maxsplit=2)
    if len(fields) < 2 or fields[1] not in _WAYS:
        raise DecodeError("a rid has an id, then send or recv")
    restrictions: list[tuple[str, str | None]] = []
    formats: tuple[str, ...] = ()
    for item in fields[2].split(";") if len(fields) == 3 else ():
        name, equals, text = item.strip().partition("=")
        if name == "pt":
            formats = tuple(text.split(","))
        elif name:
            restrictions.append((name, text if equals else None))
    return Rid(id=fields[0], direction=fields[1], formats=formats, restrictions=tuple(restrictions))


def decode_simulcast(value: str) -> Simulcast:
    """Decode `send hi;mid,~lo recv 4`, and `send rid=hi;lo` of the earlier drafts that Firefox wrote.

    Raises:
        DecodeError: no pairs of a direction and its streams, or one direction twice.

    Source: RFC 8853 §5.1.
    """
    fields = value.split()
    ways = fields[::2]
    if not fields or len(fields) % 2 or not _WAYS.issuperset(ways) or len(set(ways)) != len(ways):
        raise DecodeError("not send or recv with their streams")
    streams = dict(zip(ways, fields[1::2], strict=True))
    return Simulcast(send=_decode_streams(streams.get("send", "")), receive=_decode_streams(streams.get("recv", "")))


def _decode_streams(text: str) -> tuple[tuple[SimulcastVersion, ...], ...]:
    text = text.removeprefix("rid=")
    return tuple(
        tuple(
            SimulcastVersion(rid=version.removeprefix("~"), paused=version.startswith("~"))
            for version in stream.split(",")
        )
        for stream in text.split(";")
        if stream
    )
