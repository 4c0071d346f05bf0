"""RTP header extensions as a section maps them to numbers (RFC 8285 §5)."""

from __future__ import annotations

from sigtrace.errors import DecodeError
from sigtrace.sdp.direction import DIRECTIONS, Direction
from sigtrace.sdp.integer import decode_integer
from sigtrace.value import Value

ENCRYPTED = "urn:ietf:params:rtp-hdrext:encrypt"  # RFC 6904 §4: the extension it encrypts is its first attribute
_MAX_ID = 255  # of the two-byte header
_PROVISIONAL = range(4096, 4352)  # an offer's ids beyond what headers hold; the answer picks among them


class HeaderExtension(Value, frozen=True, kw_only=True, cache_hash=True):
    """One `a=extmap` line."""

    id: int
    direction: Direction | None  # None: that of the section
    uri: str
    attributes: str | None  # as written, after the URI

    @property
    def identity(self) -> tuple[str, str]:
        """What makes two extensions the same: the URI, and for an encrypted one what it encrypts."""
        encrypted = self.attributes if self.uri == ENCRYPTED else None
        return self.uri, encrypted.split()[0] if encrypted else ""


def decode_extension(value: str) -> HeaderExtension:
    """Decode `3/sendonly urn:ietf:params:rtp-hdrext:sdes:mid`.

    Raises:
        DecodeError: no URI, an id outside 1 to 255 and 4096 to 4351, or an unknown direction.

    Source: RFC 8285 §5, §8.
    """
    fields = value.split(maxsplit=2)
    if len(fields) < 2:
        raise DecodeError("an extension has an id and a URI")
    number, slash, word = fields[0].partition("/")
    identifier = decode_integer(number, "id of the extension", low=1, high=_PROVISIONAL[-1])
    if identifier > _MAX_ID and identifier not in _PROVISIONAL:
        raise DecodeError("id of the extension is outside 1 to 255 and 4096 to 4351")
    if slash and word not in DIRECTIONS:
        raise DecodeError("unknown direction of the extension")
    return HeaderExtension(
        id=identifier,
        direction=DIRECTIONS.get(word),
        uri=fields[1],
        attributes=fields[2].rstrip() if len(fields) == 3 else None,
    )
