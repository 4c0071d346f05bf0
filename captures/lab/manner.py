"""How clients write their requests: the native program, Chromium, and Node's fetch."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import quote

AGENT = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Safari/537.36"
CHROMIUM = (
    ("Connection", "keep-alive"),
    ("sec-ch-ua-platform", '"Linux"'),
    ("Cache-Control", "no-cache"),
    ("Pragma", "no-cache"),
    ("User-Agent", AGENT),
    ("sec-ch-ua", '"Not:A-Brand";v="8", "Chromium";v="156"'),
    ("sec-ch-ua-mobile", "?0"),
    ("Accept", "*/*"),
    ("Origin", "null"),
    ("Accept-Encoding", "gzip, deflate"),
    ("Accept-Language", "en-US,en;q=0.9"),
)
UNDICI = (
    ("connection", "keep-alive"),
    ("accept", "*/*"),
    ("accept-language", "*"),
    ("sec-fetch-mode", "cors"),
    ("user-agent", "node"),
    ("accept-encoding", "gzip, deflate"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Manner:
    """One way of writing requests; `headers` come after Host."""

    version: str
    host: str = ""  # the Host header's name; none is sent without it
    headers: tuple[tuple[str, str], ...] = ()
    content_type: str = "text/plain"
    escape_names: bool = False
    name_prefix: str = ""  # before the name in the query of sign_in
    preflight: bool = False  # ask by OPTIONS before a POST, as browsers do for other content types than text/plain

    def name(self, name: str) -> str:
        """Write a peer's name into a target."""
        return self.name_prefix + (quote(name) if self.escape_names else name)

    def encode(self, method: str, target: str, server: str, body: bytes = b"") -> bytes:
        """Write one request, head and body."""
        lines = [f"{method} {target} {self.version}"]
        if self.host:
            lines.append(f"{self.host}: {server}")
            lines += [f"{name}: {value}" for name, value in self.headers]
        if method == "POST":
            lines += [f"Content-Length: {len(body)}", f"Content-Type: {self.content_type}"]
        if method == "OPTIONS":
            lines += ["Access-Control-Request-Method: POST", "Access-Control-Request-Headers: content-type"]
        return "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + body


NATIVE = Manner(version="HTTP/1.0")
NATIVE_NAMED = Manner(version="HTTP/1.0", name_prefix="peer_name=")
BROWSER = Manner(
    version="HTTP/1.1", host="Host", headers=CHROMIUM, content_type="text/plain;charset=UTF-8", escape_names=True
)
BROWSER_JSON = Manner(
    version="HTTP/1.1",
    host="Host",
    headers=CHROMIUM,
    content_type="application/json",
    escape_names=True,
    preflight=True,
)
FETCH = Manner(version="HTTP/1.1", host="host", headers=UNDICI, content_type="text/plain;charset=UTF-8")
