"""What a pass of a storyboard has to show: its shots in cutting order, and the clip of each. Pure.

Page, cut, timeline and contact sheet are all made of this, so that they agree in what a shot is
called, which of its takes counts, and what is missing.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from itertools import groupby
from operator import attrgetter
from typing import TYPE_CHECKING

from pipeline.rendering.decision import clip_is_there
from pipeline.rendering.explaining import Explainer
from pipeline.rendering.plan import why_none
from pipeline.rendering.records import Status
from pipeline.rendering.steps import UP_TO_DATE, Action

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from pipeline.rendering.explaining import Explained
    from pipeline.rendering.records import Clip, Record
    from pipeline.rendering.steps import Plan, Step
    from pipeline.storyboard.shots import Request, Storyboard, Take, Undecided


class Standing(StrEnum):
    """How a take stands with the storyboard as it is now, in words for people."""

    CURRENT = "up to date"
    CHANGED = "changed"
    """There is a clip, and the storyboard has said something else since."""
    TO_FETCH = "to fetch"
    """The clip isn't here; a run brings it back, free."""
    FAILED = "failed"
    BLOCKED = "blocked"
    CANCELLED = "cancelled"
    PENDING = "pending"
    MISSING = "not rendered"


@dataclass(frozen=True, slots=True)
class ShownTake:
    """A take, what a run would do for it, and all that was tried.

    `clip` is the clip that its record has, where it lies as it was verified: of the request as it
    is now or, where `standing` is `CHANGED`, of an earlier one. `path` is where it lies.
    """

    told: Explained
    record: Record | None
    standing: Standing
    clip: Clip | None
    path: Path | None

    @property
    def key(self) -> str:
        """The take's name: `pour`, `pour.t2`."""
        return self.told.take.key

    @property
    def request(self) -> Request:
        """What it asks for now."""
        return self.told.take.request


@dataclass(frozen=True, slots=True)
class ShownShot:
    """A shot of the film; `number` is its place in cutting order, from 1.

    `request` says what it is about, also where the pass renders nothing of it as none of its takes
    is picked: then `takes` is empty, and `undecided` the reason.
    """

    shot: str
    number: int
    request: Request
    takes: tuple[ShownTake, ...]
    picked: int | None = None
    """The number of the circled take."""
    undecided: str = ""

    @property
    def chosen(self) -> ShownTake | None:
        """The take that stands for the shot: the picked one, else the first that has a clip, else
        the first.
        """
        circled = (take for take in self.takes if take.told.take.picked)
        with_clip = (take for take in self.takes if take.clip is not None)
        return next(circled, None) or next(with_clip, None) or next(iter(self.takes), None)

    @property
    def for_want_of_a_pick(self) -> str:
        """Which take stands for the shot though nobody has picked it, in words; empty if somebody
        has, or if there is only one.
        """
        chosen = self.chosen
        if chosen is None or self.picked is not None or len(self.takes) == 1:
            return ""
        return f"take {chosen.told.take.number} of {len(self.takes)}, as none is picked"

    @property
    def missing(self) -> str:
        """Why there is no clip to show for the shot, in words; empty if there is one."""
        chosen = self.chosen
        if chosen is None:
            return self.undecided
        if chosen.clip is not None:
            return ""
        error = chosen.record.error if chosen.record else None
        said = (error.message or error.code) if error else ""
        return f"{chosen.standing}: {said}" if said else str(chosen.standing)


@dataclass(frozen=True, slots=True)
class Film:
    """One pass of one storyboard. `folder` is where its clips lie; `records` are all there are.

    `free`: its clips are drawn on this machine, at no cost. `running`: a run is at it just now, or
    was killed.
    """

    board: Storyboard
    folder: Path
    free: bool
    running: bool
    plan: Plan
    records: Mapping[str, Record]
    shots: tuple[ShownShot, ...]

    @property
    def takes(self) -> Iterator[ShownTake]:
        """All takes, in cutting order."""
        return (take for shot in self.shots for take in shot.takes)


def remarks(film: Film) -> Iterator[tuple[str, str]]:
    """What somebody who watches the film ought to know, by shot."""
    for shot in film.shots:
        chosen = shot.chosen
        if chosen is None or chosen.clip is None:
            continue
        if shot.for_want_of_a_pick:
            yield shot.shot, shot.for_want_of_a_pick
        if chosen.standing is not Standing.CURRENT:
            yield shot.shot, "the clip is of an earlier request"


@dataclass(frozen=True, slots=True)
class Sources:
    """What a film is made of: a plan for all of the board, its records, its folder.

    `clips` are the sizes in bytes of what lies in the folder, by path.
    """

    board: Storyboard
    plan: Plan
    records: Mapping[str, Record]
    folder: Path
    clips: Mapping[str, int]
    free: bool
    running: bool = False


def film(given: Sources) -> Film:
    """Put a film together; nothing is read."""
    explainer = Explainer(given.board, given.plan, given.records, given.clips)
    shots = [
        ShownShot(
            shot,
            number,
            request,
            tuple(_shown(explainer.explain(take), given) for take in takes),
            given.board.picks.get(shot),
            undecided,
        )
        for number, (shot, request, takes, undecided) in enumerate(_in_cutting_order(given), 1)
    ]
    return Film(
        board=given.board,
        folder=given.folder,
        free=given.free,
        running=given.running,
        plan=given.plan,
        records=given.records,
        shots=tuple(shots),
    )


def _in_cutting_order(
    given: Sources,
) -> Iterator[tuple[str, Request, Sequence[Take], str]]:
    """Shots with their takes, and why there are none; undecided ones in their places."""
    takes = {shot: [*its] for shot, its in groupby(given.board.takes, key=attrgetter("shot"))}
    waiting = [*given.board.undecided]
    place = 0
    for shot, its in takes.items():
        while waiting and waiting[0].place <= place:
            yield _undecided(waiting.pop(0), given)
        yield shot, its[0].request, its, ""
        place += len(its)
    for each in waiting:
        yield _undecided(each, given)


def _undecided(shot: Undecided, given: Sources) -> tuple[str, Request, Sequence[Take], str]:
    return shot.shot, shot.request, (), why_none(shot, given.board)


def _shown(told: Explained, given: Sources) -> ShownTake:
    record = given.records.get(told.take.key)
    clip = record.clip if record and clip_is_there(record, given.clips.get) else None
    path = given.folder / clip.path if clip else None
    return ShownTake(told, record, _standing(told.step, record, clip), clip, path)


def _standing(step: Step, record: Record | None, clip: Clip | None) -> Standing:
    if step.action is Action.SKIP and step.reason == UP_TO_DATE:
        return Standing.CURRENT
    if step.action in {Action.RECOVER, Action.RESTORE}:
        return Standing.TO_FETCH
    if record is None:
        return Standing.MISSING
    if record.status is not Status.COMPLETED:
        return Standing(record.status.value)
    return Standing.CHANGED if clip else Standing.MISSING
