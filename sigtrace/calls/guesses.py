"""What messages were whose bodies were not captured: told by their lengths and by the course of the call.

A snap length of 128 bytes keeps the head of every message and loses what it says, but `Content-Length` remains. `BYE`
is three bytes, one candidate as JSON is 90 to 400 bytes, a description is never below 600; between offer and answer
the course of the call decides. Every guess is marked as one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sigtrace.calls.signals import Fate, Signal
from sigtrace.signaling.content import SignalKind
from sigtrace.value import replace

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sigtrace.signaling.events import PeerId

BYE_LENGTH = 3
CANDIDATE_LENGTHS = range(90, 401)  # "sdpMid" and "sdpMLineIndex" around 60 to 300 bytes of candidate
DESCRIPTION_LENGTHS = range(600, 16_001)  # one m-line with ICE and DTLS attributes; a usual offer has 2 to 6 kB


def guess_kinds(signals: Iterable[Signal]) -> list[Signal]:
    """Name the unreadable ones among the signals of one session, which come in order of time."""
    offered_by: dict[frozenset[PeerId | None], PeerId | None] = {}  # pair → who waits for an answer
    result = []
    for signal in signals:
        pair = frozenset((signal.sender, signal.receiver))
        named = signal
        if signal.kind is SignalKind.UNREADABLE and signal.content.sha256 is None:
            kind = _guess(signal, offered_by.get(pair))
            if kind is not None:
                named = replace(signal, content=replace(signal.content, kind=kind, guessed=True))
        if named.kind is SignalKind.OFFER and named.fate is not Fate.REFUSED:
            offered_by[pair] = named.sender
        elif named.kind in (SignalKind.ANSWER, SignalKind.BYE):
            offered_by.pop(pair, None)
        result.append(named)
    return result


def _guess(signal: Signal, offered_by: PeerId | None) -> SignalKind | None:
    length = signal.content.length
    if length is None:
        return None
    if length == BYE_LENGTH:
        return SignalKind.BYE
    if length in CANDIDATE_LENGTHS:
        return SignalKind.CANDIDATE
    if length in DESCRIPTION_LENGTHS:
        return SignalKind.OFFER if offered_by in (None, signal.sender) else SignalKind.ANSWER
    return None
