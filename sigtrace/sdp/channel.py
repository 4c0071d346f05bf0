"""Where the data channel and RTCP go: the attributes of a section that name further ports."""

from __future__ import annotations

from sigtrace.errors import DecodeError
from sigtrace.sdp.integer import MAX_16, MAX_64, decode_integer, decode_port
from sigtrace.sdp.session import Connection, decode_connection
from sigtrace.value import Value


class Rtcp(Value, frozen=True, kw_only=True):
    """Where RTCP goes when it is not multiplexed (`a=rtcp`, RFC 3605 §2.1)."""

    port: int
    connection: Connection | None


class SctpMap(Value, frozen=True, kw_only=True):
    """A data channel as the drafts before RFC 8841 wrote it (`a=sctpmap`)."""

    port: int
    application: str
    streams: int | None


def decode_rtcp(value: str) -> Rtcp:
    """Decode `9 IN IP4 0.0.0.0`. Raises DecodeError. Source: RFC 3605 §2.1."""
    port, _, rest = value.strip().partition(" ")
    return Rtcp(port=decode_port(port), connection=decode_connection(rest) if rest else None)


def decode_sctp_port(value: str) -> int:
    """Decode `5000`. Raises DecodeError. Source: RFC 8841 §5."""
    return decode_port(value.strip())


def decode_max_message_size(value: str) -> int:
    """Decode `262144`, in bytes; 0 is without bound. Raises DecodeError. Source: RFC 8841 §6."""
    return decode_integer(value.strip(), "message size", high=MAX_64)


def decode_sctpmap(value: str) -> SctpMap:
    """Decode `5000 webrtc-datachannel 1024`. Raises DecodeError. Source: draft-ietf-mmusic-sctp-sdp-07 §6."""
    fields = value.split()
    if len(fields) not in {2, 3}:
        raise DecodeError(f"an sctpmap has 2 or 3 fields, not {len(fields)}")
    streams = decode_integer(fields[2], "streams", high=MAX_16) if len(fields) == 3 else None
    return SctpMap(port=decode_port(fields[0]), application=fields[1], streams=streams)
