"""pcapng: sections of blocks, in the byte order each section says (draft-ietf-opsawg-pcapng)."""
