"""The records `flow` and `exchange`: TCP connections that carried something decoded, and HTTP on them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sigtrace.export.record import endpoint_text, wire_text, word
from sigtrace.streams.flow import Closer

if TYPE_CHECKING:
    from sigtrace.application.http.message import Body, Exchange, Request, Response
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
        "client": endpoint_text(client),
        "server": endpoint_text(server),
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
    method, target, host, version, asked_ns, asked_end_ns, asked_body, asked = _asked(exchange.request)
    status, reason, answered_ns, answered_end_ns, answered_body, answered = _answered(exchange.response)
    return {
        "type": "exchange",
        "number": exchange.number,
        "flow": exchange.flow,
        "client": endpoint_text(exchange.client),
        "server": endpoint_text(exchange.server),
        "protocol": role.protocol,
        "kind": role.kind._value_,
        "method": method,
        "target": target,
        "host": host,
        "version": version,
        "status": status,
        "reason": reason,
        "request_ns": asked_ns,
        "request_end_ns": asked_end_ns,
        "response_ns": answered_ns,
        "response_end_ns": answered_end_ns,
        "request_body": asked_body,
        "response_body": answered_body,
        "state": exchange.state._value_,
        "packets": _all_packets(asked, answered),
        "request_packets": asked,
        "response_packets": answered,
        "ended_by": word(exchange.end),
        "ended_ns": exchange.ended_ns,
        "request_retransmitted": exchange.request_retransmitted,
    }


def _asked(request: Request | None) -> tuple[Any, ...]:
    """Return what an exchange's record says of the request; all is None where it was not captured."""
    if request is None:
        return (None,) * 8
    start_ns, end_ns, first_packet, last_packet = request.span
    return (
        request.method,
        wire_text(request.target),
        wire_text(request.header(b"host")),
        request.version,
        start_ns,
        end_ns,
        _body(request.body),
        [first_packet, last_packet],
    )


def _answered(response: Response | None) -> tuple[Any, ...]:
    """Return what an exchange's record says of the response; all is None where there is none."""
    if response is None:
        return (None,) * 6
    start_ns, end_ns, first_packet, last_packet = response.span
    return (
        response.status,
        wire_text(response.reason),
        start_ns,
        end_ns,
        _body(response.body),
        [first_packet, last_packet],
    )


def _all_packets(asked: list[int] | None, answered: list[int] | None) -> list[int] | None:
    """First and last packet of both messages, which may overlap where packets were captured out of order."""
    if asked is None or answered is None:
        return asked or answered
    if asked[0] <= answered[0] and asked[1] <= answered[1]:  # nearly always, and quicker than to ask min and max
        return [asked[0], answered[1]]
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
