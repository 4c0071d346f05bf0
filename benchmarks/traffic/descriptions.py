"""Session descriptions and candidates as browsers write them, of a few kilobytes: the sample client's payloads."""

from __future__ import annotations

import json
from typing import NamedTuple

AUDIO = {111: "opus/48000/2", 63: "red/48000/2", 9: "G722/8000", 0: "PCMU/8000"}
MORE_AUDIO = {8: "PCMA/8000", 13: "CN/8000", 110: "telephone-event/48000", 126: "telephone-event/8000"}
VIDEO = ("VP8", "VP9", "VP9", "H264", "H264", "H264", "AV1")
MORE_VIDEO = (*VIDEO, "H264", "H264", "H264", "AV1", "H265", "H265")
FEEDBACK = ("goog-remb", "transport-cc", "ccm fir", "nack", "nack pli")
EXTENSIONS = (
    "urn:ietf:params:rtp-hdrext:toffset",
    "http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time",
    "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01",
    "urn:ietf:params:rtp-hdrext:sdes:mid",
)
MORE_EXTENSIONS = (
    *EXTENSIONS,
    "urn:3gpp:video-orientation",
    "http://www.webrtc.org/experiments/rtp-hdrext/playout-delay",
    "http://www.webrtc.org/experiments/rtp-hdrext/video-content-type",
    "http://www.webrtc.org/experiments/rtp-hdrext/video-timing",
    "http://www.webrtc.org/experiments/rtp-hdrext/color-space",
    "urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id",
    "urn:ietf:params:rtp-hdrext:sdes:repaired-rtp-stream-id",
)
PROFILES = {  # what a codec says of itself, by turns where it is offered more than once
    "VP9": ("profile-id=0", "profile-id=2"),
    "H264": tuple(
        f"level-asymmetry-allowed=1;packetization-mode={mode};profile-level-id={profile}"
        for profile in ("42001f", "42e01f", "4d001f")
        for mode in (1, 0)
    ),
    "AV1": ("level-idx=5;profile=0;tier=0", "level-idx=5;profile=1;tier=0"),
    "H265": (
        "level-id=180;profile-id=1;tier-flag=0;tx-mode=SRST",
        "level-id=180;profile-id=2;tier-flag=0;tx-mode=SRST",
    ),
}


class Wealth(NamedTuple):
    """How much a client offers."""

    audio: dict[int, str]
    video: tuple[str, ...]
    extensions: tuple[str, ...]
    tells_profiles: bool
    candidates: int  # that stand in the description: what was gathered before it was made


PLAIN = Wealth(AUDIO, VIDEO, EXTENSIONS, tells_profiles=False, candidates=0)  # about 3 kB
RICH = Wealth(
    AUDIO | MORE_AUDIO, MORE_VIDEO, MORE_EXTENSIONS, tells_profiles=True, candidates=4
)  # about 7 kB, as Chrome today


def candidate(seed: int, number: int) -> str:
    """Return a candidate message as the sample client writes it."""
    text = f"{candidate_line(seed, number)} generation 0 ufrag u{seed:03x} network-id 1"
    return json.dumps({"candidate": text, "sdpMLineIndex": 0, "sdpMid": "0"})


def candidate_line(seed: int, number: int) -> str:
    """Return a candidate's attribute without what is optional."""
    address = f"10.78.0.{seed % 250 + 1} {40000 + number}"
    return f"candidate:{seed % 9000 + number} 1 udp {2122260223 - number} {address} typ host"


def description(seed: int, setup: str, version: int = 2, wealth: Wealth = PLAIN) -> str:
    """Return a session description: audio and video with the usual codecs."""
    fingerprint = ":".join(f"{(seed * 7 + at * 13) & 0xFF:02X}" for at in range(32))
    session = [
        "v=0", f"o=- {4_000_000_000_000_000_000 + seed} {version} IN IP4 127.0.0.1", "s=-", "t=0 0",
        "a=group:BUNDLE 0 1", "a=extmap-allow-mixed", f"a=msid-semantic: WMS stream{seed}",
    ]  # fmt: skip
    audio = media(seed, setup, fingerprint, ("audio", 0, wealth.audio), wealth)
    codecs = {
        payload: codec
        for at, name in enumerate(wealth.video)
        for payload, codec in ((96 + 2 * at, f"{name}/90000"), (97 + 2 * at, "rtx/90000"))
        if payload not in wealth.audio
    }
    video = media(seed, setup, fingerprint, ("video", 1, codecs), wealth)
    return "\r\n".join(session + audio + video) + "\r\n"


def media(
    seed: int, setup: str, fingerprint: str, section: tuple[str, int, dict[int, str]], wealth: Wealth
) -> list[str]:
    """Return one media section."""
    kind, mid, codecs = section
    lines = [
        f"m={kind} 9 UDP/TLS/RTP/SAVPF {' '.join(map(str, codecs))}", "c=IN IP4 0.0.0.0", "a=rtcp:9 IN IP4 0.0.0.0",
        f"a=ice-ufrag:u{seed:03x}", f"a=ice-pwd:{seed:024x}", "a=ice-options:trickle renomination",
        f"a=fingerprint:sha-256 {fingerprint}", f"a=setup:{setup}", f"a=mid:{mid}",
        *(f"a={candidate_line(seed, number)}" for number in range(wealth.candidates)),
        *(f"a=extmap:{number} {name}" for number, name in enumerate(wealth.extensions, 1)),
        "a=sendrecv", f"a=msid:stream{seed} {kind}_label", "a=rtcp-mux", "a=rtcp-rsize",
    ]  # fmt: skip
    told: dict[str, int] = {}
    for payload, codec in codecs.items():
        name = codec.partition("/")[0]
        lines.append(f"a=rtpmap:{payload} {codec}")
        if name == "rtx":
            lines.append(f"a=fmtp:{payload} apt={payload - 1}")
        elif kind == "video":
            lines += [f"a=rtcp-fb:{payload} {feedback}" for feedback in FEEDBACK]
        if wealth.tells_profiles and name in PROFILES:
            profiles = PROFILES[name]
            lines.append(f"a=fmtp:{payload} {profiles[told.get(name, 0) % len(profiles)]}")
            told[name] = told.get(name, 0) + 1
    ssrc = 100_000 + seed * 10 + mid
    return [*lines, f"a=ssrc:{ssrc} cname:cname{seed}", f"a=ssrc:{ssrc} msid:stream{seed} {kind}_label"]
