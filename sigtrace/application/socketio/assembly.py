"""Engine.IO messages of one session → Socket.IO packets: a text, and the binary messages behind it its own way."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from sigtrace.application.socketio.codec import SocketText, decode_socket_text
from sigtrace.application.socketio.legacy import decode_legacy_text
from sigtrace.application.socketio.packet import EnginePacketKind, SocketPacket
from sigtrace.application.socketio.request import LEGACY
from sigtrace.application.span import Span
from sigtrace.errors import DecodeError
from sigtrace.notices import Notice, Severity

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from sigtrace.application.socketio.engine import EnginePacket
    from sigtrace.application.socketio.session import Carried, Session

MALFORMED_PACKET: Final = "socketio.malformed-packet"
MISSING_ATTACHMENT: Final = "socketio.missing-attachment"
STRAY_ATTACHMENT: Final = "socketio.stray-attachment"


class Assembly:
    """Makes the packets of one session from what was carried, in order of time.

    An attachment that was carried but not captured keeps its place as empty bytes, and counts as missing.
    """

    def __init__(self, session: Session, note: Callable[[Notice], None]) -> None:
        self._session = session
        self._note = note
        self._open: dict[bool, _Pending] = {}  # by direction: a packet whose attachments are not all there
        self._found: list[SocketPacket] = []
        self._decode = decode_legacy_text if session.protocol == LEGACY else decode_socket_text

    def read(self, carried: Iterable[Carried]) -> list[SocketPacket]:
        """Return the packets, numbered 0, in the order in which they were complete."""
        for one in carried:
            if one.lost:
                self._lose(one)
            for packet in one.packets:
                if packet.kind is not EnginePacketKind.MESSAGE:
                    continue
                if packet.binary:
                    self._attach(one, packet)
                else:
                    self._begin(one, packet)
        for from_client in list(self._open):
            self._finish(from_client)
        return self._found

    def _begin(self, carried: Carried, packet: EnginePacket) -> None:
        """Take the text of a packet."""
        self._finish(carried.from_client)
        try:
            text = self._decode(packet.data)
        except DecodeError as error:
            self._tell(MALFORMED_PACKET, f"{error}; it was left out", carried)
            return
        self._open[carried.from_client] = _Pending(text, carried, carried.span, [], 0)
        if not text.attachments:
            self._finish(carried.from_client)

    def _attach(self, carried: Carried, packet: EnginePacket) -> None:
        pending = self._open.get(carried.from_client)
        if pending is None:
            self._tell(STRAY_ATTACHMENT, f"{len(packet.data)} bytes that no packet announced were left out", carried)
            return
        pending.attachments.append(packet.data)
        self._grow(pending, carried)

    def _lose(self, carried: Carried) -> None:
        """Take note of a message that is not all there: an attachment where one is due, else of no known kind."""
        pending = self._open.get(carried.from_client)
        if pending is not None:
            pending.attachments.append(b"")
            self._grow(pending._replace(lost=pending.lost + 1), carried)

    def _grow(self, pending: _Pending, carried: Carried) -> None:
        span = pending.span
        grown = Span(span.start_ns, carried.span.end_ns, span.first_packet, carried.span.last_packet)
        self._open[carried.from_client] = pending._replace(span=grown)
        if len(pending.attachments) == pending.text.attachments:
            self._finish(carried.from_client)

    def _finish(self, from_client: bool) -> None:  # noqa: FBT001 - a direction
        """Give out the packet that is open in a direction, whether all is there or not."""
        pending = self._open.pop(from_client, None)
        if pending is None:
            return
        text, carried = pending.text, pending.carried
        missing = text.attachments - len(pending.attachments) + pending.lost
        if missing:
            words = f"{missing} of the {text.attachments} attachments of a packet were never captured"
            self._tell(MISSING_ATTACHMENT, words, carried)
        first = self._session.first
        self._found.append(
            SocketPacket(
                number=0,
                channel=self._session.channel,
                protocol=self._session.protocol,
                client=first.client,
                server=first.server,
                path=first.path,
                namespace=text.namespace,
                kind=text.kind,
                name=text.name,
                payload=text.payload,
                attachments=tuple(pending.attachments),
                ack=text.ack,
                from_client=from_client,
                span=pending.span,
                exchange=carried.exchange,
                message=carried.message,
                missing=missing,
            )
        )

    def _tell(self, code: str, text: str, carried: Carried) -> None:
        self._note(Notice(code=code, severity=Severity.WARNING, text=text, packet=carried.span.first_packet))


class _Pending(NamedTuple):
    """A packet whose text is there."""

    text: SocketText
    carried: Carried  # that brought the text
    span: Span
    attachments: list[bytes]
    lost: int  # of the attachments, those that are not all there
