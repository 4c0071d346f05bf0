"""What was found lately is found again, and no more than two generations of it."""

from __future__ import annotations

from sigtrace.signaling.content import REMEMBERED, SMALLEST, decode_content
from sigtrace.signaling.remembered import Remembered
from tests.builders.exchanges import body_of


def test_the_latest_are_found() -> None:
    """What was kept in this generation or the last is found; what is older is not."""
    remembered: Remembered[int, str] = Remembered(10)
    for key in range(7):
        remembered.keep(key, f"value {key}", 4)
    assert [remembered.get(key) for key in range(7)] == [None] * 4 + ["value 4", "value 5", "value 6"]


def test_what_is_too_large_is_left_alone() -> None:
    """A value that is larger than a generation is not kept, and displaces nothing."""
    remembered: Remembered[str, int] = Remembered(10)
    remembered.keep("small", 1, 10)
    remembered.keep("large", 2, 11)
    assert (remembered.get("small"), remembered.get("large")) == (1, None)


def test_both_legs_of_a_relay_are_decoded_once() -> None:
    """A message is decoded once, also with others between its two legs, as far as they are remembered."""
    message = b'{"type":"offer","sdp":"v=0\\r\\n"}'
    first = decode_content(body_of(message))
    for number in range(REMEMBERED // SMALLEST // 2):
        decode_content(body_of(b"%d" % number))
    assert decode_content(body_of(message)) is first
