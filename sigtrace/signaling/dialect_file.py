"""The file in which a user describes a signaling protocol: TOML text → `DialectFile`.

`docs/how-to/describe-a-dialect.md` documents it. What is wrong in a file is told with its line.
"""

from __future__ import annotations

import re
import tomllib
from enum import Enum
from typing import TYPE_CHECKING, Any, Final, NoReturn

from sigtrace.errors import DecodeError, SelectionError
from sigtrace.signaling.json_pointer import Pointer, decode_pointer
from sigtrace.value import Value

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

MAX_LENGTH: Final = 256 << 10
"""Characters of a file: a dialect takes a few dozen lines."""


class VerbMeaning(Enum):
    """What a verb of a dialect means."""

    IDENTIFIED = "identified"
    JOIN = "join"
    JOINED = "joined"
    REFUSED = "refused"
    LEAVE = "leave"
    PEER_JOINED = "peer-joined"
    PEER_LEFT = "peer-left"
    OFFER = "offer"
    ANSWER = "answer"
    PRANSWER = "pranswer"
    CANDIDATE = "candidate"
    END_OF_CANDIDATES = "end-of-candidates"
    BYE = "bye"
    TEXT = "text"
    MESSAGE = "message"
    REMARK = "remark"
    IGNORE = "ignore"


class DialectFile(Value, frozen=True, kw_only=True):
    """What a file says."""

    name: str
    transports: frozenset[str]  # of TRANSPORTS
    paths: tuple[str, ...]  # exact, or up to a `*` at the end; empty: any
    exists: tuple[Pointer, ...]
    equals: tuple[tuple[Pointer, Any], ...]
    messages: Pointer | None  # to the list of messages in a payload; None: a payload that is a list, or one message
    pointers: Mapping[str, tuple[Pointer, ...]]  # by name of POINTERS: the first that leads to something counts
    of_client: Mapping[str, VerbMeaning]  # verbs on the way to the server
    of_server: Mapping[str, VerbMeaning]

    @property
    def matches_content(self) -> bool:
        """True when the file says by what content its messages are known."""
        return bool(self.exists or self.equals)


TRANSPORTS: Final = ("websocket", "http", "socket.io")
POINTERS: Final = (
    *("verb", "from", "to", "room", "peer", "name", "others", "sdp", "candidate", "mid", "mline", "text", "dialog"),
)
_SECTIONS: Final = ("name", "transports", "match", "pointers", "verbs")
_MATCH: Final = ("path", "exists", "equals", "messages")
_NAME = re.compile(r"[a-z][a-z0-9.-]{0,31}")
_HOW_TO = "docs/how-to/describe-a-dialect.md has an example"


def decode_dialect(text: str, source: str) -> DialectFile:
    """Decode a dialect file.

    Args:
        text: of the file.
        source: what to call it in an error.
    Raises: SelectionError: not TOML, an unknown key, a value of the wrong kind; with the line that is to blame.
    """
    if len(text) > MAX_LENGTH:
        raise SelectionError(f"{source}: {len(text)} characters are no dialect", hint=_HOW_TO)
    try:
        told = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise SelectionError(f"{source} is not TOML: {error}", hint=_HOW_TO) from error
    return _Reader(text, source).read(told)


class _Reader:
    def __init__(self, text: str, source: str) -> None:
        self._text = text
        self._source = source

    def read(self, told: dict[str, Any]) -> DialectFile:
        self._know(told, _SECTIONS, "")
        name = told.get("name")
        if name is None:
            self._fail("name", "is missing: what is the dialect called in outputs?", "name")
        if not isinstance(name, str) or not _NAME.fullmatch(name):
            self._fail("name", "must be small letters, digits, . and -", "name")
        match = self._table(told, "match")
        self._know(match, _MATCH, "match.")
        pointers = self._table(told, "pointers")
        self._know(pointers, POINTERS, "pointers.")
        verbs = dict(self._table(told, "verbs"))
        of_client, of_server = (self._verbs(verbs.pop(side, {}), f"verbs.{side}") for side in ("client", "server"))
        both = self._verbs(verbs, "verbs")
        if not (match or "verb" in pointers or "sdp" in pointers):
            self._fail("match", "or pointers.verb must say by what the dialect is known", "name")
        return DialectFile(
            name=name,
            transports=self._transports(told.get("transports", list(TRANSPORTS))),
            paths=self._texts(match.get("path", []), "path"),
            exists=tuple(self._pointer(one, "exists") for one in self._texts(match.get("exists", []), "exists")),
            equals=tuple((self._pointer(key, key), one) for key, one in self._table(match, "equals").items()),
            messages=self._pointer(match["messages"], "messages") if "messages" in match else None,
            pointers={
                key: tuple(self._pointer(one, key) for one in self._texts(value, key))
                for key, value in pointers.items()
            },
            of_client={**both, **of_client},
            of_server={**both, **of_server},
        )

    def _know(self, table: Mapping[str, Any], known: Collection[str], where: str) -> None:
        for key in table:
            if key not in known:
                self._fail(f"{where}{key}", f"is not known here; there are {', '.join(known)}", key)

    def _table(self, table: Mapping[str, Any], key: str) -> dict[str, Any]:
        value = table.get(key, {})
        if not isinstance(value, dict):
            self._fail(key, "is a table", key)
        return value

    def _texts(self, value: Any, key: str) -> tuple[str, ...]:
        texts = [value] if isinstance(value, str) else value
        if not isinstance(texts, list) or not all(isinstance(one, str) for one in texts):
            self._fail(key, "is a text or a list of texts", key)
        return tuple(texts)

    def _pointer(self, text: Any, key: str) -> Pointer:
        try:
            return decode_pointer(str(text))
        except DecodeError as error:
            self._fail(key, f"cannot be used: {error}", key)

    def _transports(self, value: Any) -> frozenset[str]:
        named = self._texts(value, "transports")
        for one in named:
            if one not in TRANSPORTS:
                self._fail("transports", f"has {one!r}; there are {', '.join(TRANSPORTS)}", "transports")
        return frozenset(named)

    def _verbs(self, table: Any, where: str) -> dict[str, VerbMeaning]:
        if not isinstance(table, dict):
            self._fail(where, "is a table", where.rpartition(".")[2])
        known = [meaning.value for meaning in VerbMeaning]
        for verb, meaning in table.items():
            if meaning not in known:
                self._fail(f"{where}.{verb}", f"means {meaning!r}; a verb means one of {', '.join(known)}", verb)
        return {verb: VerbMeaning(meaning) for verb, meaning in table.items()}

    def _fail(self, what: str, problem: str, key: str) -> NoReturn:
        line = self._line_of(key)
        where = f"{self._source}, line {line}" if line is not None else self._source
        raise SelectionError(f"{where}: {what} {problem}", hint=_HOW_TO)

    def _line_of(self, key: str) -> int | None:
        """Return the line that sets a key or begins its table; tomllib does not tell."""
        name = rf"(?<![\w-])[\"']?{re.escape(key)}[\"']?\s*"
        begins, holds = rf"\s*(?:\[+\s*)?(?:[\w\"'-]+\s*\.\s*)*{name}[=\].]", rf".*{name}="
        lines = list(enumerate(self._text.splitlines(), 1))
        return next((number for form in (begins, holds) for number, line in lines if re.match(form, line)), None)
