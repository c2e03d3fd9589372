"""How every life has to end: as one in which nothing ever went wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline.cli.boards import load
from pipeline.rendering.book import read
from pipeline.rendering.disk import sha256
from pipeline.rendering.records import State, Status, state_of
from pipeline.rendering.steps import UP_TO_DATE, Action
from pipeline.rendering.work import Terms
from tests.proof.footage import misbehaviour
from tests.proof.life import PASSES, Shot
from tests.support.world import CATALOG, PROVIDER, World

if TYPE_CHECKING:
    from pipeline.storyboard.shots import Storyboard
    from pipeline.studio.engine import Job
    from tests.proof.life import Life

LAST_RUNS = 3
"""So many undisturbed runs at most until all is well: one to find out, one to buy what the
provider lost, one to bring what waits."""


async def converge(life: Life) -> None:
    """The weather clears up: a few undisturbed runs end as a first one would have."""
    life.faults()
    life.world.skew *= 0
    for board, shots in life.boards.items():
        for name, shot in shots.items():
            words = shot.words if not misbehaviour(shot.words) else "a sane picture"
            life.boards[board][name] = Shot(words, shot.model, shot.duration)
    for pass_name in PASSES:
        await _finish(life, pass_name)
    life.oracle.check()
    life.oracle.settled()
    await _require_fresh(life)
    tasks = life.world.studio.tasks
    life.figures.tasks += len(tasks.all())
    life.figures.charges += len(list(tasks.ledger))


async def _finish(life: Life, pass_name: str) -> None:
    patient = Terms(timeout_seconds=12 * 3600, concurrency=8)
    for _run in range(LAST_RUNS):
        if await life.run(pass_name, terms=patient, retry_blocked=True) == "complete":
            break
    else:
        doubts = any(state_of(record) is State.INTENDED for record in life.oracle.records())
        assert doubts, f"{LAST_RUNS} undisturbed runs were not enough:\n{life.told()}"
        sure = Terms(timeout_seconds=12 * 3600, resubmit_uncertain=True)
        # What no shot asks for is let go of by the first, and told as failed.
        ends = [await life.run(pass_name, terms=t, retry_blocked=True) for t in (sure, patient)]
        assert ends[-1] == "complete", f"consent was not enough:\n{life.told()}"
    specs = [life.write(board) for board in life.boards]
    loaded = load(specs, CATALOG, pass_name)
    for board in loaded.boards:
        plan = life.world.desk(loaded, pass_name).from_records(board, life.world.outputs)
        left = [s for s in plan.steps if (s.action, s.reason) != (Action.SKIP, UP_TO_DATE)]
        assert not left, left


async def _require_fresh(life: Life) -> None:
    """The end is that of a world in which nothing ever went wrong."""
    specs = [life.write(board) for board in life.boards]
    async with World(life.world.root / "fresh", engine=life.world.engine) as fresh:
        fresh.latency_seconds = _at_once
        for pass_name in PASSES:
            await fresh.run(*specs, pass_name=pass_name)
            for board in load(specs, CATALOG, pass_name).boards:
                assert _state(life.world, board) == _state(fresh, board)


def _at_once(_job: Job) -> float:
    return 0.0


def _state(world: World, board: Storyboard) -> dict[str, tuple[Status, str, str]]:
    """By take: status, digest, and the sha256 of the clip that lies there."""
    folder = world.folder(board.name, board.pass_name)
    records = read(folder, PROVIDER).records
    return {
        take.key: (
            records[take.key].status,
            records[take.key].digest,
            sha256(folder.clip(f"{take.key}.mp4")),
        )
        for take in board.takes
    }
