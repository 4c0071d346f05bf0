"""Which decoder takes off the header that a number names: the registries of link types, EtherTypes, protocols, ports.

What is registered by EtherType, IP protocol and UDP port is also what leaves the columns (`numbers.py`), so a new
tunnel is one decoder, its number, and a line here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sigtrace.packets.layer import Decoder, Space
from sigtrace.packets.link.cooked import ETHERNET_802_3, PPP_HDLC, decode_cooked, decode_cooked_v2
from sigtrace.packets.link.ethernet import (
    IPV4,
    IPV6,
    LLC,
    PROVIDER_BACKBONE,
    TAGS,
    TRANSPARENT_ETHERNET,
    WIDE_TAGS,
    decode_backbone,
    decode_ethernet,
    decode_llc,
    decode_tag,
)
from sigtrace.packets.link.host import decode_enc, decode_nflog, decode_pflog, decode_pktap
from sigtrace.packets.link.loopback import decode_loopback, decode_raw
from sigtrace.packets.link.macsec import decode_macsec
from sigtrace.packets.link.mpls import decode_mpls
from sigtrace.packets.link.ppp import (
    PPP_IPV4,
    PPP_IPV6,
    PPP_MPLS,
    PPP_MPLS_MULTICAST,
    decode_cisco,
    decode_directed,
    decode_ppp,
    decode_pppoe,
    decode_serial,
)
from sigtrace.packets.link.radio import WIFI, decode_avs, decode_ppi, decode_prism, decode_radiotap
from sigtrace.packets.link.wifi import decode_wifi
from sigtrace.packets.net.etherip import decode_etherip, decode_ethernet_in_ip, decode_mpls_in_ip
from sigtrace.packets.net.gre import decode_gre
from sigtrace.packets.net.ipv4 import decode_ipv4
from sigtrace.packets.net.ipv6 import (
    decode_authentication,
    decode_fragment_header,
    decode_ipv6,
    decode_options,
    decode_routing,
)
from sigtrace.packets.net.nsh import decode_nsh
from sigtrace.packets.net.overlay import (
    decode_geneve,
    decode_gtp,
    decode_l2tp,
    decode_linux_vxlan,
    decode_teredo,
    decode_tzsp,
    decode_vxlan,
    decode_vxlan_gpe,
)
from sigtrace.packets.numbers import (
    GENEVE_PORT,
    GTP_PORT,
    IP_UDP,
    JUMBO,
    L2TP_PORT,
    LINUX_VXLAN_PORT,
    MACSEC,
    MPLS,
    MPLS_MULTICAST,
    NSH,
    PPP,
    PPPOE,
    TEREDO_PORT,
    TZSP_PORT,
    VXLAN_GPE_PORT,
    VXLAN_PORT,
)
from sigtrace.packets.transport.udp import decode_udp

if TYPE_CHECKING:
    from collections.abc import Mapping

HEADERS: Final[Mapping[Space, Mapping[int, Decoder]]] = {
    Space.LINK: {
        0: decode_loopback,
        1: decode_ethernet,
        9: decode_ppp,
        12: decode_raw,
        14: decode_raw,
        50: decode_serial,
        51: decode_pppoe,
        100: decode_llc,
        101: decode_raw,
        104: decode_cisco,
        WIFI: decode_wifi,
        108: decode_loopback,
        109: decode_enc,
        113: decode_cooked,
        117: decode_pflog,
        119: decode_prism,
        127: decode_radiotap,
        163: decode_avs,
        192: decode_ppi,
        204: decode_directed,
        219: decode_mpls,
        228: decode_raw,
        229: decode_raw,
        239: decode_nflog,
        258: decode_pktap,
        276: decode_cooked_v2,
    },
    Space.ETHERTYPE: {
        LLC: decode_llc,
        IPV4: decode_ipv4,
        IPV6: decode_ipv6,
        ETHERNET_802_3: decode_ethernet,
        PPP_HDLC: decode_ppp,
        **dict.fromkeys([*TAGS, *WIDE_TAGS], decode_tag),
        PROVIDER_BACKBONE: decode_backbone,
        MACSEC: decode_macsec,
        NSH: decode_nsh,
        MPLS: decode_mpls,
        MPLS_MULTICAST: decode_mpls,
        TRANSPARENT_ETHERNET: decode_ethernet,
        PPP: decode_ppp,
        JUMBO: decode_llc,
        PPPOE: decode_pppoe,
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
        43: decode_routing,
        44: decode_fragment_header,
        47: decode_gre,
        51: decode_authentication,
        60: decode_options,
        97: decode_etherip,
        137: decode_mpls_in_ip,
        140: decode_options,
        143: decode_ethernet_in_ip,
    },
    Space.UDP: {
        L2TP_PORT: decode_l2tp,
        GTP_PORT: decode_gtp,
        TEREDO_PORT: decode_teredo,
        VXLAN_PORT: decode_vxlan,
        VXLAN_GPE_PORT: decode_vxlan_gpe,
        GENEVE_PORT: decode_geneve,
        LINUX_VXLAN_PORT: decode_linux_vxlan,
        TZSP_PORT: decode_tzsp,
    },
}
