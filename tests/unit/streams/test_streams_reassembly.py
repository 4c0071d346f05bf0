"""Reassembly, case by case: what a capture shows of a connection, and what comes out of it."""

from __future__ import annotations

import gc
import hashlib
from typing import TYPE_CHECKING

import pytest

from sigtrace.packets.packet import ACK, FIN, PSH, RST, SYN, Segment
from sigtrace.streams import outlet
from sigtrace.streams.connection import Connection
from sigtrace.streams.flow import Chunk, Closer, Delivery, End, Gap
from sigtrace.streams.reassembly import Reassembler
from tests.builders.conversations import MILLISECOND, SECOND, Conversation, captured, packed, story, twice, without

if TYPE_CHECKING:
    from sigtrace.notices import Notice
    from sigtrace.streams.flow import Flow

CLOSED = ["1> end fin", "1< end fin"]
CUT_OFF = ["1> end capture-ended", "1< end capture-ended"]


def feed(segments: list[Segment]) -> tuple[Reassembler, list[Delivery | Notice]]:
    """Feed segments without closing."""
    reassembler = Reassembler()
    return reassembler, [item for segment in segments for item in reassembler.feed(segment)]


def tell(segments: list[Segment]) -> list[str]:
    """Feed segments, close, and tell what came out."""
    reassembler, items = feed(segments)
    return story([*items, *reassembler.close()])


def facts(segments: list[Segment]) -> Flow:
    """Feed segments, close, and return what is known of the first flow."""
    reassembler, _ = feed(segments)
    reassembler.close()
    return reassembler.flow(1)


def exchange(**options: int) -> Conversation:
    """Make a handshake, a request in two segments and its response, all acknowledged; not closed."""
    talk = Conversation(**options)  # type: ignore[arg-type]
    talk.handshake()
    talk.client.send(b"askmore", mss=3)
    talk.server.acknowledge()
    talk.server.send(b"answer", mss=3)
    talk.client.acknowledge()
    return talk


EXCHANGED = ["1> ask", "1> mor", "1> e", "1< ans", "1< wer"]


def test_in_order() -> None:
    """Segments in order come out at once, each with the time and number of its packet."""
    talk = exchange()
    talk.close()
    _, items = feed(talk.segments)
    assert story(items) == [*EXCHANGED, *CLOSED]
    first, end = items[0], items[-1]
    assert isinstance(first, Delivery)
    assert first.item == Chunk(b"ask", talk.segments[3].at_ns, 4)
    assert isinstance(end, Delivery)
    assert end.item[1:] == (talk.segments[-2].at_ns, len(talk.segments) - 1)


def test_facts() -> None:
    """A flow's facts say who opened and closed it, when, and how long the handshake took."""
    talk = exchange()
    talk.close()
    flow = facts(talk.segments)
    assert (str(flow.originator), str(flow.responder)) == ("10.77.0.11:40000", "10.77.0.1:8888")
    assert flow.handshake_seen
    assert flow.connect_ns == MILLISECOND
    assert (flow.opened_ns, flow.last_ns) == (talk.segments[0].at_ns, talk.segments[-1].at_ns)
    assert (flow.closed_by, flow.closed_ns) == (Closer.ORIGINATOR, talk.segments[-3].at_ns)
    assert (flow.from_originator.packets, flow.from_originator.bytes) == (8, 7)
    assert (flow.from_responder.packets, flow.from_responder.bytes) == (5, 6)
    assert flow.from_originator.retransmitted == flow.from_originator.copies == flow.from_originator.gap_bytes == 0


def test_digest() -> None:
    """Where it is asked for, the digest of the delivered bytes stands in the counts."""
    reassembler = Reassembler(digest=True)
    for segment in exchange().segments:
        reassembler.feed(segment)
    assert reassembler.flow(1).from_originator.sha256 == hashlib.sha256(b"askmore").hexdigest()
    assert reassembler.flow(1).from_responder.sha256 == hashlib.sha256(b"answer").hexdigest()


def test_out_of_order_keeps_its_time() -> None:
    """Data captured before its turn is delivered in its turn, with the time and number of its own packet."""
    talk = exchange()
    segments = talk.segments
    segments[3], segments[4] = segments[4], segments[3]
    _, items = feed(captured(segments))
    assert story(items) == EXCHANGED
    chunks = [item.item for item in items if isinstance(item, Delivery)][:2]
    assert chunks == [Chunk(b"ask", segments[4].at_ns, 5), Chunk(b"mor", segments[3].at_ns, 4)]


@pytest.mark.parametrize(
    ("start", "data", "expected", "retransmitted"),
    [
        (0, b"ask", [], 1),
        (0, b"askmore", [], 1),
        (2, b"kmo", [], 1),
        (3, b"more?!", ["1> ?!"], 0),
        (7, b"?!", ["1> ?!"], 0),
        (0, b"xyz", ["! tcp.overlap"], 1),
        (5, b"REnew", ["! tcp.overlap", "1> new"], 0),
    ],
)
def test_sent_again(start: int, data: bytes, expected: list[str], retransmitted: int) -> None:
    """Of bytes sent again only new ones come out; those that brought none are counted, those that differ told once."""
    talk = exchange()
    talk.client.segment(data, sequence=1001 + start)
    reassembler, items = feed(talk.segments)
    assert story(items) == [*EXCHANGED, *expected]
    assert reassembler.flow(1).from_originator.retransmitted == retransmitted


def test_overlap_is_told_once() -> None:
    """Differing bytes are one notice a flow, waiting or delivered."""
    talk = exchange()
    talk.client.segment(b"XXX", sequence=1001)
    talk.client.segment(b"later", sequence=1020)
    talk.client.segment(b"LATER", sequence=1020)
    reassembler, items = feed(talk.segments)
    assert [line for line in story(items) if line.startswith("!")] == ["! tcp.overlap"]
    assert "1> later" in story(reassembler.close())


@pytest.mark.parametrize("length", [0, 1])
def test_keep_alive(length: int) -> None:
    """A keep-alive probe is neither data nor a retransmission, and shows no gap."""
    talk = exchange()
    talk.client.keep_alive(length)
    talk.server.acknowledge()
    talk.client.send(b"on")
    assert tell(talk.segments) == [*EXCHANGED, "1> on", *CUT_OFF]
    assert facts(talk.segments).from_originator.retransmitted == 0


def test_zero_window_probe() -> None:
    """A probe into a closed window brings its byte; what is sent again with it is not delivered twice."""
    talk = exchange()
    talk.client.segment(b"n", sequence=talk.client.sequence)
    talk.server.acknowledge()
    talk.client.send(b"next")
    assert tell(talk.segments) == [*EXCHANGED, "1> n", "1> ext", *CUT_OFF]


def test_wrap() -> None:
    """Sequence numbers that pass zero change nothing."""
    talk = exchange(client_isn=2**32 - 3, server_isn=2**32 - 1)
    talk.close()
    assert tell(talk.segments) == [*EXCHANGED, *CLOSED]


def test_data_in_the_syn() -> None:
    """TCP Fast Open: the data of the SYN comes first, and only once when it is sent again."""
    talk = Conversation()
    talk.client.syn(b"early")
    talk.server.syn(flags=SYN | ACK)
    talk.client.segment(b"early", sequence=1001)
    talk.client.send(b"late")
    assert tell(talk.segments) == ["1> early", "1> late", *CUT_OFF]


@pytest.mark.parametrize("missing", [[0], [1], [0, 1], [2], [0, 1, 2]])
def test_handshake_missing(missing: list[int]) -> None:
    """Whatever part of the handshake was not captured, all data comes out and the roles are right."""
    talk = exchange()
    talk.close()
    segments = without(talk.segments, *(talk.segments[index] for index in missing))
    assert tell(segments) == [*EXCHANGED, *CLOSED]
    flow = facts(segments)
    assert flow.originator.port == 40000
    assert flow.handshake_seen == (not {0, 1} <= set(missing))
    assert (flow.connect_ns is None) == bool({0, 1} & set(missing))


def test_handshake_late() -> None:
    """A SYN captured after what follows it still belongs to its connection."""
    talk = exchange()
    order = [1, 2, 3, 0, *range(4, len(talk.segments))]
    reassembler, items = feed(captured([talk.segments[index] for index in order]))
    assert story(items) == EXCHANGED
    assert [flow.handshake_seen for flow in reassembler.flows()] == [True]


def test_open_before_the_capture() -> None:
    """Of a connection that was open already, data reordered at the start of the capture is not lost."""
    talk = Conversation()
    talk.established()
    talk.client.send(b"onetwothree!", mss=3)
    one, two, *others = talk.segments
    assert tell(captured([two, one, *others])) == ["1> one", "1> two", "1> thr", "1> ee!", *CUT_OFF]


def test_first_seen_by_its_acknowledgment() -> None:
    """A stream that was acknowledged before its first data starts there, so a lost first segment is a gap."""
    talk = Conversation()
    talk.established()
    talk.client.send(b"ask")
    lost = talk.server.send(b"answer", mss=3)[0]
    assert tell(without(talk.segments, lost)) == [
        "1> ask",
        "! tcp.gap",
        "1< gap 3",
        "1< wer",
        *CUT_OFF,
    ]


def test_first_met_in_a_keep_alive() -> None:
    """A connection met in a keep-alive probe does not begin with a gap."""
    talk = Conversation()
    talk.established()
    talk.client.keep_alive()
    talk.server.acknowledge()
    talk.client.send(b"ask")
    assert tell(talk.segments) == ["1> ask", *CUT_OFF]


def test_one_direction_only() -> None:
    """Where only one direction was captured, it comes out, with gaps where it was not captured whole."""
    talk = Conversation()
    talk.handshake()
    parts = talk.server.send(b"onetwothreefour", mss=3)
    talk.server.fin()
    segments = [s for s in talk.segments if s.source == talk.server.endpoint]
    out = tell(without(segments, parts[1]))
    assert out == [
        "1< one",
        "! tcp.gap",
        "1< gap 3",
        "1< thr",
        "1< eef",
        "1< our",
        "1< end fin",
        "1> end capture-ended",
    ]


def test_half_close() -> None:
    """After one side's FIN the other side's data still comes."""
    talk = exchange()
    talk.client.fin(b"bye")
    talk.server.acknowledge()
    talk.server.send(b"more")
    talk.client.acknowledge()
    talk.server.fin()
    assert tell(talk.segments) == [*EXCHANGED, "1> bye", "1> end fin", "1< more", "1< end fin"]


def test_simultaneous_close() -> None:
    """FINs that cross end both directions; the first one captured closed the flow."""
    talk = exchange()
    talk.server.fin()
    talk.client.segment(flags=FIN | ACK, acknowledgment=talk.server.sequence - 1)
    assert tell(talk.segments) == [*EXCHANGED, "1< end fin", "1> end fin"]
    assert facts(talk.segments).closed_by is Closer.RESPONDER


def test_fin_before_its_data() -> None:
    """A FIN captured before the last data waits for it."""
    talk = exchange()
    talk.client.send(b"last")
    talk.client.fin()
    segments = [*talk.segments[:-2], talk.segments[-1], talk.segments[-2]]
    assert tell(captured(segments)) == [*EXCHANGED, "1> last", "1> end fin", CUT_OFF[1]]


def test_after_the_end() -> None:
    """What comes after both ends is counted and not delivered."""
    talk = exchange()
    talk.close()
    talk.server.segment(flags=FIN | ACK, sequence=talk.server.sequence - 1)
    talk.client.acknowledge()
    talk.client.reset()
    assert tell(talk.segments) == [*EXCHANGED, *CLOSED]
    flow = facts(talk.segments)
    assert (flow.from_responder.retransmitted, flow.closed_by) == (1, Closer.ORIGINATOR)


def test_reset() -> None:
    """A reset ends both directions once, at its own time, after data that was sent before it but captured after it."""
    talk = exchange()
    late = talk.server.send(b"late")[0]
    reset = talk.client.reset()
    segments = [*(s for s in talk.segments if s not in (late, reset)), reset, late]
    reassembler, items = feed(captured(segments))
    assert story(items) == [*EXCHANGED, "1< late"]
    ended = reassembler.advance(reset.at_ns + SECOND)
    assert story(ended) == ["1> end reset", "1< end peer-reset"]
    assert all(isinstance(one, Delivery) and one.item[1] == reset.at_ns for one in ended)
    assert reassembler.flow(1).closed_by is Closer.RESET
    assert reassembler.close() == []


def test_text_of_a_reset_is_no_data() -> None:
    """What a reset carries explains the reset (RFC 9293 §3.5.3); it is not part of the stream."""
    talk = exchange()
    talk.client.reset(b"no memory")
    assert tell(talk.segments) == [*EXCHANGED, "1> end reset", "1< end peer-reset"]


def test_refused() -> None:
    """A refused connection ends by reset and carried nothing."""
    talk = Conversation()
    talk.client.syn()
    talk.server.segment(flags=RST | ACK, sequence=0)
    assert tell(talk.segments) == ["1> end peer-reset", "1< end reset"]


def test_lost_and_acknowledged() -> None:
    """An acknowledged hole is a gap after some patience, shown by the packet that showed it, and told."""
    talk = Conversation()
    talk.handshake()
    parts = talk.client.send(b"onetwothree", mss=3)
    talk.server.acknowledge()
    talk.wait(3 * SECOND)
    talk.server.send(b"on")
    segments = without(talk.segments, parts[1])
    _, items = feed(segments)
    assert story(items) == ["1> one", "! tcp.gap", "1> gap 3", "1> thr", "1> ee", "1< on"]
    gap = items[2]
    assert isinstance(gap, Delivery)
    assert gap.item == Gap(3, parts[2].at_ns, 5)


def test_patience_is_not_over() -> None:
    """A hole is waited for while the capture may still bring it."""
    talk = Conversation()
    talk.handshake()
    parts = talk.client.send(b"onetwo", mss=3)
    talk.server.acknowledge()
    talk.wait(SECOND)
    talk.server.acknowledge()
    assert tell(captured([*without(talk.segments, parts[0]), parts[0]])) == ["1> one", "1> two", *CUT_OFF]


def test_one_wrong_clock_ends_no_patience() -> None:
    """A packet of another flow whose timestamp is far ahead gives up no hole; two in a row do."""
    talk = Conversation()
    talk.handshake()
    parts = talk.client.send(b"onetwothree", mss=3)
    talk.server.acknowledge()
    late = parts[1]._replace(at_ns=talk.segments[-1].at_ns)
    end_ns = late.at_ns + 100 * SECOND
    ahead = [late._replace(source=packed("10.0.0.9:9"), number=90 + at, at_ns=end_ns) for at in range(2)]
    segments = without(talk.segments, parts[1])
    _, items = feed([*segments, ahead[0], late])
    assert story(items) == ["1> one", "1> two", "1> thr", "1> ee"]
    _, items = feed([*segments, *ahead, late])
    assert story(items) == ["1> one", "! tcp.gap", "1> gap 3", "1> thr", "1> ee"]


def test_lost_and_never_acknowledged() -> None:
    """A hole that nobody acknowledged is given up after the longest retransmission timeouts."""
    talk = Conversation()
    talk.handshake()
    parts = talk.client.send(b"onetwo", mss=3)
    talk.wait(200 * SECOND)
    talk.server.acknowledge(1001)
    _, items = feed(without(talk.segments, parts[0]))
    assert story(items) == ["! tcp.gap", "1> gap 3", "1> two"]


@pytest.mark.parametrize("closes", [True, False])
def test_lost_at_the_tail(*, closes: bool) -> None:
    """Bytes that were acknowledged and never captured are a gap before the end; a missing FIN is not one of them."""
    talk = exchange()
    lost = [*talk.server.send(b"tail")]
    talk.client.acknowledge()
    if closes:
        lost.append(talk.server.fin())
        talk.client.fin()
    out = tell(without(talk.segments, *lost))
    if closes:
        assert out == [*EXCHANGED, "1> end fin", "! tcp.gap", "1< gap 4", "1< end fin"]
    else:
        assert out == [*EXCHANGED, "! tcp.gap", "1< gap 4", *CUT_OFF]


def test_cut_by_a_snap_length() -> None:
    """Of segments cut by a snap length the captured part comes, the rest is a gap, and one notice tells."""
    talk = Conversation()
    talk.handshake()
    talk.client.send(b"abcdefgh", mss=4, snap=3)
    talk.client.fin()
    assert tell(talk.segments) == [
        "1> abc", "! tcp.cut-segment", "1> gap 1", "1> efg", "1> gap 1", "1> end fin", "1< end capture-ended",
    ]  # fmt: skip


def test_reused_ports() -> None:
    """A SYN with another number is another flow: of a closed one, and of an open one, which it replaces."""
    first, second, third = exchange(), exchange(client_isn=70_000), exchange(client_isn=90_000)
    first.close()
    out = tell(captured([*first.segments, *second.segments, *third.segments]))
    renamed = {number: [line.replace("1", number, 1) for line in EXCHANGED] for number in "23"}
    assert out == [
        *EXCHANGED, *CLOSED, *renamed["2"], "2> end replaced", "2< end replaced", *renamed["3"],
        "3> end capture-ended", "3< end capture-ended",
    ]  # fmt: skip


def test_syn_sent_again() -> None:
    """A SYN with the same number is a retransmission, and the time to connect counts from the first."""
    talk = Conversation()
    talk.client.syn()
    talk.wait(SECOND)
    talk.client.syn()
    talk.server.syn(flags=SYN | ACK)
    flow = facts(talk.segments)
    assert flow.from_originator.retransmitted == 1
    assert flow.connect_ns == SECOND + 2 * MILLISECOND


@pytest.mark.parametrize("closed", [True, False])
def test_reused_ports_without_a_syn(*, closed: bool) -> None:
    """Numbers that jump wildly and go on from there are a new flow, though its SYN was not captured."""
    first = exchange()
    second = exchange(client_isn=1 << 31, server_isn=3 << 30)
    if closed:
        first.close()
    out = tell(captured([*first.segments, *second.segments[3:]]))
    assert [line for line in out if line.startswith("2") and "end" not in line] == [
        line.replace("1", "2", 1) for line in EXCHANGED
    ]


def test_stray_segment() -> None:
    """One segment far from all others is left out and told; it makes no gap."""
    talk = exchange()
    talk.client.segment(b"damaged", sequence=talk.client.sequence ^ 1 << 31)
    talk.client.send(b"on")
    assert tell(talk.segments) == [*EXCHANGED, "! tcp.stray-segment", "1> on", *CUT_OFF]


def test_captured_twice() -> None:
    """Copies on a second interface are counted as copies, and neither delivered nor taken for retransmissions."""
    talk = exchange()
    talk.close()
    segments = twice(talk.segments)
    assert tell(segments) == [*EXCHANGED, *CLOSED]
    flow = facts(segments)
    assert (flow.from_originator.copies, flow.from_responder.copies) == (8, 5)
    assert flow.from_originator.retransmitted == flow.from_responder.retransmitted == 0


def test_a_stretch_captured_twice() -> None:
    """Each packet of a stretch that comes a second time is a copy, also where the capture joined the connection."""
    talk = Conversation(step_ns=MILLISECOND // 10)  # before any patience ends
    for _ in range(3):
        talk.server.send(b"tell")
        talk.client.send(b"ask")
        talk.server.acknowledge()
    flow = facts([*talk.segments, *talk.segments[3:]])
    assert flow.from_originator.copies + flow.from_responder.copies == 6


def test_acknowledgments_before_their_connection() -> None:
    """What came before the SYN of its connection is a copy when it comes again behind it."""
    talk = Conversation(step_ns=MILLISECOND // 10)
    talk.handshake()
    for _ in range(3):
        talk.client.send(b"ask")
        talk.server.acknowledge()
    talk.close()
    reassembler, _ = feed([*talk.segments[4:], *talk.segments])
    reassembler.close()
    assert [flow.from_responder.copies for flow in reassembler.flows()] == [0, 4]


def test_captured_twice_in_other_shapes() -> None:
    """Bytes that another interface brought in segments of another shape are copies."""
    talk = exchange()
    talk.client.segment(b"askmore", sequence=1001, interface=1)
    flow = facts(talk.segments)
    assert (flow.from_originator.copies, flow.from_originator.retransmitted) == (1, 0)


def test_forgotten() -> None:
    """A forgotten flow says nothing more, until its ports open again."""
    talk = exchange()
    reassembler, _ = feed(talk.segments)
    assert reassembler.forget(1) == (packed("10.77.0.11:40000"), packed("10.77.0.1:8888"))
    talk.client.send(b"on")
    talk.close()
    again = exchange(client_isn=70_000)
    items = [item for segment in [*talk.segments[10:], *again.segments] for item in reassembler.feed(segment)]
    items += reassembler.close()
    assert story(items) == [line.replace("1", "2", 1) for line in [*EXCHANGED, *CUT_OFF]]


def test_too_many_flows() -> None:
    """At the bound the flows that matter least leave first: those that carried nothing; one notice tells."""
    reassembler = Reassembler(max_flows=10)
    busy = exchange(client_isn=77)
    items = [item for segment in busy.segments for item in reassembler.feed(segment)]
    for port in range(50):
        flood = Conversation(client=f"10.9.9.9:{1000 + port}")
        flood.client.syn()
        items += reassembler.feed(flood.segments[0])
    assert story(items).count("! tcp.too-many-flows") == 1
    assert "1> end capture-ended" not in story(items)
    assert len(reassembler.flows()) <= 12
    assert reassembler.flow(1).from_originator.bytes == 7


def test_a_flood_leaves_nothing_behind() -> None:
    """Connections that carried nothing leave without a word, and their memory is free without the garbage collector."""
    reassembler = Reassembler(max_flows=10)
    floods = [Conversation(client=f"10.9.9.9:{port}") for port in range(500)]
    for flood in floods:
        flood.client.syn()
    gc.collect()
    gc.disable()
    try:
        items = [item for flood in floods for item in reassembler.feed(flood.segments[0])]
        assert sum(isinstance(one, Connection) for one in gc.get_objects()) <= 20
    finally:
        gc.enable()
    assert story(items) == ["! tcp.too-many-flows"]


def test_waiting_is_bounded() -> None:
    """More than 16 MiB never wait behind one hole: it is given up, and told."""
    talk = Conversation()
    talk.handshake()
    lost = talk.client.send(b"lost")[0]
    talk.client.send(bytes(17 << 20), mss=60_000)
    reassembler, items = feed(without(talk.segments, lost))
    assert story(items)[:3] == ["! tcp.bound-waiting", "! tcp.gap", "1> gap 4"]
    assert reassembler.flow(1).from_originator.bytes == 17 << 20


def test_every_direction_ends_once() -> None:
    """`close` ends what is open, and only that."""
    talk = exchange()
    talk.client.fin()
    reassembler, items = feed(talk.segments)
    items += reassembler.close()
    items += reassembler.close()
    assert sum(isinstance(item, Delivery) and isinstance(item.item, End) for item in items) == 2


def test_acknowledged_across_a_pause() -> None:
    """A jump that the other side acknowledges is a gap, however long: the capture paused."""
    talk = exchange()
    talk.server.sequence += 100 << 20
    talk.client.acknowledge()
    talk.server.send(b"on", flags=ACK | PSH)
    assert tell(talk.segments)[5:] == [
        "! tcp.gap", f"1< gap {100 << 20}", "1< on", *CUT_OFF,
    ]  # fmt: skip


def test_cause_before_effect() -> None:
    """A response never overtakes its request: neither one captured late, nor one of which a part was lost."""
    talk = exchange()
    lost = talk.client.send(b"again", mss=3)[0]
    talk.server.send(b"yes")
    talk.client.send(b"more")
    talk.server.send(b"no")
    expected = ["1> ga", "1< yes", "1> more", "1< no"]
    segments = without(talk.segments, lost)
    expected[0:1] = ["! tcp.gap", "1> gap 3", "1> in"]
    assert tell(segments) == [*EXCHANGED, *expected, *CUT_OFF]
    late = talk.segments[:10] + talk.segments[12:13] + talk.segments[10:12] + talk.segments[13:]
    assert tell(captured(late)) == [*EXCHANGED, "1> aga", "1> in", *expected[3:], *CUT_OFF]


def test_response_is_not_held_for_ever() -> None:
    """When the request was lost whole, its response comes after the gap, once patience is over."""
    talk = exchange()
    lost = talk.client.send(b"again")
    talk.server.send(b"yes")
    talk.wait(3 * SECOND)
    talk.client.acknowledge()
    _, items = feed(without(talk.segments, *lost))
    assert story(items) == [*EXCHANGED, "! tcp.gap", "1> gap 5", "1< yes"]


def test_facts_that_are_kept_are_bounded() -> None:
    """Of connections that are over the first ones stay known, one notice tells of the rest, and some can be let go."""
    reassembler = Reassembler(max_flows=2, max_kept=3)
    items: list[Delivery | Notice] = []
    for port in range(20):
        talk = Conversation(client=f"10.9.9.9:{1000 + port}")
        talk.handshake()
        talk.client.send(b"data")
        items += [item for segment in talk.segments for item in reassembler.feed(segment)]
    items += reassembler.close()
    assert story(items).count("! tcp.flows-left-out") == 1
    assert [flow.number for flow in reassembler.flows()] == [1, 2, 3, 19, 20]
    assert reassembler.flow(2).from_originator.bytes == 4
    reassembler.keep_only({2})
    assert [flow.number for flow in reassembler.flows()] == [2, 19, 20]


def test_alarms_of_what_is_over_are_bounded() -> None:
    """Connections that left with a hole leave no alarms behind, however long their patience was."""
    reassembler = Reassembler(max_flows=5)
    for port in range(500):
        talk = Conversation(client=f"10.9.9.9:{1000 + port}")
        talk.handshake()
        lost = talk.client.send(b"lost")[0]
        talk.client.send(b"data")
        for segment in without(talk.segments, lost):
            reassembler.feed(segment)
    assert len(reassembler._alarms) <= 4 * 5 + 5


def test_pieces_of_all_flows_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pieces that wait on many flows are as many as the bound says; what is given up is told."""
    monkeypatch.setattr(outlet, "WAITING_TOTAL_PIECES", 50)
    reassembler = Reassembler()
    items: list[Delivery | Notice] = []
    for port in range(30):
        talk = Conversation(client=f"10.9.9.9:{1000 + port}")
        talk.handshake()
        lost = talk.client.send(b"l")[0]
        talk.client.send(b"abcd", mss=1)
        items += [item for segment in without(talk.segments, lost) for item in reassembler.feed(segment)]
    assert reassembler._shared.pieces <= 51
    assert "! tcp.bound-waiting" in story(items)
    reassembler.close()
    assert reassembler._shared.pieces == 0


def test_a_flow_that_is_let_go() -> None:
    """It ends as if the capture did, the idlest are named first, and what comes of it is another flow."""
    reassembler, _ = feed(exchange().segments)
    other = Conversation(client="10.9.9.9:1000")
    other.handshake()
    other.client.send(b"late")
    for segment in other.segments:
        reassembler.feed(segment._replace(at_ns=segment.at_ns + 60 * SECOND))
    assert reassembler.idlest([2, 1]) == [1, 2]
    assert story(reassembler.let_go(1)) == CUT_OFF


def test_a_syn_ack_behind_the_data_that_follows_it() -> None:
    """A SYN-ACK captured behind delivered data of its side belongs to that connection, and begins no new one."""
    talk = Conversation()
    talk.handshake()
    talk.server.send(b"hello!", mss=3)
    talk.client.acknowledge()
    talk.server.send(b"more")
    out = tell(captured(talk.segments[place] for place in (0, 4, 5, 1, 6)))
    assert out[:2] == ["1< lo!", "1< more"]
    assert not any(line.startswith("2") for line in out)


def test_a_probe_before_the_syn_ack() -> None:
    """A keep-alive captured before the SYN-ACK, at its number, is of the same connection."""
    talk = Conversation()
    talk.client.syn()
    talk.server.syn(flags=SYN | ACK)
    talk.server.segment(sequence=talk.server.isn)
    talk.server.send(b"hello")
    for order in ([0, 2, 1, 3], [0, 2, 3, 1]):
        out = tell(captured(talk.segments[place] for place in order))
        assert out[0] == "1< hello"
        assert not any(line.startswith("2") for line in out)


def test_many_connections_one_after_another_are_not_too_many() -> None:
    """Connections that are over make room for others without a word."""
    reassembler = Reassembler(max_flows=5)
    items: list[Delivery | Notice] = []
    for port in range(40):
        talk = Conversation(client=f"10.9.9.9:{1000 + port}")
        talk.handshake()
        talk.client.send(b"data")
        talk.client.fin()
        talk.server.fin()
        items += [item for segment in talk.segments for item in reassembler.feed(segment)]
    assert not [line for line in story(items) if line.startswith("!")]


def test_who_just_came_stays_where_others_are_over() -> None:
    """A connection that was opened and said nothing yet is not let go while there are any that are over."""
    reassembler = Reassembler(max_flows=10)
    talks = [Conversation(client=f"10.9.9.9:{1000 + port}") for port in range(11)]
    for talk in talks[:9]:
        talk.handshake()
        talk.client.send(b"data")
        talk.client.fin()
        talk.server.fin()
    for talk in talks[9:]:
        talk.handshake()
    items = [item for talk in talks for segment in talk.segments for item in reassembler.feed(segment)]
    assert not [line for line in story(items) if line.startswith("!")]
    assert [number for number in range(1, 12) if reassembler.follows(number)][-2:] == [10, 11]
    assert not reassembler.follows(1)
