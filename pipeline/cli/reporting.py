"""`run --junit FILE`: the report's file, and the takes' ends that it is made of.

A report is there from the first moment, of a run that hasn't ended, and is replaced at the last.
So no earlier run's report is taken for this one's, whatever may stop it, and whether the file can
be written is known before anything is bought.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.cli.junit import Case, Suite, junit
from pipeline.errors import UsageError
from pipeline.figures import credits_text
from pipeline.rendering import disk
from pipeline.rendering.notices import ENDS, Kind, Report
from pipeline.rendering.records import Status

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from pipeline.cli.summary import Outcome
    from pipeline.cli.terminal import Terminal
    from pipeline.rendering.notices import Notice
    from pipeline.rendering.work import Planned
    from pipeline.storyboard.shots import Storyboard

_NOT_ENDED = "the run has not come to its end; what it has printed says why"
_HEAD_BYTES = 1000

Key = tuple[str, str]
"""A take among those of all boards: the storyboard's name, and its own."""


class Reporting:
    """The report of one run; without a file it does nothing."""

    def __init__(self, file: str | None, clock: Callable[[], float]) -> None:
        """Write the report of a run that has just begun. Raises `UsageError`."""
        self._path = None if file is None else Path(file)
        self._clock = clock
        self._begun: dict[Key, float] = {}
        self._ends: dict[Key, tuple[Notice, float]] = {}
        if self._path is None:
            return
        try:
            _require_own(self._path)
            disk.replace(self._path, junit([], _NOT_ENDED))
        except OSError as error:
            raise UsageError(f"--junit {self._path}: {disk.reason(error)}") from error

    def through(self, watch: Callable[[Notice], None]) -> Callable[[Notice], None]:
        """The same watcher, with its notices noted down here."""
        if self._path is None:
            return watch
        watched = Report(watch)  # which bears that whoever watches leaves

        def noted(notice: Notice) -> None:
            key, now = (notice.storyboard, notice.render), self._clock()
            begun = self._begun.setdefault(key, now)
            if notice.kind in ENDS:
                self._ends[key] = notice, now - begun
            watched.tell(notice)

        return noted

    def end(
        self,
        outcome: Outcome,
        boards: Sequence[Storyboard],
        opened: Sequence[Planned],
        terminal: Terminal,
    ) -> None:
        """Write what came of it. Where that can't be, it is said, and changes nothing else."""
        if self._path is None:
            return
        ended_by = "interrupted" if outcome.interrupted else str(outcome.error or "")
        suites = [
            Suite(
                f"{board.name}.{board.pass_name}",
                board.path.as_posix(),
                tuple(self._cases(planned, outcome)),
            )
            for board, planned in zip(boards, opened, strict=True)
        ]
        try:
            disk.replace(self._path, junit(suites, ended_by))
        except OSError as error:
            terminal.fail(f"shotmake: --junit {self._path}: {disk.reason(error)}")

    def _cases(self, planned: Planned, outcome: Outcome) -> Iterator[Case]:
        """A case a take, in the plan's order, then those that came to be on the way."""
        name = planned.plan.storyboard
        planned_for = [step.render for step in planned.plan.steps]
        came_up = [render for storyboard, render in self._ends if storyboard == name]
        for render in dict.fromkeys([*planned_for, *came_up]):
            if (name, render) in self._ends:
                notice, seconds = self._ends[name, render]
                message = notice.message or _halted(notice.kind, outcome)
                yield Case(render, notice.kind, message, seconds, _output(notice, planned))
                continue
            record = planned.board.book.records.get(render)
            if record is not None and record.status is Status.PENDING:
                said = f"{record.task_id or record.out_task_id} is in flight and on record"
                yield Case(render, Kind.PENDING, said)
            else:
                yield Case(render, Kind.HELD, _halted(Kind.HELD, outcome))


def _halted(kind: Kind, outcome: Outcome) -> str:
    """Why a take was not bought where its notice leaves that to the sum."""
    if kind is not Kind.HELD:
        return ""
    return f"not submitted: {outcome.summary.halted or 'the run had ended before it'}"


def _output(notice: Notice, planned: Planned) -> tuple[str, ...]:
    """What there is of a take: its clip, its task, and what that cost."""
    record = planned.board.book.records.get(notice.render)
    if record is None:
        return ()
    said = {
        "clip": planned.board.folder.clip(record.clip.path) if record.clip else None,
        "task": record.task_id,
        "credits": None if record.credits is None else credits_text(record.credits),
    }
    return tuple(f"{name}: {value}" for name, value in said.items() if value is not None)


def _require_own(path: Path) -> None:
    """Raises `UsageError` where there can be no report, or is something else: a slip of the hand
    must not cost a storyboard. Raises `OSError` where it can't be read.
    """
    if not path.parent.is_dir():
        raise UsageError(f"--junit {path}: there is no folder {path.parent}; make it first")
    if not os.path.lexists(path):
        return
    content = disk.read(path) if path.is_file() else None
    if content is None or (content and b"<testsuite" not in content[:_HEAD_BYTES]):
        raise UsageError(f"--junit {path}: what is there is no JUnit report, and is left as it is")
