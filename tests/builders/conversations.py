r"""Makes TCP conversations as segments: what two sides sent, and what a capture made of it.

talk = Conversation()
talk.handshake()
talk.client.send(b"GET / HTTP/1.0\r\n\r\n", mss=4)
talk.server.acknowledge()
segments = captured(shuffled(talk.segments, seed=1))
"""

from __future__ import annotations

import random
from ipaddress import ip_address
from typing import TYPE_CHECKING

from sigtrace.notices import Notice
from sigtrace.packets.packet import ACK, FIN, PSH, RST, SYN, Segment
from sigtrace.streams.flow import Chunk, Delivery, End, Gap

if TYPE_CHECKING:
    from collections.abc import Iterable

MILLISECOND = 1_000_000
SECOND = 1_000_000_000
START_NS = 1_700_000_000 * SECOND
MASK = 0xFFFF_FFFF


def packed(endpoint: str) -> bytes:
    """Pack "10.0.0.1:8888" or "[fd77::1]:8888"."""
    address, _, port = endpoint.rpartition(":")
    return ip_address(address.strip("[]")).packed + int(port).to_bytes(2, "big")


class Side:
    """One side of a conversation: it knows what it sent and what it has seen of the other."""

    def __init__(self, conversation: Conversation, endpoint: str, isn: int, identity: int) -> None:
        self.conversation = conversation
        self.endpoint = packed(endpoint)
        self.isn = isn
        self.sequence = isn  # next to send
        self.identity = identity  # IP identification of the last packet
        self.window = 502
        self.sent = b""

    @property
    def other(self) -> Side:
        """The other side."""
        return self.conversation.server if self is self.conversation.client else self.conversation.client

    def segment(
        self,
        data: bytes = b"",
        *,
        flags: int = ACK,
        sequence: int | None = None,
        acknowledgment: int | None = None,
        length: int | None = None,
        identity: int | None = None,
        interface: int = 0,
    ) -> Segment:
        """Add one segment exactly as told, whatever was sent before; nothing is counted as sent."""
        talk = self.conversation
        if identity is None:
            self.identity = identity = self.identity % 65_535 + 1
        if acknowledgment is None:
            acknowledgment = self.other.sequence if flags & ACK else 0
        made = Segment(
            number=len(talk.segments) + 1,
            at_ns=talk.now_ns,
            interface=interface,
            source=self.endpoint,
            destination=self.other.endpoint,
            sequence=(self.sequence if sequence is None else sequence) & MASK,
            acknowledgment=acknowledgment & MASK,
            flags=flags,
            window=self.window,
            payload=data if length is None else data[:length],
            length=len(data),
            identity=identity,
        )
        talk.segments.append(made)
        talk.now_ns += talk.step_ns
        return made

    def syn(self, data: bytes = b"", *, flags: int = SYN) -> Segment:
        """Open, with data where TCP Fast Open is wanted."""
        made = self.segment(data, flags=flags, sequence=self.isn)
        self.sent += data
        self.sequence = (self.isn + 1 + len(data)) & MASK
        return made

    def send(self, data: bytes, mss: int = 1460, *, flags: int = ACK | PSH, snap: int | None = None) -> list[Segment]:
        """Send bytes in segments of at most `mss`, of which a snap length keeps the first `snap`."""
        made = []
        for start in range(0, len(data), mss):
            part = data[start : start + mss]
            made.append(self.segment(part, flags=flags, length=snap))
            self.sequence = (self.sequence + len(part)) & MASK
            self.sent += part
        return made

    def acknowledge(self, acknowledgment: int | None = None) -> Segment:
        """Acknowledge all that the other side sent, or up to a number."""
        return self.segment(acknowledgment=acknowledgment)

    def fin(self, data: bytes = b"") -> Segment:
        """Close this direction, with last data."""
        made = self.segment(data, flags=FIN | ACK)
        self.sent += data
        self.sequence = (self.sequence + len(data) + 1) & MASK
        return made

    def reset(self, data: bytes = b"") -> Segment:
        """Reset the connection."""
        return self.segment(data, flags=RST | ACK)

    def keep_alive(self, length: int = 0) -> Segment:
        """Probe whether the other side is still there."""
        return self.segment(b"\0" * length, sequence=self.sequence - 1)


class Conversation:
    """Two sides and the segments between them, each `step_ns` after the one before."""

    def __init__(
        self,
        client: str = "10.77.0.11:40000",
        server: str = "10.77.0.1:8888",
        *,
        client_isn: int = 1000,
        server_isn: int = 5000,
        step_ns: int = MILLISECOND,
        start_ns: int = START_NS,
    ) -> None:
        self.segments: list[Segment] = []
        self.now_ns = start_ns
        self.step_ns = step_ns
        self.client = Side(self, client, client_isn, 100)
        self.server = Side(self, server, server_isn, 30_000)

    def handshake(self) -> None:
        """SYN, SYN-ACK, ACK."""
        self.client.syn()
        self.server.syn(flags=SYN | ACK)
        self.client.acknowledge()

    def established(self) -> None:
        """Go on as if the handshake had taken place before the capture."""
        self.client.sequence = (self.client.isn + 1) & MASK
        self.server.sequence = (self.server.isn + 1) & MASK

    def close(self) -> None:
        """Let the client close first, then the server."""
        self.client.fin()
        self.server.fin()
        self.client.acknowledge()

    def wait(self, duration_ns: int) -> None:
        """Let time pass."""
        self.now_ns += duration_ns


def captured(segments: Iterable[Segment]) -> list[Segment]:
    """Number segments in the order given, as a capture would; their times stay."""
    return [segment._replace(number=number) for number, segment in enumerate(segments, 1)]


def without(segments: list[Segment], *lost: Segment) -> list[Segment]:
    """Leave out what the capture lost."""
    return captured(segment for segment in segments if segment not in lost)


def shuffled(segments: list[Segment], *, seed: int, reach: int = 3) -> list[Segment]:
    """Reorder segments so that each moves only a few places."""
    chance = random.Random(seed)  # noqa: S311 - a repeatable order, no secret
    keyed = sorted(enumerate(segments), key=lambda item: item[0] + chance.uniform(0, reach))
    return captured(segment for _, segment in keyed)


def twice(segments: list[Segment], *, interface: int = 1, apart_ns: int = 20_000) -> list[Segment]:
    """Capture every segment a second time, a moment later, on another interface."""
    pairs = ((s, s._replace(interface=interface, at_ns=s.at_ns + apart_ns)) for s in segments)
    return captured(segment for pair in pairs for segment in pair)


def story(items: Iterable[Delivery | Notice]) -> list[str]:
    """Tell what reassembly handed out, a line each: `1> GET` by the originator of flow 1, `1< gap 5`, `! tcp.gap`."""
    return [_line(item) for item in items]


def _line(item: Delivery | Notice) -> str:
    if isinstance(item, Notice):
        return f"! {item.code}"
    start = f"{item.flow}{'>' if item.from_originator else '<'} "
    match item.item:
        case Chunk(data):
            return start + data.decode("latin-1")
        case Gap(length):
            return f"{start}gap {length}"
        case End(how):
            return f"{start}end {how.value}"
