"""How long a large board takes, beside the least that it could take, on a virtual clock.

Latencies are log-normal: the published range is taken for the 5th to the 95th percentile, and grows
with the clip's length. Some tasks fail, and are bought again.
"""

from __future__ import annotations

import math
import random
from collections import defaultdict
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING

import anyio
from trio.testing import MockClock

from pipeline.rendering.notices import Kind
from pipeline.rendering.work import Terms
from pipeline.studio.engine import EngineError, Job
from pipeline.tasks_api.cadence import moments
from tests.bench.boards import PROMPTS
from tests.bench.measure import BenchError, Peer, Row, row
from tests.support.engine import plain
from tests.support.memory import workshop
from tests.support.world import CATALOG, World

if TYPE_CHECKING:
    from tests.bench.lab import Lab

_FAILING = 0.02
_TIMES = 1.03
_Z_95 = 1.6449
"""Standard deviations from the middle to the 95th percentile of a normal distribution."""


@dataclass
class Provider:
    """Draws, at each submit, how long a task takes and whether it fails; remembers all of it."""

    chance: random.Random
    busy_seconds: float = 0.0
    """What all attempts take together, from submit to the poll that finds them ended."""
    by_take: defaultdict[Job, float] = field(default_factory=lambda: defaultdict(float))
    """The latencies of a take's attempts, which follow each other."""
    attempts: int = 0
    _failing: set[Job] = field(default_factory=set)

    def latency_seconds(self, job: Job) -> float:
        """Of one attempt."""
        model = CATALOG[job.model]
        low, high = map(math.log, model.latency_seconds)
        drawn = self.chance.lognormvariate((low + high) / 2, (high - low) / 2 / _Z_95)
        seconds = drawn * job.duration_seconds / model.latency_clip_seconds
        self.attempts += 1
        self.by_take[job] += seconds
        self.busy_seconds += seconds + _gap_seconds(job.model, seconds) / 2
        if self.chance.random() < _FAILING:
            self._failing.add(job)
        return seconds

    def draw(self, job: Job) -> bytes:
        """A clip of the right length and size; one for all takes of a kind."""
        if job in self._failing:
            self._failing.remove(job)
            raise EngineError("the upstream model is overloaded", "api_error")
        return plain(replace(job, label="", prompt="", seed=None))

    def least_seconds(self, concurrency: int) -> float:
        """What nobody can be quicker than who doesn't know an end before asking about it: all
        places are taken all the time, and an end lies half a cadence before its poll, on average.
        """
        return max(self.busy_seconds / concurrency, *self.by_take.values())


def _gap_seconds(model: str, latency: float) -> float:
    """How far the polls around that moment are apart."""
    before = 0.0
    for moment in moments(CATALOG[model].cadence):
        if moment >= latency:
            return moment - before
        before = moment
    raise AssertionError("moments() ended")


def rows(lab: Lab) -> list[Row]:
    """Few places and many."""
    takes = lab.size(1000, 60)
    return [_row(takes, concurrency) for concurrency in (lab.size(25, 5), lab.size(500, 30))]


def _row(takes: int, concurrency: int) -> Row:
    clock = {"clock": MockClock(autojump_threshold=0)}
    with workshop() as root:
        world = World(root, workers=takes)
        play = partial(_played, world, takes, concurrency)
        ours, least = anyio.run(play, backend="trio", backend_options=clock)
    return row(
        f"makespan, {takes:,} takes of {len(CATALOG)} models, {concurrency} at a time",
        ours / 60,
        Peer("lower bound", least / 60),
        "min",
        at_most=_TIMES,
    )


async def _played(world: World, takes: int, concurrency: int) -> tuple[float, float]:
    """The virtual seconds of a run, and the least that they could be."""
    provider = Provider(random.Random(7))  # noqa: S311 (the same latencies every time)
    world.latency_seconds, world.engine = provider.latency_seconds, provider.draw
    async with world:
        spec = world.board(_storyboard(takes))
        begun = anyio.current_time()
        report = await world.run(spec, terms=Terms(concurrency=concurrency))
        seconds = anyio.current_time() - begun
    if report.summary.counts[Kind.RENDERED] != takes:
        raise BenchError(f"not all of {takes} takes were rendered: {report.summary.counts}")
    if provider.attempts == takes:
        raise BenchError("none of the tasks has failed, as some should")
    return seconds, provider.least_seconds(concurrency)


def _storyboard(takes: int) -> str:
    """Shots of all models in turn, of lengths that each can do."""
    chance, models = random.Random(11), list(CATALOG.values())  # noqa: S311
    lines = ["shots:"]
    for number in range(takes):
        model = models[number % len(models)]
        lines += [
            f"  - id: s{number}",
            f"    model: {model.name}",
            f"    prompt: {PROMPTS[number % len(PROMPTS)]}",
            f"    seed: {number}",
            f"    duration: {chance.randint(1, model.max_duration_seconds)}",
        ]
    return "\n".join(lines) + "\n"
