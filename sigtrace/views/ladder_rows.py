"""The sequence chart as data: who stands where, and row by row what went between them; every notation draws this.

Columns are roles, a peer or the server, not sockets: each request of a peer comes from another port. Between the rows
runs a lifeline that tells whether the server could reach the peer at that moment, which is what makes this protocol
hard to follow in a list of packets.
"""

from __future__ import annotations

from enum import Enum
from typing import TypeAlias

from sigtrace.value import Value


class Lifeline(Enum):
    """What a column is doing at a row."""

    ABSENT = "absent"  # not signed in
    BLIND = "blind"  # signed in without a wait open: what comes for it is queued
    LISTENING = "listening"  # a wait hangs at the server
    SERVER = "server"


class Tone(Enum):
    """What a row means to the reader."""

    SIGNAL = "signal"  # between peers: what it is all about
    PRESENCE = "presence"  # coming and going
    HOUSEKEEPING = "housekeeping"  # waits being asked, plain acknowledgements
    FAILURE = "failure"


class Stroke(Enum):
    """How an arrow is to be drawn."""

    REQUEST = "request"
    ANSWER = "answer"
    RELEASE = "release"  # the answer to a wait: it ends the bar on the lifeline
    BROKEN = "broken"  # the connection ended here


class ColumnKind(Enum):
    """Who stands in a column."""

    PEER = "peer"
    SERVER = "server"
    STRANGER = "stranger"  # known by address only
    OTHERS = "others"  # all peers for whom there is no column


class Column(Value, frozen=True, kw_only=True):
    """One role."""

    kind: ColumnKind
    name: str
    brief: str = ""  # of a peer: the name without its host, where that is enough
    id: str | None = None  # of a peer
    address: str | None = None
    room: str | None = None  # of a peer, where a session has several


class Arrow(Value, frozen=True, kw_only=True):
    """Something that went from one column to another."""

    number: int | None  # what `show` takes; the two legs of a relay have the same
    folded: int  # how many it stands for, 1 for an ordinary row
    time: str
    delta: str  # since the row before; empty in the first
    at_ns: int
    source: int  # index of a column
    target: int
    label: str
    details: tuple[str, ...]  # to be left away, or put beneath, from the end on, where there is no room
    notes: tuple[str, ...]  # beneath the arrow
    problems: tuple[str, ...]  # beneath it, too, and not to be overlooked
    stroke: Stroke
    tone: Tone
    call: int | None
    packet: int | None  # its first
    sent_by: tuple[str, ...]  # functions, outermost first, where they are asked for
    handled_by: tuple[str, ...]
    lifelines: tuple[Lifeline, ...]  # one a column


class Quiet(Value, frozen=True, kw_only=True):
    """Time in which nothing happened."""

    duration: str
    duration_ns: int
    lifelines: tuple[Lifeline, ...]


class Mark(Value, frozen=True, kw_only=True):
    """Something that happened to one column, or to all, without an arrow."""

    time: str
    delta: str
    at_ns: int
    column: int | None  # None: to all
    text: str
    tone: Tone
    lifelines: tuple[Lifeline, ...]


Row: TypeAlias = Arrow | Quiet | Mark


class Section(Value, frozen=True, kw_only=True):
    """One session of one server."""

    heading: str | None  # None when the ladder has only one section, and nothing to add to it
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    remarks: tuple[str, ...] = ()  # what was left out


class Ladder(Value, frozen=True, kw_only=True):
    """The chart of a trace: a section for each session, in order of time."""

    sections: tuple[Section, ...]
    title: str  # names of the captures
    show_packets: bool
    nothing: tuple[str, ...] = ()  # why there is no section, and what to do about it
