"""The columns of every record type when records become tables: `request_body.length` is a field inside a field.

Columns do not depend on what a capture holds, so tables of different captures fit together; a test keeps them, the
records and `docs/export.md` in step.
"""

from __future__ import annotations

_COLUMNS = {
    "capture": "schema file format packets bytes first_ns last_ns interfaces truncated comments",
    "flow": """
        number client server protocol opened_ns closed_ns closed_by connect_ns packets retransmitted copies
        bytes.client bytes.server gaps.client gaps.server sha256.client sha256.server
    """,
    "exchange": """
        number flow client server protocol kind method target host version status reason request_ns request_end_ns
        response_ns response_end_ns request_body.length request_body.sha256 request_body.encoding
        request_body.content_length request_body.content_sha256 request_body.missing response_body.length
        response_body.sha256 response_body.encoding response_body.content_length response_body.content_sha256
        response_body.missing state packets request_packets response_packets ended_by ended_ns request_retransmitted
    """,
    "websocket_message": """
        number flow client server from opcode length sha256 at_ns packets end_ns protocol target wire_length compressed
        frames missing state text
    """,
    "websocket_control": "flow client server from opcode at_ns packets length code reason rtt_ns",
    "engineio_session": """
        channel sid revision client server path opened_ns upgraded_ns closed_ns closed_by flow ping_interval_ms
        ping_timeout_ms heartbeats
    """,
    "socketio_packet": """
        number channel client server from namespace kind name ack at_ns end_ns packets exchange message length sha256
        attachments missing protocol revision text
    """,
    "peer": "id name server address protocol room joined_ns left_ns left session sign_in is_server",
    "wait": """
        exchange peer asked_ns answered_ns hang_ns released_by from_queue by_peer signal blind_ns ended_ns session
        inferred
    """,
    "act": "kind peer from at_ns about room name text others number packet session",
    "signal": """
        number protocol kind from to sent_ns delivered_ns relay_ns queued sent_exchange delivered_exchange call fate
        length sha256 problem session sent_message delivered_message to_all dialog label text
    """,
    "description": "signal kind from to bundle media sdp",
    "candidate": """
        signal from to mid mline foundation component transport priority address port kind related tcp_type ufrag
    """,
    "call": """
        number protocol caller callee offered_ns answered_ns ended_ns ended offers answers candidates.caller
        candidates.callee answer_time_ns server session began_ns offer_delivered_ns first_candidate_ns
        last_candidate_ns ended_by verdict glare loopback inferred signals dialog
    """,
    "notice": "code severity text packet offset",
}

COLUMNS: dict[str, tuple[str, ...]] = {kind: tuple(columns.split()) for kind, columns in _COLUMNS.items()}
"""By type of record, in the order of the contract."""
