"""The WebSocket messages and control frames of a trace while it is read, within bounds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sigtrace.notices import Notice, Severity
from sigtrace.value import replace

if TYPE_CHECKING:
    from collections.abc import Callable

    from sigtrace.application.websocket.message import ControlFrame, Message

KEPT_MESSAGES: Final = 250_000
"""WebSocket messages kept in one trace: a week of 1000 calls a day, 35 messages each; the first ones stay."""

KEPT_PAYLOADS: Final = 128 << 20
"""Bytes of their payloads kept in one trace; above it they are measured and hashed only."""

KEPT_CONTROLS: Final = 100_000
"""Control frames kept in one trace: a ping and its pong every 25 s of a hundred clients for three hours."""

MESSAGES_DROPPED: Final = "trace.messages-dropped"
PAYLOADS_DROPPED: Final = "trace.payloads-dropped"
CONTROLS_DROPPED: Final = "trace.controls-dropped"


class MessageLog:
    """Collects messages and control frames in whatever order they end."""

    def __init__(self) -> None:
        self._messages: list[Message] = []
        self._controls: list[ControlFrame] = []
        self._payloads = 0  # bytes
        self._messages_dropped = self._payloads_dropped = self._controls_dropped = 0

    def add(self, message: Message) -> bool:
        """Keep a message as far as the bounds allow; tell whether it is kept."""
        if len(self._messages) >= KEPT_MESSAGES:
            self._messages_dropped += 1
            return False
        size = len(message.data or b"")
        if self._payloads + size > KEPT_PAYLOADS:
            self._payloads_dropped += 1
            message = replace(message, data=None)
        else:
            self._payloads += size
        self._messages.append(message)
        return True

    def add_control(self, control: ControlFrame) -> bool:
        """Keep a control frame as far as the bound allows; tell whether it is kept."""
        if len(self._controls) >= KEPT_CONTROLS:
            self._controls_dropped += 1
            return False
        self._controls.append(control)
        return True

    def so_far(self) -> tuple[list[Message], tuple[ControlFrame, ...]]:
        """Return messages and control frames in order of time."""
        messages = sorted(self._messages, key=lambda one: (one.at_ns, one.span.first_packet))
        controls = sorted(self._controls, key=lambda one: (one.span.start_ns, one.span.first_packet))
        return messages, tuple(controls)

    def forget(self, is_gone: Callable[[Message], bool], before_ns: int) -> None:
        """Keep some messages no longer, nor control frames from before a time: there is room for others."""
        self._messages = [one for one in self._messages if not is_gone(one)]
        self._payloads = sum(len(one.data or b"") for one in self._messages)
        self._controls = [one for one in self._controls if one.span.start_ns >= before_ns]

    def finished(self) -> tuple[list[Message], tuple[ControlFrame, ...]]:
        """Return messages and control frames in order of time, and keep none here."""
        found = self.so_far()
        self._messages, self._controls = [], []
        return found

    def notices(self) -> list[Notice]:
        """Return what there is to say about what was not kept."""
        said = {
            MESSAGES_DROPPED: (
                self._messages_dropped,
                f"WebSocket messages, beyond the first {KEPT_MESSAGES}, were left out",
            ),
            PAYLOADS_DROPPED: (
                self._payloads_dropped,
                f"WebSocket messages, beyond {KEPT_PAYLOADS >> 20} MiB, were measured but not kept",
            ),
            CONTROLS_DROPPED: (
                self._controls_dropped,
                f"pings, pongs and closes, beyond the first {KEPT_CONTROLS}, were left out",
            ),
        }
        return [
            Notice(code=code, severity=Severity.WARNING, text=f"{number} {text}")
            for code, (number, text) in said.items()
            if number
        ]
