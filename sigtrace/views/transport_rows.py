"""What carries the media: bundle, ICE, DTLS and header extensions, offered, answered and agreed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sigtrace.sdp.agreement import KeyExchange, Side
from sigtrace.value import Value
from sigtrace.views.abridged import PHRASE_LENGTH, abridged
from sigtrace.views.quantities import count

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sigtrace.sdp.agreement import Agreement
    from sigtrace.sdp.description import Description
    from sigtrace.sdp.media import MediaDescription


class TransportRow(Value, frozen=True, kw_only=True):
    """One aspect of the transport."""

    name: str  # "bundle", "ICE", "DTLS"
    offered: str
    answered: str
    agreed: str
    trouble: bool = False


def compare_transport(
    offered: Description | None, answered: Description | None, agreement: Agreement | None, names: tuple[str, str]
) -> Iterator[TransportRow]:
    """Put side by side what carries the media.

    Args:
        offered: the offer; None when it is not known.
        answered: the answer; None when there is none.
        agreement: of both; None without both.
        names: the offerer's and the answerer's.
    """
    if offered is None and answered is None:
        return
    yield TransportRow(
        name="bundle",
        offered=_bundle(offered),
        answered=_bundle(answered),
        agreed=_agreed_bundle(agreement) if agreement else "",
    )
    yield TransportRow(
        name="ICE",
        offered=_ice(offered),
        answered=_ice(answered),
        agreed=f"{_side(agreement.controlling, names)} controls" if agreement else "",
    )
    yield _keys(offered, answered, agreement, names)
    extensions = tuple(sum(len(media.extensions) for media in one.media) if one else 0 for one in (offered, answered))
    if any(extensions):
        common = sum(len(media.extensions) for media in agreement.media) if agreement else 0
        yield TransportRow(
            name="header ext",
            offered=str(extensions[0]) if offered else "",
            answered=str(extensions[1]) if answered else "",
            agreed=f"{common} in common" if agreement else "",
        )


def _first(description: Description | None) -> MediaDescription | None:
    """The section that speaks for the transport: the first that is not rejected."""
    if description is None:
        return None
    media = description.media
    return next((one for one in media if not one.rejected), next(iter(media), None))


def _bundle(description: Description | None) -> str:
    return "" if description is None else abridged(" ".join(description.bundle), PHRASE_LENGTH) or "none"


def _agreed_bundle(agreement: Agreement) -> str:
    accepted = sum(media.accepted for media in agreement.media)
    if not accepted:
        return ""
    bundled = sum(len(group) for group in agreement.bundles)
    transports = accepted - bundled + len(agreement.bundles)
    return "one transport" if transports == 1 else count(transports, "transport")


def _ice(description: Description | None) -> str:
    media = _first(description)
    if description is None or media is None:
        return ""
    words = [f"ufrag {media.ice_ufrag}" if media.ice_ufrag else "no credentials"]
    words += ["lite"] if description.ice_lite else []
    words += [option for option in media.ice_options if option != "renomination"]
    return abridged(" ".join(words), PHRASE_LENGTH)


def _keys(
    offered: Description | None, answered: Description | None, agreement: Agreement | None, names: tuple[str, str]
) -> TransportRow:
    media = next((one for one in agreement.media if one.accepted), None) if agreement else None
    agreed, trouble = "", False
    if media is not None:
        if media.key_exchange is KeyExchange.DTLS and media.dtls_client is not None:
            agreed = f"{_side(media.dtls_client, names)} opens the handshake"
        elif media.key_exchange is KeyExchange.DTLS:
            agreed, trouble = "the roles do not fit", True
        elif media.key_exchange is KeyExchange.SDES:
            agreed = "SDES keys"
        else:
            agreed, trouble = "no keys in common", True
    sdes = agreement is not None and media is not None and media.key_exchange is KeyExchange.SDES
    return TransportRow(
        name="SDES" if sdes else "DTLS",
        offered=_describe_keys(_first(offered)),
        answered=_describe_keys(_first(answered)),
        agreed=agreed,
        trouble=trouble,
    )


def _describe_keys(media: MediaDescription | None) -> str:
    if media is None:
        return ""
    if not media.fingerprints:
        return abridged(media.crypto[0].suite) if media.crypto else "none"
    print_ = media.fingerprints[0]
    pairs = print_.value.split(":")
    brief = f"{':'.join(pairs[:2])}…{':'.join(pairs[-2:])}" if len(pairs) > 4 else print_.value
    role = f"{media.setup.value} " if media.setup else ""
    return abridged(f"{role}{print_.algorithm} {brief}", PHRASE_LENGTH)


def _side(side: Side, names: tuple[str, str]) -> str:
    return names[0] if side is Side.OFFERER else names[1]
