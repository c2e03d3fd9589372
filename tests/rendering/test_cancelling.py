"""Cancelling what is in flight."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING

import anyio
import httpx
import pytest

from pipeline.cli.boards import load, open_boards
from pipeline.rendering.cancelling import Cancelled, cancel_open
from pipeline.rendering.records import Status
from pipeline.rendering.steps import Action
from pipeline.rendering.work import Terms
from tests.support.world import CATALOG, PROVIDER, Send, World

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.anyio


async def cancel(world: World, spec: Path, provider: str = PROVIDER) -> list[Cancelled]:
    loaded = load([spec], CATALOG, "draft")
    with ExitStack() as held:
        (planned,) = open_boards(loaded.boards, world.desk(loaded), world.outputs, world.now, held)
        async with world.gateway() as gateway:
            going = cancel_open(planned.board, gateway.client, provider, world.now())
            ended = [one async for one in going]
        planned.board.book.fold()
    return ended


async def test_open_tasks_are_cancelled_for_free_and_rendered_by_the_next_run(world: World) -> None:
    """Every open task ends on record, at no cost; nothing of it is resumed later."""
    async with World(world.root, latency_seconds=lambda _job: 60) as slow:
        spec = slow.film("a bowl", "a cup")
        await slow.run(spec, terms=Terms(timeout_seconds=10))
        ended = await cancel(slow, spec)
        assert [(one.render, one.status, one.credits) for one in ended] == [
            ("a", "cancelled", 0.0),
            ("b", "cancelled", 0.0),
        ]
        assert {r.status for r in slow.results().records.values()} == {Status.CANCELLED}
        await anyio.sleep(100)
        assert not slow.charges
        assert await cancel(slow, spec) == []
        assert {step.action for step in slow.plan(spec).steps} == {Action.RENDER}
        await slow.run(spec)
        assert set(slow.charges.values()) == {1}


async def test_a_task_is_cancelled_where_it_was_bought(world: World) -> None:
    """Another provider is not asked about it, as it would know nothing of it."""
    async with World(world.root, latency_seconds=lambda _job: 60) as slow:
        spec = slow.film("a bowl")
        await slow.run(spec, terms=Terms(timeout_seconds=10))
        asked = len(slow.wire.requests)
        assert await cancel(slow, spec, "https://other.test") == []
        assert len(slow.wire.requests) == asked
        assert slow.results().records["a"].status is Status.PENDING


async def test_what_had_ended_before_the_cancel_is_collected(world: World) -> None:
    """A task that was completed meanwhile is paid for: the next run fetches its clip."""
    async with World(world.root, latency_seconds=lambda _job: 60) as slow:
        spec = slow.film("a bowl")
        await slow.run(spec, terms=Terms(timeout_seconds=10))
        await anyio.sleep(100)
        (one,) = await cancel(slow, spec)
        assert one.status == "completed"
        assert one.credits == pytest.approx(0.18)
        report = await slow.run(spec)
        assert report.summary.complete
        assert len(slow.charges) == 1


async def test_what_another_key_knows_nothing_of_stays_open(world: World) -> None:
    """Unknown is what another account's key is told, too: the task may be running, so it stays on
    record, and the cancel has not done what it was asked for."""
    async with World(world.root, latency_seconds=lambda _job: 60) as slow:
        spec = slow.film("a bowl")
        await slow.run(spec, terms=Terms(timeout_seconds=10))
    (one,) = await cancel(world, spec)
    assert one.status == "unknown to the provider"
    assert "is this the key" in one.trouble.lower()
    assert world.results().records["a"].status is Status.PENDING


async def test_one_tasks_trouble_keeps_no_other_in_flight(world: World) -> None:
    """A cancel that fails is said with its reason; the others are cancelled; it stays open."""
    async with World(world.root, latency_seconds=lambda _job: 600) as slow:
        spec = slow.film("a bowl", "a cup", "a plate")
        await slow.run(spec, terms=Terms(timeout_seconds=10))
        stubborn = slow.results().records["b"].task_id
        tries = 0

        async def refuse(request: httpx.Request, send: Send) -> httpx.Response:
            nonlocal tries
            if request.url.path == f"/v1/tasks/cancel/{stubborn}":
                tries += 1
                return httpx.Response(503)
            return await send(request)

        slow.wire.meddle = refuse
        ended = await cancel(slow, spec)
        assert [(one.render, one.free, bool(one.trouble)) for one in ended] == [
            ("a", True, False),
            ("b", False, True),
            ("c", True, False),
        ]
        assert tries == 5
        slow.wire.meddle = None
        assert [one.render for one in await cancel(slow, spec)] == ["b"]


async def test_seconds_that_were_rendered_are_billed_and_told(world: World) -> None:
    """A cancel that the provider bills says so, and is not called free."""
    async with World(world.root, latency_seconds=lambda _job: 60) as slow:
        spec = slow.film("a bowl")
        await slow.run(spec, terms=Terms(timeout_seconds=10))

        async def bill(request: httpx.Request, send: Send) -> httpx.Response:
            answer = await send(request)
            await answer.aread()
            said = answer.json()
            return httpx.Response(200, json=said | {"credits_used": 0.09})

        slow.wire.meddle = bill
        (one,) = await cancel(slow, spec)
        assert (one.status, one.free) == ("cancelled", False)
        assert one.credits == pytest.approx(0.09)
        assert slow.results().records["a"].credits == pytest.approx(0.09)


async def _sent_into_the_void(world: World) -> Path:
    """A board whose run met a gateway that was dead, and is well again."""

    async def dead(_request: httpx.Request, _send: Send) -> httpx.Response:
        raise httpx.ReadError("reset")

    spec = world.film("a bowl")
    world.wire.meddle = dead
    await world.run(spec)
    world.wire.meddle = None
    return spec


async def test_an_old_doubt_is_not_resolved_by_a_cancel(world: World) -> None:
    """Sent over a day ago, never answered, its key forgotten: it stays a doubt."""
    spec = await _sent_into_the_void(world)
    await anyio.sleep(25 * 3600)
    (one,) = await cancel(world, spec)
    assert "over a day ago" in one.trouble
    assert "may have been billed" in one.trouble
    report = await world.run(spec)
    assert not report.summary.complete
    assert world.wire.count("/v1/tasks/submit") == 1


async def test_what_never_arrived_stays_an_intent(world: World) -> None:
    """A submit that the provider doesn't know is not called free: another key would see the same.
    The next run buys it once."""
    spec = await _sent_into_the_void(world)
    (one,) = await cancel(world, spec)
    assert (bool(one.trouble), one.free) == (True, False)
    assert (await world.run(spec)).summary.complete
    assert set(world.charges.values()) == {1}


async def test_what_had_arrived_is_named_and_cancelled(world: World) -> None:
    """The answer to a submit was lost, the submit was not: the task is found by its key, its id is
    on record before it is cancelled, and nothing is billed."""

    async def lose(request: httpx.Request, send: Send) -> httpx.Response:
        if request.url.path == "/v1/tasks/submit":
            await (await send(request)).aread()
        raise httpx.ReadError("reset")

    async def keep(request: httpx.Request, send: Send) -> httpx.Response:
        if request.url.path.startswith("/v1/tasks/cancel/"):
            return httpx.Response(503)
        return await send(request)

    async with World(world.root, latency_seconds=lambda _job: 600) as slow:
        spec = slow.film("a bowl")
        slow.wire.meddle = lose
        await slow.run(spec)
        assert slow.results().records["a"].task_id is None
        (task,) = slow.studio.tasks.all()
        slow.wire.meddle = keep
        (one,) = await cancel(slow, spec)
        assert "503" in one.trouble
        assert slow.results().records["a"].task_id == task.task_id
        slow.wire.meddle = None
        (one,) = await cancel(slow, spec)
        assert (one.task_id, one.status, one.free) == (task.task_id, "cancelled", True)
        await anyio.sleep(1000)
        assert not slow.charges
