"""Text chat: recognised by what it does; who came and went, what was said and who heard it when."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from sigtrace.application.websocket.message import Opcode
from sigtrace.calls.acts import ActKind
from sigtrace.calls.signals import Fate
from sigtrace.signaling.chat import TextChat
from sigtrace.signaling.content import SignalKind
from sigtrace.signaling.protocol import Fit
from tests.builders.exchanges import OFFER
from tests.builders.sockets import Sockets

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sigtrace.calls.history import History

NAMES = {1: "ann", 2: "ben", 3: "cy"}


def message(flow: int, text: str) -> dict[str, Any]:
    """Write a text as the most copied example does."""
    return {"from": NAMES[flow], "content": text, "timestamp": 1, "type": "message"}


def say(sockets: Sockets, flow: int, at: float, payload: Any, to: Sequence[int] = (1, 2, 3)) -> None:
    """Say something that goes to some, 1 ms later to the first and 1 ms more to each."""
    sockets.say(flow, at, payload)
    for place, other in enumerate(to, 1):
        sockets.tell(other, at + 0.001 * place, payload)


def json_room(target: str = "/chat/lobby?user={}") -> Sockets:
    """Three come, talk, and one goes."""
    sockets = Sockets()
    for flow, name in NAMES.items():
        sockets.open(flow, float(flow), target.format(name))
        for other in range(1, flow):
            sockets.tell(other, flow + 0.01, {"type": "user_join", "user": name})
        sockets.tell(flow, flow + 0.02, {"type": "get_online_user", "list": [NAMES[one] for one in range(1, flow + 1)]})
    say(sockets, 1, 5.0, message(1, "hello"))
    say(sockets, 2, 6.0, message(2, "hello"))
    for other in (1, 2):
        sockets.tell(other, 7.0, {"type": "user_leave", "user": "cy"})
    return sockets


def plain_room() -> Sockets:
    """The same in plain words."""
    sockets = Sockets()
    for flow, name in NAMES.items():
        sockets.open(flow, float(flow), f"/room/red?name={name}")
        for other in range(1, flow):
            sockets.tell(other, flow + 0.01, f"{name} joined")
        sockets.tell(flow, flow + 0.02, "online: " + ", ".join(NAMES[one] for one in range(1, flow + 1)))
    say(sockets, 1, 5.0, "hello")
    say(sockets, 3, 6.0, "dan joined")
    for other in (1, 2):
        sockets.tell(other, 7.0, "cy left")
    return sockets


def relays(history: History) -> list[tuple[Any, Any, Any, Any]]:
    """Return sender, receiver, text and milliseconds of each signal."""
    return [
        (one.sender, one.receiver, one.content.text, None if one.relay_ns is None else one.relay_ns // 10**6)
        for one in history.signals
    ]


def acts(history: History, *kinds: ActKind) -> list[tuple[Any, Any, Any]]:
    """Return kind, peer and whom it is about, of some kinds of acts."""
    return [(one.kind, one.peer, one.about) for one in history.acts if one.kind in kinds]


def test_no_message_is_certain_by_itself() -> None:
    """Any text may be of a chat, and of anything else."""
    assert all(TextChat().fit(one) is Fit.NONE for one in json_room().messages)


@pytest.mark.parametrize("make", [json_room, plain_room])
def test_a_room_is_recognised_with_its_handshakes(make: Any) -> None:
    """All that is said there, and how it was opened, is of the chat."""
    reading = make().reading()
    assert set(reading.message_protocols) == {"text-chat"}
    assert {role.protocol for role in reading.roles} == {"text-chat"}


@pytest.mark.parametrize(("make", "room"), [(json_room, "lobby"), (plain_room, "red")])
def test_who_is_in_which_room(make: Any, room: str) -> None:
    """Users go by the names of their handshakes, the room by the end of the path, and who went has left."""
    history = make().history()
    assert [(peer.id, peer.name, peer.room) for peer in history.peers] == [
        (name, name, room) for name in NAMES.values()
    ]
    assert [peer.id for peer in history.peers if peer.left_ns is not None] == ["cy"]


@pytest.mark.parametrize("make", [json_room, plain_room])
def test_coming_and_going_are_told(make: Any) -> None:
    """The newcomer gets the list of the others, the others hear of it; and of who goes."""
    history = make().history()
    told = acts(history, ActKind.TOLD_JOINED, ActKind.TOLD_LEFT)
    assert told == [
        (ActKind.TOLD_JOINED, "ann", "ben"),
        (ActKind.TOLD_JOINED, "ann", "cy"),
        (ActKind.TOLD_JOINED, "ben", "cy"),
        (ActKind.TOLD_LEFT, "ann", "cy"),
        (ActKind.TOLD_LEFT, "ben", "cy"),
    ]
    joined = [(act.peer, act.others) for act in history.acts if act.kind is ActKind.JOINED]
    assert joined == [("ann", 0), ("ben", 1), ("cy", 2)]


def test_each_text_is_a_relay_to_each_receiver() -> None:
    """One sending has as many deliveries as there are members, each with its own time, its sender's too."""
    history = json_room().history()
    assert relays(history)[:3] == [("ann", "ann", "hello", 1), ("ann", "ben", "hello", 2), ("ann", "cy", "hello", 3)]
    assert relays(history)[3:] == [("ben", "ann", "hello", 1), ("ben", "ben", "hello", 2), ("ben", "cy", "hello", 3)]
    assert {one.kind for one in history.signals} == {SignalKind.TEXT}
    assert {one.fate for one in history.signals} == {Fate.DELIVERED, Fate.ECHOED}


def test_words_of_a_user_are_no_announcement() -> None:
    """What looks like the server's telling, and was said by a user, is a text; the server's own is none."""
    history = plain_room().history()
    assert [one for one in relays(history) if one[2] == "dan joined"] == [
        ("cy", "ann", "dan joined", 1),
        ("cy", "ben", "dan joined", 2),
        ("cy", "cy", "dan joined", 3),
    ]
    assert "dan" not in {peer.id for peer in history.peers}
    assert len(history.signals) == 6


def test_other_words_of_the_server_are_remarks() -> None:
    """What no client said, and is no known sentence, is shown as it stands, once for each who got it."""
    sockets = plain_room()
    sockets.tell(1, 8.0, "maintenance at noon")
    remarks = [act for act in sockets.history().acts if act.kind is ActKind.REMARK]
    assert [(act.name, act.text, act.peer) for act in remarks] == [("text", "maintenance at noon", "ann")]


def test_sender_and_time_may_be_written_around_a_text() -> None:
    """A client's plain text that comes out as JSON is the same text."""
    sockets = Sockets()
    for flow in (1, 2):
        sockets.open(flow, flow / 10, f"/ws?nick={NAMES[flow]}")
    sockets.say(1, 1.0, "hi")
    for other in (1, 2):
        sockets.tell(other, 1.001, {"user": "ann", "text": "hi", "time": 5})
    assert relays(sockets.history()) == [("ann", "ann", "hi", 1), ("ann", "ben", "hi", 1)]


def test_members_with_a_path_each_are_in_the_room_above() -> None:
    """`/chat/ann` and `/chat/ben` are two users of `chat`."""
    sockets = Sockets()
    for flow, name in NAMES.items():
        sockets.open(flow, flow / 10, f"/chat/{name}")
    say(sockets, 1, 5.0, "one")
    say(sockets, 2, 6.0, "two")
    history = sockets.history()
    assert [(peer.id, peer.room) for peer in history.peers] == [(name, "chat") for name in NAMES.values()]
    assert len(relays(history)) == 6


def test_the_same_text_in_two_rooms_is_said_in_each() -> None:
    """A text that is heard in a room was said there, though it was said elsewhere a moment before."""
    sockets = Sockets()
    for flow, target in enumerate(["/red?user=ann", "/red?user=ben", "/blue?user=ann", "/blue?user=dan"], 1):
        sockets.open(flow, flow / 10, target)
    sockets.say(1, 1.0, "ok")
    sockets.say(3, 1.001, "ok")
    sockets.tell(4, 1.002, "ok")
    sockets.tell(2, 1.003, "ok")
    history = sockets.history()
    assert relays(history) == [("ann", "ben", "ok", 3), ("ann", "dan", "ok", 1)]
    assert [(peer.id, peer.room) for peer in history.peers if peer.id == "ann"] == [("ann", "red"), ("ann", "blue")]


def test_rooms_may_stand_in_the_query() -> None:
    """Of one path there may be several rooms."""
    sockets = Sockets()
    for flow, room in ((1, "red"), (2, "red"), (3, "blue"), (4, "blue")):
        sockets.open(flow, flow / 10, f"/ws?user=u{flow}&room={room}")
    for flow, other in ((1, 2), (3, 4)):
        sockets.say(flow, 1.0, "ok")
        sockets.tell(other, 1.001, "ok")
    history = sockets.history()
    assert [peer.room for peer in history.peers] == ["red", "red", "blue", "blue"]
    assert [(one[0], one[1]) for one in relays(history)] == [("u1", "u2"), ("u3", "u4")]


def test_names_may_be_said_instead() -> None:
    """A client that asks to join by a message is called by it, and is asked for once."""
    sockets = Sockets()
    for flow in (1, 2):
        sockets.open(flow, flow / 10, "/ws")
        sockets.say(flow, flow / 10 + 0.02, {"action": "join", "nick": NAMES[flow], "room": "den", "password": "x"})
    sockets.tell(1, 0.5, {"action": "joined", "nick": "ben", "room": "den"})
    say(sockets, 1, 1.0, {"action": "chat", "msg": "hi"}, to=(2,))
    history = sockets.history()
    assert [(peer.id, peer.room) for peer in history.peers] == [("ann", "den"), ("ben", "den")]
    assert len(acts(history, ActKind.JOIN_ASKED)) == 2
    assert relays(history) == [("ann", "ben", "hi", 1)]


def test_what_goes_to_others_is_a_relay_whatever_it_is() -> None:
    """JSON that nobody knows is a message when it goes to others, and a remark of the client when it does not."""
    sockets = json_room()
    say(sockets, 1, 8.0, {"type": "typing", "user": "ann"}, to=(2, 3))
    sockets.say(1, 9.0, {"type": "renew", "token": "s3cret"})
    sockets.tell(1, 9.1, {"type": "renew", "token": "s3cret"})
    sockets.say(1, 9.2, {"type": "ping", "at": 92})
    history = sockets.history()
    assert [(one.kind, one.receiver) for one in history.signals[-2:]] == [
        (SignalKind.JSON, "ben"),
        (SignalKind.JSON, "cy"),
    ]
    remarks = [act for act in history.acts if act.kind is ActKind.REMARK]
    assert [act.name for act in remarks] == ["renew", "renew", "ping"]
    assert "s3cret" not in str(remarks)


def test_later_lists_are_no_joining() -> None:
    """A list that goes to all whenever somebody comes is the newcomer's joining alone."""
    sockets = json_room()
    for flow in NAMES:
        sockets.tell(flow, 8.0, {"type": "get_online_user", "list": ["ann", "ben"]})
    assert len(acts(sockets.history(), ActKind.JOINED)) == 3


def test_the_talk_before_is_the_servers_to_tell() -> None:
    """A newcomer that gets old texts gets no relay."""
    sockets = json_room()
    before = len(sockets.history().signals)
    sockets.open(4, 20.0, "/chat/lobby?user=dan")
    sockets.tell(4, 20.1, message(1, "hello"))
    history = sockets.history()
    assert len(history.signals) == before
    assert [act.text for act in history.acts if act.kind is ActKind.REMARK] == ["hello"]


def test_texts_of_members_who_were_not_captured_are_of_them() -> None:
    """Of a capture at one client, what others say is delivered, and was never seen being sent."""
    whole = json_room()
    sockets = Sockets()
    sockets.exchanges = [one for one in whole.exchanges if one.flow == 1]
    sockets.messages = [one for one in whole.messages if one.flow == 1]
    history = sockets.history()
    assert [(one.sender, one.receiver, one.fate) for one in history.signals] == [
        ("ann", "ann", Fate.ECHOED),
        ("ben", "ann", Fate.UNSENT),
    ]


def test_plain_texts_of_members_who_were_not_captured_are_not_guessed() -> None:
    """Without a name a text that no client was seen saying may be the server's."""
    sockets = plain_room()
    for flow in (1, 2):
        sockets.tell(flow, 8.0, "hi from somewhere else")
    history = sockets.history()
    assert not [one for one in history.signals if one.fate is Fate.UNSENT]


def test_binary_messages_of_clients_are_remarked() -> None:
    """A chat that refuses them is one all the same."""
    sockets = plain_room()
    sockets.say(2, 8.0, b"\x00\x01", opcode=Opcode.BINARY)
    history = sockets.history()
    assert [(act.name, act.text) for act in history.acts if act.kind is ActKind.REMARK] == [("binary", "2 bytes")]


def test_damaged_texts_are_remarked() -> None:
    """What is not all there is neither said nor heard, only seen."""
    sockets = plain_room()
    sockets.say(2, 8.0, "hel", missing=5)
    sockets.tell(1, 8.1, "hel", missing=5)
    history = sockets.history()
    assert [act.name for act in history.acts if act.kind is ActKind.REMARK] == ["unreadable", "unreadable"]
    assert len(history.signals) == 6


def test_texts_too_many_to_keep_are_paired_by_their_digest() -> None:
    """Without its bytes a text is still the same as its copies."""
    sockets = plain_room()
    sockets.say(1, 8.0, "long", kept=False)
    sockets.tell(2, 8.1, "long", kept=False)
    [signal] = [one for one in sockets.history().signals if one.began_ns == 8 * 10**9]
    assert (signal.kind, signal.receiver, signal.fate) == (SignalKind.UNREADABLE, "ben", Fate.DELIVERED)


def test_a_text_nobody_gets_is_undelivered() -> None:
    """A text that was lost on the server is one signal without a receiver."""
    sockets = plain_room()
    sockets.say(1, 8.0, "lost")
    last = sockets.history().signals[-1]
    assert (last.sender, last.receiver, last.fate) == ("ann", None, Fate.UNDELIVERED)


def test_without_names_in_the_handshake_users_are_told_by_the_rest() -> None:
    """Whoever speaks is called by `from`; who never spoke is whom the others were told of when it came."""
    history = json_room("/chat/lobby?{}").history()
    assert [(peer.id, peer.address) for peer in history.peers] == [
        ("ann", "10.77.0.11"),
        ("ben", "10.77.0.12"),
        ("cy", "10.77.0.13"),
    ]
    assert [(act.peer, act.others) for act in history.acts if act.kind is ActKind.JOINED] == [
        ("ann", 0),
        ("ben", 1),
        ("cy", 2),
    ]


def test_signaling_is_left_to_others() -> None:
    """Where descriptions go by, a relay to all is no chat."""
    sockets = plain_room()
    say(sockets, 1, 8.0, OFFER, to=(2, 3))
    assert "text-chat" not in sockets.reading([TextChat()]).message_protocols


def test_binary_relays_are_no_chat() -> None:
    """A server that sends other than text does something else."""
    sockets = plain_room()
    sockets.tell(1, 8.0, b"\x00", opcode=Opcode.BINARY)
    assert "text-chat" not in sockets.reading().message_protocols


def test_heartbeats_are_no_chat() -> None:
    """What comes back to its sender alone is no room."""
    sockets = Sockets()
    for flow in NAMES:
        sockets.open(flow, flow / 10, "/live")
        for number in range(5):
            sockets.say(flow, 1.0 + number + flow / 10, "ping")
            sockets.tell(flow, 1.05 + number + flow / 10, "ping")
    assert set(sockets.reading().message_protocols) == {"websocket"}


@pytest.mark.parametrize(
    "step",
    [{"a": "pos", "x": 0.5, "p": "ann"}, {"type": "op", "ops": [{"insert": "hi"}], "author": "ben"}, [1, 2]],
    ids=["a game", "an editor", "a list"],
)
@pytest.mark.parametrize(("talk", "protocol"), [(None, "websocket"), ({"text": "hello"}, "text-chat")])
def test_moves_and_edits_are_no_chat(step: Any, talk: Any, protocol: str) -> None:
    """What goes to all and says nothing makes no chat; one text among it does."""
    sockets = Sockets()
    for flow in NAMES:
        sockets.open(flow, flow / 10, "/live")
    for number in range(5):
        say(sockets, 1, 1.0 + number, {**step, "n": number} if isinstance(step, dict) else [*step, number], to=(2, 3))
    if talk is not None:
        say(sockets, 2, 8.0, talk, to=(1, 3))
    assert set(sockets.reading().message_protocols) == {protocol}


def test_skyrtc_beside_a_chat_stays_what_it_is() -> None:
    """Another path of the same server may speak another protocol."""
    sockets = plain_room()
    sockets.open(9, 8.0, "/")
    sockets.say(9, 8.1, {"eventName": "__join", "data": {"room": "r"}})
    assert sockets.reading().message_protocols[-1] == "skyrtc"


def test_escapes_in_names_are_undone() -> None:
    """Names in a query are percent-encoded UTF-8; what is none is kept by its bytes."""
    sockets = Sockets()
    for flow, name in ((1, "gr%C3%BC%C3%9F+dich"), (2, "%FF")):
        sockets.open(flow, flow / 10, f"/room%20a?user={name}")
    say(sockets, 1, 1.0, "hi", to=(2,))
    say(sockets, 2, 2.0, "ho", to=(1,))
    history = sockets.history()
    assert [(peer.id, peer.room) for peer in history.peers] == [("grüß dich", "room a"), ("\\xff", "room a")]
