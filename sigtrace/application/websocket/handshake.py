"""The opening handshake: headers of both sides → whether and how messages are compressed (RFC 6455 §4, RFC 7692 §7)."""

from __future__ import annotations

from base64 import b64encode
from hashlib import sha1
from typing import TYPE_CHECKING, Final, NamedTuple

from sigtrace.application.websocket.extension import decode_extensions
from sigtrace.notices import Notice, Severity

if TYPE_CHECKING:
    from sigtrace.application.http.upgrade import Upgrade
    from sigtrace.application.websocket.extension import Compression

BAD_ACCEPT: Final = "websocket.bad-accept"
BAD_EXTENSION: Final = "websocket.bad-extension"
UNANSWERED: Final = "websocket.unanswered"

_GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"  # RFC 6455 §1.3


class Handshake(NamedTuple):
    """What the handshake settled."""

    compression: Compression | None
    agreed: bool  # False when the answer, or the end of its head, was not captured
    notices: tuple[Notice, ...]


def read_handshake(upgrade: Upgrade) -> Handshake:
    """Read what an upgrade agreed to."""
    packet = upgrade.packet
    if upgrade.answered is None:
        text = "the answer to an upgrade was not captured; frames show that it was granted, and may be compressed"
        notice = Notice(code=UNANSWERED, severity=Severity.WARNING, text=text, packet=packet)
        return Handshake(None, agreed=False, notices=(notice,))
    agreement = decode_extensions(_value(upgrade.answered, b"sec-websocket-extensions").decode("latin-1"))
    notices = []
    if agreement.problems:
        text = "; ".join(agreement.problems[:4])
        notices.append(Notice(code=BAD_EXTENSION, severity=Severity.WARNING, text=text, packet=packet))
    accept = _value(upgrade.answered, b"sec-websocket-accept")
    if upgrade.asked is not None and _is_wrong(upgrade, accept, _value(upgrade.asked, b"sec-websocket-key")):
        text = "Sec-WebSocket-Accept does not answer the key that the client sent; taken for WebSocket all the same"
        notices.append(Notice(code=BAD_ACCEPT, severity=Severity.WARNING, text=text, packet=packet))
    agreed = upgrade.answered_whole or agreement.compression is not None
    return Handshake(agreement.compression, agreed=agreed, notices=tuple(notices))


def _is_wrong(upgrade: Upgrade, accept: bytes, key: bytes) -> bool:
    """Tell whether an accept cannot answer a key; of a head that was cut, what is not there may have been cut off."""
    if not (key or upgrade.asked_whole) or not (accept or upgrade.answered_whole):
        return False
    return accept != encode_accept(key)


def encode_accept(key: bytes) -> bytes:
    """Encode the answer to a key (RFC 6455 §4.2.2)."""
    return b64encode(sha1(key + _GUID, usedforsecurity=False).digest())


def _value(fields: tuple[tuple[bytes, bytes], ...], name: bytes) -> bytes:
    """Return all values of a header, joined as one list."""
    return b", ".join(value for key, value in fields if key.lower() == name)
