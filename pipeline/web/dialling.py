"""Opening connections: straight to a host or by an HTTP proxy, under TLS where the URL says so."""

from __future__ import annotations

from base64 import b64encode
from typing import TYPE_CHECKING

import httpcore
import httpx

from pipeline.web.http1 import Connection

if TYPE_CHECKING:
    import ssl

    from pipeline.web.http1 import Headers

Origin = tuple[bytes, bytes, int]
"""Scheme, host and port."""


def origin(url: httpx.URL) -> Origin:
    """Where a URL leads to."""
    usual = 443 if url.scheme == "https" else 80
    return url.raw_scheme, url.raw_host, usual if url.port is None else url.port


class Dialler:
    """Knows the way. Errors are httpcore's; nothing of a request is sent when one is raised."""

    def __init__(self, tls: ssl.SSLContext, proxy: str | None) -> None:
        """`proxy` is an address, with user and password where it takes some."""
        tls.set_alpn_protocols(["http/1.1"])  # the only one spoken here
        self._tls = tls
        self._proxy = None if proxy is None else httpx.Proxy(proxy)

    def target(self, request: httpx.Request) -> tuple[bytes, Headers]:
        """How the request is addressed (RFC 9112, 3.2), and what only a proxy is told."""
        url = request.url
        if self._proxy is None or url.scheme == "https":
            return url.raw_path, []
        return b"http://%s%s" % (url.netloc, url.raw_path), _credentials(self._proxy)

    async def connection(self, request: httpx.Request) -> Connection:
        """A new one. To its server's name, where the request says that it has another one than its
        address (httpx, "Extensions", `sni_hostname`).
        """
        url, patience = request.url, request.extensions["timeout"]["connect"]
        if self._proxy is None:
            stream = await _connected(url, patience)
        else:
            stream = await self._by_proxy(self._proxy, request)
        if url.scheme != "https":
            return Connection(stream)
        name = request.extensions.get("sni_hostname", url.raw_host.decode("ascii"))
        return Connection(await self._secured(stream, name, patience))

    async def _by_proxy(
        self, proxy: httpx.Proxy, request: httpx.Request
    ) -> httpcore.AsyncNetworkStream:
        scheme, patience = proxy.url.scheme, request.extensions["timeout"]["connect"]
        if scheme not in {"http", "https"}:
            raise httpcore.ConnectError(f"a {scheme} proxy is of no use here")
        stream = await _connected(proxy.url, patience)
        if scheme == "https":
            stream = await self._secured(stream, proxy.url.raw_host.decode("ascii"), patience)
        if request.url.scheme == "https":
            await _lead_on(stream, request, proxy)
        return stream

    async def _secured(
        self, stream: httpcore.AsyncNetworkStream, name: str, patience: float | None
    ) -> httpcore.AsyncNetworkStream:
        try:
            return await stream.start_tls(self._tls, name, timeout=patience)
        except BaseException:  # also where nobody waits for it any more
            await Connection(stream).aclose()
            raise


async def _connected(url: httpx.URL, patience: float | None) -> httpcore.AsyncNetworkStream:
    _scheme, host, port = origin(url)
    return await httpcore.AnyIOBackend().connect_tcp(host.decode("ascii"), port, timeout=patience)


async def _lead_on(
    stream: httpcore.AsyncNetworkStream, request: httpx.Request, proxy: httpx.Proxy
) -> None:
    """Have the proxy lead on to where the request goes (RFC 9110, 9.3.6)."""
    _scheme, host, port = origin(request.url)
    where = (b"[%s]:%d" if b":" in host else b"%s:%d") % (host, port)
    headers = {b"host": where, **dict(_credentials(proxy))}
    asked = httpx.Request("CONNECT", request.url, headers=headers, extensions=request.extensions)
    connection = Connection(stream)
    try:
        status, _headers = await connection.ask(asked, where)
    except BaseException as error:
        await connection.aclose()
        if isinstance(error, httpcore.NetworkError | httpcore.ProtocolError):
            raise httpcore.ConnectError(f"by the proxy: {error}") from error
        raise
    if not 200 <= status < 300:
        await connection.aclose()
        raise httpcore.ConnectError(f"the proxy answers {status}")


def _credentials(proxy: httpx.Proxy) -> Headers:
    if proxy.raw_auth is None:
        return []
    return [(b"proxy-authorization", b"Basic " + b64encode(b":".join(proxy.raw_auth)))]
