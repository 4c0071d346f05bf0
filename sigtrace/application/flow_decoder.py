"""What one TCP flow speaks: detection first, then HTTP, then what HTTP switched to.

stream items of both directions in; exchanges, messages, control frames and notices out.
"""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING, Final, TypeAlias

from sigtrace.application.http.connection import HttpConnection
from sigtrace.application.http.start import Start, request_start
from sigtrace.notices import Notice, Severity
from sigtrace.streams.flow import Chunk

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sigtrace.application.detect import Opening
    from sigtrace.application.http.direction import Direction
    from sigtrace.application.http.message import Exchange
    from sigtrace.application.http.start import RequestLine, StatusLine
    from sigtrace.application.http.upgrade import Upgrade
    from sigtrace.application.websocket.connection import WebSocketConnection
    from sigtrace.application.websocket.draft import Link
    from sigtrace.application.websocket.message import ControlFrame, Message
    from sigtrace.packets.endpoint import Endpoint
    from sigtrace.streams.flow import StreamItem

JOINED: Final = "websocket.joined"

BodyDirection: TypeAlias = "Direction[RequestLine] | Direction[StatusLine]"
Unit: TypeAlias = "Exchange | Message | ControlFrame | Notice"

_NOTHING: list[Unit] = []


class Speech(Enum):
    """What a flow speaks, as far as it is known."""

    UNDECIDED = "undecided"
    HTTP = "http"
    WEBSOCKET = "websocket"  # after a 101 (RFC 6455 §4), or joined later
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
        "_rest", "_websocket", "begun", "client_is_originator", "speech",
    )  # fmt: skip

    def __init__(self, number: int, originator: Endpoint, responder: Endpoint, *, handshake_seen: bool) -> None:
        self._number = number
        self._originator = originator
        self._responder = responder
        self._handshake_seen = handshake_seen
        self._openings: dict[bool, Opening] | None = None  # by from_originator, while undecided
        self._connection: HttpConnection | None = None
        self._websocket: WebSocketConnection | None = None
        self.speech = Speech.UNDECIDED
        self.client_is_originator: bool | None = None  # by who sends requests
        self.begun = 0  # bytes of memory that all messages took which began here until the last item, about
        self._rest = (0, 0)
        self._closed = False

    @property
    def rest(self) -> tuple[int, int]:
        """Bytes of client and server after an upgrade or in a tunnel: what is not HTTP."""
        connection = self._connection
        return (connection.requests.passed, connection.responses.passed) if connection else self._rest

    @property
    def memory(self) -> int:
        """Bytes of memory that grow with what is not finished yet, about."""
        if self._openings is not None:
            return sum(opening.memory for opening in self._openings.values())
        parts = (self._connection, self._websocket)
        return sum(part.memory for part in parts if part is not None)

    def shed(self, above: int) -> None:
        """Keep nothing of the bodies and messages, unfinished ones, of which more than this is here."""
        for part in (self._connection, self._websocket):
            if part is not None:
                part.shed(above)

    def feed(self, from_originator: bool, item: StreamItem) -> list[Unit]:  # noqa: FBT001 - as deliveries say it
        """Take the next item of one direction; return what became known. The empty list is shared: do not change it."""
        connection = self._connection
        from_client = from_originator is self.client_is_originator
        if connection is None:
            if self._websocket is not None:
                found: list[Unit] = self._websocket.feed(item, from_client=from_client)  # type: ignore[assignment]
                self.begun = self._websocket.begun
                return found
            return self._open(from_originator=from_originator, item=item)
        out: list[Unit] = connection.feed(item, from_client=from_client)  # type: ignore[assignment]  # nobody adds to it
        self.begun = connection.begun
        if connection.switched_to is not None:
            if self.speech is Speech.HTTP:
                out = [*out, *self._switch(connection)]
            if self._websocket is not None:
                out = [*out, *self._hand_over(connection, self._websocket)]
                self.begun += self._websocket.begun
        return out

    def inside(self, from_originator: bool, data: bytes) -> int:  # noqa: FBT001 - as deliveries say it
        """Return how many of the next bytes of a direction are certainly within a body, so that nothing is found."""
        reader = self._reader(from_originator)
        return reader.inside(data) if reader is not None else 0

    def fill(self, from_originator: bool, data: bytes, at_ns: int, packet: int) -> None:  # noqa: FBT001 - the same
        """Take bytes that `inside` told of; time and packet are those of the last one."""
        reader = self._reader(from_originator)
        if reader is not None:
            reader.fill(data, at_ns, packet)

    def _reader(self, from_originator: bool) -> BodyDirection | None:  # noqa: FBT001 - the same
        if self._connection is None or self._closed:
            return None
        return self._connection.reader(from_client=from_originator is self.client_is_originator)

    def hanging(self) -> list[Exchange]:
        """Return the exchanges that wait for their answers, as they stand; all stays as it is."""
        return [] if self._connection is None or self._closed else self._connection.hanging()

    def close(self) -> list[Unit]:
        """The capture or the flow ended: return what is still open, as such; nothing can be fed any more."""
        self._closed = True
        connection, self._connection = self._connection, None
        websocket, self._websocket = self._websocket, None
        out: list[Unit] = []
        if connection is not None:
            out += connection.close()
            if connection.switched_to is not None and self.speech is Speech.HTTP:
                out += self._switch(connection)
                websocket, self._websocket = self._websocket, None
            if websocket is not None:
                out += self._hand_over(connection, websocket)
            self._rest = (connection.requests.passed, connection.responses.passed)
            connection.untie()
        if websocket is not None:
            out += websocket.close()
        return out or _NOTHING

    def _switch(self, connection: HttpConnection) -> Iterable[Notice]:
        """Speak what HTTP switched to."""
        upgrade = connection.upgrade
        if upgrade is None:
            self.speech = Speech.OTHER
            return ()
        from sigtrace.application.websocket.connection import WebSocketConnection
        from sigtrace.application.websocket.handshake import read_handshake

        handshake = read_handshake(upgrade)
        self.speech = Speech.WEBSOCKET
        link = self._link(upgrade)
        self._websocket = WebSocketConnection(link, handshake.compression, agreed=handshake.agreed)
        return handshake.notices

    @staticmethod
    def _hand_over(connection: HttpConnection, websocket: WebSocketConnection) -> list[Unit]:
        """Give to WebSocket what HTTP passed on."""
        out: list[Unit] = []
        for direction, from_client in ((connection.requests, True), (connection.responses, False)):
            items = direction.handed
            if items:
                direction.handed = []
                for item in items:
                    out += websocket.feed(item, from_client=from_client)
        return out

    def _link(self, upgrade: Upgrade | None) -> Link:
        from sigtrace.application.websocket.draft import Link

        ends = (self._originator, self._responder)
        client, server = ends if self.client_is_originator else ends[::-1]
        return Link(self._number, client, server, upgrade.target if upgrade is not None else None)

    def _open(self, *, from_originator: bool, item: StreamItem) -> list[Unit]:
        if self.speech is Speech.OTHER or self._closed:
            return _NOTHING
        if (
            self._openings is None
            and self._handshake_seen
            and type(item) is Chunk
            and request_start(item.data) is Start.YES
        ):
            # What nearly every flow of HTTP begins with needs no more looking.
            self._begin_http(client_is_originator=from_originator)
            return self.feed(from_originator, item)
        return self._look_closer(from_originator=from_originator, item=item)

    def _look_closer(self, *, from_originator: bool, item: StreamItem) -> list[Unit]:
        """Decide by both directions, and by more than a first chunk."""
        from sigtrace.application.detect import Opening, Verdict, websocket_client

        if self._openings is None:
            joined = not self._handshake_seen
            self._openings = {True: Opening(joined=joined), False: Opening(joined=joined)}
        verdict = self._openings[from_originator].feed(item)
        client_is_originator = websocket_client(self._openings[True], self._openings[False])
        if client_is_originator is not None:
            return self._join_websocket(self._openings, client_is_originator=client_is_originator)
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

    def _join_websocket(self, openings: dict[bool, Opening], *, client_is_originator: bool) -> list[Unit]:
        """Read the frames of a connection that was joined in the middle."""
        self.speech = Speech.WEBSOCKET
        self.client_is_originator = client_is_originator
        self._openings = None
        from sigtrace.application.websocket.connection import WebSocketConnection

        websocket = self._websocket = WebSocketConnection(self._link(None), None, agreed=False)
        probes = [openings[side].probe for side in (client_is_originator, not client_is_originator)]
        packets = [probe.packet for probe in probes if probe is not None and probe.packet is not None]
        text = "a connection was joined in the middle and shows frames; whether messages are compressed is not known"
        out: list[Unit] = [Notice(code=JOINED, severity=Severity.INFO, text=text, packet=min(packets, default=None))]
        for from_client in (True, False):
            opening = openings[from_client is client_is_originator]
            probe = opening.probe
            direction = websocket.client if from_client else websocket.server
            if probe is None:
                continue
            direction.begin_late(probe.packet, probe.skipped, probe.missing, found=bool(probe.items))
            for item in (*probe.items, *filter(None, (opening.end,))):
                out += websocket.feed(item, from_client=from_client)
        self.begun = websocket.begun
        return out

    @staticmethod
    def _is_other(openings: dict[bool, Opening], *, from_originator: bool) -> bool:
        """Tell whether a direction that is not HTTP settles it: at once from its first byte, else with the other's."""
        return openings[from_originator].seeker is None or openings[not from_originator].says_nothing

    def _speak_http(self, openings: dict[bool, Opening], *, client_is_originator: bool) -> list[Unit]:
        """Hand what was seen so far to the decoder of HTTP."""
        connection = self._begin_http(client_is_originator=client_is_originator)
        out: list[Unit] = []
        for from_originator in (client_is_originator, not client_is_originator):
            opening = openings[from_originator]
            from_client = from_originator is client_is_originator
            seeker = opening.seeker
            if seeker is not None and (seeker.skipped or seeker.missing or seeker.holding):
                direction = connection.requests if from_client else connection.responses
                direction.adopt(seeker, opening.lost_ns, found=opening.speaks_http)
            for item in opening.items:
                out += self.feed(from_originator, item)
        return out
