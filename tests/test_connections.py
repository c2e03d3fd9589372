"""Connections are kept, used again and given up as they should be. Over sockets of this machine."""

from __future__ import annotations

import resource
import ssl
from base64 import b64encode
from contextlib import aclosing, asynccontextmanager, suppress
from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import anyio
import httpcore
import httpx
import pytest
import trustme
from anyio.streams.tls import TLSAttribute, TLSListener
from hypothesis import given
from hypothesis import strategies as st

from pipeline.web import connections
from pipeline.web.connections import Connections
from pipeline.web.http1 import HEAD_BYTES_MAX, INTERIM_MAX, _Answer

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

    from anyio.abc import ByteStream

pytestmark = [pytest.mark.anyio, pytest.mark.parametrize("anyio_backend", ["asyncio", "trio"])]
HINT = b"HTTP/1.1 103 Early Hints\r\n\r\n"
FINE = b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nfine"
PATIENCE = {"timeout": httpx.Timeout(5.0).as_dict()}


@dataclass
class Server:
    """Sends the same bytes for every request, and then goes or stays; counts its connections."""

    answer: bytes = FINE
    stays: bool = True
    connections: int = 0
    heads: list[bytes] = field(default_factory=list)
    before: Callable[[], Awaitable[None]] | None = None
    """Waited for before each answer."""

    async def serve(self, stream: ByteStream) -> None:
        self.connections += 1
        async with stream:
            try:
                while True:
                    head = b""
                    while b"\r\n\r\n" not in head:
                        head += await stream.receive()
                    self.heads.append(head)
                    if self.before is not None:
                        await self.before()
                    await stream.send(self.answer)
                    if not self.stays:
                        return
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


def straight(tls: ssl.SSLContext | None = None) -> Connections:
    return Connections(tls or ssl.create_default_context())


async def get(way: httpx.AsyncBaseTransport, url: str, **headers: str) -> bytes:
    request = httpx.Request("GET", url, headers=headers, extensions=PATIENCE)
    answer = await way.handle_async_request(request)
    async with aclosing(answer):
        return await answer.aread()


def authority() -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """A server's context, and one that trusts it."""
    ca = trustme.CA()
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    ca.issue_cert("localhost").configure_cert(server)
    trusting = ssl.create_default_context()
    ca.configure_trust(trusting)
    return server, trusting


async def test_as_many_connections_as_requests_under_way() -> None:
    """A burst opens some; what comes one behind the other after it goes over one of them."""
    gathered = anyio.Event()

    async def together() -> None:
        if server.connections == 5:
            gathered.set()
        await gathered.wait()

    server = Server(before=together)
    async with server.listening() as url, straight() as way:
        async with anyio.create_task_group() as crew:
            for _ in range(5):
                crew.start_soon(get, way, url)
        assert server.connections == 5
        for _ in range(10):
            assert await get(way, url) == b"fine"
    assert server.connections == 5


async def test_more_requests_than_places_wait() -> None:
    """They come through one after the other; one that waits too long was never sent."""
    server, opened = Server(), anyio.Event()
    server.before = opened.wait
    one = Connections(ssl.create_default_context(), at_once=1)
    async with server.listening() as url, one as way:
        async with anyio.create_task_group() as crew:
            crew.start_soon(get, way, url)
            await anyio.wait_all_tasks_blocked()
            patience = {"timeout": {**PATIENCE["timeout"], "pool": 0.01}}
            with pytest.raises(httpx.PoolTimeout):
                await way.handle_async_request(httpx.Request("GET", url, extensions=patience))
            crew.start_soon(get, way, url)
            opened.set()
        assert len(server.heads) == 2


@pytest.mark.parametrize(
    ("answer", "stays", "request_headers"),
    [
        (FINE, True, {"connection": "close"}),
        (FINE, False, {}),
        (FINE.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n"), True, {}),
        (FINE + b"HTTP/1.1 200 OK\r\n", True, {}),
        (FINE + b"more than was announced", True, {}),
        (b"HTTP/1.0 200 OK\r\nContent-Length: 4\r\n\r\nfine", True, {}),
        (b"HTTP/1.1 200 OK\r\n\r\nfine", False, {}),
    ],
    ids=["asked for", "it goes", "it says so", "half an answer", "more", "1.0", "no length"],
)
async def test_what_can_not_be_used_again_is_not(
    answer: bytes, stays: bool, request_headers: dict[str, str]
) -> None:
    """Each answer arrives whole, and the next request gets a connection of its own."""
    server = Server(answer, stays)
    async with server.listening() as url, straight() as way:
        for _ in range(3):
            assert await get(way, url, **request_headers) == b"fine"
            for _until, _key, kept in way._idle._kept:
                with anyio.fail_after(5):
                    while not kept.has_more():  # the server's end is on its way
                        await anyio.sleep(0.001)
    assert server.connections == 3


async def test_a_body_that_nobody_reads_to_its_end_ends_its_connection() -> None:
    """What is left of it would be taken for the next answer."""
    server = Server()
    async with server.listening() as url, straight() as way:
        answer = await way.handle_async_request(httpx.Request("GET", url, extensions=PATIENCE))
        await answer.aclose()
        assert await get(way, url) == b"fine"
    assert server.connections == 2


CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        (b"", "closed the connection"),
        (b"HTTP/1.1 200 OK\r\nContent-", "closed the connection"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nfine", "amid the answer"),
        (CHUNKED + b"9\r\nfine", "amid the answer"),
        (CHUNKED + b"x\r\n", "no HTTP"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\nContent-Length: 5\r\n\r\nfine", "no HTTP"),
        (b"HTTP/1.1 200 OK\r\nno header\r\n\r\n", "no HTTP"),
        (b"220 mail.test ESMTP\r\n", "no HTTP"),
        (
            b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n",
            "unasked",
        ),
        (HINT * (INTERIM_MAX + 1), "without an end"),
        (b"HTTP/1.1 200 OK\r\nx: " + b"y" * 2 * HEAD_BYTES_MAX, "without an end"),
        (b"HTTP/1.1 200 OK\r\n" + b"x: y\r\n" * HEAD_BYTES_MAX, "without an end"),
        (CHUNKED + b"1;" + b"x" * 2 * HEAD_BYTES_MAX, "without an end"),
        (CHUNKED + b"0\r\n" + b"x: y\r\n" * HEAD_BYTES_MAX, "without an end"),
        (
            CHUNKED + b"f4240\r\n" + b"z" * 1_000_000 + b"\r\n0\r\n" + b"x: " + b"y" * 900_000,
            "without an end",
        ),
    ],
)
async def test_what_is_no_answer_is_an_error(answer: bytes, says: str) -> None:
    """Of the other side's, in words of ours or of the parser's; nothing is read without end."""
    server = Server(answer, stays=False)
    async with server.listening() as url, straight() as way:
        with pytest.raises(httpx.RemoteProtocolError, match=says):
            await get(way, url)


async def test_interim_answers_are_counted_under_tls_and_anew_for_each_request() -> None:
    """An honest server's hints don't add up to too many over a connection that is kept."""
    serving, trusting = authority()
    server = Server(HINT * (INTERIM_MAX * 2 // 3) + FINE)
    async with server.listening(serving) as url, straight(trusting) as way:
        assert [await get(way, url) for _time in range(4)] == [b"fine"] * 4
        assert server.connections == 1
        server.answer = HINT * (INTERIM_MAX * 10)
        with pytest.raises(httpx.RemoteProtocolError, match="interim answers"):
            await get(way, url)


async def test_what_came_unasked_under_tls_is_not_the_next_answer() -> None:
    """A second answer may lie there decrypted, where the socket shows nothing of it."""
    serving, trusting = authority()
    server = Server()

    async def unasked(stream: ByteStream) -> None:
        server.connections += 1
        async with stream:
            with suppress(anyio.EndOfStream, anyio.BrokenResourceError):
                while True:
                    await stream.receive()
                    under: Any = stream.extra_attributes
                    under[TLSAttribute.ssl_object]().write(FINE)  # two records leave as one
                    await stream.send(FINE.replace(b"fine", b"evil"))

    server.serve = unasked  # type: ignore[method-assign]
    async with server.listening(serving) as url, straight(trusting) as way:
        for _ in range(3):
            assert await get(way, url) == b"fine"
    assert server.connections == 3


async def test_tls_that_breaks_amid_an_answer_is_a_broken_connection() -> None:
    """And not an error that nobody knows: the request may have been acted on."""
    serving, trusting = authority()
    server = Server()

    async def broken(stream: ByteStream) -> None:
        async with stream.transport_stream:  # type: ignore[attr-defined]
            await stream.receive()
            await stream.transport_stream.send(b"no TLS at all")  # type: ignore[attr-defined]

    server.serve = broken  # type: ignore[method-assign]
    async with server.listening(serving) as url, straight(trusting) as way:
        with pytest.raises(httpx.ReadError, match="TLS"):
            await get(way, url)


async def test_what_is_too_old_goes_wherever_it_leads(monkeypatch: pytest.MonkeyPatch) -> None:
    """Places that nobody asks again don't keep their connections to the end of a run."""
    monkeypatch.setattr(connections, "_KEPT_SECONDS", -1.0)
    one, other = Server(), Server()
    async with one.listening() as first, other.listening() as second, straight() as way:
        for url in (first, first, second, first):
            await get(way, url)
            assert len(way._idle._kept) == 1
    assert (one.connections, other.connections) == (3, 1)


def test_there_are_places_for_as_many_as_an_account_may_have(anyio_backend: str) -> None:
    """And files are left for the rest of a run."""
    assert anyio_backend
    spare, (soft, _hard) = connections.files_to_spare(), resource.getrlimit(resource.RLIMIT_NOFILE)
    assert spare < soft
    assert spare >= min(2000, soft // 2)


async def test_an_early_answer_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    """A request that is refused before all of it was sent breaks the sending, not the hearing."""

    async def broken(*_args: object, **_more: object) -> None:
        raise httpcore.WriteError("broken pipe")

    refused = b"HTTP/1.1 413 Too Large\r\nContent-Length: 0\r\n\r\n"
    server = Server(refused)
    async with server.listening() as url, straight() as way:
        await get(way, url)
        ((_until, _key, kept),) = way._idle._kept
        stream = kept.stream
        await stream.write(b"POST / HTTP/1.1\r\n\r\n")
        monkeypatch.setattr(type(stream), "write", broken)
        monkeypatch.setattr(type(kept), "has_more", lambda _self: False)
        request = httpx.Request("POST", url, content=b"x", extensions=PATIENCE)
        async with aclosing(await way.handle_async_request(request)) as answer:
            assert answer.status_code == 413


@pytest.mark.parametrize("value", ["a\r\nx-api-key: b", "a\nb", "a\0b"])
async def test_a_line_break_in_a_header_is_never_sent(value: str) -> None:
    """It would be another header, or another request."""
    server = Server()
    async with server.listening() as url, straight() as way:
        with pytest.raises(httpx.LocalProtocolError, match="line break"):
            await get(way, url, x=value)
        assert await get(way, url) == b"fine"
    assert len(server.heads) == 1


async def test_a_proxy_leads_on_to_where_it_is_asked_to() -> None:
    """By CONNECT, with its own credentials, to a server whose certificate is still looked at."""
    serving, trusting = authority()
    heads: list[bytes] = []
    server = Server()

    async def proxy(stream: ByteStream) -> None:
        async with stream:
            heads.append(await stream.receive())
            refused = b"HTTP/1.1 407 Who are you\r\n\r\n"
            if b"proxy-authorization: Basic " + b64encode(b"me:secret") not in heads[-1]:
                await stream.send(refused)
                return
            port = int(heads[-1].split()[1].rpartition(b":")[2])
            async with await anyio.connect_tcp("127.0.0.1", port) as beyond:
                await stream.send(b"HTTP/1.1 200 Connected\r\n\r\n")
                async with anyio.create_task_group() as crew:
                    crew.start_soon(_pump, stream, beyond)
                    await _pump(beyond, stream)
                    crew.cancel_scope.cancel()

    tcp = await anyio.create_tcp_listener(local_host="127.0.0.1")
    port = tcp.extra_attributes[anyio.abc.SocketAttribute.local_port]()
    async with server.listening(serving) as url, tcp, anyio.create_task_group() as crew:
        crew.start_soon(tcp.serve, proxy)
        async with Connections(trusting, f"http://me:secret@127.0.0.1:{port}") as way:
            assert await get(way, url, secret="sk-byts-1") == b"fine"
        async with Connections(trusting, f"http://127.0.0.1:{port}") as way:
            with pytest.raises(httpx.ConnectError, match="the proxy answers 407"):
                await get(way, url)
        async with Connections(trusting, f"socks5://127.0.0.1:{port}") as way:
            with pytest.raises(httpx.ConnectError, match="a socks5 proxy is of no use"):
                await get(way, url)
        crew.cancel_scope.cancel()
    assert [head.split(b" HTTP")[0] for head in heads] == [b"CONNECT " + _place(url)] * 2
    assert not any(b"sk-byts-1" in head for head in heads)
    assert b"proxy-authorization" not in server.heads[0]


def _place(url: str) -> bytes:
    return url.split("/")[2].encode()


async def _pump(source: ByteStream, target: ByteStream) -> None:
    try:
        async for data in source:
            await target.send(data)
    except (anyio.BrokenResourceError, anyio.ClosedResourceError):
        return


BODIES = st.binary(max_size=40)


@st.composite
def answers(draw: st.DrawFn) -> tuple[bytes, int, bytes]:
    """An answer as it travels; its status and its body."""
    status, body = draw(st.sampled_from([200, 206, 404, 503])), draw(BODIES)
    head = b"HTTP/1.1 %d X\r\nx-a: 1\r\n" % status
    how = draw(st.sampled_from(["length", "chunks", "close"]))
    hints = HINT * draw(st.integers(0, 3))
    if how == "length":
        return hints + head + b"content-length: %d\r\n\r\n" % len(body) + body, status, body
    if how == "close":
        return hints + head + b"\r\n" + body, status, body
    cuts = sorted(draw(st.sets(st.integers(1, max(1, len(body))))) | {0, len(body)})
    chunks = [body[a:b] for a, b in pairwise(cuts) if body[a:b]]
    sent = b"".join(b"%x\r\n%s\r\n" % (len(chunk), chunk) for chunk in chunks)
    return hints + head + b"transfer-encoding: chunked\r\n\r\n" + sent + b"0\r\n\r\n", status, body


@given(made=answers(), data=st.data())
def test_an_answer_is_the_same_however_it_is_cut(
    anyio_backend: str, made: tuple[bytes, int, bytes], data: st.DataObject
) -> None:
    """Status, headers and body don't depend on the pieces that come."""
    assert anyio_backend
    sent, status, body = made
    cuts = sorted(data.draw(st.sets(st.integers(1, len(sent) - 1), max_size=6)))
    answer = _Answer()
    for begin, end in pairwise([0, *cuts, len(sent)]):
        answer.feed(sent[begin:end])
    if not answer.is_whole:
        answer.end()
    assert (answer.status, b"".join(answer.pieces)) == (status, body)
    assert answer.headers[0] == (b"x-a", b"1")
    assert answer.is_whole


@given(pieces=st.lists(st.one_of(st.binary(max_size=30), st.sampled_from([FINE, HINT, CHUNKED]))))
def test_whatever_comes_is_an_answer_or_an_error(anyio_backend: str, pieces: list[bytes]) -> None:
    """Of one kind; and what has come of an answer stays."""
    assert anyio_backend
    answer = _Answer()
    try:
        for piece in pieces:
            if answer.is_whole:
                break
            answer.feed(piece)
        else:
            answer.end()
    except httpcore.RemoteProtocolError:
        return
    assert answer.status >= 200
