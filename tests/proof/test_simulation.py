"""Whole lives of boards from seeds: nothing is paid twice or lost, and all ends well."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import httpx
import pytest

from tests.proof.ending import converge
from tests.proof.figures import Figures
from tests.proof.footage import telling
from tests.proof.life import Life, Shot
from tests.proof.simulation import replay, simulate
from tests.support.world import Send, World

if TYPE_CHECKING:
    from pathlib import Path

LIVES = 5


@pytest.mark.parametrize("first", [0, LIVES])
def test_whole_lives(first: int) -> None:
    """Through edits, faults, kills, failing disks, deletions, wrong clocks and forgotten keys no
    request is charged oftener than it was asked for, everything bought is on record, no clip is
    lost, and a few undisturbed runs end as a world does in which nothing went wrong."""
    total = Figures()
    for seed in range(first, first + LIVES):
        total.add(simulate(seed))
    # What was drawn is not so tame that nothing could have gone wrong.
    assert min(total.kills, total.disk_faults, total.interrupts) > LIVES / 3
    assert min(total.faults, total.charges) > 10 * LIVES
    assert total.shot_hours > 10 * LIVES


def test_equal_seeds_live_equal_lives() -> None:
    """A seed replays its life to the last byte of the records, in another process with another
    hash seed as well: a failure can be looked at again."""
    here = replay(7)
    assert replay(7).fingerprint == here.fingerprint
    assert replay(8).fingerprint != here.fingerprint
    there = subprocess.run(
        [sys.executable, "-m", "tests.proof.simulation", "--seed", "7"],
        env=os.environ | {"PYTHONHASHSEED": "4711"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert here.fingerprint in there.stdout


@pytest.mark.anyio
async def test_a_timeout_that_had_acted_keeps_its_key(tmp_path: Path) -> None:
    """Submits that are acted on and answered 504 until they are given up: the next run asks under
    the same key, and gets what was bought."""
    world = World(tmp_path, latency_seconds=lambda _job: 60.0, engine=telling)
    life = Life(world, {"film": {"a": Shot("a bowl"), "b": Shot("a cup", "sora-2")}})

    async def time_out(request: httpx.Request, send: Send) -> httpx.Response:
        answer = await send(request)
        if request.url.path != "/v1/tasks/submit":
            return answer
        await answer.aread()
        error = {"type": "api_error", "code": "timeout", "message": "the gateway gave up"}
        return httpx.Response(504, json={"error": error})

    async with world:
        assert await life.run(shots=("b",)) == "complete"
        world.wire.meddle = time_out
        assert await life.run() == "incomplete"
        world.wire.meddle = None
        assert await life.run() == "complete"
        assert set(world.charges.values()) == {1}
        assert len(world.charges) == 2
        await converge(life)
