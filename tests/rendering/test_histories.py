"""Long histories drawn from a seed: edits, time-outs, deletions, force. The ledger judges."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

import anyio
import pytest

from pipeline.rendering.states import KEPT, Status
from pipeline.rendering.steps import Action
from pipeline.rendering.work import Terms
from tests.support.world import World

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.anyio
PROMPTS = ("a bowl", "a cup", "a plate", "a pan that FAILS", "a BLOCKED jar")


async def _one_step(world: World, chance: random.Random, shots: list[str]) -> Path:
    """Something that people do; answers with the board as it is now."""
    for number in range(len(shots)):
        if chance.random() < 0.4:
            shots[number] = chance.choice(PROMPTS)
    spec = world.film(*shots)
    for clip in sorted(world.folder().path.rglob("*.mp4")):
        if chance.random() < 0.1:
            clip.unlink()
        elif chance.random() < 0.05:
            clip.write_bytes(b"edited by hand")
    terms = Terms(
        timeout_seconds=chance.choice([5, 40, 900]),
        retries=chance.choice([0, 2]),
        concurrency=chance.choice([1, 3]),
    )
    await world.run(
        spec,
        terms=terms,
        force=chance.random() < 0.2,
        failed=chance.random() < 0.1,
        retry_blocked=chance.random() < 0.2,
        shots=chance.choice([(), (), ("a",)]),
    )
    await anyio.sleep(chance.choice([0, 30, 300]))
    return spec


def _check(world: World) -> None:
    """Nothing is charged twice; every charged task is named once, its clip where it says."""
    assert set(world.charges.values()) <= {1}
    if not world.folder().results_path.exists():
        return
    records = world.results().records
    tasks = [record.task_id for record in records.values() if record.task_id]
    assert len(tasks) == len(set(tasks)), "one task serves two records"
    paths = [record.clip.path for record in records.values() if record.clip]
    assert len(paths) == len(set(paths)), "two records claim one file"
    charged = {charge.task_id for charge in world.studio.tasks.ledger}
    assert charged <= set(tasks), "a charged task is named nowhere"
    for name, record in records.items():
        if record.clip is not None and not name.startswith(KEPT):
            assert record.clip.path == f"{name}.mp4"


@pytest.mark.parametrize("seed", range(20))
async def test_whatever_happens_nothing_is_paid_twice_or_lost(world: World, seed: int) -> None:
    """After every step of a history the oracle holds, and a last run ends as a fresh one would."""
    chance = random.Random(seed)  # noqa: S311 (replayable, not secret)
    async with World(
        world.root, latency_seconds=lambda job: 3 + 11 * len(job.prompt) % 60
    ) as lived:
        shots = [chance.choice(PROMPTS) for _shot in range(3)]
        for _step in range(12):
            await _one_step(lived, chance, shots)
            _check(lived)
        spec = lived.film("a bowl", "a cup", "a plate")
        await lived.run(spec)
        report = await lived.run(spec)
        assert report.summary.complete
        _check(lived)
        assert {step.action for step in lived.plan(spec).steps} == {Action.SKIP}
        pending = [r for r in lived.results().records.values() if r.status is Status.PENDING]
        assert not pending
