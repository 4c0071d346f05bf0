"""Watching: a capture that never ends, told while it grows, and kept within bounds."""
