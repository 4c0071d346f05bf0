"""Transport layers: TCP segments, and UDP as far as its ports."""
