"""Fan-out: where a server passes what one client says on to the others, as its messages show.

Theory of operation. Messages go by halls: mostly a path of a server is one, with a channel for each member. Where every
member has a path of its own below a common one (`/chat/alice`, `/chat/bob`) texts cross from path to path, and the
common one is the hall. In a hall every text has a key, which is the same for all its copies. What clients said waits
under it, and a text from the server is a copy as long as its channel has not heard all of them: first of what that
channel itself said, which is an echo, then of what others said since it was opened. So an answer to each client's own
heartbeat is never a relay; nor is a text that the server was the first to say, and clients repeat.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import Counter
from typing import TYPE_CHECKING, Final, NamedTuple, TypeAlias

from sigtrace.application.http.message import Exchange
from sigtrace.application.websocket.message import Message, Opcode
from sigtrace.value import Struct, field

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence

    from sigtrace.packets.endpoint import Endpoint
    from sigtrace.signaling.bearer import Unit

LATE_NS: Final = 1_000_000_000
"""How long before a channel was opened something may have been said that it still gets: see `calls.rooms.legs`."""

KeyOf: TypeAlias = "Callable[[Message], Hashable | None]"
"""Returns what a text and its copies have in common; None for what is not text, or not all there."""

_NEGOTIATES: Final = re.compile(rb"v=0(?:\\r|\r)?(?:\\n|\n)o=|candidate:\S{1,64} \d{1,5} \w{3,9} \d")


class Where(NamedTuple):
    """A path of a server, or the path that those of all members are below."""

    server: Endpoint
    path: bytes | None  # without its query; None: no handshake was captured
    by_member: bool = False  # members have paths of their own below it


class _Text(Struct):
    """All that was said with one key."""

    by_server: bool  # first: then it is the server's own word
    said_ns: list[int] = field(default_factory=list)  # by clients, in order of time
    said: Counter[int] = field(default_factory=Counter)  # by flow, all in all
    awaited: Counter[int] = field(default_factory=Counter)  # by flow: said there, and not come back there
    heard: Counter[int] = field(default_factory=Counter)  # by flow: of what others said
    in_company: int = 0  # said while others were there
    relayed: int = 0  # copies that went to others


class Hall:
    """One of them, its messages and handshakes in order of time."""

    def __init__(self, where: Where) -> None:
        self.where = where
        self.messages: list[Message] = []
        self.handshakes: list[Exchange] = []
        self.keys: dict[int, Hashable] = {}  # of texts, by number
        self.copies: set[int] = set()  # numbers of messages from the server that repeat what a client said
        self._texts: dict[Hashable, _Text] = {}
        self._opened_ns: dict[int, int] = {}

    def listen(self, keys: Mapping[int, Hashable]) -> None:
        """Find out what is a copy of what, by the key of each text by its number."""
        self._opened_ns = {one.flow: one.at_ns for one in self.handshakes}
        for message, others_there in self._with_presence():
            key = keys.get(message.number)
            if key is None:
                continue
            self.keys[message.number] = key
            text = self._texts.setdefault(key, _Text(by_server=not message.from_client))
            if message.from_client:
                self._say(text, message, in_company=others_there)
            elif self._is_copy(text, message.flow):
                self.copies.add(message.number)

    def _with_presence(self) -> Iterator[tuple[Message, bool]]:
        """Yield each message, and whether others were there: from their handshakes to what was last heard of them."""
        last = {message.flow: place for place, message in enumerate(self.messages)}
        present = last.keys() - self._opened_ns.keys()
        coming = iter(self.handshakes)
        newcomer = next(coming, None)
        for place, message in enumerate(self.messages):
            while newcomer is not None and newcomer.at_ns <= message.at_ns:
                if last.get(newcomer.flow, -1) >= place:
                    present.add(newcomer.flow)
                newcomer = next(coming, None)
            yield message, len(present) > (message.flow in present)
            if last[message.flow] == place:
                present.discard(message.flow)

    def spreads(self, message: Message) -> bool:
        """Tell whether what a message says, once a client said it, went to others."""
        text = self._texts.get(self.keys.get(message.number))
        return text is not None and not text.by_server and text.relayed > 0

    @property
    def fans_out(self) -> bool:
        """Whether most different texts that clients said while others were there came to these."""
        in_company = [text for text in self._texts.values() if text.in_company and not text.by_server]
        came = sum(2 * text.relayed >= text.in_company for text in in_company)
        return 2 * came > len(in_company)

    @property
    def negotiates(self) -> bool:
        """Whether a message holds a session description or a candidate."""
        return any(message.data and _NEGOTIATES.search(message.data) for message in self.messages)

    @property
    def sends_binary(self) -> bool:
        """Whether the server sends other than text."""
        return any(not message.from_client and message.opcode is Opcode.BINARY for message in self.messages)

    @staticmethod
    def _say(text: _Text, message: Message, *, in_company: bool) -> None:
        text.said_ns.append(message.at_ns)
        text.said[message.flow] += 1
        text.awaited[message.flow] += 1
        text.in_company += in_company

    def _is_copy(self, text: _Text, flow: int) -> bool:
        if text.awaited[flow]:
            text.awaited[flow] -= 1
            return True
        missed = bisect_left(text.said_ns, self._opened_ns.get(flow, 0) - LATE_NS)
        if text.heard[flow] >= len(text.said_ns) - missed - text.said[flow]:
            return False
        text.heard[flow] += 1
        text.relayed += 1
        return True


def find_halls(units: Iterable[Unit], key_of: KeyOf) -> list[Hall]:
    """Sort the WebSocket messages among some units, and their handshakes, into halls, and find the copies in each.

    Args:
        units: in order of time.
        key_of: what a text and its copies have in common.
    """
    ours = [unit for unit in units if isinstance(unit, Message) or _is_handshake(unit)]
    messages = [unit for unit in ours if isinstance(unit, Message)]
    keys = {message.number: key for message in messages if (key := key_of(message)) is not None}
    by_member = _paths_by_member(messages, keys)
    only = _only_paths(ours)
    halls: dict[Where, Hall] = {}
    for unit in ours:
        path = _path_of(unit)
        if path is None:
            path = only.get(unit.server)
        where = Where(unit.server, path)
        if path is not None and (unit.server, _above(path)) in by_member:
            where = Where(unit.server, _above(path), by_member=True)
        hall = halls.setdefault(where, Hall(where))
        if isinstance(unit, Message):
            hall.messages.append(unit)
        elif isinstance(unit, Exchange):
            hall.handshakes.append(unit)
    for hall in halls.values():
        hall.listen(keys)
    return list(halls.values())


def target_of(unit: Unit) -> bytes | None:
    """Return the target of the handshake that a message goes by, or that an exchange is; None when it is not known."""
    if isinstance(unit, Message):
        return unit.target
    return unit.request.target if isinstance(unit, Exchange) and unit.request is not None else None


def _path_of(unit: Unit) -> bytes | None:
    target = target_of(unit)
    return None if target is None else target.partition(b"?")[0]


def _is_handshake(unit: Unit) -> bool:
    if not isinstance(unit, Exchange) or unit.request is None or unit.response is None:
        return False
    return unit.response.status == 101


def _above(path: bytes) -> bytes:
    return path.rpartition(b"/")[0] or b"/"


def _only_paths(units: Sequence[Unit]) -> dict[Endpoint, bytes]:
    """Return for servers with a single path that path: what was opened before the capture goes by it too."""
    paths: dict[Endpoint, set[bytes]] = {}
    for unit in units:
        path = _path_of(unit)
        if path is not None:
            paths.setdefault(unit.server, set()).add(path)
    return {server: some.copy().pop() for server, some in paths.items() if len(some) == 1}


def _paths_by_member(messages: Iterable[Message], keys: Mapping[int, Hashable]) -> set[tuple[Endpoint, bytes]]:
    """Return the paths below which texts cross from one path to another more often than they stay on it."""
    crossing: Counter[tuple[Endpoint, bytes]] = Counter()
    for server, path, crosses in _copies_across(messages, keys):
        crossing[server, _above(path)] += 1 if crosses else -1
    return {where for where, balance in crossing.items() if balance > 0}


def _copies_across(messages: Iterable[Message], keys: Mapping[int, Hashable]) -> Iterator[tuple[Endpoint, bytes, bool]]:
    """Yield for each text that another client said before where it came out, and whether only on other paths."""
    said: dict[tuple[Endpoint, bytes, Hashable], dict[bytes, set[int]]] = {}
    for message in messages:
        path, key = _path_of(message), keys.get(message.number)
        if path is None or key is None:
            continue
        speakers = said.setdefault((message.server, _above(path), key), {})
        if message.from_client:
            speakers.setdefault(path, set()).add(message.flow)
        elif any(message.flow not in flows or len(flows) > 1 for flows in speakers.values()):
            yield message.server, path, path not in speakers
