"""What is done for one take whose request is known, and for tasks that no take asks for. Pure.

The request is held against the record and against the clips that are there; the answer is a step
with its reason.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from pipeline.rendering.digest import differences, digest, request_fields
from pipeline.rendering.prices import FREE
from pipeline.rendering.records import WITHOUT_A_CLIP, Record, State, Status, is_lost, state_of
from pipeline.rendering.steps import UP_TO_DATE, Action, Selection, Step, Wanted

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from pipeline.rendering.chain import Footage
    from pipeline.rendering.kept import Kept, Size
    from pipeline.rendering.prices import Price
    from pipeline.storyboard.shots import Request, Storyboard, Take


UNDER_WAY = frozenset({State.INTENDED, State.OPEN, State.DELIVERABLE})


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What a board is planned on. `records` may go on changing: each question sees them anew.

    `clips` gives the sizes of all clips that are there, by path; `size` that of one.
    """

    storyboard: Storyboard
    provider: str
    records: Mapping[str, Record]
    clips: Callable[[], Mapping[str, int]]
    size: Size
    selection: Selection
    price: Callable[[Mapping[str, Any]], Price]
    footage: Footage


def want(take: Take, request: Request | None = None) -> Wanted:
    """A take with its identity; `request` where that isn't the take's own yet."""
    if request is not None:
        take = replace(take, request=request)
    return Wanted(take, digest(request_fields(take.request)))


def clip_is_there(record: Record, size: Size) -> bool:
    """Whether the record's clip lies where it should, in the size that was verified."""
    return record.clip is not None and size(record.clip.path) == record.clip.bytes


def must_be_kept(record: Record) -> bool:
    """Whether a record has something to lose: a clip, or a task that was, or may be, paid for."""
    return state_of(record) not in WITHOUT_A_CLIP or bool(record.credits) or is_lost(record)


class Decision:
    """Holds what all takes of a board are decided on."""

    def __init__(self, given: Circumstances, kept: Kept, size: Size) -> None:
        self.size = size
        self._provider = given.provider
        self._records = given.records
        self._selection = given.selection
        self._price = given.price
        self._drafts = given.storyboard.drafts
        self._kept = kept

    def steps(self, want: Wanted, *, gone: bool = False) -> list[Step]:
        """The step for a take, behind one for the open task of an earlier request for it.

        `gone`: its record goes to another take.
        """
        record = self._records.get(want.take.key)
        if gone:
            return [self._other_request(want, self._news(want, record))]
        if record is not None and record.is_for(want.digest):
            # A clip that never comes, or never plays, can be rendered anew beside its task.
            beside = self._selection.force and state_of(record) is State.DELIVERABLE
            if not beside:
                return [self._same_request(want, record)]
            step = self._render(want, "forced", record)
        else:
            step = self._other_request(want, self._news(want, record))
        if record is None or not must_be_kept(record):
            return [step]
        kept = self._kept.free_name(record)
        if state_of(record) not in UNDER_WAY:
            return [replace(step, moves=((want.take.key, kept), *step.moves))]
        collect = self.collect(kept, record)
        if collect.action is Action.SKIP:
            reason = f"{step.reason}, but {collect.reason}"
            return [replace(collect, render=want.take.key, reason=reason, wanted=want)]
        return [replace(collect, moves=((want.take.key, kept),)), step]

    def _news(self, want: Wanted, record: Record | None) -> str:
        """Why there is something to do at all."""
        if record is not None:
            news = ", ".join(differences(record.request, want.fields)) or "new"
            return news + self._moved_pick(want, record)
        clip = f"{want.take.key}.mp4"
        if self.size(clip) is None:
            return "new"
        return f"no record of it, though {clip} is there; if it was bought, its key finds it, free"

    def _moved_pick(self, want: Wanted, record: Record) -> str:
        """A pick is a number: where its seed has got another one, the take that was picked."""
        before, drafts = record.request.get("seed"), self._drafts.get(want.take.shot, ())
        if before is None or before == want.fields.get("seed") or before not in drafts:
            return ""
        take = drafts.index(before) + 1
        return f" (seed {before} is take {take} now: `shotmake pick SPEC {want.take.shot}={take}`)"

    def collect(self, name: str, record: Record) -> Step:
        """Bring home what was bought and is asked for no more."""
        step = Step(
            render=name,
            action=Action.RESUME,
            reason=f"bought before as {_purchase(record)}, asked for no more: its clip is kept",
            digest=record.digest,
            attempt=record.attempt,
            reserve=self._open_bill(record),
            status=record.status,
        )
        return self._at_its_provider(step, record)

    def taken_over(self, want: Wanted, name: str, reason: str) -> Step:
        """What is done where the record that another take has is for this one's request."""
        step = self._same_request(want, self._records[name])
        if step.action is Action.SKIP and step.reason == UP_TO_DATE:
            return replace(step, action=Action.RESTORE, reason=reason)
        return replace(step, reason=f"{reason}; {step.reason}")

    def free_name(self, record: Record) -> str:
        """A name in `kept/` that nothing else is given."""
        return self._kept.free_name(record)

    def collected(self, name: str, record: Record) -> list[Step]:
        """What brings home a task whose record gives way to `name`; nothing, if it has ended."""
        return [self.collect(name, record)] if state_of(record) in UNDER_WAY else []

    def _open_bill(self, record: Record) -> float | None:
        """The most that is still to be billed for a task under way."""
        ended = state_of(record) is State.DELIVERABLE
        return 0.0 if ended else self._price(record.request).worst

    def _same_request(self, want: Wanted, record: Record) -> Step:
        state = state_of(record)
        if state is State.INTENDED:
            # Nobody knows whether it was bought: it may cost what a render does.
            reason = "the answer to its submit was lost: asked for by its key first"
            price = self._price(want.fields)
            step = self._free(want, Action.RESUME, reason, record)
            return self._at_its_provider(replace(step, price=price, reserve=price.worst), record)
        if state in UNDER_WAY:
            fetch = "is open" if state is State.OPEN else "is completed, its clip not fetched yet"
            step = self._free(want, Action.RESUME, f"{record.task_id} {fetch}", record)
            return self._known(replace(step, reserve=self._open_bill(record)), want, record)
        if state is State.COMPLETED:
            return self._rendered(want, record)
        if state is State.BLOCKED and not self._selection.retry_blocked:
            reason = f"blocked last time{_why(record)}; change the prompt, or --retry-blocked"
            return self._free(want, Action.SKIP, reason, record)
        return self._failed_before(want, record)

    def _failed_before(self, want: Wanted, record: Record) -> Step:
        """The very same request may have been rendered before that, and its clip be kept."""
        reason = f"{record.status} last time{_why(record)}"
        kept = None if self._selection.force else self._kept.last(want)
        if kept is not None:
            step = self._take_back(want, kept, reason)
        else:
            step = self._render(want, reason, record)
        if step.action is Action.SKIP or not must_be_kept(record):
            return step
        return replace(step, moves=((want.take.key, self._kept.free_name(record)), *step.moves))

    def _rendered(self, want: Wanted, record: Record) -> Step:
        key = want.take.key
        if self._selection.force:
            step = self._render(want, "forced", record)
            attempt = step.attempt
            if record.digest == want.digest:  # else it is accepted, and its number another's
                # Also of a clip that was found without its task: its number was bought, too.
                attempt = max(attempt, record.attempt + 1)
            return replace(step, attempt=attempt, moves=((key, self._kept.free_name(record)),))
        if clip_is_there(record, self.size):
            return self._free(want, Action.SKIP, UP_TO_DATE, record)
        changed = record.clip is not None and self.size(record.clip.path) is not None
        reason = "the clip is not the one rendered" if changed else "the clip is missing"
        if record.task_id is not None:
            step = self._free(want, Action.RECOVER, f"{reason}, its task is known", record)
            return self._known(step, want, record)
        kept = self._kept.last(want)
        if kept is not None:  # put there by hand, and gone; what was rendered for it is known
            step = self._take_back(want, kept, "the clip that was put there is gone")
            if step.action is Action.SKIP:
                return step
            return replace(step, moves=((key, self._kept.free_name(record)), *step.moves))
        return self._restore_stranger(want, reason, record) or self._render(want, reason, record)

    def _other_request(self, want: Wanted, reason: str) -> Step:
        """New to us, or rendered before for this very take and kept."""
        if not self._selection.force:
            kept = self._kept.last(want)
            if kept is not None:
                return self._take_back(want, kept, reason)
            step = self._restore_stranger(want, reason, None)
            if step is not None:
                return step
        return self._render(want, reason, None)

    def _take_back(self, want: Wanted, name: str, reason: str) -> Step:
        record = self._records[name]
        step = self._same_request(want, record)
        if step.action is Action.SKIP and step.reason == UP_TO_DATE:
            step = replace(
                step, action=Action.RESTORE, reason=f"rendered before, kept as {name}.mp4"
            )
        if step.action is Action.SKIP:
            return replace(step, reason=f"{reason}; {step.reason}")
        return replace(step, reason=f"{reason}; {step.reason}", moves=((name, want.take.key),))

    def _restore_stranger(self, want: Wanted, reason: str, record: Record | None) -> Step | None:
        """A clip named by this digest that no record speaks for: its records were lost."""
        path = self._kept.stranger(want)
        if path is None:
            return None
        reason = f"{reason}; rendered before, kept as {path}"
        return replace(self._free(want, Action.RESTORE, reason, record), source=path)

    def _known(self, step: Step, want: Wanted, record: Record) -> Step:
        """A step for a task with an id. Should the provider not know it, it was paid for all the
        same, perhaps, and stays on record: beside the next attempt, which has a key of its own.
        """
        step = self._at_its_provider(step, record)
        if step.action is Action.SKIP or not self._selection.resubmit_uncertain:
            return step
        anew = self._render(want, "the provider knows nothing of its task", record)
        moves = ((want.take.key, self._kept.free_name(record)),)
        return replace(
            step,
            reason=f"{step.reason}; bought anew if the provider knows nothing of it",
            price=anew.price,
            anew=replace(anew, moves=moves, lost=True),
        )

    def _at_its_provider(self, step: Step, record: Record) -> Step:
        """A task can only be asked for where it was bought; a doubt about money buys nothing."""
        if record.provider == self._provider:
            return step
        reason = (
            f"{step.reason}, bought at {record.provider} while this is {self._provider}: "
            "run it there"
        )
        return replace(step, action=Action.SKIP, reason=reason, price=FREE, reserve=0.0)

    def _render(self, want: Wanted, reason: str, record: Record | None) -> Step:
        """Buy it; `record` is of the very same request, where there is one."""
        price = self._price(want.fields)
        return Step(
            render=want.take.key,
            action=Action.RENDER,
            reason=reason,
            digest=want.digest,
            attempt=self._kept.next_attempt(want, record),
            price=price,
            reserve=price.worst,
            status=record.status if record else None,
            wanted=want,
        )

    def _free(self, want: Wanted, action: Action, reason: str, record: Record | None) -> Step:
        """A step that costs nothing."""
        return Step(
            render=want.take.key,
            action=action,
            reason=reason,
            digest=want.digest,
            attempt=record.attempt if record else 1,
            status=record.status if record else None,
            wanted=want,
        )


def _purchase(record: Record) -> str:
    """Shot, take and attempt, as they stand for people in the key: `pour.t1.a2`."""
    return record.out_task_id.rpartition(".")[0]


def _why(record: Record) -> str:
    """`: 503 api_error`, where an error is recorded; of a cancel, what it cost."""
    if record.status is Status.CANCELLED:
        return f": {record.credits:g} credits were billed" if record.credits else ""
    return f": {record.error.message or record.error.code}" if record.error else ""
