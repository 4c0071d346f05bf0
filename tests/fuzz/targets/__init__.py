"""All fuzz targets: one for each decoder, one for the whole way."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from tests.fuzz.targets.captures import try_pcap, try_pcapng
from tests.fuzz.targets.compression import try_compression
from tests.fuzz.targets.content import try_content
from tests.fuzz.targets.fragments import try_fragments
from tests.fuzz.targets.http import try_http
from tests.fuzz.targets.packets import try_packets
from tests.fuzz.targets.rooms import try_rooms
from tests.fuzz.targets.sdp import try_agreement, try_candidate, try_description
from tests.fuzz.targets.signaling import try_exchange, try_history, try_json
from tests.fuzz.targets.socketio import try_socketio
from tests.fuzz.targets.tcp import try_tcp
from tests.fuzz.targets.websocket import try_websocket
from tests.fuzz.targets.whole import try_whole

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["TARGETS", "Target"]


class Target(NamedTuple):
    """One decoder under any bytes."""

    run: Callable[[bytes], None]  # raises, whatever it is, when something is wrong
    law: str  # what holds beside that nothing is raised
    longest: int  # bytes of an input: what reaches every branch, and not so much that trying it is slow


TARGETS: Final[dict[str, Target]] = {
    "pcap": Target(try_pcap, "windows do not matter; packet numbers rise; the end says how much was read", 4096),
    "pcapng": Target(try_pcapng, "the same", 4096),
    "compression": Target(try_compression, "slices do not matter; pieces are bounded; gzip agrees", 4096),
    "packets": Target(try_packets, "columns and records tell the same; every record is counted once", 2048),
    "fragments": Target(try_fragments, "as a table of bytes, filled as they arrive, says", 1024),
    "tcp": Target(try_tcp, "each direction ends once and last; every byte is its packet's; counts are right", 16384),
    "http": Target(try_http, "how bytes are cut into chunks changes no exchange", 8192),
    "websocket": Target(try_websocket, "chunks change no message; every byte is in a frame, skipped or missing", 8192),
    "content": Target(try_content, "content stays within its bound; coded bodies come back", 2048),
    "description": Target(try_description, "the text comes back; malformed lines are lines of it", 8192),
    "candidate": Target(try_candidate, "what is written of it is the same candidate", 512),
    "agreement": Target(try_agreement, "every codec is accounted for; one agrees with oneself", 16384),
    "exchange": Target(try_exchange, "notices can be written", 2048),
    "json": Target(try_json, "texts can be written; what is in it fits its kind", 4096),
    "history": Target(try_history, "all that it points at is there, numbered in order", 4096),
    "rooms": Target(try_rooms, "the same; who left did so at some time; no call is shorter than nothing", 1001),
    "socketio": Target(try_socketio, "order of arrival is nothing; references hold; packets come back", 8192),
    "whole": Target(try_whole, "outputs are harmless and can be read back; all packets are tallied", 16384),
}
