"""The records `flow` and `exchange`: TCP connections that carried something decoded, and HTTP on them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sigtrace.export.record import wire_text, word
from sigtrace.streams.flow import Closer

if TYPE_CHECKING:
    from sigtrace.application.http.message import Body, Exchange, Head
    from sigtrace.export.record import Record
    from sigtrace.signaling.recognition import ExchangeRole
    from sigtrace.streams.flow import Flow
    from sigtrace.trace import DecodedFlow


def flow_record(decoded: DecodedFlow, *, digests: bool) -> Record:
    """Make the record of one flow; client and server are HTTP's, whoever opened the connection."""
    flow = decoded.flow
    client, server = flow.originator, flow.responder
    from_client, from_server = flow.from_originator, flow.from_responder
    if not decoded.client_is_originator:
        client, server = server, client
        from_client, from_server = from_server, from_client
    record: Record = {
        "type": "flow",
        "number": flow.number,
        "client": str(client),
        "server": str(server),
        "protocol": decoded.protocol,
        "opened_ns": flow.opened_ns,
        "closed_ns": flow.closed_ns,
        "closed_by": _closed_by(flow, client_is_originator=decoded.client_is_originator),
        "connect_ns": flow.connect_ns,
        "packets": from_client.packets + from_server.packets,
        "retransmitted": from_client.retransmitted + from_server.retransmitted,
        "copies": from_client.copies + from_server.copies,
        "bytes": {"client": from_client.bytes, "server": from_server.bytes},
        "gaps": {"client": from_client.gap_bytes, "server": from_server.gap_bytes},
    }
    if digests:
        record["sha256"] = {"client": from_client.sha256, "server": from_server.sha256}
    return record


def _closed_by(flow: Flow, *, client_is_originator: bool) -> str | None:
    if flow.closed_by is None:
        return None
    if flow.closed_by is Closer.RESET:
        return "reset"
    return "client" if (flow.closed_by is Closer.ORIGINATOR) == client_is_originator else "server"


def exchange_record(exchange: Exchange, role: ExchangeRole) -> Record:
    """Make the record of one exchange."""
    request, response = exchange.request, exchange.response
    asked, answered = _packets(request), _packets(response)
    return {
        "type": "exchange",
        "number": exchange.number,
        "flow": exchange.flow,
        "client": str(exchange.client),
        "server": str(exchange.server),
        "protocol": role.protocol,
        "kind": role.kind.value,
        "method": request.method if request else None,
        "target": wire_text(request.target) if request else None,
        "host": wire_text(request.header(b"host")) if request else None,
        "version": request.version if request else None,
        "status": response.status if response else None,
        "reason": wire_text(response.reason) if response else None,
        "request_ns": request.span.start_ns if request else None,
        "request_end_ns": request.span.end_ns if request else None,
        "response_ns": response.span.start_ns if response else None,
        "response_end_ns": response.span.end_ns if response else None,
        "request_body": _body(request.body) if request else None,
        "response_body": _body(response.body) if response else None,
        "state": exchange.state.value,
        "packets": _all_packets(asked, answered),
        "request_packets": asked,
        "response_packets": answered,
        "ended_by": word(exchange.end),
        "ended_ns": exchange.ended_ns,
        "request_retransmitted": exchange.request_retransmitted,
    }


def _packets(message: Head | None) -> list[int] | None:
    """First and last packet of a message."""
    return None if message is None else [message.span.first_packet, message.span.last_packet]


def _all_packets(asked: list[int] | None, answered: list[int] | None) -> list[int] | None:
    """First and last packet of both messages, which may overlap where packets were captured out of order."""
    if asked is None or answered is None:
        return asked or answered
    return [min(asked[0], answered[0]), max(asked[1], answered[1])]


def _body(body: Body) -> Record:
    record: Record = {"length": body.length, "sha256": body.sha256}
    if body.encoding is not None:
        record["encoding"] = body.encoding
        record["content_length"] = body.content_length
        record["content_sha256"] = body.content_sha256
    if body.missing:
        record["missing"] = body.missing
    return record
