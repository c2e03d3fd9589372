"""Workloads, killed at every I/O boundary that they cross, and run again.

The kills are enumerated: an undisturbed run tells which boundaries there are, and one process dies
at each, by SIGKILL, before it and – for a write or a chunk – in the midst of it. Of kills between
which nothing has changed that outlives the process one is enough (`Undisturbed.telling`).
"""

from __future__ import annotations

import random
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline.rendering.records import KEPT
from tests.support.boundaries import DISK, DIVISIBLE, Kill
from tests.support.powercut import NAMES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.proof.stage import Scene, Stage, State
    from tests.support.boundaries import Crossing
    from tests.support.forks import Ended

ONE = ("run", "--concurrency", "1", "--retries", "1")


@dataclass(frozen=True)
class Act:
    """One run of a workload: the board's prompts and the command.

    `overloaded`: OVERLOADED prompts fail in it; `busy`: SLOW ones don't end.
    `clips_gone`: the clips are deleted before it.
    """

    prompts: tuple[str, ...]
    arguments: tuple[str, ...] = ONE
    overloaded: bool = False
    busy: bool = False
    clips_gone: bool = False


_BOARD = ("a bowl", "a cup OVERLOADED", "a plate")
_CHANGED = ("a tall bowl", "a cup OVERLOADED", "a plate")
_SLOW = ("a SLOW bowl", "a SLOW cup", "a plate")
_UNFINISHED = ("run", "--timeout", "5")

WORKLOADS: dict[str, tuple[Act, ...]] = {
    "fresh": (Act(("a bowl", "a cup that FAILS", "a plate")),),
    "rerun": (Act(_BOARD, overloaded=True), Act(_BOARD)),
    "resume": (Act(_SLOW, _UNFINISHED, busy=True), Act(_SLOW)),
    "changed": (Act(_BOARD), Act(_CHANGED)),
    "changed back": (Act(_BOARD), Act(_CHANGED), Act(_BOARD)),
    "accepted": (Act(_BOARD), Act(_CHANGED, ("accept", "specs/film.yaml", "a", "--pass", "draft"))),
    "download": (Act(_BOARD), Act(_BOARD, clips_gone=True)),
}
"""The last act is the one that is killed."""

_LINKS = ("a spoon\n    init_image: {shot: a}", "a mouth\n    init_image: {shot: b, frame: first}")

DIRECTED: dict[str, tuple[Act, ...]] = {
    "chain": (Act(("a bowl", *_LINKS)), Act(("a tall bowl", *_LINKS))),
    "seeds change places": (
        Act(("a bowl\n    seeds: [7, 11, 13]",)),
        Act(("a bowl\n    seeds: [11, 13, 5]",)),
    ),
}
"""Shots that begin where another one ends, and takes whose clips move: killed in `make test`, the
rest of the proofs in the soak.
"""

ABREAST: tuple[Act, ...] = (
    Act(("a bowl", "a cup", "a plate"), ("run", "--concurrency", "3", "--retries", "1")),
)
"""Where a disk fails for one while others are on their way."""

SIX = ("a bowl", "a cup", "a plate", "a jug", "a glass", "a pan that FAILS")
LARGER: dict[str, tuple[Act, ...]] = {
    "six shots": (Act(SIX),),
    "six shots, side by side": (Act(SIX, ("run", "--concurrency", "6", "--retries", "1")),),
    "six shots, changed": (Act(SIX), Act((*SIX[3:], *SIX[:3]))),
}
"""For the soak."""


CHANGES = DISK - {"fsync"}
"""What a kill leaves changed: a sync writes down what is there already."""


@dataclass(frozen=True)
class Undisturbed:
    """How a workload ends when nothing happens, and what there is to kill it at."""

    state: State
    charges: int
    crossed: tuple[Crossing, ...]

    @property
    def kills(self) -> list[Kill]:
        """Every place to die at."""
        return [Kill(c.number, half) for c in self.crossed for half in _parts(c.kind)]

    @property
    def telling(self) -> list[Kill]:
        """Those that leave another world than the one before. Half a chunk is half a write, or
        nothing.
        """
        return distinct(self.crossed, CHANGES, halves=True)

    def cuts(self, survives: str) -> list[Kill]:
        """The same for the power: a sync makes the difference, and names do where they survive."""
        changes = DISK - {"write", "truncate"} if survives == NAMES else {"fsync"}
        return distinct(self.crossed, frozenset(changes))


def play(
    scenes: Sequence[Scene], act: Act, hits: Sequence[dict[str, Any]] | None = None
) -> list[Ended]:
    """One act in every scene, side by side; `hits` is what each process meets."""
    stage = scenes[0].stage
    stage.overloaded.on, stage.busy.on = act.overloaded, act.busy
    if not act.busy:  # what was slow has ended, and every process finds it so
        stage.portal.call(stage.idle)
    orders = []
    for scene, hit in zip(scenes, hits or [{}] * len(scenes), strict=True):
        scene.film(*act.prompts)
        if act.clips_gone:
            for clip in scene.outputs.path.glob("*.mp4"):
                clip.unlink()
        orders.append(scene.order(*act.arguments, **hit))
    return stage.forks.side_by_side(orders)


def after(stage: Stage, acts: Sequence[Act], number: int) -> list[Scene]:
    """So many scenes in which these acts have been played: in one of them, the others are its
    twins.
    """
    scene = stage.scene()
    for act in acts:
        play([scene], act)
    return [scene, *(scene.twin() for _more in range(number - 1))] if number else []


def undisturbed(stage: Stage, workload: Sequence[Act]) -> Undisturbed:
    """Play a workload to its end, its last act twice: a busy machine has one of them poll more
    often than those that are to be killed will.
    """
    *before, last = workload
    scenes = after(stage, before, 2)
    ends = [play([scene], last)[0] for scene in scenes]
    assert all(ended.exit in {0, 1} for ended in ends), [ended.stderr for ended in ends]
    for scene in scenes:
        scene.require_oracle("undisturbed")
    assert scenes[0].state() == scenes[1].state(), "a twin is as the scene is"
    assert len(scenes[0].charges) == len(scenes[1].charges)
    shorter = min((ended.crossed for ended in ends), key=len)
    return Undisturbed(scene.state(), len(scene.charges), shorter)


def _parts(kind: str) -> tuple[bool, ...]:
    return (False, True) if kind in DIVISIBLE else (False,)


def kill_and_rerun(
    stage: Stage, workload: Sequence[Act], expected: Undisturbed, kills: Sequence[Kill]
) -> int:
    """Die once at each of `kills`, run again, hold the end against the undisturbed one's.

    Answers with how many processes died.
    """
    *before, last = workload
    scenes = after(stage, before, len(kills))
    died = 0
    for scene, kill, ended in zip(
        scenes, kills, play(scenes, last, [{"kill": kill} for kill in kills]), strict=True
    ):
        # Where things go on side by side, a run may cross one boundary less than the other did.
        crossed = sum(map(kill.counts, ended.crossed))
        assert ended.killed or crossed < kill.at, f"{kill}: {ended.stderr}"
        died += ended.killed
        scene.require_on_record(f"{kill}, before the rerun")
    again = play(scenes, _again(last))
    for scene, kill, ended in zip(scenes, kills, again, strict=True):
        require_end(scene, ended, expected, str(kill))
    return died


def cut_and_rerun(
    stage: Stage,
    workload: Sequence[Act],
    expected: Undisturbed,
    kills: Sequence[Kill],
    survives: str,
) -> int:
    """The same with the power: the rerun finds only what the disk has kept."""
    *before, last = workload
    scenes = after(stage, before, len(kills))
    images = [scene.folder / "image" for scene in scenes]
    hits: list[dict[str, Any]] = [
        {"kill": kill, "powercut": str(image), "survives": survives}
        for kill, image in zip(kills, images, strict=True)
    ]
    died = 0
    for scene, hit, ended in zip(scenes, hits, play(scenes, last, hits), strict=True):
        died += ended.killed
        lose_power(scene, hit["powercut"])
        scene.require_on_record(f"power cut, {hit}, before the rerun")
        if not last.clips_gone:
            scene.require_clips(f"power cut, {hit}, before the rerun")
    again = play(scenes, _again(last))
    for scene, hit, ended in zip(scenes, hits, again, strict=True):
        require_end(scene, ended, expected, f"power cut, {hit}", kept=False)
    return died


def lose_power(scene: Scene, image: str) -> None:
    """The folder is what the disk has kept of it."""
    shutil.rmtree(scene.folder / "outputs")
    Path(image).rename(scene.folder / "outputs")


def distinct(
    crossed: Sequence[Crossing], changes: frozenset[str] = CHANGES, *, halves: bool = False
) -> list[Kill]:
    """Where a kill leaves another world than a kill one boundary earlier: before what changes what
    is left or buys something, and after what was bought; with `halves` amid every write, too.
    """
    kills = []
    places = [c for c in crossed if Kill(1, kinds=changes).counts(c)]
    for number, crossing in enumerate(places, 1):
        if crossing.kind != "chunk":  # of a submit that is answered
            kills.append(Kill(number, kinds=changes))
        if halves and crossing.kind == "write":
            kills.append(Kill(number, True, changes))
    return kills


def kill_twice(stage: Stage, workload: Sequence[Act], expected: Undisturbed) -> int:
    """Every pair: killed at each distinct place, and its rerun at each that is left to it.

    Answers with how many pairs there were.
    """
    *before, last = workload
    pairs = 0
    for first in distinct(expected.crossed):
        scout = _after(stage, before, last, [first])[0]
        (rest,) = play([scout], _again(last))
        seconds = distinct(rest.crossed)
        scenes = _after(stage, before, last, [first] * len(seconds))
        if not scenes:
            continue
        play(scenes, _again(last), [{"kill": kill} for kill in seconds])
        again = play(scenes, _again(last))
        for scene, second, ended in zip(scenes, seconds, again, strict=True):
            require_end(scene, ended, expected, f"{first}, then {second}")
        pairs += len(seconds)
    return pairs


def _after(stage: Stage, before: Sequence[Act], last: Act, kills: Sequence[Kill]) -> list[Scene]:
    """Scenes in which the last act was killed."""
    scenes = after(stage, before, len(kills))
    if scenes:
        play(scenes, last, [{"kill": kill} for kill in kills])
    return scenes


def kill_at_random(stage: Stage, workload: Sequence[Act], expected: Undisturbed, seed: int) -> int:
    """Killed again and again at random places, until a run gets through.

    Answers with how many processes died.
    """
    chance = random.Random(seed)  # noqa: S311 (replayable, not secret)
    *before, last = workload
    (scene,) = after(stage, before, 1)
    died, act = 0, last
    while True:
        kill = Kill(chance.randint(1, len(expected.crossed)), chance.random() < 0.3)
        (ended,) = play([scene], act, [{"kill": kill}])
        act = _again(last)
        if not ended.killed:
            break
        died += 1
        scene.require_on_record(f"seed {seed}, after {died} kills")
    require_end(scene, ended, expected, f"seed {seed}, after {died} kills")
    return died


def _again(act: Act) -> Act:
    return Act(act.prompts, act.arguments)


def require_end(
    scene: Scene, ended: Ended, expected: Undisturbed, said: str, *, kept: bool = True
) -> None:
    """The oracle, and the undisturbed run's end at the undisturbed run's price."""
    assert ended.exit in {0, 1}, f"{said}: {ended.exit} {ended.stderr}"
    scene.require_oracle(said)
    assert len(scene.charges) == expected.charges, said
    state = scene.state(kept=kept)
    assert state.current == expected.state.current, said
    if kept:
        assert state.kept == expected.state.kept, said
        assert state.files == expected.state.files, said
    else:
        here = tuple(name for name in expected.state.files if not name.startswith(KEPT))
        assert state.files == here, said
