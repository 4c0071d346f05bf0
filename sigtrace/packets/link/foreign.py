"""Link types that are not decoded here: scapy's dissector finds the IP packet, where it knows the link type."""

from __future__ import annotations

from functools import lru_cache
from importlib import import_module
from typing import Any

from sigtrace.packets.layer import HeaderError, Layer, Space
from sigtrace.packets.link.ethernet import IPV4, IPV6, LINK_MALFORMED


def knows(link_type: int) -> bool:
    """Tell whether scapy has a dissector for this LINKTYPE_ number."""
    return _dissector(link_type) is not None


def decode_foreign(layer: Layer) -> tuple[Layer, ...]:
    """Take off whatever stands before the first IP header. Raises HeaderError when scapy gives up."""
    from scapy.layers.inet import IP  # heavy, and only rare link types need it
    from scapy.layers.inet6 import IPv6  # the same

    try:
        packet = _dissector(layer.number)(layer.data)
        version = next((kind for kind in packet.layers() if kind in (IP, IPv6)), None)
        found = bytes(packet[version].original) if version else b""
    except Exception as problem:  # dissectors raise anything at all on damaged bytes
        raise HeaderError(LINK_MALFORMED, f"scapy: {type(problem).__name__}: {problem}") from problem
    start = layer.data.find(found) if found else -1
    return (layer.inner(start, Space.ETHERTYPE, IPV4 if version is IP else IPV6),) if start >= 0 else ()


@lru_cache(maxsize=64)
def _dissector(link_type: int) -> Any:
    from scapy.config import conf  # heavy, and only rare link types need it

    import_module("scapy.layers.all")  # registers the dissectors of every link type
    return conf.l2types.num2layer.get(link_type)
