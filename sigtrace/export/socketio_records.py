"""The records `socketio_packet` and `engineio_session`: Socket.IO, and what is below it over many connections."""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING

from sigtrace.text import encode_text

if TYPE_CHECKING:
    from sigtrace.application.socketio.packet import EngineSession, SocketPacket
    from sigtrace.export.record import Record


def packet_record(packet: SocketPacket, protocol: str, *, bodies: bool) -> Record:
    """Make the record of one packet, with its JSON where bodies are wanted."""
    record: Record = {
        "type": "socketio_packet",
        "number": packet.number,
        "channel": packet.channel,
        "client": str(packet.client),
        "server": str(packet.server),
        "from": "client" if packet.from_client else "server",
        "namespace": packet.namespace,
        "kind": packet.kind.value,
        "name": packet.name,
        "ack": packet.ack,
        "at_ns": packet.span.start_ns,
        "end_ns": packet.span.end_ns,
        "packets": [packet.span.first_packet, packet.span.last_packet],
        "exchange": packet.exchange,
        "message": packet.message,
        "length": len(encode_text(packet.payload)),
        "sha256": sha256(encode_text(packet.payload)).hexdigest(),
        "attachments": [{"length": len(one), "sha256": sha256(one).hexdigest()} for one in packet.attachments],
        "missing": packet.missing,
        "protocol": protocol,
        "revision": packet.protocol,
    }
    if bodies:
        record["text"] = packet.payload
    return record


def session_record(session: EngineSession) -> Record:
    """Make the record of one session."""
    return {
        "type": "engineio_session",
        "channel": session.channel,
        "sid": session.sid,
        "revision": session.protocol,
        "client": str(session.client),
        "server": str(session.server),
        "path": session.path,
        "opened_ns": session.opened_ns,
        "upgraded_ns": session.upgraded_ns,
        "closed_ns": session.closed_ns,
        "closed_by": {None: None, True: "client", False: "server"}[session.closed_by_client],
        "flow": session.flow,
        "ping_interval_ms": session.ping_interval_ms,
        "ping_timeout_ms": session.ping_timeout_ms,
        "heartbeats": list(session.heartbeats),
    }
