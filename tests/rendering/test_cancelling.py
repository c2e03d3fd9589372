"""Cancelling what is in flight."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING

import anyio
import pytest

from pipeline.cli.boards import load, open_boards
from pipeline.rendering.cancelling import Cancelled, cancel_open
from pipeline.rendering.states import Status
from pipeline.rendering.steps import Action
from pipeline.rendering.work import Terms
from tests.support.world import CATALOG, PROVIDER, World

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.anyio


async def cancel(world: World, spec: Path) -> list[Cancelled]:
    boards = load([spec], CATALOG, "draft").boards
    with ExitStack() as held:
        (planned,) = open_boards(boards, world.planner(), world.outputs, world.now, held)
        async with world.gateway() as gateway:
            ended = await cancel_open(planned.board, gateway.client, PROVIDER, world.now())
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


async def test_what_the_provider_has_lost_is_said(world: World) -> None:
    """An unknown task is named as such and is open no more."""
    async with World(world.root, latency_seconds=lambda _job: 60) as slow:
        spec = slow.film("a bowl")
        await slow.run(spec, terms=Terms(timeout_seconds=10))
    (one,) = await cancel(world, spec)
    assert one.status == "unknown to the provider"
    assert world.results().records["a"].status is Status.FAILED
