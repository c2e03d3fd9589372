"""What a run would do, decided before anything is done. Pure: opens no file, asks nobody.

For every take there is a step with its reason (`decision.py`). Records that no take asks for any
more, but whose tasks are still open, become steps too: they are paid for.

A take that begins with a frame of another one has a request only once that frame is known. Until
then its step waits, and is decided again (`Planner.later`) when the other one has ended.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import groupby
from typing import TYPE_CHECKING

from pipeline.errors import MediaError
from pipeline.rendering.chain import Coming, Frames, in_order, line, upstream, words
from pipeline.rendering.decision import UNDER_WAY, Decision, clip_is_there, want
from pipeline.rendering.digest import differences, request_fields
from pipeline.rendering.records import KEPT, Clip, Record, State, Status, state_of
from pipeline.rendering.regrouping import Regrouped, regrouped
from pipeline.rendering.steps import Action, Plan, Step, Wanted

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from pipeline.rendering.chain import Standing
    from pipeline.rendering.decision import Circumstances
    from pipeline.storyboard.shots import FrameOf, Take, Undecided


class Planner:
    """Plans one board in one pass."""

    def __init__(self, given: Circumstances) -> None:
        self._given = given
        self._taken: set[str] = set()
        self._wants: dict[str, Wanted] = {}
        self._looking: _Chains | None = None

    def plan(self) -> Plan:
        """Decide every step."""
        given, board = self._given, self._given.storyboard
        decide = _Chains(given, self._taken, self._wants)
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
                yield _undecided(each)

    def current(self, key: str) -> Clip | str:
        """The clip of a take, if it is up to date, else why it has none: for other passes."""
        if self._looking is None:
            self._looking = _Chains(self._given, self._taken, self._wants)
        return self._looking.current(key)

    def known(self, key: str) -> Wanted | None:
        """A take's request, if it is known by now."""
        return self._wants.get(key)

    def later(self, waiting: Iterable[Step]) -> list[Step]:
        """Decide steps that have waited, all that come due together, by what has come of the others
        by now.
        """
        takes = [step.wanted.take for step in waiting if step.wanted is not None]
        takes.sort(key=lambda take: (take.shot, take.number))
        decide = _Chains(self._given, self._taken, self._wants, settled=True)
        return [
            step
            for _shot, its in groupby(takes, key=lambda take: take.shot)
            for steps in decide.steps([*its]).values()
            for step in steps
        ]


def why_none(shot: Undecided) -> str:
    """Why a pass renders nothing of a shot, and what to do about it."""
    return (
        f"{shot.takes} takes, and none is picked: `shotmake pick SPEC {shot.shot}=N`, or write "
        "under the pass how many takes it has"
    )


def _undecided(shot: Undecided) -> Step:
    return Step(shot.shot, Action.SKIP, why_none(shot), digest="", attempt=1, waits=True)


class _Chains:
    """Decides takes, each behind the one that it begins with a frame of.

    `wants` are the requests that are known by now. `settled`: nothing is coming any more that a
    take could wait for.
    """

    def __init__(
        self,
        given: Circumstances,
        taken: set[str],
        wants: dict[str, Wanted],
        *,
        settled: bool = False,
    ) -> None:
        self.decision = Decision(given, taken)
        self._records = given.records
        self._selection = given.selection
        self._price = given.price
        self._frames = Frames(given.footage, given.records.values())
        self._board = given.storyboard
        self._wants = wants
        self._settled = settled
        self._coming: dict[str, bool] = {}
        """Takes whose clips this run brings, and whether it may render them anew: then even an
        equal request may bring another picture.
        """
        self._takes = {take.key: take for take in given.storyboard.takes}
        self._by_shot: dict[str, list[str]] = {}
        for name in given.records:
            self._by_shot.setdefault(name.partition(".")[0], []).append(name)

    def selected(self, take: Take) -> bool:
        """Whether the command is about the take."""
        if not self._selection.includes_take(take):
            return False
        if not self._selection.failed:
            return True
        record = self._records.get(take.key)
        return record is not None and record.status is not Status.COMPLETED

    def needed(self, shots: Sequence[Sequence[Take]]) -> set[str]:
        """The takes that selected ones begin with frames of, directly or not; `shots` are all, each
        behind the one that it begins with a frame of.
        """
        needed: set[str] = set()
        for take in (take for takes in reversed(shots) for take in takes):
            of = upstream(take)
            if of is not None and (take.key in needed or self.selected(take)):
                needed.add(of.key)
        return needed

    def steps(self, takes: Sequence[Take]) -> dict[str, list[Step]]:
        """What is done for takes of one shot, by their keys."""
        moved = self._regrouped(takes)
        decided = {}
        for take in takes:
            if take.key in moved.steps:
                steps = [moved.steps[take.key]]
            else:
                steps = self._decided(take, gone=take.key in moved.gone)
            decided[take.key] = steps
            if any(step.action is not Action.SKIP for step in steps):
                self._coming[take.key] = _renders(steps)
        moved.in_front_of(decided)
        return _together(decided)

    def _regrouped(self, takes: Sequence[Take]) -> Regrouped:
        """The takes that have changed places with others of their shot."""
        if not takes or self._selection.force:
            return Regrouped()
        names = self._by_shot.get(takes[0].shot, [])
        records = {name: self._records[name] for name in names if not self._is_busy(name, takes)}
        wants = [wanted for take in takes if (wanted := self.recognise(take)) is not None]
        if len(wants) < len(takes) or not records:
            return Regrouped()
        return regrouped(wants, records, self.decision)

    def _is_busy(self, name: str, takes: Sequence[Take]) -> bool:
        """Whether the run that is going may be working on a record, and not only about to."""
        if not self._settled or any(take.key == name for take in takes):
            return False
        if name in self._takes:
            return self.selected(self._takes[name])
        return state_of(self._records[name]) in UNDER_WAY

    def current(self, key: str) -> Clip | str:
        """A take's clip, if it is what its request asks for; else why there is none."""
        if key not in self._takes:
            return f"pass {self._board.pass_name} renders no such take"
        for each in line(self._takes[key], self._board, self._takes):
            if each.key not in self._wants:
                self.recognise(each)
        wanted, record = self._wants.get(key), self._records.get(key)
        where = f"in pass {self._board.pass_name}"
        if wanted is None or not _is_rendered(record, wanted):
            return f"{where} {_why_not(record)}"
        if record is None or record.clip is None or not clip_is_there(record, self.decision.clips):
            return f"{where} its clip is missing; run that pass"
        return record.clip

    def recognise(self, take: Take) -> Wanted | None:
        """The take's request, if it can be known."""
        of = upstream(take)
        self._wants.pop(take.key, None)
        if of is None:
            wanted = want(take)
        else:
            standing = self._standing(of)
            if not isinstance(standing, Clip):
                return None
            try:
                frame = self._frames.frame(of, standing)
            except MediaError:
                return None
            wanted = want(take, replace(take.request, init_image=frame))
        self._wants[take.key] = wanted
        return wanted

    def _decided(self, take: Take, *, gone: bool) -> list[Step]:
        """`gone`: its record goes to another take."""
        of = upstream(take)
        record = None if gone else self._records.get(take.key)
        if of is None:
            wanted = self._wants[take.key] = want(take)
            return self.decision.steps(wanted, gone=gone)
        standing = self._standing(of)
        if isinstance(standing, Clip):
            known = self.recognise(take)
            if known is None:
                standing = "its clip can't be read"
            else:
                lies_there = self._lies_there(of, standing)
                if lies_there or _is_rendered(record, known):
                    steps = self.decision.steps(known, gone=gone)
                    if lies_there or not _renders(steps):
                        return steps
                standing = Coming(of.key)
        step = self._waiting(take, of, standing, record)
        if state_of(record) not in UNDER_WAY or record is None:
            return [step]
        collect = self.decision.collect(take.key, record)
        reason = f"bought before; {words(of)}, which it begins with now, is not known yet"
        collect = replace(collect, reason=reason)
        if collect.action is Action.SKIP:
            return [replace(collect, wanted=step.wanted)]
        if step.action is Action.SKIP:
            return [step] if self._settled else [collect, step]  # a run has waited for it before
        return [collect, replace(step, after=(of.key, take.key))]

    def _waiting(self, take: Take, of: FrameOf, standing: Standing, record: Record | None) -> Step:
        """A step whose request isn't known yet, or that can't have one."""
        fields = request_fields(take.request)
        wanted = Wanted(take, fields, digest="")
        if not isinstance(standing, Coming):
            return Step(
                take.key,
                Action.SKIP,
                f"waiting for {of.key}: {standing}",
                digest="",
                attempt=record.attempt if record else 1,
                status=record.status if record else None,
                wanted=wanted,
                waits=True,
            )
        news = "new" if record is None else ", ".join(differences(record.request, fields))
        reason = f"begins with {words(of)}, which comes first"
        if self._selection.force:
            news = "forced"
        elif record is not None and not news and state_of(record) is State.COMPLETED:
            reason += "; left as it is if that doesn't change"
        price = self._price(fields)
        return Step(
            take.key,
            Action.RENDER,
            f"{news}; {reason}" if news else reason,
            digest="",
            attempt=1,
            price=price,
            reserve=price.worst,
            status=record.status if record else None,
            wanted=wanted,
            after=(of.key,),
        )

    def _standing(self, of: FrameOf) -> Standing:
        """How the take stands whose frame is asked for."""
        if of.take is None:
            return "it has several takes, and none is picked (`shotmake pick`, or name a take)"
        if of.pass_name != self._board.pass_name:
            return self._frames.elsewhere(of)
        record, wanted = self._records.get(of.key), self._wants.get(of.key)
        rendered = wanted is not None and _is_rendered(record, wanted)
        clip = record.clip if record is not None and rendered else None
        if of.key in self._coming:
            stays = clip is not None and not self._coming[of.key]
            known = clip is not None and stays and self._frames.is_known(of, clip)
            return clip if clip is not None and known else Coming(of.key)
        if clip is not None and record is not None and clip_is_there(record, self.decision.clips):
            return clip
        why = _why_not(record)
        selected = of.key in self._takes and self.selected(self._takes[of.key])
        return why if self._settled or selected else f"{why}, and it is not selected"

    def _lies_there(self, of: FrameOf, clip: Clip) -> bool:
        if of.pass_name != self._board.pass_name:
            return True  # or it wouldn't be called current
        return self.decision.clips.get(clip.path) == clip.bytes and of.key not in self._coming


def _renders(steps: Iterable[Step]) -> bool:
    """Whether something may be bought anew, and not only brought home."""
    return any(step.action is Action.RENDER or step.anew is not None for step in steps)


def _together(decided: dict[str, list[Step]]) -> dict[str, list[Step]]:
    """Let the takes of a shot that wait be decided at once, as they may change places."""
    after = dict.fromkeys(key for steps in decided.values() for s in steps for key in s.after)
    if not after:
        return decided
    return {
        key: [replace(step, after=(*after,)) if step.after else step for step in steps]
        for key, steps in decided.items()
    }


def _is_rendered(record: Record | None, wanted: Wanted) -> bool:
    if record is None or not record.is_for(wanted.digest):
        return False
    return state_of(record) is State.COMPLETED


def _why_not(record: Record | None) -> str:
    """Why a take has no clip that another one could begin with."""
    match state_of(record):
        case State.NONE:
            return "it is not rendered"
        case State.COMPLETED:
            return "it is not rendered as it stands now"
        case State.INTENDED | State.OPEN | State.DELIVERABLE:
            return "its task is still open"
        case state:
            return f"it {state}" if state is State.FAILED else f"it is {state}"
