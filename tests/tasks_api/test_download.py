"""Fetching one clip from a host that misbehaves: nothing is ever glued together wrongly."""

from __future__ import annotations

import errno
import hashlib
import itertools
import random
import re
import threading
from typing import TYPE_CHECKING, Any

import anyio
import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.errors import ApiError, GatewayError, ProtocolError, RefusedError
from pipeline.tasks_api import download
from pipeline.tasks_api.download import CLIP_BYTES_MAX, Downloads, Partial, validator
from pipeline.tasks_api.hosts import HostRule

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from pathlib import Path
    from typing import BinaryIO

    from pipeline.tasks_api.exchange import Exchange

pytestmark = pytest.mark.anyio
CLIP = random.Random(7).randbytes(1000)  # noqa: S311 (any bytes will do)
URL = "https://cdn.house.example/clips/a.mp4?signature=secret"


class Body(httpx.AsyncByteStream):
    """Some bytes, in pieces; then the end, or a connection that breaks."""

    def __init__(self, content: bytes, *, cut: bool = False, piece: int = 64) -> None:
        self._pieces = [content[at : at + piece] for at in range(0, len(content), piece)]
        self._cut = cut

    def __aiter__(self) -> Body:
        return self

    async def __anext__(self) -> bytes:
        await anyio.lowlevel.checkpoint()
        if self._pieces:
            return self._pieces.pop(0)
        if self._cut:
            raise httpx.ReadError("connection reset")
        raise StopAsyncIteration


class Cdn(httpx.AsyncBaseTransport):
    """Serves one clip as RFC 9110 says; `changes` are made to one answer each, in turn."""

    def __init__(self, clip: bytes = CLIP, etag: str | None = '"one"') -> None:
        self.clip = clip
        self.etag = etag
        self.requests: list[httpx.Request] = []
        self.changes: list[Callable[[httpx.Response], httpx.Response]] = []

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        await anyio.lowlevel.checkpoint()
        self.requests.append(request)
        answer = self._answer(request)
        return self.changes.pop(0)(answer) if self.changes else answer

    def _answer(self, request: httpx.Request) -> httpx.Response:
        headers = {"content-type": "video/mp4", **({"etag": self.etag} if self.etag else {})}
        asked = re.fullmatch(r"bytes=(\d+)-", request.headers.get("range", ""))
        if asked and request.headers.get("if-range") == self.etag:
            begin, length = int(asked[1]), len(self.clip)
            if begin >= length:
                return httpx.Response(416, headers={"content-range": f"bytes */{length}"})
            headers["content-range"] = f"bytes {begin}-{length - 1}/{length}"
            return answer(self.clip[begin:], 206, headers)
        return answer(self.clip, 200, headers)


def answer(content: bytes, status: int, headers: dict[str, str], **how: Any) -> httpx.Response:
    announced = {"content-length": str(len(content)), **headers}
    return httpx.Response(status, headers=announced, stream=Body(content, **how))


def cut(at: int) -> Callable[[httpx.Response], httpx.Response]:
    """So many bytes of the body, and then the connection breaks."""

    def change(whole: httpx.Response) -> httpx.Response:
        content = b"".join(whole.stream._pieces)[:at]  # type: ignore[union-attr]
        return httpx.Response(
            whole.status_code, headers=whole.headers, stream=Body(content, cut=True)
        )

    return change


def replaced(
    status: int, content: bytes = b"", **headers: str
) -> Callable[[httpx.Response], httpx.Response]:
    """Another answer."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return lambda _whole: answer(content, status, named)


class Line:
    """One clip being fetched: the host, our side of it, and what was logged."""

    def __init__(self, folder: Path, cdn: Cdn | None = None) -> None:
        self.cdn = cdn or Cdn()
        self.log: list[Exchange] = []
        self.addresses = {"api.house.example": ["93.184.216.34"]}
        self.partial = Partial(folder / "a.mp4.part")
        self.downloads = Downloads(
            httpx.AsyncClient(transport=self.cdn, headers={"x-api-key": "sk-byts-secret"}),
            HostRule("https://api.house.example"),
            resolve=self.resolve,
            log=self.log.append,
        )

    async def resolve(self, host: str, _port: int) -> Sequence[str]:
        return self.addresses.get(host, ["93.184.216.34"])

    async def fetch(self, url: str = URL) -> download.Fetched:
        return await self.downloads.fetch(url, self.partial)

    async def arrives(self) -> None:
        """The next try brings the whole clip, and nothing but it."""
        fetched = await self.fetch()
        assert self.partial.path.read_bytes() == self.cdn.clip
        assert fetched.bytes == len(self.cdn.clip)
        assert fetched.sha256 == hashlib.sha256(self.cdn.clip).hexdigest()


@pytest.fixture(autouse=True)
def _no_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever the machine that runs the tests has set."""
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


@pytest.fixture
def line(tmp_path: Path) -> Line:
    return Line(tmp_path)


async def test_a_clip_is_fetched(line: Line) -> None:
    """In one go, without a key, without its signature in the log."""
    await line.arrives()
    (request,) = line.cdn.requests
    assert "sk-byts-secret" not in str(request.headers.multi_items())
    assert request.headers["accept-encoding"] == "identity"
    (exchange,) = line.log
    assert (exchange.method, exchange.target) == ("GET", "cdn.house.example/clips/a.mp4")
    assert (exchange.outcome, exchange.attempt) == ("200", 1)


async def test_a_cut_clip_goes_on_where_it_was_cut(line: Line) -> None:
    """Cut again and again, each try asks for the rest of the very same version."""
    line.cdn.changes = [cut(100), cut(200), cut(0), cut(1)]
    for _try in range(4):
        with pytest.raises(GatewayError, match="connection reset"):
            await line.fetch()
    assert line.partial.bytes == 301
    await line.arrives()
    ranges = [request.headers.get("range") for request in line.cdn.requests]
    assert ranges == [None, "bytes=100-", "bytes=300-", "bytes=300-", "bytes=301-"]
    assert {r.headers.get("if-range") for r in line.cdn.requests[1:]} == {'"one"'}
    assert [exchange.attempt for exchange in line.log] == [1, 2, 3, 4, 5]


@pytest.mark.parametrize("anyio_backend", ["asyncio", "trio"])
async def test_large_clips_are_written_beside_the_loop(
    line: Line, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By the batch, on other threads: in order, and with nothing lost of one that is cut."""
    monkeypatch.setattr(download, "_BATCH_BYTES", 100)
    threads: set[int] = set()
    add = Partial.add

    def noted(self: Partial, chunks: Iterable[bytes], file: BinaryIO) -> None:
        threads.add(threading.get_ident())
        add(self, chunks, file)

    monkeypatch.setattr(Partial, "add", noted)
    line.cdn.changes = [cut(250), cut(313)]
    for came in (250, 563):
        with pytest.raises(GatewayError, match="connection reset"):
            await line.fetch()
        assert line.partial.bytes == line.partial.path.stat().st_size == came
    await line.arrives()
    assert len(threads) > 1


@pytest.mark.parametrize("anyio_backend", ["asyncio", "trio"])
async def test_a_batch_that_can_not_be_written_ends_the_fetching(
    line: Line, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With the disk's own error, from whichever thread; the next try begins again."""
    monkeypatch.setattr(download, "_BATCH_BYTES", 100)
    full = OSError(errno.ENOSPC, "No space left on device")
    add, calls = Partial.add, itertools.count(1)

    def failing(self: Partial, chunks: Iterable[bytes], file: BinaryIO) -> None:
        if next(calls) == 3:
            file.write(b"half of it")
            raise full
        add(self, chunks, file)

    monkeypatch.setattr(Partial, "add", failing)
    with pytest.raises(OSError, match="No space left"):
        await line.fetch()
    await line.arrives()


async def test_a_connection_that_breaks_behind_the_last_byte_has_brought_all(line: Line) -> None:
    """There is nothing more to ask for."""
    line.cdn.changes = [cut(1000)]
    await line.arrives()
    assert len(line.cdn.requests) == 1


async def test_a_fresh_address_goes_on_with_the_same_clip(line: Line) -> None:
    """Where it lies and how it is signed doesn't matter, as the version is named."""
    line.cdn.changes = [cut(500)]
    with pytest.raises(GatewayError):
        await line.fetch()
    await line.fetch("https://other.house.example/b.mp4?signature=other")
    assert line.partial.path.read_bytes() == CLIP
    assert line.cdn.requests[1].headers["range"] == "bytes=500-"


async def test_another_version_begins_again(line: Line) -> None:
    """If-Range makes the host send all of it; the old bytes are gone."""
    line.cdn.changes = [cut(500)]
    with pytest.raises(GatewayError):
        await line.fetch()
    line.cdn.clip, line.cdn.etag = CLIP[::-1] + b"more", '"two"'
    await line.arrives()


@pytest.mark.parametrize("etag", [None, 'W/"one"', "one", '"o"ne"'])
async def test_without_a_strong_validator_a_cut_clip_begins_again(
    tmp_path: Path, etag: str | None
) -> None:
    """Nobody could say whether the rest would be of the same clip."""
    line = Line(tmp_path, Cdn(etag=etag))
    line.cdn.changes = [cut(500)]
    with pytest.raises(GatewayError):
        await line.fetch()
    await line.arrives()
    assert "range" not in line.cdn.requests[1].headers


async def test_a_file_that_somebody_touched_begins_again(line: Line) -> None:
    """What lies there must be what came."""
    line.cdn.changes = [cut(500)]
    with pytest.raises(GatewayError):
        await line.fetch()
    line.partial.path.write_bytes(CLIP[:499])
    await line.arrives()


REST = CLIP[500:]
WRONG_RESTS = {
    "begins elsewhere": replaced(206, REST, content_range="bytes 499-998/1000"),
    "begins at nothing": replaced(206, CLIP, content_range="bytes 0-999/1000"),
    "of another length": replaced(206, REST, content_range="bytes 500-999/1001"),
    "ends beyond the end": replaced(206, REST, content_range="bytes 500-1000/1000"),
    "has more than there is": replaced(206, REST + b"x", content_range="bytes 500-1000/1000"),
    "ends before it begins": replaced(206, b"", content_range="bytes 500-499/1000"),
    "shorter than said": replaced(206, REST[:-1], content_range="bytes 500-999/1000"),
    "of another version": replaced(206, REST, content_range="bytes 500-999/1000", etag='"two"'),
    "weakly the same": replaced(206, REST, content_range="bytes 500-999/1000", etag='W/"one"'),
    "no range said": replaced(206, REST),
    "nonsense said": replaced(206, REST, content_range="bytes 500-999"),
    "several parts": replaced(206, REST, content_type="multipart/byteranges; boundary=x"),
    "nothing left": replaced(416, b"", content_range="bytes */500"),
}


@pytest.mark.parametrize("wrong", WRONG_RESTS)
async def test_a_wrong_part_is_never_put_to_the_right_one(line: Line, wrong: str) -> None:
    """What is not exactly the rest is refused, and the clip is begun again."""
    line.cdn.changes = [cut(500), WRONG_RESTS[wrong]]
    for _try in range(2):
        with pytest.raises(GatewayError):
            await line.fetch()
    assert line.partial.bytes == 0
    await line.arrives()
    assert "range" not in line.cdn.requests[2].headers


async def test_a_rest_in_parts_arrives(line: Line) -> None:
    """A host may send less than was asked for; then there is more to ask for."""
    part = CLIP[500:600]
    line.cdn.changes = [cut(500), replaced(206, part, content_range="bytes 500-599/1000")]
    for _try in range(2):
        with pytest.raises(GatewayError):
            await line.fetch()
    assert line.partial.bytes == 600
    await line.arrives()
    assert line.cdn.requests[2].headers["range"] == "bytes=600-"


async def test_a_rest_of_too_much_is_not_read(line: Line) -> None:
    """How long it is was not said at first: the part that goes on says it, and it is too long."""

    def unannounced(whole: httpx.Response) -> httpx.Response:
        broken = cut(500)(whole)
        del broken.headers["content-length"]
        return broken

    huge = f"bytes 500-999/{CLIP_BYTES_MAX + 1}"
    line.cdn.changes = [unannounced, replaced(206, REST, content_range=huge)]
    with pytest.raises(GatewayError, match="connection reset"):
        await line.fetch()
    with pytest.raises(ProtocolError, match="512 MiB"):
        await line.fetch()
    assert line.partial.bytes == 500


@pytest.mark.parametrize("anyio_backend", ["asyncio"])  # trio warns of httpx's own generators
async def test_more_than_announced_is_begun_again(line: Line) -> None:
    """What came is of no version that anybody could name: the next try asks for all of it."""
    line.cdn.changes = [replaced(200, CLIP, content_length="990", etag='"one"')]
    with pytest.raises(GatewayError, match="more than it announced"):
        await line.fetch()
    await line.arrives()
    assert "range" not in line.cdn.requests[1].headers


@given(
    cuts=st.lists(st.integers(0, 400), max_size=12),
    etags=st.lists(st.sampled_from(['"one"', '"two"', None]), min_size=13, max_size=13),
)
async def test_however_it_is_cut_the_clip_is_one_version(
    tmp_path_factory: pytest.TempPathFactory, cuts: list[int], etags: list[str | None]
) -> None:
    """Cuts and changes of version in any order: what arrives is all of the last version."""
    line = Line(tmp_path_factory.mktemp("clip"))
    versions = {'"one"': CLIP, '"two"': CLIP[::-1], None: CLIP[:700]}
    for at, etag in zip([*cuts, None], etags, strict=False):
        line.cdn.etag, line.cdn.clip = etag, versions[etag]
        line.cdn.changes = [] if at is None else [cut(at)]
        try:
            await line.fetch()
        except GatewayError:
            continue
        assert line.partial.path.read_bytes() == line.cdn.clip
        return
    raise AssertionError("it never arrived")


@pytest.mark.parametrize(
    ("change", "kind", "says"),
    [
        (replaced(403), RefusedError, "403"),
        (replaced(404), RefusedError, "404"),
        (replaced(410), RefusedError, "410"),
        (replaced(400), RefusedError, "400"),
        (replaced(416), RefusedError, "416"),
        (replaced(429), GatewayError, "429"),
        (replaced(500), GatewayError, "500"),
        (replaced(503), GatewayError, "503"),
        (replaced(204), GatewayError, "204"),
        (replaced(206, CLIP[5:], content_range="bytes 5-999/1000"), GatewayError, "206"),
        (replaced(304), GatewayError, "304"),
        (replaced(302), GatewayError, "302"),
        (replaced(200, b"<html>", content_type="text/html; charset=utf-8"), GatewayError, "page"),
        (replaced(200, b"no", content_type="TEXT/plain"), GatewayError, "page"),
        (replaced(200, b"{}", content_type="application/json"), GatewayError, "page"),
        (replaced(200, b"{}", content_type="application/problem+json"), GatewayError, "page"),
        (replaced(200, b"<x/>", content_type="application/xml"), GatewayError, "page"),
        (replaced(200, b"x", content_encoding="gzip"), GatewayError, "encoded"),
        (replaced(200, b"x", content_encoding="br"), GatewayError, "encoded"),
        (replaced(200, b"x", content_length="x"), GatewayError, "length"),
        (replaced(200, b"x" * 9, content_length="8"), GatewayError, "more than"),
        (replaced(200, b"x" * 9, content_length="10"), GatewayError, "9 of 10"),
        (replaced(200, b"x", content_length=str(CLIP_BYTES_MAX + 1)), ProtocolError, "512 MiB"),
        (replaced(302, location="https://evil.example/x"), ProtocolError, r"evil\.example"),
        (replaced(302, location="http://cdn.house.example/x"), ProtocolError, "https"),
    ],
)
async def test_what_is_no_clip_is_our_error(
    line: Line, change: Callable[..., httpx.Response], kind: type[ApiError], says: str
) -> None:
    """Each refusal, fault and page by its own kind, no signature in it; then the clip arrives."""
    line.cdn.changes = [change]
    with pytest.raises(ApiError, match=says) as caught:
        await line.fetch()
    assert type(caught.value) is kind
    assert "secret" not in str(caught.value)
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__ or caught.value.__context__ is None
    await line.arrives()


@pytest.mark.parametrize(
    "url",
    [
        "https://evil.example/x?secret",
        "http://cdn.house.example/x?secret",
        "https://10.0.0.1/x?secret",
        "secret",
        "https://cdn.house.example:99999/x?secret",
    ],
)
async def test_a_wrong_address_is_not_even_asked(line: Line, url: str) -> None:
    """Nothing is sent there, and the message doesn't repeat it."""
    with pytest.raises(ProtocolError, match="not fetched") as caught:
        await line.fetch(url)
    assert not line.cdn.requests
    assert "secret" not in str(caught.value)


async def test_a_private_address_is_not_even_asked(line: Line) -> None:
    """A host of the provider's that leads into this network is none, unless that is in it, too."""
    line.addresses["cdn.house.example"] = ["10.0.0.1"]
    with pytest.raises(ProtocolError, match="private address"):
        await line.fetch()
    assert not line.cdn.requests
    line.addresses["api.house.example"] = ["192.168.0.1"]
    await line.arrives()


@pytest.mark.parametrize("anyio_backend", ["asyncio"])  # trio warns of httpx's own generators
async def test_a_clip_without_a_length_is_counted(
    line: Line, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It may be right; over the cap it is cut off."""

    def unannounced(whole: httpx.Response) -> httpx.Response:
        del whole.headers["content-length"]
        return whole

    line.cdn.changes = [unannounced] * 2
    await line.arrives()
    line.partial.reset()
    monkeypatch.setattr(download, "CLIP_BYTES_MAX", 999)
    with pytest.raises(ProtocolError, match="over"):
        await line.fetch()
    assert line.partial.path.stat().st_size < 1000


async def test_what_an_earlier_run_left_is_removed(tmp_path: Path) -> None:
    """It may be another task's clip."""
    (tmp_path / "a.mp4.part").write_bytes(CLIP[::-1])
    line = Line(tmp_path)
    assert not line.partial.path.exists()
    await line.arrives()


DATE, LONG_AGO = "Mon, 23 Nov 2026 12:00:00 GMT", "Mon, 23 Nov 2026 11:00:00 GMT"


@pytest.mark.parametrize(
    ("headers", "names"),
    [
        ({"etag": '"one"'}, '"one"'),
        ({"etag": '""'}, '""'),
        ({"etag": '"one"', "last-modified": LONG_AGO, "date": DATE}, '"one"'),
        ({"last-modified": LONG_AGO, "date": DATE}, LONG_AGO),
        ({"last-modified": DATE, "date": DATE}, None),
        ({"last-modified": LONG_AGO}, None),
        ({"last-modified": "yesterday", "date": DATE}, None),
        ({"last-modified": "Mon, 23 Nov 2026 11:00:00", "date": DATE}, None),
        ({"etag": 'W/"one"', "last-modified": LONG_AGO, "date": DATE}, None),
        ({"etag": "one"}, None),
        ({}, None),
    ],
)
def test_what_names_a_version(headers: dict[str, str], names: str | None) -> None:
    """A strong tag, or a date a minute older than the answer (RFC 9110, 8.8)."""
    assert validator(headers) == names
