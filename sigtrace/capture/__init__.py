"""Capture bytes ↔ record batches: pcap and pcapng, in and out, as NumPy columns over one buffer."""
