"""What to say of a capture in which no signaling that we know was found: what was seen instead, and what to try."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sigtrace.packets.tally import Kind
from sigtrace.views.quantities import count, format_bytes

if TYPE_CHECKING:
    from sigtrace.trace import Trace


def explain_nothing(trace: Trace) -> tuple[str, ...]:
    """Explain in a few sentences why there is nothing to show."""
    if not trace.packets:
        return ("The capture holds no packets.", "Was the right interface recorded, and long enough?")
    return ("No signaling that sigtrace knows was found.", *_seen(trace), *_advice(trace))


def _seen(trace: Trace) -> list[str]:
    tally = trace.tally
    seen = []
    http = len(trace.exchanges)
    if http:
        servers = sorted({str(exchange.server) for exchange in trace.exchanges})
        where = ", ".join(servers[:3]) + (f" and {len(servers) - 3} more" if len(servers) > 3 else "")
        seen.append(f"HTTP: {count(http, 'exchange')} with {where}, none of them signaling.")
    messages = len(trace.messages)
    if messages:
        seen.append(f"WebSocket: {count(messages, 'message')}, none of them signaling.")
    tcp = tally[Kind.TCP].packets + tally[Kind.DROPPED].packets
    if tcp:
        amount = format_bytes(tally[Kind.TCP].bytes + tally[Kind.DROPPED].bytes)
        seen.append(f"TCP: {count(tcp, 'packet')}, {amount}{'' if http else ', none of it readable HTTP'}.")
    if tally[Kind.UDP].packets:
        udp = tally[Kind.UDP]
        seen.append(f"UDP: {count(udp.packets, 'packet')}, {format_bytes(udp.bytes)}: media, STUN or something else.")
    rest = tally.packets - tcp - tally[Kind.UDP].packets
    if rest:
        seen.append(f"Other: {count(rest, 'packet')} (ARP, ICMP, fragments, damaged, of unknown link types).")
    return seen


def _advice(trace: Trace) -> list[str]:
    tally = trace.tally
    if not tally[Kind.TCP].packets + tally[Kind.DROPPED].packets:
        return ["Signaling runs over TCP, and the capture has none: was it filtered, or recorded elsewhere?"]
    if trace.exchanges:
        return ["Record where the signaling server is reached, from before the peers sign in."]
    return [
        "Over TLS (https, wss) nothing can be read without the keys.",
        "Else: record from before the connections open, with whole packets (tcpdump -s 0).",
    ]
