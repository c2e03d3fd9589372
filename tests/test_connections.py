"""Connections are kept and used again, and watched. Over sockets of this machine."""

from __future__ import annotations

import ssl
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import anyio
import httpx
import pytest
import trustme
from anyio.streams.tls import TLSListener

from pipeline.web.connections import Connections
from pipeline.web.http1 import INTERIM_MAX

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from anyio.abc import SocketStream
    from anyio.streams.tls import TLSStream

pytestmark = pytest.mark.anyio
HINT = b"HTTP/1.1 103 Early Hints\r\n\r\n"
FINE = b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nfine"


class Server:
    """Sends so many hints before each answer; counts its connections."""

    def __init__(self, hints: int) -> None:
        self.hints = hints
        self.connections = 0

    async def serve(self, stream: TLSStream | SocketStream) -> None:
        self.connections += 1
        async with stream:
            try:
                while True:
                    head = b""
                    while b"\r\n\r\n" not in head:
                        head += await stream.receive()
                    await stream.send(HINT * self.hints + FINE)
            except (anyio.EndOfStream, anyio.BrokenResourceError, ssl.SSLError):
                return

    @asynccontextmanager
    async def listening(self, tls: ssl.SSLContext | None = None) -> AsyncIterator[str]:
        """On a port of its own; gives its address."""
        tcp = await anyio.create_tcp_listener(local_host="127.0.0.1")
        port = tcp.extra_attributes[anyio.abc.SocketAttribute.local_port]()
        listener = TLSListener(tcp, tls, standard_compatible=False) if tls else tcp
        async with listener, anyio.create_task_group() as crew:
            crew.start_soon(listener.serve, self.serve)
            yield f"{'https' if tls else 'http'}://localhost:{port}/"
            crew.cancel_scope.cancel()


PATIENCE = {"timeout": httpx.Timeout(5.0).as_dict()}


async def get(way: httpx.AsyncBaseTransport, url: str) -> bytes:
    answer = await way.handle_async_request(httpx.Request("GET", url, extensions=PATIENCE))
    return await answer.aread()


@pytest.mark.parametrize("anyio_backend", ["asyncio", "trio"])
async def test_they_are_counted_under_tls() -> None:
    """What is encrypted is read by another stream than the connection's first one."""
    authority = trustme.CA()
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(server)
    trusting = ssl.create_default_context()
    authority.configure_trust(trusting)
    async with (
        Server(INTERIM_MAX * 10).listening(server) as url,
        Connections(trusting) as way,
    ):
        with pytest.raises(httpx.RemoteProtocolError, match="interim answers"):
            await get(way, url)


@pytest.mark.parametrize("anyio_backend", ["asyncio", "trio"])
async def test_each_request_has_a_count_of_its_own() -> None:
    """On a connection that is kept, an honest server's hints don't add up to too many."""
    server = Server(INTERIM_MAX * 2 // 3)
    async with server.listening() as url, Connections(httpx.create_ssl_context()) as way:
        assert [await get(way, url) for _time in range(4)] == [b"fine"] * 4
    assert server.connections == 1
