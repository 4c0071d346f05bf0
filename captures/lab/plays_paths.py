"""The same call over bad, odd and oddly recorded paths."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from captures.lab.cable import Wire, vlan
from captures.lab.plays_calls import call_and_leave, signed_in
from captures.lab.stage import Scenario, View

if TYPE_CHECKING:
    from captures.lab.stage import Stage

LARGE = 130_000
SERVER_SIDE = View(
    folder="lossy-server-side",
    at="server",
    interfaces=("eth0",),
    remark="Seen at the server: what alice sent may be missing because it was lost before.",
)
CLIENT_SIDE = View(
    folder="lossy-client-side",
    at="a",
    interfaces=("eth0",),
    remark="Seen at alice's interface: nothing of bob's own requests is here, and packets appear that never arrived.",
)


async def plain_call(stage: Stage) -> None:
    """Alice and bob sign in, bob calls, hangs up, both sign out."""
    await call_and_leave(*await signed_in(stage))


async def lossy_call(stage: Stage) -> None:
    """A call over cables that lose 8 % of all frames and delay the others by 10 ms."""
    await call_and_leave(*await signed_in(stage, pause=1.5), talk=2.0)


async def reordering_call(stage: Stage) -> None:
    """A call over cables on which a third of the frames overtake the others; a 60 kB message has much to disorder."""
    a, b = await signed_in(stage)
    await b.send(a.id, b'{"note":"' + b"0123456789abcdef" * 3750 + b'"}')
    await asyncio.sleep(0.5)
    await call_and_leave(a, b)


async def mid_call(stage: Stage) -> None:
    """The recorder is started in the middle of a call, after the offer: peers, names and waits began unseen."""
    a, b = await signed_in(stage)
    a.think_s = 2.5
    await b.call(a.id)
    await stage.record()
    await a.settle()
    await asyncio.sleep(1.0)
    await call_and_leave(a, b)


async def large_messages(stage: Stage) -> None:
    """Server and clients on one host: segments of up to 64 kB on the loopback interface, and a 130 kB message."""
    await stage.server(loopback=True)
    a, b = await signed_in(stage)
    await b.send(a.id, b'{"note":"' + b"x" * LARGE + b'"}')
    await asyncio.sleep(0.3)
    await call_and_leave(a, b)


async def unplugged(stage: Stage) -> None:
    """Alice's network cable is pulled while her `/wait` hangs: no FIN, no RST.

    The server knows nothing of it and answers the wait with bob's offer, again and again; bob's later candidates are
    queued for nobody.
    """
    a, b = await signed_in(stage)
    a.asker.host.unplug()
    a.truth.event("A", "unplugged")
    await b.call(a.id)
    await asyncio.sleep(6.0)


def _both(**wire: object) -> dict[str, object]:
    return {"cables": {"a": Wire(seed=11, **wire), "b": Wire(seed=12, **wire)}}  # type: ignore[arg-type]


def _tagged(*tags: bytes) -> dict[str, object]:
    return {"cables": {host: Wire(tags=tags) for host in ("server", "a", "b")}}


PATHS = (
    Scenario(
        name="lossy",
        play=lossy_call,
        look="Retransmissions, duplicate acknowledgements, gaps at one side that the other side does not have.",
        network=_both(loss=0.08, delay_s=0.01),
        views=(SERVER_SIDE, CLIENT_SIDE),
    ),
    Scenario(
        name="reordering-path",
        play=reordering_call,
        look="Segments out of order, with selective acknowledgements.",
        network=_both(delay_s=0.004, reorder=0.33),
    ),
    Scenario(
        name="started-mid-call",
        play=mid_call,
        look="Answers whose request was never seen; an answer (SDP) without its offer.",
        late=True,
    ),
    Scenario(
        name="small-mtu-576",
        play=plain_call,
        look="An SDP in a dozen segments.",
        network={"mtu": 576},
    ),
    Scenario(
        name="small-mtu-296",
        play=plain_call,
        look="An SDP in more than twenty segments; even answer heads are split.",
        network={"mtu": 296},
    ),
    Scenario(
        name="ipv6-only",
        play=plain_call,
        look="Addresses in brackets in `truth.json`; neighbour discovery instead of ARP.",
        network={"ipv6": True},
    ),
    Scenario(
        name="vlan-tagged",
        play=plain_call,
        look="Every frame has an IEEE 802.1Q tag, VLAN 42.",
        network=_tagged(vlan(42)),
    ),
    Scenario(
        name="vlan-stacked",
        play=plain_call,
        look="Every frame has two tags: service VLAN 7 (802.1ad), then VLAN 42.",
        network=_tagged(vlan(7, service=True), vlan(42)),
    ),
    Scenario(
        name="three-interfaces",
        play=plain_call,
        look="Each packet appears two or three times, once for each interface it crossed; counting twice is wrong.",
        views=(View(interfaces=("p-server", "p-a", "br0")),),
    ),
    Scenario(
        name="any-interface",
        play=plain_call,
        look="Linux cooked capture, v2 and, in `any-interface-v1`, v1; each packet appears in and out.",
        views=(
            View(suffix="pcap", interfaces=("any",), link="LINUX_SLL2"),
            View(folder="any-interface-v1", suffix="pcap", interfaces=("any",), link="LINUX_SLL"),
        ),
    ),
    Scenario(
        name="short-snap",
        play=plain_call,
        look="Only the first 128 bytes of each packet were kept: heads are cut, bodies missing.",
        views=(View(suffix="pcap", snap=128),),
    ),
    Scenario(
        name="loopback-large",
        play=large_messages,
        look="Segments far larger than any Ethernet frame; both directions on `lo`.",
        network={"hosts": ("server",)},
        views=(View(at="server", interfaces=("lo",)),),
    ),
    Scenario(
        name="unplugged",
        play=unplugged,
        look=(
            "The same segments are sent again with growing pauses and nobody acknowledges; the wait looks open "
            "for ever."
        ),
    ),
)
