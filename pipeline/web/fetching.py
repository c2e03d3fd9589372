"""Reaching hosts that somebody else named: a clip's address in an answer, an image's in a request.

Whoever names a host must not get us to talk to this machine or to its neighbours. So a URL is
checked before anything is sent, its host's name is looked up once, an address that the rule
doesn't allow is refused, and the connection goes to exactly the address that was checked: a
second lookup could answer otherwise (DNS rebinding). The certificate is still held against the
name. Redirects are followed by hand, every hop checked like the first. No credentials and no
cookies are sent, whatever client is used, and messages never hold a URL's path or query.
"""

from __future__ import annotations

import socket
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Protocol

import anyio
import httpx

from pipeline.errors import AddressError, ShotmakeError
from pipeline.web.crumbs import Crumbs
from pipeline.web.reasons import reason_of
from pipeline.web.routes import STRAIGHT, is_proxied
from pipeline.web.urls import Network, is_address, network_of, place_of

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Mapping, Sequence

    from pipeline.web.urls import Place

    Resolve = Callable[[str, int], Awaitable[Sequence[str]]]
    """Host name and port → addresses as text, best first. Raises `OSError`."""

    Seen = Callable[[Place, str, float], None]
    """Told of each request: where to, HTTP status or why there is none, seconds till then."""

REDIRECTS_MAX = 5
_ADDRESSES_MAX = 6
_LOOKUP_SECONDS = 15.0
_SILENCE = httpx.Timeout(30.0, connect=10.0)


class UnreachableError(ShotmakeError):
    """A host can't be reached, or its answer is of no use."""


class Rule(Protocol):
    """Where one may go."""

    def check(self, place: Place) -> None:
        """Raises `AddressError` for a place that must not be asked, redirects included."""

    async def beyond_public(self, place: Place, resolve: Resolve) -> Collection[Network]:
        """Where else than to the public internet the place's addresses may lead."""


class Anywhere:
    """Every host of the public internet, by http or https."""

    def check(self, place: Place) -> None:
        """Any place will do."""

    async def beyond_public(self, _place: Place, _resolve: Resolve) -> Collection[Network]:
        """Nowhere else."""
        return ()


async def lookup(host: str, port: int) -> Sequence[str]:
    """The addresses that this machine knows for a name. Raises `OSError`."""
    found = await anyio.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(address[0]) for *_kind, address in found))


async def addresses_of(place: Place, resolve: Resolve) -> Sequence[str]:
    """All addresses of a place, best first. Raises `UnreachableError`."""
    if is_address(place.host):
        return [place.host]
    try:
        with anyio.fail_after(_LOOKUP_SECONDS):
            return await resolve(place.host, place.port)
    except (OSError, UnicodeError):  # a timeout is an OSError, too
        raise UnreachableError(f"the host {place.host} can't be found") from None


def _unseen(_place: Place, _outcome: str, _seconds: float) -> None:
    """Nobody wants to know."""


@asynccontextmanager
async def opened(
    http: httpx.AsyncClient,
    url: str,
    rule: Rule,
    *,
    resolve: Resolve | None = lookup,
    headers: Mapping[str, str] | None = None,
    seen: Seen = _unseen,
) -> AsyncIterator[httpx.Response]:
    """GET `url`, behind its redirects; the body is still to be read, with `aiter_raw`.

    `http` is best from `open_client`. With `resolve` None nothing is looked up or pinned: for a
    transport within this process. Raises `AddressError` for what the rule refuses, and
    `UnreachableError`, while the body is read, too.
    """
    place = place_of(url)
    try:
        for _hop in range(REDIRECTS_MAX + 1):
            rule.check(place)
            answer = await _watched(http, place, rule, resolve, headers or {}, seen)
            try:
                if not answer.has_redirect_location:
                    yield answer
                    return
                place = _next(place, answer.headers["location"])
            finally:
                await answer.aclose()
    except httpx.TransportError as error:
        raise UnreachableError(f"{place.host}: {reason_of(error)}") from None
    except (httpx.HTTPError, httpx.InvalidURL, UnicodeError):  # httpx reads a redirect's host
        raise UnreachableError(f"{place.host}: the answer can't be understood") from None
    raise UnreachableError(f"{place.host}: more than {REDIRECTS_MAX} redirects")


async def public_get(
    http: httpx.AsyncClient,
    url: str,
    *,
    bytes_max: int,
    seconds_max: float,
    resolve: Resolve | None = lookup,
) -> bytes:
    """What an http(s) URL on the public internet holds, at most `bytes_max` within `seconds_max`.

    Raises `AddressError` when it must not be fetched, `UnreachableError` when it can't be.
    """
    received, crumbs = bytearray(), Crumbs()
    try:
        with anyio.fail_after(seconds_max):
            async with opened(http, url, Anywhere(), resolve=resolve) as answer:
                if answer.status_code != 200:
                    raise UnreachableError(f"its host answers {answer.status_code}")
                length = plain_length(answer)
                if (length or 0) > bytes_max:
                    raise UnreachableError(f"it is over {bytes_max} bytes")
                async for chunk in answer.aiter_raw():
                    received += chunk
                    if crumbs.too_many(chunk):
                        raise UnreachableError("it comes in thousands of tiny pieces")
                    if len(received) > bytes_max:
                        raise UnreachableError(f"it is over {bytes_max} bytes")
                if length not in {None, len(received)}:
                    raise UnreachableError(f"only {len(received)} of {length} bytes came")
    except TimeoutError:
        raise UnreachableError(f"it took over {seconds_max:g} s") from None
    return bytes(received)


def plain_length(answer: httpx.Response) -> int | None:
    """The announced length of a body in bytes, if there is one.

    Raises `UnreachableError` for a body that is encoded (unpacking is how a small body gets to
    be a huge one) and for a length that is none.
    """
    encoding = answer.headers.get("content-encoding", "identity").strip().lower()
    if encoding not in {"identity", ""}:
        raise UnreachableError(f"the answer is encoded as {encoding[:20]!r}, unasked")
    length = answer.headers.get("content-length")
    if length is None:
        return None
    if not (length.isascii() and length.isdigit()) or len(length) > 18:
        raise UnreachableError(f"the answer's length is given as {length[:20]!r}")
    return int(length)


async def _watched(
    http: httpx.AsyncClient,
    place: Place,
    rule: Rule,
    resolve: Resolve | None,
    headers: Mapping[str, str],
    seen: Seen,
) -> httpx.Response:
    """One request and its answer's head; `seen` is told, whatever came of it."""
    begun, outcome = anyio.current_time(), "cancelled"
    try:
        answer = await _send(http, place, rule, resolve, headers)
        outcome = str(answer.status_code)
        return answer
    except (httpx.HTTPError, ShotmakeError) as error:
        outcome = type(error).__name__
        raise
    finally:
        seen(place, outcome, anyio.current_time() - begun)


async def _send(
    http: httpx.AsyncClient,
    place: Place,
    rule: Rule,
    resolve: Resolve | None,
    headers: Mapping[str, str],
) -> httpx.Response:
    by_name = is_proxied(place)  # only a proxy may be told a name to look up
    if resolve is None or (by_name and not is_address(place.host)):
        return await _ask(http, _request(place, headers))
    addresses = await _allowed(place, rule, resolve)
    if by_name:
        return await _ask(http, _request(place, headers))
    failure: httpx.TransportError | None = None
    for address in addresses[:_ADDRESSES_MAX]:
        try:
            return await _ask(http, _request(place, headers, address))
        except (httpx.ConnectError, httpx.ConnectTimeout) as error:
            failure = error
    raise failure or UnreachableError(f"the host {place.host} has no address")


async def _ask(http: httpx.AsyncClient, request: httpx.Request) -> httpx.Response:
    return await http.send(request, stream=True, auth=None, follow_redirects=False)


async def _allowed(place: Place, rule: Rule, resolve: Resolve) -> Sequence[str]:
    """The place's addresses that lead where the rule allows. Raises `AddressError` for none."""
    found = await addresses_of(place, resolve)
    kinds = {network_of(address) for address in found}
    if kinds <= {Network.PUBLIC}:
        return found
    networks = {Network.PUBLIC, *await rule.beyond_public(place, resolve)}
    allowed = [address for address in found if network_of(address) in networks]
    if not allowed:
        raise AddressError(f"{place.host} is at a {' and a '.join(sorted(kinds))} address")
    return allowed


def _request(place: Place, headers: Mapping[str, str], address: str | None = None) -> httpx.Request:
    """Built without the client: nothing of what that has in its headers or cookies is sent.

    With an address the connection goes there; server name, certificate and `Host` are the
    name's (httpx, "Extensions", `sni_hostname`). `Connections` keep such a connection for that name
    alone: the next name at the same address would go over it without its certificate looked at.
    """
    extensions: dict[str, object] = {"timeout": _SILENCE.as_dict()}
    sent = {
        "host": place.url.netloc.decode("ascii"),
        "user-agent": "shotmake",
        "accept": "*/*",
        "accept-encoding": "identity",
        **headers,
    }
    url = place.url
    if address is not None:
        url = url.copy_with(host=address)
        extensions[STRAIGHT] = True
        if not is_address(place.host):
            extensions["sni_hostname"] = place.host
    return httpx.Request("GET", url, headers=sent, extensions=extensions)


def _next(place: Place, location: str) -> Place:
    try:
        return place_of(str(place.url.join(location)))
    except (httpx.InvalidURL, ValueError):
        raise UnreachableError(f"{place.host} redirects to what is no URL") from None
