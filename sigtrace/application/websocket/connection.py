"""One WebSocket connection: both its directions, which share nothing but their pings.

stream items of both directions in; messages, control frames and notices out.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sigtrace.application.websocket.assembly import Assembly, Unit
from sigtrace.application.websocket.deflate import Inflater
from sigtrace.application.websocket.direction import Direction
from sigtrace.application.websocket.pings import Pings
from sigtrace.streams.flow import End, Ending, StreamItem

if TYPE_CHECKING:
    from sigtrace.application.websocket.draft import Link
    from sigtrace.application.websocket.extension import Compression

_NOTHING: list[Unit] = []


class WebSocketConnection:
    """Decodes both directions.

    Args:
        link: what all messages have in common.
        compression: as it was agreed; None when messages must not be compressed.
        agreed: False when the agreement was not captured: then messages may be compressed, in any way.
    """

    __slots__ = ("_out", "client", "server")

    def __init__(self, link: Link, compression: Compression | None, *, agreed: bool = True) -> None:
        self._out: list[Unit] = []
        client_pings, server_pings = Pings(), Pings()
        compressible = compression is not None or not agreed
        client = Assembly(
            link,
            from_client=True,
            inflater=Inflater(takes_over=compression is None or not compression.client_no_context_takeover),
            pings=(server_pings, client_pings),
            out=self._out,
        )
        server = Assembly(
            link,
            from_client=False,
            inflater=Inflater(takes_over=compression is None or not compression.server_no_context_takeover),
            pings=(client_pings, server_pings),
            out=self._out,
        )
        self.client = Direction(client, from_client=True, compressible=compressible)
        self.server = Direction(server, from_client=False, compressible=compressible)

    def feed(self, item: StreamItem, *, from_client: bool) -> list[Unit]:
        """Take the next item of one direction; return what became known. The empty list is shared: do not change it."""
        (self.client if from_client else self.server).feed(item)
        return self._take_out()

    def close(self) -> list[Unit]:
        """The capture ended: let out what is still open, as such."""
        for direction in (self.client, self.server):
            if not direction.ended:
                direction.feed(End(Ending.CAPTURE_ENDED, 0, None))
        return self._take_out()

    @property
    def memory(self) -> int:
        """Bytes of memory that grow with what is not finished yet, about."""
        return self.client.memory + self.server.memory

    @property
    def begun(self) -> int:
        """Bytes of memory that all messages took which began here, about."""
        return self.client.begun + self.server.begun

    def shed(self, above: int) -> None:
        """Keep nothing of unfinished messages of which more than this is here."""
        self.client.shed(above)
        self.server.shed(above)

    def _take_out(self) -> list[Unit]:
        if not self._out:
            return _NOTHING
        found = self._out[:]
        self._out.clear()
        return found
