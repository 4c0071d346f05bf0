"""The functions behind the wire."""

from __future__ import annotations

import pytest

from sigtrace.signaling.functions import FUNCTIONS, WireEvent


@pytest.mark.parametrize("event", WireEvent)
def test_every_wire_event_names_its_functions(event: WireEvent) -> None:
    """Each event has someone who handles it, and a sender unless that is a browser."""
    functions = FUNCTIONS[event]
    assert functions.handler
    assert functions.sender or event in (WireEvent.BROWSER_REQUEST, WireEvent.QUIT)


def test_names_are_written_out() -> None:
    """No abbreviation of a class is left in the table."""
    names = [
        name for functions in FUNCTIONS.values() for side in (functions.sender, functions.handler) for name in side
    ]
    assert not any("PCC" in name for name in names)
