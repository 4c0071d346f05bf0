"""What a signal is called and what is worth saying of it beside its name."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, NamedTuple

from sigtrace.calls.signals import Fate
from sigtrace.signaling.content import DESCRIPTION_KINDS, SignalKind
from sigtrace.views.abridged import abridged
from sigtrace.views.masking import mask_text
from sigtrace.views.quantities import count, format_bytes, format_duration

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sigtrace.calls.signals import Signal
    from sigtrace.calls.waits import Wait
    from sigtrace.sdp.candidate import Candidate
    from sigtrace.signaling.content import Content

TEXT_SHOWN = 32
"""Characters of a text message on its arrow; all of it is in `show`."""


_TEXT_READ = 4096
"""Characters that are looked at for it: secrets are masked before a text is shortened."""


class Words(NamedTuple):
    """A name, and what may be left away where there is no room for it, most telling first."""

    label: str
    details: tuple[str, ...] = ()


_NAMES = {
    SignalKind.BYE: "BYE",
    SignalKind.ICE_RESTART: "ICE restart",
    SignalKind.OFFER_LOOPBACK: "offer-loopback",
    SignalKind.JSON: "JSON",
    SignalKind.TEXT: "text",
    SignalKind.UNREADABLE: "message, unreadable",
    SignalKind.END_OF_CANDIDATES: "end of candidates",
    SignalKind.ICE_RESTART: "ICE restart",
}


def name_kind(kind: SignalKind) -> str:
    """Name a kind of signal as people say it."""
    return _NAMES.get(kind, kind.value)


def name_content(content: Content) -> str:
    """Name what a message is: as its application calls it where it is of its own, else by its kind."""
    own = content.kind in (SignalKind.TEXT, SignalKind.JSON)
    return abridged(content.label) if own and content.label else name_kind(content.kind)


def describe_signal(signal: Signal) -> Words:
    """Name one signal: `offer`, with what it weighs and holds."""
    content = signal.content
    if content.kind in DESCRIPTION_KINDS:
        return Words(name_kind(content.kind), _describe_description(content))
    if content.kind is SignalKind.CANDIDATE:
        return describe_candidates([signal])
    if content.length == 0 and content.kind is not SignalKind.BYE:  # a DELETE has no body
        return Words("empty message")
    length = (format_bytes(content.length),) if content.length else ()
    if content.kind in (SignalKind.TEXT, SignalKind.JSON):
        name = name_content(content)
        return Words(name, (shortened(mask_text(content.text[:_TEXT_READ])), *length) if content.text else length)
    return Words(name_kind(content.kind), () if content.kind is SignalKind.BYE else length)


def shortened(text: str, limit: int = TEXT_SHOWN) -> str:
    """Return one line of a text, cut where it is long."""
    line = " ".join(text[: limit * 2].split())
    return line if len(line) <= limit else f"{line[: limit - 1]}…"


def _describe_description(content: Content) -> tuple[str, ...]:
    length = (format_bytes(content.length),) if content.length else ()
    if content.description is None:
        return (*length, content.problem) if content.problem else length
    media = content.description.media
    kinds = abridged(" ".join(section.kind for section in media))
    return (*length, kinds if 0 < len(media) <= 2 else f"{len(media)} media")


def describe_candidates(signals: Sequence[Signal]) -> Words:
    """Name one candidate, or a run of them one way: `candidate host srflx`."""
    kinds: Counter[str] = Counter()
    transports: dict[str, None] = {}
    for signal in signals:
        candidate = signal.content.candidate
        kinds[abridged(candidate.kind) if candidate else "unreadable"] += 1
        if candidate:
            transports[abridged(candidate.transport)] = None
    label = " ".join(["candidate", *kinds]) if len(signals) == 1 else "candidate"
    if len(signals) == 1:
        candidate = signals[0].content.candidate
        return Words(label, (abridged(f"{candidate.transport} {_address(candidate)}"),) if candidate else ())
    more = (" ".join(transports),) if set(transports) - {"udp"} else ()
    return Words(label, (" ".join(kinds), *more))


def _address(candidate: Candidate) -> str:
    """Return an address; of a name that hides one, a UUID (draft-ietf-mmusic-mdns-ice-candidates), its beginning."""
    hidden = candidate.address.removesuffix(".local")
    return f"{hidden[:8]}….local" if hidden != candidate.address and len(hidden) == 36 else candidate.address


_FATES = {
    Fate.UNDELIVERED: "never delivered",
    Fate.REFUSED: "refused by the server",
    Fate.UNSENT: "its sending was not captured",
    Fate.UNSEEN: "its delivery was not captured",
}


def describe_fate(signals: Sequence[Signal]) -> tuple[str, ...]:
    """Say what went wrong with a signal, or with how many of a run; nothing when nothing did."""
    numbers = Counter(signal.fate for signal in signals)
    return tuple(
        words if len(signals) == numbers[fate] else f"{numbers[fate]} of {len(signals)} {words}"
        for fate, words in _FATES.items()
        if numbers[fate]
    )


_HANG_NS = 10_000_000
"""A wait is said to have hung from here on; below, it was just being asked."""


def describe_hang(wait: Wait) -> tuple[str, ...]:
    """Say how long a wait hung, where that is worth saying."""
    hang_ns = wait.hang_ns
    return (f"hung {format_duration(hang_ns)}",) if hang_ns is not None and hang_ns >= _HANG_NS else ()


def describe_candidates_count(caller: int, callee: int) -> str:
    """Write how many candidates each side signaled: `2 + 2 candidates`, `no candidates`."""
    if not caller and not callee:
        return "no candidates"
    return f"{caller} + {callee} candidates" if caller and callee else count(caller + callee, "candidate")


def place_of(packet: int | None, offset: int | None) -> str:
    """Say where a notice is about, to stand behind its text: ` (packet 46, byte 12)`; nothing where nobody knows."""
    parts = [] if packet is None else [f"packet {packet}"]
    parts += [] if offset is None else [f"byte {offset:,}"]
    return f" ({', '.join(parts)})" if parts else ""
