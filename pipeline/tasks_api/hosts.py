"""Where clips may come from: the provider's own hosts, and those that the user has named."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from pipeline.errors import AddressError, UsageError
from pipeline.web.fetching import addresses_of
from pipeline.web.urls import Network, host_of, is_address, network_of, place_of

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from pipeline.web.fetching import Resolve
    from pipeline.web.urls import Place

_HTTPS_PORT = 443


class HostRule:
    """Clips come by https from the gateway's registrable domain, and from `extra_hosts`.

    The gateway's own origin is always fine: by plain http, too, but only where it is on this
    machine. Every other host is asked at port 443 or at the gateway's own. The domain is what the
    public suffix list calls one, private suffixes such as fly.dev included: `a.fly.dev` says
    nothing for `b.fly.dev`. A gateway that is an IP address or a bare name has no domain but
    itself. An extra host stands for the hosts below it, too, unless it is a public suffix.

    Addresses must be public. Private ones are fine where the gateway itself is in a network of
    that kind, loopback only for the gateway's own host.
    """

    def __init__(self, gateway: str, extra_hosts: Iterable[str] = ()) -> None:
        self._home = place_of(gateway)
        self._extra = tuple(extra_host(name) for name in extra_hosts)

    def check(self, place: Place) -> None:
        """Raises `AddressError` for a place that clips must not be fetched from."""
        if place.scheme != "https":
            on_this_machine = place.host == "localhost" or (
                is_address(place.host) and network_of(place.host) is Network.LOOPBACK
            )
            if place.origin == self._home.origin and on_this_machine:
                return
            raise AddressError(f"it is at {place.host} and not by https")
        if place.origin == self._home.origin:
            return
        if place.port not in {_HTTPS_PORT, self._home.port}:
            raise AddressError(f"it is at port {place.port} of {place.host}")
        if not self._is_ours(place.host):
            said = f"it is at {place.host}, no host of {self._home.host}'s"
            if not is_address(place.host):
                said += (
                    "; if you know that the provider keeps clips there, "
                    f"add --download-host {place.host}"
                )
            raise AddressError(said)

    async def beyond_public(self, place: Place, resolve: Resolve) -> Collection[Network]:
        """Where else than to the public internet the place's addresses may lead."""
        home = {network_of(address) for address in await addresses_of(self._home, resolve)}
        own = {Network.LOOPBACK} if place.host == self._home.host else set()
        return home & {Network.PRIVATE, Network.SHARED, *own}

    def _is_ours(self, host: str) -> bool:
        if host == self._home.host or host in self._extra:
            return True
        domains = [_domain(self._home.host), *filter(_has_below, self._extra)]
        return any(host == domain or host.endswith("." + domain) for domain in domains if domain)


def extra_host(text: str) -> str:
    """A host's name as `--download-host` takes it. Raises `UsageError`."""
    try:
        host = place_of(f"https://{text}/").host  # letters of other scripts become ASCII there
        plain = host_of(host) == host and not any(c in text for c in "/:?#@[]")
    except AddressError:
        plain = False
    if not plain or is_address(host):
        raise UsageError(f"--download-host {text[:80]!r}: give a host's name, as in cdn.example")
    return host


def _has_below(host: str) -> bool:
    return _domain(host) is not None


@cache
def _domain(host: str) -> str | None:
    """What somebody has registered: `a.b.example.co.uk` → `example.co.uk`; None for a suffix.

    The list comes with the package; nothing is fetched.
    """
    if is_address(host) or "." not in host:
        return None
    # Read only when a clip isn't at the gateway's own host: 10,000 rules, some 80 ms.
    from publicsuffixlist import PublicSuffixList  # noqa: PLC0415

    domain: str | None = PublicSuffixList().privatesuffix(host)
    return domain
