"""The client at a gateway that misbehaves; the studio behind it, time virtual."""

from __future__ import annotations

import gzip
from typing import TYPE_CHECKING

import anyio
import httpx
import pytest

from pipeline.errors import (
    ApiError,
    BalanceError,
    BlockedError,
    CredentialsError,
    GatewayError,
    RefusedError,
    TaskNotFoundError,
)
from pipeline.tasks_api.client import Surroundings, TasksClient
from pipeline.tasks_api.patience import Patience
from pipeline.tasks_api.refusals import LostAnswerError, WrongAddressError
from tests.support.world import KEY, PROVIDER, Send, World

if TYPE_CHECKING:
    from collections.abc import Callable

pytestmark = pytest.mark.anyio
BODY = {"model": "veo-3.1-fast", "prompt": "a bowl", "duration_seconds": 4, "out_task_id": "k1"}


def client_of(world: World) -> TasksClient:
    return TasksClient(world.wire, PROVIDER, KEY, Surroundings(world.unix_time, lambda: 0.5))


def error(status: int, code: str, headers: dict[str, str] | None = None) -> httpx.Response:
    return httpx.Response(
        status, json={"error": {"code": code, "message": "said so"}}, headers=headers
    )


def first(number: int, answer: Callable[[], httpx.Response]):  # type: ignore[no-untyped-def]
    """Replace the first answers to a submit."""
    left = number

    async def meddle(request: httpx.Request, send: Send) -> httpx.Response:
        nonlocal left
        if request.url.path == "/v1/tasks/submit" and left > 0:
            left -= 1
            return answer()
        return await send(request)

    return meddle


@pytest.mark.parametrize("status", [500, 502, 503, 504])
async def test_a_fault_is_tried_again_with_growing_waits(world: World, status: int) -> None:
    """Four faults are waited out for 1, 2, 4 and 8 seconds; the fifth answer counts."""
    world.wire.meddle = first(4, lambda: error(status, "api_error"))
    begun = anyio.current_time()
    task = await client_of(world).submit(BODY)
    assert task.phase == "open"
    assert anyio.current_time() - begun == pytest.approx(15)
    assert world.wire.count("/v1/tasks/submit") == 5


async def test_five_faults_are_given_up(world: World) -> None:
    """After the fourth wait the request is given up, with the gateway's own words."""
    world.wire.meddle = first(99, lambda: error(503, "api_error"))
    with pytest.raises(GatewayError, match="503 api_error: said so"):
        await client_of(world).submit(BODY)
    assert world.wire.count("/v1/tasks/submit") == 5


@pytest.mark.parametrize(
    ("status", "code", "kind"),
    [
        (400, "invalid_param", RefusedError),
        (400, "model_not_found", RefusedError),
        (401, "invalid_api_key", CredentialsError),
        (402, "insufficient_balance", BalanceError),
        (402, "quota_exceeded", BalanceError),
        (403, "permission_denied", CredentialsError),
        (403, "model_not_in_group", RefusedError),
        (404, "not_found", RefusedError),
        (409, "duplicate_out_task_id", RefusedError),
        (413, "request_entity_too_large", RefusedError),
        (451, "", BlockedError),
        (307, "", WrongAddressError),
    ],
)
async def test_what_is_final_is_never_tried_again(
    world: World, status: int, code: str, kind: type[ApiError]
) -> None:
    """Every other row of the error table ends the request after one POST, as its own error."""
    world.wire.meddle = first(99, lambda: error(status, code))
    with pytest.raises(kind) as caught:
        await client_of(world).submit(BODY)
    assert type(caught.value) is kind
    assert len(world.wire.requests) == 1


async def test_only_the_key_is_sent(world: World) -> None:
    """What a request carries is named one by one: a gateway gets no cookie back, nor what the
    client was made with."""
    sent = []

    async def meddle(request: httpx.Request, send: Send) -> httpx.Response:
        sent.append(set(request.headers))
        answer = await send(request)
        answer.headers["set-cookie"] = "track=1; Path=/"
        return answer

    world.wire.meddle = meddle
    client = client_of(world)
    task = await client.submit(BODY)
    await client.query(task.task_id)
    names = {"host", "user-agent", "accept", "accept-encoding", "x-api-key"}
    assert sent == [names | {"content-type", "content-length"}, names]


async def test_a_throttled_run_waits_as_one(world: World) -> None:
    """A 429 with a reset holds every submit back till then; they go on one after another."""
    reset = {"x-ratelimit-reset": str(world.unix_time() + 60)}
    world.wire.meddle = first(1, lambda: error(429, "rate_limit_exceeded", reset))
    client = client_of(world)
    begun = anyio.current_time()
    async with anyio.create_task_group() as crew:
        for number in range(5):
            crew.start_soon(client.submit, BODY | {"out_task_id": f"k{number}"})
            await anyio.sleep(1)
    late = [time - begun for time in world.wire.times if time - begun > 1]
    assert late == pytest.approx([60.02 + 0.02 * number for number in range(5)])
    assert world.wire.count("/v1/tasks/submit") == 6


async def test_a_shorter_wait_does_not_cut_a_longer_one(world: World) -> None:
    """Told to wait for a minute, and by an answer that was on its way for two seconds: the next
    request waits for the minute's end."""
    client = client_of(world)
    task = await client.submit(BODY)
    answers, begun = iter([1, 2]), anyio.current_time()
    reset = {"x-ratelimit-reset": str(world.unix_time() + 60)}

    async def throttle(request: httpx.Request, send: Send) -> httpx.Response:
        number = next(answers, 3)
        if number == 3:
            return await send(request)
        await anyio.sleep(number)
        return error(429, "rate_limit_exceeded", reset if number == 1 else None)

    async def ask() -> None:
        with pytest.raises(GatewayError, match="429"):
            await client.query(task.task_id)

    world.wire.meddle = throttle
    async with anyio.create_task_group() as crew:
        crew.start_soon(ask)
        crew.start_soon(ask)
    assert anyio.current_time() - begun == pytest.approx(2)
    await client.query(task.task_id)
    assert anyio.current_time() - begun == pytest.approx(60.02)


async def test_throttling_is_not_waited_for_beyond_patience(world: World) -> None:
    """A bucket that stays empty ends the submit within the patience given."""
    world.wire.meddle = first(999, lambda: error(429, "rate_limit_exceeded"))
    begun = anyio.current_time()
    with pytest.raises(GatewayError, match="429"):
        await client_of(world).submit(BODY, Patience(seconds=30))
    assert anyio.current_time() - begun <= 30


async def test_a_lost_answer_that_stays_lost_is_its_own_error(world: World) -> None:
    """When nobody answers any more, the error says that nobody knows."""

    async def dead(_request: httpx.Request, _send: Send) -> httpx.Response:
        raise httpx.ReadTimeout("")

    world.wire.meddle = dead
    with pytest.raises(LostAnswerError, match="no answer") as caught:
        await client_of(world).submit(BODY)
    assert caught.value.uncertain


async def test_an_answer_about_another_key_is_no_answer(world: World) -> None:
    """Asked about one `out_task_id`, told of another's task: that one is not taken up."""
    client = client_of(world)
    await client.submit(BODY)

    async def mix_up(request: httpx.Request, send: Send) -> httpx.Response:
        answer = await send(request)
        await answer.aread()
        content = answer.content.replace(b'"k1"', b'"k2"')
        return httpx.Response(answer.status_code, content=content)

    world.wire.meddle = mix_up
    with pytest.raises(LostAnswerError, match="another out_task_id"):
        await client.find("k1")


async def test_a_submits_answer_about_another_key_is_a_lost_one(world: World) -> None:
    """Told of another's task at the submit: that one is not taken up; ours is asked for by its key
    and found, without a second submit."""
    client = client_of(world)
    other = await client.submit(BODY | {"out_task_id": "k2"})

    async def mix_up(request: httpx.Request, send: Send) -> httpx.Response:
        answer = await send(request)
        if request.url.path != "/v1/tasks/submit":
            return answer
        told = {"task_id": other.task_id, "status": "queued", "out_task_id": "k2"}
        return httpx.Response(200, json=told)

    world.wire.meddle = mix_up
    task = await client.submit(BODY)
    assert (task.out_task_id, task.recovered) == ("k1", True)
    assert task.task_id != other.task_id
    assert world.wire.count("/v1/tasks/submit") == 2


async def test_a_strange_id_stays_in_its_place(world: World) -> None:
    """An id that a forged record holds leads a cancel to no other path and to no query."""
    paths: list[bytes] = []

    async def listen(request: httpx.Request, _send: Send) -> httpx.Response:
        paths.append(request.url.raw_path)
        return error(404, "task_not_found")

    world.wire.meddle = listen
    with pytest.raises(TaskNotFoundError):
        await client_of(world).cancel("../submit?x#y")
    assert paths == [b"/v1/tasks/cancel/..%2Fsubmit%3Fx%23y"]


async def test_a_connection_that_never_stood_is_no_lost_answer(world: World) -> None:
    """Refused connections can't have bought anything."""

    async def nobody(_request: httpx.Request, _send: Send) -> httpx.Response:
        raise httpx.ConnectError("refused")

    world.wire.meddle = nobody
    with pytest.raises(GatewayError, match="no connection") as caught:
        await client_of(world).submit(BODY)
    assert not isinstance(caught.value, LostAnswerError)


async def test_the_same_key_is_the_same_task(world: World) -> None:
    """Submitting twice with one `out_task_id` buys one task, found by id and by key."""
    client = client_of(world)
    task = await client.submit(BODY)
    assert (await client.submit(BODY)).task_id == task.task_id
    assert (await client.query(task.task_id)).task_id == task.task_id
    assert (await client.find("k1")).task_id == task.task_id
    with pytest.raises(RefusedError, match="duplicate_out_task_id"):
        await client.submit(BODY | {"prompt": "a cup"})
    await anyio.sleep(100)
    assert (await client.query(task.task_id)).phase == "completed"
    assert len(world.charges) == 1


async def test_a_cancelled_task_is_free(world: World) -> None:
    """Cancelling before the end charges nothing, and the task stays cancelled."""
    client = client_of(world)
    task = await client.submit(BODY)
    assert (await client.cancel(task.task_id)).phase == "cancelled"
    await anyio.sleep(100)
    assert (await client.query(task.task_id)).phase == "cancelled"
    assert not world.charges


async def test_an_unknown_task_is_not_found(world: World) -> None:
    """404 for a task has an error of its own, by id and by key."""
    client = client_of(world)
    for asked in (client.query("task_none"), client.find("none")):
        with pytest.raises(TaskNotFoundError):
            await asked


async def test_a_packed_answer_is_not_unpacked(world: World) -> None:
    """Packed without being asked for: how a small answer gets to be a huge one. Not read."""
    packed = gzip.compress(b'{"task_id": "task_1", "status": "queued"}')

    async def meddle(_request: httpx.Request, _send: Send) -> httpx.Response:
        body = httpx.ByteStream(packed)
        return httpx.Response(200, headers={"content-encoding": "gzip"}, stream=body)

    world.wire.meddle = meddle
    with pytest.raises(LostAnswerError, match="not JSON"):
        await client_of(world).query("task_1")
