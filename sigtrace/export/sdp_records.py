"""The records `description` and `candidate`: session descriptions and ICE candidates, once for each signal.

A description's own candidates follow it as records of their own, like those that were trickled.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from sigtrace.export.record import word
from sigtrace.packets.endpoint import Endpoint

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sigtrace.calls.signals import Signal
    from sigtrace.export.record import Record
    from sigtrace.sdp.candidate import Candidate
    from sigtrace.sdp.codec import Codec
    from sigtrace.sdp.description import Description
    from sigtrace.sdp.extension import HeaderExtension
    from sigtrace.sdp.media import MediaDescription
    from sigtrace.sdp.security import Fingerprint
    from sigtrace.signaling.content import Content


class PlacedCandidate(NamedTuple):
    """A candidate and the section it is for."""

    candidate: Candidate
    mid: str | None
    mline: int | None
    ufrag: str | None


def candidates_of(content: Content) -> Iterator[PlacedCandidate]:
    """Yield the candidates that a signal brings: the one it is, or those inside its description."""
    if content.candidate is not None:
        yield PlacedCandidate(content.candidate, content.mid, content.mline, content.candidate.ufrag)
    for media in content.description.media if content.description else ():
        for candidate in media.candidates:
            yield PlacedCandidate(candidate, media.mid, media.index, candidate.ufrag or media.ice_ufrag)


def candidate_record(signal: Signal, placed: PlacedCandidate) -> Record:
    """Make the record of one candidate."""
    candidate = placed.candidate
    return {
        "type": "candidate",
        "signal": signal.number,
        "from": signal.sender,
        "to": signal.receiver,
        "mid": placed.mid,
        "mline": placed.mline,
        "foundation": candidate.foundation,
        "component": candidate.component,
        "transport": candidate.transport,
        "priority": candidate.priority,
        "address": candidate.address,
        "port": candidate.port,
        "kind": candidate.kind,
        "related": _related(candidate),
        "tcp_type": candidate.tcp_type,
        "ufrag": placed.ufrag,
    }


def _related(candidate: Candidate) -> str | None:
    address, port = candidate.related_address, candidate.related_port
    if address is None or port is None:
        return address
    return str(Endpoint(address, port))


def description_record(signal: Signal, description: Description, *, bodies: bool) -> Record:
    """Make the record of one session description, with its text where bodies are wanted."""
    record: Record = {
        "type": "description",
        "signal": signal.number,
        "kind": signal.kind.value,
        "from": signal.sender,
        "to": signal.receiver,
        "bundle": list(description.bundle),
        "media": [_media(media) for media in description.media],
    }
    if bodies:
        record["sdp"] = signal.content.sdp
    return record


def _media(media: MediaDescription) -> Record:
    return {
        "mid": media.mid,
        "kind": media.kind,
        "port": media.port,
        "protocol": media.protocol,
        "direction": media.direction.value,
        "codecs": [_codec(codec) for codec in media.codecs],
        "extensions": [_extension(extension) for extension in media.extensions],
        "ice_ufrag": media.ice_ufrag,
        "fingerprint": _fingerprint(media.fingerprints[0]) if media.fingerprints else None,
        "setup": word(media.setup),
        "ssrcs": [source.ssrc for source in media.ssrcs],
        "fingerprints": [_fingerprint(one) for one in media.fingerprints],
        "rejected": media.rejected,
    }


def _codec(codec: Codec) -> Record:
    return {
        "payload_type": codec.payload_type,
        "name": codec.name,
        "clock_hz": codec.clock_hz,
        "channels": codec.channels,
        "fmtp": ";".join(key if value is None else f"{key}={value}" for key, value in codec.format_parameters),
        "feedback": list(codec.feedback),
        "retransmits": codec.retransmits,
    }


def _extension(extension: HeaderExtension) -> Record:
    return {"id": extension.id, "uri": extension.uri, "direction": word(extension.direction)}


def _fingerprint(fingerprint: Fingerprint) -> str:
    return f"{fingerprint.algorithm} {fingerprint.value}"
