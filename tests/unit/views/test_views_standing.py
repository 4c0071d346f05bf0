"""How things stand in the middle of a capture: who waits and for how long, who is blind, which calls go on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sigtrace.capture.batch import Batch
from sigtrace.live.watcher import Watcher
from sigtrace.render.terminal.screen import Screen
from sigtrace.render.terminal.standing import render_standing
from sigtrace.sources.file import read
from sigtrace.views.standing import LONG_BLIND_NS, CallStanding, PeerStanding, Standing, describe_standing
from tests.builders.live import divide

if TYPE_CHECKING:
    from sigtrace.trace import Trace


def trace_at(name: str, seconds: float) -> Trace:
    """Return what a capture tells so many seconds after its first packet."""
    watcher = Watcher()
    first_ns: int | None = None
    for item in divide(read(f"captures/{name}/{name}.pcapng"), [1]):
        if isinstance(item, Batch):
            at_ns = int(item.at_ns[0])
            first_ns = at_ns if first_ns is None else first_ns
            if at_ns - first_ns > seconds * 1e9:
                break
        watcher.feed([item])
    watcher.settle(at_rest=True)
    return watcher.tell()


def test_waits_hang_with_a_running_clock() -> None:
    """Of somebody who is alone, the wait hangs, and the time that it hangs grows with the clock."""
    trace = trace_at("long-wait", 100)
    (wait,) = trace.waits
    assert wait.asked_ns is not None
    for seconds, said in ((0, "0.0 s"), (12.44, "12.4 s"), (75, "1:15"), (3725, "1:02:05")):
        standing = describe_standing(trace, wait.asked_ns + int(seconds * 1e9))
        assert [(one.name, one.state) for one in standing.waiting] == [("alice (1)", said)]
    assert (standing.connected, standing.calls) == ((), ())


def test_who_has_no_wait_open_is_blind() -> None:
    """Between two waits a peer is blind, and when that lasts something is wrong."""
    trace = trace_at("long-wait", 100)
    whole = trace_at("killed-peer", 1000)
    ended = max(wait.ended_ns for wait in whole.waits)
    states = [one for one in describe_standing(whole, ended + 2 * LONG_BLIND_NS).waiting if one.bad]
    assert all("blind" in one.state for one in states)
    assert not any(one.bad for one in describe_standing(trace, trace.last_ns).waiting)


def test_calls_go_on_until_they_end() -> None:
    """A call is there from its offer, answered from its answer, and no more after its end."""
    (call,) = trace_at("basic-call", 10_000).calls
    first_ns = trace_at("basic-call", 0).last_ns
    answered_ns = call.answered_ns or 0
    middle = trace_at("basic-call", (answered_ns - first_ns) / 1e9 + 0.2)
    (standing,) = describe_standing(middle, middle.last_ns).calls
    assert standing.good
    assert standing.state.startswith("answered +")
    before = trace_at("basic-call", (call.began_ns - first_ns) / 1e9 + 0.0001)
    assert [one.state.partition(" for")[0] for one in describe_standing(before, before.last_ns).calls] == ["no answer"]
    after = trace_at("basic-call", 10_000)
    assert describe_standing(after, after.last_ns + 10**9).calls == ()


def test_open_channels_are_connected() -> None:
    """Who is reached by a WebSocket is there, with its room, and waits for nothing."""
    trace = trace_at("skyrtc-mesh", 6)
    standing = describe_standing(trace, trace.last_ns)
    assert not standing.waiting
    assert len(standing.connected) >= 2
    assert {one.state for one in standing.connected} == {""}


MANY = Standing(
    waiting=tuple(PeerStanding(name=f"somebody-{number} \x1b[31m红", room="", state="12.4 s") for number in range(40)),
    connected=tuple(PeerStanding(name=f"peer {number}", room="kitchen", state="") for number in range(40)),
    calls=tuple(CallStanding(number=n, caller="alice", callee="bob", state="for 3 s", good=n > 3) for n in range(1, 9)),
)


def test_it_fits_whatever_screen_there_is() -> None:
    """However many there are, there are no more lines than may be taken, none is too wide, and nothing acts."""
    for width in (50, 60, 80, 160):
        for lines in (3, 5, 8, 16):
            screen = Screen(width=width)
            text = render_standing(MANY, "", "eth0 · 00:00:10", "12 dropped by the kernel", screen, lines=lines)
            drawn = text.splitlines()
            assert len(drawn) <= lines
            assert max(map(screen.cells, drawn)) <= width
            assert "\x1b[31m" not in text
            assert "12 dropped by the kernel" in drawn[1]


def test_what_has_no_room_is_counted() -> None:
    """Of those that are not shown, it says how many there are."""
    drawn = render_standing(MANY, "", "eth0", "", Screen(width=80), lines=8).splitlines()
    (waits,) = [line for line in drawn if line.startswith("waits")]
    shown = sum(line.count("somebody-") for line in drawn)
    assert waits
    assert any(line.endswith(f"+{40 - shown}") for line in drawn)
