"""Link layers: from a record's first byte to the IP packet it carries, one header at a time."""
