"""Link types that are not decoded here: scapy's dissector finds the IP packet, where it knows the link type."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from sigtrace.packets.layer import Damage, Layer, Space
from sigtrace.packets.link.ethernet import IPV4, IPV6, LINK_MALFORMED


def knows(link_type: int) -> bool:
    """Tell whether scapy has a dissector for this LINKTYPE_ number."""
    return _dissector(link_type) is not None


def decode_foreign(layer: Layer) -> tuple[Layer, ...]:
    """Take off whatever stands before the first IP header. Raises Damage when scapy gives up."""
    from scapy.layers.inet import IP  # noqa: PLC0415 - heavy, and only rare link types need it
    from scapy.layers.inet6 import IPv6  # noqa: PLC0415 - the same

    try:
        packet = _dissector(layer.number)(layer.data)
        found = next(((kind, packet[kind]) for kind in (IP, IPv6) if kind in packet), None)
        original = bytes(found[1].original) if found else b""
    except Exception as problem:  # noqa: BLE001 - dissectors raise anything at all on damaged bytes
        raise Damage(LINK_MALFORMED, f"scapy: {type(problem).__name__}: {problem}") from problem
    if found is None or not layer.data.endswith(original):
        start = layer.data.find(original) if original else -1
    else:
        start = len(layer.data) - len(original)
    if found is None or start < 0:
        return ()
    return (layer.inner(start, Space.ETHERTYPE, IPV4 if found[0] is IP else IPV6),)


@lru_cache(maxsize=64)
def _dissector(link_type: int) -> Any:
    import scapy.layers.all  # noqa: PLC0415 - heavy, and registers every link type
    from scapy.config import conf  # noqa: PLC0415 - the same

    return conf.l2types.num2layer.get(link_type)
