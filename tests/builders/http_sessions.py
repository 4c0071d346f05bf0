"""Exchanges of WHIP and WHEP, and what reading them and writing their history gives."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sigtrace.calls.history import History, write_history
from sigtrace.calls.surroundings import Surroundings
from sigtrace.signaling import PROTOCOLS
from sigtrace.signaling.reading import Reading, read_units
from tests.builders.exchanges import ALICE, SERVER, Wire, ns

if TYPE_CHECKING:
    from sigtrace.application.http.message import Exchange
    from sigtrace.packets.endpoint import Endpoint

SDP = b"application/sdp"
FRAGMENT = b"application/trickle-ice-sdpfrag"
PROBLEM = b"application/problem+json"
CANDIDATE = "candidate:1 1 udp 2122260223 10.77.0.11 5000 typ host"

Fields = tuple[tuple[bytes, bytes], ...]


def description(
    direction: str = "sendonly", setup: str = "actpass", *, session: int = 1, candidate: bool = False
) -> bytes:
    """Make a description of one audio section."""
    lines = [
        "v=0",
        f"o=- {session} 2 IN IP4 127.0.0.1",
        "s=-",
        "t=0 0",
        "m=audio 9 UDP/TLS/RTP/SAVPF 111",
        "a=mid:0",
        *([f"a={direction}"] if direction else []),
        f"a=setup:{setup}",
        "a=rtpmap:111 opus/48000/2",
        *([f"a={CANDIDATE}"] if candidate else []),
    ]
    return "".join(f"{line}\r\n" for line in lines).encode()


OFFER = description()
ANSWER = description("recvonly", "passive", session=7, candidate=True)
PLAYER_OFFER = description("recvonly")
PLAYER_ANSWER = description("sendonly", "passive", session=7, candidate=True)
SERVER_OFFER = description("sendonly", session=7, candidate=True)
ANSWER_OF_PLAYER = description("recvonly", "active", session=5)


def fragment(*candidates: str, ufrag: str = "EsAw", end: bool = False) -> bytes:
    """Make a fragment, its credentials in front."""
    lines = [f"a=ice-ufrag:{ufrag}", "a=ice-pwd:P2uYro0UCOQ4zxjKXaWCBui1", "m=audio 9 RTP/AVP 0", "a=mid:0"]
    lines += [f"a={candidate}" for candidate in candidates]
    lines += ["a=end-of-candidates"] if end else []
    return "".join(f"{line}\r\n" for line in lines).encode()


class HttpSessions(Wire):
    """Makes exchanges of WHIP and WHEP; each answer comes 0.1 s after its request."""

    def ask(
        self,
        method: str,
        target: str,
        at: float,
        status: int,
        *,
        body: bytes = b"",
        kind: bytes | None = None,
        fields: Fields = (),
        answer: bytes = b"",
        answer_kind: bytes | None = None,
        answer_fields: Fields = (),
        host: bytes = b"media.example.com",
        client: str = ALICE,
        server: Endpoint = SERVER,
        reason: bytes = b"",
    ) -> Exchange:
        """Add any exchange; status 0 is none."""
        typed = () if kind is None else ((b"Content-Type", kind),)
        answer_typed = () if answer_kind is None else ((b"content-type", answer_kind),)
        return self.add(
            client,
            target,
            at,
            at + 0.1 if status else None,
            body=body,
            method=method,
            headers=((b"Host", host), *typed, *fields),
            answer=(answer, None),
            response_headers=(*answer_typed, *answer_fields),
            status=status,
            reason=reason,
            server=server,
        )

    def create(
        self,
        at: float,
        *,
        target: str = "/whip/live",
        location: bytes | None = b"/session/1",
        offer: bytes = OFFER,
        answer: bytes = ANSWER,
        fields: Fields = (),
        answer_fields: Fields = (),
        **more: object,
    ) -> Exchange:
        """Offer, and get a session."""
        told = () if location is None else ((b"Location", location),)
        return self.ask(
            "POST",
            target,
            at,
            201,
            body=offer,
            kind=SDP,
            fields=fields,
            answer=answer,
            answer_kind=SDP,
            answer_fields=((b"ETag", b'"1"'), *told, *answer_fields),
            **more,  # type: ignore[arg-type]
        )

    def trickle(
        self,
        at: float,
        body: bytes,
        *,
        target: str = "/session/1",
        status: int = 204,
        match: bytes | None = b'"1"',
        **more: object,
    ) -> Exchange:
        """Send a fragment."""
        fields = () if match is None else ((b"If-Match", match),)
        return self.ask("PATCH", target, at, status, body=body, kind=FRAGMENT, fields=fields, **more)  # type: ignore[arg-type]

    def restart(self, at: float, *, match: bytes = b'"*"', target: str = "/session/1") -> Exchange:
        """Restart ICE; the server gives new credentials and one candidate."""
        asked, given = fragment(CANDIDATE, ufrag="new1"), fragment(CANDIDATE, ufrag="new2", end=True)
        more = {"answer": given, "answer_kind": FRAGMENT, "answer_fields": ((b"E-Tag", b'"2"'),)}
        return self.trickle(at, asked, status=200, match=match, target=target, **more)

    def end(self, at: float, *, target: str = "/session/1", status: int = 200, **more: object) -> Exchange:
        """Delete the session."""
        return self.ask("DELETE", target, at, status, **more)  # type: ignore[arg-type]

    def reading(self) -> Reading:
        """Read everything by all protocols there are."""
        return read_units(PROTOCOLS, self.exchanges, (), (), {})

    def history(self) -> History:
        """Write what comes of it."""
        return write_history(self.reading().events, Surroundings(last_ns=ns(100), closed_ns={}))
