"""The numbers of what is decoded: records with one of them behind a plain header leave the columns for the record way.

`headers.py` says how each is decoded, and a test that it has these and no others. Most captures hold none of them, so
what decodes them is imported where the first record leaves the columns.
"""

from __future__ import annotations

from typing import Final

from sigtrace.packets.link.cooked import ETHERNET_802_3, PPP_HDLC
from sigtrace.packets.link.ethernet import IPV4, IPV6, LLC, PROVIDER_BACKBONE, TAGS, TRANSPARENT_ETHERNET, WIDE_TAGS

IP_TCP, IP_UDP = 6, 17

MACSEC = 0x88E5
MPLS, MPLS_MULTICAST = 0x8847, 0x8848
NSH = 0x894F
PPP, PPPOE = 0x880B, 0x8864
JUMBO = 0x8870  # LLC in frames longer than a length may say

L2TP_PORT, GTP_PORT, TEREDO_PORT = 1701, 2152, 3544
VXLAN_PORT, VXLAN_GPE_PORT, LINUX_VXLAN_PORT = 4789, 4790, 8472
GENEVE_PORT, TZSP_PORT = 6081, 37008

ETHERTYPES: Final = frozenset(
    {
        *(IPV4, IPV6, LLC, ETHERNET_802_3, PPP_HDLC, PROVIDER_BACKBONE, TRANSPARENT_ETHERNET),
        *(*TAGS, *WIDE_TAGS),
        *(MACSEC, MPLS, MPLS_MULTICAST, NSH, PPP, PPPOE, JUMBO),
    }
)
IP_PROTOCOLS: Final = frozenset({0, 4, IP_UDP, 41, 43, 44, 47, 51, 60, 97, 137, 140, 143})
"""TCP is not among them: it is where the taking off ends."""
TUNNEL_PORTS: Final = frozenset(
    {
        *(L2TP_PORT, GTP_PORT, TEREDO_PORT, GENEVE_PORT, TZSP_PORT),
        *(VXLAN_PORT, VXLAN_GPE_PORT, LINUX_VXLAN_PORT),
    }
)
"""Of UDP."""
