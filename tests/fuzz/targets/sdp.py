"""Descriptions, candidates and agreements of any text: nothing is lost, and what was read can be written again."""

from __future__ import annotations

from sigtrace.errors import DecodeError
from sigtrace.sdp.agreement import agree, restarts_ice
from sigtrace.sdp.candidate import decode_candidate, encode_candidate
from sigtrace.sdp.description import Description, decode_description, encode_description
from sigtrace.text import decode_text

BETWEEN = b"\0"
"""Stands between the offer and the answer of an agreement."""


def try_description(data: bytes) -> None:
    """Decode a text, which must come back from it."""
    text = decode_text(data)
    try:
        description = decode_description(text)
    except DecodeError:
        assert not text.lstrip("\r\n").startswith("v=")
        return
    assert encode_description(description) == text
    numbers = {line.number: line.text for line in description.lines}
    assert all(numbers[line.number] == line.text and line.reason for line in description.malformed)
    assert [section.index for section in description.media] == list(range(len(description.media)))


def try_candidate(data: bytes) -> None:
    """Decode one line; what is written of it must be the same candidate."""
    try:
        candidate = decode_candidate(decode_text(data))
    except DecodeError:
        return
    assert decode_candidate(encode_candidate(candidate)) == candidate
    assert candidate.related_port is None or 0 <= candidate.related_port <= 65535
    assert candidate.type_preference << 24 <= candidate.priority
    assert candidate.generation is None or candidate.generation >= 0


def try_agreement(data: bytes) -> None:
    """Hold two texts against each other; every codec of an accepted section must be accounted for."""
    first, _, second = data.partition(BETWEEN)
    offer, answer = _description(first), _description(second)
    agreement = agree(offer, answer)
    assert len(agreement.media) == len(offer.media)
    for section in agreement.media:
        if section.accepted and section.answered:
            assert len(section.codecs) + len(section.answered_only) == len(section.answered.codecs)
    for section in agree(offer, offer).media:
        assert (section.offered_only, section.answered_only, section.mid_mismatch) == ((), (), False)
    restarts_ice(offer, answer)
    assert not restarts_ice(offer, offer)


def _description(data: bytes) -> Description:
    return decode_description("v=0\r\n" + decode_text(data))
