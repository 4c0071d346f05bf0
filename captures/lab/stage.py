"""The stage on which a scenario plays: a network, servers, clients, recorders and the truth about them."""

from __future__ import annotations

import asyncio
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from captures.lab.client import Client
from captures.lab.dialect import REFERENCE, Dialect
from captures.lab.network import Network
from captures.lab.programs import Program
from captures.lab.readme import exchange_table, render_readme
from captures.lab.recorder import Recorder
from captures.lab.server import Server
from captures.lab.truth import Truth

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """Where a scenario is recorded, and how; each view becomes a folder of its own.

    `folder` is the scenario's name if empty. `at` is the host whose namespace is recorded.
    """

    folder: str = ""
    suffix: str = "pcapng"
    at: str = "hub"
    interfaces: tuple[str, ...] = ("br0",)
    snap: int = 0
    only: str = ""
    link: str = ""
    remark: str = ""  # a sentence for the README


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """A story to record: `play` tells it, its docstring explains it.

    `look` is what a reader of the capture should look at. `network` are arguments of `Network`. With `late` the play
    itself starts the recorders. `on_demand` scenarios are made only when they are named. `table` tells from the truth
    file what happened when.
    """

    name: str
    play: Callable[[Stage], Awaitable[None]]
    look: str
    network: dict[str, Any] = field(default_factory=dict)
    views: tuple[View, ...] = (View(),)
    late: bool = False
    on_demand: bool = False
    table: Callable[[dict[str, Any]], list[str]] = exchange_table

    @property
    def story(self) -> str:
        """What happens."""
        lines = (self.play.__doc__ or "").strip().split("\n")
        return "\n".join(line.strip() for line in lines)


class Stage:
    """What a play finds: `server()`, `client()`, `record()`, `truth`."""

    def __init__(self, scenario: Scenario, network: Network, into: Path, stack: ExitStack) -> None:
        self.scenario, self.network, self.into, self.stack = scenario, network, into, stack
        self.truth = Truth(notes=scenario.story)
        self.servers: list[Server] = []
        self.clients: list[Client] = []
        self.programs: list[Program] = []
        self.recorders: list[tuple[View, Recorder]] = []
        self.more: dict[str, Any] = {}  # further keys of the truth file

    async def server(self, *, port: int = 8888, dialect: Dialect = REFERENCE, loopback: bool = False) -> Server:
        """Start a server on the server host."""
        made = Server(self.network.host("server", loopback=loopback), self.truth, port=port, dialect=dialect)
        await made.start()
        self.servers.append(made)
        return made

    def client(self, label: str, *, host: str = "", server: Server | None = None, **traits: Any) -> Client:
        """Make a client; A is on host a and so on. The server is the latest one unless given."""
        target = server or self.servers[-1]
        loopback = target.host.address == "127.0.0.1"
        home = self.network.host("server" if loopback else host or label.lower(), loopback=loopback)
        made = Client(label, home, target, self.truth, **traits)
        self.clients.append(made)
        return made

    async def program(self, label: str, script: str, *arguments: str, host: str = "") -> Program:
        """Run a real program; A is on host a and so on."""
        made = Program(label=label, host=self.network.host(host or label.lower()))
        self.programs.append(made)
        return await made.start(script, *arguments)

    async def record(self) -> None:
        """Start every recorder."""
        for view in self.scenario.views:
            folder = view.folder or self.scenario.name
            recorder = Recorder(
                namespace=self.network.namespace(view.at),
                path=self.into / folder / f"{folder}.{view.suffix}",
                interfaces=view.interfaces,
                snap=view.snap,
                only=view.only,
                link=view.link,
            )
            await asyncio.to_thread(self.stack.enter_context, recorder)
            self.recorders.append((view, recorder))

    def write(self) -> None:
        """Write truth and README of every view; the recorders have stopped."""
        for view, recorder in self.recorders:
            folder = recorder.path.parent
            self.truth.write(folder / "truth.json", self.scenario.name, recorder, **self.more)
            (folder / "README.md").write_text(
                render_readme(folder / "truth.json", recorder.path, self.scenario, view.remark), encoding="utf-8"
            )


async def play(scenario: Scenario, into: Path) -> None:
    """Play one scenario and write its folders below `into`."""
    with Network(**scenario.network) as network:
        with ExitStack() as stack:
            stage = Stage(scenario, network, into, stack)
            if not scenario.late:
                await stage.record()
            try:
                await scenario.play(stage)
            finally:
                for program in stage.programs:
                    await program.kill()
            await asyncio.sleep(0.2)
        for client in stage.clients:
            client.drop()
        for server in stage.servers:
            server.stop()
        stage.write()
