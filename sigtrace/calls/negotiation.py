"""Signals → calls: one offer/answer negotiation of two peers, from the first offer to the goodbye (RFC 3264, RFC 9429).

| state      | offer                       | answer    | candidate | BYE   |
|------------|-----------------------------|-----------|-----------|-------|
| no call    | new call                    | new call¹ | new call¹ | new¹³ |
| offered    | re-offer⁴; glare if theirs⁶ | answered  | counted   | ended |
| answered   | re-offer⁴                   | answered  | counted   | ended |
| ended      | new call                    | late⁵     | counted²  | same  |
| left⁷      | new call                    | new call⁸ | counted²  | ended |

¹ its beginning was not captured; ² late candidates of a call that has just ended; ³ only when the capture began after
one of the two had joined: else a goodbye without a call is just that; ⁴ a new call when its `o=` names another session
than the sender's last description, as a re-offer never does (RFC 3264 §8); ⁵ it crossed the goodbye and answers the
last offer; when that was answered already, it is of a new call¹; ⁶ not where a server refuses an offer and makes
its own in the same answer (draft-ietf-wish-whep), which the other then answers: the server is the caller then;
⁷ a side's stay in which the call began has ended, and it has come again; ⁸ to an offer that was not captured, unless
one still waits for it.

Two peers may negotiate several connections beside each other, one for the camera and one for the screen; where the
protocol names them, each such dialog is a call of its own.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from enum import Enum
from math import inf
from typing import TYPE_CHECKING, TypeAlias

from sigtrace.calls.peers import Departure
from sigtrace.calls.signals import Fate
from sigtrace.signaling.content import SignalKind
from sigtrace.value import Struct, Value, field, replace

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from sigtrace.calls.peers import Peer
    from sigtrace.calls.signals import Signal
    from sigtrace.packets.endpoint import Endpoint
    from sigtrace.signaling.events import PeerId


class CallEnd(Enum):
    """How a call ended, as far as signaling shows it."""

    BYE = "bye"
    SIGNED_OUT = "signed-out"  # a side signed out without a BYE
    VANISHED = "vanished"
    DROPPED = "dropped"  # the server ended the connection of a side
    REFUSED = "refused"  # the server would not take the offer
    SERVER_QUIT = "server-quit"
    SUPERSEDED = "superseded"  # a new call of the same two began, and no goodbye was seen
    CAPTURE_ENDED = "capture-ended"


class Call(Value, frozen=True, kw_only=True):
    """One negotiation of two peers. Times are of first bytes, as the endpoints would log them."""

    number: int  # from 1, in order of time over the whole trace
    protocol: str
    session: int
    server: Endpoint
    caller: PeerId
    callee: PeerId
    began_ns: int
    offered_ns: int | None  # first offer; None when it was not captured
    offer_delivered_ns: int | None
    answered_ns: int | None  # first answer
    ended_ns: int | None
    ended: CallEnd
    ended_by: PeerId | None = None
    signals: tuple[int, ...] = ()  # numbers, in order of time
    offers: int = 0
    answers: int = 0
    caller_candidates: int = 0
    callee_candidates: int = 0
    first_candidate_ns: int | None = None
    last_candidate_ns: int | None = None
    glare: bool = False  # each side offered before the other's offer was answered
    loopback: bool = False
    inferred: bool = False  # its beginning was not captured; without offer and answer, who called is a guess
    dialog: str | None = None  # which negotiation of its two peers it is, where the protocol names them

    @property
    def answer_time_ns(self) -> int | None:
        """From the offer to the answer, both as sent; None when one was not seen."""
        if self.offered_ns is None or self.answered_ns is None:
            return None
        return self.answered_ns - self.offered_ns

    @property
    def duration_ns(self) -> int | None:
        """From its first signal to its end; None when the end was not seen."""
        return None if self.ended_ns is None else self.ended_ns - self.began_ns


class _Open(Struct):
    """A call while its signals are read."""

    first: Signal
    caller: PeerId
    callee: PeerId
    inferred: bool = False
    offers: list[Signal] = field(default_factory=list)
    answers: list[Signal] = field(default_factory=list)
    candidates: list[Signal] = field(default_factory=list)
    signals: list[Signal] = field(default_factory=list)
    pending_from: PeerId | None = None  # who waits for an answer to an offer
    glare: bool = False
    loopback: bool = False
    bye: Signal | None = None
    superseded: bool = False


def find_calls(session: int, signals: Sequence[Signal], peers: Iterable[Peer], quit_ns: int | None) -> list[Call]:
    """Find the calls among one session's signals.

    Args:
        session: number of the session.
        signals: of that session, in order of time.
        peers: of that session, each of their stays, for how calls end without a BYE.
        quit_ns: when the server said that it ends; None when it did not.
    Returns: the calls in order of time, numbered from 1.
    """
    stays: dict[PeerId, list[Peer]] = {}
    for peer in peers:
        stays.setdefault(peer.id, []).append(peer)
    departures = {key: _Departures(own) for key, own in stays.items()}
    reader = _Reader(
        {key for key, own in stays.items() if own[-1].joined_ns is not None},
        {key for key, own in stays.items() if own[-1].is_server},
        departures,
    )
    for signal in signals:
        reader.read(signal)
    ordered = sorted(reader.calls, key=lambda call: call.first.began_ns)
    return [_close(number, session, call, departures, quit_ns) for number, call in enumerate(ordered, 1)]


class _Departures:
    """How the stays of one peer ended."""

    def __init__(self, stays: Sequence[Peer]) -> None:
        self._newest = stays[-1]
        self._joined_ns: list[int] = []
        self._longest: list[Peer] = []  # of those that began so far: the last to end
        for stay in sorted(stays, key=lambda stay: stay.joined_ns or 0):
            before = self._longest[-1] if self._longest else stay
            self._joined_ns.append(stay.joined_ns or 0)
            self._longest.append(max(before, stay, key=_left_ns))

    def leaving(self, began_ns: int) -> Peer | None:
        """Return the stay by whose end the peer left a call: of those during which it began, the last to end.

        Whoever leaves a room and comes again has left the calls in it; whoever is in another room as well is still
        there.
        """
        before = bisect_right(self._joined_ns, began_ns)
        stay = self._longest[before - 1] if before else self._newest
        if _left_ns(stay) < began_ns:
            stay = self._newest
        return None if stay.left_ns is None else stay

    def came_again(self, began_ns: int, at_ns: int) -> bool:
        """Tell whether the peer has left a call that began then, and has begun another stay since."""
        gone = self.leaving(began_ns)
        if gone is None or gone.left_ns is None or gone.left_ns < began_ns:
            return False
        return bisect_right(self._joined_ns, at_ns) > bisect_left(self._joined_ns, gone.left_ns)


def _left_ns(stay: Peer) -> float:
    return inf if stay.left_ns is None else stay.left_ns


_Stays: TypeAlias = "Mapping[PeerId, _Departures]"
_Key: TypeAlias = "tuple[frozenset[PeerId | None], str | None]"


def _key_of(signal: Signal) -> _Key:
    """Return what all signals of one negotiation have in common: the two peers, and the dialog where it has a name."""
    return frozenset((signal.sender, signal.receiver)), signal.dialog


class _Reader:
    """Reads the signals of a session in order and sorts them into calls; see the table at the top."""

    def __init__(self, seen_joining: set[PeerId], servers: set[PeerId], departures: _Stays) -> None:
        self._seen_joining = seen_joining
        self._servers = servers
        self._departures = departures
        self.calls: list[_Open] = []
        self._current: dict[_Key, _Open] = {}  # the newest of each dialog

    def read(self, signal: Signal) -> None:
        if signal.sender is None or signal.receiver is None or signal.sender == signal.receiver:
            return
        kind = signal.kind
        if kind is SignalKind.OFFER:
            self._offer(signal, signal.sender, signal.receiver)
        elif kind in (SignalKind.ANSWER, SignalKind.PRANSWER):
            self._answer(signal, signal.sender, signal.receiver)
        elif kind is SignalKind.OFFER_LOOPBACK:
            call = self._current_or_new(signal, signal.receiver, signal.sender)
            call.loopback, call.pending_from = True, None
            call.signals.append(signal)
        elif kind is SignalKind.CANDIDATE:
            call = self._current_or_new(signal, signal.sender, signal.receiver)
            call.candidates.append(signal)
            call.signals.append(signal)
        elif kind in (SignalKind.END_OF_CANDIDATES, SignalKind.ICE_RESTART):
            self._current_or_new(signal, signal.sender, signal.receiver).signals.append(signal)
        elif kind is SignalKind.BYE:
            self._bye(signal, signal.sender, signal.receiver)

    def _begin(self, signal: Signal, caller: PeerId, callee: PeerId, *, inferred: bool) -> _Open:
        key = _key_of(signal)
        before = self._current.get(key)
        if before is not None and before.bye is None and not self._is_left(before, signal):
            before.superseded = True
        call = _Open(signal, caller, callee, inferred)
        self._current[key] = call
        self.calls.append(call)
        return call

    def _current_or_new(self, signal: Signal, caller: PeerId, callee: PeerId) -> _Open:
        call = self._current.get(_key_of(signal))
        return call or self._begin(signal, caller, callee, inferred=True)

    def _offer(self, signal: Signal, sender: PeerId, receiver: PeerId) -> None:
        call = self._current.get(_key_of(signal))
        if call is not None and self._is_left(call, signal):
            call = None
        counters = call is not None and _counters(call, signal)
        if call is None or call.bye is not None or (_refused(call) and not counters) or self._is_new(call, signal):
            call = self._begin(signal, sender, receiver, inferred=False)
        elif call.pending_from == receiver and not call.answers and not counters:
            call.glare = True
        elif counters or (call.inferred and not call.offers):
            call.caller, call.callee = sender, receiver  # nothing told better who calls; or this offer stands
        call.offers.append(signal)
        call.signals.append(signal)
        call.pending_from = sender

    def _is_new(self, call: _Open, offer: Signal) -> bool:
        """Tell whether an offer begins another call; not one that a server refuses: it goes on with what it has."""
        tried = offer.fate is Fate.REFUSED and offer.receiver in self._servers and bool(call.answers)
        return not tried and _describes_anew(call, offer)

    def _answer(self, signal: Signal, sender: PeerId, receiver: PeerId) -> None:
        call = self._current.get(_key_of(signal))
        if call is None or (call.pending_from != receiver and self._is_over(call, signal)):
            call = self._begin(signal, receiver, sender, inferred=True)
        elif call.inferred and not call.offers and not call.answers:
            call.caller, call.callee = receiver, sender
        call.answers.append(signal)
        call.signals.append(signal)
        call.pending_from = None

    def _is_over(self, call: _Open, signal: Signal) -> bool:
        return call.bye is not None or self._is_left(call, signal)

    def _is_left(self, call: _Open, signal: Signal) -> bool:
        """Tell whether a side has left a call, and come again before a signal."""
        own = (self._departures.get(key) for key in (call.caller, call.callee))
        return any(one is not None and one.came_again(call.first.began_ns, signal.began_ns) for one in own)

    def _bye(self, signal: Signal, sender: PeerId, receiver: PeerId) -> None:
        known = _key_of(signal) in self._current
        if not known and {sender, receiver} <= self._seen_joining:
            return
        call = self._current_or_new(signal, sender, receiver)
        call.signals.append(signal)
        if call.bye is None:
            call.bye = signal


def _refused(call: _Open) -> bool:
    return bool(call.offers) and all(offer.fate is Fate.REFUSED for offer in call.offers) and not call.answers


def _counters(call: _Open, offer: Signal) -> bool:
    """Tell whether an offer is what its sender would take instead of the one that it refuses in the same answer."""
    last = call.offers[-1] if call.offers else None
    return (
        last is not None
        and last.fate is Fate.REFUSED
        and last.sender != offer.sender
        and last.sent_exchange is not None
        and last.sent_exchange == offer.sent_exchange
    )


def _describes_anew(call: _Open, offer: Signal) -> bool:
    """Tell whether an offer is of another session than what its sender described in this call before."""
    session = _session_id(offer)
    if session is None:
        return False
    own = (_session_id(signal) for signal in reversed(call.signals) if signal.sender == offer.sender)
    return next(filter(None, own), session) != session


def _session_id(signal: Signal) -> str | None:
    description = signal.content.description
    return description.origin.session_id if description and description.origin else None


def _first_offer(call: _Open) -> Signal | None:
    """Return the caller's offer that began a call; when an answer stands before it, that is a re-offer."""
    first = next((offer for offer in call.offers if offer.sender == call.caller), None)
    if first is None or (call.answers and call.answers[0].began_ns < first.began_ns):
        return None
    return first


def _close(number: int, session: int, call: _Open, stays: _Stays, quit_ns: int | None) -> Call:
    first = call.first
    offer = _first_offer(call)
    candidates_ns = [signal.began_ns for signal in call.candidates]
    whole = Call(
        number=number,
        protocol=first.protocol,
        session=session,
        server=first.server,
        caller=call.caller,
        callee=call.callee,
        began_ns=first.began_ns,
        offered_ns=offer.began_ns if offer else None,
        offer_delivered_ns=offer.delivered_ns if offer else None,
        answered_ns=call.answers[0].began_ns if call.answers else None,
        ended_ns=None,
        ended=CallEnd.CAPTURE_ENDED,
        signals=tuple(signal.number for signal in call.signals),
        offers=len(call.offers),
        answers=len(call.answers),
        caller_candidates=sum(signal.sender == call.caller for signal in call.candidates),
        callee_candidates=sum(signal.sender == call.callee for signal in call.candidates),
        first_candidate_ns=min(candidates_ns, default=None),
        last_candidate_ns=max(candidates_ns, default=None),
        glare=call.glare,
        loopback=call.loopback,
        inferred=call.inferred and offer is None,
        dialog=first.dialog,
    )
    return _with_end(whole, call, stays, quit_ns)


def _with_end(whole: Call, call: _Open, stays: _Stays, quit_ns: int | None) -> Call:
    """Say how a call ended: by BYE, else by the first side that left, else by the server's end, else not at all."""
    if call.bye is not None:
        return replace(whole, ended=CallEnd.BYE, ended_ns=call.bye.began_ns, ended_by=call.bye.sender)
    if _refused(call):
        return replace(whole, ended=CallEnd.REFUSED, ended_ns=call.offers[-1].sent_ns)
    if call.superseded:
        return replace(whole, ended=CallEnd.SUPERSEDED, ended_ns=None)
    own = [stays[key] for key in (call.caller, call.callee) if key in stays]
    left = [peer for departures in own if (peer := departures.leaving(whole.began_ns)) is not None]
    if left:
        gone = min(left, key=lambda peer: peer.left_ns or 0)
        ended = _ENDS.get(gone.left, CallEnd.VANISHED) if gone.left is not None else CallEnd.VANISHED
        return replace(whole, ended=ended, ended_ns=max(gone.left_ns or 0, whole.began_ns), ended_by=gone.id)
    if quit_ns is not None and quit_ns >= whole.began_ns:
        return replace(whole, ended=CallEnd.SERVER_QUIT, ended_ns=quit_ns)
    return whole


_ENDS = {Departure.SIGNED_OUT: CallEnd.SIGNED_OUT, Departure.DROPPED: CallEnd.DROPPED}
