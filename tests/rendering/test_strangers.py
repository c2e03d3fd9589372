"""Clips in kept/ that no record speaks for: whose they may be, and whose they are not."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pipeline.rendering.notices import Kind
from pipeline.rendering.records import Status
from pipeline.rendering.steps import Action
from pipeline.rendering.work import Terms

if TYPE_CHECKING:
    from tests.support.world import World

pytestmark = pytest.mark.anyio


async def test_a_kept_clip_without_records_is_one_shots(world: World) -> None:
    """With results.json lost, a clip in kept/ that two shots' equal requests name goes to one of
    them; the other gets its own by its key."""
    spec = world.film("a bowl", "a bowl")
    await world.run(spec)
    await world.run(world.film("a cup", "a plate"))
    world.folder().results_path.unlink()
    spec = world.film("a bowl", "a bowl")
    assert [step.action for step in world.plan(spec).steps] == [Action.RESTORE, Action.RENDER]
    report = await world.run(spec)
    assert report.summary.complete
    assert all(world.folder().clip(f"{name}.mp4").is_file() for name in "ab")
    assert len(world.charges) == 4


async def test_a_damaged_stranger_is_no_reason_to_ask_for_another_task(world: World) -> None:
    """A file in kept/ that the new request names can't be played, and the take's record is of its
    earlier request, whose task failed: that task is not asked for in the new one's place. The next
    run renders what is asked for."""
    await world.run(world.film("a bowl that FAILS"), terms=Terms(retries=0))
    spec = world.film("a bowl")
    (step,) = world.plan(spec).steps
    stranger = world.folder().clip(f"kept/{step.digest[:12]}.mp4")
    stranger.parent.mkdir()
    stranger.write_bytes(b"no clip")
    (step,) = world.plan(spec).steps
    assert step.action is Action.RESTORE
    asked = len(world.wire.requests)
    report = await world.run(spec)
    assert report.summary.counts[Kind.FAILED] == 1
    assert world.notices[-1].message.endswith("run again to render it")
    assert len(world.wire.requests) == asked
    assert (await world.run(spec)).summary.complete
    assert world.results().records["a"].status is Status.COMPLETED
    assert set(world.charges.values()) == {1}
