"""A capture filter → the kernel's instructions: libpcap compiles it, as for tcpdump; scapy knows where libpcap is."""

from __future__ import annotations

import ctypes
import re
import struct
from typing import Any

from sigtrace.errors import SourceError

_INSTRUCTION = struct.Struct("=HBBI")  # struct sock_filter: code, jump if true, jump if false, operand
_RETURN = 0x06
_LINKTYPE_ETHERNET = 1
LINKTYPE_RAW, DLT_RAW = 101, 12  # the one link type here that libpcap numbers otherwise on a running system
LINKTYPE_SLL2 = 276
_SLL2_LENGTH = 20

# linux/filter.h: what the kernel gives for an offset from SKF_AD_OFF on; by the offset of the same in a cooked header.
_BESIDE = 0xFFFFF000
_ANCILLARY = {0: _BESIDE + 0, 4: _BESIDE + 8, 8: _BESIDE + 28, 10: _BESIDE + 4}

_TAGGED = re.compile(r"\bvlan\b")
_MESSAGE_LENGTH = 256  # PCAP_ERRBUF_SIZE

_CLASS, _MODE = 0x07, 0xE0
_LOAD, _LOAD_INDEX = 0x00, 0x01
_ABSOLUTE, _INDIRECT, _HEADER_LENGTH = 0x20, 0x40, 0xA0


class _Program(ctypes.Structure):
    """struct bpf_program."""

    _fields_ = (("length", ctypes.c_uint), ("instructions", ctypes.c_void_p))


def take(length: int) -> bytes:
    """Return the program that takes so many bytes of every packet; of 0, that takes none."""
    return _INSTRUCTION.pack(_RETURN, 0, 0, length)


def compile_filter(text: str, link_type: int, longest: int, interface: str | None = None) -> bytes:
    """Compile a capture filter.

    Args:
        text: in libpcap's language; empty takes everything.
        link_type: LINKTYPE_ number of what it is for.
        longest: bytes that are taken of a packet.
        interface: what it is for; of filters for VLANs, libpcap then knows that the kernel takes tags out.
    Returns: instructions for a packet socket; of cooked packets, for one whose packets have no link header.

    Raises:
        SourceError: the compiler's own message; or libpcap is not there.
    """
    if not text.strip():
        return take(longest)
    pcap = _library()
    handle = _open(pcap, text, link_type, longest, interface)
    program = _Program()
    try:
        if pcap.pcap_compile(handle, ctypes.byref(program), text.encode("utf-8", "surrogateescape"), 1, 0xFFFFFFFF):
            message = ctypes.string_at(pcap.pcap_geterr(handle)).decode("utf-8", "replace")
            raise SourceError(f"the capture filter {text!r}: {message}", hint="man pcap-filter has its language")
        code = ctypes.string_at(program.instructions, program.length * _INSTRUCTION.size)
        pcap.pcap_freecode(ctypes.byref(program))
    finally:
        pcap.pcap_close(handle)
    return _without_link_header(code, text) if link_type == LINKTYPE_SLL2 else code


def _open(pcap: Any, text: str, link_type: int, longest: int, interface: str | None) -> ctypes.c_void_p:
    """Return what libpcap compiles for: a link type, or, of filters for VLANs, an interface that it listens to."""
    if interface is not None and link_type == _LINKTYPE_ETHERNET and _TAGGED.search(text):
        message = ctypes.create_string_buffer(_MESSAGE_LENGTH)
        handle = pcap.pcap_open_live(interface.encode("utf-8", "surrogateescape"), longest, 0, 0, message)
        if handle:
            return ctypes.c_void_p(handle)
    return ctypes.c_void_p(pcap.pcap_open_dead(DLT_RAW if link_type == LINKTYPE_RAW else link_type, longest))


def _library() -> Any:
    """Return libpcap, with the types of what is used of it."""
    try:
        from scapy.libs import winpcapy  # heavy, and only a filter needs it
    except (OSError, ImportError) as error:
        hint = "install it (apt install libpcap0.8), or use --engine dumpcap, or no filter"
        raise SourceError("libpcap, which compiles capture filters, is not installed", hint=hint) from error
    pcap = ctypes.CDLL(winpcapy._lib._name)  # noqa: SLF001 - a handle of our own: scapy declares other types
    pcap.pcap_open_dead.restype = ctypes.c_void_p
    pcap.pcap_open_live.restype = ctypes.c_void_p
    pcap.pcap_geterr.restype = ctypes.c_void_p
    pcap.pcap_compile.argtypes = (
        ctypes.c_void_p,
        ctypes.c_void_p,
        ctypes.c_char_p,
        ctypes.c_int,
        ctypes.c_uint,
    )
    return pcap


def _without_link_header(code: bytes, text: str) -> bytes:
    """Return a program for packets whose cooked header is not there yet, as libpcap does it (pcap-linux.c).

    The kernel sees them from their network header on; what the cooked header will say, it gives for special offsets.
    """
    changed = []
    for operation, if_true, if_false, operand in _INSTRUCTION.iter_unpack(code):
        kind, mode = operation & _CLASS, operation & _MODE
        loads = (kind == _LOAD and mode in {_ABSOLUTE, _INDIRECT}) or (kind == _LOAD_INDEX and mode == _HEADER_LENGTH)
        if loads and operand < _SLL2_LENGTH and operand not in _ANCILLARY:
            hint = "name the interface with -i: there they can be looked at"
            raise SourceError(f"the capture filter {text!r} looks at link addresses, which -i any has not", hint=hint)
        if loads:
            operand = _ANCILLARY[operand] if operand < _SLL2_LENGTH else operand - _SLL2_LENGTH  # noqa: PLW2901
        changed.append(_INSTRUCTION.pack(operation, if_true, if_false, operand))
    return b"".join(changed)
