"""What a frame must not be, and what is done with one that is (RFC 6455 §5)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from sigtrace.application.websocket.chain import MAX_LENGTH, is_text
from sigtrace.application.websocket.frame import FIRST_CONTROL, MAX_CONTROL, RSV1
from sigtrace.application.websocket.message import Opcode

if TYPE_CHECKING:
    from sigtrace.application.websocket.frame import Header

RESERVED_OPCODE: Final = "websocket.reserved-opcode"
RESERVED_BITS: Final = "websocket.reserved-bits"
BAD_MASK: Final = "websocket.bad-mask"
BAD_LENGTH: Final = "websocket.bad-length"
BAD_CONTROL: Final = "websocket.bad-control"
BAD_SEQUENCE: Final = "websocket.bad-sequence"
BAD_TEXT: Final = "websocket.bad-text"
BAD_CLOSE: Final = "websocket.bad-close"
AFTER_CLOSE: Final = "websocket.after-close"

MAX_ODD: Final = 64 << 10
"""Bytes of a frame that breaks a rule and is read all the same: a longer one is more likely no frame."""

KNOWN = frozenset(Opcode)
DATA = frozenset((Opcode.CONTINUATION, Opcode.TEXT, Opcode.BINARY))
_SENDABLE = frozenset((*range(1000, 1004), *range(1007, 1015)))  # RFC 6455 §7.4.1 and IANA's registry


class Rule(NamedTuple):
    """A rule that a frame breaks."""

    code: str
    text: str
    is_odd: bool  # hardly anybody would send it: two in a row are no frames


_NO_RULES: tuple[Rule, ...] = ()


def broken_by(header: Header, *, from_client: bool, compressible: bool, after_close: bool) -> tuple[Rule, ...]:
    """Return the rules that a header breaks, none for nearly all of them."""
    fin, rsv, opcode, key, length, _ = header
    if (
        opcode in DATA
        and (not rsv or (rsv == RSV1 and compressible and opcode))
        and bool(key) is from_client
        and length < 1 << 16
        and not after_close
        and header.is_minimal
    ):
        return _NO_RULES
    rules: list[Rule] = []
    if opcode not in KNOWN:
        rules.append(Rule(RESERVED_OPCODE, f"opcode {opcode} is reserved; the frame was passed over", is_odd=True))
    elif opcode >= FIRST_CONTROL and (not fin or length > MAX_CONTROL):
        what = "fragmented" if not fin else f"{length} bytes long"
        text = f"a control frame is {what}; it was read as if it were whole, up to {MAX_CONTROL} bytes"
        rules.append(Rule(BAD_CONTROL, text, is_odd=True))
    if rsv and (rsv != RSV1 or opcode not in (Opcode.TEXT, Opcode.BINARY)):
        rules.append(Rule(RESERVED_BITS, f"reserved bits {rsv:03b} are set and were not agreed on", is_odd=True))
    elif rsv and not compressible:
        text = "a message is marked as compressed without an agreement; it was taken for compressed"
        rules.append(Rule(RESERVED_BITS, text, is_odd=False))
    if bool(key) is not from_client:
        text = "a frame is not masked" if from_client else "a frame is masked"
        rules.append(Rule(BAD_MASK, f"{text}; it was read as it is", is_odd=False))
    if not header.is_minimal:
        text = f"a length of {length} is written in {header.size - len(key) - 2} bytes; it was believed"
        rules.append(Rule(BAD_LENGTH, text, is_odd=False))
    elif length > MAX_LENGTH:
        rules.append(Rule(BAD_LENGTH, f"a length of {length} was taken for no length", is_odd=True))
    if after_close and opcode in KNOWN:
        rules.append(Rule(AFTER_CLOSE, "a frame follows the close frame; it was read", is_odd=False))
    return tuple(rules)


def cannot_be(header: Header, *, odd: bool) -> bool:
    """Tell whether a header is taken for none though it is the only odd one."""
    return header.length > MAX_LENGTH or (odd and header.length > MAX_ODD)


def problem_of_close(data: bytes) -> str | None:
    """Say what is wrong with the payload of a close frame (RFC 6455 §5.5.1, §7.4)."""
    if len(data) == 1:
        return "a close frame has one byte, which is no code"
    code = int.from_bytes(data[:2], "big")
    if data and code not in _SENDABLE and not 3000 <= code < 5000:
        return f"close code {code} must not be sent"
    return None if is_text(data[2:]) else "the reason of a close is not UTF-8"
