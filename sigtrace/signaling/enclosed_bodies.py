"""Bodies that stand in something else: JSON or a description behind a head, between marks, among binary.

SockJS writes `a["…"]`, STOMP and SIP put lines of a head before the body, SignalR an end mark behind each record, MQTT
a topic before it, Protocol Buffers and MessagePack lengths around it: the text itself stays as it is, and is cut out.
"""

from __future__ import annotations

import re
from typing import Final

from sigtrace.signaling.message_json import end_of_value

MAX_BODIES: Final = 512
"""Bodies cut out of one payload: a stream that is answered line by line brings some dozens."""

MAX_TRIES: Final = 8
"""Brackets that begin no JSON and are tried: each may cost as much as the payload is long."""

LONGEST_HEAD: Final = 1024
"""Characters before JSON that carries nothing: a STOMP frame has a dozen header lines, MQTT a topic."""

_LONGEST_MARK: Final = 16
"""Characters between two bodies: an end mark, a length, a letter."""

_START = re.compile(r"[{\[]|v=0\r?\n|(?:a=)?candidate:\S")
_TEXT = r"[^\x00-\x1f\x7f\ud800-\udfff]"  # bytes that are no UTF-8 stand as surrogates
_DESCRIPTION = re.compile(rf"v=0\r?\n(?:[a-z]={_TEXT}*\r?\n?)*")
_CANDIDATE = re.compile(rf"{_TEXT}*")
_NOTHING = re.compile(r"[\x00-\x20]*")


def cut_out(text: str, *, anywhere: bool) -> list[str]:
    """Return the bodies in a text that is none by itself, in order.

    Args:
        text: bytes that are no UTF-8 stand in it as surrogates.
        anywhere: also among text; else only JSON behind a short head, with nothing behind it but end marks.
    """
    bodies: list[str] = []
    at = end = tries = 0
    while tries < MAX_TRIES and len(bodies) < MAX_BODIES:
        start = _START.search(text, at)
        if start is None or not (anywhere or start.start() <= end + (_LONGEST_MARK if bodies else LONGEST_HEAD)):
            break
        stop = _end_of(text, start.start())
        if stop is None:
            tries += 1
            at = start.start() + 1
            continue
        bodies.append(text[start.start() : stop])
        at = end = stop
    return bodies if anywhere or _NOTHING.fullmatch(text, end) else []


def _end_of(text: str, start: int) -> int | None:
    if text[start] in "{[":
        return end_of_value(text, start)
    pattern = _DESCRIPTION if text[start] == "v" else _CANDIDATE
    match = pattern.match(text, start)
    return match.end() if match else None
