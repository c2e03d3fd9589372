"""Bringing clips home: whatever a clip's host does, a paid clip arrives, now or by the next run."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import anyio
import httpx
import pytest

from pipeline.errors import CredentialsError
from pipeline.rendering.delivery import TOTAL_SECONDS
from pipeline.rendering.notices import Kind, Report
from pipeline.rendering.records import Status
from pipeline.studio.engine import Job
from tests.support.engine import plain
from tests.support.world import KEY, World

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from pathlib import Path

    from tests.support.world import Send

    Host = Callable[[int, httpx.Request, Send], Awaitable[httpx.Response]]
    """The clips' host: gets each request's number, from 0, and the way to the studio."""

pytestmark = pytest.mark.anyio
CLIPS, QUERY, SUBMIT = "/studio/clips/", "/v1/tasks/query", "/v1/tasks/submit"


class Body(httpx.AsyncByteStream):
    """Pieces with pauses before them; then the end, or a connection that breaks."""

    def __init__(
        self, content: bytes, piece: int, *, seconds: float = 0, cut: bool = False
    ) -> None:
        self._pieces = [content[at : at + piece] for at in range(0, len(content), piece)]
        self._seconds = seconds
        self._cut = cut

    def __aiter__(self) -> Body:
        return self

    async def __anext__(self) -> bytes:
        await anyio.sleep(self._seconds)
        if self._pieces:
            return self._pieces.pop(0)
        if self._cut:
            raise httpx.ReadError("connection reset")
        raise StopAsyncIteration


async def altered(
    request: httpx.Request, send: Send, first: int | None = None, seconds: float = 0
) -> httpx.Response:
    """The studio's own answer, cut after its `first` bytes, each piece after some seconds."""
    answer = await send(request)
    whole = await answer.aread()
    body = Body(whole[:first], 100, seconds=seconds, cut=first is not None)
    return httpx.Response(answer.status_code, headers=answer.headers, stream=body)


class Hosted:
    """A world whose clips are served by `host`; enough said about a run of one shot in it."""

    def __init__(self, world: World, host: Host) -> None:
        self.world = world
        self.spec = world.film("a bowl")
        self.clip_requests: list[httpx.Request] = []
        world.wire.meddle = self._meddle
        self._host = host

    async def _meddle(self, request: httpx.Request, send: Send) -> httpx.Response:
        if request.url.path.startswith("/v1/"):
            return await send(request)
        self.clip_requests.append(request)
        return await self._host(len(self.clip_requests) - 1, request, send)

    async def run(self) -> Report:
        return await self.world.run(self.spec)

    @property
    def status(self) -> Status:
        return self.world.results().records["a"].status

    @property
    def ranges(self) -> list[str | None]:
        return [request.headers.get("range") for request in self.clip_requests]

    def waits(self) -> list[str]:
        """Why it took longer."""
        notices = self.world.notices
        return [notice.message for notice in notices if notice.kind is Kind.DELAYED]

    async def arrives_by_the_next_run(self) -> None:
        """Nothing is stored, nothing lies around; without the fault it comes, and is paid once."""
        assert self.status is Status.PENDING
        assert not self.world.folder().clips()
        assert not left_behind(self.world.outputs)
        self.world.wire.meddle = None
        report = await self.run()
        self.arrived(report)

    def arrived(self, report: Report) -> None:
        assert report.summary.complete
        assert self.status is Status.COMPLETED
        clip = self.world.results().records["a"].clip
        assert clip is not None
        assert self.world.folder().sha256("a.mp4") == clip.sha256
        assert (clip.width, clip.height, clip.duration_seconds) == (1280, 720, 4.0)
        assert self.world.wire.count(SUBMIT) == 1
        assert set(self.world.charges.values()) == {1}
        assert not left_behind(self.world.outputs)


def left_behind(outputs: Path) -> list[str]:
    return [path.name for path in outputs.rglob("*.part")]


async def test_a_slow_line_with_many_cuts_arrives(world: World) -> None:
    """Every try that brings bytes starts the count of tries again, at the same address."""

    async def host(_number: int, request: httpx.Request, send: Send) -> httpx.Response:
        return await altered(request, send, first=200)

    hosted = Hosted(world, host)
    hosted.arrived(await hosted.run())
    assert len(hosted.clip_requests) > 15
    assert hosted.ranges[:3] == [None, "bytes=200-", "bytes=400-"]
    assert len({str(request.url) for request in hosted.clip_requests}) == 1
    assert all("again in 1 s" in said for said in hosted.waits())


async def test_a_line_that_brings_nothing_is_given_up(world: World) -> None:
    """Four waits, each behind it with a fresh address, and the next run has it."""
    begun = anyio.current_time()

    async def host(_number: int, request: httpx.Request, send: Send) -> httpx.Response:
        await send(request)
        raise httpx.ConnectTimeout("")

    hosted = Hosted(world, host)
    report = await hosted.run()
    assert report.summary.counts[Kind.PENDING] == 1
    assert len(hosted.clip_requests) == 5
    assert [said.rpartition(" in ")[2] for said in hosted.waits()] == ["1 s", "2 s", "4 s", "8 s"]
    assert anyio.current_time() - begun < 60
    await hosted.arrives_by_the_next_run()


async def test_a_line_that_never_gets_further_is_given_up(world: World) -> None:
    """Bytes that were there before are no progress."""

    async def host(_number: int, request: httpx.Request, send: Send) -> httpx.Response:
        request.headers.pop("range", None)  # a host that knows no ranges
        return await altered(request, send, first=300)

    hosted = Hosted(world, host)
    report = await hosted.run()
    assert report.summary.counts[Kind.PENDING] == 1
    assert len(hosted.clip_requests) == 5
    await hosted.arrives_by_the_next_run()


@pytest.mark.parametrize("status", [403, 404, 410])
async def test_a_refused_address_is_asked_for_anew(world: World, status: int) -> None:
    """The query is free, and its answer has a fresh one, good for another day."""

    async def host(number: int, request: httpx.Request, send: Send) -> httpx.Response:
        return httpx.Response(status) if number == 0 else await send(request)

    hosted = Hosted(world, host)
    hosted.arrived(await hosted.run())
    first, second = hosted.clip_requests
    assert first.url != second.url


async def test_an_address_that_has_expired_is_replaced(world: World) -> None:
    """A machine that sleeps for a day between the last query and the download."""

    async def host(number: int, request: httpx.Request, send: Send) -> httpx.Response:
        if number == 0:
            world.clock_offset += timedelta(hours=25)
        return await send(request)

    hosted = Hosted(world, host)
    hosted.arrived(await hosted.run())
    assert len(hosted.clip_requests) == 2
    assert "410" in hosted.waits()[0]


async def test_a_clip_cut_while_its_address_expires_goes_on_at_another(world: World) -> None:
    """Cut, then expired: the rest comes from the fresh address."""

    async def host(number: int, request: httpx.Request, send: Send) -> httpx.Response:
        if number == 0:
            return await altered(request, send, first=500)
        return httpx.Response(410) if number == 1 else await send(request)

    hosted = Hosted(world, host)
    hosted.arrived(await hosted.run())
    assert hosted.ranges == [None, "bytes=500-", "bytes=500-"]


@pytest.mark.parametrize(
    "page",
    [
        httpx.Response(200, html="<html>Please log in to the guests' network</html>"),
        httpx.Response(200, json={"error": {"code": "not_found", "message": "no such clip"}}),
        httpx.Response(502, html="<html>Bad gateway</html>"),
        httpx.Response(200, content=b"x", headers={"content-encoding": "gzip"}),
        httpx.Response(200, content=b"", headers={"content-type": "video/mp4"}),
    ],
    ids=["html", "json", "502", "gzip", "empty"],
)
async def test_a_page_is_never_stored_as_a_clip(world: World, page: httpx.Response) -> None:
    """It may pass: the clip comes with the next try."""

    async def host(number: int, request: httpx.Request, send: Send) -> httpx.Response:
        return page if number == 0 else await send(request)

    hosted = Hosted(world, host)
    hosted.arrived(await hosted.run())
    assert len(hosted.clip_requests) == 2


async def test_what_cannot_be_played_is_fetched_once_more(world: World) -> None:
    """From nothing, at a fresh address; when that is no better, the task keeps it."""

    async def host(_number: int, request: httpx.Request, send: Send) -> httpx.Response:
        answer = await send(request)
        content = bytes(reversed(await answer.aread()))
        return httpx.Response(200, headers=answer.headers, content=content)

    hosted = Hosted(world, host)
    report = await hosted.run()
    assert report.summary.counts[Kind.PENDING] == 1
    assert hosted.ranges == [None, None]
    assert len({str(request.url) for request in hosted.clip_requests}) == 2
    assert "can't be used" in hosted.waits()[0]
    await hosted.arrives_by_the_next_run()


@pytest.mark.parametrize(
    "location",
    [
        "https://elsewhere.example/a.mp4",
        "http://gateway.test/a.mp4",
        "http://127.0.0.1/a.mp4",
        "https://169.254.169.254/latest/meta-data",
        "file:///etc/passwd",
    ],
)
async def test_a_redirect_to_elsewhere_is_not_followed(world: World, location: str) -> None:
    """Neither a request nor the key gets there; the message says which option allows a host."""

    async def host(_number: int, _request: httpx.Request, _send: Send) -> httpx.Response:
        return httpx.Response(302, headers={"location": location})

    hosted = Hosted(world, host)
    report = await hosted.run()
    assert report.summary.counts[Kind.PENDING] == 1
    assert len(hosted.clip_requests) == 2
    assert {request.url.host for request in hosted.clip_requests} == {"gateway.test"}
    assert all(KEY not in str(request.headers.multi_items()) for request in hosted.clip_requests)
    if "elsewhere" in location:
        assert "--download-host elsewhere.example" in hosted.waits()[0]
    await hosted.arrives_by_the_next_run()


async def test_a_redirect_within_the_domain_is_followed(world: World) -> None:
    """To a host of the provider's, without the key."""

    async def host(number: int, request: httpx.Request, send: Send) -> httpx.Response:
        if number == 0:
            location = str(request.url.copy_with(host="eu.cdn.gateway.test"))
            return httpx.Response(307, headers={"location": location})
        return await send(request)

    hosted = Hosted(world, host)
    hosted.arrived(await hosted.run())
    assert [r.url.host for r in hosted.clip_requests] == ["gateway.test", "eu.cdn.gateway.test"]
    assert all(KEY not in str(request.headers.multi_items()) for request in hosted.clip_requests)


async def test_an_overlarge_clip_is_not_read(world: World) -> None:
    """Its length alone refuses it, twice."""

    async def host(_number: int, request: httpx.Request, send: Send) -> httpx.Response:
        answer = await send(request)
        answer.headers["content-length"] = str(512 * 1024 * 1024 + 1)
        return answer

    hosted = Hosted(world, host)
    report = await hosted.run()
    assert report.summary.counts[Kind.PENDING] == 1
    assert len(hosted.clip_requests) == 2
    assert "over 512 MiB" in hosted.waits()[0]
    await hosted.arrives_by_the_next_run()


async def test_a_clip_that_drips_has_an_end(world: World) -> None:
    """However steadily bytes come, ten minutes are enough for one clip."""
    begun: list[float] = []

    async def host(_number: int, request: httpx.Request, send: Send) -> httpx.Response:
        begun.append(anyio.current_time())
        return await altered(request, send, seconds=29)

    hosted = Hosted(world, host)
    report = await hosted.run()
    assert report.summary.counts[Kind.PENDING] == 1
    assert anyio.current_time() - begun[0] == pytest.approx(TOTAL_SECONDS, abs=1)
    (said,) = [n.message for n in world.notices if n.kind is Kind.PENDING]
    assert "within 10 minutes" in said
    assert "2000 of " in said
    await hosted.arrives_by_the_next_run()


async def test_a_key_that_is_refused_meanwhile_ends_the_run(world: World) -> None:
    """No use in trying the other clips' addresses; everything is on record."""
    refused = False

    async def meddle(request: httpx.Request, send: Send) -> httpx.Response:
        nonlocal refused
        if request.url.path.startswith(CLIPS):
            refused = True
            return httpx.Response(410)
        if refused:
            return httpx.Response(401, json={"error": {"code": "invalid_api_key"}})
        return await send(request)

    spec = world.film("a bowl")
    world.wire.meddle = meddle
    with pytest.raises(CredentialsError):
        await world.run(spec)
    assert world.wire.requests[-1] == ("GET", QUERY)
    assert not [notice for notice in world.notices if "401" in notice.message]
    world.wire.meddle = None
    assert (await world.run(spec)).summary.complete
    assert set(world.charges.values()) == {1}


async def test_what_a_killed_run_left_is_not_gone_on_with(world: World) -> None:
    """A `.part` may be of another task: it is removed, and the clip fetched from its beginning."""

    async def host(_number: int, request: httpx.Request, send: Send) -> httpx.Response:
        return await send(request)

    hosted = Hosted(world, host)
    part = world.folder().path / "a.mp4.part"
    part.parent.mkdir(parents=True)
    part.write_bytes(b"of another task")
    hosted.arrived(await hosted.run())
    assert hosted.ranges == [None]


async def test_an_interrupted_download_leaves_nothing_half(world: World) -> None:
    """The run is cancelled while bytes come: no `.part` stays, and the next run has the clip."""

    async def host(_number: int, request: httpx.Request, send: Send) -> httpx.Response:
        return await altered(request, send, seconds=20)

    hosted = Hosted(world, host)
    with anyio.move_on_after(150):
        await hosted.run()
    assert hosted.clip_requests
    await hosted.arrives_by_the_next_run()


@pytest.mark.parametrize(
    ("job", "says"),
    [
        (Job("a", "veo-3.1-fast", "a bowl", 6, 1280, 720), "6.00 s long and not 4 s"),
        (Job("a", "veo-3.1-fast", "a bowl", 4, 854, 480), "854×480 and not 1280×720"),
        (Job("a", "veo-3.1-fast", "a bowl", 4, 720, 1280), "720×1280 and not 1280×720"),
    ],
)
async def test_a_clip_that_differs_is_kept_with_the_difference(
    world: World, job: Job, says: str
) -> None:
    """It is paid for, so it is stored as it is; the record says what is wrong with it."""

    async def host(_number: int, _request: httpx.Request, _send: Send) -> httpx.Response:
        return httpx.Response(200, content=plain(job), headers={"content-type": "video/mp4"})

    hosted = Hosted(world, host)
    report = await hosted.run()
    assert report.summary.complete
    record = world.results().records["a"]
    assert record.error is not None
    assert record.error.code == "clip_differs"
    assert says in record.error.message
    assert record.clip is not None
    assert (record.clip.width, record.clip.height) == (job.width, job.height)
    assert len(hosted.clip_requests) == 1
