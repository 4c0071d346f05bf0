"""Makers of session descriptions: real samples, and short texts from the lines that a test is about."""

from __future__ import annotations

from pathlib import Path

from sigtrace.sdp.description import Description, decode_description

_SAMPLES = Path(__file__).parents[1] / "unit" / "sdp" / "samples"

SAMPLES = tuple(sorted(path.stem for path in _SAMPLES.glob("*.sdp")))

FINGERPRINT = "a=fingerprint:sha-256 " + ":".join(["AB"] * 32)


def sample_text(name: str) -> str:
    """Return a sample description, its line ends as they are: "chromium-offer", "firefox-offer" and the like."""
    return (_SAMPLES / f"{name}.sdp").read_bytes().decode()


def sample(name: str) -> Description:
    """Return a sample description decoded."""
    return decode_description(sample_text(name))


def description_text(*lines: str, end: str = "\r\n") -> str:
    """Write a description: the obligatory first lines, then those given."""
    first = ("v=0", "o=- 4611731400430051336 2 IN IP4 127.0.0.1", "s=-", "t=0 0")
    return "".join(line + end for line in (*first, *lines))


def description(*lines: str) -> Description:
    """Write a description from its further lines, and decode it."""
    return decode_description(description_text(*lines))


def audio(*lines: str, port: int = 9, mid: str = "0", codecs: str = "111=opus/48000/2") -> tuple[str, ...]:
    """Write an audio section; `codecs` is `111=opus/48000/2 0`, where a number alone has no a=rtpmap."""
    return _section("audio", lines, port=port, mid=mid, codecs=codecs)


def video(*lines: str, port: int = 9, mid: str = "1", codecs: str = "96=VP8/90000") -> tuple[str, ...]:
    """Write a video section; see `audio`."""
    return _section("video", lines, port=port, mid=mid, codecs=codecs)


def _section(kind: str, lines: tuple[str, ...], *, port: int, mid: str, codecs: str) -> tuple[str, ...]:
    pairs = [codec.partition("=") for codec in codecs.split()]
    formats = " ".join(number for number, _, _ in pairs)
    mappings = [f"a=rtpmap:{number} {name}" for number, _, name in pairs if name]
    return (f"m={kind} {port} UDP/TLS/RTP/SAVPF {formats}", f"a=mid:{mid}", *mappings, *lines)
