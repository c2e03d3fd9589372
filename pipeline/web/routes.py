"""By which way a request leaves: straight to an address that was checked, or by a proxy.

Where the environment names a proxy for a URL, the proxy looks the name up and connects: then only
the URL itself can be checked, and what the name stands for is the proxy's business.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.request import getproxies, proxy_bypass

import httpx

from pipeline.web.connections import Connections

if TYPE_CHECKING:
    import ssl

    from pipeline.web.urls import Place

STRAIGHT = "shotmake.straight"
"""Marks a request whose address was checked: it never goes through a proxy."""


def is_proxied(place: Place) -> bool:
    """Whether the environment sends this URL through a proxy, as `urllib` understands it."""
    return _proxy(place.scheme) is not None and not proxy_bypass(f"{place.host}:{place.port}")


def _proxy(scheme: str) -> str | None:
    proxies = getproxies()
    proxy = proxies.get(scheme) or proxies.get("all")
    return proxy if not proxy or "://" in proxy else f"http://{proxy}"


def open_client(verify: ssl.SSLContext | None = None) -> httpx.AsyncClient:
    """A client that holds no credentials: straight to checked addresses, else by the proxy."""
    return httpx.AsyncClient(transport=_Routes(verify or httpx.create_ssl_context()))


def way_to(address: str, verify: ssl.SSLContext) -> httpx.AsyncBaseTransport:
    """The way to one host, whose address the user has given: it is a good one, and not checked."""
    url = httpx.URL(address)
    host = url.host if url.port is None else f"{url.host}:{url.port}"
    proxy = None if proxy_bypass(host) else _proxy(url.scheme)
    return Connections(verify, proxy)


class _Routes(httpx.AsyncBaseTransport):
    """httpx would ask for the proxy by the address, as that is what the URL holds then; the
    environment's rules are about names.
    """

    def __init__(self, verify: ssl.SSLContext) -> None:
        self._verify = verify
        self._straight = Connections(verify)
        self._by_proxy: dict[str, Connections] = {}

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        proxy = None
        if STRAIGHT not in request.extensions:
            proxy = _proxy(request.url.scheme)
        if proxy is None:
            return await self._straight.handle_async_request(request)
        if proxy not in self._by_proxy:
            self._by_proxy[proxy] = Connections(self._verify, proxy)
        return await self._by_proxy[proxy].handle_async_request(request)

    async def aclose(self) -> None:
        for transport in (self._straight, *self._by_proxy.values()):
            await transport.aclose()
