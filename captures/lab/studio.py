"""Where conversations are recorded: real servers, browsers and scripted clients on a network, and their diary."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack, ExitStack
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from captures.lab.chromium import Chromium
from captures.lab.diary import Diary
from captures.lab.logbook import render_logbook
from captures.lab.network import Network
from captures.lab.node_server import start_node
from captures.lab.recorder import Recorder
from captures.lab.stage import View
from captures.lab.talker import Talker

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from pathlib import Path

    from captures.lab.node_server import Node


@dataclass(frozen=True, slots=True, kw_only=True)
class Conversation:
    """A story to record: `play` tells it, its docstring explains it; `look` is what a reader should look at.

    `describe` says what the application calls a message; see `Diary`. With `late` the play itself starts the recorder.
    """

    name: str
    play: Callable[[Studio], Awaitable[None]]
    look: str
    describe: Callable[[str | bytes, str], dict[str, Any]]
    made: str
    hosts: tuple[str, ...] = ("server", "a", "b", "c", "d")
    view: View = field(default_factory=View)
    late: bool = False

    @property
    def story(self) -> str:
        """What happens."""
        return "\n".join(line.strip() for line in (self.play.__doc__ or "").strip().split("\n"))


class Studio:
    """What a play finds: `node()`, `browser()`, `talker()`, `record()` and the `diary`."""

    def __init__(self, conversation: Conversation, network: Network, into: Path, stack: AsyncExitStack) -> None:
        self.conversation, self.network, self.into, self.stack = conversation, network, into, stack
        self.diary = Diary(notes=conversation.story, describe=conversation.describe)
        self.recorder: Recorder | None = None
        self._recording = ExitStack()

    async def node(self, script: str, *arguments: str) -> Node:
        """Start a server of `node/` on the server host; what it prints goes into the diary's server log."""
        namespace = self.network.namespace("server")
        node = await start_node(namespace, script, *arguments, heard=self.diary.server_log.append)
        self.stack.push_async_callback(node.close)
        return node

    async def browser(self, host: str, *, secure: str) -> Chromium:
        """Start a browser on a host."""
        made = Chromium(secure)
        await made.start(self.network.namespace(host))
        self.stack.push_async_callback(made.close)
        return made

    def talker(self, label: str, host: str, on: Callable[[Any], None] | None = None) -> Talker:
        """Make a scripted client on a host."""
        return Talker(label, self.network.host(host), self.diary, on)

    async def record(self) -> None:
        """Start the recorder."""
        view, name = self.conversation.view, self.conversation.name
        recorder = Recorder(
            namespace=self.network.namespace(view.at),
            path=self.into / name / f"{name}.{view.suffix}",
            interfaces=view.interfaces,
            only=view.only,
        )
        await asyncio.to_thread(self._recording.enter_context, recorder)
        self.recorder = recorder

    async def stop(self) -> None:
        """Stop the recorder; what comes then is not part of the story."""
        await asyncio.sleep(0.2)
        await asyncio.to_thread(self._recording.close)


async def play(conversation: Conversation, into: Path) -> None:
    """Play one conversation and write its folder below `into`."""
    with Network(hosts=conversation.hosts) as network:
        async with AsyncExitStack() as stack:
            studio = Studio(conversation, network, into, stack)
            try:
                if not conversation.late:
                    await studio.record()
                await conversation.play(studio)
            finally:
                await studio.stop()
        studio.diary.pair_relays()
        studio.diary.pair_calls()
        assert studio.recorder  # noqa: S101 - every play records
        folder = studio.recorder.path.parent
        studio.diary.write(folder / "truth.json", conversation.name, studio.recorder)
        text = render_logbook(folder / "truth.json", conversation.story, conversation.look, conversation.made)
        (folder / "README.md").write_text(text, encoding="utf-8")
