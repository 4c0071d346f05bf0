"""Packets while they happen: raw sockets, dumpcap, a pipe, a growing file; all of them polled in the same way."""
