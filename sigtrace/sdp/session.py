"""What a description says of the session as a whole: origin, timing, connection, bandwidth, groups (RFC 8866 §5)."""

from __future__ import annotations

from sigtrace.errors import DecodeError
from sigtrace.sdp.integer import MAX_64, decode_integer
from sigtrace.sdp.lines import decode_words
from sigtrace.value import Value


class Origin(Value, frozen=True, kw_only=True):
    """Who made the description, and which version of it this is (`o=`, RFC 8866 §5.2)."""

    username: str
    session_id: str  # digits, as written
    version: int  # goes up with every change of the description
    network_type: str
    address_type: str
    address: str


class Timing(Value, frozen=True, kw_only=True):
    """When the session is active, in seconds since 1900; zeros for "always" (`t=`, RFC 8866 §5.9)."""

    start: int
    stop: int


class Connection(Value, frozen=True, kw_only=True):
    """Where media goes (`c=`, RFC 8866 §5.7). WebRTC writes 0.0.0.0 here and lets ICE find out."""

    network_type: str
    address_type: str
    address: str  # as written, with `/ttl` where there is one


class Bandwidth(Value, frozen=True, kw_only=True):
    """The bandwidth to use (`b=`, RFC 8866 §5.8): `AS` in kbit/s, `TIAS` in bit/s (RFC 3890)."""

    kind: str
    value: int


class Group(Value, frozen=True, kw_only=True):
    """Sections that belong together (`a=group`, RFC 5888 §5), as `BUNDLE` (RFC 9143) and `LS` say."""

    semantics: str
    mids: tuple[str, ...]


class MsidSemantic(Value, frozen=True, kw_only=True):
    """What msids mean (`a=msid-semantic`, an early draft of RFC 8830): `WMS` and the ids of the streams, or `*`."""

    semantics: str
    streams: tuple[str, ...]


def decode_version(value: str) -> str:
    """Decode `0`, the only version there is. Raises DecodeError. Source: RFC 8866 §5.1."""
    if value.strip() != "0":
        raise DecodeError("not version 0")
    return "0"


def decode_origin(value: str) -> Origin:
    """Decode `- 1481159559777368470 2 IN IP4 127.0.0.1`. Raises DecodeError. Source: RFC 8866 §5.2."""
    fields = value.split()
    if len(fields) != 6:
        raise DecodeError(f"an origin has 6 fields, not {len(fields)}")
    version = decode_integer(fields[2], "version of the session", high=MAX_64)
    return Origin(
        username=fields[0],
        session_id=fields[1],
        version=version,
        network_type=fields[3],
        address_type=fields[4],
        address=fields[5],
    )


def decode_timing(value: str) -> Timing:
    """Decode `0 0`. Raises DecodeError. Source: RFC 8866 §5.9."""
    fields = value.split()
    if len(fields) != 2:
        raise DecodeError(f"a timing has 2 fields, not {len(fields)}")
    start, stop = (decode_integer(field, "time", high=MAX_64) for field in fields)
    return Timing(start=start, stop=stop)


def decode_connection(value: str) -> Connection:
    """Decode `IN IP4 224.2.36.42/127`. Raises DecodeError. Source: RFC 8866 §5.7."""
    fields = value.split()
    if len(fields) != 3:
        raise DecodeError(f"a connection has 3 fields, not {len(fields)}")
    return Connection(network_type=fields[0], address_type=fields[1], address=fields[2])


def decode_bandwidth(value: str) -> Bandwidth:
    """Decode `AS:500`. Raises DecodeError. Source: RFC 8866 §5.8."""
    kind, _, amount = value.strip().partition(":")
    return Bandwidth(kind=kind, value=decode_integer(amount, "bandwidth", high=MAX_64))


def decode_group(value: str) -> Group:
    """Decode `BUNDLE 0 1`. Raises DecodeError. Source: RFC 5888 §5."""
    semantics, *mids = decode_words(value)
    return Group(semantics=semantics, mids=tuple(mids))


def decode_msid_semantic(value: str) -> MsidSemantic:
    """Decode ` WMS stream`; libwebrtc writes the space in front. Raises DecodeError."""
    semantics, *streams = decode_words(value)
    return MsidSemantic(semantics=semantics, streams=tuple(streams))
