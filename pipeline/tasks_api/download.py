"""Fetching clips: a client without credentials, a list of hosts, and a cap on the bytes."""

from __future__ import annotations

import hashlib
import ipaddress
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urljoin, urlsplit

import anyio
import httpx

from pipeline.errors import GatewayError, ProtocolError, RefusedError

if TYPE_CHECKING:
    from pathlib import Path

CLIP_BYTES_MAX = 512 * 1024 * 1024
_REDIRECTS_MAX = 5
_TOTAL_SECONDS = 600.0
_TIMEOUT = httpx.Timeout(30.0)


@dataclass(frozen=True, slots=True)
class HostRule:
    """Where clips may come from: the gateway's own host and its domain, nothing else.

    `gateway` is the base URL. Its last two labels are taken as the provider's domain.
    Plain http is allowed only for the gateway's own origin, and only when that is plain too:
    the studio on this machine.
    """

    gateway: str

    def check(self, url: str) -> None:
        """Raises `ProtocolError` when a clip must not be fetched from there."""
        asked, home = urlsplit(url), urlsplit(self.gateway)
        host, home_host = (asked.hostname or "").lower(), (home.hostname or "").lower()
        if (asked.scheme, asked.netloc.lower()) == (home.scheme, home.netloc.lower()):
            return
        if asked.scheme != "https":
            raise ProtocolError(f"the clip's address is not https (host {host!r})")
        ours = host == home_host or host.endswith("." + _domain(home_host))
        if _is_address(host) or not ours:
            raise ProtocolError(f"the clip is at {host!r}, not at the provider's {home_host}")


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def _domain(host: str) -> str:
    return host if _is_address(host) else ".".join(host.split(".")[-2:])


@dataclass(frozen=True, slots=True)
class Fetched:
    """What was written to the `.part` file."""

    sha256: str
    bytes: int


async def download(http: httpx.AsyncClient, rule: HostRule, url: str, part: Path) -> Fetched:
    """Stream a clip to `part`. `http` must hold no credentials and follow no redirects.

    Raises `RefusedError` for 4xx (an expired URL: query for a fresh one), `GatewayError` for
    what may pass, `ProtocolError` for an address or an answer that can't be right. No message
    holds the URL: it is signed.
    """
    try:
        with anyio.fail_after(_TOTAL_SECONDS):
            for _hop in range(_REDIRECTS_MAX):
                rule.check(url)
                request = http.build_request("GET", url, headers={"accept-encoding": "identity"})
                answer = await http.send(request, stream=True)
                try:
                    if answer.is_redirect and "location" in answer.headers:
                        url = urljoin(url, answer.headers["location"])
                        continue
                    return await _save(answer, part)
                finally:
                    await answer.aclose()
    except TimeoutError:
        raise GatewayError("the clip's download took over ten minutes", code="download") from None
    except httpx.TransportError as error:
        raise GatewayError(
            f"the clip's download broke off ({type(error).__name__})", code="download"
        ) from None
    except (httpx.HTTPError, httpx.InvalidURL, ValueError) as error:
        raise ProtocolError(f"the clip's address can't be used ({type(error).__name__})") from None
    raise ProtocolError(f"the clip's address redirects more than {_REDIRECTS_MAX} times")


async def _save(answer: httpx.Response, part: Path) -> Fetched:
    if answer.status_code >= 500 or answer.status_code == 429:
        raise GatewayError(f"the clip's host answers {answer.status_code}", code="download")
    if answer.status_code != 200:
        raise RefusedError(
            f"the clip's host answers {answer.status_code}",
            code="download",
            status=answer.status_code,
        )
    received, hasher = 0, hashlib.sha256()
    # Opened and written on this thread: a chunk costs less than handing it to another one.
    with part.open("wb") as file:
        async for chunk in answer.aiter_raw():
            received += len(chunk)
            if received > CLIP_BYTES_MAX:
                raise ProtocolError(f"the clip is over {CLIP_BYTES_MAX // 1024**2} MiB")
            file.write(chunk)
            hasher.update(chunk)
    length = answer.headers.get("content-length")
    if length is not None and length != str(received):
        raise GatewayError(f"the clip was cut: {received} of {length} bytes", code="download")
    return Fetched(hasher.hexdigest(), received)
