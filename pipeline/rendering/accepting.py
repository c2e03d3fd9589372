"""`shotmake accept`: a clip that lies where a take's belongs is good as it is.

What was bought stays as it was: the digest, the request, the task. So going back to the old request
is free, and a deleted clip is still recovered. Everything is decided before anything is recorded,
on a copy of the records that each take's events are tried on: what begins with a frame of an
accepted clip can be accepted with it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pipeline.errors import MediaError, UsageError
from pipeline.media.probe import Footage, verify
from pipeline.rendering import disk
from pipeline.rendering.adopting import adopted, inspect
from pipeline.rendering.chain import in_order, upstream
from pipeline.rendering.decision import UNDER_WAY, must_be_kept
from pipeline.rendering.digest import differences
from pipeline.rendering.events import Accepted, Moved, Renamed, names_of
from pipeline.rendering.kept import Kept
from pipeline.rendering.records import State, state_of
from pipeline.rendering.states import apply
from pipeline.storyboard.catalog import frame_size

if TYPE_CHECKING:
    from collections.abc import Callable, Container, Iterator, Mapping, Sequence

    from pipeline.rendering.board import Board
    from pipeline.rendering.events import Event
    from pipeline.rendering.folder import Folder
    from pipeline.rendering.plan import Planner
    from pipeline.rendering.records import Clip, Record
    from pipeline.rendering.steps import Step, Wanted
    from pipeline.storyboard.shots import Storyboard, Take


@dataclass(frozen=True, slots=True)
class Acceptance:
    """What accepting one take comes to; without `events` it is up to date already.

    `said` is what the clip was until now; `clip` its path.
    """

    render: str
    clip: str
    said: str
    events: tuple[Event, ...]


class Acceptances:
    """Decides for the takes of one board, by what lies in its folder.

    `planner` plans by given records; `at` is the time, as RFC 3339 in UTC.
    """

    def __init__(
        self,
        storyboard: Storyboard,
        folder: Folder,
        records: Mapping[str, Record],
        planner: Callable[[Mapping[str, Record]], Planner],
        at: str,
    ) -> None:
        self._storyboard = storyboard
        self._folder = folder
        self._records = dict(records)
        self._clips = folder.clips()
        self._at = at
        self._kept = Kept(storyboard, self._records, self._clips, self._clips.get)
        self._planner = planner(self._records)
        self._plan = self._planner.plan()
        self._steps: dict[str, Step] = {}
        """By take, as they are planned by now."""
        self._know(self._plan.steps)

    def decide(self, keys: Container[str]) -> list[Acceptance]:
        """Decide for takes, by their keys.

        Raises `UsageError` for the first one that can't be accepted, `FolderError`.
        """
        made: list[Acceptance] = []
        anew: set[str] = set()
        """Takes that stand otherwise than at first, and so may those that begin with them."""
        for takes in in_order(self._storyboard):
            changed: set[str] = set()
            begins_with = {of.key for take in takes if (of := upstream(take)) is not None}
            outdated = not anew.isdisjoint(begins_with)
            if outdated:
                self._know(self._planner.again(takes, ()))
            for take in takes:
                if take.key in keys:
                    made.append(self._decide(take))
                    changed |= self._apply(made[-1])
            if changed:
                self._know(self._planner.again(takes, changed))
            if outdated or changed:
                anew |= {take.key for take in takes}
        return made

    def _know(self, steps: Sequence[Step]) -> None:
        self._steps |= {step.wanted.take.key: step for step in reversed(steps) if step.wanted}

    def _apply(self, one: Acceptance) -> set[str]:
        """Try on the copy of the records; answers with the names of those that have changed."""
        changed: set[str] = set()
        for event in one.events:
            apply(self._records, event)
            changed |= names_of(event)
        for name in changed & self._records.keys():
            self._kept.learn(name, self._records[name])
        return changed

    def _decide(self, take: Take) -> Acceptance:
        record = self._records.get(take.key)
        _require_no_task(take, record)
        self._require_clip(take)
        wanted = _wanted(take, self._steps.get(take.key))
        home = f"{take.key}.mp4"
        sha256 = self._folder.sha256(home)
        if record is not None and record.clip is not None and record.clip.sha256 == sha256:
            events = tuple(self._own(wanted, record, home))
            return Acceptance(take.key, home, _was(record, wanted), events)
        name = self._kept.of_clip(wanted, sha256)
        if name is not None:
            events = tuple(self._taken_back(wanted, name, record))
            return Acceptance(take.key, home, _was(self._records[name], wanted), events)
        clip = self._inspected(home)
        events = tuple(self._by_hand(wanted, record, clip))
        return Acceptance(take.key, home, _by_hand_words(clip, wanted), events)

    def _own(self, wanted: Wanted, record: Record, home: str) -> Iterator[Event]:
        """The take's own clip, rendered for another request."""
        key = wanted.take.key
        if not record.is_for(wanted.digest):
            yield Accepted(key, self._at, wanted.digest)
        if record.clip is not None and record.clip.path != home:
            yield Moved(key, self._at, home)

    def _taken_back(self, wanted: Wanted, name: str, record: Record | None) -> Iterator[Event]:
        """An earlier clip of the take, whose record had given way: to an attempt that brought none,
        say. Accepted while it is still kept, as a kill right after that leaves what a run takes
        back by itself.
        """
        back, key = self._records[name], wanted.take.key
        if not back.is_for(wanted.digest):
            yield Accepted(name, self._at, wanted.digest)
        if record is not None and must_be_kept(record):
            yield from self._made_room(key, record)
        yield Renamed(name, self._at, key)
        if back.clip is not None and back.clip.path != f"{key}.mp4":
            yield Moved(key, self._at, f"{key}.mp4")

    def _by_hand(self, wanted: Wanted, record: Record | None, clip: Clip) -> Iterator[Event]:
        attempt = self._kept.next_attempt(wanted, record)
        if record is not None and must_be_kept(record) and not _was_by_hand(record):
            yield from self._made_room(wanted.take.key, record)
        yield adopted(self._plan, wanted, clip, self._at, attempt)

    def _made_room(self, key: str, record: Record) -> Iterator[Event]:
        """A record gives way whose clip is no longer where it was; its task may bring it back."""
        name = self._kept.free_name(record)
        yield Renamed(key, self._at, name)
        if record.clip is not None:
            yield Moved(name, self._at, f"{name}.mp4")

    def _require_clip(self, take: Take) -> None:
        path = self._folder.clip(f"{take.key}.mp4")
        disk.require_no_link(path)
        if f"{take.key}.mp4" not in self._clips:
            raise UsageError(f"{take.key}: there is no clip at {path}; put one there first")

    def _inspected(self, path: str) -> Clip:
        try:
            return inspect(self._folder, path)
        except MediaError as error:
            place = self._folder.clip(path)
            raise UsageError(f"{place}: {error}; nothing was accepted") from error


def record_all(board: Board, made: list[Acceptance]) -> None:
    """Record what was decided. Raises `FolderError`."""
    for one in made:
        if one.events:
            # Copied there by somebody, it may not have reached the disk that its record is on.
            board.folder.sync_clip(one.clip)
        for event in one.events:
            board.book.note(event)


def _require_no_task(take: Take, record: Record | None) -> None:
    state = state_of(record)
    if record is None or state not in UNDER_WAY:
        return
    if state is State.DELIVERABLE:
        why = f"{record.task_id} is completed, its clip not fetched yet: `shotmake run` does, free"
    elif state is State.OPEN:
        why = (
            f"{record.task_id} is in flight: `shotmake run` collects it, `shotmake cancel` ends it"
        )
    else:
        why = (
            "the answer to its submit was lost: `shotmake run` asks for it, `shotmake cancel` ends "
            "it"
        )
    raise UsageError(f"{take.key}: {why}; accept then")


def _wanted(take: Take, step: Step | None) -> Wanted:
    """The take's request, as its step knows it."""
    if step is None or step.wanted is None or not step.wanted.digest:
        reason = step.reason if step else "what it begins with is not known yet"
        raise UsageError(f"{take.key}: can't be accepted yet: {reason}")
    return step.wanted


def _was(record: Record, wanted: Wanted) -> str:
    """How the clip stood with the request until now."""
    if record.is_for(wanted.digest):
        return "rendered before for this very request"
    changed = ", ".join(differences(record.request, wanted.fields))
    return f"was: {changed or 'another request'}"


def _by_hand_words(clip: Clip, wanted: Wanted) -> str:
    """Of a clip that nobody has rendered here; what differs from the request is told."""
    fields = wanted.fields
    footage = Footage(clip.duration_seconds, clip.width, clip.height)
    try:
        verify(footage, fields["duration"], frame_size(fields["aspect"], fields["resolution"]))
    except MediaError as error:
        return f"put there by hand; {error}"
    return "put there by hand"


def _was_by_hand(record: Record) -> bool:
    """Accepted before, and overwritten since: neither a task nor a bill speaks for its clip."""
    return state_of(record) is State.COMPLETED and record.task_id is None and not record.credits
