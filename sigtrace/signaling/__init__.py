"""Exchanges and messages → signaling events, one file per protocol, and the one list that registers them."""

from __future__ import annotations

from sigtrace.application.http.message import Exchange
from sigtrace.application.socketio.packet import SocketPacket
from sigtrace.application.websocket.message import Message
from sigtrace.signaling.deferred import Deferred
from sigtrace.signaling.peerconnection import PeerConnection
from sigtrace.signaling.protocol import Fit, SignalingProtocol

PROTOCOLS: tuple[SignalingProtocol, ...] = (
    PeerConnection(),
    Deferred("skyrtc", "skyrtc", "SkyRTC", (Message,)),
    Deferred("signalmaster", "signalmaster", "Signalmaster", (SocketPacket,)),
    Deferred("whip", "whip", "Whip", (Exchange,)),
    Deferred("whep", "whip", "Whep", (Exchange,)),
    Deferred("text-chat", "chat", "TextChat", (Message,)),
    Deferred("generic", "generic", "Generic", (Exchange, Message, SocketPacket)),
    Deferred("socket.io", "socketio", "SocketIO", (SocketPacket,)),
)  # fmt: skip
"""Every protocol we know; order breaks ties between equal fits."""

__all__ = ["PROTOCOLS", "Fit", "SignalingProtocol"]
