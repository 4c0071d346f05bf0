"""Bodies that trickle candidates or restart ICE → what each says (RFC 8840, RFC 9725 §4.3)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sigtrace.errors import DecodeError
from sigtrace.notices import Notice, Severity
from sigtrace.sdp.fragment import decode_fragment
from sigtrace.signaling.content import Content, SignalKind
from sigtrace.signaling.relayed_content import candidate_content, message_content, payload_of_body

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sigtrace.application.http.message import Body

MALFORMED_FRAGMENT = "signaling.malformed-fragment"

FRAGMENT_TYPE: Final = b"application/trickle-ice-sdpfrag"


def read_fragment(body: Body, packet: int, *, restarts: bool) -> Iterator[Content | Notice]:
    """Yield what a fragment says: new credentials where it restarts ICE, each candidate, and that there are no more.

    Args:
        body: of type `FRAGMENT_TYPE`.
        packet: for notices of what cannot be read.
        restarts: whether credentials in it are new ones; the fragment itself does not tell.
    """
    payload = payload_of_body(body)
    if not body.length:
        return
    if not payload.text:
        yield message_content(SignalKind.UNREADABLE, payload)
        return
    try:
        fragment = decode_fragment(payload.text)
    except DecodeError as error:
        yield _malformed(str(error), packet)
        yield message_content(SignalKind.UNREADABLE, payload)
        return
    if fragment.malformed and body.complete:  # else what is missing has a notice already
        first, *others = fragment.malformed
        more = f", and {len(others)} more" if others else ""
        yield _malformed(f"line {first.number}: {first.reason}{more}", packet)
    if restarts and fragment.ufrag is not None and fragment.pwd is not None:
        yield message_content(SignalKind.ICE_RESTART, payload, label=fragment.ufrag)
    for one in fragment.trickled:
        yield candidate_content(one.text, payload, mid=one.mid, mline=one.mline)


def _malformed(reason: str, packet: int) -> Notice:
    text = f"a fragment of SDP: {reason}; what else it holds was read"
    return Notice(code=MALFORMED_FRAGMENT, severity=Severity.WARNING, text=text, packet=packet)
