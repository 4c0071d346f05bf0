"""Tests of the table that looks up directions of flows by the column."""

import random

import numpy as np
import pytest

from sigtrace.packets import dropped
from sigtrace.packets.direction_table import DirectionTable
from sigtrace.packets.dropped import DroppedFlows, direction_of


def random_endpoints(count: int, length: int, seed: int) -> list[bytes]:
    """Return packed endpoints that are all different."""
    source = random.Random(seed)  # noqa: S311 - chance that is no secret
    return list(dict.fromkeys(source.randbytes(length + 2) for _ in range(count)))


def column(directions: list[bytes]) -> np.ndarray:
    """Return directions as what the sieve makes of headers."""
    return np.frombuffer(b"".join(directions), f"V{len(directions[0])}")


def test_what_it_tells_is_right() -> None:
    """Whatever share of its slots the directions take, what the table is sure of is true."""
    directions = [source + b"\0\0" * 4 for source in random_endpoints(9000, 2, 1)]
    table = DirectionTable(directions[:100], 12)
    inside = set(directions[:100])
    for direction in directions[100:6000]:
        table.add(direction)
        inside.add(direction)
    for direction in directions[50:200]:
        table.take_out(direction)
        inside.discard(direction)
    found, unsure = table.look_up(column(directions))
    sure = np.ones(len(directions), bool)
    sure[unsure] = False
    expected = np.array([direction in inside for direction in directions])
    assert (found[sure] == expected[sure]).all()
    assert not found[unsure].any()
    assert 0 < len(unsure) < len(directions)


def test_an_empty_slot_holds_nothing() -> None:
    """A direction of zeros is not taken for what is in an empty slot."""
    table = DirectionTable([], 12)
    found, unsure = table.look_up(column([bytes(12)]))
    assert not found.any()
    assert not len(unsure)


@pytest.mark.parametrize("length", [4, 16])
def test_columns_are_told_what_the_set_tells(length: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """While flows are dropped, let pass again and forgotten, columns are told the same as directions one by one."""
    monkeypatch.setattr(dropped, "MAX_DROPPED", 3000)
    source = random.Random(length)  # noqa: S311 - chance that is no secret
    clients = random_endpoints(4000, length, 2)
    servers = random_endpoints(2, length, 3)
    directions = [direction_of(client, server) for client in clients for server in servers]
    flows = DroppedFlows()
    for _ in range(40):
        for client in source.sample(clients, 200):
            flows.add(client, source.choice(servers))
        for direction in source.sample(directions, 50):
            flows.admit(direction, 0x02)
        assert flows.among_columns(column(directions)).tolist() == flows.among(directions).tolist()
