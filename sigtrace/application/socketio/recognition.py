"""Is a WebSocket whose handshake was not captured Engine.IO? Its messages tell, where they can be nothing else.

Every text must be an Engine.IO packet, and either the server opens a session or two of them are Socket.IO packets that
nobody writes by chance: `42["name",…]`. "42" in a chat is none.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from sigtrace.application.socketio.request import LEGACY
from sigtrace.application.websocket.message import MessageState, Opcode

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sigtrace.application.websocket.message import Message

ENOUGH_CERTAIN: Final = 2
"""Texts that can hardly be anything else, without which a WebSocket without handshake is left to others."""

_ENGINE: Final = re.compile(
    rb'0\{.*\}|[1-6]|[23]probe|b4?[A-Za-z0-9+/]+={0,2}|4[0-6](?:\d{1,9}-)?(?:/[^,]{1,256},?)?\d{0,19}(?:[\[{"].*[\]}"])?',
    re.DOTALL,
)
_LEGACY: Final = re.compile(rb"[0-8]:\d{0,19}\+?:[^:]{0,256}(?::.*)?", re.DOTALL)
_OPEN: Final = re.compile(rb'0\{"sid":"')
_CERTAIN: Final = re.compile(
    rb'4(?:2|5\d{1,4}-)(?:/[^,]{1,256},)?\d{0,19}\["|43(?:/[^,]{1,256},)?\d{1,19}\[|40\{"sid":"'
    rb'|[56]:(?:\d{1,19}\+?)?:[^:]{0,256}:(?:\{"name":"|\d{1,19}\+\[)'
)


def recognise_messages(messages: Iterable[Message]) -> int | None:
    """Return the protocol of a WebSocket by its messages; None where they are not certainly Socket.IO."""
    certain = 0
    opened = False
    legacy = True
    evidence: list[int] = []
    for message in messages:
        data = message.data
        if data is None or message.state is not MessageState.COMPLETE:
            continue
        if message.opcode is Opcode.BINARY:
            evidence += [3] if data[:1] == b"\x04" else [4]
            continue
        is_legacy = _LEGACY.fullmatch(data) is not None
        if not is_legacy and _ENGINE.fullmatch(data) is None:
            return None
        legacy = legacy and is_legacy
        if not message.from_client and _OPEN.match(data):
            opened = True
        elif _CERTAIN.match(data):
            certain += 1
        evidence += _evidence(message, data)
    if certain < ENOUGH_CERTAIN and not opened:
        return None
    if legacy:
        return LEGACY
    return evidence[0] if evidence else 3 if opened else 4


def _evidence(message: Message, data: bytes) -> list[int]:
    """Return the protocol that a text belongs to, where it tells: who pings, and who asks to be connected."""
    if data == b"2":
        return [3 if message.from_client else 4]
    if data == b"3":
        return [4 if message.from_client else 3]
    if data == b"40":
        return [4 if message.from_client else 3]
    return [4] if data.startswith(b"40{") or b'"maxPayload":' in data[:512] else []
