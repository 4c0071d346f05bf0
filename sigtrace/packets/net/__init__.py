"""Network layers: IPv4, IPv6 and its extension headers, fragments, and the tunnels that carry packets in packets."""
