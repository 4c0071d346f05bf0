"""Text chats over WebSocket."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING

from captures.lab.chat import Chat, describe
from captures.lab.studio import Conversation
from captures.lab.truth import now

if TYPE_CHECKING:
    from captures.lab.studio import Studio
    from captures.lab.talker import Talker

HOSTS = {"alice": "a", "bob": "b", "carol": "c", "dave": "d"}


async def chat_rooms(studio: Studio) -> None:
    """Four users chat in two rooms; one room speaks JSON, the other bare text.

    Everybody present hears of a newcomer, the newcomer gets the list of all, and each text comes back to its sender
    too. Carol is in both rooms, and her socket of the first is compressed: what the others get plain, she gets
    deflated. Texts hold several scripts, line ends, the same words twice, nothing at all, and 3 kB. Bob sends a binary
    message and is closed with 1003; dave is killed; the others close with 1000 and 1001. The server pings every three
    seconds.
    """
    chat = Chat(studio)
    await chat.start()

    async def enter(user: str, room: str, *, compression: str | None = None) -> Talker:
        label, host = f"{user}@{room}", HOSTS[user]
        talker = studio.talker(label, host)
        row = {"label": label, "id": user, "name": user, "room": room, "client": "websockets"}
        studio.diary.peers.append(row | {"address": talker.host.address})
        await talker.open(f"{chat.url}/room/{room}?user={user}", compression=compression)
        await asyncio.sleep(0.2)
        return talker

    alice = await enter("alice", "json")
    bob = await enter("bob", "json")
    carol = await enter("carol", "json", compression="deflate")
    dave = await enter("dave", "plain")
    second = await enter("carol", "plain")
    for talker, text in (
        (alice, "hello everybody"),
        (bob, "grüß dich, 你好, \N{WAVING HAND SIGN}"),
        (carol, "two\nlines"),
        (alice, "ok"),
        (alice, "ok"),
        (carol, "lorem ipsum " * 250),
        (bob, "<b>not bold</b>"),
    ):
        await talker.say(_message(talker.label.partition("@")[0], text))
        await asyncio.sleep(0.25)
    for talker, text in (
        (dave, "is anybody here?"),
        (second, "yes"),
        (dave, ""),
        (second, "bob joined"),
        (dave, "привет\r\n"),
    ):
        await talker.say(text)
        await asyncio.sleep(0.25)
    await bob.say(b"\x00\x01\x02 not a text")
    await asyncio.sleep(0.5)
    await second.close(1000, "bye")
    await asyncio.sleep(0.3)
    await dave.kill()
    await asyncio.sleep(0.3)
    await carol.close(1001)
    await asyncio.sleep(0.3)
    await alice.say(_message("alice", "alone"))
    await asyncio.sleep(0.3)
    await alice.close()


def _message(user: str, text: str) -> str:
    message = {"from": user, "content": text, "timestamp": int(now() * 1000), "type": "message"}
    return json.dumps(message, ensure_ascii=False)


CHAT = (
    Conversation(
        name="chat-rooms",
        play=chat_rooms,
        describe=describe,
        look="Equal texts on several sockets of one server; who is there is said by the server's words alone, and the"
        " words `bob joined` are once a user's own.",
        made="Server and clients by the Python library `websockets`.",
    ),
)
