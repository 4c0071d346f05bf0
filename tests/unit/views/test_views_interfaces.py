"""The table of interfaces: its words, and that a name from elsewhere cannot act on a terminal."""

from __future__ import annotations

import pytest

from sigtrace.render.terminal.interfaces import render_interfaces
from sigtrace.render.terminal.screen import Screen
from sigtrace.sources.live.interfaces import FoundInterface
from sigtrace.views.interfaces import list_interfaces


def found(name: str = "eth0", *addresses: str, up: bool = True, running: bool = True) -> FoundInterface:
    """Return an interface."""
    return FoundInterface(name=name, kind="Ethernet", addresses=addresses, up=up, running=running)


@pytest.mark.parametrize(
    ("up", "running", "state"), [(True, True, "running"), (True, False, "not connected"), (False, False, "down")]
)
def test_states(*, up: bool, running: bool, state: str) -> None:
    """An interface runs, is not connected, or is down."""
    table = list_interfaces([found(up=up, running=running)], allowed=True, advice="")
    assert table.rows[0].state == state
    assert table.rows[0].silent is not running


def test_advice_is_for_who_needs_it() -> None:
    """What to run is said only to who has no right; where there is nothing, that is said."""
    assert "sudo" not in list_interfaces([found()], allowed=True, advice="sudo").remark
    assert "sudo" in list_interfaces([found()], allowed=False, advice="sudo").remark
    assert render_interfaces(list_interfaces([], allowed=True, advice=""), Screen()) == "There are no interfaces.\n"


def test_addresses_stand_below_each_other() -> None:
    """Each address has a line of its own."""
    table = list_interfaces([found("eth0", "192.0.2.1", "2001:db8::1")], allowed=True, advice="")
    lines = render_interfaces(table, Screen()).splitlines()
    assert lines[1].split() == ["eth0", "Ethernet", "running", "192.0.2.1"]
    assert lines[2].split() == ["2001:db8::1"]
    assert lines[1].index("192") == lines[2].index("2001")


def test_hostile_name_is_harmless() -> None:
    """Control characters in a name do not reach the terminal."""
    table = list_interfaces([found("e\x1b[31m\x07")], allowed=True, advice="")
    text = render_interfaces(table, Screen())
    assert "\x1b" not in text
    assert "\x07" not in text
