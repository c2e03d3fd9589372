"""Connections to hosts, kept for the next request there: httpx's transport without its pool.

httpcore's pool looks at every connection and at every request that waits, for every request: at
100 of them it takes 2 ms of CPU a request, at 10 still 0.7 (its own connections take 0.25). Here
the connection that was used last is used next. So there are as many as requests are under way at
once, and those that a burst has opened grow old and are closed.

What httpcore would read for ever is watched on each connection: interim answers (1xx) without an
end, which are no body, so that no limit on bodies counts them.
"""

from __future__ import annotations

import re
from collections import deque
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

import anyio
import httpcore
import httpx

if TYPE_CHECKING:
    import ssl
    from collections.abc import AsyncIterator, Callable, Iterator

INTERIM_MAX: Final = 100
"""Before one answer: honest servers send one or two."""

AT_ONCE_MAX: Final = 256
"""Requests under way; an operating system may allow a process no more than 1,024 files."""

_KEPT_SECONDS: Final = 5.0
"""For how long a connection is kept that nobody uses, as httpx does."""

_READ_BYTES: Final = 256 * 1024
"""As much as asyncio takes from a socket at once. httpcore asks for a quarter of it, and a chunk
costs the same whatever its size.
"""

_STATUS: Final = re.compile(rb"HTTP/[0-9]\.[0-9] ([0-9][0-9][0-9])")


class Connections(httpx.AsyncBaseTransport):
    """Straight to hosts. Errors are httpx's."""

    def __init__(self, tls: ssl.SSLContext) -> None:
        tls.set_alpn_protocols(["http/1.1"])  # the only one spoken here
        self._tls = tls
        self._idle: dict[str, deque[httpcore.AsyncHTTP11Connection]] = {}
        self._places = anyio.Semaphore(AT_ONCE_MAX)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """The answer, whose body is still to be read and closed. Raises `httpx.TransportError`."""
        await self._find_place(request)
        try:
            origin = _url(request.url, b"").origin
            idle = self._idle.setdefault(str(origin), deque())
            connection = await _fresh(idle) or await self._connected(origin, request)
            answer = await _answer(connection, request)
        except BaseException:
            self._places.release()
            raise

        def take_back() -> None:
            self._places.release()
            if connection.is_available():
                idle.append(connection)

        return _response(answer, _Body(answer.stream, take_back))

    async def _find_place(self, request: httpx.Request) -> None:
        try:
            self._places.acquire_nowait()  # a wait that can end takes longer to set up than to be
        except anyio.WouldBlock:
            try:
                with anyio.fail_after(request.extensions["timeout"]["pool"]):
                    await self._places.acquire()
            except TimeoutError as error:
                raise httpx.PoolTimeout("too many requests are under way") from error

    async def _connected(
        self, origin: httpcore.Origin, request: httpx.Request
    ) -> httpcore.AsyncHTTP11Connection:
        """A new connection; to its server's name, where the request says that it has another one
        than its address (httpx, "Extensions", `sni_hostname`).
        """
        patience, host = request.extensions["timeout"]["connect"], origin.host.decode("ascii")
        with _ours():
            stream = await _Backend().connect_tcp(host, origin.port, timeout=patience)
            if origin.scheme == b"https":
                name = request.extensions.get("sni_hostname", host)
                stream = await stream.start_tls(self._tls, name, timeout=patience)
        return httpcore.AsyncHTTP11Connection(origin, stream, keepalive_expiry=_KEPT_SECONDS)

    async def aclose(self) -> None:
        """Close what is kept."""
        for idle in self._idle.values():
            while idle:
                await idle.pop().aclose()


class ByProxy(httpx.AsyncBaseTransport):
    """By an HTTP proxy, with httpcore's pool. Errors are httpx's."""

    def __init__(self, proxy: str, tls: ssl.SSLContext) -> None:
        """`proxy` is an address, with user and password where it takes some."""
        its = httpx.Proxy(proxy)
        self._pool: httpcore.AsyncHTTPProxy | None = None
        self._scheme = its.url.scheme
        if self._scheme in {"http", "https"}:
            self._pool = httpcore.AsyncHTTPProxy(
                proxy_url=_url(its.url, its.url.raw_path),
                proxy_auth=its.raw_auth,
                ssl_context=tls,
                proxy_ssl_context=tls if self._scheme == "https" else None,
                max_connections=AT_ONCE_MAX,
                keepalive_expiry=_KEPT_SECONDS,
                network_backend=_Backend(),
            )

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """The answer, whose body is still to be read and closed. Raises `httpx.TransportError`."""
        if self._pool is None:
            raise httpx.ConnectError(f"a {self._scheme} proxy, which is of no use here")
        answer = await _answer(self._pool, request)
        return _response(answer, _Body(answer.stream))

    async def aclose(self) -> None:
        """Close what is kept."""
        if self._pool is not None:
            await self._pool.aclose()


async def _answer(
    way: httpcore.AsyncHTTP11Connection | httpcore.AsyncHTTPProxy, request: httpx.Request
) -> httpcore.Response:
    with _ours():
        return await way.handle_async_request(
            httpcore.Request(
                request.method,
                _url(request.url, request.url.raw_path),
                headers=request.headers.raw,
                content=request.stream,
                extensions=request.extensions,
            )
        )


def _url(url: httpx.URL, target: bytes) -> httpcore.URL:
    return httpcore.URL(scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=target)


def _response(answer: httpcore.Response, body: _Body) -> httpx.Response:
    return httpx.Response(
        answer.status, headers=answer.headers, stream=body, extensions=answer.extensions
    )


class _Body(httpx.AsyncByteStream):
    """An answer's body; `when_closed` is called once it has been read, or given up."""

    def __init__(self, stream: Any, when_closed: Callable[[], None] | None = None) -> None:
        self._stream = stream
        self._when_closed = when_closed
        self._closed = False

    async def __aiter__(self) -> AsyncIterator[bytes]:
        with _ours():
            async for chunk in self._stream:
                yield chunk

    async def aclose(self) -> None:
        if self._closed:
            return
        self._closed = True
        try:
            with _ours():
                await self._stream.aclose()
        finally:
            if self._when_closed is not None:
                self._when_closed()


async def _fresh(
    idle: deque[httpcore.AsyncHTTP11Connection],
) -> httpcore.AsyncHTTP11Connection | None:
    """The connection that was used last, if it still stands; the oldest are in front, and go."""
    while idle and idle[0].has_expired():
        await idle.popleft().aclose()
    while idle:
        connection = idle.pop()
        if not connection.has_expired():
            return connection
        await connection.aclose()
    return None


class _Backend(httpcore.AnyIOBackend):
    """Opens streams that are watched."""

    async def connect_tcp(self, *args: Any, **more: Any) -> httpcore.AsyncNetworkStream:
        return _Watched(await super().connect_tcp(*args, **more))


class _Watched(httpcore.AsyncNetworkStream):
    """Counts interim answers, from each request on until an answer's head has come. What comes cut
    between two reads may go uncounted.
    """

    def __init__(self, stream: httpcore.AsyncNetworkStream) -> None:
        self._stream = stream
        self._count: int | None = 0
        """None: what comes is a body."""

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        data = await self._stream.read(max(max_bytes, _READ_BYTES), timeout)
        if self._count is not None:
            self._see(data)
        return data

    def _see(self, data: bytes) -> None:
        interim = 0
        for status in _STATUS.findall(data):
            if not status.startswith(b"1"):
                self._count = None
                return
            interim += 1
        self._count = (self._count or 0) + interim
        if self._count > INTERIM_MAX:
            raise httpcore.RemoteProtocolError("interim answers (1xx) without an end")

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._count = 0
        await self._stream.write(buffer, timeout)

    async def aclose(self) -> None:
        await self._stream.aclose()

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)

    async def start_tls(self, *args: Any, **more: Any) -> httpcore.AsyncNetworkStream:
        return _Watched(await self._stream.start_tls(*args, **more))


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
    httpcore.ProxyError,
)
