"""Make the captures: `python -m captures.lab.scenarios NAME...`, as root; without a name it lists them.

`all` makes every scenario but those that take long or much room, which must be named. `--into DIR` writes elsewhere.
"""

from __future__ import annotations

import argparse
import asyncio
import signal
import sys
from pathlib import Path

from captures.lab.plays_browsers import BROWSERS
from captures.lab.plays_calls import CALLS
from captures.lab.plays_dialects import DIALECTS
from captures.lab.plays_hostile import HOSTILE
from captures.lab.plays_paths import PATHS
from captures.lab.plays_rooms import ROOMS
from captures.lab.plays_signalmaster import SIGNALMASTER
from captures.lab.plays_trouble import TROUBLE
from captures.lab.plays_whip import WHIP
from captures.lab.stage import play

SCENARIOS = {
    scenario.name: scenario
    for scenario in (*CALLS, *PATHS, *TROUBLE, *DIALECTS, *HOSTILE, *SIGNALMASTER, *ROOMS, *WHIP, *BROWSERS)
}
TIME_LIMIT_S = 400.0  # no scenario may run longer
CAPTURES = Path(__file__).parents[1]


def main() -> int:
    """Play the named scenarios one after the other."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # so that namespaces are taken down
    parser = argparse.ArgumentParser(prog="python -m captures.lab.scenarios", description="Make captures.")
    parser.add_argument("names", nargs="*", metavar="NAME", help="scenarios, or `all`")
    parser.add_argument("--into", type=Path, default=CAPTURES, help="where the folders are written")
    arguments = parser.parse_args()
    if not arguments.names:
        for scenario in SCENARIOS.values():
            print(f"{scenario.name:18} {scenario.story.splitlines()[0]}")
        return 0
    names = (
        [name for name in SCENARIOS if not SCENARIOS[name].on_demand] if "all" in arguments.names else arguments.names
    )
    failed = [name for name in names if not _make(name, arguments.into)]
    if failed:
        print("failed:", *failed, file=sys.stderr)
    return 1 if failed else 0


def _make(name: str, into: Path) -> bool:
    try:
        asyncio.run(asyncio.wait_for(play(SCENARIOS[name], into), TIME_LIMIT_S))
    except (OSError, RuntimeError, KeyError, TimeoutError) as error:
        print(f"{name}: {error!r}", file=sys.stderr)
        return False
    print(name)
    return True


if __name__ == "__main__":
    sys.exit(main())
