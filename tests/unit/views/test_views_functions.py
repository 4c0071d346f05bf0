"""The functions behind what a protocol sends, and how its clients behave, are what the protocol itself says."""

from __future__ import annotations

from pathlib import Path

from sigtrace import analyze, read
from sigtrace.signaling.functions import Functions, WireEvent
from sigtrace.signaling.peerconnection import PeerConnection
from sigtrace.views.call_lines import describe_call
from sigtrace.views.ladder import build_ladder
from sigtrace.views.ladder_rows import Arrow
from sigtrace.views.people import People

CAPTURE = Path(__file__).parents[3] / "captures" / "third-party" / "third-party.pcapng"


class _Relative(PeerConnection):
    """The same words, spoken by other programs."""

    name = "relative"
    functions = {WireEvent.SIGN_IN: Functions(("Client::hello",), ("Server::greet",))}  # noqa: RUF012 - as the base has it
    one_call_at_a_time = False


def test_functions_of_a_protocol_from_elsewhere() -> None:
    """A protocol that is not built in has its own functions beside its arrows, and no others."""
    trace = analyze(read(CAPTURE), protocols=(_Relative(),))
    (section,) = build_ladder(trace, code=True).sections
    arrows = [row for row in section.rows if isinstance(row, Arrow)]
    assert {(row.sent_by, row.handled_by) for row in arrows} == {((), ()), (("Client::hello",), ("Server::greet",))}


def test_whether_clients_hold_one_call_is_the_protocol_s_word() -> None:
    """Why an offer met no answer is explained by another call only where clients hold one at a time."""
    for protocol, busy in ((PeerConnection(), True), (_Relative(), False)):
        trace = analyze(read(CAPTURE), protocols=(protocol,))
        lines = repr([describe_call(trace, People(trace), call) for call in trace.calls])
        assert ("busy in call 1" in lines) is busy
