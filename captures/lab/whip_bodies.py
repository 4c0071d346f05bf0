"""Descriptions and fragments as they travel in WHIP and WHEP: one direction of media, candidates inside."""

from __future__ import annotations

from dataclasses import dataclass, field

from captures.lab.browser_media import shortened
from captures.lab.descriptions import Media

SDP = "application/sdp"
FRAGMENT = "application/trickle-ice-sdpfrag"
RESTARTED = 1000  # added to the seed: other credentials, the same address


@dataclass(slots=True)
class Side:
    """One end of a session, with its ICE credentials; a `lite` one is a server with a public address."""

    address: str
    seed: int
    lite: bool = False
    media: Media = field(init=False)
    given: int = 0

    def __post_init__(self) -> None:
        self.media = Media(self.address, self.seed)

    def restart(self) -> None:
        """Take new credentials, for an ICE restart."""
        self.media = Media(self.address, self.seed + RESTARTED)
        self.given = 0

    def describe(self, kind: str, direction: str, *, candidates: int = 0) -> str:
        """Write an offer or an answer; candidates go into the first media section (bundled)."""
        lines = []
        listed = False
        for line in shortened(self.media.describe(kind)).split("\r\n"):
            if direction == "recvonly" and line.startswith(("a=msid:", "a=ssrc")):
                continue
            lines.append(f"a={direction}" if line == "a=sendrecv" else line)
            if line == "t=0 0" and self.lite:
                lines.append("a=ice-lite")
            if candidates and line.startswith("a=mid:") and not listed:
                lines += [*self.candidates(candidates), "a=end-of-candidates"]
                listed = True
        return "\r\n".join(lines)

    def candidates(self, count: int) -> list[str]:
        """The next candidates, as attributes."""
        found = [f"a={text}" for _, text in self.media.candidates(self.given + count)][self.given :]
        self.given += count
        return found

    def fragment(self, *, candidates: int, last: bool = False) -> str:
        """Write a fragment (RFC 8840 §9) with the next candidates."""
        lines = ["a=group:BUNDLE 0 1", "m=audio 9 UDP/TLS/RTP/SAVPF 111", "a=mid:0"]
        lines += [f"a=ice-ufrag:{self.media.ufrag}", f"a=ice-pwd:{self.media.password}"]
        lines += [*self.candidates(candidates), *(["a=end-of-candidates"] if last else [])]
        return "".join(line + "\r\n" for line in lines)
