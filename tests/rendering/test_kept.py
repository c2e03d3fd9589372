"""What is paid for stays the take's: kept records, lost tasks, doubts. Each began as a bug."""

from __future__ import annotations

import errno
import os
from dataclasses import replace
from typing import TYPE_CHECKING

import anyio
import httpx
import pytest
from PIL import Image

from pipeline.errors import CredentialsError, FolderError, RecordsError
from pipeline.media import stills
from pipeline.rendering.notices import Kind
from pipeline.rendering.records import KEPT, Status
from pipeline.rendering.steps import Action
from pipeline.rendering.work import Terms
from tests.support.world import Send, World

if TYPE_CHECKING:
    from pipeline.rendering.steps import Step

pytestmark = pytest.mark.anyio
SHORT = Terms(timeout_seconds=10)


def actions(steps: tuple[Step, ...]) -> list[Action]:
    return [step.action for step in steps]


def assert_one_task_one_record(world: World) -> None:
    """No task serves two records, and every charged one is named."""
    tasks = [r.task_id for r in world.results().records.values() if r.task_id]
    assert len(tasks) == len(set(tasks))
    assert {charge.task_id for charge in world.studio.tasks.ledger} <= set(tasks)


async def test_going_back_while_the_change_is_open(world: World) -> None:
    """P0 rendered, P1 under way, back to P0: P0's clip returns, P1's comes home to kept/."""
    async with World(world.root, latency_seconds=lambda _job: 60) as slow:
        await slow.run(slow.film("a bowl"))
        await slow.run(slow.film("a plate"), terms=SHORT)
        spec = slow.film("a bowl")
        assert actions(slow.plan(spec).steps) == [Action.RESUME, Action.RESTORE]
        report = await slow.run(spec)
        assert report.summary.complete
        assert set(slow.charges.values()) == {1}
        assert len(slow.charges) == 2
        assert_one_task_one_record(slow)


async def test_going_back_to_what_is_still_open(world: World) -> None:
    """P1 under way, P2 asked for, back to P1: the very task is resumed, and nothing is bought."""
    async with World(world.root, latency_seconds=lambda _job: 60) as slow:
        await slow.run(slow.film("a bowl"), terms=SHORT)
        await slow.run(slow.film("a plate"), terms=SHORT)
        slow.studio.tasks.forget_keys()
        spec = slow.film("a bowl")
        plan = slow.plan(spec)
        assert actions(plan.steps) == [Action.RESUME, Action.RESUME]
        assert plan.estimated_credits == 0
        report = await slow.run(spec)
        assert report.summary.complete
        assert len(slow.charges) == 2
        assert_one_task_one_record(slow)


async def test_a_kept_clip_that_is_gone_is_asked_for_by_its_task(world: World) -> None:
    """Back to a request whose kept clip was deleted: recovered for free, by task id."""
    await world.run(world.film("a bowl"))
    await world.run(world.film("a plate"))
    (kept,) = world.folder().path.glob("kept/*.mp4")
    kept.unlink()
    world.studio.tasks.forget_keys()
    spec = world.film("a bowl")
    assert actions(world.plan(spec).steps) == [Action.RECOVER]
    report = await world.run(spec)
    assert report.summary.complete
    assert len(world.charges) == 2
    assert_one_task_one_record(world)


async def test_a_damaged_kept_clip_is_asked_for_by_its_task(world: World) -> None:
    """A kept clip whose bytes changed is set aside, and the right one recovered for free."""
    await world.run(world.film("a bowl"))
    content = world.folder().clip("a.mp4").read_bytes()
    await world.run(world.film("a plate"))
    (kept,) = world.folder().path.glob("kept/*.mp4")
    kept.write_bytes(content[:-1] + b"x")
    report = await world.run(world.film("a bowl"))
    assert report.summary.counts[Kind.RECOVERED] == 1
    assert world.folder().clip("a.mp4").read_bytes() == content
    assert len(world.charges) == 2


async def test_takes_of_equal_requests_keep_their_own_clips(world: World) -> None:
    """Without a seed the takes of a shot have one request and different pictures: each has its own
    again when it is gone back to, though both lie in kept/ under one digest.
    """
    first = world.film('"a bowl"\n    takes: 2')
    await world.run(first)
    before = {name: record.task_id for name, record in world.results().records.items()}
    assert len(set(before.values())) == 2
    await world.run(world.film('"a plate"\n    takes: 2'))
    await world.run(world.film('"a bowl"\n    takes: 2'))
    records = world.results().records
    assert {name: records[name].task_id for name in before} == before
    assert sum(world.charges.values()) == 4


async def test_equal_requests_keep_their_own_clips(world: World) -> None:
    """Two shots with one request, changed and changed back: each has its own clip again."""
    spec = world.film("a bowl", "a bowl")
    await world.run(spec)
    before = {n: world.results().records[n].task_id for n in "ab"}
    await world.run(world.film("a cup", "a plate"))
    report = await world.run(world.film("a bowl", "a bowl"))
    assert report.summary.counts[Kind.RESTORED] == 2
    assert {n: world.results().records[n].task_id for n in "ab"} == before


async def test_the_last_of_many_attempts_comes_back(world: World) -> None:
    """After eleven forced attempts, going back restores the twelfth and not the ninth."""
    spec = world.film("a bowl")
    for _attempt in range(12):
        await world.run(spec, force=True)
    await world.run(world.film("a plate"))
    await world.run(world.film("a bowl"))
    assert world.results().records["a"].attempt == 12
    assert len(world.charges) == 13


async def test_a_shot_that_is_gone_leaves_no_task_alone(world: World) -> None:
    """What was bought for a shot that the board no longer has is brought home by the next run."""
    async with World(world.root, latency_seconds=lambda _job: 60.0) as slow:
        await slow.run(slow.film("a bowl", "a cup"), terms=SHORT)
        report = await slow.run(slow.film("a bowl"))
        assert report.summary.counts[Kind.RENDERED] == 2
        record = slow.results().records["b"]
        assert record.status is Status.COMPLETED
        assert record.clip is not None
        assert slow.folder().clip(record.clip.path).exists()
        assert set(slow.charges.values()) == {1}


async def test_a_shot_that_is_gone_waits_for_its_selection(world: World) -> None:
    """--shot is about what is no longer asked for, too: its task is left for another run."""
    async with World(world.root, latency_seconds=lambda _job: 60.0) as slow:
        await slow.run(slow.film("a bowl", "a cup"), terms=SHORT)
        spec = slow.film("a bowl")
        for shots, steps in ((("a",), "a"), (("b",), "b"), ((), "ab")):
            assert [step.render for step in slow.plan(spec, shots=shots).steps] == [*steps]


async def test_force_after_going_back_is_a_new_attempt(world: World) -> None:
    """--force on a request that was rendered before buys a second one and no replay."""
    await world.run(world.film("a bowl"))
    await world.run(world.film("a plate"))
    await world.run(world.film("a bowl"), force=True)
    assert world.results().records["a"].attempt == 2
    assert len(world.charges) == 3
    assert_one_task_one_record(world)


async def test_force_renders_beside_a_clip_that_never_comes(world: World) -> None:
    """A completed task whose clip can't be had is not the end of the shot: --force buys another
    attempt, and the first one's clip is kept whenever it comes."""
    spec = world.film("a bowl")
    addresses: list[str] = []

    async def page(request: httpx.Request, send: Send) -> httpx.Response:
        if request.url.path.startswith("/v1/"):
            return await send(request)
        addresses.append(request.url.path)
        if request.url.path == addresses[0]:
            return httpx.Response(200, stream=httpx.ByteStream(b"<html>sorry</html>"))
        return await send(request)

    world.wire.meddle = page
    report = await world.run(spec)
    assert report.summary.counts[Kind.PENDING] == 1
    report = await world.run(spec, force=True)
    assert report.summary.counts[Kind.RENDERED] == 1
    assert report.summary.counts[Kind.PENDING] == 1
    assert world.results().records["a"].attempt == 2
    world.wire.meddle = None
    assert (await world.run(spec)).summary.complete
    (kept,) = (r for name, r in world.results().records.items() if name.startswith("kept/"))
    assert kept.clip is not None
    assert world.folder().clip(kept.clip.path).is_file()
    assert set(world.charges.values()) == {1}
    assert len(world.charges) == 2


async def test_a_kept_clip_without_records_is_used(world: World) -> None:
    """With results.json lost, a clip in kept/ named by the request's digest is restored."""
    await world.run(world.film("a bowl"))
    content = world.folder().clip("a.mp4").read_bytes()
    await world.run(world.film("a plate"))
    world.folder().results_path.unlink()
    spec = world.film("a bowl")
    report = await world.run(spec)
    assert report.summary.counts[Kind.RESTORED] == 1
    assert world.folder().clip("a.mp4").read_bytes() == content
    assert list(world.folder().path.glob("kept/unknown-*.mp4"))  # what lay in its place
    world.folder().clip("a.mp4").unlink()
    await world.run(spec)
    assert len(world.charges) == 2  # asked for under the first attempt's key


async def test_force_after_a_found_clip_is_another_attempt(world: World) -> None:
    """A clip that was found without its records had an attempt's number: it is not used again."""
    await world.run(world.film("a bowl"))
    await world.run(world.film("a plate"))
    world.folder().results_path.unlink()
    spec = world.film("a bowl")
    await world.run(spec)
    world.studio.tasks.forget_keys()
    await world.run(spec, force=True)
    assert world.results().records["a"].attempt == 2
    assert set(world.charges.values()) == {1}


async def test_a_kept_clip_that_is_none_is_not_used(world: World) -> None:
    """With results.json lost, a file in kept/ that can't be played is set aside, not restored, and
    the next run gets the clip by its task's key.
    """
    await world.run(world.film("a bowl"))
    content = world.folder().clip("a.mp4").read_bytes()
    await world.run(world.film("a plate"))
    world.folder().results_path.unlink()
    (kept,) = world.folder().path.glob("kept/*.mp4")
    kept.write_bytes(b"no clip")
    spec = world.film("a bowl")
    report = await world.run(spec)
    assert report.summary.counts[Kind.RESTORED] == 0
    assert report.summary.counts[Kind.FAILED] == 1
    await world.run(spec)
    assert world.folder().clip("a.mp4").read_bytes() == content
    assert sorted(world.charges.values()) == [1, 1]


async def test_a_record_does_not_claim_anothers_file(world: World) -> None:
    """Superseded while its clip was missing, a record never names the new clip as its own."""
    spec = world.film("a bowl")
    await world.run(spec)
    world.folder().clip("a.mp4").unlink()
    await world.run(spec, force=True)
    records = world.results().records
    (kept,) = (record for name, record in records.items() if name.startswith(KEPT))
    assert kept.clip is not None
    assert kept.clip.path.startswith(KEPT)
    assert kept.task_id != records["a"].task_id


async def test_a_doubt_stays_a_doubt_when_the_query_is_refused(world: World) -> None:
    """Answer lost, then the query by key refused: nobody says that nothing was bought."""

    async def lose_then_refuse(request: httpx.Request, send: Send) -> httpx.Response:
        if request.url.path == "/v1/tasks/submit":
            await send(request)
            raise httpx.ReadError("reset")
        return httpx.Response(403, json={"error": {"code": "permission_denied", "message": ""}})

    spec = world.film("a bowl")
    world.wire.meddle = lose_then_refuse
    with pytest.raises(CredentialsError):
        await world.run(spec)
    assert world.results().records["a"].status is Status.PENDING
    world.wire.meddle = None
    report = await world.run(spec)
    assert report.summary.complete
    assert set(world.charges.values()) == {1}


async def test_a_key_used_with_other_bytes_is_taken_up(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """409: an image encoded in another way is the same request to us; its task is taken up."""
    (world.root / "specs").mkdir()
    Image.effect_mandelbrot((320, 180), (-2, -1, 1, 1), 20).save(world.root / "specs" / "b.png")
    spec = world.film("a bowl", defaults="# one still for all")
    spec.write_text(spec.read_text("utf-8").replace("4}", "4, init_image: b.png}"), "utf-8")
    await world.run(spec)
    world.folder().results_path.unlink()
    monkeypatch.setattr(stills, "QUALITY_MAX", 40)
    report = await world.run(spec)
    assert report.summary.complete
    assert set(world.charges.values()) == {1}
    assert len(world.charges) == 1


async def test_a_still_edited_during_the_run_is_not_sent(world: World) -> None:
    """What would be sent must be what was planned: an edited still waits for the next run."""
    still = world.root / "specs" / "b.png"
    still.parent.mkdir()
    Image.new("RGB", (64, 36), "red").save(still)

    async def edit(request: httpx.Request, send: Send) -> httpx.Response:
        Image.new("RGB", (64, 36), "blue").save(still)
        return await send(request)

    spec = world.film("a bowl", "a cup")
    spec.write_text(spec.read_text("utf-8").replace("4}", "4, init_image: b.png}"), "utf-8")
    world.wire.meddle = edit
    report = await world.run(spec, terms=Terms(concurrency=1))
    assert report.summary.counts[Kind.FAILED] == 1
    assert world.wire.count("/v1/tasks/submit") == 1
    assert "changed during the run" in world.notices[-1].message


async def test_a_clip_that_differs_is_stored_and_said(world: World) -> None:
    """A clip that plays but is a second too long is paid for: it is kept, the difference told."""
    spec = world.film("a LONGER bowl")
    report = await world.run(spec)
    assert report.summary.counts[Kind.RENDERED] == 1
    assert "5.00 s long and not 4 s" in world.notices[-1].message
    record = world.results().records["a"]
    assert record.clip is not None
    assert record.clip.duration_seconds == pytest.approx(5)
    assert record.error is not None
    assert actions(world.plan(spec).steps) == [Action.SKIP]


async def test_retries_bound_a_resumed_task_too(world: World) -> None:
    """With --retries 0 a resumed task that failed is not bought again."""
    async with World(world.root, latency_seconds=lambda _job: 60) as slow:
        spec = slow.film("a bowl that FAILS")
        await slow.run(spec, terms=SHORT)
        report = await slow.run(spec, terms=Terms(retries=0))
        assert report.summary.counts[Kind.FAILED] == 1
        assert slow.wire.count("/v1/tasks/submit") == 1


async def test_an_engines_accident_ends_one_task(world: World) -> None:
    """Whatever an engine raises fails its own task; the others are drawn."""
    report = await world.run(world.film("a bowl that CRASHES", "a cup"), terms=Terms(retries=0))
    assert report.summary.counts[Kind.FAILED] == 1
    assert report.summary.counts[Kind.RENDERED] == 1
    error = world.results().records["a"].error
    assert error is not None
    assert error.code == "engine_error"


async def test_a_half_written_line_is_cut_off_by_the_next_run(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Disk full in the middle of a line: nothing more is submitted, and nothing is damaged."""
    write, calls = os.write, 0

    def short(descriptor: int, data: bytes) -> int:
        nonlocal calls
        calls += 1
        if calls == 4:
            return write(descriptor, data[:20])
        if calls > 4:
            raise OSError(errno.ENOSPC, "No space left on device")
        return write(descriptor, data)

    spec = world.film("a bowl", "a cup", "a plate")
    monkeypatch.setattr(os, "write", short)
    with pytest.raises(FolderError, match="nothing more is submitted"):
        await world.run(spec)
    monkeypatch.undo()
    await anyio.sleep(60)
    report = await world.run(spec)
    assert report.summary.complete
    assert set(world.charges.values()) == {1}
    assert len(world.charges) == 3


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('"a": {', '"../../../evil": {'),
        ('"path": "a.mp4"', '"path": "../../a.mp4"'),
        ('"path": "a.mp4"', '"path": 3'),
        ('"attempt": 1', '"attempt": "1"'),
        ("2026-11-23T", "yesterday T"),
    ],
)
async def test_a_forged_manifest_leads_nowhere(world: World, old: str, new: str) -> None:
    """results.json is committed and merged: names, paths and types in it are not believed."""
    spec = world.film("a bowl")
    await world.run(spec)
    path = world.folder().results_path
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new), "utf-8")
    with pytest.raises(RecordsError, match=r"results\.json"):
        await world.run(spec)


async def test_a_cancelled_task_that_says_nothing_cost_nothing(world: World) -> None:
    """Absent credits on a cancelled task are nothing (tasks-api.md), not unknown."""
    async with World(world.root, latency_seconds=lambda _job: 60) as slow:

        async def cancel_all() -> None:
            await anyio.sleep(5)
            for task in slow.studio.tasks.all():
                slow.studio.tasks.cancel(task)

        async with anyio.create_task_group() as crew:
            crew.start_soon(cancel_all)
            report = await slow.run(slow.film("a bowl"))
        assert report.summary.unknown_credits == 0
        assert slow.results().records["a"].status is Status.CANCELLED


async def test_cancelling_a_forced_run_leaves_the_clip_that_was_there(world: World) -> None:
    """--force, interrupted and cancelled: the same request's kept clip is current again, free."""
    async with World(world.root, latency_seconds=lambda _job: 60) as slow:
        spec = slow.film("a bowl")
        await slow.run(spec)
        await slow.run(spec, terms=SHORT, force=True)
        (task,) = (task for task in slow.studio.tasks.all() if task.status == "running")
        slow.studio.tasks.cancel(task)
        await slow.run(spec, terms=Terms(retries=0))
        assert actions(slow.plan(spec).steps) == [Action.RESTORE]
        report = await slow.run(spec)
        assert report.summary.complete
        assert len(slow.charges) == 1
        await slow.run(spec, force=True)  # past the cancelled attempt's key
        assert len(slow.charges) == 2
        assert slow.results().records["a"].status is Status.COMPLETED


@pytest.mark.parametrize("prompt", ["a bowl", "a plate"])
async def test_a_cancelled_task_that_was_billed_is_still_named(world: World, prompt: str) -> None:
    """It has no clip, but a bill: the next attempt, and another request, leave its record be."""
    async with World(world.root, latency_seconds=lambda _job: 60) as slow:
        tasks = slow.studio.tasks
        tasks._house = replace(tasks._house, bills_cancelled=True)
        await slow.run(slow.film("a bowl"), terms=SHORT)
        await anyio.sleep(20)
        record = slow.results().records["a"]
        async with slow.gateway() as gateway:
            await gateway.client.cancel(str(record.task_id))
        await slow.run(slow.film("a bowl"), terms=Terms(retries=0))
        await slow.run(slow.film(prompt))
        slow.studio.tasks.forget_keys()
        await slow.run(slow.film("a bowl"))
        named = {record.task_id for record in slow.results().records.values()}
        assert {charge.task_id for charge in tasks.ledger} <= named
        assert set(slow.charges.values()) == {1}
