"""Descriptions and candidates are found in every wrapping, with the objects around them, and nothing else is taken."""

from __future__ import annotations

import base64
import json
from typing import Any
from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sigtrace.signaling import payload_search
from sigtrace.signaling.message_json import MAX_JSON
from sigtrace.signaling.payload_search import MAX_FOUND, MAX_PLACES, MAX_STRINGS, Carried, open_payload
from sigtrace.signaling.payload_signs import may_hold
from tests.builders.homemade import CANDIDATE, OFFER, as_bytes

OBJECT = json.dumps({"sdp": OFFER})


def standard(text: str) -> str:
    """Return standard base64, padded."""
    return base64.b64encode(text.encode()).decode()


def url_safe(text: str) -> str:
    """Return base64 as URLs and tokens have it, without padding."""
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


WRAPPINGS: list[tuple[str, Any, list[str]]] = [
    ("flat", {"type": "offer", "sdp": OFFER}, ["sdp"]),
    ("nested", {"jsep": {"type": "offer", "sdp": OFFER}}, ["jsep", "sdp"]),
    ("in a list", {"a": [1, {"b": [OFFER]}]}, ["a", "b"]),
    ("bare", OFFER, []),
    ("with LF alone", OFFER.replace("\r", ""), []),
    ("a string of JSON", json.dumps(OFFER), []),
    ("JSON in a string", {"body": OBJECT}, ["body", "sdp"]),
    ("JSON in a string of JSON in a string", {"a": json.dumps({"b": OBJECT})}, ["a", "b", "sdp"]),
    ("a string of a string of JSON", json.dumps(json.dumps({"a": OBJECT})), ["a", "sdp"]),
    ("with = escaped, as Gson does", OBJECT.replace("=", "\\u003d"), ["sdp"]),
    ("the same in a string", {"a": OBJECT.replace("=", "\\u003d")}, ["a", "sdp"]),
    ("base64", {"sdp": standard(OFFER)}, ["sdp"]),
    ("bare base64", standard(OFFER), []),
    ("base64 of JSON", standard(OBJECT), ["sdp"]),
    ("base64 of pretty JSON", standard(json.dumps([{"sdp": OFFER}], indent=1)), ["sdp"]),
    ("base64 of JSON, without padding", {"data": url_safe(OBJECT)}, ["data", "sdp"]),
    ("a form", urlencode({"user": "dan", "sdp": OFFER}), ["sdp"]),
    ("JSON in a form", urlencode({"user": "dan", "data": OBJECT}), ["data", "sdp"]),
    ("base64 in a form", urlencode({"data": standard(OFFER)}), ["data"]),
    ("behind white space", "\r\n" + " " * 100 + OBJECT, ["sdp"]),
]


@pytest.mark.parametrize(("payload", "way"), [one[1:] for one in WRAPPINGS], ids=[one[0] for one in WRAPPINGS])
def test_description_is_found(payload: Any, way: list[str]) -> None:
    """However it is wrapped, the description is found whole, and by which members it is reached."""
    data = as_bytes(payload)
    (found,) = open_payload(data).found
    assert found.carried is Carried.DESCRIPTION
    assert found.text.replace("\r", "") == OFFER.replace("\r", "")
    assert [key for _, key in found.way] == way
    assert may_hold(data)


@pytest.mark.parametrize(
    "payload",
    [
        CANDIDATE,
        f"a={CANDIDATE}",
        {"candidate": CANDIDATE, "sdpMid": "0"},
        {"ice": {"candidate": {"candidate": CANDIDATE}}},
        {"candidates": [CANDIDATE]},
        {"ice": json.dumps({"candidate": CANDIDATE})},
        {"ice": standard(CANDIDATE)},
        {"ice": url_safe(f"a={CANDIDATE}")},
        urlencode({"candidate": CANDIDATE}),
        CANDIDATE.replace("udp", "TCP") + " tcptype active",
    ],
    ids=str,
)
def test_candidate_is_found(payload: Any) -> None:
    """A candidate is found by its shape, whatever the member is called."""
    data = as_bytes(payload)
    (found,) = open_payload(data).found
    assert found.carried is Carried.CANDIDATE
    assert may_hold(data)


@pytest.mark.parametrize(
    "payload",
    [
        b"",
        b"v=0",
        b"https://video.example/watch?v=0&t=1",
        b'{"candidate":"Jane Doe","v":0}',
        b'{"note":"the candidate: a person"}',
        b'{"token":"eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.c2ln"}',
        b"\xff\xfe\x00" * 50,
        b"[" * 5000,
        b'{"sdp":',
    ],
)
def test_nothing_is_found(payload: bytes) -> None:
    """What only looks like signaling holds nothing."""
    assert not open_payload(payload).found


def test_order_and_surroundings() -> None:
    """All are found in the order they stand in, each with the objects around it, from the outermost on."""
    payload = {"from": "a", "list": [{"mid": "0", "candidate": CANDIDATE}, {"mid": "1", "sdp": OFFER}]}
    first, second = open_payload(as_bytes(payload)).found
    assert [first.way[-1][0]["mid"], second.way[-1][0]["mid"]] == ["0", "1"]
    assert first.way[0][0]["from"] == "a"


def test_bytes_that_are_no_text_are_kept() -> None:
    """A string with bytes that are not UTF-8 is found and can be written."""
    (found,) = open_payload(as_bytes({"sdp": OFFER}).replace(b"s=-", b"s=\xff")).found
    assert r"s=\xff" in found.text


def test_bounds_hold() -> None:
    """Beyond a bound nothing more is found, and nothing goes wrong."""
    assert len(open_payload(as_bytes([CANDIDATE] * (MAX_FOUND + 5))).found) == MAX_FOUND
    assert not open_payload(b" " * MAX_JSON + OFFER.encode()).found
    wrapped = json.dumps({"sdp": OFFER})
    for _ in range(payload_search.MAX_WRAPPINGS + 1):
        wrapped = json.dumps({"a": wrapped})
    assert not open_payload(wrapped).found
    many = [{"a": "{}-----"} for _ in range(MAX_STRINGS)] + [{"a": OBJECT}]
    assert not open_payload(as_bytes(many)).found


OTHER_TEXT = st.text().filter(lambda text: not text.startswith("v=0"))  # `v=0` and an end of line are a description
PLAIN = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | OTHER_TEXT
JSON = st.recursive(
    PLAIN | st.sampled_from([OFFER, CANDIDATE, OBJECT]),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=12,
)  # fmt: skip


@given(JSON)
def test_any_json_is_searched(value: Any) -> None:
    """In any JSON there are found as many as it holds, and the quick look misses none."""
    held = json.dumps(value)
    found = open_payload(held.encode()).found
    inside = sum(held.count(json.dumps(one)[1:-1]) for one in (OFFER, CANDIDATE, json.dumps(OFFER)[1:-1]))
    assert len(found) <= inside
    assert not found or may_hold(held.encode())


IN_BASE64 = st.binary().map(lambda data: b'{"a":"' + base64.b64encode(data) + b'"}')


@given(st.binary() | st.text().map(str.encode) | IN_BASE64)
def test_any_bytes_are_harmless(data: bytes) -> None:
    """Any bytes can be opened, and what is found in them can be written as UTF-8."""
    may_hold(data)
    for found in open_payload(data).found:
        found.text.encode()


@pytest.mark.parametrize(("lists", "found"), [(MAX_PLACES - 2, 1), (MAX_PLACES - 1, 0)])
def test_so_many_objects_and_lists_are_looked_into(lists: int, found: int) -> None:
    """What stands behind as many objects and lists as are looked into is not found; before that, it is."""
    payload = [*([] for _ in range(lists)), {"sdp": OFFER}]
    assert len(open_payload(as_bytes(payload)).found) == found
