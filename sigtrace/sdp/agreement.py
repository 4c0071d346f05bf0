"""What an offer and its answer agreed on: codecs, directions, extensions, DTLS roles, bundle (RFC 3264, RFC 9143).

Theory of operation. Sections of the two descriptions are matched by their places, for an answer must have as many, in
the same order (RFC 3264 §6). Everything is seen from the offerer, and everything is what the two texts say: an answer
that breaks the rules, with codecs never offered or another mid, is reported as it stands.
"""

from __future__ import annotations

from itertools import zip_longest
from typing import TYPE_CHECKING

from sigtrace.sdp.direction import Direction, direction_of
from sigtrace.sdp.matching import CommonCodec, CommonExtension, match_codecs, match_extensions
from sigtrace.sdp.transport import KeyExchange, Side, Transport, agree_dtls_client, agree_key_exchange, transports
from sigtrace.value import Value

if TYPE_CHECKING:
    from sigtrace.sdp.codec import Codec
    from sigtrace.sdp.description import Description
    from sigtrace.sdp.media import MediaDescription

__all__ = [
    "Agreement",
    "CommonCodec",
    "CommonExtension",
    "KeyExchange",
    "MediaAgreement",
    "Side",
    "agree",
    "restarts_ice",
]


class MediaAgreement(Value, frozen=True, kw_only=True):
    """What became of one section of the offer."""

    offered: MediaDescription
    answered: MediaDescription | None  # None: the answer has no section in this place
    accepted: bool  # False: nothing was agreed on, and what follows is empty
    direction: Direction  # seen from the offerer
    codecs: tuple[CommonCodec, ...]  # in the answer's order, which is that of preference
    offered_only: tuple[Codec, ...]  # codecs that the answer left out
    answered_only: tuple[Codec, ...]  # codecs that were never offered
    extensions: tuple[CommonExtension, ...]  # in the answer's order
    rtcp_mux: bool
    rtcp_rsize: bool
    key_exchange: KeyExchange | None  # None: no keys, or not told
    dtls_client: Side | None  # None: no DTLS, or not told

    @property
    def index(self) -> int:
        """The place of the section, from 0."""
        return self.offered.index

    @property
    def mid(self) -> str | None:
        """The mid as offered."""
        return self.offered.mid

    @property
    def mid_mismatch(self) -> bool:
        """True when the answer gives the section another mid; one that is missing does not count."""
        answered = self.answered.mid if self.answered else None
        return None not in {self.mid, answered} and self.mid != answered


class Agreement(Value, frozen=True, kw_only=True):
    """What an offer and its answer agreed on."""

    media: tuple[MediaAgreement, ...]  # one for each section of the offer
    surplus: tuple[MediaDescription, ...]  # sections of the answer beyond those of the offer
    bundles: tuple[tuple[str, ...], ...]  # accepted mids of each BUNDLE group both have, in the answer's order
    controlling: Side  # of ICE

    @property
    def bundle(self) -> tuple[str, ...]:
        """The mids of the first bundle, as a rule the only one; empty when nothing is bundled."""
        return next(iter(self.bundles), ())


def agree(offer: Description, answer: Description) -> Agreement:
    """Work out what an offer and its answer agreed on.

    Returns:
        One agreement for each section of the offer. `controlling` is the role of a first negotiation: the offerer,
        unless it alone is an ICE lite agent (RFC 8445 §6.1.1); later ones keep the roles.

    Source: RFC 3264 §6, RFC 8842 §5, RFC 9143 §7.
    """
    pairs = zip_longest(offer.media, answer.media[: len(offer.media)])
    offered, answered = transports(offer), transports(answer)
    media = tuple(
        _reject(section, reply)
        if reply is None or reply.rejected or section.rejected
        else _accept(section, reply, offered[section.index], answered[section.index])
        for section, reply in pairs
    )
    lite_alone = offer.ice_lite and not answer.ice_lite
    return Agreement(
        media=media,
        surplus=answer.media[len(offer.media) :],
        bundles=_agree_bundles(offer, answer, media),
        controlling=Side.ANSWERER if lite_alone else Side.OFFERER,
    )


def restarts_ice(previous: Description, new: Description) -> bool:
    """Tell whether a side's new description restarts ICE: other credentials in a section that both have.

    Source: RFC 8839 §4.4.1.1.1, RFC 8445 §9.
    """
    return any(
        None not in {before.ice_ufrag, after.ice_ufrag}
        and (before.ice_ufrag, before.ice_pwd) != (after.ice_ufrag, after.ice_pwd)
        for before, after in zip(previous.media, new.media, strict=False)
    )


def _reject(offered: MediaDescription, answered: MediaDescription | None) -> MediaAgreement:
    return MediaAgreement(
        offered=offered,
        answered=answered,
        accepted=False,
        direction=Direction.INACTIVE,
        codecs=(),
        offered_only=(),
        answered_only=(),
        extensions=(),
        rtcp_mux=False,
        rtcp_rsize=False,
        key_exchange=None,
        dtls_client=None,
    )


def _accept(
    offered: MediaDescription, answered: MediaDescription, ours: Transport, theirs: Transport
) -> MediaAgreement:
    codecs, offered_only, answered_only = match_codecs(offered.codecs, answered.codecs)
    key_exchange = agree_key_exchange(ours, theirs)
    return MediaAgreement(
        offered=offered,
        answered=answered,
        accepted=True,
        direction=direction_of(
            sends=offered.direction.sends and answered.direction.receives,
            receives=offered.direction.receives and answered.direction.sends,
        ),
        codecs=codecs,
        offered_only=offered_only,
        answered_only=answered_only,
        extensions=match_extensions(offered.extensions, answered.extensions),
        rtcp_mux=ours.rtcp_mux and theirs.rtcp_mux,
        rtcp_rsize=offered.rtcp_rsize and answered.rtcp_rsize,
        key_exchange=key_exchange,
        dtls_client=agree_dtls_client(ours, theirs) if key_exchange is KeyExchange.DTLS else None,
    )


def _agree_bundles(
    offer: Description, answer: Description, media: tuple[MediaAgreement, ...]
) -> tuple[tuple[str, ...], ...]:
    """Return the accepted mids of each of the answer's groups, as far as the offer grouped them too."""
    offered = {mid for mids in offer.bundles for mid in mids}
    accepted = {section.answered.mid for section in media if section.accepted and section.answered}
    groups = (tuple(mid for mid in mids if mid in offered and mid in accepted) for mids in answer.bundles)
    return tuple(group for group in groups if group)
