"""Make the captures that sigtrace is measured on.

    python benchmarks/make_capture.py A.pcapng                       600 MB of media, TLS and 340 exchanges
    python benchmarks/make_capture.py --kind dense B.pcapng          40 000 exchanges of 5 kB, nothing else
    python benchmarks/make_capture.py --kind small-packets C.pcap    3 million packets of 60 to 120 bytes
    python benchmarks/make_capture.py --kind downloads D.pcapng.gz   600 MB of large HTTP downloads
    python benchmarks/make_capture.py --scale 10 - | sigtrace …      ten times the media-heavy one, to standard output

The file's name says the format: .pcapng or .pcap, and .gz or .zst behind it. The same arguments give the same bytes.
"""

from __future__ import annotations

import argparse
import os
from pathlib import Path

from traffic.formats import write
from traffic.kinds import KINDS


def main() -> None:
    """Make one capture."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", type=Path)
    parser.add_argument("--kind", choices=KINDS, default="media")
    parser.add_argument("--scale", type=float, default=1.0, help="of everything: 0.1 is a tenth")
    parser.add_argument("--calls", type=int, help="so many calls, whatever the scale")
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    try:
        write(arguments.file, KINDS[arguments.kind].make(arguments.scale, arguments.calls, arguments.seed))
    except BrokenPipeError:  # who reads has read enough
        os._exit(1)


if __name__ == "__main__":
    main()
