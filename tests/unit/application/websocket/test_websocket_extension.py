"""What a server accepts in Sec-WebSocket-Extensions: permessage-deflate with every parameter, and all else."""

from __future__ import annotations

import pytest

from sigtrace.application.websocket.extension import Compression, decode_extensions, encode_extension

AGREED = Compression(server_no_context_takeover=True, server_max_window_bits=9)
OTHERS = Compression(client_no_context_takeover=True, client_max_window_bits=8)


@pytest.mark.parametrize(
    ("value", "compression", "problems"),
    [
        ("", None, 0),
        ("permessage-deflate", Compression(), 0),
        ("Permessage-Deflate ; SERVER_NO_CONTEXT_TAKEOVER", Compression(server_no_context_takeover=True), 0),
        ("permessage-deflate; client_no_context_takeover", Compression(client_no_context_takeover=True), 0),
        ('permessage-deflate; server_max_window_bits="10"', Compression(server_max_window_bits=10), 0),
        ("permessage-deflate; client_max_window_bits=8", Compression(client_max_window_bits=8), 0),
        ("permessage-deflate; client_max_window_bits", Compression(), 1),
        ("permessage-deflate; server_max_window_bits=7", Compression(), 1),
        ("permessage-deflate; server_max_window_bits=016", Compression(), 1),
        ("permessage-deflate; server_no_context_takeover=1", Compression(), 1),
        ("permessage-deflate; x; server_no_context_takeover", Compression(server_no_context_takeover=True), 1),
        (
            "permessage-deflate; server_max_window_bits=9; server_max_window_bits=9",
            Compression(server_max_window_bits=9),
            1,
        ),
        ("x-webkit-deflate-frame", None, 1),
        ('foo; a="b, permessage-deflate", permessage-deflate', Compression(), 1),
        ("permessage-deflate, permessage-deflate; server_no_context_takeover", Compression(), 1),
        (" , permessage-deflate,", Compression(), 0),
    ],
)
def test_what_is_accepted(value: str, compression: Compression | None, problems: int) -> None:
    """What is understood is agreed to, and what is not is a problem each."""
    agreement = decode_extensions(value)
    assert agreement.compression == compression
    assert len(agreement.problems) == problems


@pytest.mark.parametrize("compression", [Compression(), AGREED, OTHERS])
def test_an_agreement_comes_back(compression: Compression) -> None:
    """What is written is read as the same."""
    assert decode_extensions(encode_extension(compression)) == (compression, ())
