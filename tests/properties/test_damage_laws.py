"""Laws of damage: it never raises, and a flow of which no packet was touched has the same exchanges as before.

`python -m tests.fuzz mutate` holds the same laws over thousands of damaged copies of every shipped capture.
"""

from __future__ import annotations

from random import Random

import pytest

from tests.fuzz import shipped
from tests.fuzz.anatomy import Role
from tests.fuzz.campaign import BROKEN, RAISED, Copy, copies, run
from tests.fuzz.damage_law import broken_promises, explain, flows_touched
from tests.fuzz.mutations import MUTATORS, Edit, Mutation, parts_touched

SEED = 1
COPIES = 2 * len(MUTATORS)  # of each capture: two of every kind
CAPTURES = [
    "any-interface-v1",  # pcap, most packets twice
    "basic-call-gap",  # holes that are waited for
    "long-wait-garbled",  # damaged before
    "simple-call-cut",  # pcap
    "queued-messages",  # pcap
    "quit-server",
    "three-interfaces",  # pcapng whose order of time is not that of the file
    "websocket-deflate",
]


@pytest.mark.parametrize("capture", CAPTURES)
def test_untouched_flows_are_as_before(capture: str) -> None:
    """However a copy is damaged, it is explained, and every exchange of every untouched flow is as in the original."""
    outcomes = list(run(copies(COPIES, SEED, [capture]), jobs=1))
    assert {one.copy.kind for one in outcomes} == set(MUTATORS)
    assert not [(str(one.copy), one.problems) for one in outcomes if one.verdict in (BROKEN, RAISED)]
    assert sum(one.untouched for one in outcomes) > 0


def test_a_lost_exchange_breaks_the_law() -> None:
    """A flow that vanishes is told, unless a packet of it was touched."""
    anatomy = shipped.anatomy_of("quit-server")
    place = next(place for place in anatomy.packets if anatomy.parts[place].flow)
    flow = anatomy.parts[place].flow
    gone = Mutation(tuple(Edit(one.start, one.end, b"") for one in anatomy.parts if one.flow == flow))
    before, after = explain(anatomy.data), explain(gone.apply(anatomy.data))
    assert before is not None
    assert after is not None
    assert flows_touched(anatomy, gone) == {flow}
    assert broken_promises(before.told, after.told, frozenset({flow})) == []
    assert len(broken_promises(before.told, after.told, frozenset())) == before.told[flow].total()


@pytest.mark.parametrize("capture", ["simple-call", "basic-call", "simple-call-garbled"])
def test_parts_cover_a_capture(capture: str) -> None:
    """The parts of a capture follow each other without holes, and what touches a byte touches its part alone."""
    anatomy = shipped.anatomy_of(capture)
    ends = [0, *(part.end for part in anatomy.parts)]
    assert [part.start for part in anatomy.parts] == ends[:-1]
    assert ends[-1] == len(anatomy.data)
    assert anatomy.parts[0].role is Role.FRAME
    chance = Random(SEED)  # noqa: S311 - not for secrets
    for _ in range(50):
        at = chance.randrange(len(anatomy.data))
        (place,) = parts_touched(anatomy, Mutation((Edit(at, at + 1, b"x"),)))
        assert anatomy.parts[place].start <= at < anatomy.parts[place].end


def test_a_copy_is_made_again() -> None:
    """A copy's name says all that is needed to make the same bytes again."""
    copy = Copy("basic-call", 21, SEED)
    assert copy.damaged() == Copy("basic-call", 21, SEED).damaged() != Copy("basic-call", 21, SEED + 1).damaged()
