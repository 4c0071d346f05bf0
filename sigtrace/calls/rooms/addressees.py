"""Who a client is by what is addressed to it, where nobody says: of a channel that was open before the capture.

Where several clients get messages for an id each, that is theirs; a single one goes by the id if it answers who wrote
to it. A server that gives every message to everyone shows the same ids to all, and then they tell nothing; neither do
the names of rooms, of which nobody is the writer.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from itertools import chain
from typing import TYPE_CHECKING

from sigtrace.signaling.room_events import Delivered, Sent

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

    from sigtrace.signaling.events import PeerId
    from sigtrace.signaling.room_events import RoomEvent


def find_addressees(events: Iterable[RoomEvent], rooms: Collection[PeerId]) -> Iterator[tuple[str, PeerId]]:
    """Yield channels, each with the one id that messages to it name and no message to another channel does.

    Args:
        events: of one session.
        rooms: their names.
    """
    named: dict[str, set[PeerId]] = defaultdict(set)  # by channel: whom messages to it name
    writers: dict[str, set[PeerId]] = defaultdict(set)  # by channel: whose messages those are
    answered: dict[str, set[PeerId]] = defaultdict(set)  # by channel: whom its own messages name
    for event in events:
        channel = event.bearer.channel
        if isinstance(event, Sent) and event.receiver is not None:
            answered[channel].add(event.receiver)
        elif isinstance(event, Delivered) and event.receiver is not None and event.receiver not in rooms:
            named[channel].add(event.receiver)
            if event.sender is not None:
                writers[channel].add(event.sender)
    shared = Counter(chain.from_iterable(named.values()))
    people = set().union(*writers.values())
    for channel, peers in named.items():
        own = {peer for peer in peers if shared[peer] == 1}
        passed_to_all = (peers - own) & people
        if len(own) == 1 and not passed_to_all and (len(named) > 1 or writers[channel] & answered[channel]):
            yield channel, own.pop()
