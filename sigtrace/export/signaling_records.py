"""The records `peer`, `wait`, `act`, `signal` and `call`: what the signaling means."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sigtrace.export.record import word

if TYPE_CHECKING:
    from sigtrace.calls.acts import Act
    from sigtrace.calls.negotiation import Call
    from sigtrace.calls.peers import Peer
    from sigtrace.calls.signals import Signal
    from sigtrace.calls.verdict import Verdict
    from sigtrace.calls.waits import Wait
    from sigtrace.export.record import Record


def peer_record(peer: Peer) -> Record:
    """Make the record of one peer's stay on a server."""
    return {
        "type": "peer",
        "id": peer.id,
        "name": peer.name,
        "server": str(peer.server),
        "address": peer.address,
        "protocol": peer.protocol,
        "room": peer.room,
        "joined_ns": peer.joined_ns,
        "left_ns": peer.left_ns,
        "left": word(peer.left),
        "session": peer.session,
        "sign_in": peer.sign_in,
        "is_server": peer.is_server,
    }


def wait_record(wait: Wait) -> Record:
    """Make the record of one hanging GET."""
    return {
        "type": "wait",
        "exchange": wait.exchange,
        "peer": wait.peer,
        "asked_ns": wait.asked_ns,
        "answered_ns": wait.answered_ns,
        "hang_ns": wait.hang_ns,
        "released_by": word(wait.released_by),
        "from_queue": wait.from_queue,
        "by_peer": wait.by_peer,
        "signal": wait.signal,
        "blind_ns": wait.blind_ns,
        "ended_ns": wait.ended_ns,
        "session": wait.session,
        "inferred": wait.inferred,
    }


def act_record(act: Act) -> Record:
    """Make the record of one act."""
    return {
        "type": "act",
        "kind": act.kind.value,
        "peer": act.peer,
        "from": "client" if act.from_client else "server",
        "at_ns": act.at_ns,
        "about": act.about,
        "room": act.room,
        "name": act.name,
        "text": act.text,
        "others": act.others,
        "number": act.number,
        "packet": act.packet,
        "session": act.session,
    }


def signal_record(signal: Signal, *, bodies: bool) -> Record:
    """Make the record of one relayed message, with its text where bodies are wanted."""
    content = signal.content
    record: Record = {
        "type": "signal",
        "number": signal.number,
        "protocol": signal.protocol,
        "kind": signal.kind.value,
        "from": signal.sender,
        "to": signal.receiver,
        "sent_ns": signal.sent_ns,
        "delivered_ns": signal.delivered_ns,
        "relay_ns": signal.relay_ns,
        "queued": signal.queued,
        "sent_exchange": signal.sent_exchange,
        "delivered_exchange": signal.delivered_exchange,
        "call": signal.call,
        "fate": signal.fate.value,
        "length": content.length,
        "sha256": content.sha256,
        "problem": content.problem,
        "session": signal.session,
        "sent_message": signal.sent_message,
        "delivered_message": signal.delivered_message,
        "to_all": signal.to_all,
        "dialog": signal.dialog,
        "label": content.label,
    }
    if bodies:
        record["text"] = content.text
    return record


def call_record(call: Call, verdict: Verdict | None) -> Record:
    """Make the record of one call and of what it came to."""
    return {
        "type": "call",
        "number": call.number,
        "protocol": call.protocol,
        "caller": call.caller,
        "callee": call.callee,
        "offered_ns": call.offered_ns,
        "answered_ns": call.answered_ns,
        "ended_ns": call.ended_ns,
        "ended": call.ended.value,
        "offers": call.offers,
        "answers": call.answers,
        "candidates": {"caller": call.caller_candidates, "callee": call.callee_candidates},
        "answer_time_ns": call.answer_time_ns,
        "server": str(call.server),
        "session": call.session,
        "began_ns": call.began_ns,
        "offer_delivered_ns": call.offer_delivered_ns,
        "first_candidate_ns": call.first_candidate_ns,
        "last_candidate_ns": call.last_candidate_ns,
        "ended_by": call.ended_by,
        "verdict": verdict.outcome.value if verdict else None,
        "glare": call.glare,
        "loopback": call.loopback,
        "inferred": call.inferred,
        "signals": list(call.signals),
        "dialog": call.dialog,
    }
