"""RTP header extensions."""

from __future__ import annotations

from sigtrace.sdp.direction import Direction
from sigtrace.sdp.extension import ENCRYPTED, HeaderExtension, decode_extension


def test_extension_has_direction_and_attributes() -> None:
    """An extension is read whole, ids of the two-byte header and provisional ones included."""
    assert decode_extension("4096/recvonly urn:example:x with some words") == HeaderExtension(
        id=4096, direction=Direction.RECVONLY, uri="urn:example:x", attributes="with some words"
    )
    assert decode_extension("255 urn:example:x").direction is None


def test_encrypted_extensions_are_told_apart() -> None:
    """Two encrypted extensions are the same only when they encrypt the same."""
    one, other, same = (decode_extension(f"1 {ENCRYPTED} {uri}") for uri in ("urn:a", "urn:b", "urn:a attributes"))
    assert one.identity == same.identity != other.identity


def test_attributes_do_not_make_another_extension() -> None:
    """An extension that is not encrypted is known by its URI alone."""
    assert decode_extension("1 urn:a x").identity == decode_extension("2 urn:a y").identity
