"""Connections that speak TLS: how they begin, and between whom they are."""

from __future__ import annotations

import struct
from random import Random
from typing import TYPE_CHECKING

import numpy as np

from .connection import Connection
from .packets import Flow, address

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from .signaling import TimedFrame

CLIENT_HELLO = b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"
CLIENT_HELLO_LENGTH = 517
SERVER_HELLO = b"\x16\x03\x03\x00\x7a\x02\x00\x00\x76\x03\x03"
SERVER_HELLO_LENGTH = 127
SUITE = b"\x13\x01"  # TLS_AES_128_GCM_SHA256
VERSION = bytes.fromhex("002b0002 0304")  # the extension that says: 1.3


class TlsConnections:
    """Some connections from 10.`network`.0.0/16 to servers in the next network, opened a moment after each other."""

    def __init__(self, count: int, network: int, port: int = 49_000) -> None:
        self._network, self._port = network, port
        self.opening: list[TimedFrame] = []
        sent = []
        for index in range(count):
            ends = bytes((10, network, index >> 8, index & 0xFF)), bytes((10, network + 1, index >> 8, index & 0xFF))
            connection = Connection(ends[0], port + index, ends[1], 443)
            self.opening += [(index * 200_000 + at * 15_000, frame) for at, frame in enumerate(opened(connection))]
            sent.append((connection.sent[True], connection.sent[False]))
        self.sent_by_client, self.sent_by_server = np.array(sent, np.int64).reshape(-1, 2).T

    def to_server(self, index: NDArray[np.int64]) -> Flow:
        """Return the ends of some connections."""
        return Flow(address(self._network, index), self._port + index, address(self._network + 1, index), 443)

    def to_client(self, index: NDArray[np.int64]) -> Flow:
        """Return the same ends the other way round."""
        return Flow(address(self._network + 1, index), 443, address(self._network, index), self._port + index)


def opened(connection: Connection) -> list[bytes]:
    """Return how a connection begins."""
    frames = connection.open() + connection.send(client_hello(connection.port), by_client=True)
    return frames + connection.send(server_hello(connection.port), by_client=False)


def client_hello(seed: int) -> bytes:
    """Return the first record of a client: one suite, the version, and padding (RFC 7685)."""
    secret = Random(seed).randbytes(64)  # noqa: S311 - no secret, though it is one there
    body = secret[:32] + b"\x20" + secret[32:] + b"\x00\x02" + SUITE + b"\x01\x00"
    versions = b"\x00\x2b\x00\x03\x02\x03\x04"
    room = CLIENT_HELLO_LENGTH - len(CLIENT_HELLO) - len(body) - 2 - len(versions)
    padding = struct.pack(">HH", 21, room - 4) + bytes(room - 4)
    return CLIENT_HELLO + body + struct.pack(">H", len(versions) + len(padding)) + versions + padding


def server_hello(seed: int) -> bytes:
    """Return the first record of a server: TLS 1.3 was chosen, and a key is given."""
    secret = Random(seed).randbytes(96)  # noqa: S311 - the same
    extensions = VERSION + struct.pack(">HHHH", 51, 36, 29, 32) + secret[64:]
    head = SERVER_HELLO + secret[:32] + b"\x20" + secret[32:64] + SUITE + b"\x00"
    return head + struct.pack(">H", len(extensions)) + extensions
