"""What `sigtrace live` showed while real clients and servers talked is what the other commands say of its recording."""

from __future__ import annotations

import asyncio
import json
import re
import time
from collections import Counter
from contextlib import AsyncExitStack, ExitStack
from typing import TYPE_CHECKING, Any

import pytest

from captures.lab.cable import Wire
from captures.lab.network import Network, inside, run
from captures.lab.plays_calls import autocall, call_and_leave, signed_in, simple_call
from captures.lab.plays_chat import CHAT
from captures.lab.plays_paths import reordering_call
from captures.lab.stage import Scenario, Stage
from captures.lab.studio import Studio
from sigtrace.pipeline import analyze
from sigtrace.render.terminal.ladder import render_ladder
from sigtrace.render.terminal.screen import Screen
from sigtrace.sources.file import read
from sigtrace.views.ladder import build_ladder
from tests.builders.cables import needs_root
from tests.builders.live_runs import LiveRun, Record, last_of_each
from tests.e2e.command import run as run_sigtrace

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from pathlib import Path

    Play = Callable[[Network, Path], Awaitable[None]]

pytestmark = needs_root
HOSTS = ("server", "a", "b", "c", "d")
BAD: dict[str, Any] = {"loss": 0.08, "delay_s": 0.01, "reorder": 0.2}


def on_stage(play: Callable[[Stage], Awaitable[None]]) -> Play:
    """Return a play of peerconnection that needs nothing but a network."""

    async def perform(network: Network, into: Path) -> None:
        with ExitStack() as stack:
            stage = Stage(Scenario(name="live", play=play, look=""), network, into, stack)
            await play(stage)
            await asyncio.sleep(0.2)
            for client in stage.clients:
                client.drop()
            for server in stage.servers:
                server.stop()

    return perform


async def chat(network: Network, into: Path) -> None:
    """Chat in two rooms over WebSocket."""
    async with AsyncExitStack() as stack:
        await CHAT[0].play(Studio(CHAT[0], network, into, stack))


async def flapping_call(stage: Stage) -> None:
    """Call while the interface that is listened to goes down and comes up again."""
    a, b = await signed_in(stage)
    bridge = ("ip", "-n", stage.network.hub, "link", "set", "br0")
    await asyncio.to_thread(run, *bridge, "down")
    await asyncio.sleep(0.4)
    await asyncio.to_thread(run, *bridge, "up")
    await asyncio.sleep(0.4)
    await call_and_leave(a, b)


QUIET_S = 0.4
NUMBER = 4  # cells
SIGNS = re.compile("[│┃─═╌◀▶\N{MULTIPLICATION SIGN}┼╂]+")
PLAYS: dict[str, tuple[Play, dict[str, Wire]]] = {
    "simple": (on_stage(simple_call), {}),
    "autocall": (on_stage(autocall), {}),
    "chat": (chat, {}),
    "reordered": (on_stage(reordering_call), {"a": Wire(seed=11, **BAD), "b": Wire(seed=12, **BAD)}),
    "flap": (on_stage(flapping_call), {}),
}


@pytest.mark.parametrize("name", PLAYS)
def test_what_was_shown_is_what_the_file_says(name: str, tmp_path: Path) -> None:
    """Records, rows and summary of a run are those that export, chart and analyze give of the file it wrote."""
    play, cables = PLAYS[name]
    records, rows = tmp_path / "records.pcapng", tmp_path / "rows.pcapng"
    with Network(hosts=HOSTS, cables=cables) as network, ExitStack() as stack:
        with inside(network.hub):
            told = stack.enter_context(LiveRun("-i", "br0", "-w", records, "--format", "ndjson"))
            drawn = stack.enter_context(LiveRun("-i", "br0", "-w", rows))
        told.until_listening(records)
        drawn.until_listening(rows)
        asyncio.run(play(network, tmp_path))
        told.until(lambda: is_quiet(records) and is_quiet(rows), "all is written")
        assert (told.end(), told.err.text) == (0, "")
        assert (drawn.end(), drawn.err.text) == (0, "")
    assert comparable(last_of_each(told.records)) == comparable(exported(records))
    chart, _, summary = drawn.text.partition(f"\n{rows}    ")
    shown, whole = rows_of(chart), rows_of(charted(rows))
    assert whole - shown == Counter()
    again = shown - whole  # drawn before it was known what became of it, and once more then
    assert {moment(row) for row in again} <= {moment(row) for row in whole}
    assert said(summary) == said(run_sigtrace("analyze", rows).stdout.removeprefix(f"{rows}    "))


def is_quiet(path: Path) -> bool:
    """Tell whether nothing was written for a while."""
    return time.time() - path.stat().st_mtime > QUIET_S


def exported(path: Path) -> list[Record]:
    """Return the records of a file."""
    return [json.loads(line) for line in run_sigtrace("export", path).stdout.splitlines()]


def comparable(records: list[Record]) -> list[str]:
    """Return records such that they can be compared in whatever order they came.

    A file has another name and other bytes than an interface, and does not know what happened to the interface.
    """
    return sorted(
        repr(one) for one in records if one["type"] != "capture" and not str(one.get("code")).startswith("live.")
    )


def charted(path: Path) -> str:
    """Return the chart of a file as live draws it: every candidate has a row."""
    return render_ladder(build_ladder(analyze(read(str(path))), fold=False), Screen(width=None))


def moment(row: str) -> str:
    """Return number and time of a row."""
    return " ".join(row.split()[:2])


def rows_of(chart: str) -> Counter[str]:
    """Return the rows of a chart by number, time and words, in whatever order they came and however wide they are."""
    rows: list[list[str]] = []
    below = False
    for line in chart.splitlines():
        number, words = line[:NUMBER].strip(), SIGNS.sub(" ", line[NUMBER:]).split()
        if number.isdigit():
            rows.append([number, words[0], *without_since(words[1:])])
        elif not words or number:
            below = False  # who stands where follows
            continue
        elif below and "quiet" not in words:
            rows[-1] += words
        below = True
    return Counter(map(" ".join, rows))


def without_since(words: list[str]) -> list[str]:
    """Leave out how long it is since the row before, which may be another one."""
    return words[2:] if words and words[0].startswith("+") else words


def said(summary: str) -> str:
    """Return what a summary says, but for its first line and what happened to the interface."""
    lines = [line for line in summary.splitlines()[1:] if "live.interface" not in line]
    return "\n".join(line for line in lines if line not in {"NOTICES", "No notices."})
