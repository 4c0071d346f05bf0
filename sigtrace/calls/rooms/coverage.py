"""How much of each peer's channels was captured: what is not in the capture may have been said all the same."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sigtrace.application.http.message import ExchangeState
from sigtrace.signaling.bearer import session_of_channel

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sigtrace.application.socketio.packet import Poll
    from sigtrace.calls.negotiation import Call
    from sigtrace.calls.rooms.identities import Identities
    from sigtrace.calls.surroundings import Surroundings
    from sigtrace.signaling.events import PeerId


class Coverage:
    """What is missing of the channels of one session's peers.

    Args:
        identities: of its channels, with all that pairing told.
        polls: of each peer.
        around: the channels, and the exchanges of those that poll.
    """

    def __init__(self, identities: Identities, polls: Mapping[PeerId, Sequence[Poll]], around: Surroundings) -> None:
        own = identities.channels()
        self.present = own.keys()
        self.last_ns = around.last_ns  # of the capture
        self.in_part_to: set[PeerId] = set()  # who may have got more than was captured
        self._in_part_from: set[PeerId] = set()  # who may have sent more than was captured
        self._nameless: set[PeerId] = set()  # others may call them otherwise
        self.hides_somebody = False  # whose channel it is may have been said where bytes are missing
        for peer, keys in own.items():
            channels = [around.channels[key] for key in keys if key in around.channels]
            exchanges = [
                around.exchanges[number]
                for session in {session_of_channel(key) for key in keys} & around.engines.keys()
                for number in around.engines[session].exchanges
                if number in around.exchanges
            ]
            if any(one.incomplete for one in channels) or (exchanges and not any(one.response for one in exchanges)):
                self.in_part_to.add(peer)
            if any(one.unheard for one in channels) or (exchanges and not any(one.request for one in exchanges)):
                self._in_part_from.add(peer)
            if any(one.incomplete and identities.known(one.key) is None for one in channels):
                self.hides_somebody = True
            if all(identities.known(key) is None for key in keys):
                self._nameless.add(peer)
        damaged = {number for number, one in around.exchanges.items() if one.state is ExchangeState.DAMAGED}
        self.in_part_to |= {peer for peer, some in polls.items() if any(one.exchange in damaged for one in some)}

    def hides_answer(self, call: Call) -> bool:
        """Tell whether an answer may have been given without showing: neither as it was sent nor as it was got."""
        named = call.caller not in self._nameless
        sent = named and call.callee in self.present and call.callee not in self._in_part_from
        got = call.caller in self.present and call.caller not in self.in_part_to
        return not (sent or got)
