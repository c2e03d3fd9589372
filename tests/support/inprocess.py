"""An ASGI app in this process, as a client meets one over a socket."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import anyio
import httpx

from pipeline.studio.sabotage import ConnectionDroppedError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from starlette.types import ASGIApp, Message, Receive, Scope, Send


class InProcess(httpx.AsyncBaseTransport):
    """httpx's own ASGI transport with what it lacks: dropped connections, cut bodies, and a
    read timeout, which is how long the headers may take to come.

    A body comes in one piece when it is complete, however slowly the app has sent it.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        patience = request.extensions.get("timeout", {}).get("read")
        deadline = math.inf if patience is None else anyio.current_time() + patience
        with anyio.CancelScope(deadline=deadline) as waiting:

            async def app(scope: Scope, receive: Receive, send: Send) -> None:
                async def tell(message: Message) -> None:
                    waiting.deadline = math.inf
                    await send(message)

                await self.app(scope, receive, tell)

            try:
                return await httpx.ASGITransport(app=app).handle_async_request(request)
            except ConnectionDroppedError as dropped:
                got = dropped.received
                if got is None:
                    raise httpx.ReadError("connection reset", request=request) from None
                return httpx.Response(got.status, headers=got.headers, stream=_Cut(got.body))
        raise httpx.ReadTimeout("no headers came", request=request)


class _Cut(httpx.AsyncByteStream):
    """The beginning of a body, and then no more of it."""

    def __init__(self, part: bytes) -> None:
        self._part = part

    async def __aiter__(self) -> AsyncIterator[bytes]:
        yield self._part
        raise httpx.ReadError("connection reset")
