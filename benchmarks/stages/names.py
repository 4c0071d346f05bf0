"""The stages of the way of the data, in its order, and which packages are each."""

from __future__ import annotations

STARTING = "starting: Python and what is imported"
WIRING = "the command and the pipeline itself"
GARBAGE = "looking for garbage"
OTHER_THREADS = "other threads"
ENDING = "ending"

PACKAGES = {  # of sigtrace
    "sources": "reading: files and blocks",
    "capture": "reading: files and blocks",
    "packets": "the sieve, and headers of what passed",
    "streams": "reassembly: order and streams",
    "application": "HTTP and WebSockets",
    "signaling": "signaling and calls",
    "sdp": "signaling and calls",
    "calls": "signaling and calls",
    "export": "rendering: records and their text",
    "views": "rendering: records and their text",
    "render": "rendering: records and their text",
}
ORDER = [STARTING, *dict.fromkeys(PACKAGES.values()), WIRING, GARBAGE, OTHER_THREADS, ENDING]
