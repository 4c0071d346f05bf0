"""Makes connections of HTTP messages as clients and servers write them, and as they should not.

talk = make_talk(random.Random(7))
talk.exchanges  # what was asked and answered, as bytes
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from random import Random

METHODS: Final = [b"GET", b"GET", b"POST", b"POST", b"HEAD", b"PUT", b"DELETE", b"OPTIONS", b"PATCH", b"M-SEARCH"]
TARGETS: Final = [b"/", b"/wait?peer_id=3", b"*", b"http://a.example/x", b"/a%20b;c", b"/sign_in?a@b"]
FIELDS: Final = [
    b"Host: a.example", b"X-Empty:", b"x-tabs:\t v \t", b"Accept: */*", b"Cookie: a=b; c=d", b"X-Colon: a:b::c",
    b"Connection: keep-alive", b"Content-Type: application/sdp", b"X-Latin: \xe9\xfc", b"X-Long: " + b"y" * 300,
]  # fmt: skip
ODD_FIELDS: Final = [
    b"no colon", b"X-Space : v", b"X-Fold: a\r\n b", b"X-Nul: a\0b",
    b"Content-Length: 1, 1", b"Bad Name: v", b": empty",
    b"Content-Length: x", b"X-Control: a\x01b", b"Transfer-Encoding: gzip, chunked",
]  # fmt: skip


@dataclass
class Talk:
    """One connection: what was asked and what was answered, in order."""

    exchanges: list[tuple[bytes, bytes]] = field(default_factory=list)
    features: set[str] = field(default_factory=set)
    closed: bool = False  # the last answer ends with the connection

    @property
    def asked(self) -> bytes:
        """All requests."""
        return b"".join(asked for asked, _ in self.exchanges)

    @property
    def answered(self) -> bytes:
        """All responses."""
        return b"".join(answered for _, answered in self.exchanges)


def make_talk(chance: Random) -> Talk:
    """Make a connection; `chance` decides everything."""
    return _Maker(chance).make()


class _Maker:
    def __init__(self, chance: Random) -> None:
        self.chance = chance
        self.talk = Talk()

    def make(self) -> Talk:
        for _ in range(self.chance.randint(1, 5)):
            method, asked = self._request()
            self.talk.exchanges.append((asked, self._response(method)))
            if self.talk.closed or "upgraded" in self.talk.features:
                break
        return self.talk

    def _happens(self, name: str, one_in: int) -> bool:
        happens = self.chance.randrange(one_in) == 0
        if happens:
            self.talk.features.add(name)
        return happens

    def _body(self) -> bytes:
        return bytes(self.chance.randrange(256) for _ in range(self.chance.choice([0, 1, 7, 60])))

    def _fields(self) -> list[bytes]:
        fields = self.chance.sample(FIELDS[1:], self.chance.randint(0, 4))
        if self._happens("odd header", 12):
            fields.append(self.chance.choice(ODD_FIELDS))
        return fields

    def _request(self) -> tuple[bytes, bytes]:
        method = b"CONNECT" if self._happens("CONNECT", 40) else self.chance.choice(METHODS)
        target = b"a.example:443" if method == b"CONNECT" else self.chance.choice(TARGETS)
        if self._happens("odd target", 30):
            target += self.chance.choice([b" x", b"\xe4", b"|<>"])
        version = b"HTTP/1.0" if self._happens("HTTP/1.0 request", 15) else b"HTTP/1.1"
        fields = [FIELDS[0], *self._fields()]
        body = b""
        if method in (b"POST", b"PUT", b"PATCH"):
            body, framing = self._framed(self._body())
            fields += framing
            if body and self._happens("Expect: 100-continue", 6):
                fields.append(b"Expect: 100-continue")
        blank = b"\r\n" if self._happens("empty line before a request", 30) else b""
        return method, blank + self._head(method + b" " + target + b" " + version, fields) + body

    def _response(self, method: bytes) -> bytes:
        interim = b""
        if self._happens("1xx", 8):
            status = self.chance.choice([b"100 Continue", b"103 Early Hints"])
            interim = self._head(b"HTTP/1.1 " + status, [b"Link: a"] * self.chance.randrange(2))
        status = self.chance.choice(
            [b"304 X", b"200 OK", b"200 OK", b"404 Not Found", b"500 ", b"204 No Content", b"302"]
        )
        if method == b"CONNECT":
            status = b"200 Fine"
            self.talk.features.add("upgraded")
        fields = self._fields()
        if status[:3] in (b"204", b"304") or method in (b"HEAD", b"CONNECT"):
            if method != b"CONNECT" and status[:3] != b"204" and self._happens("length without a body", 2):
                fields.append(b"Content-Length: 12")
            return interim + self._head(b"HTTP/1.1 " + status, fields)
        body = self._body()
        if self._happens("body until close", 8):
            self.talk.closed = True
        else:
            body, framing = self._framed(body, always=True)
            fields += framing
        return interim + self._head(b"HTTP/1.1 " + status, fields) + body

    def _framed(self, body: bytes, *, always: bool = False) -> tuple[bytes, list[bytes]]:
        if self._happens("chunked", 3):
            return self._chunked(body), [b"Transfer-Encoding: " + self.chance.choice([b"chunked", b"Chunked"])]
        if not body and not always:
            return b"", []
        length = b"Content-Length: %d" % len(body)
        return body, [length] * (2 if self._happens("length twice", 15) else 1)

    def _chunked(self, body: bytes) -> bytes:
        out = b""
        while body:
            size = self.chance.randint(1, len(body))
            digits = self.chance.choice([b"%x", b"%X", b"%04x"]) % size
            if self._happens("chunk extension", 4):
                digits += self.chance.choice([b";a", b";a=b", b'; q="x"'])
            out += digits + b"\r\n" + body[:size] + b"\r\n"
            body = body[size:]
        trailer = b"X-Sum: 1\r\n" if self._happens("trailer", 4) else b""
        return out + b"0\r\n" + trailer + b"\r\n"

    def _head(self, first: bytes, fields: list[bytes]) -> bytes:
        end = b"\n" if self._happens("bare LF", 25) else b"\r\n"
        head = end.join([first, *fields, b"", b""])
        if self._happens("changed byte", 25):
            at = self.chance.randrange(len(head))
            head = head[:at] + bytes([self.chance.randrange(256)]) + head[at + 1 :]
        return head
