"""Whole runs over real sockets against a served studio, faults included.

The client's clock runs faster than the world's, so that waits of the error table take no time to
speak of; what is said about a run is said by its end and by the studio's ledger, never by times.
"""

from __future__ import annotations

import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from pipeline.cli.boards import Desk, examples, load, open_boards
from pipeline.cli.connect import KEY_VARIABLE, Destination, connect
from pipeline.rendering.notices import Report
from pipeline.rendering.runner import run, settle
from pipeline.rendering.steps import Selection
from pipeline.rendering.work import Planned, Terms
from pipeline.storyboard.catalog import load_catalog
from pipeline.studio.app import Studio
from pipeline.studio.faults import Faults
from pipeline.studio.sabotage import Sabotage
from tests.support.served import quick_house, served

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator, Sequence
    from pathlib import Path

    from starlette.types import ASGIApp

    from pipeline.rendering.gateway import Gateway
    from pipeline.rendering.notices import Notice
    from pipeline.studio.engine import Job
    from pipeline.studio.faults import Rule
    from pipeline.tasks_api.exchange import Exchange

KEY = "sk-byts-0123456789abcdef"
CATALOG = load_catalog()


@dataclass
class Served:
    """A studio at `address`; `faults` counts what went wrong on purpose."""

    address: str
    studio: Studio
    faults: Faults

    @property
    def charges(self) -> Counter[str]:
        """How often each `out_task_id` was charged."""
        return Counter(str(charge.out_task_id) for charge in self.studio.tasks.ledger)


@contextmanager
def faulty(
    rules: Sequence[Rule] = (), latency_seconds: Callable[[Job], float] = lambda _job: 0.0
) -> Iterator[Served]:
    """Serve a quick studio, with faults, for as long as the block lasts."""
    house = quick_house(latency_seconds=latency_seconds)
    with ThreadPoolExecutor(1) as elsewhere:  # its locks are its own loop's
        studio = elsewhere.submit(Studio, CATALOG, house, free=False).result()
    counts = Faults(())

    def wrap(app: ASGIApp) -> ASGIApp:
        nonlocal counts
        sabotage = Sabotage(app, rules, time.time)
        counts = sabotage.faults
        return sabotage

    with served(studio, wrap) as address:
        yield Served(address, studio, counts)


@dataclass
class Client:
    """Runs of one board against one studio, each as the command makes it."""

    root: Path
    at: Served
    exchanges: list[Exchange]
    notices: list[Notice]

    def film(self, *prompts: str) -> None:
        """Write the board: shots a, b, c, … of two seconds."""
        lines = ["model: veo-3.1-fast", "defaults: {duration: 2}", "shots:"]
        for number, prompt in enumerate(prompts):
            lines += [f"  - id: {chr(ord('a') + number)}", f"    prompt: {prompt}"]
        (self.root / "film.yaml").write_text("\n".join(lines) + "\n", "utf-8")

    @property
    def outputs(self) -> Path:
        """Where the clips land."""
        return self.root / "outputs"

    @asynccontextmanager
    async def gateway(self) -> AsyncIterator[Gateway]:
        """The command's own connection."""
        destination = Destination("draft", self.at.address, "a test")
        environ = {KEY_VARIABLE: KEY}
        async with connect(destination, CATALOG, environ, log=self.exchanges.append) as gateway:
            yield gateway

    @contextmanager
    def opened(self) -> Iterator[Planned]:
        """The board, locked, with its plan; folded at the end."""
        destination = Destination("draft", self.at.address, "a test")
        loaded = load([self.root / "film.yaml"], CATALOG, "draft")
        desk = Desk(destination, Selection(), examples(CATALOG), loaded)
        with ExitStack() as held:
            (planned,) = open_boards(loaded.boards, desk, self.outputs, self.now, held)
            try:
                yield planned
            finally:
                planned.board.book.fold()

    async def run(self, terms: Terms | None = None) -> Report:
        """One `shotmake run`, without the terminal."""
        report = Report(self.notices.append)
        with self.opened() as planned:
            agenda = settle([planned], report)
            async with self.gateway() as gateway:
                await run(agenda, gateway, terms or Terms(), report, self.now)
        return report

    def now(self) -> datetime:
        """The wall clock."""
        return datetime.now(UTC)
