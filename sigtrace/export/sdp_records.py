"""The records `description` and `candidate`: session descriptions and ICE candidates, once for each signal.

A description's own candidates follow it as records of their own, like those that were trickled.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Final

from sigtrace.export.record import word
from sigtrace.packets.endpoint import Endpoint

if TYPE_CHECKING:
    from sigtrace.calls.signals import Signal
    from sigtrace.export.record import Record
    from sigtrace.sdp.candidate import Candidate
    from sigtrace.sdp.codec import Codec
    from sigtrace.sdp.description import Description
    from sigtrace.sdp.extension import HeaderExtension
    from sigtrace.sdp.media import MediaDescription
    from sigtrace.sdp.security import Fingerprint


MAX_REMEMBERED_EXTENSIONS: Final = 64
"""Extensions of a section whose list is remembered, as lists of codecs are: browsers have a dozen.

64 of these lists, and as many of 128 codecs, which a section has at most, take some 8 MiB.
"""


def candidate_record(signal: Signal, candidate: Candidate, media: MediaDescription | None) -> Record:
    """Make the record of one candidate.

    Args:
        signal: that brings it.
        candidate: itself.
        media: the section of a description that it stands in; None: it is all that the signal brings.
    """
    content = signal.content
    said = dict(reversed(candidate.extensions))  # of a name that stands twice, the first counts
    ufrag = said.get("ufrag")
    return {
        "type": "candidate",
        "signal": signal.number,
        "from": signal.sender,
        "to": signal.receiver,
        "mid": content.mid if media is None else media.mid,
        "mline": content.mline if media is None else media.index,
        "foundation": candidate.foundation,
        "component": candidate.component,
        "transport": candidate.transport,
        "priority": candidate.priority,
        "address": candidate.address,
        "port": candidate.port,
        "kind": candidate.kind,
        "related": _related(candidate, said["raddr"]) if "raddr" in said else None,
        "tcp_type": said.get("tcptype"),
        "ufrag": ufrag if media is None else ufrag or media.ice_ufrag,
    }


def _related(candidate: Candidate, address: str) -> str:
    port = candidate.related_port
    return address if port is None else str(Endpoint(address, port))


def description_record(signal: Signal, description: Description, *, bodies: bool) -> Record:
    """Make the record of one session description, with its text where bodies are wanted."""
    record: Record = {
        "type": "description",
        "signal": signal.number,
        "kind": signal.content.kind._value_,
        "from": signal.sender,
        "to": signal.receiver,
        "bundle": list(description.bundle),
        "media": [_media(media) for media in description.media],
    }
    if bodies:
        record["sdp"] = signal.content.sdp
    return record


def _media(media: MediaDescription) -> Record:
    fingerprints = [_fingerprint(one) for one in media.fingerprints]
    return {
        "mid": media.mid,
        "kind": media.kind,
        "port": media.port,
        "protocol": media.protocol,
        "direction": media.direction._value_,
        "codecs": _codecs(media.codecs),
        "extensions": _extensions(media.extensions),
        "ice_ufrag": media.ice_ufrag,
        "fingerprint": fingerprints[0] if fingerprints else None,
        "setup": word(media.setup),
        "ssrcs": [source.ssrc for source in media.ssrcs],
        "fingerprints": fingerprints,
        "rejected": media.rejected,
    }


@lru_cache(maxsize=64)
def _codecs(codecs: tuple[Codec, ...]) -> list[Record]:
    return [
        {
            "payload_type": codec.payload_type,
            "name": codec.name,
            "clock_hz": codec.clock_hz,
            "channels": codec.channels,
            "fmtp": ";".join(key if value is None else f"{key}={value}" for key, value in codec.format_parameters),
            "feedback": list(codec.feedback),
            "retransmits": codec.retransmits,
        }
        for codec in codecs
    ]


def _extensions(extensions: tuple[HeaderExtension, ...]) -> list[Record]:
    few = len(extensions) <= MAX_REMEMBERED_EXTENSIONS
    return _known_extensions(extensions) if few else list(map(_extension, extensions))


@lru_cache(maxsize=64)
def _known_extensions(extensions: tuple[HeaderExtension, ...]) -> list[Record]:
    return list(map(_extension, extensions))


def _extension(extension: HeaderExtension) -> Record:
    return {"id": extension.id, "uri": extension.uri, "direction": word(extension.direction)}


def _fingerprint(fingerprint: Fingerprint) -> str:
    return f"{fingerprint.algorithm} {fingerprint.value}"
