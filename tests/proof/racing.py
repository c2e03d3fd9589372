"""Several processes on one board at once, the lock working or broken."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

from tests.proof.killing import after, play, require_end

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.proof.killing import Act, Undisturbed
    from tests.proof.stage import Stage

BUSY, DAMAGED = 5, 6


def race(
    stage: Stage,
    workload: Sequence[Act],
    expected: Undisturbed,
    processes: int,
    *,
    unlocked: bool = False,
) -> list[int]:
    """So many processes do the last act at once; answers with their exit codes.

    Whatever they do to each other's records, the ledger is the undisturbed run's, and where the
    records were damaged, a run without them ends as one, at no further cost.
    """
    *before, last = workload
    (scene,) = after(stage, before, 1)
    scene.film(*last.prompts)
    stage.overloaded.on = stage.busy.on = False
    order = scene.order(*last.arguments, unlocked=unlocked)
    ends = stage.forks.side_by_side([order] * processes, at_once=processes)
    for ended in ends:
        assert "Traceback" not in ended.stderr, ended.stderr
    (again,) = play([scene], last)
    if again.exit == DAMAGED:
        assert unlocked, again.stderr
        shutil.rmtree(scene.folder / "outputs")
        for act in workload:
            (again,) = play([scene], act)
    require_end(scene, again, expected, f"{processes} at once", kept=not unlocked)
    return [ended.exit for ended in ends]
