"""What messages tell beside their content: the sender's name, and that their receiver is a room."""

from __future__ import annotations

from sigtrace.calls.signals import Fate
from sigtrace.signaling.content import Content, SignalKind
from sigtrace.signaling.room_events import Delivered, Identified, Sent
from tests.unit.calls.rooms.test_room_stays import at, history_of

HELLO = Content(kind=SignalKind.TEXT, length=2, sha256="00", whole="hi")


def names_of(events: list[object]) -> dict[object, str | None]:
    """Return the names of the peers."""
    return {peer.id: peer.name for peer in history_of(events).peers}  # type: ignore[arg-type]


def test_a_message_names_its_sender() -> None:
    """Either leg's name is the sender's; what is called first stays."""
    sent = [at(1, 1, Identified, peer="c"), at(2, 1, Sent, content=HELLO, receiver="b", name="carol")]
    got = [at(3, 2, Delivered, content=HELLO, sender="c", name="other"), at(4, 2, Delivered, content=HELLO, sender="d")]
    assert names_of([*sent, *got]) == {"c": "carol", "b": None, "d": None}
    assert names_of(got)["c"] == "other"
    assert names_of([at(2, 1, Sent, content=HELLO, sender="e", name="eve")]) == {"e": "eve"}


def test_a_message_out_of_a_room_that_nobody_was_seen_to_join() -> None:
    """A receiver that is not whom the channel belongs to is a room, and a message there is for everyone in it."""
    events = [at(1, channel, Identified, peer=peer) for channel, peer in enumerate("abc", 1)]
    events.append(at(2, 1, Sent, content=HELLO, receiver="kitchen"))
    events += [at(3, channel, Delivered, content=HELLO, sender="a", receiver="kitchen") for channel in (2, 3)]
    signals = history_of(events).signals
    assert [(one.sender, one.receiver, one.fate) for one in signals] == [
        ("a", "b", Fate.DELIVERED),
        ("a", "c", Fate.DELIVERED),
    ]
