"""Who made an exchange."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from sigtrace import analyze, read
from sigtrace.signaling.events import ExchangeKind
from sigtrace.views.people import People, Stranger

if TYPE_CHECKING:
    from sigtrace.signaling.events import PeerId

CAPTURES = Path(__file__).parents[3] / "captures"


def test_a_request_that_bears_nothing_is_of_whom_it_names() -> None:
    """A sign-out is of the peer whose number it goes by; a number that the server never gave is nobody's."""
    assert _authors_of_sign_outs("basic-call") == [2, 1]
    (stranger,) = _authors_of_sign_outs("errors")
    assert isinstance(stranger, Stranger)


def _authors_of_sign_outs(name: str) -> list[PeerId | Stranger]:
    trace = analyze(read(str(CAPTURES / name / f"{name}.pcapng")))
    roles = zip(trace.exchanges, trace.roles, strict=True)
    return [People(trace).author(one, 1) for one, role in roles if role.kind is ExchangeKind.SIGN_OUT]
