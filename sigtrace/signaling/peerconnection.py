"""The protocol of `peerconnection_client` and `peerconnection_server`: a mailbox with hanging GETs over HTTP.

A peer signs in (`/sign_in?name`) and gets a number; from then on it nearly always has one `/wait?peer_id=N` open, whose
answer is one thing: a line about a peer that joined or left, or a message another peer POSTed to
`/message?peer_id=from&to=N`. Which of them is told by the `Pragma` header: one's own number with a presence line, the
sender's with a message, none when the server shuts down. Source: libwebrtc `examples/peerconnection/`, 2011 to 2026.

Relatives speak the same requests with other words around them (other status texts, `peer_name=`, whole lists instead
of lines), so path and query decide, never the header set, the status text or the port.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Final, NamedTuple

from sigtrace.application.http.message import Exchange, ExchangeEnd, ExchangeState
from sigtrace.notices import Notice, Severity
from sigtrace.signaling.content import Content, decode_content, explain_problems
from sigtrace.signaling.events import (
    ExchangeKind,
    Listed,
    MessageSent,
    Refused,
    ServerQuit,
    SignalingEvent,
    SignedIn,
    SignedOut,
    WaitAnswer,
    Waited,
)
from sigtrace.signaling.functions import FUNCTIONS
from sigtrace.signaling.protocol import Fit, SignalingProtocol
from sigtrace.text import decode_text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sigtrace.application.http.message import Request, Response
    from sigtrace.signaling.bearer import Unit
    from sigtrace.signaling.events import PeerId

NO_PEER_ID = "peerconnection.no-peer-id"

SOFTWARE = b"PeerConnectionTestServer"
"""What the reference server and its forks call themselves in `Server:`."""

FAREWELL = b"Server shutting down"
"""What an open wait is answered when the server ends."""

_PATHS = {
    b"/sign_in": ExchangeKind.SIGN_IN,
    b"/wait": ExchangeKind.WAIT,
    b"/message": ExchangeKind.MESSAGE,
    b"/sign_out": ExchangeKind.SIGN_OUT,
    b"/quit": ExchangeKind.QUIT,
}
LONGEST_NUMBER: Final = 10
"""Digits of a peer's number: the server counts in an int of 32 bits."""

_PEER_ID = re.compile(rb"peer_id=\s*(-?\d{1,10})")  # the server looks for it anywhere in the query, then atoi()
_TO = re.compile(rb"(?:^|&)to=\s*(-?\d{1,10})")
_NUMBER = re.compile(rb"\s*(-?\d{1,10})")
LINE_BOUND = 4096
"""Characters of one list line; the reference server cuts names at 512 bytes, and four characters stand for a byte."""

MAX_REMEMBERED = 256
"""Bytes of a target whose reading is remembered: a peer asks for the same again and again, in a few dozen bytes."""

_NO_LIST_ENDS = frozenset(range(0x80)) - frozenset(b"01\r\n")
"""Bytes that no list ends with. What is not ASCII is spelled out in digits, and looked at."""

_LINE = re.compile(r"^(.*),(-?\d{1,10}),([01])$")
_BARE_LINE = re.compile(r"^(.*\D)(\d{1,6}?)([01])$")  # the comma-less lines of January 2015


class PeerConnection(SignalingProtocol):
    """peerconnection: sign_in, wait, message, sign_out, over HTTP."""

    name = "peerconnection"
    functions = FUNCTIONS
    one_call_at_a_time = True

    def fit(self, unit: Unit) -> Fit:
        """Say whether an exchange speaks the protocol: by path and query, else by what the server calls itself."""
        if not isinstance(unit, Exchange):
            return Fit.NONE
        request, response = unit.request, unit.response
        if response is not None and SOFTWARE in (response.header(b"server") or b""):
            return Fit.CERTAIN
        if request is None:
            return Fit.CERTAIN if response and _looks_like_answer(response) else Fit.NONE
        asked = _read(request.target)
        if asked.kind is None:  # a preflight belongs to its server, and says nothing by itself
            return Fit.POSSIBLE if request.method == "OPTIONS" else Fit.NONE
        if asked.kind is ExchangeKind.SIGN_IN:
            return Fit.CERTAIN if response and _looks_like_answer(response) else Fit.POSSIBLE
        return Fit.POSSIBLE if asked.peer is None else Fit.CERTAIN

    def kind(self, unit: Exchange) -> ExchangeKind:
        """Name what the exchange is for; without its request, by what the answer looks like."""
        if unit.request is None:
            return _kind_of_answer(unit.response) if unit.response else ExchangeKind.OTHER
        if unit.request.method == "OPTIONS":
            return ExchangeKind.OPTIONS
        return _read(unit.request.target).kind or ExchangeKind.OTHER

    def peer_of(self, unit: Exchange) -> PeerId | None:
        """Return the number that a request goes by."""
        return _peer_id(unit.request)

    def decode(self, unit: Unit) -> Iterator[SignalingEvent | Notice]:
        """Yield what the exchange says; the server leaves other methods than GET and POST without an answer."""
        if not isinstance(unit, Exchange):
            return iter(())
        if unit.response is None and unit.request and unit.request.method not in ("GET", "POST"):
            return iter(())
        decode = _DECODERS.get(self.kind(unit))
        return iter(()) if decode is None else decode(unit)


class _Asked(NamedTuple):
    """What a target asks for."""

    kind: ExchangeKind | None  # None: something else than the protocol's
    peer: int | None  # who asks
    receiver: int | None  # of a message


def _read(target: bytes) -> _Asked:
    return _read_known(target) if len(target) <= MAX_REMEMBERED else _read_target(target)


def _read_target(target: bytes) -> _Asked:
    path, query = _split(target)
    peer, receiver = _PEER_ID.search(query), _TO.search(query)
    return _Asked(_PATHS.get(path), int(peer[1]) if peer else None, int(receiver[1]) if receiver else None)


_read_known = lru_cache(maxsize=8192)(_read_target)


def _split(target: bytes) -> tuple[bytes, bytes]:
    """Split a target at its first `?`; of an absolute one only what follows the authority counts."""
    if target[:7].lower() == b"http://":
        target = b"/" + target[7:].partition(b"/")[2]
    path, _, query = target.partition(b"?")
    return path, query


def _peer_id(request: Request | None) -> int | None:
    return None if request is None else _read(request.target).peer


def _pragma(response: Response) -> int | None:
    value = response.header(b"pragma")
    if value is None:
        return None
    if value.isdigit() and len(value) <= LONGEST_NUMBER:  # as nearly all are
        return int(value)
    found = _NUMBER.fullmatch(value)
    return int(found[1]) if found else None


def _succeeded(response: Response) -> bool:
    return 200 <= response.status < 300


def decode_list(text: str) -> tuple[Listed, ...]:
    """Decode a list of peers, `name,id,connected` a line; a name may hold commas, so lines are read from the right.

    Returns: the entries; empty when any line is of another shape, so that JSON or text is never taken for a list.
    Source: `ChannelMember::GetEntry`; without commas in the server of January 2015.
    """
    if text.rstrip("\r\n")[-1:] not in ("0", "1"):
        return ()
    lines = [line for line in text.split("\n") if line]
    if any(len(line) > LINE_BOUND for line in lines):
        return ()
    for shape in (_LINE, _BARE_LINE):
        found = [shape.match(line.rstrip("\r")) for line in lines]
        if lines and all(found):
            return tuple(Listed(m[1], int(m[2]), m[3] == "1") for m in found if m)
    return ()


def _listed(response: Response) -> tuple[Listed, ...]:
    data = response.body.content if response.body.content is not None else response.body.data
    return decode_list(decode_text(data)) if data and data[-1] not in _NO_LIST_ENDS else ()


def _looks_like_answer(response: Response) -> bool:
    return _pragma(response) is not None and (_succeeded(response) or SOFTWARE in (response.header(b"server") or b""))


def _kind_of_answer(response: Response) -> ExchangeKind:
    """Guess what was asked from an answer whose request was never captured."""
    if response.body.data == FAREWELL:
        return ExchangeKind.WAIT
    if not _looks_like_answer(response):
        return ExchangeKind.OTHER
    if response.reason == b"Added":
        return ExchangeKind.SIGN_IN
    return ExchangeKind.WAIT


def _decode_sign_in(unit: Exchange) -> Iterator[SignalingEvent | Notice]:
    response = unit.response
    asked = _asked_name(unit.request)
    if response is None:
        if unit.state is ExchangeState.DAMAGED and unit.request:  # an answer came, and was not captured
            at_ns = unit.request.span.end_ns
            yield SignedIn(exchange=unit, at_ns=at_ns, peer=None, name=asked, others=(), counted=False)
        return
    if not _succeeded(response):
        yield Refused(exchange=unit, at_ns=response.span.start_ns, peer=None, status=response.status)
        return
    peer = _pragma(response)
    entries = _listed(response)
    if peer is None and entries and response.complete:
        peer = int(entries[0].peer)  # no Pragma: only then the first line is believed, as the test page does
    own = next((entry.name for entry in entries if entry.peer == peer), None)
    others = tuple(entry for entry in entries if entry.peer != peer)
    yield SignedIn(
        exchange=unit,
        at_ns=response.span.start_ns,
        peer=peer,
        name=own or asked,
        others=others,
        counted=bool(entries) and not response.body.missing,
    )


def _asked_name(request: Request | None) -> str | None:
    """The name a sign-in asks for, as the server will list it: commas become `_`, at most 512 bytes."""
    if request is None:
        return None
    query = _split(request.target)[1].removeprefix(b"peer_name=")
    return decode_text(query.split(b" ")[0].replace(b",", b"_")[:512]) or None


def _decode_wait(unit: Exchange) -> Iterator[SignalingEvent | Notice]:
    request, response = unit.request, unit.response
    asked_ns = request.span.end_ns if request else None
    peer = _peer_id(request)
    if request and peer is None:
        yield Notice(
            code=NO_PEER_ID,
            severity=Severity.WARNING,
            text="a /wait without peer_id is in nobody's mailbox; it was taken for no peer's wait",
            packet=request.span.first_packet,
        )
    if response is None:
        lost = unit.end is ExchangeEnd.LOST or (unit.state is ExchangeState.DAMAGED and request is not None)
        answer = WaitAnswer.UNREADABLE if lost and request and request.complete else WaitAnswer.NONE
        yield Waited(exchange=unit, at_ns=unit.at_ns, peer=peer, asked_ns=asked_ns, answered_ns=None, answer=answer)
        return
    yield _decode_wait_answer(unit, response, peer, asked_ns)


def _decode_wait_answer(unit: Exchange, response: Response, peer: int | None, asked_ns: int | None) -> Waited:
    """Tell presence from message: one's own number in `Pragma` and a list line is presence; another is the sender."""
    sender = _pragma(response)
    entries = _listed(response)
    content: Content | None = None
    if not _succeeded(response):
        answer = WaitAnswer.REFUSED
    elif sender is None and not response.complete:
        answer = WaitAnswer.UNREADABLE
    elif sender is None and response.body.data == FAREWELL:
        answer = WaitAnswer.SERVER_QUIT
    elif entries and (peer is None or sender in (peer, None)):
        answer, peer, sender = WaitAnswer.PRESENCE, sender if peer is None else peer, None
    elif sender is not None and sender == peer:
        answer, sender = WaitAnswer.PRESENCE, None  # its line was not captured, or has a shape we do not know
    else:
        answer, content = WaitAnswer.MESSAGE, decode_content(response.body)
    return Waited(
        exchange=unit,
        at_ns=asked_ns if asked_ns is not None else response.span.start_ns,
        peer=peer,
        asked_ns=asked_ns,
        answered_ns=response.span.start_ns,
        answer=answer,
        listed=entries if answer is WaitAnswer.PRESENCE else (),
        sender=sender,
        content=content,
    )


def _decode_message(unit: Exchange) -> Iterator[SignalingEvent | Notice]:
    request = unit.request
    if request is None:
        return
    asked = _read(request.target)
    content = decode_content(request.body)
    yield from explain_problems(content, request.span.first_packet)
    status = unit.response.status if unit.response else None
    yield MessageSent(
        exchange=unit,
        at_ns=request.span.start_ns,
        sender=asked.peer,
        receiver=asked.receiver,
        content=content,
        accepted=None if status is None else 200 <= status < 300,
        echoed=asked.peer is not None and asked.peer == asked.receiver,
    )


def _decode_sign_out(unit: Exchange) -> Iterator[SignalingEvent | Notice]:
    peer = _peer_id(unit.request)
    response = unit.response
    if peer is None or unit.request is None:
        return
    if response is not None and not _succeeded(response):
        yield Refused(exchange=unit, at_ns=response.span.start_ns, peer=peer, status=response.status)
        return
    yield SignedOut(exchange=unit, at_ns=response.span.start_ns if response else unit.request.span.end_ns, peer=peer)


def _decode_quit(unit: Exchange) -> Iterator[SignalingEvent | Notice]:
    if unit.response and _succeeded(unit.response):
        yield ServerQuit(exchange=unit, at_ns=unit.response.span.start_ns)


_DECODERS: Final[dict[ExchangeKind, Callable[[Exchange], Iterator[SignalingEvent | Notice]]]] = {
    ExchangeKind.SIGN_IN: _decode_sign_in,
    ExchangeKind.WAIT: _decode_wait,
    ExchangeKind.MESSAGE: _decode_message,
    ExchangeKind.SIGN_OUT: _decode_sign_out,
    ExchangeKind.QUIT: _decode_quit,
}
