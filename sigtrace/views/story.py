"""One session's exchanges and messages → steps in order of time: who came, said what to whom, and left how."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sigtrace.application.websocket.message import Message
from sigtrace.calls.acts import ActKind
from sigtrace.calls.peers import Departure
from sigtrace.signaling.events import ExchangeKind
from sigtrace.signaling.functions import WireEvent
from sigtrace.text import decode_text
from sigtrace.views.abridged import PHRASE_LENGTH, abridged
from sigtrace.views.act_steps import tell_acts, tell_channels
from sigtrace.views.halves import half_of_message, half_of_request, half_of_response
from sigtrace.views.ladder_rows import Tone
from sigtrace.views.message_steps import tell_deliveries, tell_sendings
from sigtrace.views.people import Stranger
from sigtrace.views.quantities import count
from sigtrace.views.step import Meaning, Step, acknowledgement_step, answer_step, refusal_step, request_step
from sigtrace.views.wait_steps import tell_wait
from sigtrace.views.wording import Words

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from sigtrace.application.http.message import Exchange
    from sigtrace.calls.acts import Act
    from sigtrace.calls.peers import Peer
    from sigtrace.signaling.events import PeerId
    from sigtrace.views.halves import Half
    from sigtrace.views.people import Party
    from sigtrace.views.scene import Scene


class Story:
    """Tells a scene step by step, and remembers from when to when each party had a lifeline."""

    def __init__(self, scene: Scene) -> None:
        self._scene = scene
        self.came_ns: dict[Party, int] = {}  # when a sign-in was asked
        self.went_ns: dict[Party, int] = {}  # when a sign-out was answered, or a peer was last heard of
        self._closing = {act.peer for act in scene.acts if act.kind is ActKind.CLOSED}

    def steps(self, carriers: Iterable[Exchange | Message]) -> list[Step]:
        """Return the steps in order of time."""
        for act in self._scene.all_acts:
            self._note_stay(act)
        steps = list(tell_channels(self._scene))
        steps += [step for carrier in carriers for step in self.tell(carrier)]
        steps += [step for peer in self._scene.peers for step in self._tell_vanishing(peer)]
        if self._scene.all_acts:
            self._note_first_signs(steps)
        return sorted(steps, key=lambda step: (step.at_ns, step.packet or 0))

    def tell(self, carrier: Exchange | Message) -> Iterator[Step]:
        """Tell one exchange or message."""
        scene = self._scene
        if isinstance(carrier, Message):
            yield from self._tell_half(half_of_message(carrier))
        elif carrier.number in scene.wait_of:
            yield from tell_wait(scene, carrier, scene.wait_of[carrier.number])
        elif scene.concerns(carrier.number):
            yield from self._tell_bearing(carrier)
        else:
            yield from self._tell_by_role(carrier)

    def _tell_half(self, half: Half) -> Iterator[Step]:
        yield from tell_sendings(self._scene, half)
        yield from tell_deliveries(self._scene, half)
        yield from tell_acts(self._scene, half)

    def _tell_bearing(self, exchange: Exchange) -> Iterator[Step]:
        """Tell an exchange by what it bears; an answer that bears nothing is told as what it is."""
        response = exchange.response
        if exchange.request is not None:
            yield from self._tell_half(half_of_request(exchange, exchange.request))
        if response is None:
            return
        told = list(self._tell_half(half_of_response(exchange, response)))
        author = self._scene.people.author(exchange, self._scene.session)
        if told:
            yield from told
        elif response.status >= 400:
            yield refusal_step(exchange, response, author)
        else:
            yield acknowledgement_step(exchange, response, author, WireEvent.MESSAGE_ACCEPTED)

    def _tell_by_role(self, exchange: Exchange) -> Iterator[Step]:
        role = self._scene.trace.role(exchange.number)
        kind = role.kind if role else ExchangeKind.OTHER
        author = self._scene.people.author(exchange, self._scene.session)
        if kind is ExchangeKind.SIGN_IN:
            yield from self._tell_sign_in(exchange, author)
        elif kind is ExchangeKind.SIGN_OUT:
            yield from self._tell_sign_out(exchange, author)
        elif kind is not ExchangeKind.UPGRADE or (exchange.response and exchange.response.status >= 400):
            steps = _tell_other(exchange, author, kind)
            yield from map(_made_minor, steps) if role and role.is_carrier else steps

    def _note_first_signs(self, steps: Iterable[Step]) -> None:
        """Where channels are peers, one is there from the first that is told of it."""
        for step in steps:
            for party in (step.source, step.target):
                if party is not None and party in self.came_ns:
                    self.came_ns[party] = min(step.at_ns, self.came_ns[party])

    def _note_stay(self, act: Act) -> None:
        """A channel is its peer's lifeline: from its first sign to its last."""
        self.came_ns[act.peer] = min(act.at_ns or self._scene.trace.first_ns, self.came_ns.get(act.peer, act.at_ns))
        if act.kind is ActKind.CLOSED:
            self.went_ns[act.peer] = max(act.at_ns, self.went_ns.get(act.peer, 0))

    def _tell_sign_in(self, exchange: Exchange, author: PeerId | Stranger) -> Iterator[Step]:
        self.came_ns[author] = exchange.at_ns
        if exchange.request is not None:
            meaning = Meaning(Tone.PRESENCE, WireEvent.SIGN_IN)
            yield request_step(half_of_request(exchange, exchange.request), author, Words("sign in"), meaning)
        response = exchange.response
        if response is None:
            return
        if response.status >= 400:
            yield refusal_step(exchange, response, author)
            return
        if isinstance(author, Stranger):
            words = Words("signed in")
        else:
            words = Words(f"you are {author}", _describe_company(self._scene.trace.peer(self._scene.session, author)))
        half = half_of_response(exchange, response)
        yield answer_step(half, author, words, Meaning(Tone.PRESENCE, WireEvent.SIGNED_IN))

    def _tell_sign_out(self, exchange: Exchange, author: Party) -> Iterator[Step]:
        if exchange.request is not None:
            meaning = Meaning(Tone.PRESENCE, WireEvent.SIGN_OUT)
            yield request_step(half_of_request(exchange, exchange.request), author, Words("sign out"), meaning)
        response = exchange.response
        if response is None:
            return
        if response.status >= 400:
            yield refusal_step(exchange, response, author)
            return
        self.went_ns[author] = response.span.start_ns
        yield acknowledgement_step(exchange, response, author, WireEvent.SIGNED_OUT)

    def _tell_vanishing(self, peer: Peer) -> Iterator[Step]:
        if peer.left is not Departure.VANISHED or peer.left_ns is None or peer.id in self._closing:
            return  # of a channel, the end is told as such
        self.went_ns[peer.id] = peer.left_ns
        words = Words(f"{self._scene.short(peer.id)} is not heard of again")
        yield Step(at_ns=peer.left_ns, source=peer.id, target=None, words=words, meaning=Meaning(Tone.FAILURE))


def _tell_other(exchange: Exchange, author: Party, kind: ExchangeKind) -> Iterator[Step]:
    """Tell what else a signaling server was asked: to quit, by a browser for its options, for a page it has not."""
    quits = kind is ExchangeKind.QUIT
    event = WireEvent.QUIT if quits else WireEvent.BROWSER_REQUEST
    request, response = exchange.request, exchange.response
    if request is not None:
        words = Words("quit" if quits else f"{request.method} {abridged(decode_text(request.target), PHRASE_LENGTH)}")
        step = request_step(half_of_request(exchange, request), author, words, Meaning(Tone.HOUSEKEEPING, event))
        step.minor = kind in (ExchangeKind.OTHER, ExchangeKind.OPTIONS)
        yield step
    if response is not None and response.status >= 400 and kind is not ExchangeKind.OTHER:
        yield refusal_step(exchange, response, author)
    elif response is not None:
        yield acknowledgement_step(exchange, response, author, event)


def _made_minor(step: Step) -> Step:
    """A carrier of which nothing is told only opens a session or keeps it alive, unless something went wrong."""
    step.minor = step.meaning.tone is not Tone.FAILURE and not step.problems
    return step


def _describe_company(newcomer: Peer | None) -> tuple[str, ...]:
    if newcomer is None or newcomer.others is None:
        return ()
    return (f"{count(newcomer.others, 'other')} here" if newcomer.others else "alone",)
