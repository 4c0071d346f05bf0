"""What flows hold of messages that are not finished, within one bound over all flows.

A single flow cannot hold much: a head, a body up to what is kept, some requests without an answer. A hundred thousand
flows can, each a little, or each as much as it may. Measuring all of them takes time, so it is done only when they may
have grown by as much as was left: then large bodies go first, which are measured and hashed on and lose nothing else;
when that is not enough, the flows go that were idle for longest.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sigtrace.notices import Notice, Severity
from sigtrace.streams.flow import CHUNK_COST, Chunk

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from sigtrace.application.flow_decoder import FlowDecoder
    from sigtrace.streams.flow import StreamItem

MAX_UNFINISHED: Final = 64 << 20
"""Bytes held of unfinished messages over all flows: a thousand uploads of 64 KiB at a time, and all waits."""

SHED_ABOVE: Final = 16 << 10
"""Bodies longer than this are let go first: signaling is shorter, and comes in one go."""

BODIES_SHED: Final = "http.bodies-shed"
FLOWS_LET_GO: Final = "http.flows-let-go"


class Unfinished:
    """Watches how much all decoders may hold."""

    def __init__(self) -> None:
        self._grown = 0  # bytes, at most, since all was measured
        self._room = MAX_UNFINISHED
        self._said: set[str] = set()

    def grow(self, item: StreamItem, begun: int) -> None:
        """Count what an item may have added: its bytes, and the messages that began in it."""
        if type(item) is Chunk:
            self._grown += len(item.data) + CHUNK_COST + begun

    def grow_within(self, length: int, chunks: int) -> None:
        """Count what the bytes of many chunks may have added, that lie within a body, or are all that is said."""
        self._grown += length + CHUNK_COST * chunks

    @property
    def is_due(self) -> bool:
        """True when all must be measured, since they may hold more than the bound."""
        return self._grown > self._room

    def bound(
        self,
        decoders: Mapping[int, FlowDecoder | None],
        idlest: Callable[[Iterable[int]], list[int]],
        let_go: Callable[[int], None],
    ) -> list[Notice]:
        """Bring everything below the bound; return what there is to say.

        Args:
            decoders: by flow.
            idlest: orders flows, those idle for longest first.
            let_go: ends a flow.
        """
        notices: list[Notice] = []
        held = _measure(decoders)
        if sum(held.values()) > MAX_UNFINISHED:
            for decoder in decoders.values():
                if decoder is not None:
                    decoder.shed(SHED_ABOVE)
            text = f"more than {MAX_UNFINISHED >> 20} MiB of unfinished messages: bodies above {SHED_ABOVE} bytes were"
            notices += self._say(BODIES_SHED, f"{text} measured and hashed, not kept")
            held = _measure(decoders)
        total = sum(held.values())
        if total > MAX_UNFINISHED:
            for number in idlest(held):
                let_go(number)
                total -= held[number]
                if total <= MAX_UNFINISHED // 2:
                    break
            text = f"more than {MAX_UNFINISHED >> 20} MiB of unfinished messages: flows idle for longest were let go"
            notices += self._say(FLOWS_LET_GO, text)
        self._grown = 0
        self._room = max(MAX_UNFINISHED - total, MAX_UNFINISHED // 4)
        return notices

    def _say(self, code: str, text: str) -> list[Notice]:
        if code in self._said:
            return []
        self._said.add(code)
        return [Notice(code=code, severity=Severity.WARNING, text=text)]


def _measure(decoders: Mapping[int, FlowDecoder | None]) -> dict[int, int]:
    """Return what each flow holds, of those that hold anything."""
    return {
        number: memory for number, decoder in decoders.items() if decoder is not None and (memory := decoder.memory)
    }
