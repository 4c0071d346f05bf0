"""What a browser of 2018 would describe, short enough for many calls in one capture."""

from __future__ import annotations

from typing import Any

from captures.lab.descriptions import Media

DESCRIPTIONS = 8  # of each kind for each client; none needs more
KEPT_CODECS = {"111", "0", "96", "97", "102", "103"}  # what a description of 2018 had, near enough, and short


def shortened(sdp: str) -> str:
    """Leave the rarer codecs out of a description."""
    lines = []
    for line in sdp.split("\r\n"):
        name, _, rest = line.partition(":")
        if name in {"a=rtpmap", "a=fmtp", "a=rtcp-fb"} and rest.split(" ")[0] not in KEPT_CODECS:
            continue
        words = line.split(" ")
        kept = words[:3] + [word for word in words[3:] if word in KEPT_CODECS]
        lines.append(" ".join(kept) if line.startswith("m=") else line)
    return "\r\n".join(lines)


def browser_media(address: str, seed: int) -> dict[str, Any]:
    """Descriptions and candidates of one client, in the order in which it uses them."""
    media = Media(address, seed)
    offers = [shortened(media.describe("offer")) for _ in range(DESCRIPTIONS)]
    answers = [shortened(media.describe("answer")) for _ in range(DESCRIPTIONS)]
    found = media.candidates(2)
    lines = [{"candidate": text, "sdpMid": ("audio", "video")[index], "sdpMLineIndex": index} for index, text in found]
    return {"offer": offers, "answer": answers, "candidates": lines}
