"""What can happen to a board in its life, one deed a method, the oracle asked after each.

The simulation draws deeds from a seed and the state machine from Hypothesis; both judge alike.
"""

from __future__ import annotations

import hashlib
import math
import shutil
from contextlib import ExitStack
from dataclasses import asdict, dataclass, field
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any

import anyio

from pipeline.cli.boards import open_board
from pipeline.errors import ApiError, FolderBusyError, FolderError, ShotmakeError
from pipeline.rendering import results
from pipeline.rendering.book import read
from pipeline.rendering.cancelling import cancel_open
from pipeline.rendering.disk import sha256
from pipeline.rendering.records import Status
from pipeline.rendering.work import Terms
from tests.proof.figures import Figures
from tests.proof.oracle import Oracle
from tests.support.boundaries import Boundaries, Fail, Kill, KilledError
from tests.support.world import PROVIDER, World

if TYPE_CHECKING:
    from pathlib import Path

    from pipeline.rendering.notices import Notice
    from pipeline.studio.sabotage import Sabotage
    from tests.proof.oracle import Bought

FINAL = "veo-3.1"
"""The model of the pass `final`; `draft` is what the shots say."""
PASSES = ("draft", "final")


@dataclass(frozen=True)
class Shot:
    """What a shot asks for; its name is part of its prompt, so that the ledger tells shots."""

    words: str
    model: str = "veo-3.1-fast"
    duration: int = 2


@dataclass
class Life:
    """One world and all that happens in it. `boards`: by name, their shots by id."""

    world: World
    boards: dict[str, dict[str, Shot]]
    figures: Figures = field(default_factory=Figures)
    story: list[str] = field(default_factory=list)
    """What has happened, a line a deed: for whom it failed."""

    def __post_init__(self) -> None:
        self.oracle = Oracle(self.world)
        self._log = hashlib.sha256()
        self._sabotage: Sabotage | None = None
        self._weather: tuple[str, ...] = ()
        self._run_of: dict[str, dict[str, Shot]] = {}
        self._pass: str | None = None
        self.said: dict[str, Notice] = {}
        """What the last run said last of each take."""

    @property
    def fingerprint(self) -> str:
        """Of all that has happened, to the last byte of the records: equal for equal histories."""
        return self._log.hexdigest()

    # What people write.

    def write(self, board: str) -> Path:
        """The storyboard as it is now."""
        lines = [
            "defaults: {resolution: 720p}",
            "passes:",
            f"  final: {{model: {FINAL}}}",
            "shots:",
        ]
        for name, shot in self.boards[board].items():
            asked = f"prompt: {board} {name} {shot.words}, model: {shot.model}"
            lines.append(f"  - {{id: {name}, {asked}, duration: {shot.duration}}}")
        return self.world.board("\n".join(lines) + "\n", board)

    def _wanted(self, board: str, pass_name: str, globs: tuple[str, ...] = ()) -> dict[str, Bought]:
        return {
            name: (
                f"{board} {name} {shot.words}",
                FINAL if pass_name == "final" else shot.model,
                shot.duration,
            )
            for name, shot in self.boards[board].items()
            if not globs or any(fnmatchcase(name, glob) for glob in globs)
        }

    # What people run.

    async def run(
        self,
        pass_name: str = "draft",
        *,
        boards: tuple[str, ...] = (),
        hazard: Kill | Fail | None = None,
        stop_after: float = math.inf,
        terms: Terms | None = None,
        **selection: Any,
    ) -> str:
        """One `shotmake run`; answers with how it ended: an error's name, `killed`, …"""
        boards = boards or tuple(self.boards)
        specs = [self.write(board) for board in boards]
        self._count_changes(boards, pass_name)
        globs = selection.get("shots", ())
        wanted = {board: self._wanted(board, pass_name, globs) for board in boards}
        for board in boards:
            self.oracle.asked(
                board, pass_name, wanted[board].values(), force=selection.get("force", False)
            )
        if terms is not None and terms.resubmit_uncertain:
            self.oracle.consented()
        before, begun = self.oracle.contents(), anyio.current_time()
        told = len(self.world.notices)
        watch = Boundaries(self.world.root, hazard) if hazard else None
        with ExitStack() as stack:
            if watch is not None:
                stack.enter_context(watch.watching())
                self.world.wire.boundaries = watch
            ended = await self._go(specs, pass_name, stop_after, terms, selection)
        self.world.wire.boundaries = None
        self.said = {notice.render: notice for notice in self.world.notices[told:]}
        takes = sum(len(renders) for renders in wanted.values())
        if selection.get("failed"):
            takes = len({(n.storyboard, n.render) for n in self.world.notices[told:]})
        self.figures.shot_hours += takes * (anyio.current_time() - begun) / 3600
        self.figures.runs += 1
        self.figures.kills += ended == "killed"
        self.figures.interrupts += ended == "interrupted"
        self.figures.disk_faults += len(watch.failed) if watch else 0
        self._require_reason(ended, watch)
        asked = {**asdict(terms or Terms()), **selection}
        danger = None if hazard is None else _ordered(hazard)
        self.tell(f"run {pass_name} {boards} {danger} until {stop_after:g}, {asked}: {ended}")
        self.oracle.check(before)
        return ended

    def _count_changes(self, boards: tuple[str, ...], pass_name: str) -> None:
        """What is other than at the last run."""
        for board in boards:
            now = dict(self.boards[board])
            self.figures.edits += self._run_of.get(board, now) != now
            self._run_of[board] = now
        self.figures.switches += self._pass not in {None, pass_name}
        self._pass = pass_name

    async def _go(
        self,
        specs: list[Path],
        pass_name: str,
        stop_after: float,
        terms: Terms | None,
        selection: dict[str, Any],
    ) -> str:
        try:
            with anyio.move_on_after(stop_after):
                report = await self.world.run(*specs, pass_name=pass_name, terms=terms, **selection)
                return "complete" if report.summary.complete else "incomplete"
        except BaseException as error:
            return _name(error)
        return "interrupted"

    @staticmethod
    def _require_reason(ended: str, watch: Boundaries | None) -> None:
        """A run ends with an error only where there was reason for one."""
        broken = watch is not None and bool(watch.failed)
        assert ended != FolderError.__name__ or broken, "the disk was blamed for nothing"
        assert ended != "killed" or (watch is not None and watch.dead)

    async def cancel(self, board: str, pass_name: str = "draft") -> None:
        """`shotmake cancel` for one pass of a board."""
        folder = self.world.folder(board, pass_name)
        if not folder.path.exists():
            return
        before, ended = self.oracle.contents(), []
        with ExitStack() as held:
            opened = open_board(folder, PROVIDER, self.world.now, held)
            try:
                async with self.world.gateway() as gateway:
                    going = cancel_open(opened, gateway.client, PROVIDER, self.world.now())
                    ended += [f"{one.render} {one.status}" async for one in going]
                    self.figures.cancels += any(one.endswith(" cancelled") for one in ended)
            except ApiError as error:
                ended.append(type(error).__name__)
            finally:
                opened.book.fold()
        self.tell(f"cancel {board}/{pass_name}: {ended}")
        self.oracle.check(before)

    async def second(self, pass_name: str = "draft") -> None:
        """Another process begins while the first is going: it is turned away, both harm nothing."""
        specs = [self.write(board) for board in self.boards]

        async def late() -> None:
            await anyio.sleep(1)
            asked = len(self.world.wire.requests)
            ended = await self._go(specs, pass_name, math.inf, None, {})
            assert ended == FolderBusyError.__name__, ended
            assert len(self.world.wire.requests) == asked, "it has asked for something"
            self.figures.second_processes += 1

        async with anyio.create_task_group() as both:
            both.start_soon(late)
            await self.run(pass_name, stop_after=40)
            both.cancel_scope.cancel()  # where the first was done before the second began
        self.tell("a second process")

    # What people and time destroy.

    def delete_clips(self, chosen: list[Path]) -> None:
        """Clips are removed."""
        named, contents = self.oracle.named(), self.oracle.contents()
        for path in chosen:
            path.unlink()
        self.figures.deleted_clips += len(chosen)
        self.oracle.destroyed(named, contents)
        self.tell(f"deleted {[path.name for path in chosen]}")

    def tamper(self, path: Path) -> None:
        """A clip is edited by hand; its size tells so."""
        named, contents = self.oracle.named(), self.oracle.contents()
        path.write_bytes(b"edited by hand: " + path.name.encode())
        self.figures.edited_clips += 1
        self.oracle.tampered(sha256(path))
        self.oracle.destroyed(named, contents)
        self.tell(f"edited {path.name}")

    def delete_records(self, board: str, pass_name: str, *, manifest: bool = True) -> None:
        """The journal is removed, and with `manifest` results.json: without it the journal would
        speak of what isn't there (exit 6, which is for people to mend).
        """
        folder = self.world.folder(board, pass_name)
        named, contents = self.oracle.named(), self.oracle.contents()
        known = len(read(folder, PROVIDER).records)
        if folder.journal_path.exists():
            folder.journal_path.unlink()
            self.oracle.outdated(board, pass_name)
        if manifest:
            folder.results_path.unlink(missing_ok=True)
        self.figures.deleted_records += known > len(read(folder, PROVIDER).records)
        self.oracle.destroyed(named, contents)
        self.tell(f"deleted records of {board}/{pass_name}, manifest: {manifest}")

    def delete_outputs(self) -> None:
        """`rm -r outputs/`."""
        named, contents = self.oracle.named(), self.oracle.contents()
        self.figures.deleted_outputs += bool(named or contents)
        shutil.rmtree(self.world.outputs, ignore_errors=True)
        self.oracle.destroyed(named, contents)
        self.tell("deleted outputs")

    async def expire_keys(self) -> None:
        """More than a day goes by, and the provider forgets all keys: before it must not."""
        pending = any(record.status is Status.PENDING for record in self.oracle.records())
        self.figures.expired_keys += pending
        await anyio.sleep(27 * 3600)
        self.world.studio.tasks.forget_keys()
        self.oracle.forgotten()
        self.tell("keys expired")

    def faults(self, *rules: str, seed: int = 0) -> None:
        """Other weather at the provider; none: none."""
        if self._sabotage is not None:
            fired = self._sabotage.faults.fired
            self.figures.faults += sum(fired)
            self.figures.expired_urls += sum(
                n
                for rule, n in zip(self._weather, fired, strict=True)
                if "clip" in rule and "expired_url" in rule
            )
            self._sabotage = None
        self._weather = rules
        self.world.wire.inner.app = self.world.studio.app
        if rules:
            self._sabotage = self.world.faults(*rules, seed=seed)
        self.tell(f"faults: {rules}")

    def clips(self) -> list[Path]:
        """Every clip in the outputs."""
        return sorted(self.world.outputs.rglob("*.mp4"))

    def tell(self, line: str) -> None:
        """Remember a deed, and what came of it."""
        at = self.world.now().isoformat()
        self.story.append(f"{at} {line}")
        self._log.update(self.story[-1].replace(str(self.world.root), "").encode())
        for board, pass_name in sorted(self.oracle.folders):
            self._log.update(
                results.dump(read(self.world.folder(board, pass_name), PROVIDER)).encode()
            )
        wire = self.world.wire
        self.figures.requests += len(wire.requests)
        for heard in (wire.requests, wire.times, wire.headers, self.world.exchanges):
            heard.clear()
        self.world.notices.clear()

    def told(self) -> str:
        """The last deeds."""
        return "\n".join(self.story[-30:])


def _ordered(hazard: Kill | Fail) -> dict[str, Any]:
    """The same text in every process: a set has no order of its own."""
    return {n: sorted(v) if isinstance(v, frozenset) else v for n, v in asdict(hazard).items()}


def _name(error: BaseException) -> str:
    """What a run ended in: nothing but a kill and our own errors may end one."""
    if isinstance(error, BaseExceptionGroup):
        killed, rest = error.split(KilledError)
        if killed is not None and (rest is None or rest.split(ShotmakeError)[1] is None):
            return "killed"
    if isinstance(error, KilledError):
        return "killed"
    if isinstance(error, ShotmakeError):
        return type(error).__name__
    raise error
