"""Which functions of `peerconnection_client` and `peerconnection_server` are behind each thing on the wire.

Calls are in order, outermost first. Names are those of libwebrtc's `examples/peerconnection/` (2013 to 2026; until
2018-04 `AddTracks` was `AddStreams`). On the client, `MainWnd` is the window on Windows and `GtkMainWnd` the one on
Linux. On the server, `main` is the loop in `main.cc`.
"""

from __future__ import annotations

from enum import Enum

from sigtrace.value import Value


class WireEvent(Enum):
    """What is sent, as far as other functions send or handle it."""

    SIGN_IN = "sign-in"
    SIGNED_IN = "signed-in"
    WAIT = "wait"
    PEER_JOINED = "peer-joined"
    PEER_LEFT = "peer-left"
    DESCRIPTION_SENT = "description-sent"
    OFFER_DELIVERED = "offer-delivered"
    ANSWER_DELIVERED = "answer-delivered"
    CANDIDATE_SENT = "candidate-sent"
    CANDIDATE_DELIVERED = "candidate-delivered"
    BYE_SENT = "bye-sent"
    BYE_DELIVERED = "bye-delivered"
    MESSAGE_SENT = "message-sent"
    MESSAGE_DELIVERED = "message-delivered"
    MESSAGE_ACCEPTED = "message-accepted"
    SIGN_OUT = "sign-out"
    SIGNED_OUT = "signed-out"
    REFUSED = "refused"
    WAIT_CLOSED = "wait-closed"
    LOOPBACK_DELIVERED = "loopback-delivered"
    BROWSER_REQUEST = "browser-request"
    QUIT = "quit"


class Functions(Value, frozen=True):
    """The functions on both ends of one thing on the wire; either side may be empty."""

    sender: tuple[str, ...]
    handler: tuple[str, ...]


_SEND = (
    "Conductor::SendMessage",
    "MainWnd::QueueUIThreadCallback",
    "Conductor::UIThreadCallback(SEND_MESSAGE_TO_PEER)",
    "PeerConnectionClient::SendToPeer",
    "PeerConnectionClient::ConnectControlSocket",
    "PeerConnectionClient::OnConnect",
)
_READ_REQUEST = ("DataSocket::OnDataAvailable", "DataSocket::ParseHeaders", "DataSocket::ParseMethodAndPath")
_FORWARD = (
    "DataSocket::OnDataAvailable",
    "PeerChannel::Lookup",
    "PeerChannel::IsTargetedRequest",
    "ChannelMember::ForwardRequestToPeer",
    "ChannelMember::QueueResponse",
)
_BROADCAST = (
    "PeerChannel::BroadcastChangedState",
    "ChannelMember::NotifyOfOtherMember",
    "ChannelMember::QueueResponse",
)
_RELAY = ("ChannelMember::QueueResponse, or ChannelMember::SetWaitingSocket when it was queued", "DataSocket::Send")
_RECEIVE = (
    "PeerConnectionClient::OnHangingGetRead",
    "PeerConnectionClient::OnMessageFromPeer",
    "Conductor::OnMessageFromPeer",
)
_NOTIFIED = ("PeerConnectionClient::OnHangingGetRead", "PeerConnectionClient::ParseEntry")
_ANSWERED = ("PeerConnectionClient::OnRead", "PeerConnectionClient::ReadIntoBuffer")

FUNCTIONS: dict[WireEvent, Functions] = {
    WireEvent.SIGN_IN: Functions(
        (
            "Conductor::StartLogin",
            "PeerConnectionClient::Connect",
            "PeerConnectionClient::DoConnect",
            "PeerConnectionClient::ConnectControlSocket",
            "PeerConnectionClient::OnConnect",
        ),
        (*_READ_REQUEST, "PeerChannel::IsPeerConnection", "PeerChannel::AddMember", "ChannelMember::ChannelMember"),
    ),
    WireEvent.SIGNED_IN: Functions(
        ("PeerChannel::BuildResponseForNewMember", "ChannelMember::GetPeerIdHeader", "DataSocket::Send"),
        (
            *_ANSWERED,
            "PeerConnectionClient::ParseServerResponse",
            "PeerConnectionClient::ParseEntry",
            "Conductor::OnPeerConnected",
            "Conductor::OnSignedIn",
            "MainWnd::SwitchToPeerList",
        ),
    ),
    WireEvent.WAIT: Functions(
        (
            "PeerConnectionClient::OnRead, OnClose or OnHangingGetRead",
            "PeerConnectionClient::OnHangingGetConnect",
        ),
        (
            "DataSocket::OnDataAvailable",
            "PeerChannel::Lookup",
            "ChannelMember::is_wait_request",
            "ChannelMember::SetWaitingSocket",
        ),
    ),
    WireEvent.PEER_JOINED: Functions(
        ("PeerChannel::AddMember", *_BROADCAST), (*_NOTIFIED, "Conductor::OnPeerConnected")
    ),
    WireEvent.PEER_LEFT: Functions(
        ("PeerChannel::OnClosing, or PeerChannel::CheckForTimeout when it vanished", *_BROADCAST),
        (*_NOTIFIED, "Conductor::OnPeerDisconnected"),
    ),
    WireEvent.DESCRIPTION_SENT: Functions(("Conductor::OnSuccess (SetLocalDescription)", *_SEND), _FORWARD),
    WireEvent.OFFER_DELIVERED: Functions(
        _RELAY,
        (
            *_RECEIVE,
            "Conductor::InitializePeerConnection",
            "PeerConnection::SetRemoteDescription",
            "PeerConnection::CreateAnswer",
            "Conductor::OnSuccess",
        ),
    ),
    WireEvent.ANSWER_DELIVERED: Functions(_RELAY, (*_RECEIVE, "PeerConnection::SetRemoteDescription")),
    WireEvent.CANDIDATE_SENT: Functions(("Conductor::OnIceCandidate", *_SEND), _FORWARD),
    WireEvent.CANDIDATE_DELIVERED: Functions(
        _RELAY, (*_RECEIVE, "webrtc::CreateIceCandidate", "PeerConnection::AddIceCandidate")
    ),
    WireEvent.BYE_SENT: Functions(
        (
            "MainWnd::PreTranslateMessage, or GtkMainWnd::OnKeyPress",
            "Conductor::DisconnectFromCurrentPeer",
            "PeerConnectionClient::SendHangUp",
            "PeerConnectionClient::SendToPeer",
            "PeerConnectionClient::OnConnect",
        ),
        _FORWARD,
    ),
    WireEvent.BYE_DELIVERED: Functions(
        _RELAY,
        (
            "PeerConnectionClient::OnHangingGetRead",
            "PeerConnectionClient::OnMessageFromPeer",
            "Conductor::OnPeerDisconnected",
            "Conductor::UIThreadCallback(PEER_CONNECTION_CLOSED)",
            "Conductor::DeletePeerConnection",
        ),
    ),
    WireEvent.MESSAGE_SENT: Functions(_SEND, _FORWARD),
    WireEvent.MESSAGE_DELIVERED: Functions(_RELAY, _RECEIVE),
    WireEvent.MESSAGE_ACCEPTED: Functions(
        ("ChannelMember::ForwardRequestToPeer", "DataSocket::Send"),
        (*_ANSWERED, "PeerConnectionClient::OnClose", "Conductor::OnMessageSent"),
    ),
    WireEvent.SIGN_OUT: Functions(
        (
            "Conductor::DisconnectFromServer (Escape in the list), or Conductor::Close (window closed)",
            "PeerConnectionClient::SignOut",
            "PeerConnectionClient::ConnectControlSocket",
            "PeerConnectionClient::OnConnect",
        ),
        ("DataSocket::OnDataAvailable", "PeerChannel::Lookup", "ChannelMember::set_disconnected"),
    ),
    WireEvent.SIGNED_OUT: Functions(
        ("main", "DataSocket::Send"), (*_ANSWERED, "PeerConnectionClient::Close", "Conductor::OnDisconnected")
    ),
    WireEvent.REFUSED: Functions(
        ("main, or HandleBrowserRequest", "DataSocket::Send"),
        (
            "PeerConnectionClient::ParseServerResponse",
            "PeerConnectionClient::Close",
            "Conductor::OnDisconnected",
            "MainWnd::SwitchToConnectUI",
        ),
    ),
    WireEvent.WAIT_CLOSED: Functions(
        ("PeerConnectionClient::SignOut, or PeerConnectionClient::Close",),
        ("DataSocket::OnDataAvailable (0 bytes)", "PeerChannel::OnClosing", "ChannelMember::OnClosing"),
    ),
    WireEvent.LOOPBACK_DELIVERED: Functions(_RELAY, (*_RECEIVE, "Conductor::ReinitializePeerConnectionForLoopback")),
    WireEvent.BROWSER_REQUEST: Functions((), (*_READ_REQUEST, "HandleBrowserRequest")),
    WireEvent.QUIT: Functions((), (*_READ_REQUEST, "HandleBrowserRequest", "PeerChannel::CloseAll")),
}
"""Every wire event has its entry; the browser's own side has no functions to name."""
