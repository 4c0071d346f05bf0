"""Whole descriptions, those of browsers and those made of a few lines."""

from __future__ import annotations

import pytest

from sigtrace.errors import DecodeError
from sigtrace.sdp.description import (
    Attribute,
    Bandwidth,
    Connection,
    Direction,
    Group,
    MsidSemantic,
    Origin,
    Setup,
    Timing,
    decode_description,
    encode_description,
)
from sigtrace.sdp.lines import MAX_LINES, MAX_SECTIONS
from tests.builders.descriptions import SAMPLES, audio, description, description_text, sample, sample_text, video


@pytest.mark.parametrize("name", SAMPLES)
def test_samples_have_no_malformed_line(name: str) -> None:
    """Every line of what real clients write is understood."""
    assert sample(name).malformed == ()


@pytest.mark.parametrize("name", SAMPLES)
def test_samples_come_back_exactly(name: str) -> None:
    """Encoding a decoded sample gives its text."""
    assert encode_description(sample(name)) == sample_text(name)


def test_session_level_of_chromium() -> None:
    """The session's part of a Chromium offer is read whole."""
    offer = sample("chromium-offer")
    assert (offer.version, offer.name, offer.timing) == ("0", "-", Timing(start=0, stop=0))
    assert offer.origin == Origin(
        username="-",
        session_id="1481159559777368470",
        version=2,
        network_type="IN",
        address_type="IP4",
        address="127.0.0.1",
    )
    assert offer.groups == (Group(semantics="BUNDLE", mids=("0", "1")),)
    assert offer.bundle == ("0", "1")
    assert offer.msid_semantic == MsidSemantic(semantics="WMS", streams=("11fbcb7f-16ab-40b1-b63a-1b4fbf06f973",))
    assert offer.extmap_allow_mixed
    assert not offer.ice_lite
    assert offer.omitted_lines == 0
    assert [name for name, _ in offer.attributes] == ["group", "extmap-allow-mixed", "msid-semantic"]


def test_audio_section_of_chromium() -> None:
    """An audio section of a Chromium offer is read whole."""
    audio_section = sample("chromium-offer").media[0]
    assert (audio_section.index, audio_section.number) == (0, 8)
    assert (audio_section.kind, audio_section.port, audio_section.protocol) == ("audio", 9, "UDP/TLS/RTP/SAVPF")
    assert audio_section.formats == ("111", "63", "9", "0", "8", "13", "110", "126")
    assert (audio_section.mid, audio_section.direction) == ("0", Direction.SENDRECV)
    assert audio_section.connection == Connection(network_type="IN", address_type="IP4", address="0.0.0.0")  # noqa: S104 - what browsers write
    assert (audio_section.ice_ufrag, audio_section.ice_pwd) == ("Doe5", "yfr/DEVd48FFWlEWG6kQIlTI")
    assert audio_section.ice_options == ("trickle",)
    assert audio_section.setup is Setup.ACTPASS
    assert audio_section.fingerprints[0].algorithm == "sha-256"
    assert audio_section.fingerprints[0].value.startswith("9D:1F:9B:67:")
    assert (audio_section.rtcp_mux, audio_section.rtcp_rsize, audio_section.rtcp_mux_only) == (True, True, False)
    assert audio_section.rtcp is not None
    assert audio_section.rtcp.port == 9
    assert [(e.id, e.uri) for e in audio_section.extensions][3] == (4, "urn:ietf:params:rtp-hdrext:sdes:mid")
    (source,) = audio_section.ssrcs
    assert (source.ssrc, source.cname) == (239712653, "XDgiJ054rQ55lDKX")
    assert source.msid == audio_section.msids[0]
    assert audio_section.msids[0].track == "13629349-5493-48e3-95d7-3f01ce845c7e"
    assert Attribute("rtcp-xr", "rcvr-rtt=all") in audio_section.attributes
    assert Attribute("rtcp-mux", None) in audio_section.attributes


def test_video_section_of_chromium_groups_its_sources() -> None:
    """A source and its retransmission are told by their FID group."""
    (group,) = sample("chromium-offer").media[1].ssrc_groups
    assert (group.semantics, group.ssrcs) == ("FID", (2243468924, 2836690797))


def test_firefox_fingerprint_of_the_session_holds_for_all_sections() -> None:
    """A fingerprint before the first section is every section's."""
    offer = sample("firefox-offer")
    assert len(offer.fingerprints) == 1
    assert {section.fingerprints for section in offer.media} == {offer.fingerprints}


def test_firefox_bundle_only_section_is_not_rejected() -> None:
    """Port zero means bundle-only where the section says so, and rejected otherwise."""
    assert [section.rejected for section in sample("firefox-offer").media] == [False, False, False]
    assert [section.rejected for section in description(*audio(port=0), *video()).media] == [True, False]


def test_firefox_candidates_are_in_their_section() -> None:
    """Candidates inside a description are read, mDNS names and the end of them included."""
    first, second, _ = sample("firefox-offer").media
    assert [(c.transport, c.kind, c.mdns) for c in first.candidates] == [
        ("udp", "host", True),
        ("udp", "srflx", False),
        ("tcp", "host", True),
    ]
    assert (first.end_of_candidates, second.end_of_candidates, second.candidates) == (True, False, ())


def test_firefox_data_channel() -> None:
    """A data channel of RFC 8841 has its port and its largest message, and no codecs."""
    channel = sample("firefox-offer").media[2]
    assert (channel.kind, channel.protocol, channel.formats) == (
        "application",
        "UDP/DTLS/SCTP",
        ("webrtc-datachannel",),
    )
    assert (channel.sctp_port, channel.max_message_size, channel.codecs) == (5000, 1073741823, ())


def test_plan_b_section_holds_several_tracks() -> None:
    """The sources of a Plan B section name their streams and tracks, and those without are kept."""
    video_section = sample("planb-sdes-offer").media[1]
    tracks = [(source.ssrc, source.msid.track if source.msid else None) for source in video_section.ssrcs]
    assert tracks == [(1732846380, "track2"), (3500000000, None), (99, "track3")]
    assert [group.semantics for group in video_section.ssrc_groups] == ["FID", "SIM"]
    assert sample("planb-sdes-offer").media[0].ssrcs[0].label == "track1"


def test_plan_b_keys_bandwidth_and_old_data_channel() -> None:
    """SDES keys, bandwidth, packet time and sctpmap of older descriptions are read."""
    audio_section, video_section, channel = sample("planb-sdes-offer").media
    weak, strong = audio_section.crypto
    assert (weak.tag, weak.suite) == (0, "AES_CM_128_HMAC_SHA1_32")
    assert strong.keys == ("inline:5ydJsA+FZVpAyqJMT/nW/UW+tcOmDvXJh/pPhNRe|2^20|1:4",)
    assert strong.session_parameters == ("UNENCRYPTED_SRTCP",)
    assert video_section.bandwidth == (Bandwidth(kind="AS", value=500),)
    assert (audio_section.ptime, video_section.direction) == (20.0, Direction.RECVONLY)
    (sctpmap,) = channel.sctpmap
    assert (sctpmap.port, sctpmap.application, sctpmap.streams) == (5000, "webrtc-datachannel", 1024)


def test_direction_comes_from_section_then_session_then_default() -> None:
    """A section's own direction counts before the session's, and sendrecv where neither says anything."""
    sections = description("a=recvonly", *audio("a=sendonly"), *video()).media
    assert [section.direction for section in sections] == [Direction.SENDONLY, Direction.RECVONLY]
    assert description(*audio()).media[0].direction is Direction.SENDRECV


def test_session_defaults_fill_sections_and_are_overridden() -> None:
    """Credentials, role, options and connection of the session hold for sections without their own."""
    inherited, own = description(
        "c=IN IP4 192.0.2.1",
        "a=ice-lite",
        "a=ice-ufrag:sess",
        "a=ice-pwd:secret",
        "a=ice-options:trickle ice2",
        "a=setup:passive",
        *audio(),
        *video("c=IN IP6 2001:db8::1", "a=ice-ufrag:own", "a=ice-pwd:other", "a=setup:active"),
    ).media
    assert (inherited.ice_ufrag, inherited.ice_pwd, inherited.setup) == ("sess", "secret", Setup.PASSIVE)
    assert inherited.ice_options == ("trickle", "ice2")
    assert (own.ice_ufrag, own.ice_pwd, own.setup) == ("own", "other", Setup.ACTIVE)
    assert inherited.connection is not None
    assert own.connection is not None
    assert (inherited.connection.address, own.connection.address) == ("192.0.2.1", "2001:db8::1")


def test_last_of_repeated_attributes_counts() -> None:
    """Where an attribute that may stand once stands twice, the last is taken, as in libwebrtc."""
    (section,) = description(*audio("a=setup:active", "a=setup:passive", "a=sendonly", "a=inactive")).media
    assert (section.setup, section.direction) == (Setup.PASSIVE, Direction.INACTIVE)


def test_several_bundles_are_kept_apart() -> None:
    """Each BUNDLE group is given; other groups are no bundles."""
    groups = description("a=group:LS 0 1", "a=group:BUNDLE 0", "a=group:BUNDLE 1 2").bundles
    assert groups == (("0",), ("1", "2"))


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("b=AS:lots", "bandwidth"),
        ("c=IN IP4", "3 fields"),
        ("q=what", "unknown type letter"),
        ("  a=mid:0", "no type"),
        ("", "no type"),
        ("x", "no type"),
        ("a=setup:maybe", "RFC 4145"),
        ("a=mid:", "no value"),
        ("a=fingerprint:sha-256 AB:CD", "32 bytes, not 2"),
        ("a=fingerprint:sha-256 not hexadecimal", "hexadecimal"),
        ("a=extmap:0 urn:x", "id of the extension"),
        ("a=extmap:300 urn:x", "id of the extension"),
        ("a=extmap:3/sideways urn:x", "direction"),
        ("a=extmap:3", "a URI"),
        ("a=ssrc:4294967296 cname:x", "SSRC"),
        ("a=ssrc:1", "no attribute"),
        ("a=ssrc-group:FID 1 x", "SSRC"),
        ("a=msid:", "no value"),
        ("a=rid:hi", "send or recv"),
        ("a=simulcast:send", "streams"),
        ("a=simulcast:send 1 send 2", "streams"),
        ("a=crypto:1 AES", "3 fields"),
        ("a=sctp-port:70000", "port"),
        ("a=sctpmap:5000", "2 or 3 fields"),
        ("a=max-message-size:-1", "message size"),
        ("a=rtcp:99999", "port"),
        ("a=ptime:1e400", "packet time"),
        ("a=candidate:1 1 udp", "8 fields"),
        ("a=rtpmap:128 opus/48000/2", "payload type"),
        ("a=rtpmap:111 opus", "clock rate"),
        ("a=rtpmap:111 opus/48000/0", "channels"),
        ("a=rtpmap:111", "encoding name"),
        ("a=fmtp:x y", "payload type"),
        ("a=rtcp-fb:111", "no value"),
    ],
)
def test_malformed_line_is_named_and_the_rest_read(line: str, reason: str) -> None:
    """A damaged line is kept with its number and the reason, and the lines around it are read."""
    damaged = description(*audio(line, "a=ice-ufrag:good"), *video())
    (malformed,) = damaged.malformed
    assert (malformed.number, malformed.text) == (8, line)
    assert reason in malformed.reason
    assert damaged.media[0].ice_ufrag == "good"
    assert damaged.media[0].codecs[0].name == "opus"
    assert len(damaged.media) == 2


@pytest.mark.parametrize(
    ("line", "kind", "port", "formats"),
    [
        ("m=audio 65536 UDP/TLS/RTP/SAVPF 0 8", "audio", None, ("0", "8")),
        ("m=audio nine UDP/TLS/RTP/SAVPF 0", "audio", None, ("0",)),
        ("m=audio 9/0 UDP/TLS/RTP/SAVPF 0", "audio", 9, ("0",)),
        ("m=audio 9 UDP/TLS/RTP/SAVPF 0 200 x", "audio", 9, ("0", "200", "x")),
        ("m=audio 9", "audio", 9, ()),
        ("m=", "", None, ()),
    ],
)
def test_malformed_media_line_keeps_its_place(line: str, kind: str, port: int | None, formats: tuple[str, ...]) -> None:
    """A damaged m= line still opens a section, so that candidates find those after it by number."""
    damaged = description(line, "a=mid:a", *video(mid="b"))
    assert [section.mid for section in damaged.media] == ["a", "b"]
    section = damaged.media[0]
    assert (section.kind, section.port, section.formats, section.rejected) == (kind, port, formats, False)
    assert [line.number for line in damaged.malformed] == [5]


@pytest.mark.parametrize("line", ["o=- 1 2 IN IP4", "o=- 1 x IN IP4 ::", "t=0", "t=0 x", "a=group:", "v=1"])
def test_malformed_session_line_is_named(line: str) -> None:
    """Damage in the session's part is on the list, and the sections are read."""
    damaged = decode_description("\n".join(["v=0", line, *audio()]))
    assert [malformed.text for malformed in damaged.malformed] == [line]
    assert len(damaged.media) == 1


@pytest.mark.parametrize("before", [(), ("t=x",), ("s=-", "t=x")])
@pytest.mark.parametrize("origin", [(), ("o=- 1 x IN IP4 ::",), ("o=- 1 1 IN IP4 ::",)])
@pytest.mark.parametrize("behind", [(), ("a=group:",), ("o=- 2 x IN IP4 ::", "s=-"), ("o=- 2 2 IN IP4 ::", "t=y")])
def test_lines_around_the_origin_keep_their_numbers(
    before: tuple[str, ...], origin: tuple[str, ...], behind: tuple[str, ...]
) -> None:
    """Wherever origins stand, malformed lines have their numbers, and of the origins that decode the last counts."""
    texts = ["v=0", *before, *origin, *behind, "m=audio 9"]
    faulty = {"t=x", "t=y", "a=group:", "m=audio 9", "o=- 1 x IN IP4 ::", "o=- 2 x IN IP4 ::"}
    decoded = decode_description("\r\n".join([*texts, ""]))
    assert [(one.number, one.text) for one in decoded.malformed] == [
        (number, text) for number, text in enumerate(texts, 1) if text in faulty
    ]
    good = [text.split()[1] for text in texts if text.startswith("o=") and text not in faulty]
    assert (decoded.origin.session_id if decoded.origin else None) == (good[-1] if good else None)
    assert (decoded.line_count, decoded.longest_line) == (len(texts), max(map(len, texts)))


@pytest.mark.parametrize("text", ["", "\r\n", "o=- 1 1 IN IP4 ::", "{}", "candidate:1", " v=0", "m=audio 9 x y"])
def test_text_without_version_is_no_description(text: str) -> None:
    """What does not begin with v= raises DecodeError."""
    with pytest.raises(DecodeError):
        decode_description(text)


@pytest.mark.parametrize("end", ["\r\n", "\n", "\r", "\r\r\n"])
@pytest.mark.parametrize("last", [True, False])
def test_line_ends_do_not_matter_and_are_kept(end: str, *, last: bool) -> None:
    """Any line end separates lines, the last may miss, and the text comes back exactly."""
    text = description_text(*audio("a=sendonly"), end=end)
    text = text if last else text.removesuffix(end)
    decoded = decode_description(text)
    assert decoded.malformed == ()
    assert decoded.media == description(*audio("a=sendonly")).media
    assert encode_description(decoded) == text


@pytest.mark.parametrize("name", SAMPLES)
def test_what_is_remembered_is_what_would_be_read(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """However much of a description was read before, it says what it says to a reader who remembers nothing."""
    lines = sample_text(name).split("\r\n")
    half = lines.index(next(line for line in lines if line.startswith("m=")))
    texts = ["\r\n".join(lines)] * 2
    for place in range(1, len(lines)):  # one line misses, is another, or stands twice
        for instead in ((), (f"{lines[place]}0",), (lines[place], lines[place])):
            texts += ["\r\n".join([*lines[:place], *instead, *lines[place + 1 :]])]
    texts += ["\r\n".join([*lines[:half], "a=inactive", *lines[half:-1], *lines[half:]]), "\r\n".join(lines[:half])]
    known = [decode_description(text) for text in texts]
    monkeypatch.setattr("sigtrace.sdp.description.MAX_REMEMBERED", -1)
    assert known == [decode_description(text) for text in texts]


def test_lines_beyond_the_bound_are_counted_and_kept() -> None:
    """More lines than the bound are not read but counted, and the text is whole."""
    text = description_text(*audio(), *["a=x"] * MAX_LINES)
    decoded = decode_description(text)
    assert len(decoded.lines) == MAX_LINES
    assert decoded.omitted_lines == text.count("\n") - MAX_LINES
    assert encode_description(decoded) == text


def test_sections_beyond_the_bound_are_counted_and_kept() -> None:
    """More sections than the bound are not read but their lines counted, and the text is whole."""
    text = description_text(*["m=audio 9 RTP/AVP 0"] * (MAX_SECTIONS + 3))
    decoded = decode_description(text)
    assert (len(decoded.media), decoded.omitted_lines) == (MAX_SECTIONS, 3)
    assert encode_description(decoded) == text
