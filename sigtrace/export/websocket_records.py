"""The records `websocket_message` and `websocket_control`: whole messages of WebSockets; pings, pongs, closes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sigtrace.export.record import wire_text

if TYPE_CHECKING:
    from sigtrace.application.websocket.message import ControlFrame, Message
    from sigtrace.export.record import Record


def message_record(message: Message, protocol: str, *, bodies: bool) -> Record:
    """Make the record of one message, with its payload as text where bodies are wanted."""
    record: Record = {
        "type": "websocket_message",
        "number": message.number,
        "flow": message.flow,
        "client": str(message.client),
        "server": str(message.server),
        "from": "client" if message.from_client else "server",
        "opcode": int(message.opcode),
        "length": message.length,
        "sha256": message.sha256,
        "at_ns": message.span.start_ns,
        "packets": [message.span.first_packet, message.span.last_packet],
        "end_ns": message.span.end_ns,
        "protocol": protocol,
        "target": wire_text(message.target),
        "wire_length": message.wire_length,
        "compressed": message.compressed,
        "frames": message.frames,
        "missing": message.missing,
        "state": message.state.value,
    }
    if bodies:
        record["text"] = wire_text(message.data)
    return record


def control_record(control: ControlFrame) -> Record:
    """Make the record of one control frame."""
    return {
        "type": "websocket_control",
        "flow": control.flow,
        "client": str(control.client),
        "server": str(control.server),
        "from": "client" if control.from_client else "server",
        "opcode": int(control.opcode),
        "at_ns": control.span.start_ns,
        "packets": [control.span.first_packet, control.span.last_packet],
        "length": len(control.data),
        "code": control.code,
        "reason": wire_text(control.reason) if control.code is not None else None,
        "rtt_ns": control.rtt_ns,
    }
