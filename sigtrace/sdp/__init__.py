"""Session descriptions and ICE candidates: text ↔ typed values, and what offer and answer agreed on."""

from __future__ import annotations

from sigtrace.sdp.agreement import Agreement, KeyExchange, MediaAgreement, Side, agree, restarts_ice
from sigtrace.sdp.candidate import Candidate, decode_candidate, encode_candidate
from sigtrace.sdp.description import Description, MediaDescription, decode_description, encode_description

__all__ = [
    "Agreement",
    "Candidate",
    "Description",
    "KeyExchange",
    "MediaAgreement",
    "MediaDescription",
    "Side",
    "agree",
    "decode_candidate",
    "decode_description",
    "encode_candidate",
    "encode_description",
    "restarts_ice",
]
