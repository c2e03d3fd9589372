"""What is remembered of the attempts before the last one, run after run."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

import jsonschema
import pytest

from pipeline.rendering import results
from pipeline.rendering.events import Intent, Renamed
from pipeline.rendering.records import HISTORY_MAX, Attempt, Failure, Record, Records, Status
from pipeline.rendering.states import apply
from pipeline.rendering.work import Terms
from pipeline.storyboard.schemas import schema_of

if TYPE_CHECKING:
    from tests.support.world import World

pytestmark = pytest.mark.anyio

AT = "2026-11-23T12:00:00.000Z"
ONCE = Terms(retries=0)


def attempts(record: Record) -> list[tuple[int, str]]:
    """Number and end of each earlier attempt."""
    return [(each.attempt, each.status.value) for each in record.history]


async def test_failures_within_a_run_and_over_runs_are_remembered(world: World) -> None:
    """Three failures in one run and one in the next stand behind the attempt that succeeds, in
    their order, each with its own task, its times and its error."""
    spec = world.film("a bowl")
    world.faults("{on: submit, times: 4, do: {failed: api_error, message: overloaded}}")
    await world.run(spec)
    assert attempts(world.results().records["a"]) == [(1, "failed"), (2, "failed")]
    await world.run(spec, terms=ONCE)
    await world.run(spec)
    record = world.results().records["a"]
    assert (record.attempt, record.status) == (5, Status.COMPLETED)
    assert attempts(record) == [(number, "failed") for number in (1, 2, 3, 4)]
    assert len({each.task_id for each in record.history} | {record.task_id}) == 5
    assert all(each.error and each.error.code == "api_error" for each in record.history)
    times = [time for each in record.history for time in (each.submitted_at, each.completed_at)]
    assert times == sorted(times, key=str)
    assert None not in times


async def test_a_failed_change_is_remembered_where_the_clip_returns(world: World) -> None:
    """What failed while another request was asked for is behind the kept clip that comes back, and
    after that clip's own earlier failures."""
    world.faults("{on: submit, times: 1, do: {failed: api_error}}")
    await world.run(world.film("a bowl"))
    await world.run(world.film("this FAILS"), terms=ONCE)
    await world.run(world.film("a bowl"))
    record = world.results().records["a"]
    assert (record.attempt, record.status) == (2, Status.COMPLETED)
    first, second = record.history
    assert (first.digest == record.digest, second.digest == record.digest) == (True, False)
    assert str(first.submitted_at) < str(second.submitted_at)


def test_the_newest_are_remembered_where_there_are_too_many() -> None:
    """A history that is full gives up its oldest attempt, also for a clip that comes back."""
    earlier = tuple(Attempt(Status.FAILED, "d" * 64, f"k{n}", n) for n in range(1, HISTORY_MAX + 1))
    kept = Record(Status.COMPLETED, "d" * 64, {}, "key", 21, "p", history=earlier)
    other = Record(Status.FAILED, "e" * 64, {}, "other", 1, "p")
    records: Records = {"kept/" + "d" * 12: kept, "a": other}
    apply(records, Renamed("kept/" + "d" * 12, AT, "a"))
    remembered = [each.out_task_id for each in records["a"].history]
    assert remembered == [*(each.out_task_id for each in earlier[1:]), "other"]
    records["a"] = replace(records["a"], status=Status.FAILED)
    apply(records, Intent("a", AT, "p", "d" * 64, {}, "next", 22, None))
    assert [each.out_task_id for each in records["a"].history] == [*remembered[1:], "key"]


async def test_a_manifest_without_history_is_read(world: World) -> None:
    """Manifests from before there was a history, or an `accepted`, say that there is none."""
    await world.run(world.film("a bowl"))
    path = world.folder().results_path
    document = json.loads(path.read_text("utf-8"))
    for name in ("history", "accepted"):
        del document["renders"]["a"][name]
    path.write_text(json.dumps(document), "utf-8")
    record = world.results().records["a"]
    assert (record.history, record.accepted) == ((), None)
    assert world.plan(world.film("a bowl")).steps[0].reason == "up to date"


async def test_a_history_comes_back_as_it_was(world: World) -> None:
    """What is written of earlier attempts obeys the schema, and is read as the same again."""
    failed = Attempt(
        Status.FAILED, "e" * 64, "k", 1, "task_1", AT, AT, 0.0, Failure("c", "m", retryable=True)
    )
    await world.run(world.film("a bowl"))
    known = world.results()
    known.records["a"] = replace(known.records["a"], history=(failed,), accepted="f" * 64)
    text = results.dump(known)
    jsonschema.validate(json.loads(text), schema_of("results"))
    assert results.parse(text, "results.json") == known
