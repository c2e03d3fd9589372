"""One pass of one storyboard while it is run: its folder, its records, its plan.

Everything here is done at once and in order, records before deeds wherever a kill between the
two could cost money; what waits or runs side by side is the runner's.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pipeline.errors import MediaError
from pipeline.media.probe import probe
from pipeline.rendering.digest import out_task_id
from pipeline.rendering.folder import file_sha256
from pipeline.rendering.states import (
    KEPT,
    Clip,
    Ended,
    Failure,
    Intent,
    Lost,
    Moved,
    Refused,
    Restored,
    State,
    Status,
    Stored,
    Submitted,
    Superseded,
    state_of,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from pipeline.media.probe import Footage
    from pipeline.rendering.book import Book
    from pipeline.rendering.folder import Folder
    from pipeline.rendering.states import Record
    from pipeline.rendering.steps import Plan, Step, Wanted
    from pipeline.tasks_api.download import Fetched


@dataclass(slots=True)
class Board:
    """`now` gives the time as RFC 3339 in UTC."""

    folder: Folder
    book: Book
    now: Callable[[], str]
    _lodgers: dict[str, str] = field(init=False)
    """Kept records whose clips still lie where the current one belongs, by that path."""

    def __post_init__(self) -> None:
        self._lodgers = {
            record.clip.path: name
            for name, record in self.book.records.items()
            if name.startswith(KEPT) and record.clip and not record.clip.path.startswith(KEPT)
        }
        self._finish_moves()

    def record(self, render: str) -> Record:
        """What is known of a render that has been begun."""
        return self.book.records[render]

    def supersede(self, step: Step) -> None:
        """Let the record that stands in the step's way go to `kept/`."""
        if step.supersedes is None or step.kept_as is None:
            return
        record = self.record(step.supersedes)
        self.book.note(Superseded(step.supersedes, self.now(), step.kept_as))
        if record.clip is not None and not record.clip.path.startswith(KEPT):
            self._lodgers[record.clip.path] = step.kept_as

    def intend(self, plan: Plan, wanted: Wanted, attempt: int, credits: float | None) -> str:
        """Put on record, synced, that an attempt is about to be bought; answers with its key."""
        take = wanted.take
        if state_of(self.book.records.get(take.key)) is State.COMPLETED:
            self.lost(take.key)  # its clip is gone from here and there
        key = out_task_id(
            plan.storyboard, plan.pass_name, take.shot, take.number, wanted.digest, attempt
        )
        self.book.note(
            Intent(
                render=take.key,
                at=self.now(),
                provider=plan.provider,
                digest=wanted.digest,
                request=wanted.fields,
                out_task_id=key,
                attempt=attempt,
                reserved_credits=credits,
            ),
            sync=True,
        )
        return key

    def submitted(self, render: str, task_id: str) -> None:
        """The provider has the task; synced, as this is what was bought."""
        self.book.note(Submitted(render, self.now(), task_id), sync=True)

    def refused(self, render: str, failure: Failure, *, blocked: bool = False) -> None:
        """The provider said no: nothing was bought."""
        self.book.note(Refused(render, self.now(), blocked, failure))

    def ended(
        self, render: str, outcome: Status, credits: float | None, failure: Failure | None
    ) -> None:
        """The task reached its end at the provider."""
        self.book.note(Ended(render, self.now(), outcome, credits, failure))

    def lost(self, render: str) -> None:
        """The provider knows the task no more."""
        self.book.note(Lost(render, self.now()))

    def store(self, render: str, fetched: Fetched, footage: Footage) -> Clip:
        """Put a verified clip in its place, an earlier one into `kept/` first."""
        path = f"{render}.mp4"
        self._clear(path)
        self.folder.place(self.folder.part(render), path, fetched.sha256)
        clip = Clip(
            path=path,
            sha256=fetched.sha256,
            bytes=fetched.bytes,
            duration_seconds=round(footage.duration_seconds, 3),
            width=footage.width,
            height=footage.height,
        )
        self.book.note(Stored(render, self.now(), clip))
        return clip

    def restore(self, plan: Plan, step: Step) -> Clip:
        """Make an earlier clip of the same request the current one.

        Raises `MediaError` when it is not what it was; then nothing has changed.
        """
        assert step.source is not None and step.wanted is not None  # noqa: PT018, S101 (a restore)
        found = next(
            (
                name
                for name, r in self.book.records.items()
                if r.clip is not None and r.clip.path == step.source and name.startswith(KEPT)
            ),
            None,
        )
        known = self.book.records.get(found) if found else None
        sha256 = file_sha256(self.folder.clip(step.source))
        if known is not None and known.clip is not None and known.clip.sha256 != sha256:
            raise MediaError(f"{step.source} is damaged; remove it, and the shot is rendered anew")
        footage = probe(self.folder.clip(step.source))
        self.supersede(step)
        target = f"{step.render}.mp4"
        size = self.folder.clip(step.source).stat().st_size
        take = step.wanted.take
        clip = Clip(
            target, sha256, size, round(footage.duration_seconds, 3), footage.width, footage.height
        )
        self.book.note(
            Restored(
                render=step.render,
                at=self.now(),
                provider=plan.provider,
                digest=step.digest,
                request=step.wanted.fields,
                out_task_id=out_task_id(
                    plan.storyboard, plan.pass_name, take.shot, take.number, step.digest, 1
                ),
                attempt=1,
                clip=clip,
                source=found,
            ),
            sync=True,
        )
        if step.source != target:
            self._clear(target)
            self.folder.move(step.source, target)
        else:
            self._lodgers.pop(target, None)
        return clip

    def _clear(self, path: str) -> None:
        """Move an earlier record's clip from where the current one belongs to its own place."""
        name = self._lodgers.pop(path, None)
        if name is not None and self.folder.clip(path).exists():
            self.folder.move(path, f"{name}.mp4")
            self.book.note(Moved(name, self.now(), f"{name}.mp4"))

    def _finish_moves(self) -> None:
        """Record the moves that a killed run had made but not noted."""
        clips = self.folder.clips() if self._lodgers else {}
        for path, name in list(self._lodgers.items()):
            record = self.record(name)
            if record.clip is not None and clips.get(f"{name}.mp4") == record.clip.bytes:
                del self._lodgers[path]
                self.book.note(Moved(name, self.now(), f"{name}.mp4"))
