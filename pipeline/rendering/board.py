"""One pass of one storyboard while it is run: its folder, its records, its plan.

Everything here is done at once and in order, records before deeds wherever a kill between the
two could cost money; what waits or runs side by side is the runner's.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from pipeline.errors import MediaError
from pipeline.rendering.adopting import adopted, described, inspect
from pipeline.rendering.digest import out_task_id
from pipeline.rendering.events import (
    Ended,
    Intent,
    Lost,
    Moved,
    Refused,
    Renamed,
    Stored,
    Submitted,
)
from pipeline.rendering.records import KEPT, State, Status, state_of
from pipeline.rendering.steps import Action

if TYPE_CHECKING:
    from collections.abc import Callable

    from pipeline.media.probe import Footage
    from pipeline.rendering.book import Book
    from pipeline.rendering.folder import Folder
    from pipeline.rendering.records import Clip, Failure, Record
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
        self._lodgers = {}
        self._finish_moves()

    def record(self, render: str) -> Record:
        """What is known of a render that has been begun."""
        return self.book.records[render]

    def make_room(self, step: Step) -> None:
        """Give records their other names, once: out of the step's way, or back for it."""
        if step.lost:
            self.lost(step.render)
        for name, to in step.moves:
            record = self.record(name)
            # On the disk before a clip follows it; a render's intent is synced in any case.
            self.book.note(Renamed(name, self.now(), to), sync=step.action is not Action.RENDER)
            if record.clip is None:
                continue
            path = record.clip.path
            self._lodgers.pop(path, None)
            if to.startswith(KEPT) and not path.startswith(KEPT):
                if self._has(path, record.clip):
                    self._lodgers[path] = to
                else:  # not there, so nothing will move; its task may still bring it back
                    self.book.note(Moved(to, self.now(), f"{to}.mp4"))

    def intend(
        self, plan: Plan, wanted: Wanted, attempt: int, credits: float | None, key_id: str
    ) -> str:
        """Put on record, synced, that an attempt is about to be bought; answers with its key.

        `key_id` tells with which API key.
        """
        take = wanted.take
        assert wanted.digest, "a request that isn't known yet is not bought"  # noqa: S101
        if state_of(self.book.records.get(take.key)) is State.COMPLETED:
            self.lost(take.key)  # its clip is gone, and no task is known that could bring it back
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
                key_id=key_id,
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
        """The provider knows the task no more, and its clip is not here."""
        self.book.note(Lost(render, self.now()))

    def store(
        self, render: str, fetched: Fetched, footage: Footage, difference: Failure | None
    ) -> Clip:
        """Put a clip that plays in its place, an earlier one into `kept/` first."""
        path = f"{render}.mp4"
        self._clear(path)
        self.folder.place(self.folder.part(render), path, fetched.sha256)
        clip = described(path, fetched.sha256, fetched.bytes, footage)
        self.book.note(Stored(render, self.now(), clip, difference))
        return clip

    def restore(self, plan: Plan, step: Step) -> Clip:
        """Make an earlier clip of the same request the current one.

        Raises `MediaError` when it is not what it was: it is set aside, and its record, where
        there is one, is the take's again without a clip.
        """
        self.make_room(step)
        if step.source is not None:
            self._adopt(plan, step, step.source)
        clip = self.record(step.render).clip
        assert clip is not None  # noqa: S101 (what the plan restores has one)
        if self.folder.sha256(clip.path) != clip.sha256:
            self.folder.shelve(clip.path)
            raise MediaError(f"{clip.path} is damaged; it is set aside in kept/")
        return self._bring_home(step.render, clip)

    def _adopt(self, plan: Plan, step: Step, path: str) -> None:
        """A clip that no record speaks for becomes the take's."""
        assert step.wanted is not None  # noqa: S101 (only takes are restored)
        try:
            clip = inspect(self.folder, path)
        except MediaError:
            self.folder.shelve(path)
            raise
        self.book.note(adopted(plan, step.wanted, clip, self.now()), sync=True)

    def _bring_home(self, render: str, clip: Clip) -> Clip:
        """Move a take's clip to where the current one belongs."""
        home = f"{render}.mp4"
        if clip.path == home:
            return clip
        self._clear(home)
        self.folder.sync_moves()  # what lay there has its new name before it loses the old one
        self.folder.move(clip.path, home)
        self.folder.sync_moves()  # else the record could outlive the move, and name another clip
        self.book.note(Moved(render, self.now(), home))
        return replace(clip, path=home)

    def _has(self, path: str, clip: Clip) -> bool:
        return self.folder.size(path) == clip.bytes

    def _clear(self, path: str) -> None:
        """Move what lies where the current clip belongs to its own place."""
        name = self._lodgers.pop(path, None)
        if name is None:
            return
        clip = self.record(name).clip
        if clip is not None and self._has(path, clip):
            self.folder.move(path, f"{name}.mp4")
        self.book.note(Moved(name, self.now(), f"{name}.mp4"))

    def _finish_moves(self) -> None:
        """Carry through the moves that a killed run had begun: those into `kept/` first, as they
        make room for the others.
        """
        records = self.book.records.items()
        for name, record in sorted(records, key=lambda item: not item[0].startswith(KEPT)):
            home, clip = f"{name}.mp4", record.clip
            if clip is None or clip.path == home:
                continue
            if self._is(home, clip):
                self.folder.sync_moves(home)  # the run that moved it may not have come to that
                self.book.note(Moved(name, self.now(), home))
            elif name.startswith(KEPT) and not self._is(clip.path, clip):
                self.book.note(Moved(name, self.now(), home))
            elif name.startswith(KEPT):
                self._lodgers[clip.path] = name
            elif self._is(clip.path, clip):
                self._bring_home(name, clip)

    def _is(self, path: str, clip: Clip) -> bool:
        """The very bytes: by sizes alone, clips that a killed run has left could be mixed up."""
        return self._has(path, clip) and self.folder.sha256(path) == clip.sha256
