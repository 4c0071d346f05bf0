"""The arguments of Socket.IO events: as values, and as a line that may be shown, secrets masked."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, Final

from sigtrace.signaling.message_json import MAX_JSON, read_value
from sigtrace.text import keep_text

if TYPE_CHECKING:
    from sigtrace.application.socketio.packet import SocketPacket

SHOWN: Final = 240
"""Characters of arguments that are shown: an act keeps 256 and a line of a chart shows less."""

SHOWN_TEXT: Final = 80
"""Characters of one text among them: a description must not hide what stands behind it."""

MASK: Final = "***"

_SECRET = re.compile(r"passw|passphrase|^pass$|secret|credential|auth(?!or)|token|api.?key|cookie|jwt", re.IGNORECASE)
"""Names of what is worth hiding, since it lets somebody in, perhaps elsewhere, too."""


def arguments_of(packet: SocketPacket) -> list[Any] | None:
    """Return the arguments of an event or acknowledgement; None when they are no JSON, or too long to be read."""
    value = read_value(packet.payload or "[]")
    return value if isinstance(value, list) else None


def show_arguments(packet: SocketPacket) -> str:
    """Return the arguments as one line: `"kitchen", {"nick":"bob"}`; those of an event about secrets are not shown."""
    arguments = arguments_of(packet)
    if arguments is None:
        size = f"{len(packet.payload)} characters"
        return f"{size}, too long to be read" if len(packet.payload) > MAX_JSON else f"{size} that are no JSON"
    if arguments and packet.name is not None and _SECRET.search(packet.name):
        return MASK
    shown = ", ".join(_show(_shorten(one, packet.attachments)) for one in arguments[:SHOWN])
    shown = keep_text(shown)
    return shown if len(shown) <= SHOWN else f"{shown[: SHOWN - 1]}…"


def _show(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _shorten(value: Any, attachments: tuple[bytes, ...]) -> Any:
    """Return a value with its secrets masked, its texts cut, and what stands for an attachment told by its size."""
    if isinstance(value, str):
        return value if len(value) <= SHOWN_TEXT else f"{value[: SHOWN_TEXT - 1]}…"
    if isinstance(value, list):
        return [_shorten(one, attachments) for one in value[:SHOWN]]
    if not isinstance(value, dict):
        return value
    if value.get("_placeholder") is True:
        number = value.get("num")
        if isinstance(number, int) and 0 <= number < len(attachments):
            return f"<{len(attachments[number])} bytes>"
        return "<bytes>"
    members = list(value.items())[:SHOWN]
    return {key: MASK if one and _SECRET.search(key) else _shorten(one, attachments) for key, one in members}
