"""Text chats over WebSocket: the same words without end, many words, many members, many that come and go."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from benchmarks.floods.flood import Flood
from benchmarks.floods.frames import digits, joined, parts
from benchmarks.floods.sockets import socket, sockets, text, varied
from benchmarks.floods.talk import in_turn

if TYPE_CHECKING:
    from collections.abc import Iterator

    from benchmarks.floods.clock import Clock
    from benchmarks.floods.frames import Payload, Rows
    from benchmarks.floods.talk import Talk

MEMBERS = 10


def _members(clock: Clock) -> Iterator[Rows]:
    ones = []
    for number in range(MEMBERS):
        one, opening = socket(clock, number, b"/chat?name=user-%d" % number)
        yield from opening
        ones.append(one)
    return ones


def _passed_on(ones: list[Talk], said: Payload) -> list[tuple[Talk, bool, Payload]]:
    told = text(said, by_client=False)
    return [(ones[0], True, text(said, by_client=True)), *((one, False, told) for one in ones)]


def same_words(size: int, clock: Clock) -> Iterator[Rows]:
    """One says the same again and again, and all get it: `size` is what they get."""
    ones = yield from _members(clock)
    for _, count in parts(size // MEMBERS, 1500):
        yield in_turn(clock, count, *_passed_on(ones, b"hello"))


def other_words(size: int, clock: Clock) -> Iterator[Rows]:
    """One says something else each time, and all get it."""
    ones = yield from _members(clock)
    for first, count in parts(size // MEMBERS, 1500):
        said = joined(count, b"words ", digits(np.arange(first, first + count), 8))
        yield in_turn(clock, count, *_passed_on(ones, said))


def unheard_words(size: int, clock: Clock) -> Iterator[Rows]:
    """A chat in which one goes on with the same when nobody gets it any more."""
    ones = yield from _members(clock)
    yield in_turn(clock, 100, *_passed_on(ones, b"hello"))
    for _, count in parts(size, 200):
        yield in_turn(clock, count, (ones[0], True, text(b"hello", by_client=True)))


def newcomers(size: int, clock: Clock) -> Iterator[Rows]:
    """Members that come, say the same, hear it, and stay."""
    ones = yield from _members(clock)
    said = joined(100, b"words ", digits(np.arange(100), 8))
    yield in_turn(clock, 100, *_passed_on(ones, said))
    for first, count in parts(size, 900):
        said = text(b"hello", by_client=True)
        yield sockets(clock, first, count, said, text(b"hello", by_client=False), b"/chat")


def reconnecting(size: int, clock: Clock) -> Iterator[Rows]:
    """One member that comes again and again, by the same name, on another WebSocket each time."""
    ones = yield from _members(clock)
    said = joined(100, b"words ", digits(np.arange(100), 8))
    yield in_turn(clock, 100, *_passed_on(ones, said))
    for first, count in parts(size, 900):
        said = text(b"hello", by_client=True)
        yield sockets(clock, first, count, said, text(b"hello", by_client=False), b"/chat?name=bob")


def announced(size: int, clock: Clock) -> Iterator[Rows]:
    """A chat whose server tells without end of others who come."""
    ones = yield from _members(clock)
    yield in_turn(clock, 10, *_passed_on(ones, b"hello"))
    for first, count in parts(size, 300):
        told = varied({"type": "user_join", "user": "u@@"}, "@@", digits(np.arange(first, first + count), 8))
        yield in_turn(clock, count, (ones[1], False, text(told, by_client=False)))


FLOODS: dict[str, Flood] = {
    "chat-same-words": Flood(same_words, 40_000, "messages"),
    "chat-other-words": Flood(other_words, 40_000, "messages"),
    "chat-unheard": Flood(unheard_words, 40_000, "messages"),
    "chat-newcomers": Flood(newcomers, 10_000, "members"),
    "chat-reconnecting": Flood(reconnecting, 10_000, "connections"),
    "chat-announced": Flood(announced, 40_000, "messages"),
}
