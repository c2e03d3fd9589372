"""The one judge of all proofs: what the studio has done and charged, against what lies on disk.

It trusts neither the program's keys nor its plans. What may be bought is counted by requests, as
they stand in the studio's own task table: one for each shot that asked for it, one more for each
`--force`. What people have destroyed on purpose is told to it beforehand.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pipeline.rendering.book import read
from pipeline.rendering.disk import sha256
from pipeline.rendering.records import State, state_of
from pipeline.studio.sabotage import TASKS_REMEMBERED
from tests.support.world import PROVIDER

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from pipeline.rendering.folder import Folder
    from pipeline.rendering.records import Record
    from pipeline.studio.tasks import StudioTask
    from tests.support.world import World

Bought = tuple[str, str, int]
"""A request as the studio knows it: prompt, model, seconds. Prompts name their board and shot."""

LIE = "task_0000000000000000"
"""The id that the fault `other_task` gives in place of the right one."""

assert TASKS_REMEMBERED > 4000, "the sabotage must remember the shots of all tasks there are"


@dataclass
class Oracle:
    """Ask it `check` after everything that happens; `before` what it is to remember first."""

    world: World
    folders: set[tuple[str, str]] = field(default_factory=set)
    """Board and pass of everything that a run was ever asked for."""
    allowed: Counter[Bought] = field(default_factory=Counter)
    _seen: set[tuple[str, Bought]] = field(default_factory=set)
    _forgiven: set[str] = field(default_factory=set)
    """Ids of tasks that nobody can know any more: the provider forgot their keys after we were made
    to forget them. What they bought may be bought again, once for each."""
    _excused: set[str] = field(default_factory=set)
    """Ids of tasks whose records were destroyed, until they are identified again."""
    _gone: set[str] = field(default_factory=set)
    """sha256 of clips that were destroyed."""
    _foreign: set[str] = field(default_factory=set)
    """sha256 of what people have written in the place of clips."""
    _stale: set[tuple[str, str]] = field(default_factory=set)
    """Folders whose journal was destroyed: their manifest speaks of names as they were before."""

    def asked(self, board: str, pass_name: str, wanted: Iterable[Bought], *, force: bool) -> None:
        """A run is asked for these requests: each may be bought once, and once more by force."""
        self.folders.add((board, pass_name))
        for bought in wanted:
            first = (pass_name, bought) not in self._seen
            self._seen.add((pass_name, bought))
            self.allowed[bought] += first or force

    def consented(self) -> None:
        """`--resubmit-uncertain`: what nobody knows anything of may be bought a second time."""
        doubts = {r.out_task_id for r in self.records() if state_of(r) is State.INTENDED}
        for task in self._tasks():
            if task.order.out_task_id in doubts:
                self._forgive(task)

    def forgotten(self) -> None:
        """What has no record and is known to the provider by no key may be bought again."""
        for task in self._tasks():
            order = task.order
            known = self.world.studio.tasks.find(order.account, out_task_id=str(order.out_task_id))
            if task.task_id in self._excused and known is not task:
                self._forgive(task)

    def _forgive(self, task: StudioTask) -> None:
        self.allowed[bought_by(task)] += task.task_id not in self._forgiven
        self._forgiven.add(task.task_id)

    def contents(self) -> set[str]:
        """sha256 of every clip that lies in the outputs."""
        return {sha256(path) for path in self.world.outputs.rglob("*.mp4")}

    def named(self) -> set[str]:
        """Ids of the tasks that a record names, by that id or by their key."""
        keys = {record.out_task_id for record in self.records()}
        by_key = {task.task_id for task in self._tasks() if task.order.out_task_id in keys}
        return by_key | self._identified()

    def _identified(self) -> set[str]:
        """Ids that records name."""
        return {record.task_id for record in self.records() if record.task_id is not None}

    def destroyed(self, named: set[str], contents: set[str]) -> None:
        """Records or clips were destroyed on purpose; what was there before."""
        self._excused |= named - self.named()
        self.forgotten()
        self._gone |= contents - self.contents()

    def tampered(self, sha: str) -> None:
        """Somebody has put such a file in the place of a clip."""
        self._foreign.add(sha)

    def outdated(self, board: str, pass_name: str) -> None:
        """A journal was destroyed."""
        self._stale.add((board, pass_name))

    def records(self) -> Iterator[Record]:
        """All records of all boards and passes."""
        for board, pass_name in sorted(self.folders):
            yield from read(self.world.folder(board, pass_name), PROVIDER).records.values()

    def check(self, before: set[str] | None = None) -> None:
        """Raises `AssertionError` saying what doesn't hold; `before`: clips that must be there."""
        self._check_charges()
        self._check_names()
        for board, pass_name in self.folders:
            self._check_clips(self.world.folder(board, pass_name))
        lost = (before or set()) - self.contents()
        assert not lost, f"clips are gone that nobody has deleted: {lost}"

    def _check_charges(self) -> None:
        charged = {charge.task_id for charge in self.world.studio.tasks.ledger}
        tasks = [task for task in self._tasks() if task.task_id in charged]
        known = [task.order for task in tasks if task.task_id not in self._forgiven]
        by_key = Counter((order.account, order.out_task_id) for order in known)
        twice = {key for (_, key), n in by_key.items() if n > 1}
        assert not twice, f"charged twice: {twice}"
        bought = Counter(map(bought_by, tasks))
        over = {request: n for request, n in bought.items() if n > self.allowed[request]}
        assert not over, f"bought more often than asked for: {over}"

    def _check_names(self) -> None:
        # A key alone is no knowledge of a task: a refused submit has one, too.
        self._excused -= self._identified()
        rest = self.named() | self._excused | self._forgiven
        charged = {charge.task_id for charge in self.world.studio.tasks.ledger}
        free = {t.task_id for t in self._tasks() if t.status in {"failed", "cancelled"}} - charged
        unnamed = {
            str(task.order.out_task_id): task.task_id
            for task in self._tasks()
            if task.task_id not in rest | free
        }
        assert not unnamed, f"bought, and named nowhere: {unnamed}"
        ids = Counter(r.task_id for r in self.records() if r.task_id not in {None, LIE})
        shared = [task_id for task_id, n in ids.items() if n > 1]
        assert not shared, f"two records claim one task: {shared}"

    def _check_clips(self, folder: Folder) -> None:
        if (folder.board, folder.pass_name) in self._stale:
            return
        records = read(folder, PROVIDER).records
        clips = {name: record.clip for name, record in records.items() if record.clip}
        paths = Counter(clip.path for clip in clips.values())
        assert all(n == 1 for n in paths.values()), f"two records claim one path: {paths}"
        there = None
        for name, clip in clips.items():
            path = folder.clip(clip.path)
            if path.is_file():
                sha = sha256(path)
                whole = sha == clip.sha256 and path.stat().st_size == clip.bytes
                assert whole or sha in self._foreign, f"{folder.path}: {name} is another clip"
                continue
            there = self.contents() if there is None else there
            assert clip.sha256 in there | self._gone, f"{folder.path}: {name}'s clip is nowhere"

    def settled(self) -> None:
        """At the end of all: every task that was bought is named by its id, and none is open."""
        rest = self._identified() | self._excused | self._forgiven
        unknown = [
            str(task.order.out_task_id)
            for task in self._tasks()
            if task.status == "completed" and task.task_id not in rest
        ]
        assert not unknown, f"charged, and no record has its id: {unknown}"
        pending = [r.out_task_id for r in self.records() if r.status == "pending"]
        assert not pending, f"still pending: {pending}"

    def _tasks(self) -> tuple[StudioTask, ...]:
        return self.world.studio.tasks.all()


def bought_by(task: StudioTask) -> Bought:
    """What a task was bought for."""
    job = task.order.job
    return job.prompt, job.model, job.duration_seconds
