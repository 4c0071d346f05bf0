"""Connections: one packet by packet, or many, all packets of one in one row."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from benchmarks.floods.frames import ACK, AT_ONCE, BYTES_AT_ONCE, FIN, PSH, SYN, tcp

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from benchmarks.floods.clock import Clock
    from benchmarks.floods.frames import End, Payload, Rows, Values

SERVER = (0xC0000201, 8888)  # 192.0.2.1
OK = b"HTTP/1.1 200 OK\r\nServer: PeerConnectionTestServer/0.1\r\n"


class Talk:
    """One connection, packet by packet."""

    def __init__(self, client: End, server: End, clock: Clock) -> None:
        self._ends = {True: client, False: server}
        self._clock = clock
        self._sent = {True: 1000, False: 9000}

    def segment(self, flags: int, payload: bytes = b"", *, by_client: bool = True) -> Rows:
        """Return the next segment of one side."""
        row = tcp(
            self._clock.take(1)[0],
            self._ends[by_client],
            self._ends[not by_client],
            flags,
            sequence=self._sent[by_client],
            acknowledgment=self._sent[not by_client] if flags & ACK else 0,
            payload=payload,
        )
        self._sent[by_client] = (self._sent[by_client] + len(payload) + bool(flags & (SYN | FIN))) % 2**32
        return row

    def open(self) -> list[Rows]:
        """Return the handshake."""
        return [self.segment(SYN), self.segment(SYN | ACK, by_client=False), self.segment(ACK)]

    def ask(self, data: bytes) -> list[Rows]:
        """Return what the client sends."""
        return [self.segment(PSH | ACK, data[at : at + 1400]) for at in range(0, len(data), 1400)]

    def answer(self, data: bytes) -> list[Rows]:
        """Return what the server sends."""
        pieces = range(0, len(data), 1400)
        return [self.segment(PSH | ACK, data[at : at + 1400], by_client=False) for at in pieces]

    def close(self) -> list[Rows]:
        """Return the end of the connection."""
        ends = [self.segment(FIN | ACK, by_client=by_client) for by_client in (True, False)]
        return [*ends, self.segment(ACK)]

    def placed(self, at_ns: NDArray[np.int64], payload: Payload, place: Values, *, by_client: bool) -> Rows:
        """Return segments of one side at places counted from what it has sent so far."""
        return tcp(
            at_ns,
            self._ends[by_client],
            self._ends[not by_client],
            PSH | ACK,
            sequence=(self._sent[by_client] + place) % 2**32,
            acknowledgment=self._sent[not by_client],
            payload=payload,
        )

    def skip(self, length: int, *, by_client: bool) -> None:
        """Count what was sent by `placed`."""
        self._sent[by_client] = (self._sent[by_client] + length) % 2**32

    def stream(self, data: bytes, *, by_client: bool = True, length: int = 1400) -> Iterator[Rows]:
        """Yield much that one side sends, many segments at a time."""
        whole = len(data) // length * length
        payloads = np.frombuffer(data[:whole], np.uint8).reshape(-1, length)
        step = max(1, min(AT_ONCE, BYTES_AT_ONCE // length))
        for first in range(0, len(payloads), step):
            part = payloads[first : first + step]
            at = self._clock.take(len(part))[0]
            sequence = (self._sent[by_client] + length * np.arange(len(part))) % 2**32
            ends = self._ends[by_client], self._ends[not by_client]
            yield tcp(at, *ends, ACK, sequence=sequence, acknowledgment=self._sent[not by_client], payload=part)
            self._sent[by_client] = (self._sent[by_client] + part.size) % 2**32
        if whole < len(data):
            yield self.segment(PSH | ACK, data[whole:], by_client=by_client)


def talk(clock: Clock) -> Talk:
    """Return the one connection of a flood that needs one."""
    return Talk((0xC6336402, 40_000), SERVER, clock)


def client(first: int, count: int) -> End:
    """Return ends of which none comes twice in sixteen million."""
    index = np.arange(first, first + count)
    return 0x0A000000 + index, 1024 + index % 60_000


def in_turn(clock: Clock, count: int, *turns: tuple[Talk, bool, Payload]) -> Rows:
    """Return what connections say in turn, again and again: a packet each, all of one round in one row.

    Args:
        clock: what dates them.
        count: of rounds.
        turns: whose packet, whether its client sends it, and what it says: bytes, or a row for each round.
    """
    columns = []
    for (one, by_client, payload), at in zip(turns, clock.take(count, len(turns)), strict=True):
        columns.append((one, by_client, payload, at))
    each: dict[tuple[int, bool], int] = {}  # bytes that a side says in a round
    places = []
    for one, by_client, payload, _ in columns:
        key = (id(one), by_client)
        places.append(each.get(key, 0))
        each[key] = places[-1] + (payload.shape[1] if isinstance(payload, np.ndarray) else len(payload))
    index = np.arange(count)
    rows = [
        one.placed(at, payload, index * each[id(one), by_client] + place, by_client=by_client)
        for (one, by_client, payload, at), place in zip(columns, places, strict=True)
    ]
    for one, by_client in {(one, by_client) for one, by_client, *_ in columns}:
        one.skip(each[id(one), by_client] * count, by_client=by_client)
    return np.hstack(rows)


def opened(  # noqa: PLR0913, PLR0917 - which connections, with whom, and what they say
    clock: Clock, first: int, count: int, data: Payload, answer: Payload = b"", server: End = SERVER
) -> Rows:
    """Return connections that open, say something and stay: all packets of one side by side."""
    times = clock.take(count, 5)
    ends = client(first, count), server
    asked = data.shape[1] if isinstance(data, np.ndarray) else len(data)
    rows = [
        tcp(times[0], *ends, SYN),
        tcp(times[1], *ends[::-1], SYN | ACK, sequence=9000, acknowledgment=1001),
        tcp(times[2], *ends, ACK, sequence=1001, acknowledgment=9001),
        tcp(times[3], *ends, PSH | ACK, sequence=1001, acknowledgment=9001, payload=data),
    ]
    if len(answer):
        rows.append(tcp(times[4], *ends[::-1], PSH | ACK, sequence=9001, acknowledgment=1001 + asked, payload=answer))
    return np.hstack(rows)
