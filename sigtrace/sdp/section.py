"""The lines of one section by their keys, each decoded once and remembered.

Theory of operation. What one program writes is the same but for a few lines, so what a line says by itself is worked
out once and remembered. Half of all lines are about codecs, stand together, and are the same in all that a program
offers: this run is remembered as a whole, and neither split nor looked at line by line again.

A line that does not decode is malformed only where somebody asks for lines of its key: a codec before the first section
says nothing, and does no harm.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from sigtrace.errors import DecodeError
from sigtrace.sdp.candidate import decode_candidate
from sigtrace.sdp.channel import decode_max_message_size, decode_rtcp, decode_sctp_port, decode_sctpmap
from sigtrace.sdp.codec import decode_feedback, decode_format_parameters, decode_ptime, decode_rtpmap
from sigtrace.sdp.extension import decode_extension
from sigtrace.sdp.lines import Attribute, MalformedLine, decode_text, decode_words
from sigtrace.sdp.media_line import decode_media_line
from sigtrace.sdp.security import decode_crypto, decode_fingerprint, decode_setup
from sigtrace.sdp.session import (
    decode_bandwidth,
    decode_connection,
    decode_group,
    decode_msid_semantic,
    decode_origin,
    decode_timing,
    decode_version,
)
from sigtrace.sdp.simulcast import decode_rid, decode_simulcast
from sigtrace.sdp.source import decode_msid, decode_source_attribute, decode_source_group
from sigtrace.value import Value

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

_DECODERS: Final[dict[str, Callable[[str], Any]]] = {
    "v=": decode_version,
    "o=": decode_origin,
    "t=": decode_timing,
    "m=": decode_media_line,
    "c=": decode_connection,
    "b=": decode_bandwidth,
    "a=candidate": decode_candidate,
    "a=crypto": decode_crypto,
    "a=extmap": decode_extension,
    "a=fingerprint": decode_fingerprint,
    "a=fmtp": decode_format_parameters,
    "a=group": decode_group,
    "a=ice-options": decode_words,
    "a=ice-pwd": decode_text,
    "a=ice-ufrag": decode_text,
    "a=max-message-size": decode_max_message_size,
    "a=mid": decode_text,
    "a=msid": decode_msid,
    "a=msid-semantic": decode_msid_semantic,
    "a=ptime": decode_ptime,
    "a=rid": decode_rid,
    "a=rtcp": decode_rtcp,
    "a=rtcp-fb": decode_feedback,
    "a=rtpmap": decode_rtpmap,
    "a=sctp-port": decode_sctp_port,
    "a=sctpmap": decode_sctpmap,
    "a=setup": decode_setup,
    "a=simulcast": decode_simulcast,
    "a=ssrc": decode_source_attribute,
    "a=ssrc-group": decode_source_group,
}
"""What decodes the value of a line, by its key: `a=` and the name of an attribute, the type letter and `=` of others.

The values of all other lines are their text.
"""

_TYPES: Final = frozenset("vosiuepcbtrzkam")
_FAULTY: Final = ""  # stands for the key of lines that do not decode: they are kept apart

MAX_REMEMBERED_LINE: Final = 256
"""Characters of a line that is remembered: 2048 of that length, and what they say, take some 8 MiB."""

MAX_REMEMBERED_RUN: Final = 8 << 10
"""Characters of lines about codecs that are remembered as one: 64 such runs, and what they say, take some 16 MiB."""


class IrregularLineError(Exception):
    """A text between two CRLF holds a CR or LF: it is more than one line."""


class Reading(Value, frozen=True, kw_only=True, eq=False):
    """What one line says, wherever it stands. It is the same object as long as the line is remembered."""

    text: str
    key: str  # `_FAULTY` where it does not decode
    name: str  # its key in any case; empty where it has none
    value: Any  # decoded; None where it does not decode
    attribute: Attribute | None  # of an `a=` line
    fault: str | None  # why it does not decode


def read_line(text: str) -> Reading:
    """Read one line. Raises IrregularLineError when it is more than one."""
    if "\n" in text or "\r" in text:
        raise IrregularLineError
    attribute = None
    if text[:2] == "a=":  # nearly all lines are
        name, colon, value = text.partition(":")
        attribute = Attribute(name[2:], value if colon else None)
    else:
        name, value = text[:2], text[2:]
        if name[1:] != "=":
            return _faulty(text, "", None, "no type and = in front")
        if name[0] not in _TYPES:
            return _faulty(text, "", None, "unknown type letter")
    try:
        decoded = _DECODERS.get(name, str)(value)
    except DecodeError as error:
        return _faulty(text, name, attribute, str(error))
    return Reading(text=text, key=name, name=name, value=decoded, attribute=attribute, fault=None)


def _faulty(text: str, name: str, attribute: Attribute | None, fault: str) -> Reading:
    return Reading(text=text, key=_FAULTY, name=name, value=None, attribute=attribute, fault=fault)


_read_known = lru_cache(maxsize=2048)(read_line)


class Run(NamedTuple):
    """Consecutive lines, read. What is in it may be remembered and shared: nobody changes it."""

    by_key: dict[str, list[Reading]]
    attributes: list[Attribute]
    faulty: list[tuple[int, Reading]]  # by place, from 0
    length: int  # lines
    longest: int  # characters of the longest line


def read_run(texts: Sequence[str]) -> Run:
    """Read lines without their ends. Raises IrregularLineError when one of them is none."""
    lines = [_read_known(text) if len(text) <= MAX_REMEMBERED_LINE else read_line(text) for text in texts]
    by_key: dict[str, list[Reading]] = {}
    for line in lines:
        if line.key in by_key:
            by_key[line.key].append(line)
        else:
            by_key[line.key] = [line]
    return Run(
        by_key=by_key,
        attributes=[line.attribute for line in lines if line.attribute is not None],
        faulty=[(place, line) for place, line in enumerate(lines) if line.fault] if _FAULTY in by_key else [],
        length=len(texts),
        longest=max(map(len, texts), default=0),
    )


@lru_cache(maxsize=64)
def _read_known_run(text: str) -> Run:
    return read_run(text.split("\r\n"))


def read_runs(text: str) -> list[Run]:
    """Read all lines of a section, which end in CRLF but for the last; what is about codecs is a run of its own."""
    begin = text.find("\r\na=rtpmap:")
    if begin < 0:
        return [read_run(text.split("\r\n"))]
    end = text.find("\r\n", max(text.rfind(key) for key in ("\r\na=rtpmap:", "\r\na=fmtp:", "\r\na=rtcp-fb:")) + 2)
    codecs = text[begin + 2 : end if end > 0 else None]
    runs = [read_run(text[:begin].split("\r\n"))]
    runs.append(_read_known_run(codecs) if len(codecs) <= MAX_REMEMBERED_RUN else read_run(codecs.split("\r\n")))
    if end > 0:
        runs.append(read_run(text[end + 2 :].split("\r\n")))
    return runs


class Section:
    """The lines of one section while it is read: the session's, or those from one `m=` line on.

    Where an attribute that may stand once stands twice, the last counts, as in libwebrtc.

    Args:
        runs: its lines.
        numbers: of all these lines.
        malformed: where lines that do not decode are put; shared by the sections of a description.
    """

    __slots__ = ("_by_key", "_faulty", "_malformed", "attributes", "number")

    def __init__(self, runs: Iterable[Run], numbers: Sequence[int], malformed: list[MalformedLine]) -> None:
        self.number = numbers[0] if numbers else 1  # of its first line
        self.attributes: list[Attribute] = []
        self._malformed = malformed
        self._by_key: dict[str, list[Reading]] = {}
        self._faulty: list[tuple[int, Reading]] = []
        passed = 0
        for run in runs:
            self.attributes += run.attributes
            self._faulty += [(numbers[passed + place], line) for place, line in run.faulty]
            passed += run.length
            for key, lines in run.by_key.items():
                self._by_key[key] = self._by_key[key] + lines if key in self._by_key else lines
        self._reject("")

    def has(self, key: str) -> bool:
        """Tell whether there is such a line, of a key that nothing decodes."""
        return key in self._by_key

    def every(self, key: str) -> tuple[Any, ...]:
        """Return the decoded values of all lines with this key, in order, without those that do not decode."""
        if self._faulty:
            self._reject(key)
        lines = self._by_key.get(key)
        return () if lines is None else tuple([line.value for line in lines])

    def last(self, key: str) -> Any:
        """Return the decoded value of the last line with this key that decodes; None when there is none."""
        if self._faulty:
            self._reject(key)
        lines = self._by_key.get(key)
        return None if lines is None else lines[-1].value

    def lines(self, key: str) -> tuple[Reading, ...]:
        """Return all lines with this key that decode."""
        if self._faulty:
            self._reject(key)
        return tuple(self._by_key.get(key, ()))

    def _reject(self, name: str) -> None:
        """Put lines that do not decode on the list of malformed ones."""
        self._malformed += [
            MalformedLine(number, line.text, line.fault or "") for number, line in self._faulty if line.name == name
        ]
