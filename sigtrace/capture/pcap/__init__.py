"""pcap: one header, then records one after another (the classic format of libpcap)."""
