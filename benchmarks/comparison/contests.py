"""Which programs run in turn: a *contest* each, on one capture or on some that belong together.

The first program of a contest is the one that the others are set beside.
"""

from __future__ import annotations

from typing import NamedTuple

from .captures import Capture
from .programs import Place, Program, export, export_stream, tcpdump, tshark_http

MEDIA = Capture("media")
DENSE = Capture("dense")
SMALL_PACKETS = Capture("small-packets")
DOWNLOADS = Capture("downloads")
SHORT = Capture("dense", calls=1)  # about 200 kB
MEDIA_CALLS = 10  # of the media-heavy capture
MEDIA_SIZES = (1, 2, 4, 8)
DENSE_SIZES = (1, 2, 4)

EXPORT = "sigtrace export"
ANALYZE = "sigtrace analyze"
HELP = "sigtrace --help"
TSHARK = "tshark, HTTP"
TSHARK_BODIES = "tshark, HTTP and bodies"
TSHARK_ALL = "tshark -r"
TCPDUMP = "tcpdump, one port"
IMPORTS = "python -c 'import typer, rich'"
ALL_TIMES_TEN = "everything ten times"
MEDIA_TIMES_TEN = "the media ten times, the same calls"


class Contest(NamedTuple):
    """Programs that run in turn."""

    title: str
    programs: dict[str, Program]

    @property
    def first(self) -> str:
        """Return the name of what the others are set beside."""
        return next(iter(self.programs))


def at(times: int) -> str:
    """Return the name of an export of a capture some times as large."""
    return f"{EXPORT}, {times} times" if times > 1 else EXPORT


def other(capture: Capture, suffix: str) -> Capture:
    """Return the same packets in another format."""
    return capture._replace(suffix=suffix)


def contests(scale: float) -> dict[str, Contest]:
    """Return all contests by their short names.

    Args:
        scale: of the captures: how many calls there are in ten times the media depends on it.
    """
    cat = Program(("cat", MEDIA))
    ten = MEDIA._replace(times=10)
    return {
        "A": Contest(
            "A: media-heavy",
            {
                EXPORT: export(MEDIA),
                TSHARK: tshark_http(MEDIA),
                "cat": cat,
                "tcpflow": Program(("tcpflow", "-r", MEDIA), writes_files=True),
            },
        ),
        "B": Contest(
            "B: signaling-dense", {EXPORT: export(DENSE), TSHARK_BODIES: tshark_http(DENSE, "http.file_data")}
        ),
        "C": Contest(
            "C: small packets",
            {
                EXPORT: export(SMALL_PACKETS),
                TSHARK: tshark_http(SMALL_PACKETS),
                TCPDUMP: tcpdump(SMALL_PACKETS),
            },
        ),
        "D": Contest("D: HTTP bulk", {EXPORT: export(DOWNLOADS), TSHARK: tshark_http(DOWNLOADS)}),
        "E": Contest(
            "E: a short capture",
            {
                ANALYZE: Program((Place.SIGTRACE, "analyze", SHORT)),
                TSHARK_ALL: Program(("tshark", "-r", SHORT)),
            },
        ),
        "help": Contest(
            "E: starting",
            {HELP: Program((Place.SIGTRACE, "--help")), IMPORTS: Program((Place.PYTHON, "-c", "import typer, rich"))},
        ),
        "F": Contest(
            "F: ten times A, through the standard input",
            {
                ALL_TIMES_TEN: export_stream(ten),
                MEDIA_TIMES_TEN: export_stream(ten._replace(calls=max(round(MEDIA_CALLS * scale), 1))),
            },
        ),
        "gzip": Contest(
            "G: A, by gzip",
            {EXPORT: export(other(MEDIA, ".pcapng.gz")), "zcat": Program(("zcat", other(MEDIA, ".pcapng.gz")))},
        ),
        "zstd": Contest(
            "G: A, by zstd",
            {EXPORT: export(other(MEDIA, ".pcapng.zst")), "zstdcat": Program(("zstdcat", other(MEDIA, ".pcapng.zst")))},
        ),
        "pcap A": Contest(
            "H: A as classic pcap", {"export of pcapng": export(MEDIA), "export of pcap": export(other(MEDIA, ".pcap"))}
        ),
        "pcap C": Contest(
            "H: C as classic pcap",
            {"export of pcapng": export(SMALL_PACKETS), "export of pcap": export(other(SMALL_PACKETS, ".pcap"))},
        ),
        "A grows": Contest("I: A growing", {at(times): export(MEDIA._replace(times=times)) for times in MEDIA_SIZES}),
        "B grows": Contest("I: B growing", {at(times): export(DENSE._replace(times=times)) for times in DENSE_SIZES}),
    }
