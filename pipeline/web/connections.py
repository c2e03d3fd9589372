"""Connections to hosts, kept for the next request there: httpx's transport, with a pool of our own.

httpcore's pool looks at every connection and at every request that waits, for every request: at
100 of them it takes 2 ms of CPU a request, at 10 still 0.7. Here the connection that was used last
is used next. So there are as many as requests are under way at once, and those that a burst has
opened grow old and are closed.
"""

from __future__ import annotations

import time
from base64 import b64encode
from collections import deque
from collections.abc import AsyncIterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

import anyio
import httpcore
import httpx

from pipeline.web.http1 import Connection

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable, Iterator

    from pipeline.web.http1 import Headers

AT_ONCE_MAX: Final = 256
"""Requests under way; an operating system may allow a process no more than 1,024 files."""

_KEPT_SECONDS: Final = 5.0
"""For how long a connection is kept that nobody uses, as httpx does."""

_Origin = tuple[bytes, bytes, int]
"""Scheme, host and port."""

_Idle = deque[tuple[float, Connection]]
"""Connections that wait, each with the time until when; the one that was used last at the end."""


class Connections(httpx.AsyncBaseTransport):
    """Straight to hosts, or all by one HTTP proxy. Errors are httpx's."""

    def __init__(self, tls: ssl.SSLContext, proxy: str | None = None) -> None:
        """`proxy` is an address, with user and password where it takes some."""
        tls.set_alpn_protocols(["http/1.1"])  # the only one spoken here
        self._tls = tls
        self._proxy = None if proxy is None else httpx.Proxy(proxy)
        self._idle: dict[tuple[_Origin, str | None], _Idle] = {}
        self._places = anyio.Semaphore(AT_ONCE_MAX)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """The answer, whose body is still to be read and closed. Raises `httpx.TransportError`."""
        await self._find_place(request)
        connection = None
        try:
            with _ours():
                # By the name, too, that a certificate was held against: another name at the same
                # address has a connection of its own.
                name = request.extensions.get("sni_hostname")
                idle = self._idle.setdefault((_origin(request.url), name), deque())
                connection = await _kept(idle) or await self._connected(request)
                status, headers = await connection.ask(request, *self._target(request))
        except BaseException:
            self._places.release()
            if connection is not None:
                await connection.aclose()
            raise
        body = _Body(connection, request.extensions["timeout"]["read"], self._taker_back(idle))
        return httpx.Response(status, headers=headers, stream=body)

    def _taker_back(self, idle: _Idle) -> Callable[[Connection], None]:
        def take_back(connection: Connection) -> None:
            self._places.release()
            if connection.waits:
                idle.append((time.monotonic() + _KEPT_SECONDS, connection))

        return take_back

    async def _find_place(self, request: httpx.Request) -> None:
        try:
            self._places.acquire_nowait()  # a wait that can end takes longer to set up than to be
        except anyio.WouldBlock:
            try:
                with anyio.fail_after(request.extensions["timeout"]["pool"]):
                    await self._places.acquire()
            except TimeoutError as error:
                raise httpx.PoolTimeout("too many requests are under way") from error

    def _target(self, request: httpx.Request) -> tuple[bytes, Headers]:
        """How the request is addressed (RFC 9112, 3.2), and what only a proxy is told."""
        url = request.url
        if self._proxy is None or url.scheme == "https":
            return url.raw_path, []
        return b"http://%s%s" % (url.netloc, url.raw_path), _credentials(self._proxy)

    async def _connected(self, request: httpx.Request) -> Connection:
        """A new connection. To its server's name, where the request says that it has another one
        than its address (httpx, "Extensions", `sni_hostname`).
        """
        url, patience = request.url, request.extensions["timeout"]["connect"]
        stream = await self._opened(url if self._proxy is None else self._proxy.url, patience)
        try:
            if url.scheme == "https":
                if self._proxy is not None:
                    await _tunnelled(stream, request, self._proxy)
                name = request.extensions.get("sni_hostname", url.raw_host.decode("ascii"))
                stream = await stream.start_tls(self._tls, name, timeout=patience)
            return Connection(stream)
        except BaseException:
            await Connection(stream).aclose()
            raise

    async def _opened(self, url: httpx.URL, patience: float | None) -> httpcore.AsyncNetworkStream:
        scheme, raw_host, port = _origin(url)
        host = raw_host.decode("ascii")
        if url.scheme not in {"http", "https"}:
            raise httpcore.ConnectError(f"a {url.scheme} proxy is of no use here")
        stream = await httpcore.AnyIOBackend().connect_tcp(host, port, timeout=patience)
        if self._proxy is not None and scheme == b"https":
            stream = await stream.start_tls(self._tls, host, timeout=patience)
        return stream

    async def aclose(self) -> None:
        """Close what is kept."""
        for idle in self._idle.values():
            while idle:
                await idle.pop()[1].aclose()


def _origin(url: httpx.URL) -> _Origin:
    usual = 443 if url.scheme == "https" else 80
    return url.raw_scheme, url.raw_host, usual if url.port is None else url.port


async def _kept(idle: _Idle) -> Connection | None:
    """The connection that was used last, if it still stands; the oldest are in front, and go."""
    now = time.monotonic()
    while idle and idle[0][0] < now:
        await idle.popleft()[1].aclose()
    while idle:
        _until, connection = idle.pop()
        if not connection.is_readable():
            return connection
        await connection.aclose()
    return None


async def _tunnelled(
    stream: httpcore.AsyncNetworkStream, request: httpx.Request, proxy: httpx.Proxy
) -> None:
    """Have the proxy lead on to where the request goes (RFC 9110, 9.3.6)."""
    _scheme, host, port = _origin(request.url)
    where = (b"[%s]:%d" if b":" in host else b"%s:%d") % (host, port)
    headers = {b"host": where, **dict(_credentials(proxy))}
    asked = httpx.Request("CONNECT", request.url, headers=headers, extensions=request.extensions)
    status, _headers = await Connection(stream).ask(asked, where)
    if not 200 <= status < 300:
        raise httpcore.ConnectError(f"the proxy answers {status}")


def _credentials(proxy: httpx.Proxy) -> Headers:
    if proxy.raw_auth is None:
        return []
    return [(b"proxy-authorization", b"Basic " + b64encode(b":".join(proxy.raw_auth)))]


class _Body(httpx.AsyncByteStream, AsyncIterator[bytes]):
    """An answer's body; once it has been read, or given up, its connection is given back."""

    def __init__(
        self,
        connection: Connection,
        patience_seconds: float | None,
        give_back: Callable[[Connection], None],
    ) -> None:
        self._connection = connection
        self._patience = patience_seconds
        self._give_back: Callable[[Connection], None] | None = give_back

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self

    async def __anext__(self) -> bytes:
        with _ours():
            piece = await self._connection.piece(self._patience)
        if piece is None:
            raise StopAsyncIteration
        return piece

    async def aclose(self) -> None:
        give_back, self._give_back = self._give_back, None
        if give_back is None:
            return
        try:
            if not self._connection.waits:
                await self._connection.aclose()
        finally:
            give_back(self._connection)


@contextmanager
def _ours() -> Iterator[None]:
    """httpcore's exceptions as httpx's, which have the same names."""
    try:
        yield
    except _FOREIGN as error:
        raise getattr(httpx, type(error).__name__)(str(error)) from error


_FOREIGN: Final = (
    httpcore.TimeoutException,
    httpcore.NetworkError,
    httpcore.ProtocolError,
    httpcore.UnsupportedProtocol,
)
