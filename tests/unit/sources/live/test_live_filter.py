"""Filters compiled for packets that have no link header yet, run as the kernel runs them."""

from __future__ import annotations

import struct
import sys
from ctypes.util import find_library

import pytest
import scapy.libs

from sigtrace.errors import SourceError
from sigtrace.sources.live.capture_filter import LINKTYPE_RAW, LINKTYPE_SLL2, compile_filter, take

needs_libpcap = pytest.mark.skipif(find_library("pcap") is None, reason="libpcap is not installed")
PACKET = struct.Struct("=HBBI")


def test_empty_filter_takes_all() -> None:
    """No filter takes so many bytes of everything."""
    assert compile_filter(" ", 1, 96) == take(96) == PACKET.pack(6, 0, 0, 96)


@needs_libpcap
def test_cooked_offsets_move() -> None:
    """The protocol is asked of the kernel, and what lies behind the cooked header is found 20 bytes earlier."""
    cooked = list(PACKET.iter_unpack(compile_filter("ip proto 17", LINKTYPE_SLL2, 96)))
    assert cooked[0] == (0x28, 0, 0, 0xFFFFF000)  # ldh protocol
    assert cooked[2] == (0x30, 0, 0, 9)  # ldb the protocol of IPv4


@needs_libpcap
def test_raw_has_no_header() -> None:
    """Where there is no link header, the version of IP is looked at."""
    raw = list(PACKET.iter_unpack(compile_filter("ip", LINKTYPE_RAW, 96)))
    assert raw[0] == (0x30, 0, 0, 0)


@needs_libpcap
@pytest.mark.parametrize("text", ["tcp port", "host nowhere.invalid and", "proto \\x"])
def test_wrong_filter_is_refused(text: str) -> None:
    """What libpcap does not take is an error that quotes the filter."""
    with pytest.raises(SourceError, match="the capture filter"):
        compile_filter(text, 1, 96)


def test_missing_compiler_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without libpcap, a filter is an error that says what to install or to do instead; no filter needs it."""
    monkeypatch.delattr(scapy.libs, "winpcapy", raising=False)
    monkeypatch.setitem(sys.modules, "scapy.libs.winpcapy", None)
    with pytest.raises(SourceError, match="libpcap") as problem:
        compile_filter("udp", 1, 96)
    assert "apt install" in problem.value.hint
    assert "--engine dumpcap" in problem.value.hint
    assert compile_filter("", 1, 96) == take(96)
