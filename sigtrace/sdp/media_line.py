"""The `m=` line that opens a media section: the kind of media, where it goes, how, and in which formats."""

from __future__ import annotations

from sigtrace.errors import DecodeError
from sigtrace.sdp.codec import PAYLOAD_TYPES
from sigtrace.sdp.integer import MAX_16, decode_integer, decode_port
from sigtrace.value import Value


class MediaLine(Value, frozen=True, kw_only=True):
    """An `m=` line (RFC 8866 §5.14)."""

    kind: str  # "audio", "video", "application", …
    port: int | None  # None where it could not be read
    port_count: int  # 1 unless the line says `port/count`
    protocol: str
    formats: tuple[str, ...]

    @property
    def payload_types(self) -> tuple[int, ...]:
        """The formats as numbers, where the protocol is RTP; those that are no payload types are left out."""
        if "RTP/" not in self.protocol:
            return ()
        return tuple(PAYLOAD_TYPES[text] for text in self.formats if text in PAYLOAD_TYPES)


def decode_media_line(value: str) -> MediaLine:
    """Decode `audio 9 UDP/TLS/RTP/SAVPF 111 63`.

    Raises:
        DecodeError: fewer than four fields, a port outside 0 to 65535, or an RTP format that is no payload type.

    Source: RFC 8866 §5.14.
    """
    fields = value.split()
    if len(fields) < 4:
        raise DecodeError(f"a media line has at least 4 fields, not {len(fields)}")
    port, slash, count = fields[1].partition("/")
    line = MediaLine(
        kind=fields[0],
        port=decode_port(port),
        port_count=decode_integer(count, "number of ports", low=1, high=MAX_16) if slash else 1,
        protocol=fields[2],
        formats=tuple(fields[3:]),
    )
    if "RTP/" in line.protocol and len(line.payload_types) < len(line.formats):
        raise DecodeError("a format is no payload type")
    return line


def salvage_media_line(value: str) -> MediaLine:
    """Decode what can be read of a damaged line, for its section and those after it must keep their places."""
    kind, port, protocol, *formats = [*value.split(), *("",) * 3]
    try:
        number = decode_port(port.partition("/")[0])
    except DecodeError:
        number = None
    return MediaLine(
        kind=kind, port=number, port_count=1, protocol=protocol, formats=tuple(text for text in formats if text)
    )
