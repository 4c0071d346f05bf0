"""A faithful client: a control connection and a hanging get, each request on a new connection, which it closes first.

Messages leave one at a time; a new wait follows every answer at once; any status but 200 ends the session in silence.
What the client does in a call is that of the reference client: it answers an offer by itself, without ringing.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
from typing import TYPE_CHECKING

from captures.lab.connection import Asker
from captures.lab.descriptions import Media, encode_json
from captures.lab.manner import NATIVE, Manner
from captures.lab.truth import Exchange, now

if TYPE_CHECKING:
    from captures.lab.network import Host
    from captures.lab.server import Server
    from captures.lab.truth import Truth

RETRY_S = 2.0


class Client:
    """One client on one host; `id` is -1 until it signed in.

    Args:
        answers: answer offers, as the reference client always does.
        think_s: camera start and SDP work between an offer's arrival and the answer.
        candidates: how many are trickled after an offer or answer.
        autocall: call the last peer of the list after sign-in.
    """

    def __init__(  # noqa: PLR0913 - a client has this many traits
        self,
        label: str,
        host: Host,
        server: Server,
        truth: Truth,
        *,
        name: str = "",
        manner: Manner = NATIVE,
        answers: bool = True,
        think_s: float = 0.05,
        candidates: int = 2,
        autocall: bool = False,
    ) -> None:
        self.asker = Asker(
            label=label,
            host=host,
            server=(server.host.address, server.port),
            truth=truth,
            keep=server.dialect.persistent,
        )
        self.label, self.truth, self.manner, self.name = label, truth, manner, name or f"{label.lower()}@host"
        self.answers, self.think_s, self.candidate_count, self.autocall = answers, think_s, candidates, autocall
        self.id = -1
        self.peers: dict[int, str] = {}
        self.partner: int | None = None
        self.media = Media(host.address, seed=sum(label.encode()) * 31 + server.port)
        self.arrived = asyncio.Event()  # set at every message and notification
        self._control = asyncio.Lock()  # one control request at a time
        self._sending: set[asyncio.Task[object]] = set()
        self._waiting: asyncio.Task[None] | None = None

    # requests

    async def control(self, method: str, target: str, body: bytes = b"") -> Exchange:
        """Send one control request when the one before it is answered."""
        async with self._control:
            exchange = await self.asker.ask(self.manner.encode(method, target, self.asker.server_name, body))
        if exchange.status != 200:
            self.drop()
        return exchange

    async def sign_in(self, *, wait: bool = True) -> int:
        """Sign in, again every 2 s while refused, and begin to wait."""
        while True:
            exchange = await self.control("GET", self._sign_in_target())
            if exchange.error is None:
                break
            await asyncio.sleep(RETRY_S)
        self.id = exchange.pragma or -1
        self._read_peers(exchange.text.decode("latin-1"))
        row = {"label": self.label, "id": self.id, "name": self.name, "address": self.asker.host.address}
        self.truth.peers.append(row | {"server": self.asker.server_name, "client": self.manner.version})
        self.truth.event(self.label, "signed_in", id=self.id)
        if wait:
            self.begin_waiting()
        if self.autocall and self.peers:
            await self.call(max(self.peers))
        return self.id

    def begin_waiting(self) -> None:
        """Open the hanging get; from now on there nearly always is one."""
        self._waiting = asyncio.create_task(self._wait_for_ever())

    async def wait_once(self) -> Exchange:
        """One hanging get."""
        target = f"/wait?peer_id={self.id}"
        return await self.asker.ask(self.manner.encode("GET", target, self.asker.server_name))

    async def send(self, to: int, body: bytes) -> Exchange:
        """Send one message, behind those that are still to be sent."""
        target = f"/message?peer_id={self.id}&to={to}"
        if self.manner.preflight:
            await self.control("OPTIONS", target)
        return await self.control("POST", target, body)

    async def sign_out(self) -> None:
        """Close the wait, then sign out."""
        await self.settle()
        waiting = self._waiting
        self.drop()
        if waiting:
            await asyncio.wait([waiting])
        await self.control("GET", f"/sign_out?peer_id={self.id}")
        self.truth.event(self.label, "signed_out")

    def drop(self) -> None:
        """Close the hanging get and say nothing to anyone."""
        if self._waiting and self._waiting is not asyncio.current_task():
            self._waiting.cancel()
        self._waiting = None

    def kill(self) -> None:
        """What the kernel does for a killed process: every connection is closed, nothing is said."""
        self.truth.event(self.label, "killed")
        self.drop()
        for task in self._sending:
            task.cancel()

    async def settle(self) -> None:
        """Until everything that was to be sent is sent."""
        while self._sending:
            await asyncio.gather(*self._sending, return_exceptions=True)

    # calls

    async def call(self, to: int, kind: str = "offer") -> None:
        """Send an offer and its candidates."""
        self.partner = to
        row = {"from": self.id, "to": to, "server": self.asker.server_name, "kind": kind, "t_offer": now()}
        self.truth.calls.append(row | {"t_answer": None, "candidates": {}, "t_bye": None, "bye_from": None})
        await self._describe(to, kind)

    async def bye(self) -> None:
        """Hang up."""
        if self.partner is None:
            return
        await self.settle()
        self._note_call("t_bye", "bye_from", self.id)
        await self.send(self.partner, b"BYE")
        self.partner = None

    async def _describe(self, to: int, kind: str) -> None:
        sdp = self.media.describe(kind)
        self.truth.event(self.label, "local_description", type=kind, to=to, sdp_len=len(sdp))
        await self.send(to, encode_json({"type": kind, "sdp": sdp}))
        for index, text in self.media.candidates(self.candidate_count):
            await self.send(to, encode_json({"sdpMid": str(index), "sdpMLineIndex": index, "candidate": text}))
            self._count_candidate()

    async def _answer(self, to: int) -> None:
        await asyncio.sleep(self.think_s)
        self._note_call("t_answer")
        await self._describe(to, "answer")

    def _note_call(self, key: str, by: str = "", who: int | None = None) -> None:
        call = self._current_call()
        if call is not None and call[key] is None:
            call[key] = now()
            if by:
                call[by] = who

    def _count_candidate(self) -> None:
        call = self._current_call()
        if call is not None:
            call["candidates"][str(self.id)] = call["candidates"].get(str(self.id), 0) + 1

    def _current_call(self) -> dict | None:  # type: ignore[type-arg]
        mine = [
            call
            for call in self.truth.calls
            if {call["from"], call["to"]} == {self.id, self.partner} and call["server"] == self.asker.server_name
        ]
        return mine[-1] if mine else None

    # what arrives

    async def _wait_for_ever(self) -> None:
        while True:
            exchange = await self.wait_once()
            if exchange.error or exchange.status not in {200, None}:
                self.truth.event(self.label, "dropped", status=exchange.status, error=exchange.error)
                return
            if exchange.status == 200:
                self._arrive(exchange)
                await asyncio.sleep(0)

    def _arrive(self, exchange: Exchange) -> None:
        if exchange.pragma == self.id:
            self._read_peers(exchange.text.decode("latin-1"))
        elif exchange.pragma is not None:
            self._on_message(exchange.pragma, exchange.text)
        self.arrived.set()
        self.arrived = asyncio.Event()

    def _read_peers(self, text: str) -> None:
        for line in text.split("\n"):  # names may hold other ends of lines
            name, _, rest = line.rpartition(",")[0].rpartition(",")
            if rest.isdigit() and int(rest) != self.id:
                if line.endswith(",1"):
                    self.peers[int(rest)] = name
                    self.truth.event(self.label, "peer_connected", id=int(rest), name=name)
                else:
                    self.peers.pop(int(rest), None)
                    self.truth.event(self.label, "peer_disconnected", id=int(rest))

    def _on_message(self, sender: int, body: bytes) -> None:
        if body == b"BYE":
            self.truth.event(self.label, "bye_received", frm=sender)
            self.partner = None
            return
        with contextlib.suppress(ValueError, AttributeError):
            kind = json.loads(body).get("type")
            self.truth.event(self.label, "message", frm=sender, type=kind, len=len(body))
            if kind == "offer" and self.answers:
                self.partner = sender
                task: asyncio.Task[object] = asyncio.create_task(self._answer(sender))
                self._sending.add(task)
                task.add_done_callback(self._sending.discard)

    def _sign_in_target(self) -> str:
        return f"/sign_in?{self.manner.name(self.name)}"
