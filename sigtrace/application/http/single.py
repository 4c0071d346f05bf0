"""A connection that says one request and its answer, in the simplest way, read at once.

`connection.py` reads the messages of both directions piece by piece, and knows what may be odd about them. Where a
whole connection is known (`streams/conversations.py`) and nothing is odd, all it would find can be read off: each head
lies in the first piece of its side, and what it announces is what follows. For anything else there is None.
"""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING, Generic, NamedTuple

from sigtrace.application.http.assembly import read_whole
from sigtrace.application.http.body import EMPTY_BODY, MAX_KEPT
from sigtrace.application.http.draft import build_request, build_response
from sigtrace.application.http.framing import content_length, has_no_body
from sigtrace.application.http.message import Body, Exchange, ExchangeState
from sigtrace.application.http.start import REQUESTS, RESPONSES, Line, Start, request_start
from sigtrace.streams.flow import Chunk

if TYPE_CHECKING:
    from sigtrace.application.http.draft import Draft
    from sigtrace.application.http.start import Grammar
    from sigtrace.packets.endpoint import Endpoint
    from sigtrace.streams.flow import Words

_PLAIN_FRAMING = {b"content-length"}


class _Head(NamedTuple, Generic[Line]):
    """The head of a message, where it ends, and the length that it announces of what follows."""

    draft: Draft[Line]
    end: int
    length: int | None


def read_single(asked: Words, answered: Words, client: Endpoint, server: Endpoint) -> Exchange | None:
    """Read a request and its answer, where they are all that both sides say and nothing is odd; as of flow 0."""
    if not answered.packets or request_start(asked.data[: asked.begin]) is not Start.YES:
        return None
    question, answer = _read_head(REQUESTS, asked), _read_head(RESPONSES, answered)
    if question is None or answer is None:
        return None
    method, status = question.draft.line.method, answer.draft.line.status
    length = 0 if has_no_body(status, method) else answer.length
    if method == "CONNECT" or status < 200 or length is None:
        return None
    asked_body = _read_body(asked, question.end, question.length or 0)
    answered_body = _read_body(answered, answer.end, length)
    if asked_body is None or answered_body is None:
        return None
    return Exchange(
        number=0,
        flow=0,
        client=client,
        server=server,
        request=build_request(question.draft, asked_body),
        response=build_response(answer.draft, answered_body),
        state=ExchangeState.COMPLETE,
    )


def _read_head(grammar: Grammar[Line], words: Words) -> _Head[Line] | None:
    stop, draft = read_whole(grammar, Chunk(words.data[: words.begin], words.first_ns, words.first_packet), 0)
    if draft is None:
        return None
    section = draft.section
    if section.malformed or section.dropped or not section.framing.keys() <= _PLAIN_FRAMING:
        return None
    length, problem = content_length(section)
    if problem is not None:
        return None
    draft.end_ns, draft.last_packet = words.last_ns, words.last_packet
    return _Head(draft, stop, length)


def _read_body(words: Words, start: int, length: int) -> Body | None:
    """Return what follows a head, if that is as long as the body is to be, and all of it is kept."""
    data = words.data[start:]
    if len(data) != length or length > MAX_KEPT:
        return None
    if not length:
        return EMPTY_BODY
    return Body(length=length, sha256=sha256(data).hexdigest(), data=data, missing=0, content=data)
