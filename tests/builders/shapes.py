"""One TCP segment in every wrapping that is understood: (name, link type, frame)."""

from __future__ import annotations

import struct

from sigtrace.packets.packet import ACK, PSH
from tests.builders.packets import (
    amsdu,
    authentication_header,
    cooked,
    cooked_v2,
    ethernet,
    ethernet_llc,
    geneve,
    gre,
    ipv4,
    ipv6,
    ipv6_options,
    loopback,
    mpls,
    ppp,
    pppoe,
    radiotap,
    snap,
    tcp,
    timestamps,
    udp,
    vxlan,
    wifi,
    wifi_header,
)
from tests.builders.tunnels import (
    SOURCE_ROUTE,
    atomic_fragment,
    erspan_iii,
    extension,
    gre_of,
    gtp,
    l2tp,
    macsec,
    nflog,
    nsh,
    pktap,
    pptp,
    routing,
    teredo,
    tzsp,
    vxlan_gpe,
)
from tests.builders.wireless import avs, mesh_frame, ppi, prism, radiotap_with_masks, with_fcs

PAYLOAD = b"GET /wait?peer_id=1 HTTP/1.0\r\n\r\n"
SEGMENT = tcp(
    40000, 8888, sequence=7, acknowledgment=9, flags=PSH | ACK, window=502, options=timestamps(77), payload=PAYLOAD
)
V4 = ipv4("10.77.0.11", "10.77.0.1", SEGMENT, identification=4660)
V6 = ipv6("fd77::b", "fd77::1", SEGMENT)
TSO = ipv4("10.77.0.11", "10.77.0.1", SEGMENT, identification=4660, total_length=0)
V4_SIGNED = ipv4("10.77.0.11", "10.77.0.1", authentication_header(SEGMENT), identification=4660)
OUTER4, OUTER6 = ("192.0.2.1", "192.0.2.2"), ("2001:db8::1", "2001:db8::2")
FRAME = ethernet(V4, pad=False)
ROUTED = ipv6_options(ipv6_options(SEGMENT, header=60), header=43)
MIRRORED = b"\x10\x00\x88\xbe" + bytes(4) + b"\x10\x01" + bytes(6) + FRAME  # GRE with sequence number, ERSPAN II
VENDORS = bytes.fromhex("001b21000001 001b21000002") + FRAME[12:]  # tshark finds a pseudowire's frame by known vendors
REACHED = ipv6("fd77::b", "2001:db8::99", routing(SEGMENT, "fd77::1", left=1, kind=0))
INNER = b"\x08\0\0\0\0\0\x2a\0" + ethernet(TSO, pad=False)
LABELLED = bytes([0, 0, 0, 42]) + FRAME
NUMBERED = {"flags": 0x32, "optional": bytes(4)}
EXTENDED = {"flags": 0x34, "optional": b"\0\0\0\x85\2\0\0\0\0\0\0\x85\1\0\0\0"}


def outer(transport: bytes) -> bytes:
    """Make the frame of a tunnel over IPv4."""
    return ethernet(ipv4(*OUTER4, transport))


def tagged(ethertype: int, tag: bytes) -> bytes:
    """Make a frame with a tag that is no VLAN tag; an EtherType ends it."""
    return ethernet(tag + b"\x08\0" + V4, ethertype=ethertype, pad=False)


def numbered(frame: bytes, number: int) -> bytes:
    """Give an 802.11 frame another fragment number."""
    return frame[:22] + bytes([number]) + frame[23:]


def cooked_of(hardware: int, protocol: int, frame: bytes) -> bytes:
    """Make a Linux cooked frame of another hardware type."""
    return struct.pack("!HHH8sH", 0, hardware, 6, b"", protocol) + frame


COMMON = [  # for columns
    ("ethernet", 1, FRAME),
    ("ethernet, IPv6", 1, ethernet(V6)),
    ("802.1Q", 1, ethernet(V4, tags=[0x8100])),
    ("802.1ad", 1, ethernet(V4, tags=[0x88A8, 0x8100])),
    ("QinQ of old", 1, ethernet(V6, tags=[0x9100])),
    ("IPv4 options", 1, ethernet(ipv4("10.77.0.11", "10.77.0.1", SEGMENT, identification=4660, options=b"\x01" * 8))),
    ("cooked", 113, cooked(V4)),
    ("cooked, IPv6", 113, cooked(V6)),
    ("cooked v2", 276, cooked_v2(V4)),
    ("cooked v2, IPv6", 276, cooked_v2(V6)),
    ("loopback", 0, loopback(V4)),
    ("loopback of a big-endian machine", 0, loopback(V4, big_endian=True)),
    ("loopback of FreeBSD, IPv6", 0, loopback(V6, family=28)),
    ("loopback of OpenBSD", 108, loopback(V6, family=24, big_endian=True)),
    ("raw", 101, bytes(V4)),
    ("raw, IPv6", 101, bytes(V6)),
    ("IPv4 alone", 228, bytes(V4)),
    ("IPv6 alone", 229, bytes(V6)),
]
RARE = [  # for the record way
    ("three tags", 1, ethernet(V4, tags=[0x88A8, 0x8100, 0x8100])),
    ("802.3 with SNAP", 1, ethernet_llc(V4)),
    ("cooked with a tag", 113, cooked(struct.pack("!HH", 5, 0x0800) + V4, protocol=0x8100)),
    ("MPLS", 1, ethernet(mpls(V4, 100, 200), ethertype=0x8847)),
    ("MPLS, IPv6", 1, ethernet(mpls(V6, 100), ethertype=0x8847)),
    ("MPLS pseudowire", 1, ethernet(mpls(VENDORS, 100), ethertype=0x8847)),
    ("MPLS pseudowire with control word", 1, ethernet(mpls(bytes(4) + VENDORS, 100), ethertype=0x8847)),
    ("PPPoE", 1, ethernet(pppoe(V4), ethertype=0x8864)),
    ("PPPoE alone", 51, pppoe(V6)),
    ("PPP", 9, ppp(V4)),
    ("PPP, bare", 9, ppp(V6, framing=False)),
    ("PPP, compressed", 9, ppp(V4, framing=False, compressed=True)),
    ("PPP in HDLC framing", 50, ppp(V4)),
    ("Cisco in HDLC framing", 50, b"\x0f\x00\x08\x00" + V4),
    ("Cisco HDLC", 104, b"\x0f\x00\x86\xdd" + V6),
    ("802.11", 105, wifi(V4)),
    ("802.11 QoS", 105, wifi(V4, qos=True)),
    ("802.11 between access points", 105, wifi(V4, qos=True, from_ds=True)),
    ("802.11 with HT control", 105, wifi_header(qos=True, flags=0x80) + bytes(4) + snap(V4)),
    ("802.11 A-MSDU", 105, wifi_header(qos=True, aggregate=True) + amsdu(V4)),
    ("radiotap", 127, radiotap(wifi(V4))),
    ("radiotap, padded", 127, radiotap(wifi_header(qos=True) + bytes(2) + snap(V4), flags=0x20)),
    ("radiotap, padded between access points", 127, radiotap(wifi(V4, qos=True, from_ds=True), flags=0x20)),
    ("radiotap with several masks", 127, radiotap_with_masks(wifi(V4), 0, 0)),
    ("radiotap with masks, padded", 127, radiotap_with_masks(wifi_header(qos=True) + bytes(2) + snap(V4), 0, flags=32)),
    ("radiotap with check sequence", 127, radiotap(with_fcs(wifi(TSO)), flags=0x10)),
    ("802.11 with noise for a fragment number", 105, numbered(wifi(V4), 0x7F)),
    ("802.11 mesh", 105, mesh_frame(V4)),
    ("802.11 mesh, six addresses", 105, mesh_frame(V4, addresses=2)),
    ("802.11 mesh, to a group", 105, mesh_frame(V6, addresses=1, to_ds=False)),
    ("AVS", 163, avs(wifi(V4))),
    ("AVS, longer", 163, avs(wifi(V4), length=80)),
    ("Prism", 119, prism(wifi(V4))),
    ("Prism of a big-endian machine", 119, prism(wifi(V4), order=">")),
    ("AVS in place of Prism", 119, avs(wifi(V4))),
    ("PPI", 192, ppi(wifi(V4))),
    ("PPI with check sequence", 192, ppi(with_fcs(wifi(TSO)), flags=1)),
    ("PPI with Ethernet", 192, ppi(FRAME, link_type=1)),
    ("PPI with radiotap", 192, ppi(radiotap(wifi(V4)), link_type=127)),
    ("LLC with IP", 105, wifi_header() + b"\x06\x06\x03" + V4),
    ("LLC in ATM", 100, snap(V4)),
    ("jumbo LLC", 1, ethernet(snap(V4), ethertype=0x8870)),
    ("cooked with Ethernet", 113, cooked(FRAME, protocol=3)),
    ("cooked with PPP", 113, cooked(ppp(V4), protocol=7)),
    ("cooked with radiotap", 113, cooked_of(803, 4, radiotap(wifi(V4)))),
    ("group tag", 1, tagged(0x8909, b"\1\1\0\1\0\5")),
    ("virtual interface tag", 1, tagged(0x8926, bytes(4))),
    ("port extender tag", 1, tagged(0x893F, bytes(6))),
    ("ring tag", 1, tagged(0x892F, struct.pack("!HH", len(V4) + 6, 1))),
    ("provider backbone", 1, ethernet(LABELLED, ethertype=0x88E7)),
    ("provider backbone with tag", 1, ethernet(LABELLED, ethertype=0x88E7, tags=[0x88A8])),
    ("MACsec, signed", 1, ethernet(macsec(V4), ethertype=0x88E5)),
    ("MACsec, signed, with channel", 1, ethernet(macsec(V4, channel=True), ethertype=0x88E5)),
    ("service header", 1, ethernet(nsh(V4), ethertype=0x894F)),
    ("service header, Ethernet", 1, ethernet(nsh(FRAME, carried=3, words=2), ethertype=0x894F)),
    ("PPP with direction", 204, b"\1" + ppp(V4)),
    ("PKTAP", 258, pktap(FRAME)),
    ("PKTAP, raw", 258, pktap(V6, link_type=12)),
    ("netfilter log", 239, nflog(V4)),
    ("netfilter log, IPv6", 239, nflog(V6)),
    ("packet filter log", 117, bytes([61, 2]) + bytes(62) + V4),
    ("IPsec interface", 109, struct.pack("<III", 24, 1, 0) + V6),
    ("hop-by-hop", 1, ethernet(ipv6("fd77::b", "fd77::1", ipv6_options(SEGMENT)))),
    ("routing and destination", 1, ethernet(ipv6("fd77::b", "fd77::1", ROUTED))),
    ("in any order", 1, ethernet(ipv6("fd77::b", "fd77::1", extension(60, extension(0, ROUTED))))),
    ("multihoming", 1, ethernet(ipv6("fd77::b", "fd77::1", extension(140, SEGMENT)))),
    ("atomic fragment", 1, ethernet(ipv6("fd77::b", "fd77::1", atomic_fragment(SEGMENT)))),
    ("on its way", 1, ethernet(REACHED)),
    ("hop-by-hop in IPv4", 1, ethernet(ipv4("10.77.0.11", "10.77.0.1", ipv6_options(SEGMENT), identification=4660))),
    ("authentication header in IPv4", 1, ethernet(V4_SIGNED)),
    ("authentication header", 1, ethernet(ipv6("fd77::b", "fd77::1", authentication_header(SEGMENT)))),
    ("IPv4 in IPv4", 1, ethernet(ipv4(*OUTER4, V4))),
    ("IPv6 in IPv4", 1, ethernet(ipv4(*OUTER4, V6))),
    ("IPv4 in IPv6", 1, ethernet(ipv6(*OUTER6, V4))),
    ("GRE", 1, ethernet(ipv4(*OUTER4, gre(V4)))),
    ("GRE with key and checksum", 1, ethernet(ipv4(*OUTER4, gre(V6, key=5, checksum=True)))),
    ("GRE with Ethernet", 1, ethernet(ipv4(*OUTER4, gre(FRAME, protocol=0x6558)))),
    ("ERSPAN II", 1, ethernet(ipv4(*OUTER4, MIRRORED, protocol=47))),
    ("GRE with source route", 1, outer(gre_of(0x0800, V4, flags=0x40, optional=bytes(4) + SOURCE_ROUTE))),
    ("GRE with all fields", 1, outer(gre_of(0x0800, V4, flags=0xF0, optional=bytes(12) + SOURCE_ROUTE))),
    ("GRE with MPLS", 1, outer(gre(mpls(V4, 5), protocol=0x8847))),
    ("GRE of PPTP", 1, outer(pptp(V4))),
    ("GRE with redirected IP", 1, outer(gre(V4, protocol=0x883E))),
    ("GRE with redirected IP, version 2", 1, outer(gre(bytes(4) + V4, protocol=0x883E))),
    ("GRE of MikroTik", 1, outer(gre(FRAME, protocol=0x6400))),
    ("ERSPAN I", 1, outer(gre(FRAME, protocol=0x88BE))),
    ("ERSPAN III", 1, outer(erspan_iii(FRAME))),
    ("ERSPAN III with platform header", 1, outer(erspan_iii(FRAME, platform=True))),
    ("EtherIP", 1, ethernet(ipv4(*OUTER4, b"\x30\0" + FRAME, protocol=97))),
    ("Ethernet in IPv6", 1, ethernet(ipv6(*OUTER6, FRAME, next_header=143))),
    ("MPLS in IP", 1, ethernet(ipv4(*OUTER4, mpls(V4, 7), protocol=137))),
    ("VXLAN-GPE", 1, outer(vxlan_gpe(V4, carried=1))),
    ("VXLAN-GPE with Ethernet", 1, outer(vxlan_gpe(FRAME, carried=3))),
    ("VXLAN-GPE with service header", 1, outer(vxlan_gpe(nsh(V4), carried=4))),
    ("GTP", 1, outer(gtp(V4))),
    ("GTP with number", 1, outer(gtp(V6, **NUMBERED))),
    ("GTP with extension", 1, outer(gtp(V4, **EXTENDED))),
    ("L2TP", 1, outer(l2tp(V4))),
    ("L2TP with all fields", 1, outer(l2tp(V4, full=True))),
    ("Teredo", 1, outer(teredo(V6))),
    ("Teredo with headers", 1, outer(teredo(V6, authentication=True, origin=True))),
    ("TZSP", 1, outer(tzsp(FRAME))),
    ("TZSP with 802.11", 1, outer(tzsp(wifi(V4), encapsulation=18))),
    ("VXLAN", 1, ethernet(ipv4(*OUTER4, vxlan(FRAME)))),
    ("VXLAN that ends before its packet", 1, outer(udp(1, 4789, INNER + b"tail", length=8 + len(INNER)))),
    ("VXLAN over IPv6", 1, ethernet(ipv6(*OUTER6, vxlan(FRAME)))),
    ("Geneve", 1, ethernet(ipv4(*OUTER4, geneve(FRAME)))),
    ("Geneve with options, IPv4", 1, ethernet(ipv4(*OUTER4, geneve(V4, protocol=0x0800, options=bytes(8))))),
]  # fmt: skip
UNJUDGED = [  # tshark 4.0 leaves them undecoded: other ports and numbers than those it has
    ("VXLAN at Linux' port", 1, outer(udp(54321, 8472, b"\x08\0\0\0\0\0\x2a\0" + FRAME))),
    ("ERSPAN III with IP", 1, outer(erspan_iii(V4, frame_type=2))),
    ("MPLS alone", 219, mpls(V4, 1)),
    ("cooked with 802.11", 113, cooked_of(801, 4, wifi(V4))),
    ("QinQ of old, second", 1, ethernet(V4, tags=[0x9200])),
    ("MACsec around total length 0", 1, ethernet(macsec(TSO), ethertype=0x88E5)),
    ("payload length 0", 1, ethernet(ipv6("fd77::b", "fd77::1", SEGMENT, payload_length=0))),
]
SHAPES = COMMON + RARE + UNJUDGED
