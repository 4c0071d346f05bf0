"""One media section, from its `m=` line to the next: all of its lines → typed values (RFC 8866 §5.14)."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from sigtrace.sdp.codec import Codec, gather_codecs
from sigtrace.sdp.defaults import Defaults, read_defaults
from sigtrace.sdp.media_line import salvage_media_line
from sigtrace.sdp.section import Section, read_runs
from sigtrace.sdp.source import Msid, Source, SourceGroup, gather_sources
from sigtrace.value import Value

if TYPE_CHECKING:
    from sigtrace.sdp.candidate import Candidate
    from sigtrace.sdp.channel import Rtcp, SctpMap
    from sigtrace.sdp.direction import Direction
    from sigtrace.sdp.extension import HeaderExtension
    from sigtrace.sdp.lines import Attribute, MalformedLine
    from sigtrace.sdp.media_line import MediaLine
    from sigtrace.sdp.security import Crypto, Fingerprint, Setup
    from sigtrace.sdp.session import Bandwidth, Connection
    from sigtrace.sdp.simulcast import Rid, Simulcast


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


class ReadMedia(NamedTuple):
    """A media section, and what else its lines tell."""

    media: MediaDescription
    malformed: tuple[MalformedLine, ...]
    length: int  # lines
    longest: int  # characters of the longest line


def read_media(index: int, number: int, text: str, session: Defaults) -> ReadMedia:
    """Read one media section; what does not decode goes to its malformed lines.

    Args:
        index: of the section, from 0.
        number: of its first line.
        text: its lines, which end in CRLF but for the last.
        session: what the session says for all sections.
    """
    malformed: list[MalformedLine] = []
    runs = read_runs(text)
    length = sum(run.length for run in runs)
    section = Section(runs, range(number, number + length), malformed)
    line = section.last("m=") or salvage_media_line(text[2:].partition("\r\n")[0])
    media = _read_section(index, number, line, section, session)
    return ReadMedia(media, tuple(malformed), length, max(run.longest for run in runs))


# Where peers negotiate again, most sections are as they were.
read_known_media = lru_cache(maxsize=64)(read_media)


def _read_section(index: int, number: int, line: MediaLine, section: Section, session: Defaults) -> MediaDescription:
    payload_types = line.payload_types
    own = read_defaults(section, session)
    return MediaDescription(
        index=index,
        number=number,
        kind=line.kind,
        port=line.port,
        port_count=line.port_count,
        protocol=line.protocol,
        formats=line.formats,
        connection=own.connection,
        bandwidth=section.every("b="),
        mid=section.last("a=mid"),
        direction=own.direction,
        codecs=gather_codecs(line.kind, payload_types, section) if payload_types else (),
        extensions=own.extensions,
        extmap_allow_mixed=own.extmap_allow_mixed,
        ptime=section.last("a=ptime"),
        ice_ufrag=own.ice_ufrag,
        ice_pwd=own.ice_pwd,
        ice_options=own.ice_options,
        candidates=section.every("a=candidate"),
        end_of_candidates=own.end_of_candidates,
        fingerprints=own.fingerprints,
        setup=own.setup,
        crypto=section.every("a=crypto"),
        rtcp=section.last("a=rtcp"),
        rtcp_mux=section.has("a=rtcp-mux"),
        rtcp_mux_only=section.has("a=rtcp-mux-only"),
        rtcp_rsize=section.has("a=rtcp-rsize"),
        bundle_only=section.has("a=bundle-only"),
        msids=section.every("a=msid"),
        ssrcs=gather_sources(section.every("a=ssrc")),
        ssrc_groups=section.every("a=ssrc-group"),
        rids=section.every("a=rid"),
        simulcast=section.last("a=simulcast"),
        sctp_port=section.last("a=sctp-port"),
        sctpmap=section.every("a=sctpmap"),
        max_message_size=section.last("a=max-message-size"),
        attributes=tuple(section.attributes),
    )
