"""What one TCP flow speaks: detection first, then HTTP, then what HTTP switched to.

stream items of both directions in, exchanges and notices out.
"""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING

from sigtrace.application.detect import Opening, Verdict
from sigtrace.application.http.connection import HttpConnection
from sigtrace.application.http.start import Start, request_start
from sigtrace.streams.flow import Chunk

if TYPE_CHECKING:
    from sigtrace.application.http.message import Exchange
    from sigtrace.notices import Notice
    from sigtrace.packets.endpoint import Endpoint
    from sigtrace.streams.flow import StreamItem

_NOTHING: list[Exchange | Notice] = []


class Speech(Enum):
    """What a flow speaks, as far as it is known."""

    UNDECIDED = "undecided"
    HTTP = "http"
    WEBSOCKET = "websocket"  # after a 101 (RFC 6455 §4)
    OTHER = "other"  # nothing more will be decoded: the flow can be dropped


class FlowDecoder:
    """Decodes one flow.

    Args:
        number: of the flow, for its exchanges.
        originator, responder: the ends of the flow; who is HTTP's client is seen from what they say.
        handshake_seen: False when the flow was joined in the middle; then a message start is searched for.
    """

    __slots__ = (
        "_closed", "_connection", "_handshake_seen", "_number", "_openings", "_originator", "_responder",
        "_rest", "client_is_originator", "speech",
    )  # fmt: skip

    def __init__(self, number: int, originator: Endpoint, responder: Endpoint, *, handshake_seen: bool) -> None:
        self._number = number
        self._originator = originator
        self._responder = responder
        self._handshake_seen = handshake_seen
        self._openings: dict[bool, Opening] | None = None  # by from_originator, while undecided
        self._connection: HttpConnection | None = None
        self.speech = Speech.UNDECIDED
        self.client_is_originator: bool | None = None  # by who sends requests
        self._rest = (0, 0)
        self._closed = False

    @property
    def rest(self) -> tuple[int, int]:
        """Bytes of client and server after an upgrade or in a tunnel: seen, not decoded here."""
        connection = self._connection
        return (connection.requests.passed, connection.responses.passed) if connection else self._rest

    @property
    def begun(self) -> int:
        """Bytes of memory that all messages took which began here, about."""
        return self._connection.begun if self._connection is not None else 0

    @property
    def memory(self) -> int:
        """Bytes of memory that grow with what is not finished yet, about."""
        if self._connection is not None:
            return self._connection.memory
        return sum(opening.memory for opening in self._openings.values()) if self._openings is not None else 0

    def shed(self, above: int) -> None:
        """Keep nothing of the bodies of unfinished exchanges of which more than this is here."""
        if self._connection is not None:
            self._connection.shed(above)

    def feed(self, from_originator: bool, item: StreamItem) -> list[Exchange | Notice]:  # noqa: FBT001 - as deliveries say it
        """Take the next item of one direction; return what became known. The empty list is shared: do not change it."""
        connection = self._connection
        if connection is None:
            return self._open(from_originator=from_originator, item=item)
        out = connection.feed(item, from_client=from_originator is self.client_is_originator)
        if connection.switched_to is not None and self.speech is Speech.HTTP:
            self.speech = Speech.WEBSOCKET if "websocket" in connection.switched_to else Speech.OTHER
        return out

    def close(self) -> list[Exchange | Notice]:
        """The capture or the flow ended: return what is still open, as such; nothing can be fed any more."""
        self._closed = True
        connection, self._connection = self._connection, None
        if connection is None:
            return _NOTHING
        out = connection.close()
        self._rest = (connection.requests.passed, connection.responses.passed)
        connection.untie()
        return out

    def _open(self, *, from_originator: bool, item: StreamItem) -> list[Exchange | Notice]:
        if self.speech is Speech.OTHER or self._closed:
            return _NOTHING
        if self._openings is None:
            if self._handshake_seen and type(item) is Chunk and request_start(item.data) is Start.YES:
                # What nearly every flow of HTTP begins with needs no more looking.
                connection = self._begin_http(client_is_originator=from_originator)
                return connection.feed(item, from_client=True)
            joined = not self._handshake_seen
            self._openings = {True: Opening(joined=joined), False: Opening(joined=joined)}
        verdict = self._openings[from_originator].feed(item)
        if verdict in (Verdict.REQUEST, Verdict.RESPONSE):
            client_is_originator = from_originator is (verdict is Verdict.REQUEST)
            return self._speak_http(self._openings, client_is_originator=client_is_originator)
        if verdict is Verdict.OTHER and self._is_other(self._openings, from_originator=from_originator):
            self.speech = Speech.OTHER
            self._openings = None
        return _NOTHING

    def _begin_http(self, *, client_is_originator: bool) -> HttpConnection:
        self.speech = Speech.HTTP
        self.client_is_originator = client_is_originator
        self._openings = None
        ends = (self._originator, self._responder)
        client, server = ends if client_is_originator else ends[::-1]
        connection = self._connection = HttpConnection(self._number, client, server, whole=self._handshake_seen)
        return connection

    @staticmethod
    def _is_other(openings: dict[bool, Opening], *, from_originator: bool) -> bool:
        """Tell whether a direction that is not HTTP settles it: at once from its first byte, else with the other's."""
        if openings[from_originator].seeker is None:
            return True
        return openings[not from_originator].verdict in (Verdict.OTHER, Verdict.SILENT)

    def _speak_http(self, openings: dict[bool, Opening], *, client_is_originator: bool) -> list[Exchange | Notice]:
        """Hand what was seen so far to the decoder of HTTP."""
        connection = self._begin_http(client_is_originator=client_is_originator)
        out: list[Exchange | Notice] = []
        for from_originator in (client_is_originator, not client_is_originator):
            opening = openings[from_originator]
            from_client = from_originator is client_is_originator
            seeker = opening.seeker
            if seeker is not None and (seeker.skipped or seeker.missing or seeker.holding):
                direction = connection.requests if from_client else connection.responses
                direction.adopt(seeker, opening.lost_ns, found=opening.verdict in (Verdict.REQUEST, Verdict.RESPONSE))
            for item in opening.items:
                out += self.feed(from_originator, item)
        return out
