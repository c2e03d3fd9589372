"""The studio on a TCP port: uvicorn, told to end at once and to reset connections on request."""

from __future__ import annotations

import asyncio
import json
import socket
import struct
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any, cast

import anyio
import h11
import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from pipeline.errors import UsageError
from pipeline.studio.app import envelope
from pipeline.studio.sabotage import ABORT

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator

    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    Log = Callable[[str, str, str], None]
    """Told of each request: method, path without its query, HTTP status or `aborted`."""

_BACKLOG = 2048
_KEEP_ALIVE_SECONDS = 75
"""Longer than clients keep a silent connection, so that theirs is the end that closes it: a
request that meets a closing one gets no answer, and a poll every 5 s would meet one of 5 s."""
_NO_LINGER = struct.pack("ii", 1, 0)


def listen(host: str, port: int) -> socket.socket:
    """Bind a port; 0 is any free one. Raises `UsageError` when it can't be had."""
    try:
        family, kind, proto, _name, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        bound = socket.socket(family, kind, proto)
    except (OSError, UnicodeError) as error:
        raise UsageError(f"--host {host}: {_reason(error)}") from error
    try:
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind(address)
        bound.listen(_BACKLOG)
    except OSError as error:
        bound.close()
        raise UsageError(
            f"{host} port {port}: {_reason(error)}; choose another with --port, 0 for any"
        ) from error
    return bound


def base_url(bound: socket.socket) -> str:
    """Where clients on this machine find a bound port."""
    host, port = bound.getsockname()[:2]
    return address_of(host, port)


def address_of(host: str, port: int) -> str:
    """An IP address and a port as a URL; for one that means all of them, loopback."""
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104 (only read)
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


async def serve(
    app: ASGIApp, bound: socket.socket, until: Callable[[], Awaitable[object]], log: Log | None
) -> None:
    """Serve `app` on a bound port until `until` returns; then drop what is still open.

    Runs on asyncio.
    """
    outer = _Outermost(app, log)
    config = uvicorn.Config(
        cast("Any", outer),  # uvicorn and Starlette have each typed ASGI for themselves
        http=_Protocol,
        ws="none",
        lifespan="off",
        log_config=None,
        log_level="error",
        access_log=False,
        server_header=False,
        proxy_headers=False,  # what X-Forwarded-Proto says would stand in clips' addresses
        timeout_keep_alive=_KEEP_ALIVE_SECONDS,
        backlog=_BACKLOG,
    )
    server = _Server(config, outer)
    async with anyio.create_task_group() as crew:
        crew.start_soon(server.serve, [bound])
        await until()
        server.should_exit = True


class _Server(uvicorn.Server):
    """Ends at once: a studio in memory has nothing to say goodbye for."""

    def __init__(self, config: uvicorn.Config, app: _Outermost) -> None:
        super().__init__(config)
        self._app = app

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Signals are the command's business."""
        yield

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Drop every connection, and whatever works for one."""
        for server in self.servers:
            server.close()
        for bound in sockets or []:
            bound.close()
        self._app.closing = True
        for connection in list(self.server_state.connections):
            connection.transport.abort()
        await asyncio.sleep(0)  # their ends are heard of in the loop's next round
        tasks = list(self.server_state.tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


class _Protocol(H11Protocol):
    """uvicorn's, whose requests can drop their connection, and whose own 400 is an answer, too."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        served = self.app

        async def droppable(scope: Any, receive: Any, send: Any) -> None:
            await served({**scope, "extensions": {ABORT: self.drop}}, receive, send)

        self.app = droppable

    def drop(self) -> None:
        """Reset the connection: the other end sees an error, and not an end."""
        connection = self.transport.get_extra_info("socket")
        if connection is not None:
            with suppress(OSError):  # it may be gone already
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _NO_LINGER)
        self.transport.abort()

    def send_400_response(self, msg: str) -> None:
        """Answer what isn't HTTP, unless an answer is under way already; hang up."""
        body = json.dumps(envelope(400, "invalid_param", msg)).encode("ascii")
        headers = [
            ("content-type", "application/json"),
            ("content-length", str(len(body))),
            ("connection", "close"),
        ]
        with suppress(h11.LocalProtocolError):
            answer = h11.Response(status_code=400, headers=headers, reason=b"Bad Request")
            for event in (answer, h11.Data(data=body), h11.EndOfMessage()):
                self.transport.write(self.conn.send(event) or b"")
        self.transport.close()


class _Outermost:
    """The app as uvicorn calls it: logs requests, and ends quietly when the server does."""

    def __init__(self, app: ASGIApp, log: Log | None) -> None:
        self._app = app
        self._log = log
        self.closing = False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        status = "aborted"

        async def noted(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = str(message["status"])
            await send(message)

        try:
            await self._app(scope, receive, noted)
        except asyncio.CancelledError:
            if not self.closing:
                raise
        finally:
            if self._log is not None and not self.closing:
                self._log(scope["method"], scope["path"], status)


def _reason(error: Exception) -> str:
    return (error.strerror if isinstance(error, OSError) else None) or str(error)
