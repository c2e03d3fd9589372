"""Connections to hosts, kept for the next request there: httpx's transport, with a pool of our own.

httpcore's pool looks at every connection and at every request that waits, for every request: at
100 of them it takes 2 ms of CPU a request, at 10 still 0.7. Here the connection that was used last
is used next. So there are as many as requests are under way at once, and those that a burst has
opened grow old and are closed.
"""

from __future__ import annotations

import ssl
import time
from collections import deque
from collections.abc import AsyncIterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Final

import anyio
import httpcore
import httpx

from pipeline.web.dialling import Dialler, origin

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pipeline.web.dialling import Origin
    from pipeline.web.http1 import Connection

_KEPT_SECONDS: Final = 5.0
"""For how long a connection is kept that nobody uses, as httpx does."""

_FILES_WANTED: Final = 4096
"""For the 2,000 tasks that an account may have in flight, should all be asked about at once."""
_FILES_BESIDES: Final = 256
_FILES_ELSEWHERE: Final = 512

Key = tuple["Origin", str | None]
"""Where a connection leads to, and the name that its certificate was held against, if that is
another one: another name at the same address has a connection of its own.
"""


class Connections(httpx.AsyncBaseTransport):
    """Straight to hosts, or all by one HTTP proxy. Errors are httpx's."""

    def __init__(
        self, tls: ssl.SSLContext, proxy: str | None = None, at_once: int | None = None
    ) -> None:
        """`proxy` is an address; `at_once` bounds the requests under way: by default the files
        that the operating system allows a process do.
        """
        self._dialler = Dialler(tls, proxy)
        self._idle = _Idle()
        self._places = anyio.Semaphore(files_to_spare() if at_once is None else at_once)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """The answer, whose body is still to be read and closed. Raises `httpx.TransportError`."""
        await self._find_place(request)
        connection = None
        key = origin(request.url), request.extensions.get("sni_hostname")
        try:
            with _ours():
                connection = await self._idle.taken(key)
                if connection is None:
                    connection = await self._dialler.connection(request)
                status, headers = await connection.ask(request, *self._dialler.target(request))
        except BaseException:
            self._places.release()
            if connection is not None:
                await connection.aclose()
            raise

        def give_back(used: Connection) -> None:
            self._places.release()
            if used.waits:
                self._idle.keep(key, used)

        body = _Body(connection, request.extensions["timeout"]["read"], give_back)
        return httpx.Response(status, headers=headers, stream=body)

    async def _find_place(self, request: httpx.Request) -> None:
        try:
            self._places.acquire_nowait()  # a wait that can end takes longer to set up than to be
        except anyio.WouldBlock:
            try:
                with anyio.fail_after(request.extensions["timeout"]["pool"]):
                    await self._places.acquire()
            except TimeoutError as error:
                raise httpx.PoolTimeout("too many requests are under way") from error

    async def aclose(self) -> None:
        """Close what is kept."""
        await self._idle.aclose()


class _Idle:
    """Connections that nobody uses, each with the time until when; the last one used at the end."""

    def __init__(self) -> None:
        self._kept: deque[tuple[float, Key, Connection]] = deque()

    def keep(self, key: Key, connection: Connection) -> None:
        """For the next request there."""
        self._kept.append((time.monotonic() + _KEPT_SECONDS, key, connection))

    async def taken(self, key: Key) -> Connection | None:
        """The one that was used last there, if it still stands. What is too old, or has been
        closed by the other side, goes.
        """
        now = time.monotonic()
        while self._kept and self._kept[0][0] < now:
            await self._kept.popleft()[2].aclose()
        for at in range(len(self._kept) - 1, -1, -1):
            if self._kept[at][1] == key:
                connection = self._kept[at][2]
                del self._kept[at]
                if not connection.has_more():
                    return connection
                await connection.aclose()
                return await self.taken(key)
        return None

    async def aclose(self) -> None:
        while self._kept:
            await self._kept.pop()[2].aclose()


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


def files_to_spare() -> int:
    """How many connections there may be. Where only few files are allowed at first, as 1,024 or
    256, and more may be asked for, they are.
    """
    try:
        import resource  # noqa: PLC0415 (Windows has none, and no such limit)
    except ImportError:  # pragma: no cover
        return _FILES_ELSEWHERE
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != resource.RLIM_INFINITY and soft < _FILES_WANTED:
        with suppress(ValueError, OSError):
            more = _FILES_WANTED if hard == resource.RLIM_INFINITY else min(hard, _FILES_WANTED)
            resource.setrlimit(resource.RLIMIT_NOFILE, (more, hard))
            soft = more
    allowed = _FILES_WANTED if soft == resource.RLIM_INFINITY else min(soft, _FILES_WANTED)
    return max(allowed - _FILES_BESIDES, allowed // 2)


@contextmanager
def _ours() -> Iterator[None]:
    """httpcore's exceptions as httpx's, which have the same names."""
    try:
        yield
    except _FOREIGN as error:
        raise getattr(httpx, type(error).__name__)(str(error)) from error
    except ssl.SSLError as error:  # amid an answer: httpcore knows it only of handshakes
        raise httpx.ReadError(f"TLS: {error.reason or 'broken'}") from error


_FOREIGN: Final = (
    httpcore.TimeoutException,
    httpcore.NetworkError,
    httpcore.ProtocolError,
    httpcore.UnsupportedProtocol,
)
