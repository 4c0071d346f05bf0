"""An upgrade to WebSocket that was asked for: what both sides send until it is answered (RFC 6455 §4, RFC 9110 §7.8).

A client sends no frame before it has the 101, but a capture may show one before it, or may not have the 101 at all. So
after the request its bytes are held until the answer comes: then they are frames, or after a refusal the next request.
Where bytes of the server were lost and what follows is no response, or no answer comes to the end, frames are enough
to tell that the upgrade was granted.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from sigtrace.application.http.start import Start, request_start, response_start
from sigtrace.application.websocket.chain import Chain
from sigtrace.streams.flow import CHUNK_COST, Chunk, Gap

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from sigtrace.application.http.draft import Draft
    from sigtrace.application.http.head import Fields
    from sigtrace.application.http.start import RequestLine, StatusLine
    from sigtrace.streams.flow import StreamItem

MAX_EARLY_BYTES: Final = 64 * 1024  # held of either side: reordering spans a few packets, and frames show in the first
MAX_EARLY_ITEMS: Final = 256  # the same, for tiny chunks

_PREFIX = 64  # bytes that show a method and the first byte of a target
_PROVEN: Final = 11  # bits: frames are what must come, so one that is there whole is enough


class Upgrade(NamedTuple):
    """What is known of an upgrade that was granted."""

    target: bytes | None  # of the request; None when it was not captured
    asked: Fields | None  # headers of the request
    answered: Fields | None  # of the 101; None when that was not captured
    packet: int | None  # of the 101, else of the request
    asked_whole: bool  # the head of the request was captured to its end
    answered_whole: bool  # that of the 101 was


def describe_upgrade(request: Draft[RequestLine] | None, response: Draft[StatusLine] | None) -> Upgrade:
    """Put together what is known."""
    last = response or request
    return Upgrade(
        target=request.line.target if request is not None else None,
        asked=request.section.fields if request is not None else None,
        answered=response.section.fields if response is not None else None,
        packet=last.first_packet if last is not None else None,
        asked_whole=request is not None and request.head_complete,
        answered_whole=response is not None and response.head_complete,
    )


class Offer:
    """An upgrade without its answer."""

    __slots__ = (
        "_client", "_client_proves", "_held_size", "_looked", "_prefix", "_server", "held", "hopeless", "lost_ns",
    )  # fmt: skip

    def __init__(self) -> None:
        self._client = Chain(masked=True, compressible=True)
        self._server = Chain(masked=False, compressible=True)
        self._client_proves = False
        self._looked = 0  # items of the client
        self._prefix = b""  # its first bytes
        self._held_size = 0
        self.held: list[Chunk | Gap] = []  # of the server: a gap that may have swallowed the 101, and what follows
        self.lost_ns: int | None = None  # of that gap
        self.hopeless = False  # the server's bytes are no frames; they were given back

    @property
    def memory(self) -> int:
        """Bytes of memory, about."""
        return self._held_size + CHUNK_COST * len(self.held)

    def take(self, item: StreamItem, *, within_response: bool) -> bool:
        """Hold an item of the server; False when it is to be read as a response."""
        if self.hopeless or within_response:
            return False
        if type(item) is Gap:
            self.held.append(item)
            self.lost_ns = item.at_ns
            self._server = Chain(masked=False, compressible=True)
        elif type(item) is Chunk:
            if response_start(item.data) is not Start.NO:
                self.hopeless = bool(self.held)
                return False
            self.held.append(item)
            self._held_size += len(item.data)
            self._server.feed(item.data)
        else:
            return False
        return True

    def look(self, items: Sequence[StreamItem]) -> None:
        """Look at what the client sent and is held: all of it, each time."""
        for item in items[self._looked :]:
            if type(item) is Chunk:
                self._client.feed(item.data)
                self._client_proves = self._client_proves or self._proves(self._client)
                if len(self._prefix) < _PREFIX:
                    self._prefix = (self._prefix + item.data)[:_PREFIX]
            elif type(item) is Gap:
                self._client = Chain(masked=True, compressible=True)
        self._looked = len(items)

    def is_granted(self, *, last: bool) -> bool:
        """Tell whether frames show that it was.

        Args: last: nothing more is waited for. Before, frames of the client prove it only where the 101 may be lost.
        """
        if self._proves(self._server) and self.held:
            return True
        return (last or self.lost_ns is not None) and self._client_proves

    def is_refuted(self, *, client_size: int, client_items: int) -> bool:
        """Tell that it is not worth waiting any longer: the client asks on, or too much is held."""
        if client_size > MAX_EARLY_BYTES or client_items > MAX_EARLY_ITEMS:
            return True
        return request_start(self._prefix.lstrip(b"\r\n")) in (Start.YES, Start.LIKELY)

    @property
    def is_unlikely(self) -> bool:
        """True when the server's bytes are no frames, or too many to wait for them to be."""
        too_many = self._held_size > MAX_EARLY_BYTES or len(self.held) > MAX_EARLY_ITEMS
        return bool(self.held) and (too_many or not self._server.alive)

    def give_back(self) -> Iterable[Chunk | Gap]:
        """Return what was held of the server."""
        held, self.held = self.held, []
        self._held_size = 0
        self.hopeless = True
        return held

    @staticmethod
    def _proves(chain: Chain) -> bool:
        return chain.alive and chain.bits >= _PROVEN
