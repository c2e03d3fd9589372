"""A life drawn from a seed: the board, the weather at the provider, one deed after the other."""

from __future__ import annotations

import math
import random
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import anyio

from pipeline.rendering.work import Terms
from tests.proof.ending import converge
from tests.proof.footage import of_one_size, telling
from tests.proof.life import PASSES, Life, Shot
from tests.proof.weather import draw_faults
from tests.support.boundaries import DISK, Fail, Kill
from tests.support.world import World

if TYPE_CHECKING:
    from pathlib import Path

_WORDS = ("a bowl", "a cup", "a plate", "a pan", "a jar", "a pot that FAILS", "a BLOCKED pie")
_MODELS = ("veo-3.1-fast", "seedance-fast", "sora-2", "veo-3.1")
_STARTS = (
    datetime(2026, 11, 23, 12, 0, tzinfo=UTC),
    datetime(2027, 12, 31, 23, 59, 30, tzinfo=UTC),
    datetime(2028, 2, 28, 23, 50, tzinfo=UTC),
    datetime(2028, 2, 29, 23, 50, tzinfo=UTC),
    datetime(2027, 3, 28, 0, 55, tzinfo=UTC),
    datetime(2027, 10, 31, 0, 55, tzinfo=UTC),
    datetime(2038, 1, 19, 3, 10, tzinfo=UTC),
    datetime(2026, 12, 31, 23, 59, 59, 999999, tzinfo=UTC),
)
"""Noon, a year's end, leap days, both ends of summer time in Europe, the end of 32 bits."""

_LATENCY_MEDIAN_SECONDS = 90.0
_LATENCY_SIGMA = 1.4
_LATENCY_MAX_SECONDS = 3 * 3600.0
_CROSSINGS_MAX = 400


class Drawn:
    """One life: what happens next is drawn."""

    def __init__(self, seed: int, root: Path) -> None:
        self.chance = random.Random(seed)  # noqa: S311 (replayable, not secret)
        self.forgetful = self.chance.random() < 0.5
        """The provider forgets keys; else it lies now and then about ids."""
        latencies = random.Random(f"latencies {seed}")  # noqa: S311
        alike = random.Random(f"sizes {seed}").random() < 0.3  # noqa: S311
        self.world = World(
            root,
            latency_seconds=lambda _job: _latency(latencies),
            engine=of_one_size if alike else telling,
            begin=self.chance.choice(_STARTS),
        )
        self.deeds = (
            [self.edit] * 5
            + [self.weather] * 4
            + [self.run] * 12
            + [self.let_time_pass] * 2
            + [self.set_clock, self.lose_clips, self.lose_clips, self.lose_records, self.cancel]
            + [self.second, self.forget]
        )

    async def live(self) -> Life:
        """From the first board to the last run."""
        names = ("film", "clip") if self.chance.random() < 0.3 else ("film",)
        async with self.world:
            self.life = Life(self.world, {name: {} for name in names})
            for shots in self.life.boards.values():
                for number in range(self.chance.choice([1, 3, 6, 12, 24, 48, 96])):
                    shots[f"s{number}"] = self._shot()
            await self.weather()
            for _deed in range(self.chance.randint(6, 30)):
                await self.chance.choice(self.deeds)()
            await converge(self.life)
            return self.life

    def _shot(self) -> Shot:
        return Shot(
            self.chance.choice(_WORDS), self.chance.choice(_MODELS), self.chance.choice([1, 2, 3])
        )

    async def edit(self) -> None:
        """Shots are changed, added and removed."""
        for shots in self.life.boards.values():
            for name in list(shots):
                if self.chance.random() < 0.3:
                    shots[name] = self._shot()
                elif self.chance.random() < 0.05 and len(shots) > 1:
                    del shots[name]
            if self.chance.random() < 0.2:
                shots[f"s{self.chance.randint(0, 30)}"] = self._shot()

    async def weather(self) -> None:
        """Another day at the provider."""
        rules = draw_faults(self.chance, lies=not self.forgetful)
        self.life.faults(*rules, seed=self.chance.getrandbits(32))

    async def run(self) -> None:
        """A run, undisturbed, killed, on a failing disk or interrupted."""
        chance = self.chance
        selection: dict[str, Any] = {
            "force": chance.random() < 0.06,
            "failed": chance.random() < 0.06,
            "retry_blocked": chance.random() < 0.2,
            "shots": chance.choice([(), (), (), (), ("s0",), ("s[0-3]",)]),
        }
        await self.life.run(
            chance.choice(PASSES) if chance.random() < 0.3 else "draft",
            boards=(chance.choice(list(self.life.boards)),) if chance.random() < 0.2 else (),
            hazard=self._hazard(),
            stop_after=self._skewed(3600.0) if chance.random() < 0.15 else math.inf,
            terms=self._terms(),
            **selection,
        )

    def _hazard(self) -> Kill | Fail | None:
        kind, at = self.chance.random(), int(self._skewed(_CROSSINGS_MAX))
        if kind < 0.35:
            return Kill(at, half=self.chance.random() < 0.3)
        if kind < 0.5:
            code = self.chance.choice([5, 28, 30, 122])  # EIO, ENOSPC, EROFS, EDQUOT
            for_good, short = self.chance.random() < 0.5, self.chance.random() < 0.2
            kinds = DISK if self.chance.random() < 0.5 else frozenset({"fsync", "rename"})
            return Fail(max(at // 4, 1), code, for_good, short, kinds)
        return None

    def _terms(self) -> Terms:
        chance = self.chance
        return Terms(
            concurrency=chance.choice([1, 3, 5, 8]),
            timeout_seconds=chance.choice([20, 300, 900, 2 * 3600, 6 * 3600]),
            retries=chance.choice([0, 2, 2]),
            fail_fast=chance.random() < 0.1,
            max_credits=chance.choice([None, None, None, 0.1, 1.0]),
            throttle_seconds=chance.choice([60, 900, 6 * 3600, 6 * 3600]),
        )

    def _skewed(self, most: float) -> float:
        """Often small, from 1: the beginning of a run is where most happens."""
        return math.exp(self.chance.uniform(0, math.log(most)))

    async def let_time_pass(self) -> None:
        """People do something else: for a minute, or till tomorrow, when URLs have expired."""
        await anyio.sleep(self._skewed(2 * 86400.0))

    async def set_clock(self) -> None:
        """This machine's clock goes wrong, or right again."""
        days = self.chance.choice([0, 0, 365, -365])
        self.world.skew = timedelta(days=days, seconds=self.chance.choice([0, 0, 30, -30]))
        self.life.tell(f"clock off by {self.world.skew}")

    async def lose_clips(self) -> None:
        """Clips are deleted, and one is edited by hand."""
        clips = self.life.clips()
        self.life.delete_clips([path for path in clips if self.chance.random() < 0.3])
        if clips and self.chance.random() < 0.5:
            self.life.tamper(self.chance.choice(clips))

    async def lose_records(self) -> None:
        """Records are deleted, or all outputs."""
        kind = self.chance.random()
        if kind < 0.3:
            self.life.delete_outputs()
            return
        for board, pass_name in sorted(self.life.oracle.folders):
            if self.chance.random() < 0.5:
                self.life.delete_records(board, pass_name, manifest=kind < 0.7)

    async def cancel(self) -> None:
        """What is in flight is cancelled."""
        await self.life.cancel(self.chance.choice(list(self.life.boards)))

    async def second(self) -> None:
        """A second process."""
        await self.life.second()

    async def forget(self) -> None:
        """A day later the provider has forgotten its keys."""
        if self.forgetful:
            await self.life.expire_keys()


def _latency(chance: random.Random) -> float:
    """Log-normal: most tasks take a minute or two, some over an hour."""
    drawn = chance.lognormvariate(math.log(_LATENCY_MEDIAN_SECONDS), _LATENCY_SIGMA)
    return min(drawn, _LATENCY_MAX_SECONDS)
