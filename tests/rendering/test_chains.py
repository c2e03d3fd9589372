"""Shots that begin with a frame of another one: in which order, with what, and what it costs."""

from __future__ import annotations

from dataclasses import replace
from itertools import count
from typing import TYPE_CHECKING

import pytest

from pipeline.rendering.folder import Folder
from pipeline.rendering.notices import Kind
from pipeline.rendering.records import Status
from pipeline.rendering.steps import UP_TO_DATE, Action
from pipeline.rendering.work import Terms
from tests.support.engine import plain
from tests.support.world import World

if TYPE_CHECKING:
    from pathlib import Path

    from pipeline.rendering.steps import Plan, Step
    from pipeline.studio.engine import Job

pytestmark = pytest.mark.anyio
SHORT = Terms(timeout_seconds=10)


def chain(world: World, *prompts: str, more: str = "", name: str = "film") -> Path:
    """Shots a, b, c, …, each of them beginning where the one before ends."""
    lines = ["model: veo-3.1-fast", "defaults: {duration: 4}"]
    lines += ["passes: {final: {model: veo-3.1}}", "shots:"]
    for number, prompt in enumerate(prompts):
        lines += [f"  - id: {chr(ord('a') + number)}", f"    prompt: {prompt}"]
        if number:
            lines += [f"    init_image: {{shot: {chr(ord('a') + number - 1)}}}"]
    return world.board("\n".join(lines) + "\n" + more, name)


def of(plan: Plan) -> dict[str, Step]:
    return {step.render: step for step in plan.steps}


def same_picture(job: Job) -> bytes:
    """What stands behind a | in a prompt changes the request and no picture."""
    return plain(replace(job, prompt=job.prompt.partition("|")[0].strip()))


async def test_each_link_is_rendered_behind_the_one_before(world: World) -> None:
    """The next submit leaves after the clip before it has come, and the rest goes on beside."""
    spec = chain(world, "a bowl", "a spoon", "a mouth", more="  - {id: sky, prompt: clouds}\n")
    report = await world.run(spec)
    assert report.summary.complete
    assert set(world.charges.values()) == {1}
    told = [(notice.render, notice.kind) for notice in world.notices]
    assert told.index(("b", Kind.SUBMITTING)) > told.index(("a", Kind.RENDERED))
    assert told.index(("c", Kind.SUBMITTING)) > told.index(("b", Kind.RENDERED))
    assert told.index(("sky", Kind.SUBMITTING)) < told.index(("a", Kind.RENDERED))


async def test_what_is_sent_is_the_frame(world: World) -> None:
    """The provider is given a picture of the clip before: its colour, and no other."""
    jobs: list[Job] = []

    def engine(job: Job) -> bytes:
        jobs.append(job)
        return plain(job)

    async with World(world.root, engine=engine) as looked_at:
        await looked_at.run(chain(looked_at, "a bowl", "a spoon"))
        records = looked_at.results().records
        image = records["b"].request["init_image"]
        assert jobs[0].init_image is None
        assert jobs[1].init_image is not None
        assert (image["shot"], image["take"], image["pass"], image["frame"]) == (
            "a",
            1,
            "draft",
            "last",
        )
        clip = records["a"].clip
        assert clip is not None
        assert image["clip_sha256"] == clip.sha256


async def test_a_rerun_looks_into_no_clip(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a frame of a clip was is on record: another decoder, or none, changes nothing."""
    spec = chain(world, "a bowl", "a spoon", "a mouth")
    await world.run(spec)

    def nobody(_path: Path, _frame: str) -> bytes:
        raise AssertionError

    monkeypatch.setattr("pipeline.cli.footage.frame_png", nobody)
    plan = world.plan(spec)
    assert [step.reason for step in plan.steps] == [UP_TO_DATE] * 3


async def test_a_changed_link_renders_those_behind_it(world: World) -> None:
    """And none before it: the plan names them with what they wait for, and counts them whole."""
    await world.run(chain(world, "a bowl", "a spoon", "a mouth"))
    spec = chain(world, "a bowl", "a fork", "a mouth")
    plan = world.plan(spec)
    steps = of(plan)
    assert steps["a"].reason == UP_TO_DATE
    assert (steps["b"].action, steps["b"].reason) == (Action.RENDER, "prompt changed")
    assert steps["c"].action is Action.RENDER
    assert "last frame of b" in steps["c"].reason
    assert steps["c"].digest == ""
    assert plan.estimated_credits == pytest.approx(2 * 0.18)
    await world.run(spec)
    assert sum(world.charges.values()) == 5
    assert [step.reason for step in world.plan(spec).steps] == [UP_TO_DATE] * 3


async def test_a_frame_that_did_not_change_stops_it_there(world: World) -> None:
    """Early cut-off: the clip before was rendered anew, its last picture is the same, and what
    begins with it is left as it is.
    """
    async with World(world.root, engine=same_picture) as still:
        await still.run(chain(still, "a bowl", "a spoon", "a mouth"))
        report = await still.run(chain(still, '"a bowl | slower"', "a spoon", "a mouth"))
        assert report.summary.counts[Kind.RENDERED] == 1
        assert report.summary.counts[Kind.SKIPPED] == 2
        assert report.summary.complete
        assert sum(still.charges.values()) == 4
        await still.run(chain(still, '"a bowl | slower"', "a spoon", "a mouth"))
        assert sum(still.charges.values()) == 4


async def test_behind_what_failed_the_others_wait(world: World) -> None:
    """They are waiting, and not failed; nothing is bought for them, and the next run goes on."""
    report = await world.run(chain(world, "it FAILS", "a spoon", "a mouth"))
    assert report.summary.counts[Kind.FAILED] == 1
    assert report.summary.counts[Kind.WAITING] == 2
    assert [notice.message for notice in world.notices if notice.kind is Kind.WAITING] == [
        "waiting for a: it failed",
        "waiting for b: it is not rendered",
    ]
    assert set(world.results().records) == {"a"}
    assert not world.charges
    report = await world.run(chain(world, "it works", "a spoon", "a mouth"))
    assert report.summary.complete
    assert set(world.charges.values()) == {1}


async def test_going_back_is_free_for_the_whole_chain(world: World) -> None:
    """The old clip comes back, its frame is the old one, and so what begins with it comes back."""
    first = ("a bowl", "a spoon", "a mouth")
    await world.run(chain(world, *first))
    await world.run(chain(world, "a plate", "a spoon", "a mouth"))
    bought = sum(world.charges.values())
    report = await world.run(chain(world, *first))
    assert report.summary.counts[Kind.RESTORED] == 3
    assert sum(world.charges.values()) == bought == 6


async def test_without_its_clips_the_chain_is_recovered(world: World) -> None:
    """Every clip gone, their records there: all are fetched again, and nothing is decoded first."""
    spec = chain(world, "a bowl", "a spoon", "a mouth")
    await world.run(spec)
    for clip in world.folder().path.glob("*.mp4"):
        clip.unlink()
    assert [s.action for s in world.plan(spec).steps] == [Action.RECOVER] * 3
    report = await world.run(spec)
    assert report.summary.counts[Kind.RECOVERED] == 3
    assert sum(world.charges.values()) == 3


async def test_without_its_outputs_the_chain_is_found_again(world: World) -> None:
    """The same keys find the same tasks, link by link."""
    spec = chain(world, "a bowl", "a spoon", "a mouth")
    await world.run(spec)
    world.folder().results_path.unlink()
    for clip in world.folder().path.glob("*.mp4"):
        clip.unlink()
    report = await world.run(spec)
    assert report.summary.complete
    assert sum(world.charges.values()) == 3


async def test_what_is_not_selected_is_not_rendered_for_it(world: World) -> None:
    """A link alone is rendered where the one before is up to date; else it waits and says so."""
    spec = chain(world, "a bowl", "a spoon")
    (step,) = world.plan(spec, shots=("b",)).steps
    assert (step.action, step.waits) == (Action.SKIP, True)
    assert step.reason == "waiting for a: it is not rendered, and it is not selected"
    report = await world.run(spec, shots=("b",))
    assert not report.summary.complete
    assert not world.charges
    await world.run(spec, shots=("a",))
    report = await world.run(spec, shots=("b",))
    assert report.summary.complete
    assert sum(world.charges.values()) == 2


async def test_an_open_task_comes_home_while_the_frame_is_awaited(world: World) -> None:
    """The link before was changed while this one was under way: it is paid for, and kept."""
    async with World(world.root, latency_seconds=lambda _job: 60) as slow:
        spec = chain(slow, "a bowl", "a spoon")
        await slow.run(spec, shots=("a",))
        await slow.run(spec, terms=SHORT)
        spec = chain(slow, "a plate", "a spoon")
        steps = slow.plan(spec).steps
        assert [(s.render, s.action) for s in steps] == [
            ("a", Action.RENDER),
            ("b", Action.RESUME),
            ("b", Action.RENDER),
        ]
        report = await slow.run(spec)
        assert report.summary.complete
        assert set(slow.charges.values()) == {1}
        assert len(slow.charges) == 4
        assert len(list(slow.folder().path.glob("kept/*.mp4"))) == 2


async def test_an_open_task_comes_home_behind_what_failed(world: World) -> None:
    """Nothing else can be done for the take, but its clip is fetched."""
    async with World(world.root, latency_seconds=lambda _job: 60) as slow:
        spec = chain(slow, "a bowl", "a spoon")
        await slow.run(spec, shots=("a",))
        await slow.run(spec, terms=SHORT)
        await slow.run(chain(slow, "it FAILS", "a spoon"))
        assert slow.results().records["b"].status is Status.COMPLETED
        report = await slow.run(chain(slow, "a bowl", "a spoon"))
        assert report.summary.complete
        assert len(slow.charges) == 2


async def test_a_task_that_comes_home_is_not_what_is_asked_for(world: World) -> None:
    """The frame that the take begins with now isn't there: such a run is not complete."""
    text = (
        "model: veo-3.1-fast\ndefaults: {duration: 4}\npasses: {final: {model: veo-3.1}}\n"
        "shots:\n  - id: a\n    prompt: %s\n    passes:\n      final:\n"
        "        init_image: {shot: a, pass: draft, frame: first}\n"
    )
    spec = world.board(text % "a bowl")
    await world.run(spec)
    await world.run(spec, pass_name="final", terms=SHORT)
    spec = world.board(text % "a plate")
    steps = world.plan(spec, pass_name="final").steps
    assert [(s.action, s.asked) for s in steps] == [(Action.RESUME, False), (Action.SKIP, True)]
    report = await world.run(spec, pass_name="final")
    assert report.summary.counts[Kind.RENDERED] == report.summary.counts[Kind.WAITING] == 1
    assert not report.summary.complete


async def test_a_frame_of_another_pass(world: World) -> None:
    """The final begins with the draft's picture; while there is no draft, it waits."""
    text = (
        "model: veo-3.1-fast\ndefaults: {duration: 4}\npasses: {final: {model: veo-3.1}}\n"
        "shots:\n  - id: a\n    prompt: %s\n    passes:\n      final:\n"
        "        init_image: {shot: a, pass: draft, frame: first}\n"
    )
    spec = world.board(text % "a bowl")
    (step,) = world.plan(spec, pass_name="final").steps
    assert step.reason == "waiting for a: in pass draft it is not rendered"
    await world.run(spec)
    report = await world.run(spec, pass_name="final")
    assert report.summary.complete
    image = world.results(pass_name="final").records["a"].request["init_image"]
    assert (image["pass"], image["frame"]) == ("draft", "first")
    spec = world.board(text % "a plate")
    (step,) = world.plan(spec, pass_name="final").steps
    assert step.reason == "waiting for a: in pass draft it is not rendered as it stands now"


async def test_a_chain_begins_with_the_picked_take(world: World) -> None:
    """Another pick is another frame; with several takes and no pick it waits for the choice."""
    head = "model: veo-3.1-fast\ndefaults: {duration: 4}\nshots:\n  - id: a\n    prompt: a bowl\n"
    tail = "  - id: b\n    prompt: a spoon\n    init_image: {shot: a%s}\n"
    takes = "    takes: 2\n    seed: 7\n%s"
    spec = world.board(head + takes % "" + tail % "")
    assert of(world.plan(spec))["b"].waits
    await world.run(world.board(head + takes % "    pick: 1\n" + tail % ""))
    assert world.results().records["b"].request["init_image"]["take"] == 1
    await world.run(world.board(head + takes % "    pick: 2\n" + tail % ""))
    assert world.results().records["b"].request["init_image"]["take"] == 2
    plan = world.plan(world.board(head + takes % "" + tail % ", take: 2"))
    assert of(plan)["b"].reason == UP_TO_DATE
    assert sum(world.charges.values()) == 4


async def test_force_renders_the_whole_chain(world: World) -> None:
    """Each once more, in its order, under keys of their own."""
    spec = chain(world, "a bowl", "a spoon")
    await world.run(spec)
    report = await world.run(spec, force=True)
    assert report.summary.counts[Kind.RENDERED] == 2
    assert set(world.charges.values()) == {1}
    assert len(world.charges) == 4


async def test_a_forced_link_begins_with_the_new_clip(world: World) -> None:
    """A provider gives another picture each time: what was forced is not sent the old one, to be
    out of date as soon as it is paid for.
    """
    numbers = count()

    def engine(job: Job) -> bytes:
        return plain(replace(job, prompt=f"{job.prompt} {next(numbers)}"))

    async with World(world.root, engine=engine) as moody:
        spec = chain(moody, "a bowl", "a spoon", "a mouth")
        await moody.run(spec)
        assert [step.after for step in moody.plan(spec, force=True).steps] == [(), ("a",), ("b",)]
        await moody.run(spec, force=True)
        assert len(moody.charges) == 6
        assert {step.reason for step in moody.plan(spec).steps} == {UP_TO_DATE}


async def test_the_cap_holds_for_a_chain(world: World) -> None:
    """What no longer fits is not bought, and what begins with it waits."""
    report = await world.run(
        chain(world, "a bowl", "a spoon", "a mouth"), terms=Terms(max_credits=0.2)
    )
    assert report.summary.counts[Kind.RENDERED] == 1
    assert report.summary.counts[Kind.HELD] == 1
    assert report.summary.counts[Kind.WAITING] == 1
    assert sum(world.charges.values()) == 1


async def test_a_clip_that_cannot_be_read_is_no_beginning(world: World) -> None:
    """The file was exchanged for another one of its size: nothing is bought on top of it."""
    spec = chain(world, "a bowl", "a spoon")
    await world.run(spec, shots=("a",))
    path = world.folder().clip("a.mp4")
    path.write_bytes(b"\0" * path.stat().st_size)
    report = await world.run(spec)
    assert report.summary.counts[Kind.WAITING] == 1
    assert sum(world.charges.values()) == 1


async def test_a_long_chain_needs_no_deep_stack(world: World) -> None:
    """Fifteen hundred links are planned without recursion."""
    prompts = [f"link {number}" for number in range(1500)]
    lines = ["model: veo-3.1-fast", "defaults: {duration: 4}", "shots:"]
    for number, prompt in enumerate(prompts):
        lines += [f"  - id: s{number}", f"    prompt: {prompt}"]
        if number + 1 < len(prompts):
            lines += [f"    init_image: {{shot: s{number + 1}}}"]
    plan = world.plan(world.board("\n".join(lines) + "\n"))
    assert plan.counts()[Action.RENDER] == 1500


async def test_takes_change_places_behind_a_frame_that_was_not_known(world: World) -> None:
    """What another take of the shot has is bought by none, also when that is seen in the run."""
    async with World(world.root, engine=same_picture) as steady:
        spec = chain(steady, "a bowl", "a spoon\n    seeds: [7, 11, 13]")
        await steady.run(spec)
        text = spec.read_text().replace("a bowl", "a bowl | of wood")
        spec = steady.board(text.replace("[7, 11, 13]", "[11, 13, 17]"))
        assert of(steady.plan(spec))["b"].after == ("a",)
        report = await steady.run(spec)
        assert report.summary.counts[Kind.RESTORED] == 2
        seeds = [task.order.job.seed for task in steady.studio.tasks.all()]
        assert sorted(seed for seed in seeds if seed) == [7, 11, 13, 17]
        assert {step.reason for step in steady.plan(spec).steps} == {UP_TO_DATE}


async def test_open_tasks_change_places_behind_a_frame_that_was_not_known(world: World) -> None:
    """They are waited for under the names that they have, and taken along then."""
    slow = 0.0

    def latency(job: Job) -> float:
        return slow if "spoon" in job.prompt else 30.0

    async with World(world.root, engine=same_picture, latency_seconds=latency) as steady:
        spec = chain(steady, "a bowl", "a spoon\n    seeds: [7, 11]")
        await steady.run(spec, shots=("a",))
        slow = 500.0
        await steady.run(spec, terms=SHORT)
        text = spec.read_text().replace("a bowl", "a bowl | of wood").replace("[7, 11]", "[11, 13]")
        spec = steady.board(text)
        steps = [step for step in steady.plan(spec).steps if step.shot == "b" and step.after]
        assert {frozenset(step.after) for step in steps} == {frozenset({"a", "b", "b.t2"})}
        await steady.run(spec, terms=Terms(timeout_seconds=100))
        report = await steady.run(spec)
        assert report.summary.complete
        seeds = [task.order.job.seed for task in steady.studio.tasks.all()]
        assert sorted(seed for seed in seeds if seed) == [7, 11, 13]
        assert {step.reason for step in steady.plan(spec).steps} == {UP_TO_DATE}


async def test_a_take_whose_clip_goes_to_another_waits_for_the_frame(world: World) -> None:
    """The picture is on record and the clip is not there: what is bought anew needs the clip."""
    spec = chain(world, "a bowl", "a spoon\n    seeds: [7, 11]")
    await world.run(spec)
    world.folder().clip("a.mp4").unlink()
    spec = world.board(spec.read_text().replace("[7, 11]", "[11, 13]"))
    steps = of(world.plan(spec))
    assert (steps["b"].action, steps["b"].after) == (Action.RESTORE, ())
    assert (steps["b.t2"].action, steps["b.t2"].after) == (Action.RENDER, ("a",))
    assert (await world.run(spec)).summary.complete
    assert set(world.charges.values()) == {1}
    assert len(world.charges) == 4


async def test_the_cap_counts_a_task_that_gave_way_in_the_run(world: World) -> None:
    """What was waited for in vain may still be billed when its take is bought anew."""

    def latency(job: Job) -> float:
        return 5000.0 if "spoon" in job.prompt else 30.0

    async with World(world.root, latency_seconds=latency) as slow:
        await slow.run(chain(slow, "a bowl", "a spoon"), terms=Terms(timeout_seconds=40))
        spec = chain(slow, "a cup", "a spoon")
        price = next(step.reserve for step in slow.plan(spec).steps)
        assert price is not None
        terms = Terms(timeout_seconds=100, max_credits=2.5 * price)
        report = await slow.run(spec, terms=terms)
        assert report.summary.counts[Kind.HELD] == 1
        assert report.summary.in_flight_credits == price
        spoons = [t for t in slow.studio.tasks.all() if "spoon" in t.order.job.prompt]
        assert len(spoons) == 1


async def test_a_longer_chain_needs_no_further_scan(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What has waited is decided without going through all clips again, or a thousand links would
    go through a thousand clips each.
    """
    scans: list[int] = []
    scan = Folder.clips

    def counted(folder: Folder) -> dict[str, int]:
        scans[-1] += 1
        return scan(folder)

    monkeypatch.setattr(Folder, "clips", counted)
    for name, links in (("short", 2), ("long", 6)):
        scans.append(0)
        await world.run(chain(world, *[f"a bowl, {number}" for number in range(links)], name=name))
    assert scans[0] == scans[1]


async def test_a_frame_behind_the_end_is_told_as_that(world: World) -> None:
    """A clip came shorter than it was asked for: the reason names its end."""
    text = (
        "model: veo-3.1-fast\ndefaults: {duration: 4}\nshots:\n  - {id: a, prompt: a bowl}\n"
        "  - {id: b, prompt: a spoon, init_image: {shot: a, frame: 3.5}}\n"
    )

    def short(job: Job) -> bytes:
        return plain(replace(job, duration_seconds=2))

    async with World(world.root, engine=short) as hasty:
        report = await hasty.run(hasty.board(text))
        assert report.summary.counts[Kind.WAITING] == 1
        (told,) = [n for n in hasty.notices if n.kind is Kind.WAITING]
        assert told.message.startswith(
            "waiting for a: its clip is of no use here: the clip ends at"
        )
