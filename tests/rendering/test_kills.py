"""A run that dies at any record: the next one goes on, and nothing is bought twice."""

from __future__ import annotations

from typing import TYPE_CHECKING

import anyio
import pytest

from pipeline.rendering.journal import Journal
from pipeline.rendering.notices import Kind
from pipeline.rendering.states import Status
from tests.support.world import World

if TYPE_CHECKING:
    from pipeline.rendering.journal import Entry

pytestmark = pytest.mark.anyio


class KilledError(BaseException):
    """Stands for SIGKILL: nothing catches it, nothing is tidied up."""


class Executioner:
    """Kills at the n-th journal entry, before or after it is written."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.appended = 0
        self.kill_at: int | None = None
        self.before = True
        write = Journal.append

        def append(journal: Journal, entry: Entry, *, sync: bool) -> None:
            self.appended += 1
            dying = self.kill_at is not None and self.appended >= self.kill_at
            if dying and (self.before or self.appended > (self.kill_at or 0)):
                raise KilledError
            write(journal, entry, sync=sync)
            if dying:
                raise KilledError

        monkeypatch.setattr(Journal, "append", append)

    def arm(self, kill_at: int | None, *, before: bool = True) -> None:
        self.appended, self.kill_at, self.before = 0, kill_at, before


async def _run_and_die(world: World, prompts: tuple[str, ...]) -> bool:
    """Whether the run was killed."""
    try:
        await world.run(world.film(*prompts))
    except BaseExceptionGroup as group:
        assert group.subgroup(KilledError) is not None  # noqa: PT017
        return True
    except KilledError:
        return True
    return False


_FIRST = ("a bowl", "a cup that FAILS", "a plate")
_CHANGED = ("a tall bowl", "a cup", "a plate")


@pytest.mark.parametrize("before", [True, False], ids=["before", "after"])
@pytest.mark.parametrize(
    "workload",
    [(_FIRST,), (_FIRST, _CHANGED), (_FIRST, _CHANGED, _FIRST)],
    ids=["fresh", "changed", "changed-back"],
)
async def test_killed_at_any_record_nothing_is_bought_twice(
    world: World,
    monkeypatch: pytest.MonkeyPatch,
    workload: tuple[tuple[str, ...], ...],
    before: bool,
) -> None:
    """Killed before or after any journal entry, a rerun ends as an undisturbed run does, and the
    studio's ledger has charged every attempt once."""
    executioner = Executioner(monkeypatch)
    undisturbed = World(world.root / "undisturbed")
    undisturbed.root.mkdir()
    async with undisturbed:
        for prompts in workload:
            executioner.arm(None)
            await undisturbed.run(undisturbed.film(*prompts))
        entries = executioner.appended
        expected = _end_state(undisturbed)
        charged = sum(undisturbed.charges.values())
    kill_at = 0
    killed = True
    while killed:
        kill_at += 1
        async with World(world.root / f"kill-{kill_at}-{before}-{len(workload)}") as hit:
            hit.root.mkdir()
            for prompts in workload[:-1]:
                await hit.run(hit.film(*prompts))
            executioner.arm(kill_at, before=before)
            killed = await _run_and_die(hit, workload[-1])
            executioner.arm(None)
            await hit.run(hit.film(*workload[-1]))
            assert set(hit.charges.values()) == {1}, f"killed at {kill_at}"
            assert sum(hit.charges.values()) == charged, f"killed at {kill_at}"
            assert _end_state(hit) == expected, f"killed at {kill_at}"
    assert kill_at > entries  # every entry of the undisturbed run was a place to die


def _end_state(world: World) -> dict[str, tuple[Status, str, str]]:
    """What must be the same whatever happened: status, request and clip of every record."""
    state = {}
    for name, record in world.results().records.items():
        clip = record.clip
        if clip is not None:
            path = world.folder().clip(clip.path)
            assert path.stat().st_size == clip.bytes, path
        state[name] = (record.status, record.digest, clip.sha256 if clip else "")
    return state


async def test_an_interrupted_run_goes_on_where_it_was(world: World) -> None:
    """A run killed with its tasks in flight is collected by the next one without a submit."""
    async with World(world.root, latency_seconds=lambda _job: 60.0) as slow:
        spec = slow.film("a bowl", "a cup")
        with anyio.move_on_after(20):
            await slow.run(spec)
        assert [r.status for r in slow.results().records.values()] == [Status.PENDING] * 2
        report = await slow.run(spec)
        assert report.summary.counts[Kind.RENDERED] == 2
        assert slow.wire.count("/v1/tasks/submit") == 2
