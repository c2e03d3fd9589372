"""Real processes against hostile answers, and what must hold at the end of each."""

from __future__ import annotations

import hashlib
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING

import anyio

from pipeline.cli.connect import BASE_URL_VARIABLE, KEY_VARIABLE
from pipeline.storyboard.catalog import load_catalog
from pipeline.studio.app import Studio
from pipeline.studio.engine import Job
from pipeline.studio.tasks import Bounds, House
from tests.proof.hostile.arsenal import ENDPOINTS, arsenal
from tests.proof.hostile.bounds import CPU_SECONDS_MAX, PEAK_BYTES_MAX
from tests.proof.hostile.listener import Sniffer
from tests.proof.hostile.server import Case, Hostile
from tests.proof.hostile.verdict import (
    require_no_secrets,
    require_reasons,
    require_records,
    require_words,
)
from tests.support.engine import plain
from tests.support.forks import Ended, Forks, Order
from tests.support.served import served

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from tests.proof.hostile.answer import Answer

BATCH = 30
"""Shots of one process that meet an answer each."""
CLIPS_BATCH = 10
"""The same of clips, which are asked for again and again: more of them would take so much work
that on a clock that runs fast all else would be late.
"""
CLIP_BYTES_MAX = 8 * 1024 * 1024
"""The program's own cap is 512 MiB: another figure, the same code."""
_RATE = 100.0
_AT_ONCE = 6
_JOB = Job("any", "veo-3.1-fast", "any", 2, 1280, 720)
CLIP = plain(_JOB)
_STOPPING = ("401", "402", "403", "429")


@dataclass
class Figures:
    """What a campaign came to."""

    answers: int = 0
    processes: int = 0
    peak_bytes: int = 0
    cpu_seconds: float = 0.0
    exits: Counter[int] = field(default_factory=Counter)

    def add(self, ended: Ended) -> None:
        """One more process."""
        self.processes += 1
        self.exits[ended.exit] += 1
        self.peak_bytes = max(self.peak_bytes, ended.peak_bytes)
        self.cpu_seconds = max(self.cpu_seconds, ended.cpu_seconds)


def _dealt(met: Sequence[Answer], size: int) -> list[list[Answer]]:
    """Hands of at most `size`."""
    hands = -(-len(met) // size)
    return [list(met[hand::hands]) for hand in range(hands)]


@dataclass
class Battlefield:
    """The studio, the server before it, the sniffer beside it, and the forking process."""

    root: Path
    forks: Forks
    studio: Studio
    hostile: Hostile
    sniffer: Sniffer
    played: dict[str, list[Case]] = field(default_factory=dict)
    ends: list[Ended] = field(default_factory=list)

    def play(
        self, endpoint: str, met: Sequence[Answer], batch: int | None = None, *, greeted: int = 1
    ) -> Figures:
        """Have every answer met once, and see what comes of it.

        Answers that end a run, as a refused key does, keep others of their batch from being met:
        those have another turn, in smaller company.
        """
        figures, left = Figures(answers=len(met)), list(met)
        first = batch or (CLIPS_BATCH if endpoint == "clip" else BATCH)
        for size in (first, 6, 2, 1):
            # Dear answers stand side by side: they are dealt out, not cut off.
            calm = [answer for answer in left if not answer.name.startswith(_STOPPING)]
            stopping = [answer for answer in left if answer.name.startswith(_STOPPING)]
            groups = [*_dealt(calm, size), *_dealt(stopping, min(size, 4))]
            cases = [self.hostile.case(self.root, endpoint, g, greeted=greeted) for g in groups]
            self.played.setdefault(endpoint, []).extend(cases)
            left = []
            for case, ended in zip(cases, self._ended(cases), strict=True):
                self.require_good_end(case, ended)
                self.ends.append(ended)
                figures.add(ended)
                left += [a for n, a in enumerate(case.answers, case.greeted) if not case.met[n]]
            if not left:
                break
        assert not left, f"never met: {[answer.name for answer in left]}"
        assert not self.sniffer.heard, self.sniffer.heard
        return figures

    def _ended(self, cases: Sequence[Case]) -> list[Ended]:
        """One process a case, with tasks in flight before those that are to cancel."""
        if not cases:
            return []
        if cases[0].endpoint == "cancel":
            self._run(cases, lambda case: self.order(case, *_RUN, "--timeout", "2"))
            # One after the other: what drips would take its time.
            return self._run(
                cases, lambda case: replace(self.order(case, "cancel", "--verbose"), rate=4 * _RATE)
            )
        # The second of every three speaks JSON: both ways of telling are held to the same.
        speak = {1: "--json"}
        return self._run(
            cases,
            lambda case: self.order(
                case, *_RUN, *_PATIENCE[case.endpoint], speak.get(case.number % 3, "--verbose")
            ),
        )

    def calm_down(self, cases: Sequence[Case]) -> None:
        """The server tells the truth from now on, and runs bring every clip home.

        Three runs: one to hear that an invented task is none, one to buy what the provider knows
        nothing of, as it takes consent, one to see that all is there.
        """
        for case in cases:
            case.honest = True
            case.met.clear()
        run = (*_RUN, "--timeout", "120", "--retry-blocked", "--verbose")
        runs: tuple[tuple[str, ...], ...] = (run, (*run, "--resubmit-uncertain"), run)
        if cases[0].endpoint == "cancel":  # what is slow would never be rendered
            runs = (("cancel",),) * 3
        for arguments in runs:
            ends = self._run(cases, partial(self._order_of, arguments))
            for case, ended in zip(cases, ends, strict=True):
                self.require_good_end(case, ended)
        for case, ended in zip(cases, ends, strict=True):
            assert ended.exit == 0, f"{case.folder} {case.endpoint}: {ended.stdout}{ended.stderr}"

    def _order_of(self, arguments: tuple[str, ...], case: Case) -> Order:
        return self.order(case, *arguments)

    def _run(self, cases: Sequence[Case], order: Callable[[Case], Order]) -> list[Ended]:
        return self.forks.side_by_side([order(case) for case in cases], _AT_ONCE)

    def order(self, case: Case, *arguments: str) -> Order:
        """A process in a case's folder, fenced in."""
        environment = {
            KEY_VARIABLE: case.key,
            BASE_URL_VARIABLE: self.hostile.base_url(case),
            **dict.fromkeys(("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"), ""),
        }
        return Order(
            arguments,
            str(case.folder),
            environment,
            rate=_RATE,
            cpu_seconds=CPU_SECONDS_MAX,
            # Of a gateway that is an address its port 443 is the only other place for clips.
            fence=(self.hostile.address, "127.0.0.1:443"),
            clip_bytes_max=CLIP_BYTES_MAX,
        )

    def require_good_end(self, case: Case, ended: Ended) -> None:
        """Everything that must hold whatever a server has answered."""
        names = [answer.name for n, answer in enumerate(case.answers, case.greeted) if case.met[n]]
        said = ended.stdout + ended.stderr
        about = f"{case.folder} {case.endpoint} {names}\nexit {ended.exit}\n{said[-4000:]}"
        assert 0 <= ended.exit <= 6, about
        assert ended.exit != 2, f"that would mean that nothing was submitted: {about}"
        assert "Traceback" not in said, about
        assert "error in shotmake itself" not in said, about
        assert all(letter.isprintable() or letter == "\n" for letter in said), about
        assert not ended.trespasses, f"{ended.trespasses}: {about}"
        assert ended.peak_bytes < PEAK_BYTES_MAX, f"{ended.peak_bytes >> 20} MiB: {about}"
        assert not case.unrecorded, f"submitted, and not on record: {case.unrecorded}: {about}"
        assert {path.name for path in case.folder.iterdir()} == {"specs", "outputs"}, about
        require_no_secrets(case, said)
        require_words(said, about)
        require_reasons(case, ended, about)
        require_records(case, about)
        self._require_charged_once(case, about)

    def _require_charged_once(self, case: Case, about: str) -> None:
        """No key of a case's account stands in the ledger twice."""
        account = hashlib.sha256(case.key.encode()).hexdigest()
        lines = tuple(self.studio.tasks.ledger)  # at one blow: the studio's thread writes in it
        keys = Counter(line.out_task_id for line in lines if line.account == account)
        twice = [key for key, times in keys.items() if times > 1]
        assert not twice, f"charged twice: {twice}: {about}"


_RUN = ("run", "--concurrency", "40", "--retries", "1", "--no-review")
_PATIENCE = {
    "submit": ("--timeout", "5"),
    "query": ("--timeout", "12"),
    "find": ("--timeout", "5"),
    "clip": ("--timeout", "600"),
}


@contextmanager
def battlefield(root: Path, forks: Forks) -> Iterator[Battlefield]:
    """For as long as the block lasts."""

    async def render(_job: Job) -> bytes:
        await anyio.lowlevel.checkpoint()
        return CLIP

    house = House(
        render,
        10_000,  # whoever is slow is in nobody's way
        time.time,
        lambda job: 3600.0 if "SLOW" in job.prompt else 0.0,
        concurrency=2000,
        wallet_credits=1e9,
        bounds=Bounds(ended_tasks=1_000_000),
    )
    with ThreadPoolExecutor(1) as elsewhere:  # its locks are its own loop's
        studio = elsewhere.submit(Studio, load_catalog(), house, free=False).result()
    with ExitStack() as stack:
        address = stack.enter_context(served(studio)).removeprefix("http://")
        sniffer = Sniffer()
        hostile = Hostile(address, sniffer)
        stack.enter_context(sniffer.listening())
        stack.enter_context(hostile.listening())
        yield Battlefield(root, forks, studio, hostile, sniffer)


def campaign(root: Path, count: int, seed: int) -> dict[str, Figures]:
    """For `make soak`: every hand-made answer and `count` generated ones at each endpoint."""
    with Forks() as forks, battlefield(root, forks) as entered:
        return {name: entered.play(name, arsenal(name, CLIP, count, seed)) for name in ENDPOINTS}
