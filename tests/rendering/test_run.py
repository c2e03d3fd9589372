"""Whole runs in process, against the real studio, on a virtual clock."""

from __future__ import annotations

import os
import re
import shutil

import anyio
import httpx
import pytest

from pipeline.cli.summary import spent_text
from pipeline.errors import CredentialsError, RecordsError
from pipeline.rendering.notices import Kind
from pipeline.rendering.records import KEPT, Status
from pipeline.rendering.steps import Action
from pipeline.rendering.work import Terms
from tests.support.world import CATALOG, Send, World

pytestmark = pytest.mark.anyio


async def test_a_new_board_is_rendered_and_recorded(world: World) -> None:
    """Every shot of a new board ends as a clip, a completed record, and one charge."""
    spec = world.film("a bowl", "a cup", "a spoon")
    report = await world.run(spec)
    assert report.summary.counts[Kind.RENDERED] == 3
    assert report.summary.complete
    known = world.results()
    for name in "abc":
        record = known.records[name]
        assert record.status is Status.COMPLETED
        assert record.clip is not None
        clip = world.folder().clip(record.clip.path)
        assert clip.stat().st_size == record.clip.bytes
        assert record.credits == pytest.approx(0.18)
    assert set(world.charges.values()) == {1}
    assert report.summary.credits == pytest.approx(3 * 0.18)
    assert not world.folder().journal_path.exists()
    assert not list(world.folder().path.glob("*.part"))


async def test_a_second_run_submits_nothing(world: World) -> None:
    """With nothing changed a rerun sends no request at all and writes no file."""
    spec = world.film("a bowl", "a cup")
    await world.run(spec)
    sent, written = len(world.wire.requests), world.folder().results_path.stat().st_mtime_ns
    report = await world.run(spec)
    assert report.summary.counts[Kind.SKIPPED] == 2
    assert len(world.wire.requests) == sent
    assert world.folder().results_path.stat().st_mtime_ns == written


async def test_changing_one_prompt_renders_one_take(world: World) -> None:
    """Only the changed shot is rendered, with the change as its reason; the old clip is kept."""
    await world.run(world.film("a bowl", "a cup"))
    old = world.results().records["b"]
    assert old.clip is not None
    content = world.folder().clip("b.mp4").read_bytes()
    spec = world.film("a bowl", "a tall cup")
    steps = {step.render: step for step in world.plan(spec).steps}
    assert (steps["a"].action, steps["b"].action) == (Action.SKIP, Action.RENDER)
    assert steps["b"].reason == "prompt changed"
    await world.run(spec)
    assert len(world.charges) == 3
    kept = f"{KEPT}{old.digest[:12]}"
    assert world.folder().clip(f"{kept}.mp4").read_bytes() == content
    assert world.results().records[kept].task_id == old.task_id
    assert world.folder().clip("b.mp4").read_bytes() != content


async def test_going_back_restores_the_kept_clip(world: World) -> None:
    """A prompt changed and changed back brings the first clip back, at no cost."""
    before = world.film("a bowl")
    await world.run(before)
    content = world.folder().clip("a.mp4").read_bytes()
    await world.run(world.film("a plate"))
    report = await world.run(world.film("a bowl"))
    assert report.summary.counts[Kind.RESTORED] == 1
    assert world.folder().clip("a.mp4").read_bytes() == content
    assert len(world.charges) == 2
    assert world.plan(before).steps[0].action is Action.SKIP
    await world.run(world.film("a plate"))
    assert len(world.charges) == 2


async def test_the_kept_clip_stays_current_until_the_new_one_is_there(world: World) -> None:
    """While a changed shot fails, its earlier clip still lies in its place."""
    await world.run(world.film("a bowl"))
    content = world.folder().clip("a.mp4").read_bytes()
    await world.run(world.film("a bowl that FAILS"))
    assert world.folder().clip("a.mp4").read_bytes() == content
    report = await world.run(world.film("a bowl"))
    assert report.summary.counts[Kind.RESTORED] == 1
    assert len(world.charges) == 1


async def test_one_failure_stops_no_other(world: World) -> None:
    """A failed and a blocked shot leave the others rendered; nothing is billed for them."""
    spec = world.film("a bowl", "a cup that FAILS", "a BLOCKED spoon", "a plate")
    report = await world.run(spec)
    counts = report.summary.counts
    assert (counts[Kind.RENDERED], counts[Kind.FAILED], counts[Kind.BLOCKED]) == (2, 1, 1)
    assert not report.summary.complete
    records = world.results().records
    assert records["b"].status is Status.FAILED
    assert records["c"].status is Status.BLOCKED
    assert len(world.charges) == 2


async def test_a_failed_task_is_tried_again_as_the_next_attempt(world: World) -> None:
    """A failure is bought again up to `retries` times, each under a key of its own."""
    spec = world.film("a cup that FAILS")
    await world.run(spec, terms=Terms(retries=2))
    assert world.wire.count("/v1/tasks/submit") == 3
    assert world.results().records["a"].attempt == 3
    await world.run(spec, terms=Terms(retries=0))
    assert world.results().records["a"].attempt == 4


async def test_a_blocked_prompt_is_left_alone_until_it_changes(world: World) -> None:
    """Blocked is not tried again, except by --retry-blocked or with another prompt."""
    spec = world.film("a BLOCKED spoon")
    await world.run(spec)
    sent = world.wire.count("/v1/tasks/submit")
    report = await world.run(spec)
    assert report.summary.counts[Kind.BLOCKED] == 1
    assert world.wire.count("/v1/tasks/submit") == sent
    await world.run(spec, retry_blocked=True)
    assert world.wire.count("/v1/tasks/submit") == sent + 1
    report = await world.run(world.film("a polite spoon"))
    assert report.summary.complete


async def test_failed_selects_what_is_not_rendered(world: World) -> None:
    """--failed is about the takes whose last outcome was no clip."""
    spec = world.film("a bowl", "a cup that FAILS", "a plate")
    await world.run(spec, terms=Terms(retries=0))
    assert [step.render for step in world.plan(spec, failed=True).steps] == ["b"]


async def test_shot_globs_select(world: World) -> None:
    """--shot renders the shots that its globs name, and no other."""
    spec = world.film("a bowl", "a cup", "a plate")
    await world.run(spec, shots=("a", "[c]"))
    assert set(world.results().records) == {"a", "c"}


async def test_force_renders_anew_and_keeps_the_old_clip(world: World) -> None:
    """--force buys another attempt of the very same request."""
    spec = world.film("a bowl")
    await world.run(spec)
    await world.run(spec, force=True)
    record = world.results().records["a"]
    assert record.attempt == 2
    assert len(world.charges) == 2
    assert len(list(world.folder().path.glob("kept/*.mp4"))) == 1


async def test_several_boards_share_the_limit(world: World) -> None:
    """Tasks in flight never exceed the concurrency, over all boards together."""
    specs = [
        world.board(
            "model: veo-3.1-fast\ndefaults: {duration: 4}\nshots:\n"
            + "".join(f"  - {{id: s{n}, prompt: shot {n} of {name}}}\n" for n in range(7)),
            name,
        )
        for name in ("one", "two", "three")
    ]
    most = 0

    async def watch_flight() -> None:
        nonlocal most
        while True:
            tasks = world.studio.tasks.statuses()
            most = max(most, tasks["queued"] + tasks["running"])
            await anyio.sleep(0.25)

    async with anyio.create_task_group() as crew:
        crew.start_soon(watch_flight)
        report = await world.run(*specs, terms=Terms(concurrency=4))
        crew.cancel_scope.cancel()
    assert report.summary.counts[Kind.RENDERED] == 21
    assert most == 4


async def test_polling_keeps_the_models_cadence(world: World) -> None:
    """veo-3.1-fast is asked about every second for 30 s, then every 2 s, then every 5 s."""
    world.latency_seconds = lambda _job: 71.0
    async with World(world.root, latency_seconds=lambda _job: 71.0) as slow:
        begun = anyio.current_time()
        await slow.run(slow.film("a bowl"))
        asked = [
            time - begun
            for (_method, path), time in zip(slow.wire.requests, slow.wire.times, strict=True)
            if path == "/v1/tasks/query"
        ]
    expected = [*range(1, 31), *range(32, 61, 2), 65, 70, 75]
    assert asked == pytest.approx(expected)


async def test_a_timeout_leaves_the_task_to_the_next_run(world: World) -> None:
    """A task that outlives --timeout is pending, and the next run collects what was bought."""
    async with World(world.root, latency_seconds=lambda _job: 100.0) as slow:
        spec = slow.film("a bowl")
        report = await slow.run(spec, terms=Terms(timeout_seconds=50))
        assert report.summary.counts[Kind.PENDING] == 1
        assert slow.results().records["a"].status is Status.PENDING
        (step,) = slow.plan(spec).steps
        assert step.action is Action.RESUME
        report = await slow.run(spec)
        assert report.summary.complete
        assert slow.wire.count("/v1/tasks/submit") == 1
        assert set(slow.charges.values()) == {1}


@pytest.mark.parametrize("status", [400, 402, 404])
async def test_a_refused_first_query_is_asked_again(world: World, status: int) -> None:
    """Whatever a resumed task's first query is answered with, but 401 and its own 404: it is polled
    on, as it is paid for; a 402 stops what would be bought besides."""
    async with World(world.root, latency_seconds=lambda _job: 60.0) as slow:
        await slow.run(slow.film("a bowl"), terms=Terms(timeout_seconds=10))
        refusals = iter([True])

        async def refuse(request: httpx.Request, send: Send) -> httpx.Response:
            if request.method == "GET" and next(refusals, False):
                said = {"code": "not_now", "message": "no"}
                return httpx.Response(status, json={"error": said})
            return await send(request)

        slow.wire.meddle = refuse
        report = await slow.run(slow.film("a bowl", "a cup"), terms=Terms(concurrency=1))
        assert slow.results().records["a"].status is Status.COMPLETED
        assert report.summary.out_of_money is (status == 402)
        assert set(slow.charges.values()) == {1}


async def test_a_slot_is_free_during_the_download(world: World) -> None:
    """The next submit does not wait for a download: a slot ends with its task."""
    order = []

    async def slow_downloads(request: httpx.Request, send: Send) -> httpx.Response:
        if request.url.path.startswith("/studio/clips/"):
            await anyio.sleep(500)
        order.append(request.url.path.split("/")[2])
        return await send(request)

    world.wire.meddle = slow_downloads
    report = await world.run(world.film("a bowl", "a cup"), terms=Terms(concurrency=1))
    assert report.summary.complete
    assert order.index("clips") == len(order) - 2  # both downloads end after all else


async def test_a_missing_clip_is_recovered_for_free(world: World) -> None:
    """A clip deleted on disk is fetched again with a query and a fresh address."""
    spec = world.film("a bowl", "a cup")
    await world.run(spec)
    world.folder().clip("b.mp4").unlink()
    (_, step) = world.plan(spec).steps
    assert step.action is Action.RECOVER
    assert step.estimated_credits == 0
    report = await world.run(spec)
    assert report.summary.counts[Kind.RECOVERED] == 1
    assert world.wire.count("/v1/tasks/submit") == 2
    assert len(world.charges) == 2


async def test_a_changed_clip_is_set_aside_and_recovered(world: World) -> None:
    """A clip that is not the one rendered is fetched again; the strange file is kept."""
    spec = world.film("a bowl")
    await world.run(spec)
    world.folder().clip("a.mp4").write_bytes(b"cut in an editor")
    report = await world.run(spec)
    assert report.summary.counts[Kind.RECOVERED] == 1
    strange = list(world.folder().path.glob("kept/unknown-*.mp4"))
    assert [path.read_bytes() for path in strange] == [b"cut in an editor"]


async def test_deleted_outputs_cost_nothing(world: World) -> None:
    """With outputs/ gone, a rerun sends the same keys and gets the same tasks."""
    spec = world.film("a bowl", "a cup")
    await world.run(spec)
    clips = {n: world.folder().clip(f"{n}.mp4").read_bytes() for n in "ab"}
    for path in sorted(world.outputs.rglob("*"), reverse=True):
        path.unlink() if path.is_file() else path.rmdir()
    report = await world.run(spec)
    assert report.summary.complete
    assert report.summary.credits == 0
    paid = "0.36 that an earlier run seems to have paid"
    assert spent_text(report.summary) == f"0.00 credits, besides {paid}"
    assert set(world.charges.values()) == {1}
    assert {n: world.folder().clip(f"{n}.mp4").read_bytes() for n in "ab"} == clips


async def test_a_removed_shot_keeps_its_clip_and_is_named(world: World) -> None:
    """What is no longer in the board stays on disk and in the records, and the plan names it."""
    await world.run(world.film("a bowl", "a cup"))
    spec = world.film("a bowl")
    await world.run(spec)
    assert world.folder().clip("b.mp4").exists()
    assert world.plan(spec).unasked == ("b",)


async def test_shots_are_known_by_id(world: World) -> None:
    """Reordered shots are up to date; a renamed one is another shot."""
    await world.run(world.film("a bowl", "a cup"))
    head = "model: veo-3.1-fast\ndefaults: {duration: 4}\nshots:\n"
    turned = world.board(head + "  - {id: b, prompt: a cup}\n  - {id: a, prompt: a bowl}\n")
    assert {step.action for step in world.plan(turned).steps} == {Action.SKIP}
    renamed = world.board(head + "  - {id: bowl, prompt: a bowl}\n  - {id: b, prompt: a cup}\n")
    assert [step.action for step in world.plan(renamed).steps] == [Action.RENDER, Action.SKIP]


async def test_a_lost_answer_is_asked_for_before_it_is_sent_again(world: World) -> None:
    """When the answer to a submit is lost, the task is found by its key and bought once."""
    lost = iter([True])

    async def lose_one(request: httpx.Request, send: Send) -> httpx.Response:
        answer = await send(request)
        if request.url.path == "/v1/tasks/submit" and next(lost, False):
            raise httpx.ReadError("reset")
        return answer

    world.wire.meddle = lose_one
    report = await world.run(world.film("a bowl"))
    assert report.summary.complete
    assert world.wire.count("/v1/tasks/submit") == 1
    assert set(world.charges.values()) == {1}


@pytest.mark.parametrize("arrives", [True, False], ids=["arrived", "lost on its way"])
async def test_ctrl_c_during_a_submit_leaves_a_doubt(world: World, arrives: bool) -> None:
    """Interrupted between a submit and its answer: on record as pending; the next run asks for it
    by its key, and only when it never arrived sends it again, with the same key."""

    async def hang(request: httpx.Request, send: Send) -> httpx.Response:
        if arrives:
            await send(request)
        await anyio.sleep_forever()
        raise AssertionError

    spec = world.film("a bowl")
    world.wire.meddle = hang
    with anyio.move_on_after(5):
        await world.run(spec)
    before = world.results().records["a"]
    assert (before.status, before.task_id) == (Status.PENDING, None)
    world.wire.meddle = None
    asked = len(world.wire.requests)
    assert (await world.run(spec)).summary.complete
    rest = world.wire.requests[asked:]
    assert rest[0] == ("POST", "/v1/tasks/query")
    assert (("POST", "/v1/tasks/submit") in rest) is not arrives
    assert world.results().records["a"].out_task_id == before.out_task_id
    assert world.charges == {before.out_task_id: 1}


async def test_an_uncertain_submit_waits_after_a_day(world: World) -> None:
    """Sent, never answered, forgotten by the provider, and old: bought only when told to."""

    async def dead(_request: httpx.Request, _send: Send) -> httpx.Response:
        raise httpx.ReadError("reset")

    spec = world.film("a bowl")
    world.wire.meddle = dead
    report = await world.run(spec)
    assert report.summary.counts[Kind.PENDING] == 1
    world.wire.meddle = None
    await anyio.sleep(25 * 3600)
    report = await world.run(spec)
    assert report.summary.counts[Kind.PENDING] == 1
    assert "--resubmit-uncertain" in world.notices[-1].message
    assert not world.charges
    report = await world.run(spec, terms=Terms(resubmit_uncertain=True))
    assert report.summary.complete
    assert set(world.charges.values()) == {1}


async def test_an_open_task_of_a_changed_shot_lands_in_kept(world: World) -> None:
    """What was bought for an earlier prompt is brought home beside the new clip."""
    async with World(world.root, latency_seconds=lambda _job: 100.0) as slow:
        await slow.run(slow.film("a bowl"), terms=Terms(timeout_seconds=10))
        old = slow.results().records["a"]
        spec = slow.film("a plate")
        assert [step.action for step in slow.plan(spec).steps] == [Action.RESUME, Action.RENDER]
        report = await slow.run(spec)
        assert report.summary.complete
        kept = slow.results().records[f"{KEPT}{old.digest[:12]}"]
        assert kept.clip is not None
        assert slow.folder().clip(kept.clip.path).exists()
        assert len(slow.charges) == 2


async def test_a_refused_key_ends_the_run_after_one_request(world: World) -> None:
    """401 stops everything: nothing is sent again, nothing else is submitted."""

    async def refuse(_request: httpx.Request, _send: Send) -> httpx.Response:
        return httpx.Response(401, json={"error": {"code": "invalid_api_key", "message": "no"}})

    world.wire.meddle = refuse
    with pytest.raises(CredentialsError):
        await world.run(world.film("a bowl", "a cup"), terms=Terms(concurrency=1))
    assert len(world.wire.requests) == 1


async def test_a_key_refused_midway_loses_nothing(world: World) -> None:
    """401 while takes are in flight: nothing more is asked, and the next run, with a key that is
    good, collects what was bought and buys the rest."""
    async with World(world.root, latency_seconds=lambda _job: 60.0) as slow:
        refused_at: list[float] = []

        async def revoke(request: httpx.Request, send: Send) -> httpx.Response:
            if anyio.current_time() - begun < 20:
                return await send(request)
            refused_at.append(anyio.current_time())
            code = {"code": "invalid_api_key", "message": "revoked"}
            return httpx.Response(401, json={"error": code})

        begun = anyio.current_time()
        slow.wire.meddle = revoke
        spec = slow.film("a bowl", "a cup", "a plate", "a pan")
        with pytest.raises(CredentialsError):
            await slow.run(spec, terms=Terms(concurrency=3))
        assert len(refused_at) <= 3
        records = slow.results().records
        assert [record.status for record in records.values()] == [Status.PENDING] * 3
        assert all(record.task_id for record in records.values())
        assert slow.report.summary.counts[Kind.HELD] == 0  # each of the three is in flight
        slow.wire.meddle = None
        assert (await slow.run(spec)).summary.complete
        assert slow.wire.count("/v1/tasks/submit") == 4
        assert sorted(slow.charges.values()) == [1] * 4


async def test_fail_fast_stops_new_submits(world: World) -> None:
    """--fail-fast: after a failure nothing new is submitted, and the rest is named as held."""
    spec = world.film("a cup that FAILS", "a bowl", "a plate")
    report = await world.run(spec, terms=Terms(concurrency=1, retries=0, fail_fast=True))
    assert report.summary.counts[Kind.FAILED] == 1
    assert report.summary.counts[Kind.HELD] == 2
    assert world.wire.count("/v1/tasks/submit") == 1


async def test_a_clip_that_is_none_is_never_stored(world: World) -> None:
    """An error page behind the clip's address leaves no file, and the task for the next run."""

    async def page(request: httpx.Request, send: Send) -> httpx.Response:
        if request.url.path.startswith("/studio/clips/"):
            return httpx.Response(200, stream=httpx.ByteStream(b"<html>sorry</html>"))
        return await send(request)

    spec = world.film("a bowl")
    world.wire.meddle = page
    report = await world.run(spec)
    assert report.summary.counts[Kind.PENDING] == 1
    assert not list(world.folder().path.rglob("*.mp4*"))
    world.wire.meddle = None
    report = await world.run(spec)
    assert report.summary.complete
    assert set(world.charges.values()) == {1}


async def test_the_key_goes_to_the_gateway_alone(world: World) -> None:
    """Downloads carry no credentials, and no record holds the key or a signed address."""
    await world.run(world.film("a bowl"))
    for (_method, path), headers in zip(world.wire.requests, world.wire.headers, strict=True):
        assert ("x-api-key" in headers) == path.startswith("/v1/")
    text = world.folder().results_path.read_text("utf-8")
    assert not re.search(r"sk-byts|signature|https?://(?!gateway\.test\")", text)


async def test_another_provider_is_not_asked_for_our_task(world: World) -> None:
    """An open task bought elsewhere is left alone, named, and not bought again."""
    async with World(world.root, latency_seconds=lambda _job: 100.0) as slow:
        spec = slow.film("a bowl")
        await slow.run(spec, terms=Terms(timeout_seconds=10))
        text = slow.folder().results_path.read_text("utf-8")
        slow.folder().results_path.write_text(text.replace("gateway.test", "other.test"), "utf-8")
        (step,) = slow.plan(spec).steps
        assert step.action is Action.SKIP
        assert "https://other.test" in step.reason
        report = await slow.run(spec)
        assert report.summary.counts[Kind.PENDING] == 1
        assert slow.wire.count("/v1/tasks/submit") == 1


async def test_damaged_records_stop_before_anything_is_bought(world: World) -> None:
    """A manifest or a journal that can't be read ends the run with no request sent."""
    spec = world.film("a bowl", "a cup")
    await world.run(spec)
    sent = len(world.wire.requests)
    world.folder().results_path.write_text("{", "utf-8")
    with pytest.raises(RecordsError, match=r"results\.json"):
        await world.run(spec)
    world.folder().results_path.unlink()
    world.folder().journal_path.write_text("garbage\n", "utf-8")
    with pytest.raises(RecordsError, match=r"journal\.jsonl:1"):
        await world.run(spec)
    assert len(world.wire.requests) == sent


async def test_passes_have_folders_of_their_own(world: World) -> None:
    """A pass overrides the board's fields, and its clips lie beside the draft's."""
    spec = world.film("a bowl", passes="passes: {final: {model: veo-3.1, resolution: 1080p}}")
    await world.run(spec)
    await world.run(spec, pass_name="final")
    final = world.results(pass_name="final").records["a"]
    assert (final.request["model"], final.request["resolution"]) == ("veo-3.1", "1080p")
    assert world.results().records["a"].request["model"] == "veo-3.1-fast"
    assert final.credits == pytest.approx(CATALOG["veo-3.1"].estimate_credits(4))


@pytest.mark.parametrize("changed", [False, True], ids=["new", "changed"])
async def test_a_take_costs_four_fsyncs(
    world: World, monkeypatch: pytest.MonkeyPatch, changed: bool
) -> None:
    """Intent, task id, clip, folder: what safety costs a take, also one whose earlier clip goes
    to `kept/`; the rest is once a run."""
    sync, calls = os.fsync, 0

    def count(descriptor: int) -> None:
        nonlocal calls
        calls += 1
        sync(descriptor)

    monkeypatch.setattr(os, "fsync", count)
    costs = []
    for takes in (2, 7):
        shutil.rmtree(world.outputs, ignore_errors=True)
        prompts = [f"{takes} bowls, number {number}" for number in range(takes)]
        if changed:
            await world.run(world.film(*(f"{prompt}, earlier" for prompt in prompts)))
        calls = 0
        await world.run(world.film(*prompts))
        costs.append(calls)
    assert costs[1] - costs[0] == 5 * 4


async def test_an_interrupted_run_goes_on_where_it_was(world: World) -> None:
    """A run killed with its tasks in flight is collected by the next one without a submit."""
    async with World(world.root, latency_seconds=lambda _job: 60.0) as slow:
        spec = slow.film("a bowl", "a cup")
        with anyio.move_on_after(20):
            await slow.run(spec)
        assert [r.status for r in slow.results().records.values()] == [Status.PENDING] * 2
        report = await slow.run(spec)
        assert report.summary.counts[Kind.RENDERED] == 2
        assert slow.wire.count("/v1/tasks/submit") == 2
