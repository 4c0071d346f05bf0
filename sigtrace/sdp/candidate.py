"""ICE candidates: one line of text ↔ every field of it (RFC 8839 §5.1)."""

from __future__ import annotations

from sigtrace.errors import DecodeError
from sigtrace.sdp.integer import MAX_32, decode_integer, decode_port
from sigtrace.value import Value

_MAX_COMPONENT = 256  # RFC 8839 §5.1


class Candidate(Value, frozen=True, kw_only=True):
    """One way by which a peer may be reached."""

    foundation: str
    component: int  # 1 is RTP, or everything when RTCP is multiplexed; 2 is RTCP
    transport: str  # lower case: "udp", "tcp"; "ssltcp" of old libwebrtc
    priority: int
    address: str  # an IP address or a name, as written
    port: int  # 9 (discard) for a TCP candidate that only opens connections
    kind: str  # lower case: "host", "srflx", "prflx", "relay"; the set is open (RFC 8839 §5.1)
    extensions: tuple[tuple[str, str], ...] = ()  # all that follows the type, in order: ("raddr", "10.0.0.1"), …

    def extension(self, name: str) -> str | None:
        """Return the value of the first extension of that name; None when it is not there."""
        for key, value in self.extensions:  # a fifth of the time that a generator takes
            if key == name:
                return value
        return None

    @property
    def type_preference(self) -> int:
        """How much the type is preferred, 0 to 126: the priority's upper 8 bits (RFC 8445 §5.1.2.1)."""
        return self.priority >> 24

    @property
    def local_preference(self) -> int:
        """How much the address is preferred among those of its type: the priority's middle 16 bits."""
        return self.priority >> 8 & 0xFFFF

    @property
    def priority_component(self) -> int:
        """The component that the priority's lower 8 bits stand for; as a rule `component` itself."""
        return 256 - (self.priority & 0xFF)

    @property
    def mdns(self) -> bool:
        """True when a multicast DNS name hides the address (RFC 8828 §5.2, draft-ietf-mmusic-mdns-ice-candidates)."""
        return self.address.lower().endswith(".local")

    @property
    def related_address(self) -> str | None:
        """The base of a reflexive candidate, the mapped address of a relayed one."""
        return self.extension("raddr")

    @property
    def related_port(self) -> int | None:
        """The port that goes with `related_address`."""
        return self._number("rport")

    @property
    def tcp_type(self) -> str | None:
        """Who opens the TCP connection: "active", "passive" or "so" (RFC 6544 §4.5)."""
        return self.extension("tcptype")

    @property
    def generation(self) -> int | None:
        """How often ICE was restarted before, as libwebrtc counts."""
        return self._number("generation")

    @property
    def ufrag(self) -> str | None:
        """The user name fragment, which tells the ICE session a trickled candidate belongs to (RFC 8838)."""
        return self.extension("ufrag")

    @property
    def network_id(self) -> int | None:
        """The network interface, as libwebrtc numbers them."""
        return self._number("network-id")

    @property
    def network_cost(self) -> int | None:
        """What libwebrtc thinks the network costs: 0 is a cable, 10 Wi-Fi, 900 a mobile network."""
        return self._number("network-cost")

    def _number(self, name: str) -> int | None:
        value = self.extension(name)
        try:
            return None if value is None else decode_integer(value, name, high=MAX_32)
        except DecodeError:
            return None


def decode_candidate(text: str) -> Candidate:
    """Decode one ICE candidate attribute, with or without its `a=candidate:` prefix.

    Args:
        text: one line, its end may be there, `1 1 udp 2122260223 192.0.2.7 54321 typ host`.

    Returns:
        The candidate; everything after the type is kept, in order, in `extensions`; a last name without a value there
        has the empty one.

    Raises:
        DecodeError: fewer than eight fields, no `typ`, a component outside 1 to 256, a priority of more than 32 bits,
            or a port outside 0 to 65535.

    Source: RFC 8839 §5.1.
    """
    fields = text.strip().removeprefix("a=").removeprefix("candidate:").split()
    if len(fields) < 8:
        raise DecodeError(f"a candidate has at least 8 fields, not {len(fields)}")
    if fields[6].lower() != "typ":
        raise DecodeError("no typ in the seventh field of the candidate")
    tail = fields[8:]
    if len(tail) % 2:
        tail.append("")
    candidate = Candidate(
        foundation=fields[0],
        component=decode_integer(fields[1], "component", low=1, high=_MAX_COMPONENT),
        transport=fields[2].lower(),
        priority=decode_integer(fields[3], "priority", high=MAX_32),
        address=fields[4],
        port=decode_port(fields[5]),
        kind=fields[7].lower(),
        extensions=tuple(zip(tail[::2], tail[1::2], strict=True)),
    )
    related_port = candidate.extension("rport")
    if related_port is not None:
        decode_port(related_port, "related port")
    return candidate


def encode_candidate(candidate: Candidate) -> str:
    """Encode a candidate as the value of its attribute, from `candidate:` on. Source: RFC 8839 §5.1."""
    fields = [
        f"candidate:{candidate.foundation} {candidate.component} {candidate.transport} {candidate.priority}",
        f"{candidate.address} {candidate.port} typ {candidate.kind}",
        *(f"{name} {value}" if value else name for name, value in candidate.extensions),
    ]
    return " ".join(fields)
