"""One HTTP connection: which response answers which request, and what became of requests without an answer.

Theory of operation. Each direction is read on its own; here the messages meet. Requests wait in order (`_awaiting`);
a response answers the first that waits. Three things disturb this order, and each has its rule:

- *Feed order is not wire order.* A capture may deliver the server's bytes before the client's. How a response's body
  is framed depends on its request (HEAD, CONNECT), so a response that finds no request waiting pauses its direction
  until a request comes, the client's direction ends, or too much is held.
- *A gap among the responses* may have swallowed whole ones. A client that does not pipeline asks only after it was
  answered, so the next response answers the newest request that began before it; the older ones were answered by
  what is lost. Where the client was seen pipelining, order is kept.
- *A gap among the requests*, or a capture that began in the middle, may have swallowed whole requests. Then a response
  that began before the request which waits answers a lost one: it stands alone.

After a request for an upgrade to WebSocket the client's direction is paused too, until that is answered; see
`upgrade.py`, which also tells what is done when the answer was not captured.

An exchange comes out when both its messages are finished; what is unanswered comes out when both directions ended,
for a client may close its half and still be answered.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, TypeAlias

from sigtrace.application.http.direction import Direction
from sigtrace.application.http.draft import FIELD_COST, Draft, asks_for_websocket, build_request, build_response
from sigtrace.application.http.framing import Framing, frame_cut, frame_request, frame_response, has_no_body
from sigtrace.application.http.message import Exchange, ExchangeEnd, ExchangeState
from sigtrace.application.http.start import REQUESTS, RESPONSES, RequestLine, StatusLine
from sigtrace.notices import Notice, Severity
from sigtrace.streams.flow import Chunk, End, Ending, StreamItem

if TYPE_CHECKING:
    from sigtrace.application.http.body import BodyReader
    from sigtrace.application.http.message import Body
    from sigtrace.application.http.upgrade import Offer, Upgrade
    from sigtrace.packets.endpoint import Endpoint

BAD_FRAMING = "http.bad-framing"
HELD_TOO_MUCH = "http.held-too-much"
TOO_MANY_UNANSWERED = "http.too-many-unanswered"
TOO_MANY_INTERIM = "http.too-many-interim"
UNASKED = "http.unasked"

MAX_HELD_BYTES = 1024 * 1024  # of responses before their requests: reordering in captures spans a few packets
MAX_HELD_ITEMS = 4096  # the same, for tiny chunks
MAX_AWAITING = 1024  # requests without an answer: no client pipelines that deep, one-sided captures do
_SWITCHES = re.compile(rb"HTTP/1\.1 +101\b")
DRAFT_COST = 1024  # bytes of memory that a message takes while it is here, about
MAX_INTERIM = 64  # 1xx responses of one exchange; 103 and 100 together make two

_NOTHING: list[Exchange | Notice] = []
_Outcome: TypeAlias = "tuple[ExchangeState, ExchangeEnd | None, int | None]"  # and when it ended


class Pair:
    """A request and what answers it, while either is unfinished."""

    __slots__ = ("answered", "interim", "invited", "request", "response")

    def __init__(self, request: Draft[RequestLine] | None) -> None:
        self.request = request
        self.interim: list[Draft[StatusLine]] = []
        self.response: Draft[StatusLine] | None = None
        self.answered = False  # its response came to its own end
        self.invited = False  # a 100 asked for its body

    @property
    def drafts(self) -> list[Draft[RequestLine] | Draft[StatusLine]]:
        """All messages that are here."""
        final = [draft for draft in (self.request, self.response) if draft is not None]
        return [*final, *self.interim]


class HttpConnection:
    """Pairs the messages of both directions of one flow.

    Args:
        flow: number of the flow.
        client, server: by who sends the requests.
        whole: True when the connection was captured from its beginning, so that no earlier request can be missing.
    """

    __slots__ = (
        "_asking", "_awaiting", "_client", "_close", "_close_ns", "_flow", "_holding", "_offer", "_out", "_pipelining",
        "_server", "_whole", "begun", "requests", "responses", "switched_to", "upgrade",
    )  # fmt: skip

    def __init__(self, flow: int, client: Endpoint, server: Endpoint, *, whole: bool) -> None:
        self._flow = flow
        self._client = client
        self._server = server
        self._whole = whole
        self._out: list[Exchange | Notice] = []
        self._awaiting: list[Pair] = []  # a deque would take 700 bytes of every connection
        self._asking: Pair | None = None  # the pair of the newest request
        self._pipelining = False  # the client was seen asking before it was answered
        self._holding = True  # responses may still wait for their requests
        self._close: ExchangeEnd | None = None  # how the connection ended first
        self._close_ns = 0
        self.begun = 0  # bytes of memory that all messages took which began here, about
        self._offer: Offer | None = None  # an upgrade to WebSocket that is not answered yet
        self.switched_to: str | None = None  # the protocol after 101, "tunnel" after CONNECT
        self.upgrade: Upgrade | None = None  # to WebSocket: then both directions hand over what comes
        self.requests = Direction(REQUESTS, self._request_began, self._request_finished, self._note, self._may_ask)
        self.responses = Direction(
            RESPONSES, self._response_began, self._response_finished, self._note, self._may_answer
        )

    def feed(self, item: StreamItem, *, from_client: bool) -> list[Exchange | Notice]:
        """Take the next item of one direction; return what became known, an empty list that is shared for nothing."""
        if type(item) is End:
            self._note_end(item, from_client=from_client)
        responses = self.responses
        if self._offer is None:
            (self.requests if from_client else responses).feed(item)
        else:
            self._feed_offered(self._offer, item, from_client=from_client)
        if responses.paused:
            self._look_at_held(from_client=from_client)
        if self.requests.ended and responses.ended:
            self._flush()
        out = self._out
        if not out:
            return _NOTHING
        self._out = []
        return out

    def reader(self, *, from_client: bool) -> Direction[RequestLine] | Direction[StatusLine] | None:
        """Return the direction that reads what comes next by itself; None while more depends on it than a body."""
        if self._offer is not None or self.switched_to is not None or self.responses.paused:
            return None
        return self.requests if from_client else self.responses

    def close(self) -> list[Exchange | Notice]:
        """The capture ended: let out what is still open, as such."""
        out: list[Exchange | Notice] = []
        end = End(Ending.CAPTURE_ENDED, 0, None)
        for from_client, direction in ((True, self.requests), (False, self.responses)):
            if not direction.ended:
                out += self.feed(end, from_client=from_client)
        return out

    @property
    def memory(self) -> int:
        """Bytes of memory that grow with what is not finished yet, about."""
        drafts = [draft.memory + DRAFT_COST for pair in self._awaiting for draft in pair.drafts]
        offered = self._offer.memory if self._offer is not None else 0
        return self.requests.memory + self.responses.memory + offered + sum(drafts)

    def shed(self, above: int) -> None:
        """Keep nothing of the bodies of which more than this is here."""
        for pair in self._awaiting:
            for draft in pair.drafts:
                draft.shed(above)

    def hanging(self) -> list[Exchange]:
        """Return the exchanges whose request is whole and whose answer is not, as they stand; all stays as it is."""
        asked = [pair for pair in self._awaiting if pair.request is not None and pair.request.done]
        built = [self._build(pair, *self._state_so_far(pair)) for pair in asked]
        self._out = []  # what there is to say of a body is said at its end
        return built

    def untie(self) -> None:
        """Break the circle between this and its directions: memory is free at once, without the garbage collector.

        Tens of thousands of connections come and go in one capture. Nothing may be fed any more.
        """
        self.requests.untie()
        self.responses.untie()

    # ---- holding responses -----------------------------------------------------------------------------------------

    def _may_answer(self) -> bool:
        return bool(self._awaiting) or not self._holding or self.requests.ended

    def _look_at_held(self, *, from_client: bool) -> None:
        """Let paused responses go on when a request came, none can come, or too much is held."""
        responses = self.responses
        if self._may_answer():
            responses.resume()
        elif self._lost_upgrade():
            self._holding = False
            responses.resume()
        elif not from_client and (responses.held_size > MAX_HELD_BYTES or len(responses.held) > MAX_HELD_ITEMS):
            self._holding = False
            text = f"{responses.held_size} bytes of responses wait for requests that do not come: taken as unasked"
            first = responses.held[0].packet
            self._note(Notice(code=HELD_TOO_MUCH, severity=Severity.WARNING, text=text, packet=first))
            responses.resume()

    def _lost_upgrade(self) -> bool:
        """Tell whether what is held grants an upgrade, to a request that was not captured: no other will come."""
        first = self.responses.held[0]
        lost = not self._whole or self.requests.lost_ns is not None
        return lost and type(first) is Chunk and _SWITCHES.match(first.data) is not None

    # ---- upgrades --------------------------------------------------------------------------------------------------

    def _may_ask(self) -> bool:
        return self._offer is None

    def _feed_offered(self, offer: Offer, item: StreamItem, *, from_client: bool) -> None:
        """Take an item while an upgrade waits for its answer."""
        if from_client:
            self.requests.feed(item)
        elif type(item) is End:
            self._look_at_offer(offer, last=True)
            self.responses.feed(item)
        elif not offer.take(item, within_response=self.responses.is_within):
            if offer.hopeless:
                self._give_back(offer)
            self.responses.feed(item)
        if self._offer is not None:
            self._look_at_offer(self._offer, last=False)

    def _look_at_offer(self, offer: Offer, *, last: bool) -> None:
        """See whether frames show that an upgrade was granted, or that what is held is something else."""
        requests = self.requests
        offer.look(requests.held)
        refuted = offer.is_refuted(client_size=requests.held_size, client_items=len(requests.held))
        if offer.is_granted(last=last or refuted):
            self._offer = None
            if self.responses.lost_ns is None:
                self.responses.lost_ns = offer.lost_ns
            self._switch("websocket", None)
            self._give_back(offer)
        elif last or refuted:
            self._withdraw(offer)
        elif offer.is_unlikely:
            self._give_back(offer)

    def _withdraw(self, offer: Offer) -> None:
        """Read on as HTTP: the upgrade was refused, or nothing shows that it was granted."""
        self._offer = None
        self._give_back(offer)
        if self.requests.paused:
            self.requests.resume()

    def _give_back(self, offer: Offer) -> None:
        for item in offer.give_back():
            self.responses.feed(item)

    # ---- requests --------------------------------------------------------------------------------------------------

    def _request_began(self, draft: Draft[RequestLine]) -> BodyReader | None:
        pair = Pair(draft)
        self._asking = pair
        self._awaiting.append(pair)
        if len(self._awaiting) > MAX_AWAITING:
            if self._whole:  # says it once; from here on the order of the first ones is not known any more
                self._whole = False
                text = f"more than {MAX_AWAITING} requests without an answer; the oldest are let go"
                notice = Notice(
                    code=TOO_MANY_UNANSWERED, severity=Severity.WARNING, text=text, packet=draft.first_packet
                )
                self._note(notice)
            self._lose(self._awaiting.pop(0))
        section = draft.section
        self.begun += message_cost(len(section.fields))
        return self._frame(frame_request(section) if draft.head_complete else frame_cut(section, bodiless=False), draft)

    def _request_finished(self, draft: Draft[RequestLine]) -> None:
        pair = self._asking
        if pair is not None and pair.answered:
            self._emit(pair)
        elif self.switched_to is None and not self.responses.ended and asks_for_websocket(draft):
            from sigtrace.application.http.upgrade import Offer

            self._offer = Offer()

    # ---- responses -------------------------------------------------------------------------------------------------

    def _response_began(self, draft: Draft[StatusLine]) -> BodyReader | None:
        pair = self._pair_of(draft)
        pair.response = draft
        draft.unasked = pair.request is None
        self.begun += message_cost(len(draft.section.fields))
        method = pair.request.line.method if pair.request else None
        status = draft.line.status
        if pair.request is not None:
            pair.request.refused = status >= 200 and not pair.invited and _asks_first(pair.request)
            pair.invited = pair.invited or status == 100
        if draft.head_complete:
            framing = frame_response(draft.section, status, method)
        else:
            framing = frame_cut(draft.section, bodiless=has_no_body(status, method))
        return self._frame(framing, draft)

    def _pair_of(self, draft: Draft[StatusLine]) -> Pair:
        """Choose the request that a response answers: the first of `_awaiting` when this returns."""
        awaiting = self._awaiting
        if len(awaiting) > 1:
            if self.responses.lost_ns is not None:
                self._skip_answered(draft)
            elif awaiting[0].request is not None and _began_before(awaiting[1], draft):
                self._pipelining = True
        self.responses.lost_ns = None
        if awaiting:
            pair = awaiting[0]
            sure = self._whole and self.requests.lost_ns is None
            if sure or pair.request is None or pair.interim or _began_before(pair, draft):
                return pair
        alone = Pair(None)
        awaiting.insert(0, alone)
        return alone

    def _skip_answered(self, draft: Draft[StatusLine]) -> None:
        """Let go of the requests whose responses a gap swallowed."""
        awaiting = self._awaiting
        while not self._pipelining and len(awaiting) > 1 and _began_before(awaiting[1], draft):
            self._lose(awaiting.pop(0))

    def _response_finished(self, draft: Draft[StatusLine]) -> None:
        if draft.cut or not self._awaiting:
            return  # the end of the connection decides what this is
        pair = self._awaiting[0]
        status = draft.line.status
        if status < 200 and status != 101:
            pair.response = None
            self._keep_interim(pair, draft)
            return
        self._awaiting.pop(0)
        pair.answered = True
        if pair.request is None or pair.request.done:
            self._emit(pair)
        if status == 101:
            protocol = draft.section.framing.get(b"upgrade", b"").decode("latin-1").lower()
            if not protocol and asks_for_websocket(pair.request):
                protocol = "websocket"
            self._switch(protocol or "unknown", pair)
        elif status < 300 and pair.request is not None and pair.request.line.method == "CONNECT":
            self._switch("tunnel", pair)
        elif self._offer is not None and asks_for_websocket(pair.request):
            self._withdraw(self._offer)

    def _keep_interim(self, pair: Pair, draft: Draft[StatusLine]) -> None:
        if len(pair.interim) == MAX_INTERIM:
            return
        pair.interim.append(draft)
        if len(pair.interim) == MAX_INTERIM:
            text = f"{MAX_INTERIM} interim responses to one request; later ones are left out"
            notice = Notice(code=TOO_MANY_INTERIM, severity=Severity.WARNING, text=text, packet=draft.first_packet)
            self._note(notice)

    def _switch(self, protocol: str, pair: Pair | None) -> None:
        """Leave HTTP; `pair` asked for it and was answered, None when the answer was not captured."""
        self._offer = None
        self.switched_to = protocol
        is_websocket = "websocket" in protocol
        if is_websocket:
            from sigtrace.application.http.upgrade import describe_upgrade

            asked = pair.request if pair is not None else self._asking.request if self._asking is not None else None
            self.upgrade = describe_upgrade(asked, pair.response if pair is not None else None)
        self.requests.pass_on(hand_over=is_websocket)
        self.responses.pass_on(hand_over=is_websocket)
        if self.requests.paused:
            self.requests.resume()

    # ---- the end ---------------------------------------------------------------------------------------------------

    def _note_end(self, end: End, *, from_client: bool) -> None:
        earlier = self._close not in (None, ExchangeEnd.LOST)
        if earlier and end.at_ns >= self._close_ns:
            return
        how = _CLOSES.get((end.how, from_client))
        if how is not None and not (earlier and how is ExchangeEnd.LOST):
            self._close = how
            self._close_ns = end.at_ns

    def _flush(self) -> None:
        """Both directions ended: what is unanswered stays so."""
        awaiting = self._awaiting
        while awaiting:
            pair = awaiting.pop(0)
            if self._was_lost(pair, followed=bool(awaiting)):
                self._lose(pair)
            else:
                self._emit(pair)

    def _was_lost(self, pair: Pair, *, followed: bool) -> bool:
        """Tell whether the answer was sent, as far as one can see, and not captured."""
        if pair.response is not None or pair.request is None:
            return False
        if followed and not self.responses.read_any and not self._server_closed_seen():
            return True  # the server's direction was not captured, and the client went on
        lost_ns = self.responses.lost_ns
        return lost_ns is not None and lost_ns >= pair.request.start_ns

    def _server_closed_seen(self) -> bool:
        return self._close in (ExchangeEnd.SERVER_CLOSED, ExchangeEnd.SERVER_RESET)

    # ---- letting out -----------------------------------------------------------------------------------------------

    def _lose(self, pair: Pair) -> None:
        self._let_out(pair, ExchangeState.DAMAGED, ExchangeEnd.LOST, self._answered_by(pair))

    def _answered_by(self, pair: Pair) -> int | None:
        """When an answer that was not captured must have been there: a gap shows by what acknowledges it."""
        lost_ns = self.responses.lost_ns
        if lost_ns is not None and pair.request is not None and lost_ns >= pair.request.start_ns:
            return lost_ns
        return self._close_ns or None

    def _emit(self, pair: Pair) -> None:
        """Let out an exchange with the state that its messages and the connection's end give it."""
        self._let_out(pair, *self._state_of(pair))

    def _state_of(self, pair: Pair) -> _Outcome:
        request, response = pair.request, pair.response
        damaged = request is None or request.damaged or (response is not None and response.damaged)
        if pair.answered:
            return ExchangeState.DAMAGED if damaged else ExchangeState.COMPLETE, None, None
        close = self._close
        if close is None:
            state, end, ended_ns = ExchangeState.OPEN, ExchangeEnd.CAPTURE_ENDED, None
        elif close is ExchangeEnd.LOST:
            state, end, ended_ns = ExchangeState.DAMAGED, close, None
        else:
            state, end, ended_ns = ExchangeState.ABORTED, close, self._close_ns
        return ExchangeState.DAMAGED if damaged else state, end, ended_ns

    def _state_so_far(self, pair: Pair) -> _Outcome:
        """Return the state of a pair while the capture goes on: what nothing has ended yet has no end."""
        state, end, ended_ns = self._state_of(pair)
        return state, None if end is ExchangeEnd.CAPTURE_ENDED else end, ended_ns

    def _let_out(self, pair: Pair, state: ExchangeState, end: ExchangeEnd | None, ended_ns: int | None) -> None:
        if pair.request is None and pair.response is None:
            if not pair.interim:
                return
            pair.response = pair.interim.pop()  # neither was captured: the last that was stands for them
        exchange = self._build(pair, state, end, ended_ns)
        response = exchange.response
        if exchange.request is None and response is not None and self._unasked():
            text = f"a response {response.status} that no request asked for: the server answered twice; left out"
            self._note(Notice(code=UNASKED, severity=Severity.INFO, text=text, packet=response.span.first_packet))
            return
        self._out.append(exchange)

    def _build(self, pair: Pair, state: ExchangeState, end: ExchangeEnd | None, ended_ns: int | None) -> Exchange:
        request, response = pair.request, pair.response
        return Exchange(
            number=0,
            flow=self._flow,
            client=self._client,
            server=self._server,
            request=None if request is None else build_request(request, self._body(request)),
            response=None if response is None else build_response(response, self._body(response)),
            interim=tuple([build_response(draft, self._body(draft)) for draft in pair.interim]) if pair.interim else (),
            state=state,
            end=end,
            ended_ns=ended_ns,
        )

    def _unasked(self) -> bool:
        """Tell whether a response without a request never had one: the client's whole direction was captured."""
        return self._whole and self.requests.read_any and self.requests.lost_ns is None

    def _body(self, draft: Draft[RequestLine] | Draft[StatusLine]) -> Body:
        body, notice = draft.build_body()
        if notice is not None:
            self._out.append(notice)
        return body

    def _frame(self, framing: Framing, draft: Draft[RequestLine] | Draft[StatusLine]) -> BodyReader | None:
        if framing.problem is not None:
            text = framing.problem
            self._note(Notice(code=BAD_FRAMING, severity=Severity.WARNING, text=text, packet=draft.first_packet))
        return framing.body

    def _note(self, notice: Notice) -> None:
        self._out.append(notice)


_CLOSES = {
    (Ending.FIN, True): ExchangeEnd.CLIENT_CLOSED,
    (Ending.FIN, False): ExchangeEnd.SERVER_CLOSED,
    (Ending.RESET, True): ExchangeEnd.CLIENT_RESET,
    (Ending.RESET, False): ExchangeEnd.SERVER_RESET,
    (Ending.PEER_RESET, True): ExchangeEnd.SERVER_RESET,
    (Ending.PEER_RESET, False): ExchangeEnd.CLIENT_RESET,
    (Ending.REPLACED, True): ExchangeEnd.LOST,
    (Ending.REPLACED, False): ExchangeEnd.LOST,
}


def message_cost(fields: int) -> int:
    """Return the bytes of memory that a message takes while it is here, beside its text, about."""
    return DRAFT_COST + FIELD_COST * fields


def _began_before(pair: Pair, response: Draft[StatusLine]) -> bool:
    return pair.request is not None and pair.request.start_ns <= response.start_ns


def _asks_first(request: Draft[RequestLine]) -> bool:
    return b"100-continue" in request.section.framing.get(b"expect", b"").lower()
