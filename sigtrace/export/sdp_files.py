"""Session descriptions as they were written, each for a file of its own."""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sigtrace.trace import Trace

_UNSAFE = re.compile(r"[^A-Za-z0-9_-]+")
_NAME_LENGTH = 40  # of a peer's name in a file name; systems allow 255 bytes for all of it


class SdpFile(NamedTuple):
    """A description and the name of a file for it."""

    name: str
    sdp: str


def sdp_files(trace: Trace) -> Iterator[SdpFile]:
    """Yield every description that was signaled: `call-1-offer-bob-1.sdp`, counted for each call, kind and peer.

    Names of peers come from strangers: only letters, digits, `_` and `-` of them are used. Names that some systems take
    for one, as they do not tell capital letters from small ones, are counted as one.
    """
    counts: Counter[str] = Counter()
    for signal in trace.signals:
        if signal.content.sdp is None:
            continue
        peer = trace.peer(signal.session, signal.sender)
        name = safe_name(peer.label.partition("@")[0] if peer else "", f"peer-{signal.sender}")
        call = "no-call" if signal.call is None else f"call-{signal.call}"
        stem = f"{call}-{signal.kind.value}-{name}"
        counts[stem.lower()] += 1
        yield SdpFile(f"{stem}-{counts[stem.lower()]}.sdp", signal.content.sdp)


def safe_name(text: str, fallback: str) -> str:
    """Return what is harmless of a text in a file name; the fallback where nothing is left."""
    return _UNSAFE.sub("_", text).strip("_-")[:_NAME_LENGTH] or _UNSAFE.sub("_", fallback)
