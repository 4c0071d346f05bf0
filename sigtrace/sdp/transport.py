"""The transport of each section, bundles considered: who is the DTLS client, and where the SRTP keys come from.

In a bundle one transport serves all. Sections of it need not repeat transport attributes (RFC 9143 §7.1.3), so what a
section lacks of fingerprint, role and multiplexing is taken from the first section of its bundle.
"""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING

from sigtrace.sdp.security import Setup
from sigtrace.value import Value

if TYPE_CHECKING:
    from sigtrace.sdp.description import Description
    from sigtrace.sdp.media import MediaDescription


class Side(Enum):
    """One of the two parties of a negotiation."""

    OFFERER = "offerer"
    ANSWERER = "answerer"


class KeyExchange(Enum):
    """How the two sides get their SRTP keys."""

    DTLS = "dtls"
    SDES = "sdes"


class Transport(Value, frozen=True):
    """What counts for the transport of one section, from its own lines or from those of its bundle."""

    fingerprints: bool
    crypto: bool
    setup: Setup | None
    rtcp_mux: bool


# Source: RFC 8842 §5.3. A missing role follows from the other side's, unless that left the choice open.
_DTLS_CLIENTS = {
    (Setup.ACTPASS, Setup.ACTIVE): Side.ANSWERER,
    (Setup.ACTPASS, Setup.PASSIVE): Side.OFFERER,
    (Setup.ACTIVE, Setup.PASSIVE): Side.OFFERER,
    (Setup.PASSIVE, Setup.ACTIVE): Side.ANSWERER,
    (None, Setup.ACTIVE): Side.ANSWERER,
    (None, Setup.PASSIVE): Side.OFFERER,
    (Setup.ACTIVE, None): Side.OFFERER,
    (Setup.PASSIVE, None): Side.ANSWERER,
}


def transports(description: Description) -> tuple[Transport, ...]:
    """Return what counts for the transport of each section of a description."""
    by_mid = {section.mid: section for section in reversed(description.media)}
    tagged = {mid: by_mid.get(mids[0]) for mids in description.bundles for mid in mids}
    return tuple(
        _transport(section, (section.mid is not None and tagged.get(section.mid)) or section)
        for section in description.media
    )


def _transport(section: MediaDescription, tagged: MediaDescription) -> Transport:
    """Read a section's transport attributes; what it lacks comes from the tagged section of its bundle."""
    multiplexing = (section, tagged) if "RTP/" in section.protocol else ()
    return Transport(
        fingerprints=bool(section.fingerprints or tagged.fingerprints),
        crypto=bool(section.crypto or tagged.crypto),
        setup=section.setup or tagged.setup,
        rtcp_mux=any(each.rtcp_mux or each.rtcp_mux_only for each in multiplexing),
    )


def agree_key_exchange(ours: Transport, theirs: Transport) -> KeyExchange | None:
    """Return how keys are exchanged; DTLS goes before the SDES that old libwebrtc offered along with it."""
    if ours.fingerprints and theirs.fingerprints:
        return KeyExchange.DTLS
    return KeyExchange.SDES if ours.crypto and theirs.crypto else None


def agree_dtls_client(ours: Transport, theirs: Transport) -> Side | None:
    """Return who opens the DTLS connection; None where the two roles do not fit, or leave it open."""
    return _DTLS_CLIENTS.get((ours.setup, theirs.setup))
