"""The record way: one record at a time, header by header, for everything that columns do not cover.

Theory of operation
-------------------
A record is a `Layer` in the space of LINKTYPE_ numbers. A decoder takes one header off a layer and returns the layers
it carried (one; several for an A-MSDU; none for what cannot lead to TCP), each named by a number in some registry:
EtherTypes, IP protocols, UDP ports. `HEADERS` says which decoder takes the next header off. Where it has none, the
space alone tells what the record was. Tunnels need no code of their own: GRE leads back to an EtherType, VXLAN to
Ethernet, and so on, at most `MAX_HEADERS` deep. Fragments leave the way and come back, whole, with their last part.

What is registered here by EtherType and IP protocol is also what leaves the columns (`columns.py`), so a new tunnel is
one decoder and one line.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from sigtrace.notices import Notice, Severity
from sigtrace.packets.layer import PACKET_CUT, Decoder, Fragment, HeaderError, Layer, Space
from sigtrace.packets.link.cooked import decode_cooked, decode_cooked_v2
from sigtrace.packets.link.ethernet import IPV4, IPV6, LLC, TAGS, decode_ethernet, decode_llc, decode_tag
from sigtrace.packets.link.foreign import decode_foreign, knows
from sigtrace.packets.link.loopback import decode_loopback, decode_raw
from sigtrace.packets.link.mpls import MPLS, MPLS_MULTICAST, TRANSPARENT_ETHERNET, decode_mpls
from sigtrace.packets.link.ppp import (
    PPP_IPV4,
    PPP_IPV6,
    PPP_MPLS,
    PPP_MPLS_MULTICAST,
    decode_cisco,
    decode_ppp,
    decode_pppoe,
    decode_serial,
)
from sigtrace.packets.link.wifi import LINK_PROTECTED, decode_avs, decode_radiotap, decode_wifi
from sigtrace.packets.net.fragments import FRAGMENTS_BOUND, FRAGMENTS_INCOMPLETE, Reassembler
from sigtrace.packets.net.gre import decode_gre
from sigtrace.packets.net.ipv4 import decode_ipv4
from sigtrace.packets.net.ipv6 import decode_authentication, decode_fragment_header, decode_ipv6, decode_options
from sigtrace.packets.net.overlay import GENEVE_PORT, VXLAN_PORT, decode_geneve, decode_vxlan
from sigtrace.packets.recurring import Recurring
from sigtrace.packets.tally import Kind
from sigtrace.packets.transport.tcp import decode_segment
from sigtrace.packets.transport.udp import decode_udp

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from sigtrace.capture.batch import Record
    from sigtrace.packets.packet import Segment

UNKNOWN_LINK = "link.unknown-type"  # a link type that nothing decodes; one notice for each
NESTING = "packet.nesting"  # more headers in one packet than are followed

MAX_HEADERS = 32  # VXLAN over MPLS with tags on both sides takes a dozen; more is a loop or an attack
MAX_UNKNOWN_LINKS = 64  # notices about unknown link types: a damaged pcapng can name thousands

IP_TCP, IP_UDP = 6, 17

HEADERS: Final[Mapping[Space, Mapping[int, Decoder]]] = {
    Space.LINK: {
        0: decode_loopback,
        1: decode_ethernet,
        9: decode_ppp,
        12: decode_raw,
        14: decode_raw,
        50: decode_serial,
        51: decode_pppoe,
        101: decode_raw,
        104: decode_cisco,
        105: decode_wifi,
        108: decode_loopback,
        113: decode_cooked,
        127: decode_radiotap,
        163: decode_avs,
        228: decode_raw,
        229: decode_raw,
        276: decode_cooked_v2,
    },
    Space.ETHERTYPE: {
        LLC: decode_llc,
        IPV4: decode_ipv4,
        IPV6: decode_ipv6,
        **dict.fromkeys(TAGS, decode_tag),
        MPLS: decode_mpls,
        MPLS_MULTICAST: decode_mpls,
        TRANSPARENT_ETHERNET: decode_ethernet,
        0x880B: decode_ppp,
        0x8864: decode_pppoe,
    },
    Space.PPP: {
        PPP_IPV4: decode_ipv4,
        PPP_IPV6: decode_ipv6,
        PPP_MPLS: decode_mpls,
        PPP_MPLS_MULTICAST: decode_mpls,
    },
    Space.IP: {
        0: decode_options,
        4: decode_ipv4,
        IP_UDP: decode_udp,
        41: decode_ipv6,
        43: decode_options,
        44: decode_fragment_header,
        47: decode_gre,
        51: decode_authentication,
        60: decode_options,
    },
    Space.UDP: {VXLAN_PORT: decode_vxlan, GENEVE_PORT: decode_geneve},
}

_KIND_AT_END = {Space.ETHERTYPE: Kind.NOT_IP, Space.PPP: Kind.NOT_IP, Space.IP: Kind.OTHER_IP, Space.UDP: Kind.UDP}

_TEXTS = {  # those that are not "damaged"
    PACKET_CUT: "{count} packets cut by a snap length within their headers; left out",
    LINK_PROTECTED: "{count} encrypted 802.11 frames; what they carry cannot be read",
    NESTING: f"{{count}} packets with more than {MAX_HEADERS} headers; left out",
    FRAGMENTS_INCOMPLETE: "{count} packets never became whole: fragments missing; left out",
    FRAGMENTS_BOUND: "{count} packets in fragments given up: too many at a time",
}
_MALFORMED_TEXT = "{count} packets with a damaged header; left out"


class Dissected(NamedTuple):
    """What one record turned out to be."""

    kind: Kind
    segments: tuple[Segment, ...] = ()
    notices: tuple[Notice, ...] = ()


class Dissector:
    """Decodes records of any shape; remembers only fragments, and what to tell when the capture ends."""

    def __init__(self) -> None:
        self._fragments = Reassembler()
        self._recurring = Recurring()
        self._unknown_links: set[int] = set()

    def feed(self, record: Record) -> Dissected:
        """Decode one record; never raises on what it holds."""
        if record.link_type not in HEADERS[Space.LINK] and not knows(record.link_type):
            return Dissected(Kind.UNKNOWN_LINK, notices=self._unknown_link(record))
        length = max(record.original, len(record.data))
        segments: list[Segment] = []
        kind = self._follow(Layer(Space.LINK, record.link_type, record.data, length), record, segments, MAX_HEADERS)
        return Dissected(kind, tuple(segments))

    def close(self) -> list[Notice]:
        """Give up what is not whole; return a notice for each kind of damage there was."""
        self._fragments.close()
        self._note_lost_fragments()
        return self._recurring.close()

    def _follow(self, layer: Layer, record: Record, segments: list[Segment], left: int) -> Kind:
        """Take `left` more headers off, collect the segments behind them, tell what the layer was."""
        try:
            if layer.space is Space.IP and layer.number == IP_TCP:
                segments.append(decode_segment(layer, record))
                return Kind.TCP
            decode = HEADERS[layer.space].get(layer.number)
            if decode is None and layer.space is not Space.LINK:
                return _KIND_AT_END[layer.space]
            if not left:
                raise HeaderError(NESTING, "")  # noqa: TRY301 - told like all other damage
            kinds = [
                self._follow(inner, record, segments, left - 1) if inner else Kind.FRAGMENT
                for inner in self._whole((decode or decode_foreign)(layer), record)
            ]
        except HeaderError as damage:
            self._note(damage.code, record.number, str(damage))
            return Kind.NOT_IP if damage.code == LINK_PROTECTED else Kind.MALFORMED
        return min(kinds, default=Kind.NOT_IP)

    def _whole(self, carried: Sequence[Layer | Fragment], record: Record) -> Iterator[Layer | None]:
        """Yield layers as they are, and for a fragment the layer that it made whole, or None."""
        for item in carried:
            if isinstance(item, Layer):
                yield item
            else:
                at = {"at_ns": record.at_ns, "packet": record.number, "interface": record.interface}
                yield self._fragments.feed(item, **at)
                self._note_lost_fragments()

    def _note_lost_fragments(self) -> None:
        for code, packet in self._fragments.lost():
            self._note(code, packet)

    def _note(self, code: str, packet: int, reason: str = "") -> None:
        text = _TEXTS.get(code, _MALFORMED_TEXT)
        severity = Severity.INFO if code == LINK_PROTECTED else Severity.WARNING
        self._recurring.note(code, packet, severity=severity, text=text, reason=reason)

    def _unknown_link(self, record: Record) -> tuple[Notice, ...]:
        """Return a notice when this link type is seen first."""
        known = self._unknown_links
        if record.link_type in known or len(known) >= MAX_UNKNOWN_LINKS:
            return ()
        known.add(record.link_type)
        text = f"link type {record.link_type} is not decoded; its packets are only counted"
        return (Notice(code=UNKNOWN_LINK, severity=Severity.ERROR, text=text, packet=record.number),)
