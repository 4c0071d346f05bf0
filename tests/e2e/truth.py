"""What the endpoints of a capture logged, beside what sigtrace exports of it: the differences, each in a line.

A truth file lists every HTTP exchange with the endpoints' own clocks. It is matched to the export by client address,
method and target, in order of time. In a capture that lost something on its way to the file, whatever is exported must
be true, and what cannot be known may be null; in every other capture all of it must be there.
"""

from __future__ import annotations

import json
import re
from collections import Counter, defaultdict, deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import sigtrace
from sigtrace.export.records import records
from sigtrace.text import decode_text

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

NATIVE_MS, BROWSER_MS = 5.0, 80.0
"""How far an endpoint's clock may be from the capture's: a page hears of its answers late."""

LABORATORY_MS = 20.0
"""Its clients share one process, so that one may read its answer late while another is served."""

PATH_MS = {"lossy-client-side": 2000.0, "lossy-server-side": 2000.0, "reordering-path": 60.0, "unplugged": 60.0}
"""Captures on a path that holds packets back between the endpoint and the place of the capture."""

PARTIAL = re.compile(r".*-(gap|dropped|garbled)|lossy-.*|short-snap|unplugged")
"""Captures in which bytes of exchanges are missing; the last two, because the recorder could not keep up."""

PULLED = {"unplugged"}
"""Captures made behind a cable that was pulled: what is sent to its other end goes by, and never arrives."""

_S = 1_000_000_000
_QUIT_NAMES = {
    "refused": ("refused",),
    "shutdown": ("server-quit",),
}
_UNANSWERED = {"client-closed", "server-closed", "replaced", "reset", "capture-ended"}

Row = dict[str, Any]


@dataclass(slots=True)
class Story:
    """One capture: its truth, its export, and which belongs to which."""

    name: str
    truth: Row
    records: list[Row]
    pairs: list[tuple[Row, Row]] = field(default_factory=list)  # (truth, exchange)
    unmatched_truth: list[Row] = field(default_factory=list)
    unmatched_export: list[Row] = field(default_factory=list)

    @property
    def partial(self) -> bool:
        """True when bytes of exchanges may be missing."""
        return PARTIAL.fullmatch(self.name) is not None

    @property
    def start(self) -> float:
        """When the recorder began."""
        return float(self.truth["capture"]["start"])

    @property
    def stop(self) -> float:
        """When the last packet was recorded that can be read."""
        last = (self.truth.get("damage") or {}).get("last_packet")
        return float(last if last is not None else self.truth["capture"]["stop"])

    @property
    def browser(self) -> bool:
        """True when pages logged it: they know no ports of their own."""
        return any(":" not in str(row["client"]) for row in self.truth["exchanges"])

    @property
    def tolerance_ms(self) -> float:
        """How far apart the clocks may be, milliseconds."""
        return PATH_MS.get(self.name, BROWSER_MS if self.browser else NATIVE_MS)

    @property
    def answer_tolerance_ms(self) -> float:
        """The same for what an endpoint read rather than sent."""
        return max(self.tolerance_ms, LABORATORY_MS if self.truth.get("servers") else 0.0)

    def of(self, kind: str) -> list[Row]:
        """Return the exported records of one type."""
        return [record for record in self.records if record["type"] == kind]

    def seen(self, row: Row, *, exported: bool) -> bool:
        """Tell whether the answer to a request is in the capture; too near its end to tell, the export decides."""
        answered = row.get("t_response_first", row.get("t_response_last"))
        if row["status"] is None or answered is None:
            return False
        if abs(answered - self.stop) * 1000 <= self.answer_tolerance_ms:
            return exported
        return bool(answered < self.stop)

    def near(self, at_ns: int | None, at_s: float | None) -> bool:
        """Tell whether two clocks mean the same moment."""
        if at_ns is None or at_s is None:
            return at_ns is None and at_s is None
        return abs(at_ns / _S - at_s) * 1000 <= self.tolerance_ms


def load(folder: Path) -> Story:
    """Analyse a capture and match its exchanges to its truth."""
    capture = next(path for path in folder.iterdir() if path.suffix in (".pcap", ".pcapng"))
    truth = json.loads((folder / "truth.json").read_text(encoding="utf-8"))
    story = Story(folder.name, truth, list(records(sigtrace.analyze(sigtrace.read(capture)))))
    _match(story)
    return story


def servers_of(truth: Row) -> set[str]:
    """Return the addresses of the signaling servers."""
    return {one["address"] for one in (truth["server"], *truth.get("servers", ())) if one}


def _client(address: str, *, with_port: bool) -> str:
    return address if with_port else address.rpartition(":")[0].strip("[]") if ":" in address else address


def _match(story: Story) -> None:
    """Give every exchange of the truth its exported one: by client, method and target, the nearest in time."""
    with_port = not story.browser
    waiting: dict[str, deque[Row]] = defaultdict(deque)
    servers = servers_of(story.truth)
    for exchange in story.of("exchange"):
        if exchange["server"] in servers:
            waiting[_client(exchange["client"], with_port=with_port)].append(exchange)
    for row in story.truth["exchanges"]:
        if not _visible(story, row):
            continue
        candidates = waiting[row["client"]]
        found = next((one for one in candidates if _same_request(row, one)), None)
        if found is None:
            story.unmatched_truth.append(row)
        else:
            candidates.remove(found)
            story.pairs.append((row, found))
    known = _known_extras(story)
    story.unmatched_export = [one for some in waiting.values() for one in some if one["client"] not in known]


def _known_extras(story: Story) -> set[str]:
    """Return clients with whom more went over the wire than the one exchange the truth lists: said there in bytes.

    A page that aborts its last wait does not log it.
    """
    known = {
        row["client"]
        for row in story.truth["exchanges"]
        if row.get("sent_beyond_body") or row.get("received_beyond_body") or row["method"] is None
    }
    if story.browser:
        known |= {one["client"] for one in story.of("exchange") if one["kind"] == "wait" and one["state"] != "complete"}
    return known


def _visible(story: Story, row: Row) -> bool:
    """Tell whether anything of an exchange went by while the recorder ran, and can be one of HTTP at all."""
    last = row.get("t_response_last") or row["t_request"]
    if row["t_request"] > story.stop or last < story.start or row["method"] is None:
        return False
    return row.get("error") is None or row["status"] is not None or "t_connected" in row


def _same_request(row: Row, exchange: Row) -> bool:
    if exchange["method"] is None:  # its request was not captured: its answer must be this one's
        return exchange["status"] == row["status"] and _same_body(exchange["response_body"], row.get("response_body"))
    targets = (row["target"], decode_text(row["target"].encode("latin-1", "replace")))  # the lab logs bytes as Latin-1
    return bool(exchange["method"] == row["method"] and exchange["target"] in targets)


def _same_body(body: Row | None, truth: Row | None) -> bool:
    """Tell whether a body is the one, as far as it is known."""
    if body is None or truth is None:
        return body is None or body["length"] in (None, 0)
    return body["length"] in (None, truth["len"]) and body["sha256"] in (None, truth["sha256"])


def exchange_differences(story: Story) -> Iterator[str]:
    """Yield where exported exchanges are not the true ones."""
    for row in story.unmatched_truth:
        if not story.partial:
            yield f"missing: {row['client']} {row['method']} {row['target']} {row['status']}"
    for one in story.unmatched_export:
        yield f"never happened: {one['number']} {one['client']} {one['method']} {one['target']} {one['status']}"
    for row, one in story.pairs:
        for difference in _compare_exchange(story, row, one):
            yield f"exchange {one['number']} {one['method']} {one['target']}: {difference}"


def _compare_exchange(story: Story, row: Row, one: Row) -> Iterator[str]:
    seen = story.seen(row, exported=one["status"] is not None)
    status = row["status"] if seen else None
    if row["status"] is None and story.name in PULLED:
        return
    if one["status"] != status and not (story.partial and one["status"] is None):
        yield f"status {one['status']}, in truth {status}"
    whole = not story.partial and row["t_request"] >= story.start and not _cut_short(row, one)
    if whole and not _whole(one["request_body"], row["request_body"]):
        yield f"request body {one['request_body']}, in truth {row['request_body']}"
    if seen and status and not story.partial and not _whole(one["response_body"], row["response_body"]):
        yield f"response body {one['response_body']}, in truth {row['response_body']}"
    if story.partial and not _same_body(one["request_body"], row["request_body"]):
        yield f"request body {one['request_body']}, in truth {row['request_body']}"
    if story.partial and status and not _same_body(one["response_body"], row.get("response_body")):
        yield f"response body {one['response_body']}, in truth {row['response_body']}"
    if one["request_ns"] is not None and not story.near(one["request_ns"], row["t_request"]):
        yield f"asked {one['request_ns'] / _S - row['t_request']:+.6f} s away"
    if one["response_ns"] is not None and "t_response_first" in row:
        yield from _compare_time(story, "answered", one["response_ns"], row["t_response_first"])
    if one["state"] == "complete" and "t_response_last" in row:
        yield from _compare_time(story, "answer ended", one["response_end_ns"], row["t_response_last"])


def _cut_short(row: Row, one: Row) -> bool:
    """Tell whether a request announced more than its client ever sent, which the truth does not count."""
    return row["status"] is None and one["state"] == "aborted" and one["request_body"].get("missing", 0) > 0


def _compare_time(story: Story, what: str, at_ns: int, at_s: float) -> Iterator[str]:
    if abs(at_ns / _S - at_s) * 1000 > story.answer_tolerance_ms:
        yield f"{what} {at_ns / _S - at_s:+.6f} s away"


def _whole(body: Row | None, truth: Row) -> bool:
    return body is not None and body["sha256"] is not None and _same_body(body, truth)


def wait_differences(story: Story) -> Iterator[str]:
    """Yield where exported waits are not the true ones: how long they hung, and what released them."""
    waits = {one["exchange"]: one for one in story.of("wait")}
    for row, exchange in story.pairs:
        if row["kind"] != "wait" or row["method"] != "GET" or (row["status"] is None and story.name in PULLED):
            continue
        wait = waits.get(exchange["number"])
        if wait is None:
            yield f"exchange {exchange['number']} {exchange['target']} is no wait"
            continue
        for difference in _compare_wait(story, row, wait):
            yield f"wait {wait['exchange']} of {wait['peer']}: {difference}"


def _compare_wait(story: Story, row: Row, wait: Row) -> Iterator[str]:
    seen = story.seen(row, exported=wait["answered_ns"] is not None)
    if seen and row["t_request"] >= story.start and wait["answered_ns"] is not None and wait["hang_ns"] is not None:
        hang_s = wait["hang_ns"] / _S
        if abs(hang_s - row["hang_s"]) * 1000 > story.tolerance_ms + story.answer_tolerance_ms:
            yield f"hung {hang_s:.6f} s, in truth {row['hang_s']} s"
    release, by_peer = _true_release(row, seen=seen)
    if wait["released_by"] not in release and not (story.partial and wait["released_by"] in {None, *_UNANSWERED}):
        yield f"released by {wait['released_by']}, in truth by {sorted(release)}"
    elif by_peer is not None and wait["by_peer"] not in (by_peer, None):
        yield f"released by peer {wait['by_peer']}, in truth by {by_peer}"
    elif by_peer is not None and wait["by_peer"] is None and not story.partial:
        yield f"by nobody, in truth by {by_peer}"


def _true_release(row: Row, *, seen: bool) -> tuple[set[str], int | None]:
    """Return what may have released a wait, and who."""
    cause = row.get("released_by")
    if not seen or cause is None:
        return _UNANSWERED if not (seen and row["status"]) else {"refused"}, None
    if cause["type"] == "notification":
        entries = [line.rsplit(",", 2) for line in cause["entry"].splitlines()]
        if len(entries) != 1 or len(entries[0]) != 3 or entries[0][1] == str(row["peer_id"]):
            return {"peer-joined", "peer-left"}, None  # a relative's list, with one's own line; or without commas
        _, peer, connected = entries[0]
        return {"peer-joined" if connected == "1" else "peer-left"}, int(peer)
    if cause["type"] == "message":
        return {"message"}, cause["from_peer"]
    return set(_QUIT_NAMES[cause["type"]]), None


def relay_differences(story: Story) -> Iterator[str]:
    """Yield messages whose two legs were not paired: each POST, and the wait of its target that brought it."""
    number = {id(row): one["number"] for row, one in story.pairs}
    exported = {id(row): one for row, one in story.pairs}
    signals = {one["sent_exchange"]: one for one in story.of("signal") if one["sent_exchange"] is not None}
    deliveries: dict[tuple[Any, ...], deque[Row]] = defaultdict(deque)
    for row in story.truth["exchanges"]:
        cause = row.get("released_by") or {}
        if row["kind"] == "wait" and cause.get("type") == "message" and id(row) in number:
            digest = (
                exported[id(row)]["response_body"].get("content_sha256") if exported[id(row)]["response_body"] else None
            )
            key = (row.get("server"), cause["from_peer"], row["peer_id"], digest or row["response_body"]["sha256"])
            deliveries[key].append(row)
    for row in () if story.name in PULLED else story.truth["exchanges"]:
        if row["kind"] != "message" or row["status"] != 200 or id(row) not in number or row["method"] != "POST":
            continue
        signal = signals.get(number[id(row)])
        if signal is None and story.partial and exported[id(row)]["method"] is None:
            continue  # its request was not captured, and the receiver's wait shows it as unsent
        if signal is None:
            yield f"exchange {number[id(row)]} {row['target']} is no signal"
            continue
        if row["from_peer"] == row["to_peer"]:
            if signal["fate"] != "echoed":
                yield f"signal {signal['number']}: {signal['fate']}, in truth echoed"
            continue
        key = (row.get("server"), row["from_peer"], row["to_peer"], row["request_body"]["sha256"])
        wait = deliveries[key].popleft() if deliveries[key] else None
        seen = wait is not None and story.seen(wait, exported=signal["delivered_ns"] is not None)
        expected = number[id(wait)] if wait is not None and seen else None
        if signal["delivered_exchange"] != expected and not (story.partial and signal["delivered_exchange"] is None):
            yield f"signal {signal['number']}: delivered by {signal['delivered_exchange']}, in truth by {expected}"


def queue_differences(story: Story) -> Iterator[str]:
    """Yield messages said to have been queued that met an open wait, or the other way about.

    A message the sender knew to be taken before its receiver asked was queued; one sent after that was not. What lies
    between is too close to tell by the endpoints' clocks, and so is all of a path that holds packets back.
    """
    row_of = {one["number"]: row for row, one in story.pairs}
    waits = {one["exchange"]: one for one in story.of("wait")}
    for signal in () if story.name in PATH_MS else story.of("signal"):
        sent, brought = row_of.get(signal["sent_exchange"]), row_of.get(signal["delivered_exchange"])
        if sent is None or brought is None or brought["kind"] != "wait" or story.browser:
            continue
        from_queue = waits[signal["delivered_exchange"]]["from_queue"]
        acknowledged = sent.get("t_response_first", sent["t_request"])
        if acknowledged < brought["t_request"] and from_queue is False:
            yield f"signal {signal['number']}: {from_queue}, in truth queued"
        elif sent["t_request"] > brought["t_request"] and from_queue is not False:
            yield f"signal {signal['number']}: {from_queue}, in truth not queued"


def peer_differences(story: Story) -> Iterator[str]:
    """Yield peers that are not the true ones: number, address, name."""
    exported = story.of("peer")
    signed_in = [(row, one) for row, one in story.pairs if row["kind"] == "sign_in" and row.get("assigned_id")]
    by_sign_in = {one["sign_in"]: one for one in exported if one["sign_in"] is not None}
    for row, exchange in signed_in:
        if row.get("t_response_first", row["t_response_last"]) > story.stop:
            continue
        peer = by_sign_in.get(exchange["number"])
        if peer is None:
            if not story.partial:
                yield f"peer {row['assigned_id']} is missing"
            continue
        yield from _compare_peer(row, peer)
    true_ids = {one["id"] for one in story.truth["peers"]}
    for row in story.truth["exchanges"]:
        true_ids |= {row.get("peer_id"), row.get("assigned_id"), row.get("from_peer")}
    for peer in exported:
        if peer["id"] not in true_ids:
            yield f"peer {peer['id']} never was"


def _compare_peer(row: Row, peer: Row) -> Iterator[str]:
    if peer["id"] != row["assigned_id"]:
        yield f"peer {peer['id']}, in truth {row['assigned_id']}"
    if peer["address"] != _client(row["client"], with_port=False):
        yield f"peer {peer['id']}: address {peer['address']}, in truth {row['client']}"
    name = _listed_name(row)
    if name is not None and peer["name"] != name:
        yield f"peer {peer['id']}: name {peer['name']!r}, in truth {name!r}"


def _listed_name(row: Row) -> str | None:
    """Return the name that the server lists for a newcomer."""
    lines = (line.rsplit(",", 2) for line in row["peer_list"].split("\n"))
    name = next((line[0] for line in lines if len(line) == 3 and line[1] == str(row["assigned_id"])), None)
    return None if name and "\ufffd" in name else name  # not UTF-8, and the log does not say what


def call_differences(story: Story) -> Iterator[str]:
    """Yield calls that are not the true ones: who, when, candidates, goodbye."""
    exported = story.of("call")
    for row in true_calls(story):
        at = [call for call in exported if {call["caller"], call["callee"]} == {row["from"], row["to"]}]
        near = [call for call in at if story.near(call["offered_ns"], row["t_offer"])]
        if row["t_offer"] < story.start:  # its first offer was not captured
            near = [call for call in at if call["offered_ns"] is None or call["inferred"] or call["offers"]][:1]
        if story.partial and not near:
            continue
        if not near:
            yield f"call {row['from']} → {row['to']} is missing"
            continue
        for difference in _compare_call(story, row, near[0]):
            yield f"call {near[0]['number']}: {difference}"


def true_calls(story: Story) -> list[Row]:
    """Return the calls by what an observer can know: one lasts to its goodbye, and two offers that cross are one."""
    calls: list[Row] = []
    for row in story.truth["calls"]:
        before = next((one for one in calls if _same_call(one, row)), None)
        if before is not None:
            before |= {key: row[key] for key in ("t_bye", "bye_from") if row[key] is not None}
            before["candidates"] = Counter(before["candidates"]) + Counter(row["candidates"])
        elif row["t_offer"] <= story.stop and not any(_cross(one, row) for one in calls):
            calls.append(dict(row))
    return calls


def _same_call(one: Row, other: Row) -> bool:
    """Tell whether an offer goes on with a call that nobody ended: the laboratory counts those as two."""
    same = (one["from"], one["to"], one.get("server")) == (other["from"], other["to"], other.get("server"))
    return same and one["t_bye"] is None


def _cross(one: Row, other: Row) -> bool:
    same = (one["from"], one["to"]) == (other["to"], other["from"]) and one.get("server") == other.get("server")
    return bool(same and one["t_answer"] is None and other["t_answer"] is None)


def _compare_call(story: Story, row: Row, call: Row) -> Iterator[str]:
    if (call["caller"], call["callee"]) != (row["from"], row["to"]):
        yield f"{call['caller']} → {call['callee']}, in truth {row['from']} → {row['to']}"
    answered = row["t_answer"] if row["t_answer"] is not None and row["t_answer"] <= story.stop else None
    if not story.near(call["answered_ns"], answered) and not (story.partial and call["answered_ns"] is None):
        yield f"answered {call['answered_ns']}, in truth {answered}"
    if row["t_bye"] is not None and row["t_bye"] <= story.stop:
        said = call["ended"] == "bye" and call["ended_by"] == row["bye_from"]
        if not said or not story.near(call["ended_ns"], row["t_bye"]):
            yield f"ended {call['ended']} by {call['ended_by']}, in truth BYE by {row['bye_from']} at {row['t_bye']}"
    elif call["ended"] == "bye":
        yield "ended by BYE, in truth not"
    whole = story.start <= row["t_offer"] and story.stop >= story.truth["capture"]["stop"] - 1
    if story.partial or call["glare"] or not whole:
        return
    sent = {int(peer): number for peer, number in row["candidates"].items()}
    counts = (call["candidates"]["caller"], call["candidates"]["callee"])
    if counts != (sent.get(row["from"], 0), sent.get(row["to"], 0)):
        yield f"candidates {counts}, in truth {sent}"
