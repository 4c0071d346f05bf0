"""TCP options of every kind, whole and damaged."""

from __future__ import annotations

import struct

from hypothesis import strategies as st

from tests.builders.packets import timestamps

MOST = 40  # bytes of options that a header has room for


def option(kind: int, data: bytes = b"", *, length: int | None = None) -> bytes:
    """Make an option that is not one byte (RFC 9293 §3.1); `length` may lie."""
    return bytes([kind, 2 + len(data) if length is None else length]) + data


NAMED = [  # every kind that has a meaning, and one that has none
    ("end of list", b"\0"),
    ("end of list, then noise", b"\0\xff\xff\xff"),
    ("no-operation", b"\1"),
    ("forty no-operations", b"\1" * MOST),
    ("maximum segment size", option(2, b"\x05\xb4")),
    ("window scale", option(3, b"\x07")),
    ("selective acknowledgment permitted", option(4)),
    *((f"selective acknowledgment of {blocks}", option(5, bytes(range(8 * blocks)))) for blocks in (1, 2, 3, 4)),
    ("echo", option(6, bytes(4))),
    ("timestamps", timestamps(77)),
    ("timestamps, then selective acknowledgment", timestamps(77) + b"\1\1" + option(5, bytes(24))),
    ("partial order", option(9)),
    ("alternate checksum", option(14, b"\0")),
    ("MD5 signature", option(19, bytes(16))),
    ("quick start", option(27, bytes(6))),
    ("user timeout", option(28, struct.pack("!H", 0x8005))),
    ("authentication", option(29, b"\1\1" + bytes(12))),
    ("authentication of twenty bytes", option(29, b"\1\1" + bytes(16))),
    *((f"multipath {kind}", option(30, bytes([kind << 4]) + bytes(10))) for kind in range(9)),
    ("fast open, asked for", option(34)),
    ("fast open, with cookie", option(34, bytes(range(8)))),
    ("encryption negotiation", option(69, b"\1")),
    ("experimental", option(253, b"\xf9\x89" + bytes(4))),
    ("experimental, fast open", option(254, b"\xf9\x89" + bytes(8))),
    ("unknown", option(77, bytes(5))),
    ("unknown, all of it", option(200, bytes(MOST - 2))),
    ("length 0", option(77, length=0)),
    ("length 1", option(77, length=1)),
    ("length beyond the header", option(77, bytes(2), length=99)),
    ("selective acknowledgment of no whole block", option(5, bytes(5))),
    ("timestamps cut short", option(8, bytes(2), length=10)),
    ("maximum segment size of length 3", option(2, b"\5")),
    ("a kind and no length", b"\1\1\1\x08"),
    ("nothing but 255", b"\xff" * MOST),
]

_damaged = st.builds(
    option,
    st.one_of(st.sampled_from([0, 1, 2, 3, 4, 5, 8, 19, 28, 29, 30, 34, 253, 254]), st.integers(0, 255)),
    st.binary(max_size=18),
    length=st.one_of(st.none(), st.sampled_from([0, 1, 2, 10, 40, 255])),
)
_one = st.one_of(st.sampled_from([made for _, made in NAMED]), _damaged, st.binary(max_size=4))
options: st.SearchStrategy[bytes] = st.lists(_one, max_size=6).map(lambda made: b"".join(made)[:MOST])
"""Up to forty bytes of options: one behind the other, of right and of wrong lengths."""
