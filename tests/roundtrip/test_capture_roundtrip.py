"""What the writers write, the readers read."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from sigtrace.capture.batch import Interface, Record
from sigtrace.capture.options import Option, decode_options, encode_options
from sigtrace.capture.pcapng.blocks import SectionFacts
from sigtrace.capture.writer import encode_pcap, encode_pcapng
from tests.builders.captures import read_bytes

LINK_TYPES = st.sampled_from([0, 1, 101, 113, 228, 276])
TEXT = st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"]), min_size=1, max_size=20)

HALF_YEAR_NS = 182 * 86_400 * 10**9


@st.composite
def records(draw: st.DrawFn, link_types: list[int], latest_ns: int, earliest_ns: int = 1000) -> list[Record]:
    """Make records of interfaces with these link types."""
    made = []
    for number in range(1, draw(st.integers(0, 20)) + 1):
        interface = draw(st.integers(0, len(link_types) - 1))
        # Not at the very epoch: a record of nothing but zeros is a hole in the file.
        at_ns, data = draw(st.integers(earliest_ns, latest_ns)), draw(st.binary(max_size=100))
        original = draw(st.integers(0, 2**32 - 1))
        made.append(Record(number, at_ns, interface, link_types[interface], data, original))
    return made


@settings(max_examples=50, deadline=None)
@given(st.data(), LINK_TYPES, st.booleans(), st.booleans())
def test_pcap_round_trips(data: st.DataObject, link_type: int, nanosecond: bool, big_endian: bool) -> None:  # noqa: FBT001
    """Records come back as they were written; microseconds cut what is below them.

    Their times are within half a year: a pcap whose lengths disagree and whose clock leaps by years looks like damage.
    """
    first_ns = data.draw(st.integers(1000, 2**32 * 10**9 - 1 - HALF_YEAR_NS))
    written = data.draw(records([link_type], first_ns + HALF_YEAR_NS, first_ns))
    encoded = encode_pcap(written, link_type=link_type, nanosecond=nanosecond, big_endian=big_endian)
    unit = 1 if nanosecond else 1000
    assert read_bytes(encoded).records == [one._replace(at_ns=one.at_ns // unit * unit) for one in written]


@settings(max_examples=50, deadline=None)
@given(st.data(), st.lists(LINK_TYPES, min_size=1, max_size=4), st.booleans())
def test_pcapng_round_trips(data: st.DataObject, link_types: list[int], big_endian: bool) -> None:  # noqa: FBT001
    """Records, interfaces and comments come back as they were written."""
    written = data.draw(records(link_types, 2**63 - 1))
    comments = data.draw(
        st.dictionaries(
            st.integers(1, max(len(written), 1)), st.lists(TEXT, min_size=1).map(tuple), max_size=len(written)
        )
    )
    interfaces = [
        Interface(index=index, name=data.draw(st.none() | TEXT), link_type=link_type, snap_length=index)
        for index, link_type in enumerate(link_types)
    ]
    text = st.none() | TEXT
    section = data.draw(st.builds(SectionFacts, text, text, text, st.lists(TEXT).map(tuple)))
    encoded = encode_pcapng(written, interfaces=interfaces, comments=comments, section=section, big_endian=big_endian)
    contents = read_bytes(encoded)
    assert contents.records == written
    assert contents.comments == comments
    assert contents.of(Interface) == interfaces


@given(st.lists(st.builds(Option, st.integers(1, 65535), st.binary(max_size=30)), max_size=8), st.booleans())
def test_options_round_trip(options: list[Option], big_endian: bool) -> None:  # noqa: FBT001
    """Options come back as they were written."""
    assert decode_options(encode_options(options, big_endian=big_endian), big_endian=big_endian) == tuple(options)
