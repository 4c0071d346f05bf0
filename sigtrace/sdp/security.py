"""How media is kept secret: DTLS fingerprints and roles, and the older keys in the description itself (SDES)."""

from __future__ import annotations

import re
from enum import Enum

from sigtrace.errors import DecodeError
from sigtrace.sdp.integer import decode_integer
from sigtrace.value import Value

_HASH_LENGTHS = {"md5": 16, "sha-1": 20, "sha-224": 28, "sha-256": 32, "sha-384": 48, "sha-512": 64}  # bytes
_HEX_PAIRS = re.compile(r"[0-9A-Fa-f]{2}(?::[0-9A-Fa-f]{2})*")
_MAX_TAG = 999_999_999  # RFC 4568 §9.1: up to nine digits


class Setup(Enum):
    """Who opens the DTLS connection (`a=setup`, RFC 4145 §4, RFC 8842 §5)."""

    ACTIVE = "active"  # I am the DTLS client
    PASSIVE = "passive"  # I am the DTLS server
    ACTPASS = "actpass"  # you choose: what an offer says
    HOLDCONN = "holdconn"  # not now


class Fingerprint(Value, frozen=True, kw_only=True):
    """The hash of a DTLS certificate (`a=fingerprint`, RFC 8122 §5)."""

    algorithm: str  # lower case: "sha-256"
    value: str  # as written: "9D:1F:9B:…"


class Crypto(Value, frozen=True, kw_only=True):
    """An SRTP key offered in the open (`a=crypto`, RFC 4568 §9.1)."""

    tag: int
    suite: str  # "AES_CM_128_HMAC_SHA1_80"
    keys: tuple[str, ...]  # as written: "inline:…|2^20|1:4"
    session_parameters: tuple[str, ...]


def decode_setup(value: str) -> Setup:
    """Decode `actpass`. Raises DecodeError. Source: RFC 4145 §4."""
    try:
        return Setup(value.strip())
    except ValueError:
        raise DecodeError("not a role of RFC 4145") from None


def decode_fingerprint(value: str) -> Fingerprint:
    """Decode `sha-256 9D:1F:…`. Raises DecodeError: no hash, or not as long as its algorithm's. Source: RFC 8122 §5."""
    algorithm, _, digest = value.strip().partition(" ")
    algorithm, digest = algorithm.lower(), digest.strip()
    if not _HEX_PAIRS.fullmatch(digest):
        raise DecodeError("not pairs of hexadecimal digits between colons")
    length = (len(digest) + 1) // 3
    if length != _HASH_LENGTHS.get(algorithm, length):
        raise DecodeError(f"{algorithm} gives {_HASH_LENGTHS[algorithm]} bytes, not {length}")
    return Fingerprint(algorithm=algorithm, value=digest)


def decode_crypto(value: str) -> Crypto:
    """Decode `1 AES_CM_128_HMAC_SHA1_80 inline:…`. Raises DecodeError. Source: RFC 4568 §9.1."""
    fields = value.split()
    if len(fields) < 3:
        raise DecodeError(f"a crypto line has at least 3 fields, not {len(fields)}")
    return Crypto(
        tag=decode_integer(fields[0], "tag", high=_MAX_TAG),
        suite=fields[1],
        keys=tuple(fields[2].split(";")),
        session_parameters=tuple(fields[3:]),
    )
