"""One record → its layers: link, network and transport headers, down to TCP segments and UDP datagrams."""
