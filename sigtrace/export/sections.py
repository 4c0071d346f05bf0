"""Media sections of all descriptions as one table: a row for each, for spreadsheets and scripts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sigtrace.export.table import encode_row, safe_cell

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sigtrace.calls.signals import Signal
    from sigtrace.sdp.codec import Codec
    from sigtrace.sdp.media import MediaDescription
    from sigtrace.trace import Trace

SECTION_COLUMNS = (
    "call signal description from to at_ns index mid kind port protocol direction codecs ice_ufrag fingerprint setup"
    " candidates"
)
"""Names of the columns, in order."""


def render_sections(trace: Trace) -> Iterator[str]:
    """Yield the lines of the table, the column names first."""
    yield encode_row(SECTION_COLUMNS.split())
    for signal in trace.signals:
        if signal.content.description is not None:
            for media in signal.content.description.media:
                yield encode_row([safe_cell(value) for value in _row(signal, media)])


def _row(signal: Signal, media: MediaDescription) -> tuple[str | int | None, ...]:
    fingerprint = media.fingerprints[0] if media.fingerprints else None
    return (
        signal.call,
        signal.number,
        signal.kind.value,
        signal.sender,
        signal.receiver,
        signal.began_ns,
        media.index,
        media.mid,
        media.kind,
        media.port,
        media.protocol,
        media.direction.value,
        ", ".join(map(_codec, media.codecs)),
        media.ice_ufrag,
        f"{fingerprint.algorithm} {fingerprint.value}" if fingerprint else None,
        media.setup.value if media.setup else None,
        len(media.candidates),
    )


def _codec(codec: Codec) -> str:
    return f"{codec.payload_type} {codec.name}/{codec.clock_hz}" if codec.name else str(codec.payload_type)
