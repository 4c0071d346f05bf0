"""Steps of acts: who opened, joined, left and closed, what the server told of it, and what else was said."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sigtrace.calls.acts import ActKind
from sigtrace.views.abridged import abridged
from sigtrace.views.halves import Half, first_packet_of
from sigtrace.views.ladder_rows import Stroke, Tone
from sigtrace.views.people import SERVER, name_room
from sigtrace.views.quantities import count, format_duration
from sigtrace.views.step import Meaning, Step, answer_step, request_step
from sigtrace.views.wording import TEXT_SHOWN, Words, shortened

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sigtrace.calls.acts import Act
    from sigtrace.signaling.events import PeerId
    from sigtrace.views.scene import Scene

_TOLD = frozenset({ActKind.TOLD_JOINED, ActKind.TOLD_LEFT})
_TONES = {
    ActKind.REMARK: Tone.HOUSEKEEPING,
    ActKind.UNKNOWN: Tone.HOUSEKEEPING,
    ActKind.OPENED: Tone.HOUSEKEEPING,
    ActKind.JOIN_REFUSED: Tone.FAILURE,
}


def tell_acts(scene: Scene, half: Half) -> Iterator[Step]:
    """Tell what one way of the wire says beside messages between peers."""
    acts = scene.acts_in(half)
    joined = any(act.kind is ActKind.JOINED for act in acts)
    remarks: dict[str | None, list[Act]] = {}
    for act in acts:
        if act.kind is ActKind.REMARK:
            remarks.setdefault(act.name, []).append(act)
    for act in acts:
        if act.kind is ActKind.OPENED or (joined and act.kind is ActKind.IDENTIFIED):
            continue  # told as the start of a channel; being let in tells the id as well
        if act.kind in _TOLD and scene.fold:
            yield from _tell_many(scene, half, act)
        elif act.kind is ActKind.REMARK and scene.fold and len(remarks[act.name]) > 1:
            if remarks[act.name][0] is act:
                yield _tell_together(scene, half, remarks[act.name])
        else:
            yield _step(scene, half, act)


def _step(scene: Scene, half: Half, act: Act) -> Step:
    meaning = Meaning(_TONES.get(act.kind, Tone.PRESENCE))
    words = describe_act(scene, act)
    make = request_step if act.from_client else answer_step
    return make(half, act.peer, words, meaning)


def _tell_together(scene: Scene, half: Half, acts: list[Act]) -> Step:
    """Tell remarks of one name in one row: an answer that names three ICE servers says one thing."""
    step = _step(scene, half, acts[0])
    step.folded = len(acts)
    told = [shortened(act.text) for act in acts if act.text]
    more = (f"and {len(told) - 1} more",) if len(told) > 1 else ()
    step.words = Words(step.words.label, (*told[:1], *more))
    return step


def _tell_many(scene: Scene, half: Half, act: Act) -> Iterator[Step]:
    """Tell once what the server tells everyone: a newcomer to a room of eight is no eight events."""
    told = scene.told_with(act)
    if told[0] is not act:
        return
    step = _step(scene, half, act)
    if len(told) > 1:
        span_ns = told[-1].at_ns - act.at_ns
        within = f" within {format_duration(span_ns)}" if span_ns else ""
        step.notes = (*step.notes, f"told {count(len(told), 'peer')}{within}")
    yield step


def describe_act(scene: Scene, act: Act, limit: int = TEXT_SHOWN) -> Words:
    """Say what was done: `join kitchen`, `you are 6f1c0a2e, 2 others here`, `bob joined`; of a text, a limited part."""
    room = () if act.room is None else (name_room(act.room),)
    about = scene.short(act.about)
    if act.kind is ActKind.JOINED:
        label = f"you are {about}" if act.about is not None else "joined"
        return Words(label, (*room, *_company(act)))
    words = {
        ActKind.IDENTIFIED: Words(f"I am {about}" if act.from_client else f"you are {about}"),
        ActKind.JOIN_ASKED: Words(" ".join(["join", *room])),
        ActKind.LEAVE_ASKED: Words(" ".join(["leave", *room])),
        ActKind.JOIN_REFUSED: Words("not let in", (*room, shortened(act.text, limit)) if act.text else room),
        ActKind.TOLD_JOINED: Words(f"{about} joined"),
        ActKind.TOLD_LEFT: Words(f"{about} left"),
    }
    if act.kind in words:
        return words[act.kind]
    name = abridged(act.name or act.kind.value)
    return Words(name, (shortened(act.text, limit),) if act.text else ())


def _company(act: Act) -> tuple[str, ...]:
    if act.others is None:
        return ()
    return (f"{count(act.others, 'other')} here" if act.others else "alone",)


def tell_channels(scene: Scene) -> Iterator[Step]:
    """Tell how the channels of a session began and ended; a WebSocket opens once for all that goes by it."""
    told: set[tuple[int, PeerId]] = set()
    for act in scene.acts:
        if act.kind is ActKind.OPENED and act.number is not None:
            if (act.number, act.peer) in told:
                continue
            told.add((act.number, act.peer))
            exchange = scene.trace.exchange(act.number)
            at_ns = act.at_ns if exchange is None else exchange.at_ns
            packet = first_packet_of(scene.trace, act.number) or 0
            half = Half(act.number, at_ns, packet, from_client=True)
            yield request_step(half, act.peer, Words("opens WebSocket"), Meaning(Tone.HOUSEKEEPING))
        elif act.kind is ActKind.CLOSED:
            yield _closed(act)


def _closed(act: Act) -> Step:
    """Tell the end of a channel: said with a code, or just the end of its connection."""
    said = act.name not in ("lost", "connection closed")
    code = (act.name,) if act.name is not None and act.name.isdecimal() else ()
    label = " ".join(["closes", *code]) if said else act.name or "closes"
    return Step(
        at_ns=act.at_ns,
        packet=act.packet,
        source=act.peer if act.from_client else SERVER,
        target=SERVER if act.from_client else act.peer,
        words=Words(label, (shortened(act.text),) if act.text else ()),
        meaning=Meaning(Tone.PRESENCE if said else Tone.FAILURE),
        stroke=Stroke.BROKEN,
    )
