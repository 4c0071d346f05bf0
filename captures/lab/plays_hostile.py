"""Clients that put into every text of theirs what could do harm where it is shown: terminals, tables, pages, shells."""

from __future__ import annotations

import asyncio
import contextlib
import json
import re
from dataclasses import replace
from typing import TYPE_CHECKING

from captures.lab.descriptions import Media, encode_json
from captures.lab.dialect import REFERENCE
from captures.lab.plays_calls import leave
from captures.lab.stage import Scenario

if TYPE_CHECKING:
    from captures.lab.client import Client
    from captures.lab.stage import Stage

LINK = "\x1b]8;;https://evil.example/\x1b\\"
MARKS = "".join(map(chr, range(0x300, 0x370)))
ALICE = f"{LINK}alice\x1b]8;;\x1b\\\x07\u202e[red]@host-a"
BOB = "=cmd|'/C+calc'!A0@`host-b`<img/src=x/onerror=alert(1)>"
CAROL = "carol\x00\x08\x7f\u2028\u2066\u200b\ufeff\U000e0041\u738b\U0001f469\u200d\U0001f467e" + MARKS
DAVE = b"../../dave-\xe9\xff\x9b31m\xc0\xaf-" + b"d" * 600  # Latin-1, a CSI, an overlong slash; the server cuts it
ADDED = "200 Added\x1b[2J\u202e**<b>|=1+1"
HOST = "\x1b[8mevil.example\u202e\r"
TARGETS = (
    "/\x1b]0;owned\x07\x9b2J",
    "/\x1b[1A\x1b[2K?<script>alert(1)</script>",
    "/=1+1|`id`$(id)![](https://evil.example/x.png)",
    "/" + "long/" * 1500,
)
TEXTS = (
    b"\x1b[31mred\x1b[0m \x9b5m \x07\x08\x08 over\rwritten \x00 \x7f",
    "\u202egnp.exe \u2067\u2066 zero\u200bwidth \ufeff line\u2028separator \u2029 paragraph".encode(),
    b"Latin-1 \xe9\xe8, cut \xe2\x82, overlong \xc0\xaf, surrogate \xed\xa0\x80, \xff\xfe, and the letters \\xff \\x5c",
    b'=HYPERLINK("https://evil.example";"x")\n+1\n-1\n@SUM(A1)\n;=1+1\n\t=1\n\'quoted"',
    b"# heading\n> quote\n| a | b |\n|---|---|\n```\n[x](javascript:alert(1)) ![x](https://evil.example/x.png)\n<!--",
    b"x" * 40_000,
    b"e" + MARKS.encode() * 9,
    b'{"\\u001b[31m":"\\ud800","[link=https://evil.example]x":["\\udfff\\ud800",{"\x1b":null}]}',
    b'{"type":"\x1b[31moffer","sdp":"v=0"}',
)


class HostileMedia(Media):
    """Descriptions in which every text that a client may choose is chosen with malice."""

    def describe(self, kind: str) -> str:
        """Write an offer or an answer."""
        text = super().describe(kind)
        for pattern, made in (
            (r"^s=-", "s=\x1b]0;owned\x07\u202e[bold]|"),
            (r"^o=- ", "o=<script> "),
            (r"^a=mid:0", "a=mid:=1+1"),
            (r"^a=mid:1", "a=mid:\x1b[5m|`x`"),
            (r"BUNDLE 0 1", "BUNDLE =1+1 \x1b[5m|`x`"),
            (r"opus/48000", "\x1b[31mopus\u202e|=1/48000"),
            (r"VP8/90000", f"<img/src=x>{'V' * 900}/90000"),
            (r"profile-id=0", "profile-id=\x9b2J\x00;=1+1"),
            (r"ice-ufrag:.*", "ice-ufrag:@everyone\x1b[8m"),
            (r"urn:3gpp:\S*", "javascript:alert(1)\u2028"),
            (r"goog-remb", "[x](https://evil.example)"),
            (r"^(a=ssrc:\d+ cname:).*", r"\1" + "\u2066\ufeff$(id)"),
            (r"stream_id", "\U0001f469\u200d\U0001f467:boom:"),
        ):
            text = re.sub(pattern, lambda found, made=made: found.expand(made) if "\\1" in made else made, text,
                          flags=re.MULTILINE)  # fmt: skip
        return text + "a=\x1b[2J\r\n\x1b=1+1\r\nm=\x07 | 1 2\r\n"

    def candidates(self, count: int) -> list[tuple[int, str]]:
        """Write candidates, the last of them harmless."""
        made = super().candidates(count)
        hostile = "candidate:=1+1 1 \x1b[7mudp 1 <b>evil.example</b>\u202e 1 typ host|`x` ufrag [red] @all \x9b"
        return [(0, hostile), *made]


async def hostile_text(stage: Stage) -> None:
    """Names, headers, targets, status texts, messages and descriptions hold all that could harm who looks at them.

    Terminal escapes, marks of direction, invisible and combining characters, NUL, bytes that are not UTF-8, very long
    lines, formulas for spreadsheets, Markdown, HTML and markup. Bob calls alice, who answers; carol and dave listen.
    """
    await stage.server(dialect=replace(REFERENCE, added=ADDED))
    a, b, c, d = (
        stage.client(label, name=name if isinstance(name, str) else name.decode("latin-1"))
        for label, name in (("A", _on_wire(ALICE)), ("B", _on_wire(BOB)), ("C", _on_wire(CAROL)), ("D", DAVE))
    )
    for client in (a, b, c, d):
        client.media = HostileMedia(client.asker.host.address, seed=ord(client.label))
        await client.sign_in()
        await asyncio.sleep(0.2)
    await b.call(a.id)
    await a.settle()
    await asyncio.sleep(0.3)
    for text in TEXTS:
        await b.send(a.id, text)
    await c.call(d.id)
    description = {"type": "offer", "sdp": c.media.describe("offer")}
    await c.send(d.id, json.dumps(description, ensure_ascii=False).replace("alert", "\u202ealert").encode())
    await c.send(d.id, encode_json(description).replace(b"alert", b"\xe9\xff"))
    for target in TARGETS:
        await _try(a, f"GET {target} HTTP/1.0\r\nHost: {HOST}\r\nX-\x1b[31m: \x07[red]\u2029\r\n\r\n")
    await d.settle()
    await c.bye()
    await b.bye()
    await leave(d, c, b, a)


def _on_wire(text: str) -> str:
    """Spell UTF-8 as the laboratory moves bytes: a character for each."""
    return text.encode().decode("latin-1")


async def _try(client: Client, raw: str) -> None:
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(client.asker.ask(raw.encode()), 0.5)


HOSTILE = (
    Scenario(
        name="hostile-text",
        play=hostile_text,
        network={"hosts": ("server", "a", "b", "c", "d")},
        look="Every view of it: nothing beeps, moves, hides or becomes a link, and the columns still stand.",
    ),
)
