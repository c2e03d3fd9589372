"""Init images given by address: public hosts alone, within bounds, and offline is no failure."""

from __future__ import annotations

from typing import TYPE_CHECKING

import httpx
import pytest

from pipeline.studio.engine import EngineError
from pipeline.studio.images import IMAGE_BYTES_MAX, ImageFetcher

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Sequence

pytestmark = pytest.mark.anyio
PUBLIC = "93.184.216.34"


def fetcher(
    answer: Callable[[httpx.Request], httpx.Response], *addresses: str
) -> tuple[ImageFetcher, list[httpx.Request]]:
    """One whose every name is at `addresses`, and what it has sent; no socket is opened."""
    sent: list[httpx.Request] = []

    def handle(request: httpx.Request) -> httpx.Response:
        sent.append(request)
        return answer(request)

    async def resolve(_host: str, _port: int) -> Sequence[str]:
        if not addresses:
            raise OSError("no such name")
        return addresses

    http = httpx.AsyncClient(transport=httpx.MockTransport(handle))
    return ImageFetcher(http, resolve), sent


def streamed(*chunks: bytes, **headers: str) -> httpx.Response:
    """An answer whose body comes in pieces."""

    async def body() -> AsyncIterator[bytes]:
        for chunk in chunks:
            yield chunk

    return httpx.Response(200, content=body(), headers=headers)


@pytest.fixture
def anyio_backend() -> str:
    """What `serve` runs on; trio complains of generators that httpx leaves to the collector."""
    return "asyncio"


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


async def test_a_public_image_is_fetched() -> None:
    """Its bytes, asked for without credentials at the address that was checked."""
    fetch, sent = fetcher(lambda _request: streamed(b"pict", b"ure"), PUBLIC)
    async with fetch:
        assert await fetch("https://stills.test/bowl.png") == b"picture"
    (request,) = sent
    assert request.url.host == PUBLIC
    assert not {"x-api-key", "authorization", "cookie"} & set(request.headers)


@pytest.mark.parametrize(
    ("address", "resolved"),
    [
        ("http://127.0.0.1/bowl.png", ""),
        ("http://[::1]:8765/studio/ledger", ""),
        ("http://169.254.169.254/latest/meta-data", ""),
        ("http://10.0.0.1/", ""),
        ("http://2130706433/", "127.0.0.1"),
        ("https://stills.test/", "192.168.1.7"),
        ("https://stills.test/", "::ffff:127.0.0.1"),
        ("https://stills.test/", "fe80::1"),
        ("https://stills.test/", "0.0.0.0"),  # noqa: S104 (nobody binds here)
    ],
)
async def test_no_image_is_fetched_from_within(address: str, resolved: str) -> None:
    """Loopback, private and link-local addresses, by name, too: refused, and nothing is sent."""
    fetch, sent = fetcher(lambda _request: httpx.Response(200), *filter(None, [resolved]))
    with pytest.raises(EngineError) as refused:
        await fetch(address)
    assert refused.value.code == "invalid_param"
    assert str(refused.value).startswith("image_init: ")
    assert not sent


async def test_a_redirect_leads_no_further() -> None:
    """A public host that points inside is refused at the second hop."""
    inside = httpx.Response(302, headers={"location": "http://127.0.0.1:8765/studio/ledger"})
    fetch, sent = fetcher(lambda _request: inside, PUBLIC)
    with pytest.raises(EngineError):
        await fetch("https://stills.test/bowl.png")
    assert len(sent) == 1


@pytest.mark.parametrize("status", [404, 500])
async def test_what_is_not_there_is_left_out(status: int) -> None:
    """No picture is None, and not an error; so is a host that nobody knows."""
    fetch, _sent = fetcher(lambda _request: httpx.Response(status), PUBLIC)
    assert await fetch("https://stills.test/bowl.png") is None
    lost, sent = fetcher(lambda _request: httpx.Response(200))
    assert await lost("https://stills.test/bowl.png") is None
    assert not sent


async def test_what_is_too_large_is_left_out() -> None:
    """Over 16 MiB, announced or not."""
    half = b"x" * (IMAGE_BYTES_MAX // 2 + 1)
    fetch, _sent = fetcher(lambda _request: streamed(half, half), PUBLIC)
    assert await fetch("https://stills.test/bowl.png") is None
    said = {"content-length": str(2 * len(half))}
    fetch, _sent = fetcher(lambda _request: streamed(b"", **said), PUBLIC)
    assert await fetch("https://stills.test/bowl.png") is None
