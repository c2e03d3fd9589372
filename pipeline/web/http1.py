"""One connection of HTTP/1.1 (RFC 9112): a request, its answer, and the next request.

What is sent is put together here, what comes is taken apart by llhttp (httptools). httpx's own way,
httpcore with h11, is Python all through: 2,000 tasks asked about every second took 0.65 ms of CPU a
poll with it, so that one core could not keep up, and 0.3 ms like this. Connecting, TLS, waiting and
their errors are httpcore's.

No server can make it work without end: an answer's head, interim answers (1xx) and all that is
around a body are bounded; the body itself is whoever's who reads it.
"""

from __future__ import annotations

import re
import select
import ssl
from collections import deque
from contextlib import suppress
from typing import TYPE_CHECKING, Final

import anyio
import httpcore
import httptools

if TYPE_CHECKING:
    from collections.abc import Sequence

    import httpx

INTERIM_MAX: Final = 100
"""Before one answer: honest servers send one or two."""

HEAD_BYTES_MAX: Final = 100 * 1024
"""Of an answer, as in httpcore."""

_READ_BYTES: Final = 256 * 1024
"""As much as asyncio takes from a socket at once."""

_CHUNK_BYTES: Final = 16
"""What is around a chunk as honest servers send it (RFC 9112, 7.1)."""

_BREAKS: Final = re.compile(rb"[\r\n\0]")

Headers = list[tuple[bytes, bytes]]


class Connection:
    """`stream` leads to the server, and nobody else uses it. Errors are httpcore's."""

    def __init__(self, stream: httpcore.AsyncNetworkStream) -> None:
        self.stream = stream
        self._socket = stream.get_extra_info("socket")
        self._tls: ssl.SSLObject | None = stream.get_extra_info("ssl_object")
        self._answer = _Answer()
        self._closes = False
        """The request says that no other one follows."""
        self._waits = False
        """An answer has come to its end, and nothing else."""

    @property
    def waits(self) -> bool:
        """Whether another request may be sent."""
        return self._waits

    def has_more(self) -> bool:
        """Whether something has come while nothing was asked: the other side's end, or what would
        be taken for the next answer.
        """
        if self._tls is not None:  # it may lie there decrypted, or nearly so
            try:
                self._tls.read(1)
            except ssl.SSLWantReadError:
                pass
            except ssl.SSLError:
                return True
            else:
                return True
        poll = select.poll()
        poll.register(self._socket, select.POLLIN)
        return bool(poll.poll(0))

    async def ask(
        self,
        request: httpx.Request,
        target: bytes,
        more: Sequence[tuple[bytes, bytes]] = (),
    ) -> tuple[int, Headers]:
        """Send a request for a target; status and headers of its answer, whose body comes next."""
        self._waits = False
        headers = [*request.headers.raw, *more]
        self._closes = any(name.lower() == b"connection" for name, _value in headers)
        patience = request.extensions["timeout"]
        answer = self._answer = _Answer()
        head = _head(request.method, target, headers)
        # It may be refused before all of it was sent: then the answer may be there already.
        with suppress(httpcore.WriteError):
            await self.stream.write(head + request.content, patience["write"])
        while not answer.has_head:
            await self._read(answer, patience["read"])
        return answer.status, answer.headers

    async def piece(self, patience_seconds: float | None) -> bytes | None:
        """The next piece of the answer's body, as it comes; None at its end."""
        answer = self._answer
        while not answer.pieces:
            if answer.is_whole:
                self._waits = answer.leaves_open and not (answer.surplus or self._closes)
                return None
            await self._read(answer, patience_seconds)
        return answer.pieces.popleft()

    async def _read(self, answer: _Answer, patience_seconds: float | None) -> None:
        data = await self.stream.read(_READ_BYTES, patience_seconds)
        if data:
            answer.feed(data)
        else:
            answer.end()

    async def aclose(self) -> None:
        """Close it, in the middle of an answer, too."""
        self._waits = False
        with anyio.CancelScope(shield=True):
            await self.stream.aclose()


def _head(method: str, target: bytes, headers: Headers) -> bytes:
    lines = [b"%s %s HTTP/1.1" % (method.encode("ascii"), target)]
    lines += [b"%s: %s" % header for header in headers]
    if _BREAKS.search(b" ".join(lines)):
        raise httpcore.LocalProtocolError("a line break within a header")
    return b"\r\n".join([*lines, b"", b""])


class _Answer:
    """An answer as far as it has come; httptools calls what begins with `on_`."""

    def __init__(self) -> None:
        self.status = 0
        self.headers: Headers = []
        self.pieces: deque[bytes] = deque()
        """Of the body: those that nobody has taken yet."""
        self.has_head = False
        self.is_whole = False
        self.surplus = False
        """More came than one answer."""
        self._interim = 0
        self._around_bytes = 0
        """What came since the body's last piece, at most: heads, trailers, chunks' extensions."""
        self._body_bytes = 0
        self.leaves_open = False
        """The server goes on listening."""
        self._parser = httptools.HttpResponseParser(self)

    def feed(self, data: bytes) -> None:
        """Take in what has come. Raises `httpcore.RemoteProtocolError`."""
        bytes_before, pieces_before = self._body_bytes, len(self.pieces)
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserUpgrade:
            raise httpcore.RemoteProtocolError("it changes the protocol, unasked") from None
        except httptools.HttpParserError as error:
            if not self.is_whole:
                raise httpcore.RemoteProtocolError(f"no HTTP: {error}") from None
            self.surplus = True
        around = len(data) - (self._body_bytes - bytes_before)
        chunks = len(self.pieces) - pieces_before
        self._around_bytes = around - _CHUNK_BYTES * chunks + (0 if chunks else self._around_bytes)
        if self._interim > INTERIM_MAX:
            raise httpcore.RemoteProtocolError("interim answers (1xx) without an end")
        if self._around_bytes > HEAD_BYTES_MAX:
            raise httpcore.RemoteProtocolError("headers without an end")

    def end(self) -> None:
        """Nothing more will come. Raises `httpcore.RemoteProtocolError`, if that is too early."""
        if not self.has_head:
            raise httpcore.RemoteProtocolError("the server has closed the connection unasked")
        names = {name.lower() for name, _value in self.headers}
        if names & {b"content-length", b"transfer-encoding"}:
            raise httpcore.RemoteProtocolError("the connection was closed amid the answer")
        self.is_whole = True
        self.surplus = True  # of no use for another request

    def on_message_begin(self) -> None:
        self.surplus = self.is_whole

    def on_header(self, name: bytes, value: bytes) -> None:
        if not self.has_head:  # else it is a trailer
            self.headers.append((name, value))

    def on_headers_complete(self) -> None:
        status = self._parser.get_status_code()
        if self.is_whole:
            return
        if status < 200:
            self._interim += 1
            self.headers.clear()
            return
        self.status = status
        self.has_head = True

    def on_body(self, data: bytes) -> None:
        if not self.is_whole:
            self._body_bytes += len(data)
            self.pieces.append(data)

    def on_message_complete(self) -> None:
        self.is_whole = self.has_head
        self.leaves_open = self._parser.should_keep_alive()
