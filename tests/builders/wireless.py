"""Makers of what stands around 802.11 frames: radio headers, mesh control, fragments."""

from __future__ import annotations

import struct
import zlib

from tests.builders.packets import BSSID, MAC_A, MAC_B, snap

_FIRST_FRAGMENT, _LAST_FRAGMENT = 0x04, 0x00
RETRY = 0x08


def with_fcs(frame: bytes) -> bytes:
    """Put the frame check sequence behind a frame (IEEE 802.11 §9.2.4.8)."""
    return frame + struct.pack("<I", zlib.crc32(frame))


def ppi(frame: bytes, *, link_type: int = 105, flags: int | None = None) -> bytes:
    """Put a PPI header before a frame, LINKTYPE 192; with `flags` it has a field that is about 802.11."""
    fields = b"" if flags is None else struct.pack("<HHQHHHHBBbb", 2, 20, 0, flags, 0, 0, 0, 0, 0, 0, 0)
    return struct.pack("<BBHI", 0, 0, 8 + len(fields), link_type) + fields + frame


def prism(frame: bytes, *, order: str = "<") -> bytes:
    """Put a Prism header before an 802.11 frame, LINKTYPE 119, in the byte order of the machine."""
    return struct.pack(order + "II", 0x44, 144) + bytes(136) + frame


def avs(frame: bytes, *, length: int = 64) -> bytes:
    """Put an AVS header before an 802.11 frame, LINKTYPE 163."""
    return struct.pack(">II", 0x80211001, length) + bytes(length - 8) + frame


def radiotap_with_masks(frame: bytes, *further: int, flags: int = 0) -> bytes:
    """Put a radiotap header of several bit masks before an 802.11 frame, LINKTYPE 127; time stamp and flags follow."""
    masks = [0x3 | 0x80000000, *(mask | 0x80000000 for mask in further[:-1]), *further[-1:]]
    header = struct.pack(f"<{len(masks)}I", *masks)
    header += bytes(-(4 + len(header)) % 8) + struct.pack("<QB", 1, flags)
    return struct.pack("<BBH", 0, 0, 4 + len(header)) + header + frame


def mesh_frame(payload: bytes, *, addresses: int = 0, to_ds: bool = True) -> bytes:
    """Make a QoS data frame of a mesh that carries `payload` behind mesh control with so many further addresses."""
    control = bytes([0x88, 0x02 | to_ds]) + bytes(2) + BSSID + MAC_A + MAC_B + b"\x10\0" + MAC_A * to_ds + b"\0\x01"
    return control + struct.pack("<BBI", addresses, 31, 1) + bytes(6 * addresses) + snap(payload)


def wifi_fragments(payload: bytes, size: int, *, number: int, qos: bool = False) -> list[bytes]:
    """Make the frames that carry `payload` behind LLC and SNAP in fragments of `size` bytes (§10.4)."""
    body = snap(payload)
    frames = []
    for index, start in enumerate(range(0, len(body), size)):
        flags = _FIRST_FRAGMENT if start + size < len(body) else _LAST_FRAGMENT
        header = bytes([0x88 if qos else 0x08, flags | 0x01]) + bytes(2) + BSSID + MAC_A + MAC_B
        header += struct.pack("<H", number << 4 | index) + bytes(2) * qos
        frames.append(header + body[start : start + size])
    return frames


def again(frame: bytes) -> bytes:
    """Mark a frame as sent again."""
    return frame[:1] + bytes([frame[1] | RETRY]) + frame[2:]
