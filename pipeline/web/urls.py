"""URLs that somebody else wrote, and where the addresses behind them lead. Pure.

`fetching.py` asks here before it sends anything. Two readings of one URL are how checks are got
around, so it is read once, by httpx, which will also send it, and in one form from then on.
"""

from __future__ import annotations

import ipaddress
import re
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum

import httpx

from pipeline.errors import AddressError

_URL_LETTERS_MAX = 8192
_LABEL = r"(?!-)[a-z0-9_-]{1,63}(?<!-)"
_NAME = re.compile(rf"(?=.{{1,253}}$){_LABEL}(\.{_LABEL})*")
_AUTHORITY = re.compile(r"[/?#]")
_ENDS_IN_NUMBER = re.compile(r"(.*\.)?(0x[0-9a-f]*|[0-9]+)")
"""What the C library may take for an IPv4 address: 2130706433, 0x7f.1, 127.1."""


class Network(StrEnum):
    """Where an address leads. `SPECIAL` is all that no host has an honest use for here:
    link-local (cloud metadata), multicast, documentation, tunnels into other networks, …
    """

    PUBLIC = "public"
    PRIVATE = "private"
    SHARED = "shared"
    LOOPBACK = "loopback"
    SPECIAL = "special"


# IANA's special-purpose registries (RFC 6890), beyond what `is_global` of every Python since 3.11
# knows: old 6to4 relays, the rest of IETF's own /24, and the address by which Azure's machines
# reach their host, public in form only.
_PRIVATE_4 = [ipaddress.IPv4Network(n) for n in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16")]
_SHARED_4 = ipaddress.IPv4Network("100.64.0.0/10")
_SPECIAL_4 = [
    ipaddress.IPv4Network(n) for n in ("192.0.0.0/24", "192.88.99.0/24", "168.63.129.16/32")
]
# IPv6 is the other way round: public is what lies in 2000::/3, but for IETF's own (Teredo in it),
# documentation, and 6to4 with an IPv4 address inside.
_PUBLIC_6 = ipaddress.IPv6Network("2000::/3")
_SPECIAL_6 = [
    ipaddress.IPv6Network(n) for n in ("2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20")
]
_PRIVATE_6 = ipaddress.IPv6Network("fc00::/7")
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")


def network_of(address: str) -> Network:
    """Where an IP address leads; what is no address leads nowhere: `SPECIAL`."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return Network.SPECIAL
    if isinstance(parsed, ipaddress.IPv4Address):
        return _network_of_4(parsed)
    if parsed in _NAT64:
        # How machines without IPv4 reach public hosts that have nothing else (RFC 6052).
        inner = _network_of_4(ipaddress.IPv4Address(int(parsed) & 0xFFFFFFFF))
        return Network.PUBLIC if inner is Network.PUBLIC else Network.SPECIAL
    if parsed.is_loopback:
        return Network.LOOPBACK
    if parsed in _PRIVATE_6:
        return Network.PRIVATE
    public = parsed in _PUBLIC_6 and not any(parsed in network for network in _SPECIAL_6)
    return Network.PUBLIC if public else Network.SPECIAL


def _network_of_4(address: ipaddress.IPv4Address) -> Network:
    if address.is_loopback:
        return Network.LOOPBACK
    if any(address in network for network in _PRIVATE_4):
        return Network.PRIVATE
    if address in _SHARED_4:
        return Network.SHARED
    special = address.is_multicast or any(address in network for network in _SPECIAL_4)
    return Network.PUBLIC if address.is_global and not special else Network.SPECIAL


@dataclass(frozen=True, slots=True, repr=False)
class Place:
    """A URL that was understood: `host` in lower case ASCII without a dot at its end, or an IP
    address in its usual form. `url` may be signed: it is kept out of `repr`.
    """

    scheme: str
    host: str
    port: int
    url: httpx.URL

    @property
    def origin(self) -> tuple[str, str, int]:
        """Scheme, host and port."""
        return self.scheme, self.host, self.port

    @property
    def shown(self) -> str:
        """Host and path, for people: the part of a signed URL that is no secret."""
        return self.host + self.url.raw_path.partition(b"?")[0].decode("ascii", "replace")

    def __repr__(self) -> str:
        return f"Place({self.shown!r})"


def place_of(url: str) -> Place:
    """Understand a URL. Raises `AddressError` for one that is none, or that plays tricks."""
    if len(url) > _URL_LETTERS_MAX or "\\" in url or any(c <= " " or c == "\x7f" for c in url):
        raise AddressError("the URL is overlong, or has spaces or backslashes in it")
    try:
        parsed = httpx.URL(url)
        if parsed.scheme not in {"", "http", "https"}:
            raise AddressError(f"the URL is {parsed.scheme[:20]}: and not https")
        host = host_of(parsed.raw_host.decode("ascii"))
        if parsed.userinfo or "@" in _AUTHORITY.split(url, 3)[2]:
            raise AddressError("the URL has a user or a password in it")
        if not parsed.scheme:
            raise AddressError("the URL is none that can be used")
        usual = 443 if parsed.scheme == "https" else 80
        port = usual if parsed.port is None else parsed.port
        if not 1 <= port <= 65535:
            raise AddressError(f"the URL's port is {port}")
        return Place(parsed.scheme, host, port, parsed.copy_with(host=host, fragment=None))
    except (httpx.InvalidURL, ValueError, IndexError):
        raise AddressError("the URL is none that can be used") from None


def host_of(text: str) -> str:
    """A host's name or IP address in its one form. Raises `AddressError`."""
    name = text.lower().removesuffix(".")
    with suppress(ValueError):
        if "%" not in name:  # an address within one network card's reach is no host for us
            return str(ipaddress.ip_address(name))
    if not _NAME.fullmatch(name) or _ENDS_IN_NUMBER.fullmatch(name):
        raise AddressError(f"{text[:80]!r} is no host's name")
    return name


def is_address(host: str) -> bool:
    """Whether a host is an IP address and not a name."""
    return ":" in host or _ENDS_IN_NUMBER.fullmatch(host) is not None
