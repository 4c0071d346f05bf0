"""The two ends of a wait: asked, and answered, closed, replaced or reset."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sigtrace.calls.waits import Release
from sigtrace.signaling.functions import WireEvent
from sigtrace.views.act_steps import tell_acts
from sigtrace.views.halves import half_of_request, half_of_response
from sigtrace.views.ladder_rows import Stroke, Tone
from sigtrace.views.message_steps import tell_deliveries
from sigtrace.views.people import SERVER
from sigtrace.views.step import Meaning, Step, answer_step, refusal_step, request_step
from sigtrace.views.wording import Words, describe_hang

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sigtrace.application.http.message import Exchange, Response
    from sigtrace.calls.waits import Wait
    from sigtrace.views.people import Party
    from sigtrace.views.scene import Scene

LONG_WAIT_NS = 500_000_000
"""A wait that is answered sooner has no row of its own for its asking: the lifeline shows it, the answer follows."""


def tell_wait(scene: Scene, exchange: Exchange, wait: Wait) -> Iterator[Step]:
    """Tell a wait."""
    author = wait.peer if wait.peer is not None else scene.people.author(exchange, scene.session)
    if exchange.request is not None:
        meaning = Meaning(Tone.HOUSEKEEPING, WireEvent.WAIT)
        step = request_step(half_of_request(exchange, exchange.request, hangs=True), author, Words("wait"), meaning)
        step.at_ns = wait.asked_ns if wait.asked_ns is not None else step.at_ns
        short = (wait.hang_ns or 0) < LONG_WAIT_NS and wait.released_by is not Release.REFUSED
        step.minor = short and not step.problems
        yield step
    if exchange.response is not None and wait.answered_ns is not None:
        yield from _tell_answer(scene, exchange, exchange.response, wait, author)
    else:
        yield from _tell_end(exchange, wait, author)


def _tell_answer(scene: Scene, exchange: Exchange, response: Response, wait: Wait, author: Party) -> Iterator[Step]:
    half = half_of_response(exchange, response)
    told = [*tell_deliveries(scene, half, wait), *tell_acts(scene, half)]
    if told:
        yield from told
        return
    if wait.signal is not None:  # a message of a party that was not selected, or told with the run it is of
        return
    if wait.released_by is Release.REFUSED:
        yield refusal_step(exchange, response, author)
        return
    label, meaning = _describe_release(scene, wait)
    step = answer_step(half, author, Words(label, describe_hang(wait)), meaning)
    step.stroke = Stroke.RELEASE
    step.minor = wait.released_by in _MINOR and not step.problems
    yield step


_MINOR = frozenset({Release.HEARTBEAT, Release.UPGRADED, Release.NOTHING})
"""What says nothing is not worth a row by itself."""


def _describe_release(scene: Scene, wait: Wait) -> tuple[str, Meaning]:
    name = scene.short(wait.by_peer)
    presence, housekeeping = Tone.PRESENCE, Tone.HOUSEKEEPING
    told: dict[Release | None, tuple[str, Meaning]] = {
        Release.PEER_JOINED: (f"{name} joined", Meaning(presence, WireEvent.PEER_JOINED)),
        Release.PEER_LEFT: (f"{name} left", Meaning(presence, WireEvent.PEER_LEFT)),
        Release.SERVER_QUIT: ("server shuts down", Meaning(presence, WireEvent.QUIT)),
        Release.MESSAGE: ("message of the server", Meaning(housekeeping)),
        Release.HEARTBEAT: ("heartbeat", Meaning(housekeeping)),
        Release.UPGRADED: ("nothing, the WebSocket takes over", Meaning(housekeeping)),
        Release.NOTHING: ("nothing there", Meaning(housekeeping)),
        Release.SERVER_CLOSED: ("server closes", Meaning(presence)),
        Release.CLIENT_CLOSED: ("nothing, closed by the client", Meaning(housekeeping)),
    }
    unreadable = Meaning(Tone.FAILURE, WireEvent.MESSAGE_DELIVERED)
    return told.get(wait.released_by, ("an answer we cannot read", unreadable))


def _tell_end(exchange: Exchange, wait: Wait, author: Party) -> Iterator[Step]:
    """Tell how a wait ended that was never answered; one that was open when the capture ended has no end to tell."""
    ends: dict[Release | None, tuple[Party, Party | None, str, Meaning]] = {
        Release.CLIENT_CLOSED: (author, SERVER, "closes wait", Meaning(Tone.HOUSEKEEPING, WireEvent.WAIT_CLOSED)),
        Release.SERVER_CLOSED: (SERVER, author, "closes wait, no answer", Meaning(Tone.FAILURE)),
        Release.RESET: (author, SERVER, "wait reset", Meaning(Tone.FAILURE)),
        Release.REPLACED: (
            author,
            None,
            f"wait {exchange.number} is replaced, never answered",
            Meaning(Tone.FAILURE),
        ),
    }
    if wait.released_by not in ends:
        return
    source, target, label, meaning = ends[wait.released_by]
    yield Step(
        at_ns=wait.ended_ns,
        source=source,
        target=target,
        words=Words(label, describe_hang(wait)),
        meaning=meaning,
        stroke=Stroke.BROKEN,
        number=exchange.number,
    )
