"""Calls of peerconnection clients as link frames: sign-in, hanging waits, relayed SDP and candidates, sign-out.

Each exchange has a TCP connection of its own, from SYN to FIN, as the sample client's has. A call comes as *bursts*:
what happens within about a millisecond, such as one message's way from one peer through the server to the other.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, NamedTuple

from .connection import Connection, timed
from .descriptions import PLAIN, RICH, Wealth, candidate, description

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from .connection import Burst


class Course(NamedTuple):
    """How a call goes."""

    candidates: int = 5  # each way
    negotiations: int = 1  # an offer and its answer each; the peers take turns in offering
    wealth: Wealth = PLAIN
    is_prompt: bool = False  # what comes back at once acknowledges what was sent, without a packet of its own

    @property
    def exchanges(self) -> int:
        """Return how many exchanges a call has: two for each message, and what signing in and out takes."""
        return 2 * (2 * self.candidates + 2 * self.negotiations + 1) + 8


# Client ports: of those that systems give out, a range that no protocol has a claim to; tshark believes such claims.
FIRST_PORT, PORTS = 49_152, 7_800

USUAL = Course()
DENSE = Course(candidates=1, negotiations=5, wealth=RICH, is_prompt=True)

ANSWER = (
    "HTTP/1.1 200 {reason}\r\nServer: PeerConnectionTestServer/0.1\r\nCache-Control: no-cache\r\nConnection: close\r\n"
    "{kind}Content-Length: {length}\r\n{pragma}Access-Control-Allow-Origin: *\r\n"
    "Access-Control-Allow-Credentials: true\r\nAccess-Control-Allow-Methods: POST, GET, OPTIONS\r\n"
    "Access-Control-Allow-Headers: Content-Type, Content-Length, Connection, Cache-Control\r\n"
    "Access-Control-Expose-Headers: Content-Length\r\n\r\n{body}"
)


class Peer:
    """One client: its number, and the wait it has open."""

    def __init__(self, address: bytes, number: int, name: str, server: bytes, *, is_prompt: bool = False) -> None:
        self.number = number
        self.name = name
        self._address = address
        self._server = server
        self._is_prompt = is_prompt
        self._port = FIRST_PORT + number * 37 % PORTS
        self._waiting: Connection | None = None

    def connect(self) -> Connection:
        """Return a connection from the next port."""
        self._port = FIRST_PORT + (self._port - FIRST_PORT + 1) % PORTS
        return Connection(self._address, self._port, self._server)

    def ask(self, request: str, reason: str, body: str = "", *, pragma: bool = False) -> list[bytes]:
        """Return a whole exchange on a connection of its own."""
        connection = self.connect()
        frames = connection.open()
        frames += connection.send(request.encode(), by_client=True, is_acknowledged=not self._is_prompt)
        answer = self.answer(reason, body, self.number if pragma else None)
        frames += connection.send(answer, by_client=False, is_acknowledged=not self._is_prompt)
        return frames + connection.close()

    @property
    def entry(self) -> str:
        """Return the line by which others know it."""
        return f"{self.name},{self.number},1\n"

    def sign_in(self, numbers: Iterator[int] | None = None, others: Iterable[Peer] = ()) -> list[bytes]:
        """Return how it signs in, and learns who is there."""
        self.number = self.number if numbers is None else next(numbers)
        there = "".join(peer.entry for peer in (self, *others))
        return self.ask(f"GET /sign_in?{self.name} HTTP/1.0\r\n\r\n", "Added", there, pragma=True)

    def wait(self) -> list[bytes]:
        """Return the beginning of a hanging wait."""
        self._waiting = self.connect()
        request = f"GET /wait?peer_id={self.number} HTTP/1.0\r\n\r\n"
        return self._waiting.open() + self._waiting.send(request.encode(), by_client=True)

    def released(self, body: str, by: int) -> list[bytes]:
        """Return the answer to the open wait, and the next wait."""
        connection = self._waiting or self.connect()
        frames = connection.send(self.answer("OK", body, by), by_client=False, is_acknowledged=not self._is_prompt)
        return frames + connection.close() + self.wait()

    def gone(self) -> list[bytes]:
        """Return the end of a wait that nobody answered."""
        return self._waiting.close() if self._waiting else []

    def missed(self, body: str, by: int) -> list[bytes]:
        """Return the answer to the open wait of a client that is not there any more."""
        if self._waiting is None:
            return []
        return self._waiting.send(self.answer("OK", body, by), by_client=False, is_acknowledged=False)

    @staticmethod
    def answer(reason: str, body: str, pragma: int | None) -> bytes:
        """Return the server's answer."""
        kind = "Content-Type: text/plain\r\n" if body else ""
        line = "" if pragma is None else f"Pragma: {pragma}\r\n"
        return ANSWER.format(reason=reason, kind=kind, length=len(body), pragma=line, body=body).encode()

    def post(self, to: Peer, body: str) -> list[bytes]:
        """Return a message on its way to the server and on to the other peer."""
        head = f"POST /message?peer_id={self.number}&to={to.number} HTTP/1.0\r\n"
        head += f"Content-Length: {len(body)}\r\nContent-Type: text/plain\r\n\r\n"
        return self.ask(head + body, "OK") + to.released(body, self.number)


def call(
    index: int, peers: list[Peer] | None = None, course: Course = USUAL, numbers: Iterator[int] | None = None
) -> Iterator[Burst]:
    """Yield the bursts of one call between two new peers: `course.exchanges` exchanges.

    Args:
        index: of the call.
        peers: where to put the two, for who has more to do with them.
        course: how it goes.
        numbers: what the server numbers its peers by, as they sign in; without, they follow from the index.
    """
    server = bytes((10, 77, 0, 1))
    caller, callee = (
        Peer(
            bytes((10, 78 + side, index >> 8 & 0xFF, index & 0xFF)),
            2 * index + side + 1,
            f"user{side}@host{index}",
            server,
            is_prompt=course.is_prompt,
        )
        for side in (0, 1)
    )
    if peers is not None:
        peers += [caller, callee]
    yield timed(caller.sign_in(numbers))
    yield timed(caller.wait())
    yield timed(callee.sign_in(numbers, [caller]) + caller.released(callee.entry, caller.number))
    yield timed(callee.wait())
    yield from negotiation((caller, callee), index, 0, course.wealth)
    for number in range(course.candidates):
        yield timed(caller.post(callee, candidate(index, number)))
        yield timed(callee.post(caller, candidate(index + 1, number)))
    for turn in range(1, course.negotiations):
        yield from negotiation((caller, callee), index, turn, course.wealth)
    yield timed(caller.post(callee, "BYE"))
    left = callee.ask(f"GET /sign_out?peer_id={callee.number} HTTP/1.0\r\n\r\n", "OK")
    yield timed(left + callee.gone() + caller.released(f"{callee.name},{callee.number},0\n", caller.number))
    yield timed(caller.ask(f"GET /sign_out?peer_id={caller.number} HTTP/1.0\r\n\r\n", "OK") + caller.gone())


def negotiation(peers: tuple[Peer, Peer], index: int, turn: int, wealth: Wealth) -> Iterator[Burst]:
    """Yield an offer and its answer: the caller's first, then each peer's in turn."""
    seeds = (index, index + 1)
    offers, answers = turn % 2, 1 - turn % 2
    for kind, role, by, to in (("offer", "actpass", offers, answers), ("answer", "active", answers, offers)):
        text = description(seeds[by], role, 2 + turn, wealth)
        yield timed(peers[by].post(peers[to], json.dumps({"sdp": text, "type": kind})))
