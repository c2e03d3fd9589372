"""Where the proofs play: a studio that bills, and `shotmake` as real processes against it.

Every scenario has a folder and an API key of its own, and so an account of its own at the studio,
as if nobody else were there.
"""

from __future__ import annotations

import hashlib
import itertools
import re
import shutil
import time
from collections import Counter
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any

import anyio

from pipeline.cli.connect import BASE_URL_VARIABLE, KEY_VARIABLE
from pipeline.rendering.book import read
from pipeline.rendering.disk import sha256
from pipeline.rendering.folder import Folder
from pipeline.rendering.records import KEPT
from pipeline.storyboard.catalog import load_catalog
from pipeline.studio.app import Studio
from pipeline.studio.engine import EngineError, Job
from pipeline.studio.tasks import ENDS, Bounds, House
from tests.support.engine import padded
from tests.support.forks import Ended, Forks, Order
from tests.support.served import in_a_loop

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from anyio.from_thread import BlockingPortal

    from pipeline.rendering.records import Status
    from pipeline.rendering.results import Results
    from pipeline.studio.tasks import StudioTask

BOARD = "film"
CLIP_BYTES = 100_000
"""More than comes, or is written, in one piece."""
_NUMBERS = itertools.count()


@dataclass
class Stage:
    """`overloaded`: prompts with OVERLOADED in them fail for now; `busy`: SLOW ones don't end."""

    forks: Forks
    root: Path
    address: str
    studio: Studio
    portal: BlockingPortal
    overloaded: Switch
    busy: Switch

    def scene(self) -> Scene:
        """A new folder with a new account."""
        number = next(_NUMBERS)
        folder = self.root / f"scene-{number}"
        (folder / "specs").mkdir(parents=True)
        return Scene(self, folder, f"sk-byts-{number:08d}-{time.time_ns()}")

    async def idle(self) -> None:
        """Wait until nothing is being rendered any more."""
        with anyio.fail_after(60):
            while self.studio.tasks.statuses().keys() - ENDS:
                await anyio.sleep(0.001)

    async def order_again(self, tasks: Sequence[StudioTask], account: str) -> dict[str, str]:
        """An account orders what another one has; answers, as soon as its tasks have come as far,
        with their ids by those of the others.
        """
        table, made = self.studio.tasks, {}
        for task in tasks:
            image = table._images.get(task.image_digest) if task.image_digest else None
            order = replace(task.order, account=account, image=image or task.order.image)
            made[task.task_id] = table.submit(order)
        with anyio.fail_after(20):
            while any(made[task.task_id].status != task.status for task in tasks):
                await anyio.sleep(0.001)
        return {old: new.task_id for old, new in made.items()}


@dataclass
class Switch:
    """On or off."""

    on: bool = False


@contextmanager
def staged(root: Path) -> Iterator[Stage]:
    """The studio and the forking process, for as long as the block lasts."""
    overloaded, busy = Switch(), Switch()

    async def render(job: Job) -> bytes:
        while busy.on and "SLOW" in job.prompt:
            await anyio.sleep(0.01)
        if overloaded.on and "OVERLOADED" in job.prompt:
            raise EngineError("the upstream model is overloaded", "api_error")
        return await anyio.to_thread.run_sync(partial(padded, size=CLIP_BYTES), job)

    house = House(render, 10_000, time.time, bounds=Bounds(ended_tasks=1_000_000))
    studio = Studio(load_catalog(), house, free=False)
    with Forks() as forks, in_a_loop(studio) as (address, portal):
        yield Stage(forks, root, address, studio, portal, overloaded, busy)


@dataclass
class Scene:
    """One folder, one account."""

    stage: Stage
    folder: Path
    key: str
    prompts: tuple[str, ...] = ()

    @property
    def account(self) -> str:
        """Its name at the studio."""
        return hashlib.sha256(self.key.encode()).hexdigest()

    @property
    def key_id(self) -> str:
        """What records call its key."""
        return hashlib.sha256(f"shotmake {self.key}".encode()).hexdigest()[:8]

    def twin(self) -> Scene:
        """Another scene in which the same has happened, under an account of its own, and no process
        was needed for it. Between runs: the records are in the manifest.
        """
        other = self.stage.scene()
        other.prompts = self.prompts
        tasks = self.tasks()
        if not tasks:
            return other
        names = self.stage.portal.call(self.stage.order_again, tasks, other.account)
        names[self.key_id] = other.key_id
        shutil.copytree(self.outputs.path, other.outputs.path)
        assert not other.outputs.journal_path.exists()
        manifest = other.outputs.results_path
        text, changes = re.subn(
            r'(?<=")(task_[0-9a-f]{16}|[0-9a-f]{8})(?=")',
            lambda found: names[found[0]],
            manifest.read_text("utf-8"),
        )
        assert changes > len(names)
        manifest.write_text(text, "utf-8")
        return other

    def film(self, *prompts: str) -> None:
        """Write the board: shots a, b, c, … of two seconds."""
        self.prompts = prompts
        lines = ["model: veo-3.1-fast", "defaults: {duration: 2}", "shots:"]
        for number, prompt in enumerate(prompts):
            lines += [f"  - id: {chr(ord('a') + number)}", f"    prompt: {prompt}"]
        (self.folder / "specs" / f"{BOARD}.yaml").write_text("\n".join(lines) + "\n", "utf-8")

    def order(self, *arguments: str, review: bool = False, **more: Any) -> Order:
        """A process in this folder: `run`, unless the arguments begin otherwise.

        The page at the end of a run comes after all that is proven: without `review`, none is made.
        """
        environment = {KEY_VARIABLE: self.key, BASE_URL_VARIABLE: self.stage.address}
        arguments = arguments or ("run",)
        if arguments[0] == "run" and not review:
            arguments += ("--no-review",)
        return Order(arguments, str(self.folder), environment, **more)

    def run(self, *arguments: str, **more: Any) -> Ended:
        """One process, from begin to end."""
        return self.stage.forks.run(self.order(*arguments, **more))

    @property
    def outputs(self) -> Folder:
        """The pass's folder."""
        return Folder(self.folder / "outputs", BOARD, "draft")

    def truth(self) -> Results:
        """What is on record, a journal that was left included."""
        return read(self.outputs, self.stage.address)

    @property
    def charges(self) -> list[Any]:
        """What this account was charged, from the studio's ledger."""
        return self.stage.studio.tasks.ledger.of(self.account)

    def state(self, *, kept: bool = True) -> State:
        """What must be the same whatever has happened; without `kept` only what is current."""
        known = self.truth()
        current, aside = {}, []
        for name, record in known.records.items():
            if name.startswith(KEPT) and not kept:
                continue
            clip = record.clip
            digest = ""
            if clip is not None:
                path = self.outputs.clip(clip.path)
                assert path.stat().st_size == clip.bytes, path
                digest = sha256(path)
                assert digest == clip.sha256, path
                # An earlier clip stays where it is until there is one to take its place.
                there = known.records.get(clip.path.removesuffix(".mp4"))
                waits = name.startswith(KEPT) and (there is None or there.clip is None)
                assert waits or clip.path == f"{name}.mp4", f"{name}'s clip lies at {clip.path}"
            shown = (record.status, record.digest, digest)
            if name.startswith(KEPT):
                aside.append(shown)
            else:
                current[name] = shown
        return State(current, tuple(sorted(aside)), self._files(kept=kept))

    def _files(self, *, kept: bool) -> tuple[str, ...]:
        """All that lies in the pass's folder but the lock: no journal, nothing half done."""
        root = self.outputs.path
        names = (p.relative_to(root).as_posix() for p in root.rglob("*") if p.is_file())
        return tuple(sorted(n for n in names if n != ".lock" and (kept or not n.startswith(KEPT))))

    def require_clips(self, said: str) -> None:
        """Every current clip on record is there in full: in its place, or already moved home."""
        for name, record in self.truth().records.items():
            if record.clip is None or name.startswith(KEPT):
                continue
            places = [self.outputs.clip(path) for path in (record.clip.path, f"{name}.mp4")]
            found = {sha256(path) for path in places if path.exists()}
            assert record.clip.sha256 in found, f"{said}: {name} has lost its clip"

    def require_on_record(self, said: str) -> None:
        """Whatever was or may be charged has its key on record, as an intent at least."""
        keys = {record.out_task_id for record in self.truth().records.values()}
        bought = {t.order.out_task_id for t in self.tasks() if t.status != "failed"}
        assert bought <= keys, f"{said}: bought without a record: {bought - keys}"

    def tasks(self) -> list[StudioTask]:
        """What this account has ever submitted."""
        account = self.account
        return [t for t in self.stage.studio.tasks.all() if t.order.account == account]

    def require_oracle(self, said: str) -> None:
        """No attempt was charged twice; every charged task is named on record."""
        twice = [key for key, n in Counter(c.out_task_id for c in self.charges).items() if n > 1]
        assert not twice, f"{said}: charged twice: {twice}"
        named = {record.task_id for record in self.truth().records.values()}
        unnamed = [c.task_id for c in self.charges if c.task_id not in named]
        assert not unnamed, f"{said}: charged, and named nowhere: {unnamed}"


@dataclass(frozen=True)
class State:
    """By take: status, digest, sha256 of the clip; the same of what is kept, without names; and
    the names of all files.
    """

    current: dict[str, tuple[Status, str, str]]
    kept: tuple[tuple[Status, str, str], ...]
    files: tuple[str, ...]
