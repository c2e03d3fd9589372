"""A whole little world on a virtual clock: storyboards, outputs, and a studio that bills.

The studio is the real one, reached in process; only its engine is quick. It outlives runs, as
a provider does, so that its ledger can be held against what the runs have recorded.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Awaitable, Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Self

import anyio
import httpx

from pipeline.cli.boards import Desk, load, open_boards
from pipeline.cli.connect import Destination
from pipeline.cli.faults import read_faults
from pipeline.rendering import results
from pipeline.rendering.folder import Folder
from pipeline.rendering.gateway import Gateway
from pipeline.rendering.notices import Kind, Notice, Report
from pipeline.rendering.runner import run, settle
from pipeline.rendering.steps import Selection
from pipeline.rendering.work import Terms
from pipeline.storyboard.catalog import load_catalog
from pipeline.studio.app import Studio
from pipeline.studio.tasks import House
from pipeline.tasks_api.client import Surroundings, TasksClient
from pipeline.tasks_api.download import Downloads
from pipeline.tasks_api.hosts import HostRule
from tests.support.engine import plain
from tests.support.inprocess import InProcess

if TYPE_CHECKING:
    from pathlib import Path

    from pipeline.rendering.results import Results
    from pipeline.rendering.steps import Plan
    from pipeline.storyboard.resolve import Loaded
    from pipeline.studio.engine import Job
    from pipeline.studio.sabotage import Sabotage
    from pipeline.tasks_api.exchange import Exchange
    from tests.support.boundaries import Boundaries

PROVIDER = "https://gateway.test"
KEY = "sk-byts-test"
CATALOG = load_catalog()
EPOCH = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)

Send = Callable[[httpx.Request], Awaitable[httpx.Response]]
Meddler = Callable[[httpx.Request, Send], Awaitable[httpx.Response]]
"""Stands between a client and the studio: may lose, delay or replace an answer."""


class Wire(httpx.AsyncBaseTransport):
    """The way to the studio, counting what goes over it; `meddle` may get between."""

    def __init__(self, studio: Studio) -> None:
        self.inner = InProcess(studio.app)
        self.requests: list[tuple[str, str]] = []
        self.times: list[float] = []
        self.headers: list[httpx.Headers] = []
        self.meddle: Meddler | None = None
        self.boundaries: Boundaries | None = None
        """Where a request and its answer are places to die at, beside those of the disk."""

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if self.boundaries is None:
            return await self._handle(request)
        name = f"{request.method} {request.url.path}"
        self.boundaries.cross("request", name)
        answer = await self._handle(request)
        self.boundaries.cross("answer", name)
        return answer

    async def _handle(self, request: httpx.Request) -> httpx.Response:
        self.requests.append((request.method, request.url.path))
        self.times.append(anyio.current_time())
        self.headers.append(request.headers)
        if self.meddle is None:
            return await self.inner.handle_async_request(request)
        answer = await self.meddle(request, self.inner.handle_async_request)
        if not answer.is_closed:
            return answer
        # One that a test has made is read already; what comes over a wire is not.
        body = httpx.ByteStream(answer.content)
        return httpx.Response(answer.status_code, headers=answer.headers, stream=body)

    def count(self, path: str) -> int:
        """How many requests have gone to a path."""
        return sum(asked == path for _method, asked in self.requests)


@dataclass
class World:
    """Enter it (`async with`), write storyboards, `run`, look."""

    root: Path
    latency_seconds: Callable[[Job], float] = lambda _job: 30.0
    workers: int = 100
    notices: list[Notice] = field(default_factory=list)
    exchanges: list[Exchange] = field(default_factory=list)
    engine: Callable[[Job], bytes] = plain
    begin: datetime = EPOCH
    key: str = KEY
    """The API key that runs are given; the studio has an account for each."""

    async def __aenter__(self) -> Self:
        house = House(self._render, self.workers, self.provider_time, self.latency_seconds)
        self.studio = Studio(CATALOG, house, free=False)
        self.wire = Wire(self.studio)
        self._begun = anyio.current_time()
        self.clock_offset = timedelta()
        self.skew = timedelta()
        """How far this machine's clock is off; the provider's is right."""
        await self.studio.tasks.__aenter__()
        return self

    async def __aexit__(self, *_error: object) -> None:
        await self.studio.tasks.__aexit__(None, None, None)

    async def _render(self, job: Job) -> bytes:
        await anyio.lowlevel.checkpoint()
        return self.engine(job)

    def faults(self, *rules: str, seed: int = 0) -> Sabotage:
        """Put faults before the studio, in the words of a file: `{on: submit, do: lost}`.

        They take the place of those before. `.faults.fired` of what comes back counts.
        """
        text = "".join(f"  - {rule}\n" for rule in rules)
        bad_day = read_faults(f"seed: {seed}\nfaults:\n{text}".encode(), "faults.yaml")
        sabotage = bad_day.before(self.studio.app, self.provider_time)
        self.wire.inner.app = sabotage
        return sabotage

    def now(self) -> datetime:
        """This machine's wall clock, which goes with the virtual one."""
        return self._true_time() + self.skew

    def unix_time(self) -> float:
        """The same as Unix time."""
        return self.now().timestamp()

    def provider_time(self) -> float:
        """The provider's clock, as Unix time."""
        return self._true_time().timestamp()

    def _true_time(self) -> datetime:
        elapsed = timedelta(seconds=anyio.current_time() - self._begun)
        return self.begin + self.clock_offset + elapsed

    def board(self, text: str, name: str = "film") -> Path:
        """Write a storyboard."""
        path = self.root / "specs" / f"{name}.yaml"
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, "utf-8")
        return path

    def film(self, *prompts: str, **more: str) -> Path:
        """A storyboard of 4-second shots a, b, c, … on veo-3.1-fast, plus lines of YAML."""
        lines = ["model: veo-3.1-fast", "defaults: {duration: 4}", *more.values(), "shots:"]
        for number, prompt in enumerate(prompts):
            lines += [f"  - id: {chr(ord('a') + number)}", f"    prompt: {prompt}"]
        return self.board("\n".join(lines) + "\n")

    @property
    def outputs(self) -> Path:
        return self.root / "outputs"

    def folder(self, name: str = "film", pass_name: str = "draft") -> Folder:
        return Folder(self.outputs, name, pass_name)

    def results(self, name: str = "film", pass_name: str = "draft") -> Results:
        """The manifest as it lies on disk."""
        content = self.folder(name, pass_name).read_results()
        assert content is not None
        return results.parse(content, "results.json")

    def desk(self, loaded: Loaded, pass_name: str = "draft", **selection: Any) -> Desk:
        destination = Destination(pass_name, PROVIDER, "a test")
        return Desk(
            destination,
            Selection(**selection),
            lambda model, seconds: CATALOG[model].estimate_credits(seconds),
            loaded,
        )

    def plan(self, *specs: Path, pass_name: str = "draft", **selection: Any) -> Plan:
        """What a run of one board would do now."""
        loaded = load(list(specs), CATALOG, pass_name)
        (board,) = loaded.boards
        return self.desk(loaded, pass_name, **selection).from_records(board, self.outputs)

    async def run(
        self,
        *specs: Path,
        pass_name: str = "draft",
        terms: Terms | None = None,
        **selection: Any,
    ) -> Report:
        """One `shotmake run`, without the terminal; the folds happen whatever is raised."""
        loaded = load(list(specs), CATALOG, pass_name)
        report = self.report = Report(self.notices.append)
        terms = terms or Terms()
        with ExitStack() as held:
            consent = terms.resubmit_uncertain
            desk = self.desk(loaded, pass_name, resubmit_uncertain=consent, **selection)
            opened = open_boards(loaded.boards, desk, self.outputs, self.now, held)
            try:
                agenda = settle(opened, report)
                async with self.gateway() as gateway:
                    await run(agenda, gateway, terms, report, self.now)
            finally:
                for planned in opened:
                    planned.board.book.fold()
        return report

    def gateway(self) -> _OpenGateway:
        """A connection to the studio, as a run opens one."""
        return _OpenGateway(self)

    @property
    def charges(self) -> Counter[str]:
        """How often each `out_task_id` was charged."""
        return Counter(str(charge.out_task_id) for charge in self.studio.tasks.ledger)

    def kinds(self, render: str) -> list[Kind]:
        """What happened to a take, in order."""
        return [notice.kind for notice in self.notices if notice.render == render]


class _OpenGateway:
    """The connection of one run."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._stack = ExitStack()

    async def __aenter__(self) -> Gateway:
        world = self._world
        self._downloads = httpx.AsyncClient(transport=world.wire)
        return Gateway(
            provider=PROVIDER,
            client=TasksClient(
                world.wire,
                PROVIDER,
                world.key,
                Surroundings(world.unix_time, lambda: 0.5),
                world.exchanges.append,
            ),
            downloads=Downloads(
                self._downloads, HostRule(PROVIDER), resolve=None, log=world.exchanges.append
            ),
            models=CATALOG,
        )

    async def __aexit__(self, *_error: object) -> None:
        # The transport is the world's, so the clients are dropped and not closed.
        return None
