"""The record way: one record at a time, header by header, for everything that columns do not cover.

Theory of operation
-------------------
A record is a `Layer` in the space of LINKTYPE_ numbers. A decoder takes one header off a layer and returns the layers
it carried (one; several for an A-MSDU; none for what cannot lead to TCP), each named by a number in some registry:
EtherTypes, IP protocols, UDP ports. `headers.py` says which decoder takes the next header off. Where it has none, the
space alone tells what the record was. Tunnels need no code of their own: GRE leads back to an EtherType, VXLAN to
Ethernet, and so on, at most `MAX_HEADERS` deep. Fragments leave the way and come back, whole, with their last part.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sigtrace.notices import Notice, Severity
from sigtrace.packets.checksums import Checksums
from sigtrace.packets.headers import HEADERS
from sigtrace.packets.layer import PACKET_CUT, Fragment, FrameFragment, HeaderError, Layer, Space
from sigtrace.packets.link.ethernet import LINK_PROTECTED
from sigtrace.packets.link.foreign import decode_foreign, knows
from sigtrace.packets.link.fragments import FRAMES_BOUND, FRAMES_INCOMPLETE, FrameReassembler
from sigtrace.packets.link.radio import BAD_FCS
from sigtrace.packets.net.fragments import FRAGMENTS_BOUND, FRAGMENTS_INCOMPLETE, Reassembler
from sigtrace.packets.numbers import IP_TCP
from sigtrace.packets.recurring import Recurring
from sigtrace.packets.tally import Kind
from sigtrace.packets.transport.tcp import decode_segment
from sigtrace.value import Value, replace

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sigtrace.capture.batch import Record
    from sigtrace.packets.packet import Segment

UNKNOWN_LINK = "link.unknown-type"  # a link type that nothing decodes; one notice for each
NESTING = "packet.nesting"  # more headers in one packet than are followed

MAX_HEADERS = 32  # VXLAN over MPLS with tags on both sides takes a dozen; more is a loop or an attack
MAX_UNKNOWN_LINKS = 64  # notices about unknown link types: a damaged pcapng can name thousands

_KIND_AT_END = {Space.ETHERTYPE: Kind.NOT_IP, Space.PPP: Kind.NOT_IP, Space.IP: Kind.OTHER_IP, Space.UDP: Kind.UDP}

_TEXTS = {  # those that are not "damaged"
    PACKET_CUT: "{count} packets cut by a snap length within their headers; left out",
    LINK_PROTECTED: "{count} encrypted frames; what they carry cannot be read",
    BAD_FCS: "{count} 802.11 frames were damaged on the air; left out, their senders will have sent them again",
    FRAMES_INCOMPLETE: "{count} 802.11 frames never became whole: fragments missing; left out",
    FRAMES_BOUND: "{count} 802.11 frames in fragments given up: too many at a time",
    NESTING: f"{{count}} packets with more than {MAX_HEADERS} headers; left out",
    FRAGMENTS_INCOMPLETE: "{count} packets never became whole: fragments missing; left out",
    FRAGMENTS_BOUND: "{count} packets in fragments given up: too many at a time",
}
_MALFORMED_TEXT = "{count} packets with a damaged header; left out"


class Dissected(Value, frozen=True):
    """What one record turned out to be."""

    kind: Kind
    segments: list[Segment]  # filled while headers are taken off
    notices: list[Notice]


class Dissector:
    """Decodes records of any shape; remembers only fragments, and what to tell when the capture ends.

    Args:
        verify_checksums: tell of wrong checksums, and leave out TCP segments that have one.
    """

    def __init__(self, *, verify_checksums: bool = False) -> None:
        self._checksums = Checksums() if verify_checksums else None
        self._fragments = Reassembler()
        self._frames = FrameReassembler()
        self._recurring = Recurring()
        self._unknown_links: set[int] = set()

    def feed(self, record: Record) -> Dissected:
        """Decode one record; never raises on what it holds."""
        if not record.data and not record.original:
            return Dissected(Kind.NOT_IP, [], [])  # drivers write such records; there is nothing to be wrong
        length = max(record.original, len(record.data))
        found = Dissected(Kind.NOT_IP, [], [])
        kind = self._follow(Layer(Space.LINK, record.link_type, record.data, length), record, found, MAX_HEADERS)
        return replace(found, kind=kind)

    def close(self) -> list[Notice]:
        """Give up what is not whole; return a notice for each kind of damage there was."""
        self._fragments.close()
        self._frames.close()
        self._note_lost_fragments()
        return [*self._recurring.close(), *(self._checksums.close() if self._checksums else ())]

    def _follow(self, layer: Layer, record: Record, found: Dissected, left: int) -> Kind:
        """Take `left` more headers off, collect the segments behind them, tell what the layer was."""
        try:
            if layer.space is Space.IP and layer.number == IP_TCP:
                return self._end(layer, record, found)
            decode = HEADERS[layer.space].get(layer.number)
            if decode is None and layer.space is not Space.LINK:
                return _KIND_AT_END[layer.space]
            if decode is None and not knows(layer.number):
                self._note_unknown_link(layer.number, record, found)
                return Kind.UNKNOWN_LINK
            if not left:
                raise HeaderError(NESTING, "")  # noqa: TRY301 - told like all other damage
            if self._checksums is not None:
                found.notices.extend(self._checksums.of_header(layer, decode, record.number))
            kinds = [
                self._follow(inner, record, found, left - 1) if inner else Kind.FRAGMENT
                for inner in self._whole((decode or decode_foreign)(layer), record)
            ]
        except HeaderError as damage:
            self._note(damage.code, record.number, str(damage))
            return Kind.NOT_IP if damage.code == LINK_PROTECTED else Kind.MALFORMED
        return min(kinds, default=Kind.NOT_IP)

    def _end(self, layer: Layer, record: Record, found: Dissected) -> Kind:
        """Add a segment to what was found, unless checksums are wanted and its own says that it was damaged."""
        segment = decode_segment(layer, record)
        wrong = self._checksums.of_segment(layer, record.number) if self._checksums is not None else None
        if wrong is not None:
            found.notices.append(wrong)
            return Kind.MALFORMED
        found.segments.append(segment)
        return Kind.TCP

    def _whole(self, carried: Sequence[Layer | Fragment | FrameFragment], record: Record) -> Iterator[Layer | None]:
        """Yield layers as they are, and for a fragment the layer that it made whole, or None."""
        at = {"at_ns": record.at_ns, "packet": record.number, "interface": record.interface}
        for item in carried:
            if isinstance(item, Layer):
                yield item
                continue
            yield self._fragments.feed(item, **at) if isinstance(item, Fragment) else self._frames.feed(item, **at)
            if self._fragments.has_lost or self._frames.has_lost:
                self._note_lost_fragments()

    def _note_lost_fragments(self) -> None:
        for code, packet in (*self._fragments.lost(), *self._frames.lost()):
            self._note(code, packet)

    def _note(self, code: str, packet: int, reason: str = "") -> None:
        text = _TEXTS.get(code, _MALFORMED_TEXT)
        severity = Severity.INFO if code == LINK_PROTECTED else Severity.WARNING
        self._recurring.note(code, packet, severity=severity, text=text, reason=reason)

    def _note_unknown_link(self, link_type: int, record: Record, found: Dissected) -> None:
        """Tell of a link type when it is seen first."""
        known = self._unknown_links
        if link_type in known or len(known) >= MAX_UNKNOWN_LINKS:
            return
        known.add(link_type)
        text = f"link type {link_type} is not decoded; its packets are only counted"
        text += "; further types are not listed" if len(known) == MAX_UNKNOWN_LINKS else ""
        found.notices.append(Notice(code=UNKNOWN_LINK, severity=Severity.ERROR, text=text, packet=record.number))
