"""WHIP and WHEP: the export of their captures against what the clients and the media server logged."""

from __future__ import annotations

import json
from collections import Counter
from functools import cache
from pathlib import Path
from typing import Any

import pytest

import sigtrace
from sigtrace.export.records import records
from sigtrace.render.terminal.exchange import render_exchange
from sigtrace.render.terminal.ladder import render_ladder
from sigtrace.render.terminal.screen import Screen
from sigtrace.render.terminal.summary import render_summary
from sigtrace.views.exchange import explain_exchange
from sigtrace.views.ladder import build_ladder
from sigtrace.views.summary import summarise

CAPTURES = Path(__file__).parents[2] / "captures"
NAMES = [name for name in ("whip", "whep") if (CAPTURES / name).is_dir()]

CLOCK_NS = 20_000_000
"""How far an endpoint's log may be from the wire: its programs share one process, and write when they can."""

KINDS = {"redirect": "offer", "request": "offer", "restart": "trickle", "renegotiate": "trickle", "answer": "trickle"}
"""What the truth tells more finely than roles do."""

Row = dict[str, Any]


@cache
def _truth(name: str) -> Row:
    truth: Row = json.loads((CAPTURES / name / "truth.json").read_text(encoding="utf-8"))
    return truth


@cache
def _trace(name: str) -> sigtrace.Trace:
    return sigtrace.analyze(sigtrace.read(str(CAPTURES / name / f"{name}.pcapng")))


@cache
def _export(name: str) -> list[Row]:
    return [json.loads(json.dumps(record)) for record in records(_trace(name))]


def _of_type(name: str, kind: str) -> list[Row]:
    return [row for row in _export(name) if row["type"] == kind]


def _ns(seconds: float) -> int:
    return round(seconds * 1_000_000_000)


def _near(told_ns: int | None, seconds: float) -> bool:
    return told_ns is not None and abs(told_ns - _ns(seconds)) < CLOCK_NS


def _place(row: Row) -> tuple[Any, ...]:
    return row["client"], row["method"], row["target"], row.get("request_ns", row.get("t_request"))


def _pairs(name: str) -> list[tuple[Row, Row]]:
    """Pair the exchanges of truth and export: those of one connection in order."""
    truth, told = _truth(name)["exchanges"], _of_type(name, "exchange")
    assert len(truth) == len(told)
    return list(zip(sorted(truth, key=_place), sorted(told, key=_place), strict=True))


@pytest.mark.parametrize("name", NAMES)
def test_exchanges_are_those_of_the_endpoints(name: str) -> None:
    """Each exchange is there once, with its role, status, times, and the digests of both bodies."""
    for true, told in _pairs(name):
        wanted = (true["client"], true["method"], true["target"], true["status"], true["reason"])
        assert (told["client"], told["method"], told["target"], told["status"], told["reason"]) == wanted
        assert (told["protocol"], told["kind"]) == (name, KINDS.get(true["kind"], true["kind"])), wanted
        for half in ("request_body", "response_body"):
            assert told[half]["length"] == true[half]["len"]
            assert told[half]["sha256"] == true[half]["sha256"] or not true[half]["len"]
        assert _near(told["request_ns"], true["t_request"])
        assert _near(told["response_ns"], true["t_response_first"])


def _call_of(name: str, session: str) -> Row:
    (call,) = (row for row in _of_type(name, "call") if session in (row["caller"], row["callee"]))
    return call


@pytest.mark.parametrize("name", NAMES)
def test_calls_are_those_of_the_endpoints(name: str) -> None:
    """Each session is one call, from whoever made the offer that was answered, until its client deleted it."""
    for true in _truth(name)["calls"]:
        peers = {peer["label"]: peer["address"] for peer in _truth(name)["peers"]} | {"server": true["session"]}
        call = _call_of(name, true["session"])
        assert (call["caller"], call["callee"]) == (peers[true["from"]], peers[true["to"]])
        assert _near(call["offered_ns"], true["t_offer"])
        assert _near(call["answered_ns"], true["t_answer"])
        assert (call["ended"], _near(call["ended_ns"], true["t_bye"])) == ("bye", True)


@pytest.mark.parametrize("name", NAMES)
def test_other_calls_are_refused_offers(name: str) -> None:
    """Beside the sessions there is a refused call for each offer that was refused for good, and no other."""
    sessions = {true["session"] for true in _truth(name)["calls"]}
    others = [call for call in _of_type(name, "call") if not sessions & {call["caller"], call["callee"]}]
    refused = [true for true in _truth(name)["exchanges"] if true["kind"] == "offer" and "session" not in true]
    assert Counter(call["callee"] for call in others) == Counter(true["target"] for true in refused)
    assert {call["ended"] for call in others} <= {"refused"}
    assert refused


@pytest.mark.parametrize("name", NAMES)
def test_candidates_are_those_that_trickled(name: str) -> None:
    """Candidates that the server took without a restart are as many as each client says."""
    status = {told["number"]: told["status"] for told in _of_type(name, "exchange")}
    taken = Counter(
        signal["from"]
        for signal in _of_type(name, "signal")
        if signal["kind"] == "candidate" and status[signal["sent_exchange"]] == 204
    )
    addresses = {peer["label"]: peer["address"] for peer in _truth(name)["peers"]}
    wanted: Counter[str] = Counter()
    for true in _truth(name)["calls"]:
        wanted.update({addresses[label]: number for label, number in true["candidates"].items()})
    assert taken == wanted


@pytest.mark.parametrize("name", NAMES)
def test_restarts_are_told_both_ways(name: str) -> None:
    """Each restart that the server made shows the client's new credentials and the server's."""
    restarted = [told["number"] for true, told in _pairs(name) if true["kind"] == "restart" and true["status"] == 200]
    told = Counter(signal["sent_exchange"] for signal in _of_type(name, "signal") if signal["kind"] == "ice-restart")
    assert told == dict.fromkeys(restarted, 2)


@pytest.mark.parametrize("name", NAMES)
def test_nothing_is_damaged(name: str) -> None:
    """A whole capture of well-behaved programs has no notice."""
    assert _of_type(name, "notice") == []


@pytest.mark.parametrize("name", NAMES)
def test_secrets_are_shown_nowhere(name: str) -> None:
    """Tokens and TURN credentials are in the capture, and in nothing that is shown or exported of it."""
    trace, screen = _trace(name), Screen(width=200)
    shown = [
        render_summary(summarise(trace), screen),
        render_ladder(build_ladder(trace), screen),
        *(render_exchange(explain_exchange(trace, one.number, verbose=True), screen) for one in trace.exchanges),
        json.dumps(_export(name)),
    ]
    whole = (CAPTURES / name / f"{name}.pcapng").read_bytes()
    secrets = [secret for secret in ("myPassword", "9f2d-lab") if secret.encode() in whole]
    assert secrets
    assert not [secret for secret in secrets for text in shown if secret in text]
