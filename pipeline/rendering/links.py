"""Decides takes one behind the other, as they begin with frames of each other. Pure.

A take's request is known once the clip is that it begins with a frame of; until then its step
waits, and says for what.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from pipeline.errors import MediaError
from pipeline.rendering.chain import Coming, Frames, line, upstream, words
from pipeline.rendering.decision import UNDER_WAY, clip_is_there, want
from pipeline.rendering.digest import differences, request_fields
from pipeline.rendering.records import Clip, Record, State, Status, state_of
from pipeline.rendering.regrouping import Regrouped, regrouped
from pipeline.rendering.steps import Action, Step, Wanted

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from pipeline.rendering.chain import Standing
    from pipeline.rendering.decision import Circumstances, Decision
    from pipeline.rendering.kept import Kept
    from pipeline.storyboard.shots import FrameOf, Take


class Links:
    """Decides takes, each behind the one that it begins with a frame of.

    `wants` are the requests that are known by now. `settled`: nothing is coming any more that a
    take could wait for.
    """

    def __init__(
        self,
        given: Circumstances,
        decision: Decision,
        kept: Kept,
        wants: dict[str, Wanted],
        *,
        settled: bool = False,
    ) -> None:
        self.decision = decision
        self._kept = kept
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
        self._seen: set[str] = set()
        self._unusable: dict[str, str] = {}
        """Why a take's frame can't be had of the clip that is there, by the take's key."""
        self._takes = {take.key: take for take in given.storyboard.takes}
        self._further: dict[str, dict[str, None]] = {}
        """Records of a shot's second and further takes, by shot."""
        for name in given.records:
            self._group(name)

    def learn(self, names: Iterable[str]) -> None:
        """Records are new, or have changed."""
        for name in names:
            self._group(name)
            if name in self._records:
                self._frames.learn(self._records[name])
                self._kept.learn(name, self._records[name])

    def _group(self, name: str) -> None:
        shot, dot, _number = name.partition(".")
        if dot:
            self._further.setdefault(shot, {})[name] = None

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
            self._coming.pop(take.key, None)
            if not self._settled and any(step.action is not Action.SKIP for step in steps):
                self._coming[take.key] = _renders(steps)
        moved.in_front_of(decided)
        return _together(decided)

    def _regrouped(self, takes: Sequence[Take]) -> Regrouped:
        """The takes that have changed places with others of their shot."""
        if not takes or self._selection.force:
            return Regrouped()
        shot, further = takes[0].shot, self._further.get(takes[0].shot, ())
        if len(takes) == 1 and takes[0].key == shot and not further:
            return Regrouped()  # it is alone
        there = (name for name in (shot, *further) if name in self._records)
        records = {name: self._records[name] for name in there if not self._is_busy(name, takes)}
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
        unseen: list[Take] = []
        for each in line(self._takes[key], self._board, self._takes):
            if each.key in self._seen:
                break
            unseen.append(each)
        for each in reversed(unseen):
            self._seen.add(each.key)
            self.recognise(each)
        wanted, record = self._wants.get(key), self._records.get(key)
        where = f"in pass {self._board.pass_name}"
        if wanted is None or not _is_rendered(record, wanted):
            return f"{where} {_why_not(record)}"
        if record is None or record.clip is None or not clip_is_there(record, self.decision.size):
            return f"{where} its clip is missing; run that pass"
        return record.clip

    def recognise(self, take: Take) -> Wanted | None:
        """The take's request, if it can be known."""
        of = upstream(take)
        if of is None:
            return self._known(take)
        self._wants.pop(take.key, None)
        standing = self._standing(of)
        if not isinstance(standing, Clip):
            return None
        try:
            frame = self._frames.frame(of, standing)
        except MediaError as error:
            self._unusable[take.key] = f"its clip is of no use here: {error}"
            return None
        wanted = self._wants[take.key] = want(take, replace(take.request, init_image=frame))
        return wanted

    def _known(self, take: Take) -> Wanted:
        """The request of a take that begins with no other one's frame: it never changes."""
        wanted = self._wants.get(take.key)
        if wanted is None:
            wanted = self._wants[take.key] = want(take)
        return wanted

    def _decided(self, take: Take, *, gone: bool) -> list[Step]:
        """`gone`: its record goes to another take."""
        of = upstream(take)
        record = None if gone else self._records.get(take.key)
        if of is None:
            return self.decision.steps(self._known(take), gone=gone)
        standing = self._standing(of)
        if isinstance(standing, Clip):
            known = self.recognise(take)
            if known is None:
                standing = self._unusable.get(take.key, "its clip can't be read")
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
        wanted = Wanted(take, digest="")
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
            return "it has several takes, and none is picked: `shotmake pick`"
        if of.pass_name != self._board.pass_name:
            return self._frames.elsewhere(of)
        record, wanted = self._records.get(of.key), self._wants.get(of.key)
        rendered = wanted is not None and _is_rendered(record, wanted)
        clip = record.clip if record is not None and rendered else None
        if of.key in self._coming:
            stays = clip is not None and not self._coming[of.key]
            known = clip is not None and stays and self._frames.is_known(of, clip)
            return clip if clip is not None and known else Coming(of.key)
        if clip is not None and record is not None and clip_is_there(record, self.decision.size):
            return clip
        why = _why_not(record)
        selected = of.key in self._takes and self.selected(self._takes[of.key])
        return why if self._settled or selected else f"{why}, and it is not selected"

    def _lies_there(self, of: FrameOf, clip: Clip) -> bool:
        if of.pass_name != self._board.pass_name:
            return True  # or it wouldn't be called current
        return self.decision.size(clip.path) == clip.bytes and of.key not in self._coming


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
