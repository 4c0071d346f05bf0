"""Deferred protocols: what is told of them without importing them is what they tell themselves."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from sigtrace.pipeline import analyze
from sigtrace.signaling import PROTOCOLS, Fit
from sigtrace.signaling.deferred import Deferred
from sigtrace.sources.file import read

if TYPE_CHECKING:
    from sigtrace.signaling.bearer import Unit

CAPTURES = Path(__file__).parents[3] / "captures"
DEFERRED = [one for one in PROTOCOLS if isinstance(one, Deferred)]


@pytest.fixture(scope="module")
def units() -> list[Unit]:
    """Units of all types, in order of time: of captures in which all protocols are spoken."""
    names = (
        "basic-call",
        "skyrtc-mesh",
        "signalmaster",
        "whip",
        "whep",
        "chat-rooms",
        "generic-http",
        "socketio-rooms",
    )
    traces = [analyze(read(str(next((CAPTURES / name).glob("*.pcap*"))))) for name in names]
    found = [unit for one in traces for unit in (*one.exchanges, *one.messages, *one.socket_packets)]
    assert {type(unit).__name__ for unit in found} == {"Exchange", "Message", "SocketPacket"}
    return sorted(found, key=lambda unit: unit.at_ns)


@pytest.mark.parametrize("deferred", DEFERRED, ids=lambda one: one.name)
def test_name(deferred: Deferred) -> None:
    """It is registered under the name that its class has."""
    assert deferred.name == deferred.protocol.name


@pytest.mark.parametrize("deferred", DEFERRED, ids=lambda one: one.name)
def test_fits_as_the_protocol(deferred: Deferred, units: list[Unit]) -> None:
    """Units of other types than the registered ones are none of the protocol's, and all others are left to it."""
    assert [deferred.fit(unit) for unit in units] == [deferred.protocol.fit(unit) for unit in units]


@pytest.mark.parametrize("deferred", DEFERRED, ids=lambda one: one.name)
def test_claims_as_the_protocol(deferred: Deferred, units: list[Unit]) -> None:
    """Where no unit is of a registered type the protocol would claim none, and all others are left to it."""
    for some in (units, *([unit for unit in units if type(unit) is kind] for kind in {type(one) for one in units})):
        assert list(map(id, deferred.claim(some))) == list(map(id, deferred.protocol.claim(some)))


@pytest.mark.parametrize("deferred", DEFERRED, ids=lambda one: one.name)
def test_says_what_the_protocol_has(deferred: Deferred) -> None:
    """The functions behind it, and how its clients are, are those of its class."""
    assert deferred.functions == deferred.protocol.functions
    assert deferred.one_call_at_a_time == deferred.protocol.one_call_at_a_time
    assert deferred.decodes_alone == deferred.protocol.decodes_alone


def test_fits_are_of_all_kinds(units: list[Unit]) -> None:
    """The units that these tests compare by are certain, doubtful and foreign ones."""
    assert {one.fit(unit) for one in DEFERRED for unit in units} == set(Fit)
