"""WHIP and WHEP: one client and what a server makes for it, over HTTP (RFC 9725; draft-ietf-wish-whep).

A client POSTs an offer to an endpoint, which makes a session for it and answers `201` with the answer as body and the
session's address as `Location`. Requests to that address go on: `PATCH` with fragments of SDP brings candidates or new
ICE credentials, which a `200` with a fragment accepts, and `DELETE` ends it. WHIP publishes, WHEP plays. A WHEP server
may offer instead: in a `406` that refuses the client's offer, or, in drafts of 2022, in the `201` to an empty POST; a
PATCH with SDP is then the answer.

Theory of operation. A POST of SDP or a PATCH of a fragment shows by itself that it is of the two, and a POST by the
directions in its descriptions of which. What goes to an address that those tell, a DELETE or a preflight, belongs to
them: `claim` collects the addresses first, wherever they point, and then whatever goes there.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, ClassVar, Final, NamedTuple

from sigtrace.application.http.message import Exchange
from sigtrace.notices import Notice, Severity
from sigtrace.signaling.bearer import bearer_of_request, bearer_of_response
from sigtrace.signaling.content import Content, SignalKind, explain_problems
from sigtrace.signaling.events import ExchangeKind
from sigtrace.signaling.protocol import Fit, SignalingProtocol
from sigtrace.signaling.relayed_content import description_of_body, message_content, payload_of_body
from sigtrace.signaling.room_events import Direct, Remarked
from sigtrace.signaling.trickle import FRAGMENT_TYPE, read_fragment
from sigtrace.signaling.web_address import WebAddress, address_of, resolve
from sigtrace.signaling.web_answer import describe_ice_server, describe_status, explain_refusal, media_type_of
from sigtrace.signaling.web_link import links_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from sigtrace.application.http.message import Body, Request, Response
    from sigtrace.signaling.bearer import Bearer, Unit
    from sigtrace.signaling.events import SignalingEvent

NO_LOCATION = "whip.no-location"

SDP_TYPE: Final = b"application/sdp"

_KINDS: Final = {"POST": ExchangeKind.OFFER, "PATCH": ExchangeKind.TRICKLE, "DELETE": ExchangeKind.END}
_CLAIMED: Final = frozenset({"POST", "PATCH", "DELETE", "OPTIONS", "HEAD"})
_DIRECTION: Final = re.compile(rb"^a=(sendonly|recvonly)\s*$", re.MULTILINE)
_GONE: Final = frozenset({404, 410})
"""Statuses of a DELETE by which there is nothing left to end."""


class _OverHttp(SignalingProtocol):
    """What both share."""

    plays: ClassVar[bool]

    def fit(self, unit: Unit) -> Fit:
        """Say whether an exchange shows by its types that it is of the two, and of which; `claim` knows better."""
        if not isinstance(unit, Exchange) or not _is_typed(unit):
            return Fit.NONE
        plays = _plays(unit)
        return Fit.GENERIC if self.plays is (_seems_to_play(unit) if plays is None else plays) else Fit.NONE

    def claim(self, units: Sequence[Unit]) -> Iterable[Unit]:
        """Claim what goes to the addresses that descriptions were sent to, and those that the answers told."""
        exchanges = [unit for unit in units if isinstance(unit, Exchange)]
        return [unit for unit, plays in _sort_out(exchanges) if plays is self.plays]

    def kind(self, unit: Exchange) -> ExchangeKind:
        """Name what an exchange is for, by its method."""
        if unit.request is None:
            return ExchangeKind.OFFER if _is_typed(unit) else ExchangeKind.OTHER
        return _KINDS.get(unit.request.method, super().kind(unit))

    def decode(self, unit: Unit) -> Iterator[SignalingEvent | Notice]:
        """Yield what an exchange says, and what its server says beside that: ICE servers, refusals, where to go."""
        if not isinstance(unit, Exchange):
            return
        scene = _Scene.of(unit)
        kind = self.kind(unit)
        if scene.redirected is not None:
            yield from _remark_request(scene)
        elif kind is ExchangeKind.OFFER:
            yield from _decode_post(scene)
        elif kind is ExchangeKind.TRICKLE:
            yield from _decode_patch(scene)
        elif kind is ExchangeKind.END:
            yield from _decode_delete(scene)
        yield from _remark_response(scene)


class Whip(_OverHttp):
    """WHIP: publishing over HTTP (RFC 9725)."""

    name = "whip"
    plays = False


class Whep(_OverHttp):
    """WHEP: playing over HTTP (draft-ietf-wish-whep)."""

    name = "whep"
    plays = True


# --- which exchanges are of the two, and of which


def _is_typed(unit: Exchange) -> bool:
    """Tell whether an exchange shows by its types what it is."""
    request = unit.request
    if request is None:
        return _offers_or_answers(unit.response)
    if request.method == "POST":
        if media_type_of(request) == SDP_TYPE:
            return True
        return SDP_TYPE in (request.header(b"accept") or b"").lower() or _offers_or_answers(unit.response)
    return request.method == "PATCH" and media_type_of(request) in (FRAGMENT_TYPE, SDP_TYPE)


def _offers_or_answers(response: Response | None) -> bool:
    return response is not None and response.status in (201, 406) and media_type_of(response) == SDP_TYPE


def _plays(unit: Exchange) -> bool | None:
    """Tell by what is sent which way whether a client plays or publishes; None when nothing tells."""
    request, response = unit.request, unit.response
    if request is not None and request.method != "POST":
        return None
    asks = request is not None and not request.body.length
    if response is not None and _offers_or_answers(response) and (response.status == 406 or asks):
        return True  # only a WHEP server offers
    for half, playing in ((request, b"recvonly"), (response, b"sendonly")):
        directions = set(_DIRECTION.findall(_data(half.body))) if half is not None else set()
        if len(directions) == 1:
            return playing in directions
    return None


def _seems_to_play(unit: Exchange) -> bool:
    """Break a tie by what the endpoint is called, else by an answer, which only players give."""
    request = unit.request
    if request is None:
        return False
    target = request.target.lower()
    answers = request.method == "PATCH" and media_type_of(request) == SDP_TYPE
    return b"whep" in target or (answers and b"whip" not in target)


def _sort_out(exchanges: Sequence[Exchange]) -> Iterator[tuple[Exchange, bool]]:
    """Yield the exchanges that are of the two, each with whether its client plays."""
    known: dict[WebAddress, bool] = {}
    typed = [unit for unit in exchanges if _is_typed(unit)]
    doubtful = []
    for unit in typed:
        plays = _plays(unit)
        if plays is None:
            doubtful.append(unit)
        else:
            _learn(known, unit, plays=plays)
            yield unit, plays
    for unit in doubtful:
        plays = known.get(address_of(unit), _seems_to_play(unit))
        _learn(known, unit, plays=plays)
        yield unit, plays
    if not known:
        return
    seen = {id(unit) for unit in typed}
    for unit in exchanges:
        if id(unit) in seen or unit.request is None or unit.request.method not in _CLAIMED:
            continue
        told = known.get(address_of(unit))
        if told is not None:
            _learn(known, unit, plays=told)
            yield unit, told


def _learn(known: dict[WebAddress, bool], unit: Exchange, *, plays: bool) -> None:
    """Note what an exchange is for, and what its answer points at."""
    own = address_of(unit)
    known.setdefault(own, plays)
    told = _location(own, unit.response)
    if told is not None:
        known.setdefault(told, plays)


def _location(own: WebAddress, response: Response | None) -> WebAddress | None:
    location = None if response is None else response.header(b"location")
    return None if location is None else resolve(own, location)


def _data(body: Body) -> bytes:
    return (body.content if body.content is not None else body.data) or b""


# --- what one exchange says


class _Scene(NamedTuple):
    """One exchange, with what all its events have in common."""

    unit: Exchange
    asked: Bearer | None
    answered: Bearer | None
    resource: str
    url: str
    redirected: WebAddress | None

    @classmethod
    def of(cls, unit: Exchange) -> _Scene:
        """Find out whom an exchange is with: the session that its answer tells, else what it was sent to.

        A session goes by its path, with the host where that is not the one that told of it.
        """
        own = whom = address_of(unit)
        response = unit.response
        told = _location(own, response)
        if told is not None and response is not None and (_succeeded(response) or _offers_or_answers(response)):
            whom = told
        return cls(
            unit=unit,
            asked=bearer_of_request(unit),
            answered=bearer_of_response(unit),
            resource=whom.path if whom.authority == own.authority else str(whom),
            url=str(whom),
            redirected=told if response is not None and 300 <= response.status < 400 else None,
        )

    @property
    def accepted(self) -> bool | None:
        """Whether the server took what it was sent; None when no answer was seen."""
        return None if self.unit.response is None else _succeeded(self.unit.response)

    def sent(self, content: Content) -> Iterator[Direct | Notice]:
        """Say what the client sent."""
        return self._direct(self.asked, content, accepted=self.accepted)

    def returned(self, content: Content) -> Iterator[Direct | Notice]:
        """Say what the server sent."""
        return self._direct(self.answered, content, accepted=None)

    def _direct(self, bearer: Bearer | None, content: Content, *, accepted: bool | None) -> Iterator[Direct | Notice]:
        if bearer is None:
            return
        if content.description is not None or content.sdp is not None:
            yield from explain_problems(content, bearer.span.first_packet)
        at_ns = bearer.span.start_ns
        yield Direct(
            at_ns=at_ns, bearer=bearer, url=self.url, content=content, resource=self.resource, accepted=accepted
        )

    def remark(self, bearer: Bearer | None, name: str, text: str = "") -> Iterator[Remarked]:
        """Say what else there is."""
        if bearer is not None:
            yield Remarked(at_ns=bearer.span.start_ns, bearer=bearer, url=self.url, name=name, text=text)


def _succeeded(response: Response) -> bool:
    return 200 <= response.status < 300


def _decode_post(scene: _Scene) -> Iterator[SignalingEvent | Notice]:
    request, response = scene.unit.request, scene.unit.response
    asks = request is not None and request.body.length == 0
    if asks:
        yield from scene.remark(scene.asked, "offer wanted", "from the server")
    elif request is not None:
        yield from scene.sent(description_of_body(SignalKind.OFFER, request.body))
    if response is None or not _holds_sdp(response):
        return
    if response.status == 406:
        yield from scene.returned(description_of_body(SignalKind.OFFER, response.body))
    elif _succeeded(response):
        kind = SignalKind.OFFER if asks else SignalKind.ANSWER
        yield from scene.returned(description_of_body(kind, response.body))
        if response.complete and response.header(b"location") is None:
            text = f"{response.status} without a Location: what was made has no address, and goes by its endpoint's"
            yield Notice(code=NO_LOCATION, severity=Severity.WARNING, text=text, packet=response.span.first_packet)


def _holds_sdp(response: Response) -> bool:
    """Tell whether an answer is a description; some servers do not say so."""
    return media_type_of(response) == SDP_TYPE or _data(response.body).startswith(b"v=0")


def _decode_patch(scene: _Scene) -> Iterator[SignalingEvent | Notice]:
    request, response = scene.unit.request, scene.unit.response
    if request is None:
        return
    if media_type_of(request) == SDP_TYPE:
        offers = b"a=setup:actpass" in _data(request.body)  # which no answer says (RFC 8842 §5.3)
        yield from scene.sent(description_of_body(SignalKind.OFFER if offers else SignalKind.ANSWER, request.body))
        if offers and response is not None and _succeeded(response) and media_type_of(response) == SDP_TYPE:
            yield from scene.returned(description_of_body(SignalKind.ANSWER, response.body))
        return
    restarted = response is not None and response.status == 200 and media_type_of(response) == FRAGMENT_TYPE
    restarts = restarted or _wants_restart(request, response)
    for said in read_fragment(request.body, request.span.first_packet, restarts=restarts):
        yield from (said,) if isinstance(said, Notice) else scene.sent(said)
    if response is not None and restarted:
        for said in read_fragment(response.body, response.span.first_packet, restarts=True):
            yield from (said,) if isinstance(said, Notice) else scene.returned(said)


def _wants_restart(request: Request, response: Response | None) -> bool:
    """Tell a restart by its wildcard (RFC 9725 §4.3.3); a `204` is the answer to candidates alone."""
    condition = (request.header(b"if-match") or b"").strip().strip(b'"')
    return condition == b"*" and (response is None or response.status != 204)


def _decode_delete(scene: _Scene) -> Iterator[SignalingEvent | Notice]:
    """Read a DELETE as the goodbye, unless the server will not do it: then the session goes on."""
    request, response = scene.unit.request, scene.unit.response
    if request is None:
        return
    if response is None or _succeeded(response) or response.status in _GONE:
        yield from scene.sent(message_content(SignalKind.BYE, payload_of_body(request.body)))
    else:
        yield from _remark_request(scene)


def _remark_request(scene: _Scene) -> Iterator[Remarked]:
    """Say what was asked where that came to nothing by itself."""
    request = scene.unit.request
    if request is not None:
        yield from scene.remark(scene.asked, request.method, f"to {address_of(scene.unit).path}")


def _remark_response(scene: _Scene) -> Iterator[Remarked]:
    response = scene.unit.response
    if response is None:
        return
    if scene.redirected is not None:
        yield from scene.remark(scene.answered, describe_status(response), f"to {scene.redirected}")
    elif response.status >= 300:
        why = explain_refusal(scene.unit) or ("with an offer of its own" if _offers_or_answers(response) else "")
        yield from scene.remark(scene.answered, describe_status(response), why)
    for link in links_of(response):
        if "ice-server" in link.relations:
            yield from scene.remark(scene.answered, "ICE server", describe_ice_server(link))
        elif any(":ext:" in relation for relation in link.relations):
            yield from scene.remark(scene.answered, "extension", f"{' '.join(link.relations)} at {link.target}")
