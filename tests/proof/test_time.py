"""Clocks that are wrong, calendars that are odd: nothing is paid twice or lost for it."""

from __future__ import annotations

import re
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING

import anyio
import httpx
import pytest

from pipeline.errors import RecordsError
from pipeline.rendering.work import Terms
from tests.proof.ending import converge
from tests.proof.footage import telling
from tests.proof.life import Life, Shot
from tests.support.boundaries import Kill
from tests.support.world import Send, World

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.anyio

YEAR = timedelta(days=365)
STEPS = [YEAR, -YEAR]
OVER_A_DAY = "sent over a day ago, never answered"
SUBMIT, QUERY = "/v1/tasks/submit", "/v1/tasks/query"
STARTS = {
    "midnight": datetime(2026, 11, 23, 23, 59, 50, tzinfo=UTC),
    "new year": datetime(2026, 12, 31, 23, 59, 50, tzinfo=UTC),
    "29 February": datetime(2028, 2, 28, 23, 59, 50, tzinfo=UTC),
    "1 March": datetime(2028, 2, 29, 23, 59, 50, tzinfo=UTC),
    "summer time begins": datetime(2027, 3, 28, 0, 59, 50, tzinfo=UTC),
    "summer time ends": datetime(2027, 10, 31, 0, 59, 50, tzinfo=UTC),
    "2038": datetime(2038, 1, 19, 3, 14, 0, tzinfo=UTC),
}


def _life(root: Path, begin: datetime = STARTS["midnight"], latency: float = 60.0) -> Life:
    world = World(root, latency_seconds=lambda _job: latency, engine=telling, begin=begin)
    return Life(world, {"film": {"a": Shot("a bowl"), "b": Shot("a cup", "sora-2")}})


@pytest.fixture(params=["UTC", "Europe/Berlin", "America/St_Johns", "Pacific/Kiritimati"])
def zone(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The machine's time zone."""
    monkeypatch.setenv("TZ", request.param)
    time.tzset()
    yield request.param
    monkeypatch.undo()
    time.tzset()


@pytest.mark.parametrize("step", STEPS, ids=["forward", "back"])
async def test_the_clock_is_set_between_runs(tmp_path: Path, step: timedelta) -> None:
    """Tasks that were left open are resumed whatever the clock says, and nothing is bought again,
    also with `outputs/` deleted."""
    life = _life(tmp_path)
    async with life.world:
        assert await life.run(terms=Terms(timeout_seconds=10)) == "incomplete"
        life.world.skew = step
        assert await life.run() == "complete"
        life.world.skew = -step
        life.delete_outputs()
        assert await life.run() == "complete"
        assert life.world.studio.tasks.statuses() == {"completed": 2}
        await converge(life)


@pytest.mark.parametrize("at", [0.5, 5.0, 59.0, 65.0])
@pytest.mark.parametrize("step", STEPS, ids=["forward", "back"])
async def test_the_clock_is_set_during_a_run(tmp_path: Path, step: timedelta, at: float) -> None:
    """The run goes on as if nothing had happened: what it waits for isn't on the wall."""
    life = _life(tmp_path)
    async with life.world, anyio.create_task_group() as both:

        async def set_clock() -> None:
            await anyio.sleep(at)
            life.world.skew = step

        both.start_soon(set_clock)
        begun = anyio.current_time()
        assert await life.run() == "complete"
        assert anyio.current_time() - begun < 70
        await converge(life)


@pytest.mark.parametrize("start", STARTS)
async def test_the_calendar_is_odd(tmp_path: Path, start: str, zone: str) -> None:
    """Over midnight, a year's end, leap days, the ends of summer time, in any time zone: records
    are in UTC and in order, a run that was killed is resumed, a rerun does nothing."""
    life = _life(tmp_path, STARTS[start])
    async with life.world:
        assert await life.run(hazard=Kill(20)) == "killed", zone
        assert await life.run() == "complete", zone
        for record in life.oracle.records():
            assert record.submitted_at is not None
            assert record.completed_at is not None
            assert record.submitted_at.endswith("Z")
            ended = datetime.fromisoformat(record.completed_at)
            assert timedelta(0) < ended - STARTS[start] < timedelta(seconds=70)
        await converge(life)


async def _in_doubt(life: Life) -> None:
    """Shot a was bought, and no answer ever came; a day later its key is forgotten."""
    life.faults("{on: submit, do: lost}", "{on: query, do: reset}")
    await life.run(shots=("a",))
    life.faults()
    await life.expire_keys()


@pytest.mark.parametrize("step", [timedelta(), *STEPS], ids=["right", "forward", "back"])
async def test_a_doubt_that_is_a_day_old_buys_nothing(tmp_path: Path, step: timedelta) -> None:
    """A submit that was acted on and never answered, its key forgotten a day later: it isn't bought
    again before `--resubmit-uncertain`, whatever this machine's clock says by then."""
    life = _life(tmp_path)
    async with life.world:
        await _in_doubt(life)
        life.world.skew = step
        assert await life.run() == "incomplete"
        assert life.said["a"].message.startswith(OVER_A_DAY)
        assert set(life.world.charges.values()) == {1}
        assert await life.run(terms=Terms(resubmit_uncertain=True)) == "complete"
        assert sorted(life.world.charges.values()) == [1, 2]
        await converge(life)


@pytest.mark.parametrize("step", [timedelta(), *STEPS], ids=["right", "forward", "back"])
async def test_a_doubt_whose_key_is_known_is_none(tmp_path: Path, step: timedelta) -> None:
    """However old: where the provider knows the key still, its task is taken up without a submit,
    and nobody is asked for consent."""
    life = _life(tmp_path)
    async with life.world:
        life.faults("{on: submit, do: lost}", "{on: query, do: reset}")
        await life.run(shots=("a",))
        life.faults()
        await anyio.sleep(40 * 3600)
        life.world.skew = step
        life.faults("{on: submit, do: {http: 400}}")
        assert await life.run(shots=("a",)) == "complete"
        assert set(life.world.charges.values()) == {1}
        await converge(life)


@pytest.mark.parametrize("step", STEPS, ids=["forward", "back"])
async def test_a_doubt_from_a_wrong_clock_buys_nothing(tmp_path: Path, step: timedelta) -> None:
    """The same where the clock was wrong when it was bought, and is right by now."""
    life = _life(tmp_path)
    async with life.world:
        life.world.skew = step
        await _in_doubt(life)
        life.world.skew = timedelta()
        assert await life.run() == "incomplete"
        assert life.said["a"].message.startswith(OVER_A_DAY)
        await converge(life)


@pytest.mark.parametrize("seconds", [-1.0, -30.0, 60.0, 23 * 3600.0])
async def test_a_young_doubt_is_resolved(tmp_path: Path, seconds: float) -> None:
    """Within a day, and after a clock was set back as time servers do it, a submit that never
    arrived is sent again under its key, without anybody being asked."""
    life = _life(tmp_path)
    async with life.world:
        begun = anyio.current_time()
        life.faults("{on: submit, do: reset}", "{on: query, do: reset}")
        await life.run()
        life.faults()
        life.world.skew = timedelta(seconds=seconds) - timedelta(
            seconds=anyio.current_time() - begun
        )
        assert await life.run() == "complete"
        await converge(life)


async def test_a_doubt_outlives_an_edit(tmp_path: Path) -> None:
    """A doubt is not forgotten when the shot is edited and edited back: what may have been billed
    is bought again with `--resubmit-uncertain` alone."""
    life = _life(tmp_path)
    async with life.world:
        await _in_doubt(life)
        shots = life.boards["film"]
        before, shots["a"] = shots["a"], replace(shots["a"], words="another picture")
        await life.run()
        assert await life.run() != "killed"
        shots["a"] = before
        assert await life.run() == "incomplete"
        await converge(life)


@pytest.mark.parametrize("step", STEPS, ids=["forward", "back"])
async def test_the_cadence_is_not_the_wall_clocks(tmp_path: Path, step: timedelta) -> None:
    """A task that is taken up by a clock that is a year off is asked about at its model's pace:
    never twice a second, never after more than the slowest one."""
    life = _life(tmp_path, latency=300.0)
    async with life.world:
        await life.run(shots=("a",), terms=Terms(timeout_seconds=20))
        life.world.skew = step
        wire = life.world.wire
        asked: list[float] = []

        async def listen(request: httpx.Request, send: Send) -> httpx.Response:
            if request.url.path == QUERY:
                asked.append(anyio.current_time())
            return await send(request)

        wire.meddle = listen
        assert await life.run(shots=("a",)) == "complete"
        gaps = [after - before for before, after in pairwise(asked)]
        assert min(gaps[1:]) >= 1.0  # the first is the look-up
        assert max(gaps) <= 5.0


@pytest.mark.parametrize("step", [*STEPS, timedelta(minutes=-1)], ids=["forward", "back", "a bit"])
@pytest.mark.parametrize("on", ["submit", "query"])
async def test_throttles_by_a_wrong_clock(tmp_path: Path, on: str, step: timedelta) -> None:
    """`X-RateLimit-Reset` is a moment by the provider's clock: read by one that is wrong it makes
    no burst and no wait without end, and what waits is bought once."""
    life = _life(tmp_path)
    async with life.world:
        life.world.skew = step
        throttled = "{http: 429, code: rate_limit_exceeded, reset_in_seconds: 600}"
        life.faults(f"{{on: {on}, times: 5, do: {throttled}}}")
        begun = anyio.current_time()
        assert await life.run(terms=Terms(timeout_seconds=7200)) == "complete"
        assert 5 <= anyio.current_time() - begun < 5 * 300 + 120
        await converge(life)


async def test_a_leap_second_in_the_providers_answers(tmp_path: Path) -> None:
    """Answers that speak of 23:59:60 are read like others: the provider's times decide nothing."""
    life = _life(tmp_path)
    async with life.world:

        async def leap(request: httpx.Request, send: Send) -> httpx.Response:
            answer = await send(request)
            if not request.url.path.startswith("/v1/"):
                return answer
            content = re.sub(rb"T\d\d:\d\d:\d\dZ", b"T23:59:60Z", await answer.aread())
            return httpx.Response(answer.status_code, headers=answer.headers, content=content)

        life.world.wire.meddle = leap
        assert await life.run() == "complete"
        life.delete_outputs()
        assert await life.run() == "complete"
        life.world.wire.meddle = None
        await converge(life)


async def test_a_leap_second_in_the_records(tmp_path: Path) -> None:
    """No clock of ours writes one: a manifest that has it is damaged, named, and nothing is bought
    on top of it."""
    life = _life(tmp_path)
    async with life.world:
        assert await life.run() == "complete"
        path = life.world.folder("film").results_path
        text = path.read_text("utf-8")
        path.write_text(re.sub(r"T\d\d:\d\d:\d\d\.\d+Z", "T23:59:60.000Z", text), "utf-8")
        with pytest.raises(RecordsError, match=r"results\.json"):
            await life.world.run(life.write("film"))
        assert life.world.wire.count(SUBMIT) == 0
        path.write_text(text, "utf-8")
        await converge(life)
