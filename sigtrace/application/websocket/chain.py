"""Whether bytes are frames: a chain of headers that each lead to the next one, and how much that proves.

Two bytes make a header, and one of forty pairs of random bytes could be one. So what is asked is how unlikely it would
be by chance, counted in bits: a header that fits the one before proves some; payload that is text, a frame that ends
where a chunk ends prove more. What cannot be ends the chain: a reserved opcode or bit, a mask where there must be none,
a length that is not minimal, a control frame that is long or fragmented, a continuation of nothing, text that is none.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sigtrace.application.websocket.frame import (
    FIRST_CONTROL,
    LONGEST_HEADER,
    MAX_CONTROL,
    RSV1,
    decode_header,
)
from sigtrace.application.websocket.masking import mask
from sigtrace.application.websocket.message import Opcode

if TYPE_CHECKING:
    from sigtrace.application.websocket.frame import Header

MAX_LENGTH: Final = 1 << 40
"""Bytes of a frame: nobody sends a tebibyte in one, and a length above is no length."""

_SAMPLE: Final = 64  # bytes looked at of a text
_OPCODES = frozenset(Opcode)

# Bits that something proves: what it is by chance in random bytes, or less where real bytes are not random.
_FINAL: Final = 5  # seven of 256 first bytes
_FRAGMENT: Final = 3  # and only once a final frame follows: 16 bits of length look like it, as in DNS over TCP
_LENGTH_64: Final = 8  # six zeros
_ENDS_CHUNK: Final = 6  # at most: a frame ends where a chunk does, for senders write whole frames
_MASKED_TEXT: Final = 24  # at most: under a random mask every byte of text is a bit or so
_PLAIN_TEXT: Final = 12  # at most: text lies beside text
_ENOUGH: Final = 64  # more need not be proven: a hostile chain may be long


class Chain:
    """Follows frames from their first byte on.

    Args:
        masked: what the direction demands; None: what the first frame shows.
        compressible: True when messages may be compressed.
    """

    __slots__ = (
        "_closed", "_compressible", "_credit", "_fragmented", "_header", "_pending", "_remaining", "_sample", "alive",
        "bits", "masked",
    )  # fmt: skip

    def __init__(self, *, masked: bool | None, compressible: bool) -> None:
        self.masked = masked
        self.bits = 0
        self.alive = True
        self._compressible = compressible
        self._fragmented: bool | None = None  # None: not known, as what went before was not seen
        self._credit = 0  # bits that fragments prove if a final frame follows
        self._closed = False
        self._header: Header | None = None  # of the frame whose payload comes
        self._pending = b""  # of a header
        self._remaining = 0  # of the payload
        self._sample: bytes | None = None  # of a text, while it is collected

    @property
    def at_boundary(self) -> bool:
        """True when a frame ended with the last byte."""
        return self.alive and not self._remaining and not self._pending

    def feed(self, data: bytes, at: int = 0) -> bool:
        """Follow the frames through `data` from `at` on; False when these are none."""
        size = len(data)
        while self.alive and at < size and self.bits < _ENOUGH:
            at = self._follow_payload(data, at) if self._remaining else self._follow_header(data, at)
        if self.at_boundary and self._header is not None and self._header.fin:
            within = self._header.size + self._header.length <= size  # then its length byte is right of 128
            self.bits += _ENDS_CHUNK if within else min(_ENDS_CHUNK, size.bit_length() - 1)
        return self.alive

    def gap(self, length: int) -> bool:
        """Pass over bytes that were never captured; False when the next header may be among them."""
        if length >= self._remaining:
            self.alive = False
        self._remaining -= length
        self._sample = None
        return self.alive

    def _follow_payload(self, data: bytes, at: int) -> int:
        stop = min(len(data), at + self._remaining)
        self._remaining -= stop - at
        if self._sample is not None and self._header is not None:
            self._sample += data[at : min(stop, at + _SAMPLE - len(self._sample))]
            if len(self._sample) == _SAMPLE or not self._remaining:
                self._judge_text(self._header, self._sample)
                self._sample = None
        return stop

    def _follow_header(self, data: bytes, at: int) -> int:
        before = len(self._pending)
        if before:
            head = self._pending + data[at : at + LONGEST_HEADER - before]
            header = decode_header(head)
        else:
            head = b""
            header = decode_header(data, at)
        if header is None:
            self._pending = head or data[at:]
            self._check_beginning(self._pending[0])
            return len(data)
        self._pending = b""
        proof = self._weigh(header)
        if proof < 0:
            self.alive = False
            return len(data)
        self.bits += proof
        self._header = header
        self._remaining = header.length
        is_text = (header.opcode == Opcode.TEXT and not header.rsv) or header.opcode == Opcode.CLOSE
        self._sample = b"" if is_text and header.length else None
        return at + header.size - before

    def _check_beginning(self, first: int) -> None:
        """Look at what there is of a header before it is whole."""
        self.alive = first & 15 in _OPCODES and not first & 0x30

    def _weigh(self, header: Header) -> int:
        """Return the bits that a header proves, -1 when it cannot be one here."""
        if header.opcode not in _OPCODES or self._closed or header.length > MAX_LENGTH or not header.is_minimal:
            return -1
        if self.masked is None:
            self.masked = bool(header.key)
        if self.masked is not bool(header.key):
            return -1
        return self._weigh_control(header) if header.opcode >= FIRST_CONTROL else self._weigh_data(header)

    def _weigh_control(self, header: Header) -> int:
        self._closed = header.opcode == Opcode.CLOSE
        wrong = header.rsv or not header.fin or header.length > MAX_CONTROL or (self._closed and header.length == 1)
        return -1 if wrong else _FINAL

    def _weigh_data(self, header: Header) -> int:
        fin, rsv, opcode, _, length, _ = header
        if rsv and (rsv != RSV1 or not self._compressible or opcode == Opcode.CONTINUATION):
            return -1
        if self._fragmented is (opcode != Opcode.CONTINUATION) or not (fin or length):
            return -1  # a continuation of nothing, a message within a message, or zeros
        self._fragmented = not fin
        if not fin:
            self._credit += _FRAGMENT
            return 0
        proof = _FINAL + self._credit + (_LENGTH_64 if length >= 1 << 16 else 0)
        self._credit = 0
        return proof

    def _judge_text(self, header: Header, sample: bytes) -> None:
        if header.key:
            sample = mask(sample, header.key)
        whole = header.fin and len(sample) == header.length
        if header.opcode == Opcode.CLOSE:
            self.alive = 1000 <= int.from_bytes(sample[:2], "big") < 5000
            sample = sample[2:]
        if not is_text(sample, whole=whole):
            self.alive = False
        self.bits += min(len(sample), _MASKED_TEXT) if header.key else min(len(sample) // 2, _PLAIN_TEXT)


def is_text(data: bytes, *, whole: bool = True) -> bool:
    """Tell whether bytes are UTF-8; when they are not `whole`, the last character may be cut."""
    try:
        data.decode()
    except UnicodeDecodeError as error:
        return not whole and error.end == len(data) and error.reason == "unexpected end of data"
    return True
