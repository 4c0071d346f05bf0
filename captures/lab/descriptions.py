"""Session descriptions and candidates as libwebrtc writes them, and their JSON as jsoncpp writes it.

No media flows in the lab, but what is signaled is what a real client would signal: placeholder port 9, no candidates in
the description, trickled candidates afterwards.
"""

from __future__ import annotations

import json
import random
import string
from dataclasses import dataclass, field

ICE_CHARS = string.ascii_letters + string.digits + "+/"
AUDIO = (
    (111, "opus/48000/2", "minptime=10;useinbandfec=1", ("transport-cc",)),
    (63, "red/48000/2", "111/111", ()),
    (9, "G722/8000", "", ()),
    (0, "PCMU/8000", "", ()),
    (8, "PCMA/8000", "", ()),
    (13, "CN/8000", "", ()),
    (110, "telephone-event/48000", "", ()),
    (126, "telephone-event/8000", "", ()),
)
FEEDBACK = ("goog-remb", "transport-cc", "ccm fir", "nack", "nack pli")
H264 = "level-asymmetry-allowed=1;packetization-mode=1;profile-level-id="
VIDEO = (
    (96, "VP8/90000", "", FEEDBACK),
    (97, "rtx/90000", "apt=96", ()),
    (98, "VP9/90000", "profile-id=0", FEEDBACK),
    (99, "rtx/90000", "apt=98", ()),
    (102, "H264/90000", H264 + "42001f", FEEDBACK),
    (103, "rtx/90000", "apt=102", ()),
    (45, "AV1/90000", "level-idx=5;profile=0;tier=0", FEEDBACK),
    (46, "rtx/90000", "apt=45", ()),
    (125, "red/90000", "", ()),
    (107, "rtx/90000", "apt=125", ()),
    (108, "ulpfec/90000", "", ()),
)
EXTENSIONS = {
    "audio": (
        (1, "urn:ietf:params:rtp-hdrext:ssrc-audio-level"),
        (2, "http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time"),
        (3, "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01"),
        (4, "urn:ietf:params:rtp-hdrext:sdes:mid"),
    ),
    "video": (
        (14, "urn:ietf:params:rtp-hdrext:toffset"),
        (2, "http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time"),
        (13, "urn:3gpp:video-orientation"),
        (3, "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01"),
        (4, "urn:ietf:params:rtp-hdrext:sdes:mid"),
    ),
}


@dataclass(slots=True)
class Media:
    """One client's side of the calls it makes: identifiers that stay, and descriptions made of them."""

    address: str
    seed: int
    _random: random.Random = field(init=False)
    ufrag: str = ""
    password: str = ""
    fingerprint: str = ""
    session: int = 0
    version: int = 1

    def __post_init__(self) -> None:
        self._random = random.Random(self.seed)  # noqa: S311 - identifiers of a laboratory
        self.ufrag = "".join(self._random.choices(ICE_CHARS, k=4))
        self.password = "".join(self._random.choices(ICE_CHARS, k=24))
        self.fingerprint = ":".join(f"{byte:02X}" for byte in self._random.randbytes(32))
        self.session = self._random.randrange(10**18, 9 * 10**18)

    def describe(self, kind: str) -> str:
        """Write an offer or an answer; every one has the next session version."""
        self.version += 1
        lines = ["v=0", f"o=- {self.session} {self.version} IN IP4 127.0.0.1", "s=-", "t=0 0"]
        lines += ["a=group:BUNDLE 0 1", "a=extmap-allow-mixed", "a=msid-semantic: WMS stream_id"]
        lines += self._section("audio", 0, AUDIO, kind) + self._section("video", 1, VIDEO, kind)
        return "".join(line + "\r\n" for line in lines)

    def candidates(self, count: int) -> list[tuple[int, str]]:
        """Write candidates as (m-line index, text): UDP and TCP host candidates, then a server reflexive one."""
        tail = f"generation 0 ufrag {self.ufrag} network-id 1 network-cost 50"
        port = self._random.randrange(40000, 60000)
        reflexive = f"typ srflx raddr {self.address} rport {port}"
        kinds = (
            f"candidate:2999745851 1 udp 2122260223 {self.address} {port} typ host {tail}",
            f"candidate:4233069003 1 tcp 1518280447 {self.address} 9 typ host tcptype active {tail}",
            f"candidate:1876313031 1 udp 1686052607 203.0.113.{port % 200 + 1} {port + 1} {reflexive} {tail}",
        )
        return [(index % 2, kinds[index % len(kinds)]) for index in range(count)]

    def _section(self, media: str, mid: int, codecs: tuple, kind: str) -> list[str]:  # type: ignore[type-arg]
        formats = " ".join(str(codec[0]) for codec in codecs)
        label = f"{media}_label"
        lines = [f"m={media} 9 UDP/TLS/RTP/SAVPF {formats}", "c=IN IP4 0.0.0.0", "a=rtcp:9 IN IP4 0.0.0.0"]
        lines += [f"a=ice-ufrag:{self.ufrag}", f"a=ice-pwd:{self.password}", "a=ice-options:trickle"]
        lines += [f"a=fingerprint:sha-256 {self.fingerprint}", f"a=setup:{'active' if kind == 'answer' else 'actpass'}"]
        lines += [f"a=mid:{mid}", *(f"a=extmap:{number} {uri}" for number, uri in EXTENSIONS[media])]
        lines += ["a=sendrecv", f"a=msid:stream_id {label}", "a=rtcp-mux", "a=rtcp-rsize"]
        for payload, name, parameters, feedback in codecs:
            lines.append(f"a=rtpmap:{payload} {name}")
            lines += [f"a=rtcp-fb:{payload} {what}" for what in feedback]
            lines += [f"a=fmtp:{payload} {parameters}"] if parameters else []
        ssrcs = [self._random.randrange(1, 2**32) for _ in range(2 if media == "video" else 1)]
        lines += [f"a=ssrc-group:FID {ssrcs[0]} {ssrcs[1]}"] if media == "video" else []
        for ssrc in ssrcs:
            lines += [f"a=ssrc:{ssrc} cname:lab{self.seed:04}cname", f"a=ssrc:{ssrc} msid:stream_id {label}"]
        return lines


def encode_json(value: dict[str, str | int], *, indent: str = "\t", final: str = "") -> bytes:
    """Write an object as jsoncpp does: keys sorted, ` : ` between key and value; a TAB, since 2022-04."""
    rows = [f"{indent}{json.dumps(key)} : {json.dumps(value[key])}" for key in sorted(value)]
    return ("{\n" + ",\n".join(rows) + "\n}" + final).encode()
