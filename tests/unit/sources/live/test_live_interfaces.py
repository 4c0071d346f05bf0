"""The interfaces of this machine are listed as the system's own calls name them."""

from __future__ import annotations

import socket
import sys

import pytest

from sigtrace.sources.live.interfaces import list_interfaces
from sigtrace.sources.live.refusals import no_rights, unknown_interface
from sigtrace.sources.live.source import DEFAULT_SNAP_LENGTH, Settings

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="interfaces are named so on Linux")


def test_all_are_listed() -> None:
    """Every interface of the system is in the list, and `any` is the last."""
    names = [one.name for one in list_interfaces()]
    assert sorted(names[:-1]) == sorted(name for _, name in socket.if_nameindex())
    assert names[-1] == "any"


def test_loopback_is_known() -> None:
    """The loopback interface has its kind and its addresses, IPv4 first."""
    loopback = next(one for one in list_interfaces() if one.name == "lo")
    assert loopback.kind == "loopback"
    assert loopback.addresses[0] == "127.0.0.1"
    assert loopback.running


def test_refusals_say_what_to_do() -> None:
    """Who has no right is told what to run, and who names no interface which there are."""
    assert "setcap cap_net_raw,cap_net_admin+eip" in no_rights("eth0").hint
    assert "lo" in unknown_interface("nowhere").hint


@pytest.mark.parametrize(("asked", "kept"), [(0, DEFAULT_SNAP_LENGTH), (96, 96), (10**9, DEFAULT_SNAP_LENGTH)])
def test_snap_length_is_as_for_tcpdump(asked: int, kept: int) -> None:
    """A snap length of 0, or beyond the longest, is the default one."""
    assert Settings(interfaces=("lo",), snap_length=asked).longest == kept
