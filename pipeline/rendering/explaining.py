"""One take explained: its request, what is new in it, its step, and all its attempts. Pure.

A take's attempts stand in three places: in its record, in the history behind that, and in records
of its own in `kept/`, which have a history each.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from pipeline.rendering.chain import upstream, words
from pipeline.rendering.decision import clip_is_there
from pipeline.rendering.digest import changed, out_task_id, request_fields, shot_in_key
from pipeline.rendering.kept import belongs
from pipeline.rendering.records import KEPT, Attempt
from pipeline.rendering.steps import Action
from pipeline.storyboard.shots import FrameOf
from pipeline.tasks_api.wire import encode_submit

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from pipeline.rendering.digest import Fields
    from pipeline.rendering.records import Record
    from pipeline.rendering.steps import Plan, Step
    from pipeline.storyboard.shots import Storyboard, Take

_LONG_AGO = datetime.min.replace(tzinfo=UTC)
_DIGITS = 12
"""As many of a hash as tell things apart for people, and in the names of kept clips."""


@dataclass(frozen=True, slots=True)
class Change:
    """A field of the request that is not what it was; None: it isn't there."""

    field: str
    old: Any
    new: Any


@dataclass(frozen=True, slots=True)
class Told:
    """An attempt, and what there is of it.

    `record` is the name of the record that is about it; None: one that took its place has it in its
    history. `seconds` lie between submit and end. `clip` is relative to the pass's folder, and None
    where it isn't there. `accepted` is another digest that its clip is good for.
    """

    attempt: Attempt
    record: str | None
    seconds: float | None
    clip: str | None
    accepted: str | None


@dataclass(frozen=True, slots=True)
class Explained:
    """A take as a run would find it.

    `besides` are what the run would do for earlier tasks of the take. `digest` is empty where the
    frame isn't known that the take begins with; then `unknown` says which. `sent` is the body of
    the submit that is on record or would be next, with words in place of an image's bytes.
    `changes` are those since the last record; None: there is none. `history` goes from the first
    attempt to the last.
    """

    take: Take
    step: Step
    besides: tuple[Step, ...]
    fields: Fields
    digest: str
    unknown: str
    sent: dict[str, Any]
    changes: tuple[Change, ...] | None
    history: tuple[Told, ...]


class Explainer:
    """Explains takes of a board by a plan for all of it; `clips` has sizes by path.

    The plan and the records are gone through once, for however many takes.
    """

    def __init__(
        self,
        board: Storyboard,
        plan: Plan,
        records: Mapping[str, Record],
        clips: Mapping[str, int],
    ) -> None:
        self._board = board
        self._records = records
        self._clips = clips
        self._kept: dict[str, dict[str, Record]] = {}
        """By what the keys of a shot's tasks begin with."""
        for name, record in records.items():
            if name.startswith(KEPT):
                shot = record.out_task_id.partition(".")[0]
                self._kept.setdefault(shot, {})[name] = record
        self._steps: dict[str, dict[int, Step]] = {}
        """By the names that they are about, in the plan's order."""
        for number, step in enumerate(plan.steps):
            for name in (step.render, *(name for name, _to in step.moves)):
                self._steps.setdefault(name, {})[number] = step

    def explain(self, take: Take) -> Explained:
        """One take, which the plan must be about."""
        board, records = self._board, self._records
        own = self._own(take)
        step, besides = self._its_steps(take, own)
        if step.wanted is not None:
            take = step.wanted.take
        asked = request_fields(take.request)
        digest = step.wanted.digest if step.wanted else ""
        last = own.get(take.key) or max(own.values(), key=_moment, default=None)
        return Explained(
            take=take,
            step=step,
            besides=besides,
            fields=asked,
            digest=digest,
            unknown="" if digest else _unknown(take, board, records),
            sent=_sent(asked, _key(step, digest, board, own) if digest else None),
            changes=None if last is None else _changes(last.request, asked),
            history=_history(own, self._clips),
        )

    def _own(self, take: Take) -> dict[str, Record]:
        """The records that are the take's, by name."""
        kept = self._kept.get(shot_in_key(take.shot), {})
        own = {name: r for name, r in kept.items() if belongs(r, take, self._board)}
        record = self._records.get(take.key)
        return own if record is None else {take.key: record} | own

    def _its_steps(self, take: Take, own: Mapping[str, Record]) -> tuple[Step, tuple[Step, ...]]:
        """The take's step, and those for its earlier tasks, which may come alone."""
        found: dict[int, Step] = {}
        for name in {take.key, *own}:
            about = self._steps.get(name, {})
            found |= {n: s for n, s in about.items() if name in {s.render, take.key}}
        its = [found[number] for number in sorted(found)]
        step = max(its, key=lambda each: (each.render == take.key, each.asked))
        return step, tuple(each for each in its if each is not step)


def image_words(image: Any) -> str | None:
    """What an init image is, of a request's fields: its URL, or its name with its hash.

    A local image always travels as JPEG, whatever the file is (`media/stills.py`).
    """
    if not isinstance(image, dict):
        return None if image is None else str(image)
    known = image.get("sha256")
    hashed = f", sha256 {known[:_DIGITS]}…" if known else ", not known yet"
    if image.get("shot") is None:
        return f"<{image.get('path') or 'an image'} as JPEG{hashed}>"
    of = FrameOf(
        image.get("pass") or "", image["shot"], image.get("take"), image.get("frame") or ""
    )
    return f"<{words(of)}{hashed}>"


def _unknown(take: Take, board: Storyboard, records: Mapping[str, Record]) -> str:
    of = upstream(take)
    if of is None:
        return ""
    here = of.pass_name == board.pass_name
    where = "" if here else f" in pass {of.pass_name}"
    rendered = not here or (of.key in records and records[of.key].clip is not None)
    return f"{words(of)}{where}, which is not {'known' if rendered else 'rendered'} yet"


def _key(step: Step, digest: str, board: Storyboard, own: Mapping[str, Record]) -> str:
    """The key of the attempt that is on record, or of the next one."""
    took_back = (name for name, to in step.moves if to == step.render)
    record = own.get(next(took_back, step.render))
    if step.action is Action.RENDER:
        attempt = step.attempt
    elif record is not None and record.digest == digest:
        return record.out_task_id
    else:  # it was never sent: the clip of another one is good for it, or a task stands before it
        known = (r.attempt for r in own.values() if r.is_for(digest))
        attempt = max(known, default=0) + 1
    assert step.wanted is not None  # noqa: S101 (or there would be no digest)
    take = step.wanted.take
    return out_task_id(board.name, board.pass_name, take.shot, take.number, digest, attempt)


def _sent(asked: Fields, key: str | None) -> dict[str, Any]:
    body = encode_submit(asked, key or "", image_words(asked.get("init_image")))
    return body | {"out_task_id": key}


def _changes(before: Mapping[str, Any], after: Fields) -> tuple[Change, ...]:
    names = changed(before, after)
    return tuple(Change(name, before.get(name), after.get(name)) for name in names)


def _history(own: Mapping[str, Record], clips: Mapping[str, int]) -> tuple[Told, ...]:
    told = [each for name, record in own.items() for each in _told(name, record, clips)]
    once: dict[tuple[str, str | int], Told] = {}
    for number, each in enumerate(sorted(told, key=lambda each: _moment(each.attempt))):
        task = (each.attempt.out_task_id, each.attempt.task_id or number)
        before = once.get(task)
        once[task] = each
        # A request that comes back may be answered with its old task: that has its old times.
        if before is not None and before.attempt.status is each.attempt.status:
            once[task] = replace(each, attempt=before.attempt, seconds=before.seconds)
    return tuple(once.values())


def _told(name: str, record: Record, clips: Mapping[str, int]) -> Iterator[Told]:
    """What a record tells: the attempts that it took the place of, and its own."""
    for earlier in record.history:
        yield Told(earlier, None, _seconds(earlier), None, None)
    attempt = Attempt(**{each.name: getattr(record, each.name) for each in fields(Attempt)})
    there = record.clip is not None and clip_is_there(record, clips.get)
    path = record.clip.path if record.clip is not None and there else None
    yield Told(attempt, name, _seconds(attempt), path, record.accepted)


def _moment(of: Attempt | Record) -> datetime:
    """When an attempt was made, as far as that is on record."""
    return next(_times((of.submitted_at, of.completed_at)), _LONG_AGO)


def _seconds(of: Attempt) -> float | None:
    """From submit to end; nothing where one of them isn't known.

    A task that was found again by its key was submitted, by what is known, after its end.
    """
    begin, end = of.submitted_at, of.completed_at
    if begin is None or end is None:
        return None
    begun, ended = _times((begin, end))
    seconds = (ended - begun).total_seconds()
    return seconds if seconds >= 0 else None


def _times(said: Iterable[str | None]) -> Iterator[datetime]:
    return (datetime.fromisoformat(text) for text in said if text is not None)
