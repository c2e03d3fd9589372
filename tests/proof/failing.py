"""Workloads on a disk that fails: at every operation in turn, once or from then on."""

from __future__ import annotations

import errno
import os
from typing import TYPE_CHECKING

from pipeline.rendering.records import Status
from tests.proof.killing import after, play, require_end
from tests.support.boundaries import DISK, READS, Fail, is_submit

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.proof.killing import Act, Undisturbed
    from tests.proof.stage import Scene, Stage
    from tests.support.boundaries import Crossing
    from tests.support.forks import Ended

ERRNOS = (errno.ENOSPC, errno.EIO, errno.EDQUOT, errno.EROFS)
_NEVER = 1_000_000


def faults(expected: Undisturbed, errnos: Sequence[int] = ()) -> list[Fail]:
    """Every operation on the disk that a workload does, failing once and for good: with each of
    `errnos`, or with one of them in turn; and half of every write.
    """
    operations = [c for c in expected.crossed if c.kind in DISK]
    made = []
    for at, crossing in enumerate(operations, 1):
        for error in errnos or (ERRNOS[at % len(ERRNOS)],):
            made += [Fail(at, error), Fail(at, error, for_good=True)]
        if crossing.kind == "write":
            made.append(Fail(at, errno.ENOSPC, short=True))
    return made


def fail_and_rerun(
    stage: Stage, workload: Sequence[Act], expected: Undisturbed, hits: Sequence[Fail]
) -> int:
    """Meet each fault once, run again on a good disk, hold the end against the undisturbed one's.

    Answers with how many faults were met.
    """
    *before, last = workload
    scenes = after(stage, before, len(hits))
    met = 0
    ends = play(scenes, last, [{"fail": hit} for hit in hits])
    for scene, hit, ended in zip(scenes, hits, ends, strict=True):
        met += bool(ended.failed)
        _require_said(scene, ended, str(hit))
        _require_stopped(ended, str(hit))
        _require_named(scene, ended, expected, hit)
    for scene, hit, ended in zip(scenes, hits, play(scenes, last), strict=True):
        require_end(scene, ended, expected, str(hit))
    return met


def misreads(stage: Stage, workload: Sequence[Act]) -> list[Fail]:
    """Every opening for reading of a workload's last run, failing once and for good."""
    *before, last = workload
    (scene,) = after(stage, before, 1)
    (ended,) = play([scene], last, [{"fail": Fail(_NEVER, kinds=READS)}])
    times = sum(crossing.kind in READS for crossing in ended.crossed)
    return [
        Fail(at, errno.EIO, for_good=for_good, kinds=READS)
        for at in range(1, times + 1)
        for for_good in (False, True)
    ]


def _require_said(scene: Scene, ended: Ended, said: str) -> None:
    """It ended by itself, in words; what is in flight is on record, and told with its id."""
    text = ended.stdout + ended.stderr
    assert ended.exit in {0, 1, 2}, f"{said}: {ended.exit}\n{text}"
    assert "Traceback" not in text, said
    if ended.exit == 2:
        assert not any(map(_submits, ended.crossed)), f"{said}: exit 2 means nothing submitted"
    if ended.exit == 1 and ended.failed:
        _require_told(scene, ended, said)


def _require_named(scene: Scene, ended: Ended, expected: Undisturbed, hit: Fail) -> None:
    """The message names the reason; a fault of which nothing is said has done no harm at all."""
    if not ended.failed:
        return
    if "shotmake: " not in ended.stderr:
        assert scene.state().current == expected.state.current, f"{hit}: harmless?\n{ended.stderr}"
        return
    halved = hit.short and "bytes were written" in ended.stderr
    assert halved or os.strerror(hit.errno) in ended.stderr, f"{hit}: {ended.stderr}"


def _require_stopped(ended: Ended, said: str) -> None:
    """Nothing is bought after a failure, and no failed fsync is tried again."""
    if not ended.failed:
        return
    first = ended.failed[0]
    later = ended.crossed[first.number :]
    assert not any(map(_submits, later)), f"{said}: submitted after {first}\n{ended.stderr}"
    if first.kind == "fsync":
        again = [c for c in later if c.kind == "fsync" and c.name == first.name]
        assert not again, f"{said}: {first} was synced again"


def _submits(crossing: Crossing) -> bool:
    return crossing.kind == "request" and is_submit(crossing)


def _require_told(scene: Scene, ended: Ended, said: str) -> None:
    """Every task that is open or charged, and whose clip isn't here, is named to the user."""
    here = {
        record.task_id
        for record in scene.truth().records.values()
        if record.status is Status.COMPLETED
    }
    text = ended.stdout + ended.stderr
    for task in scene.tasks():
        if task.status == "failed" or task.task_id in here:
            continue
        named = task.task_id in text or str(task.order.out_task_id) in text
        assert named, f"{said}: {task.task_id} is not told\n{text}"
