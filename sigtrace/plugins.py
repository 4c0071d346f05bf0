"""The signaling protocols to look for: built in, of installed packages, and described in files of the user.

A package names its protocols by entry points of the group `sigtrace.protocols`, each a class derived from
`SignalingProtocol` or an object of one. Importing `importlib.metadata` and asking it takes longer than reading a small
capture, so it is done only when a look into the packages' files shows that there is something to ask for.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from sigtrace.errors import SelectionError, SigtraceError, SourceError
from sigtrace.signaling import PROTOCOLS
from sigtrace.signaling.protocol import Fit, SignalingProtocol

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from importlib.metadata import EntryPoint

    from sigtrace.application.http.message import Exchange
    from sigtrace.notices import Notice
    from sigtrace.signaling.bearer import Unit
    from sigtrace.signaling.events import ExchangeKind, PeerId, SignalingEvent

GROUP: Final = b"sigtrace.protocols"
"""Of entry points, as it stands in their files."""


def find_protocols(dialects: Iterable[str | os.PathLike[str]] = ()) -> tuple[SignalingProtocol, ...]:
    """Return every protocol to look for, for `analyze(…, protocols=…)`.

    Args:
        dialects: dialect files; of protocols that are equally certain the first is believed, and these come first.

    Raises:
        SourceError: a file cannot be read, or a package's protocol is broken.
        SelectionError: a file is no dialect, or two protocols have one name.
    """
    described = [_read_dialect(path) for path in dialects]
    found = (*described, *PROTOCOLS, *_installed())
    names = [protocol.name for protocol in found]
    for name in names:
        if names.count(name) > 1:
            raise SelectionError(f"two protocols are called {name}", hint="give the dialect another name")
    return found


def _read_dialect(path: str | os.PathLike[str]) -> SignalingProtocol:
    from sigtrace.signaling.dialect import Dialect  # it needs tomllib

    shown = os.fspath(path)
    try:
        text = Path(path).read_text(encoding="utf-8")
    except OSError as error:
        raise SourceError(f"{shown}: {error.strerror}", hint="--dialect wants a dialect file") from error
    except ValueError as error:
        raise SourceError(f"{shown} is not text in UTF-8", hint="--dialect wants a dialect file") from error
    return Dialect.of_text(text, shown)


# --- of installed packages


def _installed() -> list[SignalingProtocol]:
    if not any(_names_group(Path(place)) for place in sys.path):
        return []
    from importlib.metadata import entry_points  # costly, see above

    return [_Guarded(_load(one), _package_of(one)) for one in entry_points(group=GROUP.decode())]


def _names_group(folder: Path) -> bool:
    """Tell whether a package installed in a folder names the group."""
    try:
        packages = [one.path for one in os.scandir(folder) if one.name.endswith((".dist-info", ".egg-info"))]
    except OSError:
        return False
    return any(GROUP in _read(Path(package) / "entry_points.txt") for package in packages)


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        return b""


def _package_of(entry: EntryPoint) -> str:
    return f"the package {entry.dist.name}" if entry.dist is not None else entry.value


def _load(entry: EntryPoint) -> SignalingProtocol:
    package = _package_of(entry)
    try:
        protocol: Any = entry.load()
        protocol = protocol() if isinstance(protocol, type) else protocol
    except Exception as error:
        raise _broken(entry.name, package, f"cannot be loaded: {type(error).__name__}: {error}") from error
    if not isinstance(protocol, SignalingProtocol):
        raise _broken(entry.name, package, f"is a {type(protocol).__name__}, not a SignalingProtocol")
    return protocol


def _broken(name: str, package: str, problem: str) -> SourceError:
    return SourceError(f"the protocol {name} of {package} {problem}", hint="update the package or uninstall it")


class _Guarded(SignalingProtocol):
    """A protocol of a package: what goes wrong in it is told as its fault."""

    def __init__(self, protocol: SignalingProtocol, package: str) -> None:
        self.name = protocol.name  # type: ignore[misc]  # of the one inside
        self.functions = protocol.functions  # type: ignore[misc]
        self.one_call_at_a_time = protocol.one_call_at_a_time  # type: ignore[misc]
        self._protocol = protocol
        self._package = package

    def fit(self, unit: Unit) -> Fit:
        """Say what the protocol says."""
        try:
            return Fit(self._protocol.fit(unit))
        except Exception as error:
            raise self._fault(error) from error

    def decode(self, unit: Unit) -> Iterator[SignalingEvent | Notice]:
        """Yield what the protocol yields."""
        try:
            yield from self._protocol.decode(unit)
        except Exception as error:
            raise self._fault(error) from error

    def kind(self, unit: Exchange) -> ExchangeKind:
        """Name what the protocol names."""
        try:
            return self._protocol.kind(unit)
        except Exception as error:
            raise self._fault(error) from error

    def peer_of(self, unit: Exchange) -> PeerId | None:
        """Name whom the protocol names."""
        try:
            return self._protocol.peer_of(unit)
        except Exception as error:
            raise self._fault(error) from error

    def decode_together(self, units: Sequence[Unit]) -> Iterator[SignalingEvent | Notice]:
        """Yield what the protocol yields of all its units."""
        try:
            yield from self._protocol.decode_together(units)
        except Exception as error:
            raise self._fault(error) from error

    @property
    def decodes_alone(self) -> bool:
        """What the protocol does."""
        return self._protocol.decodes_alone

    def claim(self, units: Sequence[Unit]) -> Iterable[Unit]:
        """Claim what the protocol claims."""
        try:
            return list(self._protocol.claim(units))
        except Exception as error:
            raise self._fault(error) from error

    def _fault(self, error: Exception) -> SigtraceError:
        return _broken(self.name, self._package, f"failed: {type(error).__name__}: {error}")
