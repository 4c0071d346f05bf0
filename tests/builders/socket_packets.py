"""Socket.IO packets as the application stage hands them on, and what the stages behind it make of them.

talk = SocketTalk()
alice = talk.connect("AliceSid")
alice.emits("join", "kitchen", ack=0)
alice.gets_ack(0, None, {"clients": {}})
history = talk.history(Signalmaster())
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from sigtrace.application.http.message import ExchangeState
from sigtrace.application.socketio.packet import EnginePacketKind, EngineSession, Poll, SocketPacket, SocketPacketKind
from sigtrace.application.span import Span
from sigtrace.calls.history import History, write_history
from sigtrace.calls.rooms.channels import find_socket_channels
from sigtrace.calls.surroundings import Surroundings
from sigtrace.packets.endpoint import Endpoint
from sigtrace.signaling.reading import Reading, read_units
from sigtrace.value import replace
from tests.builders.exchanges import Wire, ns

if TYPE_CHECKING:
    from sigtrace.application.http.message import Exchange
    from sigtrace.signaling.protocol import SignalingProtocol

SERVER = Endpoint("10.77.0.1", 8888)
TICK = 0.01
LAST = 1000.0
"""When the capture ends, seconds."""


class SocketTalk:
    """What a server and its clients say to each other, one thing every hundredth of a second."""

    def __init__(self, *, protocol: int = 3, server: Endpoint = SERVER) -> None:
        self.protocol = protocol
        self.server = server
        self.packets: list[SocketPacket] = []
        self.engines: list[EngineSession] = []
        self.polls: list[Poll] = []
        self.wire = Wire(server)
        self.at = 1.0  # seconds

    def connect(self, sid: str, *, namespace: str = "/", own: str | None = None) -> Client:
        """Open a session, and enter a namespace of it; with protocol 4 the client's id is `own`."""
        client = self.meet(sid, namespace=namespace)
        self.engines[-1] = replace(self.engines[-1], opened_ns=ns(self.at))
        client.gets_packet(SocketPacketKind.CONNECT, payload=json.dumps({"sid": own}) if own else "")
        return client

    def meet(self, sid: str, *, namespace: str = "/") -> Client:
        """Make a client whose beginning was not captured."""
        address = Endpoint(f"10.77.0.{11 + len(self.engines)}", 40000)
        self.engines.append(
            EngineSession(
                channel=f"socket.io {sid}",
                sid=sid,
                protocol=self.protocol,
                client=address,
                server=self.server,
                path="/socket.io/",
                opened_ns=None,
                upgraded_ns=None,
                closed_ns=None,
                closed_by_client=None,
                flow=None,
                exchanges=(),
                ping_interval_ms=25000,
                ping_timeout_ms=60000,
                heartbeats=(),
            )
        )
        return Client(self, f"socket.io {sid}", namespace, address)

    def add(self, packet: SocketPacket) -> SocketPacket:
        """Add a packet, and let some time pass."""
        self.packets.append(packet)
        self.at += TICK
        return packet

    def close(self, sid: str, *, by_client: bool | None) -> None:
        """End a session."""
        place = next(place for place, one in enumerate(self.engines) if one.sid == sid)
        self.engines[place] = replace(self.engines[place], closed_ns=ns(self.at), closed_by_client=by_client)
        self.at += TICK

    def poll(
        self, client: Client, asked: float, answered: float | None, *kinds: EnginePacketKind, refused: bool = False
    ) -> Exchange:
        """Add a hanging GET."""
        exchange = self.wire.add(client.address.address, "/socket.io/?EIO=3&transport=polling&sid=x", asked, answered)
        self.polls.append(
            Poll(
                exchange=exchange.number,
                channel=client.channel,
                asked_ns=ns(asked),
                answered_ns=None if answered is None else ns(answered),
                refused=refused,
                packets=kinds,
            )
        )
        return exchange

    def read(self, *protocols: SignalingProtocol) -> Reading:
        """Recognise and decode the packets."""
        return read_units(protocols, (), (), self.packets, {})

    def history(self, *protocols: SignalingProtocol) -> History:
        """Write the history of all."""
        around = Surroundings(
            closed_ns={},
            last_ns=ns(LAST),
            channels=find_socket_channels(self.engines, self.packets, {}),
            engines={one.channel: one for one in self.engines},
            polls=self.polls,
            exchanges={one.number: replace(one, state=ExchangeState.COMPLETE) for one in self.wire.exchanges},
        )
        return write_history(self.read(*protocols).events, around)


class Client:
    """One client in one namespace."""

    def __init__(self, talk: SocketTalk, channel: str, namespace: str, address: Endpoint) -> None:
        self.talk = talk
        self.channel = channel
        self.namespace = namespace
        self.address = address

    def emits(self, name: str, *arguments: Any, **more: Any) -> SocketPacket:
        """Send the server an event."""
        return self._event(name, arguments, from_client=True, **more)

    def gets(self, name: str, *arguments: Any, **more: Any) -> SocketPacket:
        """Get an event of the server."""
        return self._event(name, arguments, from_client=False, **more)

    def gets_ack(self, number: int, *arguments: Any, **more: Any) -> SocketPacket:
        """Get an acknowledgement."""
        payload = json.dumps(arguments, ensure_ascii=False)
        return self.gets_packet(SocketPacketKind.ACK, payload=payload, ack=number, **more)

    def leaves(self) -> SocketPacket:
        """Disconnect from the namespace."""
        return self._packet(SocketPacketKind.DISCONNECT, from_client=True)

    def gets_packet(self, kind: SocketPacketKind, **more: Any) -> SocketPacket:
        """Get a packet of any kind."""
        return self._packet(kind, from_client=False, **more)

    def sends_packet(self, kind: SocketPacketKind, **more: Any) -> SocketPacket:
        """Send a packet of any kind."""
        return self._packet(kind, from_client=True, **more)

    def _event(self, name: str, arguments: tuple[Any, ...], **more: Any) -> SocketPacket:
        payload = json.dumps(arguments, ensure_ascii=False)
        return self._packet(SocketPacketKind.EVENT, name=name, payload=payload, **more)

    def _packet(
        self,
        kind: SocketPacketKind,
        *,
        from_client: bool,
        name: str | None = None,
        payload: str = "",
        ack: int | None = None,
        attachments: tuple[bytes, ...] = (),
        missing: int = 0,
        exchange: int | None = None,
    ) -> SocketPacket:
        number = len(self.talk.packets) + 1
        at_ns = ns(self.talk.at)
        return self.talk.add(
            SocketPacket(
                number=number,
                channel=self.channel,
                protocol=self.talk.protocol,
                client=self.address,
                server=self.talk.server,
                path="/socket.io/",
                namespace=self.namespace,
                kind=kind,
                name=name,
                payload=payload,
                attachments=attachments,
                ack=ack,
                from_client=from_client,
                span=Span(at_ns, at_ns, number, number),
                exchange=exchange,
                message=None if exchange is not None else number,
                missing=missing,
            )
        )
