"""Laws of descriptions under damage: nothing raises, nothing is lost, what is whole is read."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from hypothesis import given
from hypothesis import strategies as st

from sigtrace.errors import DecodeError
from sigtrace.sdp.agreement import agree, restarts_ice
from sigtrace.sdp.candidate import decode_candidate
from sigtrace.sdp.codec import _gather_known
from sigtrace.sdp.description import Description, decode_description, encode_description
from sigtrace.sdp.media import read_known_media
from sigtrace.sdp.section import _DECODERS, Section, _read_known, _read_known_run, read_run, read_runs
from sigtrace.value import replace
from tests.builders.descriptions import SAMPLES, sample, sample_text

if TYPE_CHECKING:
    from sigtrace.sdp.lines import MalformedLine

_NAMES = st.sampled_from(SAMPLES)
_LINES = sorted({line for name in SAMPLES for line in sample_text(name).splitlines()})
_PIECES = st.one_of(
    st.sampled_from(_LINES),
    st.sampled_from(_LINES).flatmap(lambda line: st.integers(0, len(line)).map(lambda length: line[:length])),
    st.sampled_from(_LINES).flatmap(lambda line: st.text(max_size=6).map(lambda text: line.partition(":")[0] + text)),
    st.text(max_size=20),
)


@st.composite
def _mixtures(draw: st.DrawFn) -> str:
    """Draw a text of lines from all samples, some of them cut or replaced."""
    end = draw(st.sampled_from(["\r\n", "\n", "\r"]))
    return end.join(["v=0", *draw(st.lists(_PIECES, max_size=40))])


def _check(description: Description, text: str) -> None:
    assert encode_description(description) == text
    numbers = {line.number: line.text for line in description.lines}
    assert all(numbers[line.number] == line.text and line.reason for line in description.malformed)
    assert [section.index for section in description.media] == list(range(len(description.media)))


@given(_mixtures())
def test_mixed_lines_are_decoded(text: str) -> None:
    """Any lines in any order decode, every malformed one is a line of the text, and the text comes back."""
    _check(decode_description(text), text)


@given(_mixtures(), st.sampled_from(["\n", "\r", "\r\r\n", "\r\n"]))
def test_what_is_remembered_changes_nothing(text: str, end: str) -> None:
    """A text says the same read anew, read again, and with other line ends, which are read another way."""
    lines = [line for line in text.splitlines() if line]  # as the ends of blank ones may be those of the line before
    first = decode_description("\r\n".join(lines))
    again = decode_description(first.text)
    for remembered in (_read_known, _read_known_run, _gather_known, read_known_media):
        remembered.cache_clear()
    anew = decode_description(first.text)
    otherwise = decode_description(end.join(lines))
    assert first == again == anew == replace(otherwise, text=first.text)


@given(_mixtures())
def test_lines_about_codecs_need_not_stand_together(text: str) -> None:
    """A section says the same whether its lines about codecs are read as one run or one by one."""
    text = "\r\n".join(text.splitlines())
    at_once: list[MalformedLine] = []
    one_by_one: list[MalformedLine] = []
    numbers = range(1, text.count("\r\n") + 2)
    first = Section(read_runs(text), numbers, at_once)
    second = Section([read_run([line]) for line in text.split("\r\n")], numbers, one_by_one)
    for key in ("", *_DECODERS, "s=", "a=rtcp-mux"):
        assert (first.every(key), first.last(key), first.has(key)) == (
            second.every(key),
            second.last(key),
            second.has(key),
        )
    assert first.attributes == second.attributes
    assert at_once == one_by_one


@given(_NAMES, st.data())
def test_cut_text_keeps_what_came_before(name: str, data: st.DataObject) -> None:
    """A description cut anywhere decodes, and the sections before the last one are as in the whole."""
    text = sample_text(name)
    cut = text[: data.draw(st.integers(2, len(text)))]
    decoded = decode_description(cut)
    _check(decoded, cut)
    assert decoded.media[:-1] == sample(name).media[: len(decoded.media[:-1])]


@given(_NAMES, st.data())
def test_cut_text_has_at_most_one_malformed_line(name: str, data: st.DataObject) -> None:
    """A cut damages no line but the last."""
    text = sample_text(name)
    decoded = decode_description(text[: data.draw(st.integers(2, len(text)))])
    assert all(line.number == len(decoded.lines) for line in decoded.malformed)


@given(_mixtures(), _mixtures())
def test_agreement_of_anything(first: str, second: str) -> None:
    """Any two descriptions have an agreement that accounts for every codec of the accepted sections."""
    offer, answer = decode_description(first), decode_description(second)
    agreement = agree(offer, answer)
    assert len(agreement.media) == len(offer.media)
    for section in agreement.media:
        if section.accepted and section.answered:
            assert len(section.codecs) + len(section.answered_only) == len(section.answered.codecs)
            assert len({id(common.answered) for common in section.codecs}) == len(section.codecs)
    restarts_ice(offer, answer)


@given(_mixtures())
def test_agreement_with_oneself(text: str) -> None:
    """A description answered by itself leaves no codec out, and restarts nothing."""
    description = decode_description(text)
    for section in agree(description, description).media:
        assert (section.offered_only, section.answered_only, section.mid_mismatch) == ((), (), False)
    assert not restarts_ice(description, description)


@given(st.one_of(st.text(), st.sampled_from(_LINES), st.text().map(lambda text: f"1 1 udp 1 ::1 9 typ host {text}")))
def test_candidate_of_anything(text: str) -> None:
    """Any text is a candidate or raises DecodeError, and its properties can be read."""
    with suppress(DecodeError):
        candidate = decode_candidate(text)
        assert candidate.related_port is None or 0 <= candidate.related_port <= 65535
        assert candidate.type_preference << 24 <= candidate.priority
        assert candidate.generation is None or candidate.generation >= 0
