"""Text → value → text, and back, of descriptions and candidates."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sigtrace.sdp.candidate import Candidate, decode_candidate, encode_candidate
from sigtrace.sdp.description import decode_description, encode_description
from sigtrace.sdp.fragment import decode_fragment, encode_fragment
from sigtrace.sdp.lines import encode_lines
from sigtrace.value import replace
from tests.builders.descriptions import SAMPLES, sample, sample_text

_WORDS = st.text(st.characters(codec="ascii", categories=("L", "N", "P", "S")), min_size=1, max_size=12)
_LOWER = st.text("abcdefghijklmnopqrstuvwxyz-", min_size=1, max_size=8)
_CANDIDATES = st.builds(
    Candidate,
    foundation=_WORDS.filter(lambda text: not text.startswith(("a=", "candidate:"))),
    component=st.integers(1, 256),
    transport=_LOWER,
    priority=st.integers(0, 2**32 - 1),
    address=_WORDS,
    port=st.integers(0, 65535),
    kind=_LOWER,
    extensions=st.lists(st.tuples(_WORDS.filter(lambda name: name != "rport"), _WORDS), max_size=5).map(tuple),
)


@given(_CANDIDATES)
def test_candidate_comes_back(candidate: Candidate) -> None:
    """Decoding an encoded candidate gives the candidate."""
    assert decode_candidate(encode_candidate(candidate)) == candidate


@pytest.mark.parametrize("name", SAMPLES)
def test_description_comes_back(name: str) -> None:
    """Decoding an encoded description gives the description."""
    description = sample(name)
    assert decode_description(encode_description(description)) == description


def test_changed_lines_are_encoded() -> None:
    """The text follows the lines: a line that is replaced is replaced in the text, and nothing else."""
    description = sample("chromium-offer")
    lines = tuple(
        replace(line, text="a=ice-pwd:hidden") if line.text.startswith("a=ice-pwd:") else line
        for line in description.lines
    )
    expected = sample_text("chromium-offer").replace("yfr/DEVd48FFWlEWG6kQIlTI", "hidden")
    assert encode_lines(lines, description.rest) == expected


@given(st.text())
def test_any_text_after_the_version_comes_back(text: str) -> None:
    """Whatever follows v=, the text comes back exactly."""
    assert encode_description(decode_description("v=" + text)) == "v=" + text


@given(st.text(), st.lists(_CANDIDATES, max_size=5))
def test_any_fragment_comes_back(text: str, candidates: list[Candidate]) -> None:
    """Whatever else is in a fragment, its text comes back exactly, and so does every candidate written into it."""
    whole = "".join(f"a={encode_candidate(one)}\r\n" for one in candidates) + "a=end-of-candidates\r\n" + text
    fragment = decode_fragment(whole)
    assert encode_fragment(fragment) == whole
    assert [one.candidate for one in fragment.trickled[: len(candidates)]] == candidates
    assert fragment.trickled[len(candidates)].text is None
