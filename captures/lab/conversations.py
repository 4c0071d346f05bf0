"""Make the captures of messages: `python -m captures.lab.conversations NAME...`, as root; without a name it lists them.

They need real software: `npm ci` in `captures/lab/node`, `pip install websockets aiohttp`, and chromium for some.
"""

from __future__ import annotations

import argparse
import asyncio
import signal
import sys
from pathlib import Path

from captures.lab.plays_chat import CHAT
from captures.lab.plays_generic import GENERIC
from captures.lab.plays_http import HTTP
from captures.lab.plays_skyrtc import SKYRTC
from captures.lab.studio import play

CONVERSATIONS = {conversation.name: conversation for conversation in (*SKYRTC, *CHAT, *GENERIC, *HTTP)}
TIME_LIMIT_S = 180.0  # no conversation may run longer
CAPTURES = Path(__file__).parents[1]


def main() -> int:
    """Play the named conversations one after the other."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # so that namespaces are taken down
    parser = argparse.ArgumentParser(prog="python -m captures.lab.conversations", description="Make captures.")
    parser.add_argument("names", nargs="*", metavar="NAME", help="conversations, or `all`")
    parser.add_argument("--into", type=Path, default=CAPTURES, help="where the folders are written")
    arguments = parser.parse_args()
    if not arguments.names:
        for conversation in CONVERSATIONS.values():
            print(f"{conversation.name:18} {conversation.story.splitlines()[0]}")
    for name in CONVERSATIONS if "all" in arguments.names else arguments.names:
        asyncio.run(asyncio.wait_for(play(CONVERSATIONS[name], arguments.into), TIME_LIMIT_S))
        print(name)
    return 0


if __name__ == "__main__":
    sys.exit(main())
