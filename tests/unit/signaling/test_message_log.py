"""MessageLog: messages, payloads and control frames each within a bound, and what was left out is said once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sigtrace.application.span import Span
from sigtrace.application.websocket.message import ControlFrame, Opcode
from sigtrace.signaling import message_log
from tests.builders.exchanges import ns
from tests.builders.sockets import Sockets

if TYPE_CHECKING:
    import pytest


def _log_of(*payloads: str) -> message_log.MessageLog:
    sockets, log = Sockets(), message_log.MessageLog()
    for place, payload in enumerate(payloads):
        log.add(sockets.say(1, 9.0 - place, payload))
    return log


def _texts(log: message_log.MessageLog) -> list[str]:
    return [notice.text for notice in log.notices()]


def test_messages_come_out_in_order_of_time() -> None:
    """Messages end in any order; within the bounds there is nothing to say."""
    log = _log_of("late", "early")
    assert log.notices() == []
    messages, _ = log.finished()
    assert [message.data for message in messages] == [b"early", b"late"]


def test_the_first_messages_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    """Above the bound messages are left out and counted."""
    monkeypatch.setattr(message_log, "KEPT_MESSAGES", 2)
    log = _log_of("a", "b", "c", "d")
    assert _texts(log) == ["2 WebSocket messages, beyond the first 2, were left out"]
    assert [notice.code for notice in log.notices()] == [message_log.MESSAGES_DROPPED]
    assert [message.data for message in log.finished()[0]] == [b"b", b"a"]


def test_payloads_above_the_bound_are_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    """A payload for which there is no room is measured and hashed; a smaller one after it is kept."""
    monkeypatch.setattr(message_log, "KEPT_PAYLOADS", 4)
    log = _log_of("abc", "toolong", "d")
    assert [notice.code for notice in log.notices()] == [message_log.PAYLOADS_DROPPED]
    messages, _ = log.finished()
    assert [(message.data, message.length) for message in messages] == [(b"d", 1), (None, 7), (b"abc", 3)]
    assert all(message.sha256 for message in messages)


def test_the_first_control_frames_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    """Above their bound control frames are left out and counted, and the others come out in order of time."""
    monkeypatch.setattr(message_log, "KEPT_CONTROLS", 2)
    log, sockets = message_log.MessageLog(), Sockets()
    kept = [
        log.add_control(
            ControlFrame(
                flow=1,
                client=sockets.client(1),
                server=sockets.server,
                from_client=True,
                opcode=Opcode.PING,
                span=Span(ns(at), ns(at), 1, 1),
                data=b"",
            )
        )
        for at in (3, 2, 1)
    ]
    assert kept == [True, True, False]
    assert [notice.code for notice in log.notices()] == [message_log.CONTROLS_DROPPED]
    assert [control.span.start_ns for control in log.finished()[1]] == [ns(2), ns(3)]
