"""Where clips may come from."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from pipeline.errors import AddressError, UsageError
from pipeline.tasks_api.hosts import HostRule, extra_host
from pipeline.web.urls import Network, place_of

if TYPE_CHECKING:
    from collections.abc import Sequence

pytestmark = pytest.mark.anyio
GATEWAY = "https://llm.bytespike.ai"


def allowed(url: str, gateway: str = GATEWAY, *extra: str) -> bool:
    """Whether a clip is fetched from there."""
    try:
        HostRule(gateway, extra).check(place_of(url))
    except AddressError:
        return False
    return True


@pytest.mark.parametrize(
    ("url", "fine"),
    [
        ("https://llm.bytespike.ai/x.mp4", True),
        ("https://cdn.bytespike.ai/x.mp4", True),
        ("https://a.b.cdn.bytespike.ai/x.mp4", True),
        ("https://bytespike.ai/x.mp4", True),
        ("https://CDN.ByteSpike.AI./x.mp4", True),
        ("https://cdn.bytespike.ai:443/x.mp4", True),
        ("https://cdn.bytespike.ai:8443/x.mp4", False),
        ("https://cdn.bytespike.ai:22/x.mp4", False),
        ("http://cdn.bytespike.ai/x.mp4", False),
        ("http://llm.bytespike.ai/x.mp4", False),
        ("https://bytespike.ai.evil.example/x.mp4", False),
        ("https://evilbytespike.ai/x.mp4", False),
        ("https://evil.ai/x.mp4", False),
        ("https://ai/x.mp4", False),
        ("https://user@cdn.bytespike.ai/x.mp4", False),
        ("https://bytespike.ai@evil.example/x.mp4", False),
        ("https://127.0.0.1/x.mp4", False),
        ("https://93.184.216.34/x.mp4", False),
        ("https://[::1]/x.mp4", False),
        ("https://localhost/x.mp4", False),
        ("file:///etc/passwd", False),
        ("https:///x.mp4", False),
    ],
)
def test_clips_come_from_the_provider_alone(url: str, fine: bool) -> None:
    """Only https at the usual port of the provider's own domain is fetched from."""
    assert allowed(url) is fine


@pytest.mark.parametrize(
    ("gateway", "url", "fine"),
    [
        # a domain is what somebody has registered, not two labels …
        ("https://api.shop.co.uk", "https://cdn.shop.co.uk/x", True),
        ("https://api.shop.co.uk", "https://cdn.other.co.uk/x", False),
        ("https://mine.fly.dev", "https://cdn.mine.fly.dev/x", True),
        ("https://mine.fly.dev", "https://yours.fly.dev/x", False),
        ("https://mine.fly.dev", "https://fly.dev/x", False),
        ("https://b.s3.amazonaws.com", "https://c.s3.amazonaws.com/x", False),
        ("https://fly.dev", "https://a.fly.dev/x", False),
        ("https://fly.dev", "https://fly.dev/x", True),
        # … in any script
        ("https://api.bücher.example", "https://cdn.xn--bcher-kva.example/x", True),
        ("https://api.xn--bcher-kva.example", "https://cdn.BÜCHER.example/x", True),
        # an address or a bare name has no domain but itself
        ("https://93.184.216.34", "https://93.184.216.34/x", True),
        ("https://93.184.216.34", "https://94.184.216.34/x", False),
        ("https://gateway", "https://gateway/x", True),
        ("https://gateway", "https://cdn.gateway/x", False),
        ("https://gateway", "https://other/x", False),
        # ports
        ("https://api.house.example:8443", "https://api.house.example:8443/x", True),
        ("https://api.house.example:8443", "https://cdn.house.example:8443/x", True),
        ("https://api.house.example:8443", "https://cdn.house.example/x", True),
        ("https://api.house.example:8443", "https://cdn.house.example:8444/x", False),
        # plain http only at home, and only on this machine
        ("http://127.0.0.1:8765", "http://127.0.0.1:8765/x", True),
        ("http://localhost:8765", "http://localhost:8765/x", True),
        ("http://[::1]:8765", "http://[::1]:8765/x", True),
        ("http://127.0.0.1:8765", "http://127.0.0.1:22/x", False),
        ("http://127.0.0.1:8765", "http://localhost:8765/x", False),
        ("http://127.0.0.1:8765", "http://127.0.0.2:8765/x", False),
        ("http://api.house.example", "http://api.house.example/x", False),
        ("http://10.0.0.1", "http://10.0.0.1/x", False),
        ("https://127.0.0.1:8765", "http://127.0.0.1:8765/x", False),
    ],
)
def test_a_gateways_domain(gateway: str, url: str, fine: bool) -> None:
    """By the public suffix list, private suffixes included."""
    assert allowed(url, gateway) is fine


@pytest.mark.parametrize(
    ("extra", "url", "fine"),
    [
        ("cdn.example", "https://cdn.example/x", True),
        ("cdn.example", "https://eu.cdn.example/x", True),
        ("eu.cdn.example", "https://cdn.example/x", False),
        ("cdn.example", "https://evilcdn.example/x", False),
        ("cdn.example", "http://cdn.example/x", False),
        ("cdn.example", "https://cdn.example:8443/x", False),
        ("CDN.Example.", "https://cdn.example/x", True),
        ("bücher.example", "https://xn--bcher-kva.example/x", True),
        # a public suffix is allowed itself; what lies below it are strangers
        ("s3.amazonaws.com", "https://s3.amazonaws.com/bucket/x", True),
        ("s3.amazonaws.com", "https://anybody.s3.amazonaws.com/x", False),
        ("com", "https://evil.com/x", False),
    ],
)
def test_more_hosts_can_be_named(extra: str, url: str, fine: bool) -> None:
    """`--download-host` stands for a host and those below it; https as ever."""
    assert allowed(url, GATEWAY, extra) is fine
    assert allowed("https://cdn.bytespike.ai/x", GATEWAY, extra)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "https://cdn.example",
        "cdn.example/x",
        "cdn.example:443",
        "*.cdn.example",
        "a b",
        "user@cdn.example",
        "10.0.0.1",
        "[::1]",
        "::1",
        "127.1",
        "cdn.example?",
        "cdn.example#",
        "cdn..example",
    ],
)
def test_what_is_no_host_is_a_wrong_command(text: str) -> None:
    """Neither URLs nor patterns nor addresses."""
    with pytest.raises(UsageError, match="--download-host"):
        extra_host(text)


@example(host="bytespike.ai.evil.example")
@given(host=st.from_regex(r"[a-z0-9.-]{1,40}", fullmatch=True))
def test_no_other_domain_gets_in(host: str) -> None:
    """Whatever a host is called, it is the domain or lies below it, or is refused."""
    assume(host.strip(".") != "bytespike.ai" and not host.strip(".").endswith(".bytespike.ai"))
    assert not allowed(f"https://{host}/x")


@given(labels=st.lists(st.from_regex(r"[a-z][a-z0-9]{0,8}", fullmatch=True), max_size=4))
def test_all_of_the_domain_gets_in(labels: list[str]) -> None:
    """However deep below it."""
    assert allowed(f"https://{'.'.join([*labels, 'bytespike.ai'])}/x")


def test_a_refusal_says_what_to_do() -> None:
    """It names the host and the option; the path may hold what is nobody's business."""
    with pytest.raises(AddressError, match=r"--download-host cdn\.example$") as caught:
        HostRule(GATEWAY).check(place_of("https://cdn.example/secret?signature=secret"))
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    ("home", "host", "networks"),
    [
        (["93.184.216.34"], "cdn.house.example", set()),
        (["10.1.2.3"], "cdn.house.example", {Network.PRIVATE}),
        (["fd00::1", "10.1.2.3"], "cdn.house.example", {Network.PRIVATE}),
        (["100.64.0.9"], "cdn.house.example", {Network.SHARED}),
        (["127.0.0.1"], "cdn.house.example", set()),
        (["127.0.0.1"], "api.house.example", {Network.LOOPBACK}),
        (["169.254.0.1"], "api.house.example", set()),
    ],
)
async def test_private_hosts_are_for_private_gateways(
    home: Sequence[str], host: str, networks: set[Network]
) -> None:
    """Only the gateway's own kind of network, and loopback only for the gateway itself."""

    async def resolve(asked: str, _port: int) -> Sequence[str]:
        assert asked == "api.house.example"
        return home

    rule = HostRule("https://api.house.example")
    assert await rule.beyond_public(place_of(f"https://{host}/"), resolve) == networks
