"""Signaling events → sessions, peers, waits, relays, calls: who met whom, who waited, and where it went wrong."""
