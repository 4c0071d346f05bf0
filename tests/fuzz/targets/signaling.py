"""What one exchange or message says, and what all of them together tell: references hold, and text can be written.

An exchange is bytes: who, which request, when and how long, an answer's status and Pragma, and the two bodies.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sigtrace.application.http.message import Exchange, ExchangeEnd
from sigtrace.calls.history import History, write_history
from sigtrace.calls.surroundings import Surroundings
from sigtrace.notices import Notice
from sigtrace.signaling.content import DESCRIPTION_KINDS, SignalKind, decode_content
from sigtrace.signaling.peerconnection import PeerConnection
from sigtrace.value import replace
from tests.builders.exchanges import Wire, body_of, ns
from tests.fuzz.draw import Draw, encode_piece

if TYPE_CHECKING:
    from sigtrace.signaling.events import SignalingEvent

MOST_EXCHANGES = 60
CLIENTS: Final = ("10.77.0.11", "10.77.0.12", "10.77.0.13")
TARGETS: Final = (
    "/sign_in?{}",
    "/wait?peer_id={}",
    "/message?peer_id={}&to={}",
    "/sign_out?peer_id={}",
    "/quit",
    "/{}",
)
_ENDS: Final = (None, None, *ExchangeEnd)


def try_json(data: bytes) -> None:
    """Decode a message body, whole and with a part missing."""
    for missing in (0, 7):
        content = decode_content(body_of(data, missing=missing))
        for text in (content.text, content.sdp, content.mid, content.problem):
            (text or "").encode()
        assert content.description is None or content.kind in DESCRIPTION_KINDS
        assert content.candidate is None or content.kind is SignalKind.CANDIDATE
        assert (content.sha256 is None) == bool(missing)


def try_exchange(data: bytes) -> None:
    """Decode one exchange whose target is any bytes."""
    draw = Draw(data)
    exchange = _read(draw, Wire(), 0.0)
    if exchange.request is not None:
        exchange = replace(exchange, request=replace(exchange.request, target=draw.piece() or b"/wait?peer_id=1"))
    protocol = PeerConnection()
    protocol.fit(exchange)
    protocol.kind(exchange)
    for event in protocol.decode(exchange):
        if isinstance(event, Notice):
            event.text.encode()


def try_history(data: bytes) -> None:
    """Write the history of some exchanges; all that it points at must be there."""
    draw, wire, protocol = Draw(data), Wire(), PeerConnection()
    at = 0.0
    for _ in range(MOST_EXCHANGES):
        if not draw.more:
            break
        at += draw.byte() / 50
        _read(draw, wire, at)
    events: list[SignalingEvent] = [
        event for one in wire.exchanges for event in protocol.decode(one) if not isinstance(event, Notice)
    ]
    closed_ns = {one.flow: one.ended_ns for one in wire.exchanges if one.ended_ns is not None}
    around = Surroundings(closed_ns=closed_ns, last_ns=ns(at + 1))
    check_history(write_history({"peerconnection": events} if events else {}, around))


def encode_exchange(
    client: int,
    target: int,
    *,
    peers: tuple[int, int] = (1, 2),
    after: int = 5,
    hung: int = 1,
    pragma: int = 1,
    body: bytes = b"",
    answer: bytes = b"",
) -> bytes:
    """Write an exchange as these targets read it; times in fiftieths of a second."""
    return bytes((after, client << 4 | target, *peers, hung, 0, pragma)) + encode_piece(body) + encode_piece(answer)


def _read(draw: Draw, wire: Wire, at: float) -> Exchange:
    who, first, second, hung, how, pragma = (draw.byte() for _ in range(6))
    body, answer = draw.piece(), draw.piece()
    target = TARGETS[(who & 15) % len(TARGETS)].format(first, second)
    end = _ENDS[how % len(_ENDS)]
    ended = at + hung / 50
    exchange = wire.add(
        CLIENTS[(who >> 4) % len(CLIENTS)],
        target,
        at,
        None if end is not None else ended,
        body=body,
        answer=(answer, pragma if pragma < 200 else None),
        status=(200, 200, 500, 404)[how >> 6],
        end=end,
        ended=ended if end is not None else None,
        response_whole=not how & 0x20,
        missing=how >> 4 & 1,
    )
    if how & 8 and exchange.response is not None:
        exchange = wire.exchanges[-1] = replace(exchange, request=None)
    return exchange


def check_history(history: History) -> None:
    """Check that what a history points at is there, numbered in order."""
    signals = {signal.number: signal for signal in history.signals}
    calls = {call.number: call for call in history.calls}
    sessions = {session.number for session in history.sessions}
    for numbered in (history.signals, history.calls, history.sessions):
        assert [one.number for one in numbered] == list(range(1, len(numbered) + 1))
    assert all(wait.signal is None or wait.signal in signals for wait in history.waits)
    assert all(wait.hang_ns is None or wait.hang_ns >= 0 for wait in history.waits)
    assert all(signal.call is None or signal.number in calls[signal.call].signals for signal in history.signals)
    assert all(number in signals for call in history.calls for number in call.signals)
    assert set(history.verdicts) == set(calls)
    assert all(one.session in sessions for one in (*history.peers, *history.waits, *history.signals, *history.calls))
