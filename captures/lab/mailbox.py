"""The members of a server, each with one mailbox: the state that outlives a connection.

Follows `PeerChannel` and `ChannelMember` of peer_channel.cc, with their oddities.
"""

from __future__ import annotations

import time
from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from captures.lab.dialect import Answer, Dialect

if TYPE_CHECKING:
    from collections.abc import Callable

MEMBER_TIMEOUT_S = 30
NAME_LENGTH = 512


class Waiting(Protocol):
    """A connection on which an answer can be sent."""

    def answer(self, answer: Answer) -> None:
        """Send one answer."""


@dataclass(slots=True, kw_only=True, eq=False)
class Member:
    """One signed-in peer: at most one open wait, and a queue for the times without."""

    id: int
    name: str
    dialect: Dialect
    connected: bool = True
    wait: Waiting | None = None
    queue: deque[Answer] = field(default_factory=deque)
    stamp: int = field(default_factory=lambda: int(time.time()))

    @property
    def line(self) -> str:
        """The member as one line of a list."""
        return self.dialect.line.format(name=self.name, id=self.id, connected=int(self.connected))

    @property
    def timed_out(self) -> bool:
        """No open wait for more than 30 s by a clock of whole seconds."""
        return self.wait is None and int(time.time()) - self.stamp > MEMBER_TIMEOUT_S

    def deliver(self, answer: Answer) -> None:
        """Answer the open wait, or queue."""
        if self.wait is None:
            self.queue.append(answer)
            return
        waiting, self.wait, self.stamp = self.wait, None, int(time.time())
        waiting.answer(answer)

    def begin_wait(self, waiting: Waiting) -> None:
        """Answer from the queue, or keep the connection as the one open wait, whatever was open before."""
        if not self.queue:
            self.wait = waiting
            return
        if self.dialect.repeat_newest:
            answer = self.queue[-1]
            self.queue.popleft()
        else:
            answer = self.queue.pop() if self.dialect.newest_first else self.queue.popleft()
        waiting.answer(answer)
        if self.dialect.answer_twice:
            waiting.answer(Answer(status="500 Error", content_type="text/plain", body=b"Peer most likely gone."))

    def on_closing(self, waiting: object) -> None:
        """Forget a waiting connection that closed."""
        if waiting is self.wait:
            self.wait, self.stamp = None, int(time.time())


@dataclass(slots=True, kw_only=True)
class Members:
    """All members of a server in the order of joining."""

    dialect: Dialect
    log: Callable[[str], None]
    members: list[Member] = field(default_factory=list)
    last_id: int = 0

    def find(self, member_id: int) -> Member | None:
        """The member with that id."""
        return next((member for member in self.members if member.id == member_id), None)

    def add(self, name: str) -> tuple[Member, str]:
        """Sign somebody in: tell the others, then make the list for the newcomer."""
        self.last_id += 1
        clean = name if self.dialect.keep_commas else name.replace(",", "_")
        member = Member(id=self.last_id, name=clean[:NAME_LENGTH] or f"peer_{self.last_id}", dialect=self.dialect)
        self._tell_others(member)
        self.members.append(member)
        self.log(f"New member added (total={len(self.members)}): {member.name}")
        return member, member.line + "".join(other.line for other in self.members if other is not member)

    def on_closing(self, connection: object) -> None:
        """A connection closed: cancel its wait, remove who signed out. The next one in line is looked at later."""
        index = 0
        while index < len(self.members):
            member = self.members[index]
            member.on_closing(connection)
            if not member.connected:
                self._remove(member)
            index += 1  # also after a removal: the reference server skips one here
        self.log(f"Total connected: {len(self.members)}")

    def check_timeouts(self) -> None:
        """Remove every member that has not waited for too long."""
        for member in [member for member in self.members if member.timed_out]:
            self.log(f"Timeout: {member.name}")
            member.connected = False
            self._remove(member)

    def shut_down(self) -> None:
        """Answer every open wait a last time; queues are lost."""
        for member in self.members:
            member.deliver(Answer(status="200 OK", content_type="text/plain", body=b"Server shutting down"))

    def _remove(self, member: Member) -> None:
        self.members.remove(member)
        self.log(f"Member disconnected: {member.name}")
        if self.dialect.announce_leaving:
            self._tell_others(member)

    def _tell_others(self, changed: Member) -> None:
        for other in [member for member in self.members if member is not changed]:
            text = changed.line
            if self.dialect.whole_list:
                listed = [member for member in (*self.members, changed) if member.connected and member is not other]
                text = "".join(member.line for member in dict.fromkeys([other, *listed]))
            body = text.encode("latin-1")
            other.deliver(Answer(status="200 OK", content_type="text/plain", pragma=other.id, body=body))
