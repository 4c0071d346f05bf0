"""Write the damaged twins of good captures: `python -m captures.lab.damage`, no rights needed.

A capture is taken apart into its pieces: the blocks of a pcapng file, or the header and records of a pcap file. Pieces
that hold a packet are left out, moved or spoiled; no byte of the others changes, so packet times stay as they were.
"""

from __future__ import annotations

import json
import random
import re
import shutil
import struct
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from captures.lab.truth import write_document

CAPTURES = Path(__file__).parents[1]
PCAPNG = b"\x0a\x0d\x0d\x0a"
PCAP_HEADER = 24
PCAP_RECORD = 16
ENHANCED_PACKET = 6
PACKET_OFFSET = {"pcap": PCAP_RECORD, "pcapng": 28}  # where a packet's bytes begin in its piece
WINDOW = 5
SEED = 7
MADE = "`python -m captures.lab.damage` writes this folder again."


@dataclass(frozen=True, slots=True)
class Piece:
    """One block or record; `number` is the packet's, from 1, or 0 for a piece without a packet."""

    data: bytes
    number: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Twin:
    """One damaged copy to make; `lost` says for each removed packet what it was."""

    of: str
    kind: str
    lost: tuple[tuple[int, str], ...] = ()


TWINS = (
    Twin(of="basic-call", kind="cut"),
    Twin(of="browser-call", kind="cut"),
    Twin(of="simple-call", kind="cut"),
    Twin(
        of="basic-call",
        kind="gap",
        lost=(
            (45, "second of three segments of bob's offer (POST): 1448 bytes of body"),
            (55, "alice's acknowledgement of the delivered offer's last segment"),
            (
                119,
                "second of three segments of the `/wait` answer with alice's answer: 1448 bytes of body",
            ),
            (1066, "the whole `200 OK` to bob's sign-out"),
        ),
    ),
    Twin(
        of="browser-call",
        kind="gap",
        lost=(
            (111, "third of five segments of Alice's offer (POST): 1448 bytes of body"),
            (236, "third of five segments of the `/wait` answer with Bob's answer: 1448 bytes of body"),
            (243, "Alice's acknowledgement of that answer's last segment"),
            (1283, "the whole `200 OK` to Alice's BYE"),
        ),
    ),
    Twin(
        of="signalmaster",
        kind="gap",
        lost=(
            (230, "a whole WebSocket frame: C's first offer, compressed; what C compresses later refers back to it"),
            (294, "second of two segments of A's answer to C (POST): 1397 bytes of body"),
            (388, "first of two segments of the poll that brings C's screen to A: the head and 1223 bytes of body"),
            (424, "a whole WebSocket frame: C's second candidate for its screen, on its way to B"),
        ),
    ),
    Twin(of="basic-call", kind="reordered"),
    Twin(of="browser-call", kind="reordered"),
    Twin(of="queued-messages", kind="reordered"),
    Twin(of="queued-messages", kind="dropped"),
    Twin(of="busy-peers", kind="dropped"),
    Twin(of="simple-call", kind="garbled"),
    Twin(of="long-wait", kind="garbled"),
    Twin(of="skyrtc-mesh", kind="cut"),
    Twin(
        of="skyrtc-mesh",
        kind="gap",
        lost=(
            (69, "third of five segments of B's `__offer` to A: 1448 masked bytes"),
            (82, "A's acknowledgement of that offer's last segment"),
            (92, "a whole `_ice_candidate` to A, the third that B sent"),
            (343, "third of five segments of C's offer as the server sends it to A: 1448 bytes"),
            (808, "the `_remove_peer` to C, as B has left"),
        ),
    ),
    Twin(of="skyrtc-mesh", kind="reordered"),
)
STORIES = {
    "cut": "The file ends in the middle of a packet, as when a disk was full or a recorder was killed.",
    "gap": "A few packets of the signaling were never recorded; both ends had them, so nobody sent them again.",
    "reordered": f"Packets were shuffled within windows of {WINDOW} but kept their times: time often runs backwards.",
    "dropped": "Three of a hundred TCP packets, chosen at random, were never recorded.",
    "garbled": "One packet's length field in the file was overwritten with nonsense, as by a bad disk.",
}
LOOKS = {
    "cut": "Everything before the end is as in the original; what is still open there is open, not wrong.",
    "gap": "Sequence numbers tell what is lost. Both bodies can still be read whole on their other way.",
    "reordered": "By sequence numbers nothing is lost and nothing was sent twice.",
    "dropped": "What is lost is said by the acknowledgements; `truth.json` has what really happened.",
    "garbled": "How much is readable behind the bad place, and whether the tool says where the place is.",
}


def split(data: bytes) -> list[Piece]:
    """Take a little-endian capture apart; `b"".join` of the pieces' data is the capture."""
    return _blocks(data) if data.startswith(PCAPNG) else _records(data)


def _blocks(data: bytes) -> list[Piece]:
    pieces, offset, number = [], 0, 0
    while offset < len(data):
        kind, length = struct.unpack_from("<II", data, offset)
        number += kind == ENHANCED_PACKET
        pieces.append(Piece(data[offset : offset + length], number if kind == ENHANCED_PACKET else 0))
        offset += length
    return pieces


def _records(data: bytes) -> list[Piece]:
    pieces, offset, number = [Piece(data[:PCAP_HEADER], 0)], PCAP_HEADER, 0
    while offset < len(data):
        length = PCAP_RECORD + struct.unpack_from("<I", data, offset + 8)[0]
        number += 1
        pieces.append(Piece(data[offset : offset + length], number))
        offset += length
    return pieces


def cut(pieces: list[Piece]) -> tuple[list[Piece], str]:
    """End the file in the middle of a packet, three fifths into the packets."""
    number = pieces[-1].number or max(piece.number for piece in pieces)
    last = number * 3 // 5
    index = next(index for index, piece in enumerate(pieces) if piece.number == last)
    half = pieces[index].data[: len(pieces[index].data) // 2]
    return [*pieces[:index], Piece(half, last)], f"Packet {last} is cut in half; {last - 1} packets are whole."


def reordered(pieces: list[Piece]) -> tuple[list[Piece], str]:
    """Shuffle packets within windows."""
    coin = random.Random(SEED)  # noqa: S311 - the same twin every time
    packets = [piece for piece in pieces if piece.number]
    for start in range(0, len(packets), WINDOW):
        window = packets[start : start + WINDOW]
        coin.shuffle(window)
        packets[start : start + WINDOW] = window
    rest = iter(packets)
    moved = sum(packet.number != place for place, packet in enumerate(packets, 1))
    return [next(rest) if piece.number else piece for piece in pieces], f"{moved} of {len(packets)} packets moved."


def dropped(pieces: list[Piece], suffix: str) -> tuple[list[Piece], list[int]]:
    """Leave out three of a hundred TCP packets."""
    coin = random.Random(SEED)  # noqa: S311 - the same twin every time
    lost = [piece.number for piece in pieces if piece.number and _is_tcp(piece, suffix) and coin.random() < 0.03]
    return [piece for piece in pieces if piece.number not in lost], lost


def garbled(pieces: list[Piece], suffix: str) -> tuple[list[Piece], str]:
    """Overwrite the length field of a packet in the middle."""
    number = max(piece.number for piece in pieces) // 2
    index = next(index for index, piece in enumerate(pieces) if piece.number == number)
    data = bytearray(pieces[index].data)
    place = 8 if suffix == "pcap" else 4
    data[place : place + 4] = b"\xde\xad\xbe\xef"
    spoiled = [*pieces[:index], Piece(bytes(data), number), *pieces[index + 1 :]]
    return spoiled, f"The length field of packet {number} is `de ad be ef`."


def _is_tcp(piece: Piece, suffix: str) -> bool:
    frame = piece.data[PACKET_OFFSET[suffix] :]
    return (frame[12:14] == b"\x08\x00" and frame[23:24] == b"\x06") or (
        frame[12:14] == b"\x86\xdd" and frame[20:21] == b"\x06"
    )


def make(twin: Twin) -> None:
    """Write one twin's folder: capture, truth, README."""
    original = next(path for path in (CAPTURES / twin.of).iterdir() if path.suffix in {".pcap", ".pcapng"})
    suffix = original.suffix[1:]
    pieces = split(original.read_bytes())
    note: dict[str, Any] = {"of": twin.of, "kind": twin.kind}
    if twin.kind == "gap":
        numbers = [number for number, _ in twin.lost]
        pieces = [piece for piece in pieces if piece.number not in numbers]
        note["lost"] = [{"packet": number, "what": what} for number, what in twin.lost]
        rows = [f"| {number} | {what} |" for number, what in twin.lost]
        detail = "\n".join(["| Packet of the original | What it was |", "|---|---|", *rows])
    elif twin.kind == "dropped":
        pieces, numbers = dropped(pieces, suffix)
        note["lost"] = [{"packet": number} for number in numbers]
        detail = f"Lost are these packets of the original: {', '.join(map(str, numbers))}."
    else:
        damage: dict[str, Any] = {"cut": cut, "reordered": reordered, "garbled": lambda good: garbled(good, suffix)}[
            twin.kind
        ]
        pieces, detail = damage(pieces)
        note["what"] = detail
    _write(twin, original, pieces, note, detail)


def _write(twin: Twin, original: Path, pieces: list[Piece], note: dict[str, Any], detail: str) -> None:
    folder = CAPTURES / f"{twin.of}-{twin.kind}"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    (folder / f"{folder.name}{original.suffix}").write_bytes(b"".join(piece.data for piece in pieces))
    note["last_packet"] = _last_packet(folder / f"{folder.name}{original.suffix}")
    truth = json.loads((original.parent / "truth.json").read_text(encoding="utf-8"))
    write_document(folder / "truth.json", truth | {"damage": note})
    readme = f"""# {folder.name}

`{twin.of}`, damaged. {STORIES[twin.kind]}

{detail}

**What to look at.** {LOOKS[twin.kind]}

**How it was made.** {MADE} `truth.json` is the original's, with `damage` added.
"""
    (folder / "README.md").write_text(readme, encoding="utf-8")


def _last_packet(capture: Path) -> float | None:
    """When the last readable packet was recorded, by capinfos: what happened later is not in the twin."""
    table = subprocess.run(
        ["capinfos", "-T", "-r", "-S", "-e", str(capture)], capture_output=True, text=True, check=False
    )
    found = re.search(r"\t(\d+\.\d+)\s*$", table.stdout)
    return float(found[1]) if found else None


def main() -> None:
    """Make every twin whose original is there, or those of the originals that are named."""
    for twin in TWINS:
        if (not sys.argv[1:] or twin.of in sys.argv[1:]) and (CAPTURES / twin.of / "truth.json").exists():
            make(twin)
            print(f"{twin.of}-{twin.kind}")


if __name__ == "__main__":
    main()
