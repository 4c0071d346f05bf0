"""What may stand before the first section as a default, and again in a section to override it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sigtrace.sdp.direction import DIRECTIONS, Direction
from sigtrace.sdp.extension import HeaderExtension, decode_extension
from sigtrace.sdp.lines import decode_text, decode_words
from sigtrace.sdp.security import Fingerprint, Setup, decode_fingerprint, decode_setup
from sigtrace.sdp.session import Connection, decode_connection
from sigtrace.value import Value

if TYPE_CHECKING:
    from sigtrace.sdp.lines import Section


class Defaults(Value, frozen=True, kw_only=True):
    """The values of one level: read from the session's lines, or from a section's over those of the session."""

    connection: Connection | None = None
    direction: Direction = Direction.SENDRECV  # RFC 8866 §6.7
    ice_ufrag: str | None = None
    ice_pwd: str | None = None
    ice_options: tuple[str, ...] = ()
    fingerprints: tuple[Fingerprint, ...] = ()
    setup: Setup | None = None
    extensions: tuple[HeaderExtension, ...] = ()
    extmap_allow_mixed: bool = False
    end_of_candidates: bool = False


def read_defaults(section: Section, above: Defaults) -> Defaults:
    """Read one level's values; where its lines say nothing, the level above holds."""
    directions = (DIRECTIONS.get(attribute.name) for attribute in reversed(section.attributes))
    return Defaults(
        connection=section.last("c=", decode_connection) or above.connection,
        direction=next((direction for direction in directions if direction), above.direction),
        ice_ufrag=section.last("a=ice-ufrag", decode_text) or above.ice_ufrag,
        ice_pwd=section.last("a=ice-pwd", decode_text) or above.ice_pwd,
        ice_options=section.last("a=ice-options", decode_words) or above.ice_options,
        fingerprints=section.every("a=fingerprint", decode_fingerprint) or above.fingerprints,
        setup=section.last("a=setup", decode_setup) or above.setup,
        extensions=section.every("a=extmap", decode_extension) or above.extensions,
        extmap_allow_mixed=section.has("a=extmap-allow-mixed") or above.extmap_allow_mixed,
        end_of_candidates=section.has("a=end-of-candidates") or above.end_of_candidates,
    )
