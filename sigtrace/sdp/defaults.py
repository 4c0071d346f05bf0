"""What may stand before the first section as a default, and again in a section to override it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sigtrace.sdp.direction import DIRECTIONS, Direction
from sigtrace.value import Value

if TYPE_CHECKING:
    from sigtrace.sdp.extension import HeaderExtension
    from sigtrace.sdp.section import Section
    from sigtrace.sdp.security import Fingerprint, Setup
    from sigtrace.sdp.session import Connection


_DIRECTIONS = tuple((f"a={name}", direction) for name, direction in DIRECTIONS.items())


class Defaults(Value, frozen=True, kw_only=True, cache_hash=True):
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


_NOTHING = Defaults()


def read_defaults(section: Section, above: Defaults = _NOTHING) -> Defaults:
    """Read one level's values; where its lines say nothing, the level above holds."""
    return Defaults(
        connection=section.last("c=") or above.connection,
        direction=_read_direction(section) or above.direction,
        ice_ufrag=section.last("a=ice-ufrag") or above.ice_ufrag,
        ice_pwd=section.last("a=ice-pwd") or above.ice_pwd,
        ice_options=section.last("a=ice-options") or above.ice_options,
        fingerprints=section.every("a=fingerprint") or above.fingerprints,
        setup=section.last("a=setup") or above.setup,
        extensions=section.every("a=extmap") or above.extensions,
        extmap_allow_mixed=section.has("a=extmap-allow-mixed") or above.extmap_allow_mixed,
        end_of_candidates=section.has("a=end-of-candidates") or above.end_of_candidates,
    )


def _read_direction(section: Section) -> Direction | None:
    """Return the last direction that is said; as a rule there is one."""
    said = [direction for key, direction in _DIRECTIONS if section.has(key)]
    if len(said) < 2:
        return said[0] if said else None
    names = (attribute.name for attribute in reversed(section.attributes))
    return next(DIRECTIONS[name] for name in names if name in DIRECTIONS)
