"""Fan-out: what is a copy of what, and where most that is said goes to others."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from sigtrace.application.websocket.message import Message, Opcode
from sigtrace.signaling.fan_out import Hall, find_halls
from tests.builders.sockets import Sockets

if TYPE_CHECKING:
    from collections.abc import Hashable


def key_of(message: Message) -> Hashable | None:
    """Take texts by all that they hold."""
    return message.sha256 if message.opcode is Opcode.TEXT else None


def halls_of(sockets: Sockets) -> list[Hall]:
    """Return the halls of all messages, in order of time."""
    units = sorted([*sockets.exchanges, *sockets.messages], key=lambda unit: unit.at_ns)
    return find_halls(units, key_of)


def the_hall(sockets: Sockets) -> Hall:
    """Return the only one."""
    [hall] = halls_of(sockets)
    return hall


def three(*targets: str) -> Sockets:
    """Open the sockets 1, 2 and 3."""
    sockets = Sockets()
    for flow, target in zip((1, 2, 3), targets or ("/room",) * 3, strict=True):
        sockets.open(flow, flow / 10, target)
    return sockets


def spread(sockets: Sockets, flow: int, at: float, text: str, *, back: bool = True) -> None:
    """Say something and have it come to all three, or to the others alone."""
    sockets.say(flow, at, text)
    for other in (1, 2, 3):
        if back or other != flow:
            sockets.tell(other, at + 0.001 * other, text)


@pytest.mark.parametrize("back", [True, False])
def test_what_goes_to_the_others_fans_out(back: bool) -> None:  # noqa: FBT001 - a parameter of the test
    """Whether or not a text comes back to its sender, all that the server sends of it are copies."""
    sockets = three()
    for number in range(4):
        spread(sockets, 1 + number % 3, 1.0 + number, f"text {number}", back=back)
    hall = the_hall(sockets)
    assert hall.fans_out
    assert hall.copies == {one.number for one in sockets.messages if not one.from_client}


def test_an_echo_is_no_fan_out() -> None:
    """A heartbeat that each client gets back itself goes to nobody else, though all of them are the same."""
    sockets = three()
    for number in range(9):
        flow = 1 + number % 3
        sockets.say(flow, 1.0 + number, "ping")
        sockets.tell(flow, 1.5 + number, "ping")
    hall = the_hall(sockets)
    assert not hall.fans_out
    assert len(hall.copies) == 9


def test_crossing_echoes_are_no_fan_out() -> None:
    """Neither are echoes of which several are under way at a time."""
    sockets = three()
    for flow in (1, 2, 3):
        sockets.say(flow, 1.0 + flow / 100, "ping")
    for flow in (3, 1, 2):
        sockets.tell(flow, 2.0, "ping")
    assert not the_hall(sockets).fans_out


def test_answering_the_server_with_its_own_words_is_no_fan_out() -> None:
    """A heartbeat that the server begins and every client repeats is the server's."""
    sockets = three()
    for number in range(9):
        flow = 1 + number % 3
        sockets.tell(flow, 1.0 + number, "beat")
        sockets.say(flow, 1.5 + number, "beat")
    assert not the_hall(sockets).fans_out


def test_questions_and_answers_are_no_fan_out() -> None:
    """What a client asks comes to nobody, and what it is answered nobody said."""
    sockets = three()
    for number in range(6):
        sockets.say(1 + number % 3, 1.0 + number, f"question {number}")
        sockets.tell(1 + number % 3, 1.5 + number, f"answer {number}")
    hall = the_hall(sockets)
    assert not hall.fans_out
    assert hall.copies == set()


def test_most_that_is_said_must_go_to_others() -> None:
    """One text that happens to come out elsewhere among many that do not is no fan-out."""
    sockets = three()
    for number in range(3):
        sockets.say(1, 1.0 + number, f"only to the server {number}")
    spread(sockets, 2, 5.0, "hello")
    assert not the_hall(sockets).fans_out


def test_the_same_heartbeat_again_and_again_counts_once() -> None:
    """A text that is repeated and goes nowhere does not outweigh what is said between."""
    sockets = three()
    for number in range(20):
        sockets.say(1, 1.0 + number, "ping")
    spread(sockets, 2, 5.05, "hello")
    spread(sockets, 3, 6.05, "hello back")
    assert the_hall(sockets).fans_out


def test_talking_alone_is_no_fan_out() -> None:
    """What is said when nobody else is there shows nothing."""
    sockets = Sockets()
    sockets.open(1, 0.0, "/room")
    sockets.say(1, 1.0, "hello")
    sockets.tell(1, 1.1, "hello")
    assert not the_hall(sockets).fans_out


def test_words_of_a_user_and_of_the_server_are_told_apart() -> None:
    """The same words are a copy as often as somebody said them before, and the server's own else."""
    sockets = three()
    own = [sockets.tell(flow, 1.0, "bob joined") for flow in (1, 2)]
    spread(sockets, 1, 2.0, "bob joined")
    own += [sockets.tell(flow, 3.0, "bob joined") for flow in (1, 2, 3)]
    copies = the_hall(sockets).copies
    assert not copies & {one.number for one in own}
    assert len(copies) == 3


def test_what_was_said_before_a_channel_was_opened_is_no_copy_there() -> None:
    """A newcomer that gets the talk before gets it from the server."""
    sockets = three()
    spread(sockets, 1, 1.0, "hello")
    sockets.open(4, 20.0, "/room")
    again = sockets.tell(4, 20.1, "hello")
    assert again.number not in the_hall(sockets).copies


def test_paths_are_halls_of_their_own() -> None:
    """The same text in two rooms is said in each."""
    sockets = three("/a", "/a", "/b")
    sockets.say(1, 1.0, "hello")
    copy, other = sockets.tell(2, 1.1, "hello"), sockets.tell(3, 1.1, "hello")
    halls = {hall.where.path: hall for hall in halls_of(sockets)}
    assert halls[b"/a"].copies == {copy.number}
    assert halls[b"/b"].copies == set()
    assert other in halls[b"/b"].messages


def test_paths_of_one_member_each_are_one_hall() -> None:
    """Where texts cross from path to path, the path above them is the hall."""
    sockets = three("/chat/ann", "/chat/ben", "/chat/cy")
    for number in range(3):
        spread(sockets, 1 + number, 1.0 + number, f"text {number}")
    hall = the_hall(sockets)
    assert (hall.where.path, hall.where.by_member, hall.fans_out) == (b"/chat", True, True)


def test_what_was_opened_before_the_capture_is_of_the_only_path() -> None:
    """Without a handshake a channel goes by the one path that the server is known to have."""
    sockets = Sockets()
    sockets.open(2, 0.0, "/room")
    sockets.say(1, 1.0, "hello")
    sockets.tell(2, 1.1, "hello")
    assert the_hall(sockets).fans_out


def test_of_several_paths_none_is_guessed() -> None:
    """Without a handshake, and with two paths to choose from, a channel is in a hall of its own."""
    sockets = three("/a", "/b", "/b")
    sockets.say(9, 1.0, "hello")
    assert {hall.where.path for hall in halls_of(sockets)} == {b"/a", b"/b", None}


@pytest.mark.parametrize(
    ("payload", "negotiates"),
    [
        ("v=0\r\no=- 1 2 IN IP4 0.0.0.0\r\n", True),
        ({"type": "offer", "sdp": "v=0\r\no=- 1 2 IN IP4 0.0.0.0\r\n"}, True),
        ({"candidate": "candidate:1 1 udp 2122260223 10.0.0.1 5000 typ host"}, True),
        ("my candidate: v=0", False),
    ],
)
def test_descriptions_and_candidates_are_noticed(payload: object, negotiates: bool) -> None:  # noqa: FBT001
    """Plain or in JSON; talk about them is none."""
    sockets = three()
    sockets.say(1, 1.0, payload)
    assert the_hall(sockets).negotiates is negotiates


def test_only_what_the_server_sends_makes_it_binary() -> None:
    """A client that sends what is not text may be refused."""
    sockets = three()
    sockets.say(1, 1.0, b"\x00", opcode=Opcode.BINARY)
    assert not the_hall(sockets).sends_binary
    sockets.tell(2, 1.1, b"\x00", opcode=Opcode.BINARY)
    assert the_hall(sockets).sends_binary
