"""One media section, from its `m=` line to the next: all of its lines → typed values (RFC 8866 §5.14)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from sigtrace.errors import DecodeError
from sigtrace.sdp.candidate import Candidate, decode_candidate
from sigtrace.sdp.channel import (
    Rtcp,
    SctpMap,
    decode_max_message_size,
    decode_rtcp,
    decode_sctp_port,
    decode_sctpmap,
)
from sigtrace.sdp.codec import Codec, gather_codecs
from sigtrace.sdp.defaults import Defaults, read_defaults
from sigtrace.sdp.lines import Attribute, decode_text
from sigtrace.sdp.media_line import decode_media_line, salvage_media_line
from sigtrace.sdp.security import Crypto, Fingerprint, Setup, decode_crypto
from sigtrace.sdp.session import Bandwidth, Connection, decode_bandwidth
from sigtrace.sdp.simulcast import Rid, Simulcast, decode_rid, decode_simulcast
from sigtrace.sdp.source import (
    Msid,
    Source,
    SourceGroup,
    decode_msid,
    decode_source_attribute,
    decode_source_group,
    gather_sources,
)
from sigtrace.value import Value

if TYPE_CHECKING:
    from sigtrace.sdp.direction import Direction
    from sigtrace.sdp.extension import HeaderExtension
    from sigtrace.sdp.lines import Section

_PTIME = re.compile(r"[0-9]{1,6}(?:\.[0-9]{1,6})?")


class MediaDescription(Value, frozen=True, kw_only=True):
    """One media section. The session's defaults are filled in; `attributes` has the section's own lines alone."""

    index: int  # from 0: the sdpMLineIndex of candidates
    number: int  # of the m= line, from 1
    kind: str  # "audio", "video", "application", …; empty where unreadable
    port: int | None  # 9 (discard) while ICE looks for the real one; None where unreadable
    port_count: int
    protocol: str  # "UDP/TLS/RTP/SAVPF"; empty where unreadable
    formats: tuple[str, ...]  # payload types of RTP, "webrtc-datachannel", …
    connection: Connection | None
    bandwidth: tuple[Bandwidth, ...]
    mid: str | None
    direction: Direction
    codecs: tuple[Codec, ...]  # in order of preference; none unless the protocol is RTP
    extensions: tuple[HeaderExtension, ...]
    extmap_allow_mixed: bool
    ptime: float | None  # milliseconds of media per packet; 2.5 is the shortest of Opus
    ice_ufrag: str | None
    ice_pwd: str | None
    ice_options: tuple[str, ...]
    candidates: tuple[Candidate, ...]
    end_of_candidates: bool
    fingerprints: tuple[Fingerprint, ...]
    setup: Setup | None
    crypto: tuple[Crypto, ...]
    rtcp: Rtcp | None
    rtcp_mux: bool
    rtcp_mux_only: bool
    rtcp_rsize: bool
    bundle_only: bool
    msids: tuple[Msid, ...]
    ssrcs: tuple[Source, ...]
    ssrc_groups: tuple[SourceGroup, ...]
    rids: tuple[Rid, ...]
    simulcast: Simulcast | None
    sctp_port: int | None
    sctpmap: tuple[SctpMap, ...]
    max_message_size: int | None  # bytes
    attributes: tuple[Attribute, ...]  # in order

    @property
    def rejected(self) -> bool:
        """True when the section is refused or stopped: port zero, but not because it is `bundle-only` (RFC 9143 §6)."""
        return self.port == 0 and not self.bundle_only


def read_media(index: int, section: Section, session: Defaults) -> MediaDescription:
    """Read one media section; what does not decode goes to its malformed lines.

    Args:
        index: of the section, from 0.
        section: its lines.
        session: what the session says for all sections.
    """
    line = section.last("m=", decode_media_line) or section.last("m=", salvage_media_line) or salvage_media_line("")
    own = read_defaults(section, session)
    return MediaDescription(
        index=index,
        number=section.number,
        kind=line.kind,
        port=line.port,
        port_count=line.port_count,
        protocol=line.protocol,
        formats=line.formats,
        connection=own.connection,
        bandwidth=section.every("b=", decode_bandwidth),
        mid=section.last("a=mid", decode_text),
        direction=own.direction,
        codecs=gather_codecs(line.kind, line.payload_types, section) if line.payload_types else (),
        extensions=own.extensions,
        extmap_allow_mixed=own.extmap_allow_mixed,
        ptime=section.last("a=ptime", decode_ptime),
        ice_ufrag=own.ice_ufrag,
        ice_pwd=own.ice_pwd,
        ice_options=own.ice_options,
        candidates=section.every("a=candidate", decode_candidate),
        end_of_candidates=own.end_of_candidates,
        fingerprints=own.fingerprints,
        setup=own.setup,
        crypto=section.every("a=crypto", decode_crypto),
        rtcp=section.last("a=rtcp", decode_rtcp),
        rtcp_mux=section.has("a=rtcp-mux"),
        rtcp_mux_only=section.has("a=rtcp-mux-only"),
        rtcp_rsize=section.has("a=rtcp-rsize"),
        bundle_only=section.has("a=bundle-only"),
        msids=section.every("a=msid", decode_msid),
        ssrcs=gather_sources(section.every("a=ssrc", decode_source_attribute)),
        ssrc_groups=section.every("a=ssrc-group", decode_source_group),
        rids=section.every("a=rid", decode_rid),
        simulcast=section.last("a=simulcast", decode_simulcast),
        sctp_port=section.last("a=sctp-port", decode_sctp_port),
        sctpmap=section.every("a=sctpmap", decode_sctpmap),
        max_message_size=section.last("a=max-message-size", decode_max_message_size),
        attributes=tuple(section.attributes),
    )


def decode_ptime(value: str) -> float:
    """Decode `20`, in milliseconds. Raises DecodeError. Source: RFC 8866 §6.4."""
    text = value.strip()
    if not _PTIME.fullmatch(text):
        raise DecodeError("packet time is not a number")
    return float(text)
