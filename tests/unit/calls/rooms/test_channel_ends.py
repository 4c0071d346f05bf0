"""Who closed a WebSocket, where of one side nothing was captured."""

from __future__ import annotations

import pytest

from sigtrace.application.span import Span
from sigtrace.application.websocket.message import ControlFrame, Opcode
from sigtrace.calls.rooms.channels import find_channels
from sigtrace.streams.flow import Closer, Counts, Flow
from tests.builders.exchanges import ns
from tests.builders.sockets import Sockets


@pytest.mark.parametrize("framed", [False, True])
@pytest.mark.parametrize(
    ("by_client", "of_client", "of_server", "closer"),
    [(False, 3, 3, False), (True, 3, 3, True), (False, 0, 3, None), (True, 3, 0, None), (True, 0, 3, True)],
)
def test_a_close_of_the_only_side_that_was_captured_tells_nothing(
    *, framed: bool, by_client: bool, of_client: int, of_server: int, closer: bool | None
) -> None:
    """A close, by frame or by the end of its stream, may be the answer to one that was not captured."""
    sockets = Sockets()
    sockets.open(1, 0.0)
    flow = Flow(
        number=1,
        originator=sockets.client(1),
        responder=sockets.server,
        handshake_seen=True,
        opened_ns=0,
        first_packet=1,
        last_ns=ns(9.0),
        closed_ns=ns(9.0),
        closed_by=Closer.ORIGINATOR if by_client else Closer.RESPONDER,
        connect_ns=None,
        from_originator=Counts(packets=of_client),
        from_responder=Counts(packets=of_server),
    )
    close = ControlFrame(
        flow=1,
        client=sockets.client(1),
        server=sockets.server,
        from_client=by_client,
        opcode=Opcode.CLOSE,
        span=Span(ns(8.0), ns(8.0), 90, 90),
        data=b"",
        code=1000,
    )
    (channel,) = find_channels(sockets.exchanges, [], [close] if framed else [], {1: flow}).values()
    assert channel.closed_by_client is closer
    assert channel.said is framed


@pytest.mark.parametrize(
    ("of_client", "of_server", "in_part"),
    [
        (Counts(packets=3), Counts(packets=3), (False, False)),
        (Counts(packets=3), Counts(), (True, False)),
        (Counts(), Counts(packets=3), (False, True)),
        (Counts(packets=3, gap_bytes=1), Counts(packets=3, gap_bytes=1), (True, True)),
    ],
)
def test_a_direction_with_a_hole_or_without_packets_is_there_in_part(
    of_client: Counts, of_server: Counts, in_part: tuple[bool, bool]
) -> None:
    """What the server sent is incomplete, and what the client sent unheard, where bytes or all of it are missing."""
    sockets = Sockets()
    sockets.open(1, 0.0)
    flow = Flow(
        number=1,
        originator=sockets.client(1),
        responder=sockets.server,
        handshake_seen=True,
        opened_ns=0,
        first_packet=1,
        last_ns=ns(9.0),
        closed_ns=None,
        closed_by=None,
        connect_ns=None,
        from_originator=of_client,
        from_responder=of_server,
    )
    (channel,) = find_channels(sockets.exchanges, [], [], {1: flow}).values()
    assert (channel.incomplete, channel.unheard, channel.heard_ns) == (*in_part, ns(9.0))
