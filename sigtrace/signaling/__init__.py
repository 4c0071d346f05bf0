"""Exchanges and messages → signaling events, one file per protocol, and the one list that registers them."""

from __future__ import annotations

from sigtrace.signaling.chat import TextChat
from sigtrace.signaling.generic import Generic
from sigtrace.signaling.peerconnection import PeerConnection
from sigtrace.signaling.protocol import Fit, SignalingProtocol
from sigtrace.signaling.signalmaster import Signalmaster
from sigtrace.signaling.skyrtc import SkyRTC
from sigtrace.signaling.socketio import SocketIO
from sigtrace.signaling.whip import Whep, Whip

PROTOCOLS: tuple[SignalingProtocol, ...] = (
    PeerConnection(),
    SkyRTC(),
    Signalmaster(),
    Whip(),
    Whep(),
    TextChat(),
    Generic(),
    SocketIO(),
)  # fmt: skip
"""Every protocol we know; order breaks ties between equal fits."""

__all__ = ["PROTOCOLS", "Fit", "SignalingProtocol"]
