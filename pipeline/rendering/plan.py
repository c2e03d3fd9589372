"""What a run would do, decided before anything is done. Pure: opens no file, asks nobody.

For every take there is a step with its reason (`decision.py`). Records that no take asks for any
more, but whose tasks are still open, become steps too: they are paid for.

A take that begins with a frame of another one has a request only once that frame is known. Until
then its step waits, and is decided again (`Planner.later`) when the other one has ended.
"""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

from pipeline.rendering.chain import in_order, upstream
from pipeline.rendering.decision import UNDER_WAY, Decision
from pipeline.rendering.kept import Kept
from pipeline.rendering.links import Links
from pipeline.rendering.records import KEPT, state_of
from pipeline.rendering.steps import Action, Plan, Step

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from pipeline.rendering.decision import Circumstances
    from pipeline.rendering.records import Clip
    from pipeline.rendering.steps import Wanted
    from pipeline.storyboard.shots import Storyboard, Take, Undecided


class Planner:
    """Plans one board in one pass."""

    def __init__(self, given: Circumstances) -> None:
        self._given = given
        self.clips: Mapping[str, int] = {}
        """Those that were there when it last looked, as `Folder.clips` has it."""
        self._kept: Kept | None = None
        self._wants: dict[str, Wanted] = {}
        self._looking: Links | None = None
        self._planned: Links | None = None
        self._settled: Links | None = None

    @property
    def storyboard(self) -> Storyboard:
        """The board that is planned."""
        return self._given.storyboard

    @property
    def looks_elsewhere(self) -> bool:
        """Whether it depends on what lies in the folders of other passes."""
        return any(map(self._is_from_elsewhere, self.storyboard.takes))

    def _is_from_elsewhere(self, take: Take) -> bool:
        of = upstream(take)
        return of is not None and of.pass_name != self.storyboard.pass_name

    def plan(self) -> Plan:
        """Decide every step."""
        given, board = self._given, self._given.storyboard
        decide = self._planned = self._links()
        shots = in_order(board)
        needed = decide.needed(shots)
        decided: dict[str, list[Step]] = {}
        for takes in shots:
            decided |= decide.steps([take for take in takes if decide.selected(take)])
            for take in takes:
                if take.key in needed and take.key not in decided:
                    decide.recognise(take)
        asked = {take.key for take in board.takes}
        moved = {name for made in decided.values() for step in made for name, _to in step.moves}
        spoken_for = asked | moved
        collected = [
            decide.decision.collect(name, record)
            for name, record in sorted(given.records.items())
            if name not in spoken_for
            and state_of(record) in UNDER_WAY
            and given.selection.includes(name.removeprefix(KEPT).partition(".")[0])
        ]
        steps = [*self._in_cutting_order(decided), *collected]
        undecided = {each.shot for each in board.undecided}
        unasked = sorted(
            name
            for name in given.records
            if name not in asked
            and name.partition(".")[0] not in undecided
            and not name.startswith(KEPT)
        )
        return Plan(board.name, board.pass_name, given.provider, tuple(steps), tuple(unasked))

    def _in_cutting_order(self, decided: Mapping[str, list[Step]]) -> Iterator[Step]:
        board, begin = self._given.storyboard, 0
        for each in (*board.undecided, None):
            end = None if each is None else each.place
            for take in board.takes[begin:end]:
                yield from decided.get(take.key, ())
            begin = end or 0
            if each is not None and self._given.selection.includes_undecided(each.shot):
                yield _undecided(each, board)

    def again(self, takes: Sequence[Take], changed: Iterable[str]) -> list[Step]:
        """Plan all takes of a shot once more, as the records of these names have changed."""
        assert self._planned is not None  # noqa: S101 (there is a plan)
        self._planned.learn(changed)
        return [step for steps in self._planned.steps(takes).values() for step in steps]

    def current(self, key: str) -> Clip | str:
        """The clip of a take, if it is up to date, else why it has none: for other passes."""
        if self._looking is None:
            self._looking = self._links()
        return self._looking.current(key)

    def known(self, key: str) -> Wanted | None:
        """A take's request, if it is known by now."""
        return self._wants.get(key)

    def later(self, waiting: Iterable[Step], changed: Iterable[str]) -> list[Step]:
        """Decide steps that have waited, all that come due together, by what has come of the others
        by now.

        `changed`: the names of the records that are new or other than when the plan was made, or
        than when this was last asked; thousands that are as they were aren't gone through again.
        """
        takes = [step.wanted.take for step in waiting if step.wanted is not None]
        takes.sort(key=lambda take: (take.shot, take.number))
        if self._settled is None:
            self._settled = self._links(settled=True)
        self._settled.learn(changed)
        return [
            step
            for _shot, its in groupby(takes, key=lambda take: take.shot)
            for steps in self._settled.steps([*its]).values()
            for step in steps
        ]

    def _links(self, *, settled: bool = False) -> Links:
        given = self._given
        self.clips = given.clips()
        if self._kept is None:  # one for all, as it gives each name and each clip out once
            self._kept = Kept(given.storyboard, given.records, self.clips, given.size)
        decision = Decision(given, self._kept, given.size if settled else self.clips.get)
        return Links(given, decision, self._kept, self._wants, settled=settled)


def why_none(shot: Undecided, board: Storyboard) -> str:
    """Why a pass renders nothing of a shot, and what to do about it."""
    return (
        f"{shot.takes} takes, and none is picked: `shotmake pick {board.path} {shot.shot}=N`, or "
        "write under the pass how many takes it has"
    )


def _undecided(shot: Undecided, board: Storyboard) -> Step:
    return Step(shot.shot, Action.SKIP, why_none(shot, board), digest="", attempt=1, waits=True)
