"""What a run would do, decided before anything is done. Pure: opens no file, asks nobody.

For every take the storyboard's request is held against the record and against the clips that
are there; the answer is one step with its reason. Records that no take asks for any more, but
whose tasks are still open, become steps too: they are paid for.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import chain, count
from typing import TYPE_CHECKING

from pipeline.rendering.digest import differences, digest, request_fields
from pipeline.rendering.states import KEPT, Record, State, Status, state_of
from pipeline.rendering.steps import UP_TO_DATE, Action, Plan, Selection, Step, Wanted

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from pipeline.storyboard.shots import Request, Storyboard


UNDER_WAY = frozenset({State.INTENDED, State.OPEN, State.DELIVERABLE})


def want(storyboard: Storyboard) -> tuple[Wanted, ...]:
    """Every take of a board with its request's fields and digest."""
    wanted = []
    for take in storyboard.takes:
        fields = request_fields(take.request)
        wanted.append(Wanted(take, fields, digest(fields)))
    return tuple(wanted)


def plan(
    storyboard: Storyboard,
    provider: str,
    records: Mapping[str, Record],
    clips: Mapping[str, int],
    selection: Selection,
    estimate: Callable[[Request], float | None],
) -> Plan:
    """Decide every step. `clips` are the sizes of the clips that are there, by path."""
    wanted = want(storyboard)
    decide = _Decision(provider, records, clips, selection, estimate)
    steps = [step for want in wanted if decide.selected(want) for step in decide.steps(want)]
    asked = {want.take.key for want in wanted}
    steps += [
        decide.collect(name, record)
        for name, record in sorted(records.items())
        if name not in asked
        and state_of(record) in UNDER_WAY
        and selection.includes(name.removeprefix(KEPT).partition(".")[0])
    ]
    unasked = sorted(name for name in records if name not in asked and not name.startswith(KEPT))
    return Plan(storyboard.name, storyboard.pass_name, provider, tuple(steps), tuple(unasked))


def clip_is_there(record: Record, clips: Mapping[str, int]) -> bool:
    """Whether the record's clip lies where it should, in the size that was verified."""
    return record.clip is not None and clips.get(record.clip.path) == record.clip.bytes


class _Decision:
    """Holds what all takes are decided on; each kept clip and each new name is given out once."""

    def __init__(
        self,
        provider: str,
        records: Mapping[str, Record],
        clips: Mapping[str, int],
        selection: Selection,
        estimate: Callable[[Request], float | None],
    ) -> None:
        self._provider = provider
        self._records = records
        self._clips = clips
        self._selection = selection
        self._estimate = estimate
        self._taken = {*(name.removesuffix(".mp4") for name in clips), *records}
        self._kept = _kept_clips(records, clips)

    def selected(self, want: Wanted) -> bool:
        if not self._selection.includes(want.take.shot):
            return False
        if not self._selection.failed:
            return True
        record = self._records.get(want.take.key)
        return record is not None and record.status is not Status.COMPLETED

    def steps(self, want: Wanted) -> list[Step]:
        """The step for a take, behind one for the open task of an earlier request for it."""
        record = self._records.get(want.take.key)
        if record is not None and record.digest == want.digest:
            return [self._same_request(want, record)]
        if record is None or state_of(record) not in UNDER_WAY:
            return [self._other_request(want, record)]
        kept = self._kept_name(record)
        collect = self.collect(kept, record)
        if collect.action is Action.SKIP:
            return [replace(collect, render=want.take.key, wanted=want)]
        collect = replace(collect, supersedes=want.take.key, kept_as=kept)
        return [collect, self._other_request(want, record)]

    def collect(self, name: str, record: Record) -> Step:
        """Bring home what was bought and is asked for no more."""
        step = Step(
            render=name,
            action=Action.RESUME,
            reason="bought before, asked for no more: its clip is kept",
            digest=record.digest,
            attempt=record.attempt,
            estimated_credits=0.0,
            status=record.status,
        )
        return self._at_its_provider(step, record)

    def _same_request(self, want: Wanted, record: Record) -> Step:
        state = state_of(record)
        if state in UNDER_WAY:
            reason = {
                State.INTENDED: "the answer to its submit was lost: asked for by its key first",
                State.OPEN: f"task {record.task_id} is open",
                State.DELIVERABLE: f"task {record.task_id} is completed, its clip not fetched yet",
            }[state]
            step = self._free(want, Action.RESUME, reason, record)
            return self._at_its_provider(step, record)
        if state is State.COMPLETED:
            return self._rendered(want, record)
        if state is State.BLOCKED and not self._selection.retry_blocked:
            reason = f"blocked last time{_why(record)}; change the prompt, or --retry-blocked"
            return self._free(want, Action.SKIP, reason, record)
        return self._render(want, f"{record.status} last time{_why(record)}", record)

    def _other_request(self, want: Wanted, record: Record | None) -> Step:
        """New to us, or not what the record is about."""
        changes = () if record is None else differences(record.request, want.fields)
        reason = ", ".join(changes) or "new"
        source = None if self._selection.force else self._take_kept(want.digest)
        if source is not None:
            reason = f"{reason}; rendered before, kept as {source}"
            step = self._free(want, Action.RESTORE, reason, None)
            step = replace(step, source=source)
        else:
            step = self._render(want, reason, None)
        if record is not None and record.status is Status.COMPLETED:
            step = replace(step, supersedes=want.take.key, kept_as=self._kept_name(record))
        return step

    def _rendered(self, want: Wanted, record: Record) -> Step:
        if self._selection.force:
            step = self._render(want, "forced", record)
            return replace(step, supersedes=want.take.key, kept_as=self._kept_name(record))
        if clip_is_there(record, self._clips):
            return self._free(want, Action.SKIP, UP_TO_DATE, record)
        changed = record.clip is not None and record.clip.path in self._clips
        reason = "the clip is not the one rendered" if changed else "the clip is missing"
        if record.task_id is not None:
            step = self._free(want, Action.RECOVER, f"{reason}, its task is known", record)
            return self._at_its_provider(step, record)
        source = self._take_kept(want.digest)
        if source is not None:
            step = self._free(want, Action.RESTORE, f"{reason}; kept as {source}", record)
            return replace(step, source=source)
        return self._render(want, reason, record)

    def _at_its_provider(self, step: Step, record: Record) -> Step:
        """A task can only be asked for where it was bought; a doubt about money buys nothing."""
        if record.provider == self._provider:
            return step
        reason = (
            f"{step.reason}, but it was bought at {record.provider} and this is "
            f"{self._provider}: run it there"
        )
        return replace(step, action=Action.SKIP, reason=reason)

    def _take_kept(self, digest: str) -> str | None:
        paths = self._kept.get(digest) or self._kept.get(digest[:12])
        return paths.pop() if paths else None

    def _kept_name(self, record: Record) -> str:
        """A free name under `kept/` for a record that gives way."""
        stem = KEPT + record.digest[:12]
        name = next(
            name
            for name in chain((stem,), (f"{stem}-{n}" for n in count(2)))
            if name not in self._taken
        )
        self._taken.add(name)
        return name

    def _render(self, want: Wanted, reason: str, last: Record | None) -> Step:
        """`last` is the last attempt at the very same request, whose number this one follows."""
        return Step(
            render=want.take.key,
            action=Action.RENDER,
            reason=reason,
            digest=want.digest,
            attempt=1 if last is None else last.attempt + 1,
            estimated_credits=self._estimate(want.take.request),
            status=last.status if last else None,
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
            estimated_credits=0.0,
            status=record.status if record else None,
            wanted=want,
        )


def _kept_clips(records: Mapping[str, Record], clips: Mapping[str, int]) -> dict[str, list[str]]:
    """Clips under `kept/` by what they are: a digest where a record knows it, else its begin."""
    found: dict[str, list[str]] = {}
    spoken_for = set()
    for name, record in records.items():
        if record.clip is None:
            continue
        spoken_for.add(record.clip.path)
        if name.startswith(KEPT) and clip_is_there(record, clips):
            found.setdefault(record.digest, []).append(record.clip.path)
    for path in clips:
        if path.startswith(KEPT) and path not in spoken_for:
            found.setdefault(path.removeprefix(KEPT).removesuffix(".mp4")[:12], []).append(path)
    return found


def _why(record: Record) -> str:
    """`: 503 api_error`, where an error is recorded."""
    return f": {record.error.message or record.error.code}" if record.error else ""
