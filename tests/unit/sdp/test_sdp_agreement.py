"""What offer and answer agreed on."""

from __future__ import annotations

import pytest

from sigtrace.sdp.agreement import Agreement, KeyExchange, MediaAgreement, Side, agree, restarts_ice
from sigtrace.sdp.codec_identity import h264_profile
from sigtrace.sdp.description import Direction
from tests.builders.descriptions import FINGERPRINT, audio, description, sample, video


def _agree(offer: tuple[str, ...], answer: tuple[str, ...]) -> Agreement:
    return agree(description(*offer), description(*answer))


def _section(offer: tuple[str, ...], answer: tuple[str, ...]) -> MediaAgreement:
    return _agree(offer, answer).media[0]


@pytest.mark.parametrize("client", ["chromium", "aiortc"])
def test_real_calls_agree_on_everything(client: str) -> None:
    """Two clients of one kind agree on all codecs and extensions, both ways, in one bundle."""
    offer, answer = sample(f"{client}-offer"), sample(f"{client}-answer")
    agreement = agree(offer, answer)
    assert agreement.bundle == ("0", "1")
    assert agreement.controlling is Side.OFFERER
    for section in agreement.media:
        assert section.accepted
        assert section.direction is Direction.SENDRECV
        assert [codec.answered for codec in section.codecs] == list(answer.media[section.index].codecs)
        assert (section.offered_only, section.answered_only, section.mid_mismatch) == ((), (), False)
        assert len(section.extensions) == len(offer.media[section.index].extensions)
        assert section.rtcp_mux
        assert (section.key_exchange, section.dtls_client) == (KeyExchange.DTLS, Side.ANSWERER)


def test_codecs_are_in_the_answers_order_with_both_payload_types() -> None:
    """Common codecs are found under different payload types, and stand as the answer prefers them."""
    section = _section(
        audio(codecs="111=opus/48000/2 0 8 110=telephone-event/8000"),
        audio(codecs="8 96=OPUS/48000/2 101=telephone-event/8000 18"),
    )
    assert [(c.offered.payload_type, c.answered.payload_type) for c in section.codecs] == [
        (8, 8),
        (111, 96),
        (110, 101),
    ]
    assert [common.auxiliary for common in section.codecs] == [False, False, True]
    assert [codec.name for codec in section.offered_only] == ["PCMU"]
    assert [codec.name for codec in section.answered_only] == ["G729"]


@pytest.mark.parametrize(
    ("name", "offered", "answered", "same"),
    [
        ("H264", "profile-level-id=42e01f;packetization-mode=1", "packetization-mode=1;profile-level-id=42E034", True),
        ("H264", "profile-level-id=42e01f;packetization-mode=1", "profile-level-id=42e01f", False),
        ("H264", "profile-level-id=42e01f", "packetization-mode=0", True),
        ("H264", "profile-level-id=42e01f", "profile-level-id=42001f", False),
        ("H264", "profile-level-id=42e01f", "profile-level-id=4dc01f", True),
        ("H264", "profile-level-id=64001f", "profile-level-id=640c1f", False),
        ("H264", "profile-level-id=zz001f", "profile-level-id=ZZ001F", True),
        ("H264", "profile-level-id=zz001f", "profile-level-id=zz001e", False),
        ("VP9", "profile-id=0", "x=1", True),
        ("VP9", "profile-id=0", "profile-id=2", False),
        ("AV1", "profile=0;level-idx=5", "level-idx=8;tier=1", True),
        ("AV1", "profile=0", "profile=1", False),
        ("H265", "profile-id=1", "level-id=93;tx-mode=srst", True),
        ("H265", "profile-id=1", "profile-id=2", False),
        ("VP8", "max-fs=12288", "max-fr=30", True),
    ],
)
def test_codec_variants(name: str, offered: str, answered: str, *, same: bool) -> None:
    """Parameters that make another codec are compared, capabilities of one side are not."""
    codecs = f"96={name}/90000"
    section = _section(
        video(f"a=fmtp:96 {offered}", codecs=codecs),
        video(f"a=fmtp:96 {answered}", codecs=codecs),
    )
    assert bool(section.codecs) is same
    assert bool(section.offered_only) is not same


@pytest.mark.parametrize(
    ("offered", "answered"),
    [("opus/48000/2", "opus/48000"), ("ISAC/16000", "ISAC/32000"), ("opus/48000/2", "opux/48000/2")],
)
def test_codecs_differ_by_name_clock_and_channels(offered: str, answered: str) -> None:
    """Another name, clock rate or number of channels makes another codec."""
    assert _section(audio(codecs=f"96={offered}"), audio(codecs=f"96={answered}")).codecs == ()


def test_retransmissions_match_with_what_they_serve() -> None:
    """An rtx is matched to the rtx of the same codec, not to the first one."""
    section = _section(
        video("a=fmtp:97 apt=96", "a=fmtp:99 apt=98", codecs="96=VP8/90000 97=rtx/90000 98=VP9/90000 99=rtx/90000"),
        video("a=fmtp:97 apt=96", codecs="96=VP9/90000 97=rtx/90000"),
    )
    assert [(c.offered.payload_type, c.answered.payload_type) for c in section.codecs] == [(98, 96), (99, 97)]
    assert [codec.payload_type for codec in section.offered_only] == [96, 97]


def test_redundancy_matches_with_what_it_carries() -> None:
    """A red that carries another codec is another red."""
    offer = audio("a=fmtp:63 111/111", codecs="111=opus/48000/2 63=red/48000/2 112=x/48000/2")
    same = audio("a=fmtp:70 96/96", codecs="96=opus/48000/2 70=red/48000/2")
    other = audio("a=fmtp:70 112/112", codecs="112=x/48000/2 70=red/48000/2")
    assert [c.answered.payload_type for c in _section(offer, same).codecs] == [96, 70]
    assert [c.answered.payload_type for c in _section(offer, other).codecs] == [112]


def test_same_codec_twice_prefers_the_same_payload_type() -> None:
    """Where two offered codecs are the same, the answer means the one with its own payload type."""
    codecs = "96=VP8/90000 97=VP8/90000"
    assert [c.offered.payload_type for c in _section(video(codecs=codecs), video(codecs="97=VP8/90000")).codecs] == [97]
    assert [c.offered.payload_type for c in _section(video(codecs=codecs), video(codecs="98=VP8/90000")).codecs] == [96]


@pytest.mark.parametrize(
    ("profile_level_id", "profile"),
    [
        ("42e01f", "constrained-baseline"),
        ("42001f", "baseline"),
        ("58c01f", "constrained-baseline"),
        ("58801f", "baseline"),
        ("4d001f", "main"),
        ("64001f", "high"),
        ("640c1f", "constrained-high"),
        ("f4001f", "high-4:4:4-predictive"),
        ("ABCDEF", "abcdef"),
        ("42e01", "42e01"),
        ("+2e01f", "+2e01f"),
    ],
)
def test_h264_profiles(profile_level_id: str, profile: str) -> None:
    """A profile-level-id means the profile of RFC 6184's table 5, or only itself."""
    assert h264_profile(profile_level_id) == profile


@pytest.mark.parametrize(
    ("offered", "answered", "effective"),
    [
        ("sendrecv", "sendrecv", Direction.SENDRECV),
        ("sendrecv", "recvonly", Direction.SENDONLY),
        ("sendrecv", "sendonly", Direction.RECVONLY),
        ("sendonly", "recvonly", Direction.SENDONLY),
        ("recvonly", "sendonly", Direction.RECVONLY),
        ("sendonly", "sendonly", Direction.INACTIVE),
        ("sendrecv", "inactive", Direction.INACTIVE),
        ("inactive", "sendrecv", Direction.INACTIVE),
    ],
)
def test_direction_is_what_both_allow(offered: str, answered: str, effective: Direction) -> None:
    """Media flows where one side sends and the other receives, seen from the offerer."""
    assert _section(audio(f"a={offered}"), audio(f"a={answered}")).direction is effective


@pytest.mark.parametrize(
    ("offered", "answered", "client"),
    [
        ("actpass", "active", Side.ANSWERER),
        ("actpass", "passive", Side.OFFERER),
        ("active", "passive", Side.OFFERER),
        ("passive", "active", Side.ANSWERER),
        ("active", None, Side.OFFERER),
        ("passive", None, Side.ANSWERER),
        (None, "active", Side.ANSWERER),
        ("actpass", None, None),
        ("actpass", "actpass", None),
        ("active", "active", None),
        ("actpass", "holdconn", None),
    ],
)
def test_dtls_client(offered: str | None, answered: str | None, client: Side | None) -> None:
    """The roles tell who opens the DTLS connection, and nobody where they do not fit."""

    def lines(setup: str | None) -> tuple[str, ...]:
        return audio(FINGERPRINT, *([f"a=setup:{setup}"] if setup else []))

    section = _section(lines(offered), lines(answered))
    assert (section.key_exchange, section.dtls_client) == (KeyExchange.DTLS, client)


def test_sdes_has_no_dtls_client() -> None:
    """Keys in the descriptions need no DTLS, whatever a=setup says."""
    crypto = "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:x"
    section = _section(audio(crypto, FINGERPRINT, "a=setup:actpass"), audio(crypto, "a=setup:active"))
    assert (section.key_exchange, section.dtls_client) == (KeyExchange.SDES, None)
    assert _section(audio(crypto), audio()).key_exchange is None


def test_rejected_section_agrees_on_nothing() -> None:
    """A section with port zero in the answer is refused, and has left the bundle."""
    bundle = "a=group:BUNDLE 0 1"
    agreement = _agree((bundle, *audio(), *video()), (bundle, *audio(), *video(port=0)))
    audio_section, video_section = agreement.media
    assert (audio_section.accepted, video_section.accepted) == (True, False)
    assert (video_section.codecs, video_section.direction) == ((), Direction.INACTIVE)
    assert agreement.bundle == ("0",)


def test_missing_and_surplus_sections_are_told() -> None:
    """An answer with fewer or more sections than the offer is reported as it stands."""
    short, long = audio(), (*audio(), *video())
    missing = _agree(long, short)
    assert [(section.accepted, section.answered is None) for section in missing.media] == [(True, False), (False, True)]
    surplus = _agree(short, long)
    assert [section.mid for section in surplus.surplus] == ["1"]
    assert len(surplus.media) == 1


def test_other_mid_is_told() -> None:
    """An answer that gives a section another mid is noticed, one without mids is not blamed."""
    assert _section(audio(mid="a"), audio(mid="b")).mid_mismatch
    assert not _section(audio(mid="a"), ("m=audio 9 UDP/TLS/RTP/SAVPF 0",)).mid_mismatch


def test_common_extensions_keep_both_ids() -> None:
    """Extensions are matched by URI, in the answer's order."""
    section = _section(
        audio("a=extmap:1 urn:a", "a=extmap:2 urn:b", "a=extmap:4096 urn:c"),
        audio("a=extmap:5 urn:c", "a=extmap:1 urn:a", "a=extmap:9 urn:never-offered"),
    )
    assert [(common.offered.id, common.answered.id) for common in section.extensions] == [(4096, 5), (1, 1)]


@pytest.mark.parametrize(
    ("offered", "answered", "agreed"),
    [
        ("a=rtcp-mux", "a=rtcp-mux", True),
        ("a=rtcp-mux-only", "a=rtcp-mux", True),
        ("a=rtcp-mux", "a=x", False),
        ("a=x", "a=x", False),
    ],
)
def test_rtcp_multiplexing_needs_both(offered: str, answered: str, *, agreed: bool) -> None:
    """RTCP is multiplexed when both sides say so."""
    assert _section(audio(offered), audio(answered)).rtcp_mux is agreed


def test_bundled_sections_share_the_first_ones_transport() -> None:
    """A bundle-only section that says nothing of DTLS has the roles of its bundle."""
    bundle = "a=group:BUNDLE 0 1"
    offer = (bundle, *audio(FINGERPRINT, "a=setup:actpass", "a=rtcp-mux"), *video("a=bundle-only", port=0))
    answer = (bundle, *audio(FINGERPRINT, "a=setup:passive", "a=rtcp-mux"), *video())
    section = _agree(offer, answer).media[1]
    assert (section.accepted, section.rtcp_mux, section.dtls_client) == (True, True, Side.OFFERER)


@pytest.mark.parametrize(
    ("offer", "answer", "agreed"),
    [
        (("0 1",), ("0 1",), (("0", "1"),)),
        (("0 1",), ("1",), (("1",),)),
        (("0 1",), (), ()),
        ((), ("0 1",), ()),
        (("0", "1"), ("1", "0"), (("1",), ("0",))),
        (("0 1",), ("0 7",), (("0",),)),
    ],
)
def test_bundle_is_what_both_group(
    offer: tuple[str, ...], answer: tuple[str, ...], agreed: tuple[tuple[str, ...], ...]
) -> None:
    """The agreed bundle has the mids that the answer groups, as far as they were offered so."""

    def lines(groups: tuple[str, ...]) -> tuple[str, ...]:
        return (*(f"a=group:BUNDLE {mids}" for mids in groups), *audio(), *video())

    agreement = _agree(lines(offer), lines(answer))
    assert agreement.bundles == agreed
    assert agreement.bundle == (agreed[0] if agreed else ())


@pytest.mark.parametrize(
    ("offer_lite", "answer_lite", "controlling"),
    [
        (False, False, Side.OFFERER),
        (True, False, Side.ANSWERER),
        (False, True, Side.OFFERER),
        (True, True, Side.OFFERER),
    ],
)
def test_ice_controlling_side(*, offer_lite: bool, answer_lite: bool, controlling: Side) -> None:
    """The offerer controls ICE, unless it alone is lite."""
    lite = ("a=ice-lite",)
    agreement = _agree((*lite * offer_lite, *audio()), (*lite * answer_lite, *audio()))
    assert agreement.controlling is controlling


def test_ice_restart_is_a_change_of_credentials() -> None:
    """New credentials restart ICE; the same, and those of a new section, do not."""

    def with_ice(ufrag: str, pwd: str) -> tuple[str, ...]:
        return audio(f"a=ice-ufrag:{ufrag}", f"a=ice-pwd:{pwd}")

    first = description(*with_ice("one", "secret"))
    assert restarts_ice(first, description(*with_ice("two", "other")))
    assert restarts_ice(first, description(*with_ice("one", "other")))
    assert not restarts_ice(first, description(*with_ice("one", "secret"), *video("a=ice-ufrag:new", "a=ice-pwd:x")))
    assert not restarts_ice(first, description(*audio()))
