"""Makes conversations in which TCP and the capture do everything they may, and says what must come out of each.

    rough = make_rough(random.Random(7))
    rough.segments  # as captured: numbered, in order of time
    rough.flows[0].client.expected()  # byte by byte: what the capture holds of it, and in which packet first

What is expected is worked out byte by byte from the captured segments alone, in a few plain lines that share nothing
with the reassembly they judge. Bytes that a side means to send are lower-case letters that depend on their position, so
that one misplaced shows; bytes that contradict them are capitals; the byte of a probe is a digit.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from sigtrace.packets.packet import ACK, FIN, PSH, RST, SYN, Segment
from tests.builders.conversations import MASK, MILLISECOND, START_NS, Conversation, Side

if TYPE_CHECKING:
    from collections.abc import Callable
    from random import Random

URG: Final = 0x20
PERIOD: Final = 26
NEVER: Final = 1 << 62  # behind every packet
NEAR: Final = 1 << 24  # further than any byte of these conversations is from another


def content(start: int, length: int, *, capitals: bool = False) -> bytes:
    """Return what stands at some positions of every stream."""
    first = ord("A" if capitals else "a")
    return bytes(first + (at * 7 + at // PERIOD) % PERIOD for at in range(start, start + length))


@dataclass
class Direction:
    """One direction of one flow, as the capture shows it: everything in it is worked out from the segments."""

    side: Side
    captured: list[Segment] = field(default_factory=list)  # of this side
    answers: list[Segment] = field(default_factory=list)  # of the other side

    def position(self, segment: Segment) -> int:
        """Return where a segment's first byte stands; the first byte of the stream is 0."""
        sequence = segment.sequence + bool(segment.flags & SYN)
        return (sequence - self.side.isn - 1 + NEAR) % 2**32 - NEAR

    @property
    def syn(self) -> bool:
        """True when its SYN was captured."""
        return any(segment.flags & SYN for segment in self.captured)

    @property
    def late_syn(self) -> bool:
        """True when its SYN was captured behind another packet of it."""
        return any(segment.flags & SYN for segment in self.captured[1:]) and not self.captured[0].flags & SYN

    @property
    def opened(self) -> bool:
        """True when its SYN is the first packet captured of it."""
        return bool(self.captured) and bool(self.captured[0].flags & SYN)

    @property
    def fin(self) -> int | None:
        """Where its FIN stands, if it was captured."""
        ends = [self.position(one) + one.length for one in self.captured if one.flags & FIN and not one.flags & RST]
        return min(ends, default=None)

    def acknowledged(self, *, before: int = NEVER) -> int:
        """Return up to where the other side acknowledges it in packets before one; a FIN counts as one."""
        numbers = [one.acknowledgment for one in self.answers if one.flags & ACK and one.number < before]
        return max(((number - self.side.isn - 1 + NEAR) % 2**32 - NEAR for number in numbers), default=-NEAR)

    def flags(self, number: int) -> int:
        """Return the flags of a packet."""
        return next(segment.flags for segment in self.captured if segment.number == number)

    def stands_at(self, position: int, *, before: int) -> bool:
        """Tell whether a packet before one begins at a position."""
        return any(self.position(one) == position for one in self.captured if one.number < before)

    def is_probe(self, number: int) -> bool:
        """Tell whether a packet carries one byte and nothing else."""
        return any(one.number == number and one.length == 1 and not one.flags & (SYN | FIN) for one in self.captured)

    def carriers(self) -> dict[int, tuple[int, int]]:
        """Return for each position that was captured the packet that brought it first, and the byte it brought."""
        first: dict[int, tuple[int, int]] = {}
        for segment in self.captured:
            if segment.flags & RST:
                continue
            start = self.position(segment)
            for at, byte in enumerate(segment.payload, start):
                first.setdefault(at, (segment.number, byte))
        return first

    def copies_of(self, position: int) -> list[tuple[int, int]]:
        """Return every packet that carries a position, and the byte it has there, in order of capture."""
        found = []
        for segment in self.captured:
            at = position - self.position(segment)
            if 0 <= at < len(segment.payload) and not segment.flags & RST:
                found.append((segment.number, segment.payload[at]))
        return found

    def was_cut(self, position: int, *, before: int = NEVER) -> bool:
        """Tell whether a packet before this one had a byte at a position that the snap length cut off."""
        for segment in self.captured:
            at = position - self.position(segment)
            if segment.number < before and len(segment.payload) <= at < segment.length:
                return True
        return False

    def shown(self) -> int:
        """Return the position behind the last byte that any segment of this side shows to exist."""
        ends = [self.position(one) + one.length for one in self.captured if one.length and not one.flags & RST]
        return max(ends, default=0)


@dataclass
class RoughFlow:
    """Both directions of one connection."""

    client: Direction
    server: Direction
    rows: slice  # of the conversation's segments

    @property
    def late_syn(self) -> bool:
        """True when a SYN was captured behind other packets than those that go before it."""
        numbers = [one.number for one in self.client.captured if one.flags & (SYN | ACK) == SYN]
        behind = bool(numbers) and any(one.number < numbers[0] for one in self.server.captured)
        return behind or self.client.late_syn or self.server.late_syn

    @property
    def reopened(self) -> bool:
        """True when a SYN was captured behind the FINs of both directions."""
        ends = [min((one.number for one in way.captured if one.flags & FIN), default=NEVER) for way in self.ways]
        return any(one.flags & SYN and one.number > max(ends) for way in self.ways for one in way.captured)

    @property
    def ways(self) -> tuple[Direction, Direction]:
        """Both directions."""
        return self.client, self.server

    @classmethod
    def of(cls, client: Side, server: Side, segments: list[Segment], rows: slice) -> RoughFlow:
        """Share captured segments out to the directions."""
        flow = cls(Direction(client), Direction(server), rows)
        for segment in segments:
            own, other = flow.client, flow.server
            if segment.source != client.endpoint:
                own, other = other, own
            own.captured.append(segment)
            other.answers.append(segment)
        return flow


@dataclass
class Rough:
    """A rough conversation: what was captured, and what is in it."""

    segments: list[Segment]
    flows: list[RoughFlow]
    features: set[str]

    def renumber(self, numbers: list[int]) -> None:
        """Give the segments other packet numbers, as they have in a capture of several conversations."""
        new = [one._replace(number=number) for one, number in zip(self.segments, numbers, strict=True)]
        self.segments = new
        self.flows = [
            RoughFlow.of(flow.client.side, flow.server.side, new[flow.rows], flow.rows) for flow in self.flows
        ]


class _Script:
    """Plays one connection, drawing what happens from `chance`."""

    def __init__(self, chance: Random, talk: Conversation, features: set[str]) -> None:
        self.chance = chance
        self.talk = talk
        self.features = features
        self.closed: set[Side] = set()

    def mark(self, name: str, *, one_in: int) -> bool:
        """Draw whether something happens, and note that it did."""
        happens = self.chance.randrange(one_in) == 0
        if happens:
            self.features.add(name)
        return happens

    def play(self, *, whole: bool) -> None:
        """Open, talk, close."""
        self.open(whole=whole)
        acts: list[Callable[[Side], None]] = [
            *[self.send] * 6, *[self.acknowledge] * 3, self.repeat, self.repeat, self.contradict, self.overrun,
            self.keep_alive, self.garbage_keep_alive, self.window_probe, self.duplicate_acknowledgments, self.urgent,
        ]  # fmt: skip
        for _ in range(self.chance.randint(1, 14)):
            side = self.chance.choice([self.talk.client, self.talk.server])
            if side not in self.closed:
                self.chance.choice(acts)(side)
        self.close()

    # Opening

    def open(self, *, whole: bool) -> None:
        """Open in one of the ways there are, or begin in the middle."""
        client, server = self.talk.client, self.talk.server
        if not whole and self.mark("joined in the middle", one_in=8):
            self.talk.established()
            before = self.chance.randrange(3)  # bytes sent before the capture began
            client.sequence += before
            server.sequence += before
        elif self.mark("simultaneous open", one_in=12):
            client.syn()
            server.syn()
            client.segment(flags=SYN | ACK, sequence=client.isn)
            server.segment(flags=SYN | ACK, sequence=server.isn)
        elif self.mark("data in the SYN", one_in=10):
            client.syn(content(0, self.chance.randint(1, 20)))
            server.syn(flags=SYN | ACK)
            client.acknowledge()
        else:
            client.syn()
            if self.mark("SYN sent again", one_in=10):
                client.segment(flags=SYN, sequence=client.isn)
            server.syn(flags=SYN | ACK)
            if self.mark("SYN-ACK sent again", one_in=10):
                server.segment(flags=SYN | ACK, sequence=server.isn)
            client.acknowledge()

    # Talking

    def sent(self, side: Side) -> int:
        """Return how many bytes a side sent."""
        return (side.sequence - side.isn - 1) & MASK

    def next_bytes(self, side: Side, most: int) -> bytes:
        """Return what a side sends next."""
        return content(self.sent(side), self.chance.randint(1, most))

    def send(self, side: Side) -> None:
        """Send in segments of any size."""
        side.send(self.next_bytes(side, 90), mss=self.chance.randint(1, 40))

    def urgent(self, side: Side) -> None:
        """Send urgent data, which stands in the stream like any."""
        self.features.add("urgent")
        side.send(self.next_bytes(side, 9), flags=ACK | PSH | URG)

    def acknowledge(self, side: Side) -> None:
        """Acknowledge all or a part."""
        behind = self.chance.choice([0, 0, 0, self.chance.randint(0, self.sent(side.other))])
        side.acknowledge((side.other.sequence - behind) & MASK)

    def _piece(self, side: Side) -> tuple[int, int]:
        start = self.chance.randint(0, self.sent(side) - 1)
        return start, min(self.chance.randint(1, 50), self.sent(side) - start)

    def repeat(self, side: Side) -> None:
        """Send something again, split anyhow."""
        if self.sent(side):
            self.features.add("sent again, split differently")
            start, length = self._piece(side)
            side.segment(content(start, length), sequence=side.isn + 1 + start)

    def contradict(self, side: Side) -> None:
        """Send something again with other bytes, as no honest sender does."""
        if self.sent(side) and self.chance.randrange(3) == 0:
            self.features.add("sent again, other bytes")
            start, length = self._piece(side)
            side.segment(content(start, length, capitals=True), sequence=side.isn + 1 + start)

    def overrun(self, side: Side) -> None:
        """Send the last bytes again together with new ones."""
        if self.sent(side):
            self.features.add("sent again with new bytes")
            back = self.chance.randint(1, min(30, self.sent(side)))
            start = self.sent(side) - back
            data = content(start, back + self.chance.randint(1, 20))
            side.segment(data, sequence=side.isn + 1 + start)
            side.sequence = (side.sequence + len(data) - back) & MASK

    def keep_alive(self, side: Side) -> None:
        """Probe without a byte, and be answered."""
        self.features.add("keep-alive")
        side.keep_alive()
        side.other.acknowledge()

    def garbage_keep_alive(self, side: Side) -> None:
        """Probe with a byte that is none of the stream (RFC 9293 §3.8.4)."""
        if not self.sent(side):
            return
        self.features.add("keep-alive with a byte")
        side.segment(b"0", sequence=side.sequence - 1)
        side.other.acknowledge()

    def window_probe(self, side: Side) -> None:
        """Probe a closed window with the next byte, then send it again with others."""
        self.features.add("window probe")
        side.other.window = 0
        side.other.acknowledge()
        side.segment(content(self.sent(side), 1))
        side.other.acknowledge()
        side.other.window = 502
        side.other.acknowledge()
        side.send(self.next_bytes(side, 20))

    def duplicate_acknowledgments(self, side: Side) -> None:
        """Ask three times for the same."""
        self.features.add("duplicate acknowledgments")
        for _ in range(3):
            side.acknowledge()

    # Closing

    def close(self) -> None:
        """Close in one of the ways there are, or stay open."""
        client, server = self.talk.client, self.talk.server
        first, second = self.chance.choice([(client, server), (server, client)])
        match self.chance.randrange(8):
            case 0:
                self.features.add("stays open")
            case 1:
                self.features.add("reset")
                first.reset(b"RESET" if self.mark("reset with text", one_in=3) else b"")
            case 2:
                self.features.add("simultaneous close")
                seen = second.sequence
                first.fin()
                second.segment(flags=FIN | ACK, acknowledgment=(first.sequence - 1) & MASK)
                second.sequence = (second.sequence + 1) & MASK
                first.acknowledge((seen + 1) & MASK)
                second.acknowledge()
            case 3:
                self.features.add("half-closed")
                first.fin()
                second.acknowledge()
                self.send(second)
                first.acknowledge()
                second.fin()
                first.acknowledge()
            case _:
                data = b""
                if self.mark("data in the FIN", one_in=2):
                    data = self.next_bytes(first, 20)
                first.fin(data)
                if self.mark("FIN sent again", one_in=6):
                    first.segment(data, flags=FIN | ACK, sequence=first.sequence - len(data) - 1)
                second.fin()
                first.acknowledge()


def _sequence_number(chance: Random) -> int:
    """Draw an initial sequence number, often one that soon wraps."""
    return chance.choice([chance.randint(0, MASK), MASK - chance.randint(0, 120), MASK - chance.randint(0, 3)])


def _damage(chance: Random, segments: list[Segment], features: set[str]) -> list[Segment]:
    """Lose, copy, cut and reorder, as captures do; a captured time never steps back."""
    if chance.randrange(3) == 0:
        share = chance.choice([0.03, 0.15, 0.4])
        kept = [segment for segment in segments if chance.random() >= share]
        if len(kept) < len(segments):
            features.add("lost")
        segments = kept
    if chance.randrange(6) == 0:
        features.add("captured twice")
        segments = [copy for one in segments for copy in [one] * (1 + (chance.randrange(4) == 0))]
    if chance.randrange(12) == 0:
        features.add("cut by a snap length")
        most = chance.randint(0, 30)
        segments = [segment._replace(payload=segment.payload[:most]) for segment in segments]
    if chance.randrange(3) == 0:
        features.add("reordered")
        reach = chance.choice([2, 4, 10])
        keyed = sorted(enumerate(segments), key=lambda item: item[0] + chance.random() * reach)
        segments = [segment for _, segment in keyed]
    return segments


def make_rough(chance: Random, *, place: int = 0, start_ns: int = START_NS) -> Rough:
    """Make a rough conversation.

    Args:
        chance: decides everything.
        place: tells conversations of one capture apart by their addresses.
        start_ns: when it begins.
    """
    features: set[str] = set()
    host, port = divmod(place, 20_000)
    client, server = f"10.77.{host}.11:{40_000 + port}", "10.77.255.1:8888"
    version6 = chance.randrange(3) == 0
    if version6:
        features.add("IPv6")
        client, server = f"[fd77::{host:x}:11]:{40_000 + port}", "[fd77::1]:8888"
    segments: list[Segment] = []
    flows: list[RoughFlow] = []
    isns = _sequence_number(chance), _sequence_number(chance)
    if max(isns) > MASK - 130:
        features.add("sequence numbers wrap")
    connections = 1 + (chance.randrange(8) == 0)
    if connections > 1:
        features.add("ports used again")
    for at in range(connections):
        talk = Conversation(client, server, client_isn=isns[0], server_isn=isns[1], start_ns=0)
        _Script(chance, talk, features).play(whole=at > 0)
        opening = talk.segments[:1] if at else []  # without its SYN nothing tells a new connection on old ports
        kept = opening + _damage(chance, talk.segments[len(opening) :], features)
        if version6:
            kept = [segment._replace(identity=-1) for segment in kept]
        first = len(segments)
        for segment in kept:
            step = chance.choice([20_000, 200_000, MILLISECOND, 3 * MILLISECOND])
            start_ns += step
            segments.append(segment._replace(at_ns=start_ns, number=len(segments) + 1))
        rows = slice(first, len(segments))
        flows.append(RoughFlow.of(talk.client, talk.server, segments[rows], rows))
        isns = (isns[0] + 300_000_000) & MASK, (isns[1] + 500_000_000) & MASK
    return Rough(segments, flows, features)
