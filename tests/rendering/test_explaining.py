"""A take explained: what is sent, what is new in it, and every attempt at it, in their order."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from PIL import Image

from pipeline.cli.boards import load
from pipeline.rendering import results
from pipeline.rendering.digest import out_task_id
from pipeline.rendering.explaining import Change, Explainer, image_words
from pipeline.rendering.records import Status
from pipeline.rendering.steps import Action
from pipeline.rendering.work import Terms
from tests.support.world import CATALOG, World

if TYPE_CHECKING:
    from pathlib import Path

    from pipeline.rendering.explaining import Explained
    from pipeline.rendering.results import Results

pytestmark = pytest.mark.anyio

CHAIN = """\
model: veo-3.1-fast
defaults: {duration: 2}
shots:
  - {id: zoom, prompt: a bowl}
  - {id: pour, prompt: broth, init_image: {shot: zoom, frame: last}}
"""
TAKES = """\
model: veo-3.1-fast
shots:
  - {id: cut, prompt: onions, duration: 2, takes: 3, seed: 11}
"""


def explained(world: World, spec: Path) -> dict[str, Explained]:
    """Every take of a board, as it stands, by its key."""
    loaded = load([spec], CATALOG, "draft")
    (board,) = loaded.boards
    folder = world.folder()
    content = folder.read_results()
    records = {} if content is None else results.parse(content, "results.json").records
    plan = world.desk(loaded).planner(board, folder, records).plan()
    takes = map(Explainer(board, plan, records, folder.clips()).explain, board.takes)
    return {each.take.key: each for each in takes}


def told(made: Explained) -> list[tuple[str | None, int, str, str | None]]:
    """Record, number, end and clip of each attempt."""
    return [
        (each.record, each.attempt.attempt, each.attempt.status.value, each.clip)
        for each in made.history
    ]


def rewrite(world: World, known: Results) -> None:
    """Put a changed manifest in its place."""
    world.folder().results_path.write_text(results.dump(known), "utf-8")


async def test_two_failures_and_a_clip_are_three_attempts(world: World) -> None:
    """Each with its own task and times, the seconds between them, its error and its bill; the clip
    is the last one's."""
    spec = world.film("a bowl")
    world.faults("{on: submit, times: 2, do: {failed: api_error, message: overloaded}}")
    await world.run(spec)
    made = explained(world, spec)["a"]
    ends = [(None, 1, "failed", None), (None, 2, "failed", None), ("a", 3, "completed", "a.mp4")]
    assert told(made) == ends
    assert made.step.reason == "up to date"
    assert made.changes == ()
    errors = [each.attempt.error and each.attempt.error.message for each in made.history]
    assert errors == ["overloaded", "overloaded", None]
    assert all(each.seconds and each.seconds >= 30 for each in made.history)
    assert made.history[-1].attempt.credits == pytest.approx(0.18)
    assert len({each.attempt.task_id for each in made.history}) == 3
    assert made.sent["out_task_id"] == made.history[-1].attempt.out_task_id


async def test_a_kept_record_is_told_of_its_own_take_alone(world: World) -> None:
    """Of two shots with an equal request, each one's history has its own earlier clip."""
    await world.run(world.film("a bowl", "a bowl"))
    before = {name: record.task_id for name, record in world.results().records.items()}
    spec = world.film("a cup", "a plate")
    await world.run(spec)
    both = explained(world, spec)
    for name, made in both.items():
        first, last = made.history
        assert first.attempt.task_id == before[name]
        assert (first.attempt.status, last.record, last.clip) == (
            Status.COMPLETED,
            name,
            f"{name}.mp4",
        )
        assert first.record is not None
        assert first.clip == f"{first.record}.mp4"
    assert both["a"].history[0].record != both["b"].history[0].record


async def test_failures_of_a_kept_record_are_told_in_time(world: World) -> None:
    """A kept clip's own failures come before it, and what came after it stays behind."""
    world.faults("{on: submit, times: 1, do: {failed: api_error}}")
    await world.run(world.film("a bowl"))
    spec = world.film("this FAILS")
    await world.run(spec, terms=Terms(retries=0))
    made = explained(world, spec)["a"]
    assert [(number, end) for _record, number, end, _clip in told(made)] == [
        (1, "failed"),
        (2, "completed"),
        (1, "failed"),
    ]
    assert made.step.action is Action.RENDER
    assert made.changes == ()
    assert ".a2." in made.sent["out_task_id"]


async def test_a_task_that_answers_again_is_told_once(world: World) -> None:
    """A failed request that comes back behind another one gets its old task for an answer: that is
    one attempt, with the times that it had."""
    once = Terms(retries=0)
    await world.run(world.film("this FAILS"), terms=once)
    before = world.results().records["a"]
    await world.run(world.film("that FAILS"), terms=once)
    spec = world.film("this FAILS")
    await world.run(spec, terms=once)
    assert world.results().records["a"].task_id == before.task_id
    first, second = explained(world, spec)["a"].history
    assert (first.record, first.attempt.submitted_at) == ("a", before.submitted_at)
    assert (second.record, second.attempt.digest == before.digest) == (None, False)


async def test_what_changed_is_told_field_by_field(world: World) -> None:
    """Old and new values of what is not the same, against the last record; nothing else."""
    spec = world.film("a bowl")
    assert explained(world, spec)["a"].changes is None
    await world.run(spec)
    spec.write_text(spec.read_text("utf-8").replace("bowl", "cup") + "    seed: 7\n", "utf-8")
    made = explained(world, spec)["a"]
    assert made.changes == (Change("prompt", "a bowl", "a cup"), Change("seed", None, 7))
    assert made.step.reason == "prompt changed, seed 7 added"


async def test_a_moved_image_is_no_difference(world: World) -> None:
    """An image counts by its bytes; what is shown of it is its name, its form and its hash."""
    still = world.root / "specs/bowl.png"
    still.parent.mkdir()
    Image.new("RGB", (64, 36), "red").save(still)
    lines = "    init_image: bowl.png\n"
    spec = world.film("a bowl")
    spec.write_text(spec.read_text("utf-8") + lines, "utf-8")
    await world.run(spec)
    still.rename(still.with_name("plate.png"))
    spec.write_text(spec.read_text("utf-8").replace("bowl.png", "plate.png"), "utf-8")
    made = explained(world, spec)["a"]
    hashed = made.fields["init_image"]["sha256"][:12]
    assert made.changes == ()
    assert made.sent["image_init"] == f"<plate.png as JPEG, sha256 {hashed}…>"
    Image.new("RGB", (64, 36), "blue").save(still.with_name("plate.png"))
    (change,) = explained(world, spec)["a"].changes or ()
    assert image_words(change.old) == f"<bowl.png as JPEG, sha256 {hashed}…>"
    assert change.new["path"] == "plate.png"


async def test_a_chained_take_has_no_digest_before_its_frame(world: World) -> None:
    """Before: what it waits for, and a body without a key. After: the frame with its hash, and the
    very key that was sent."""
    spec = world.board(CHAIN)
    before = explained(world, spec)["pour"]
    assert (before.digest, before.sent["out_task_id"]) == ("", None)
    assert before.unknown == "the last frame of zoom, which is not rendered yet"
    assert before.sent["image_init"] == "<the last frame of zoom, not known yet>"
    assert before.step.action is Action.RENDER
    await world.run(spec)
    after = explained(world, spec)["pour"]
    record = world.results().records["pour"]
    hashed = record.request["init_image"]["sha256"][:12]
    assert (after.digest, after.unknown, after.changes) == (record.digest, "", ())
    assert after.sent["out_task_id"] == record.out_task_id
    assert after.sent["image_init"] == f"<the last frame of zoom, sha256 {hashed}…>"


async def test_a_frame_that_is_to_come_anew_is_no_difference_yet(world: World) -> None:
    """While the other shot is to be rendered anew, the frame is not known, and said to be so."""
    spec = world.board(CHAIN)
    await world.run(spec)
    spec.write_text(CHAIN.replace("a bowl", "a cup"), "utf-8")
    made = explained(world, spec)["pour"]
    assert made.unknown == "the last frame of zoom, which is not known yet"
    assert (made.changes, made.digest) == ((), "")
    assert [each.clip for each in made.history] == ["pour.mp4"]


async def test_takes_are_explained_each_with_its_seed(world: World) -> None:
    """Three takes have three seeds, three keys and a history each."""
    spec = world.board(TAKES)
    await world.run(spec)
    made = explained(world, spec)
    assert {key: each.sent["seed"] for key, each in made.items()} == {
        "cut": 11,
        "cut.t2": 12,
        "cut.t3": 13,
    }
    for key, each in made.items():
        assert told(each) == [(key, 1, "completed", f"{key}.mp4")]
    assert len({each.sent["out_task_id"] for each in made.values()}) == 3


async def test_an_open_task_of_an_earlier_request_is_told(world: World) -> None:
    """What is still under way is pending, with its id; that a run collects it stands besides."""
    async with World(world.root, latency_seconds=lambda _job: 60) as slow:
        await slow.run(slow.film("a bowl"), terms=Terms(timeout_seconds=10))
        spec = slow.film("a cup")
        made = explained(slow, spec)["a"]
        (attempt,) = made.history
        assert (attempt.attempt.status, attempt.clip) == (Status.PENDING, None)
        assert attempt.attempt.task_id == slow.results().records["a"].task_id
        assert (made.step.action, made.step.reason) == (Action.RENDER, "prompt changed")
        assert [step.action for step in made.besides] == [Action.RESUME]


async def test_a_request_that_comes_back_has_its_own_key(world: World) -> None:
    """The key of a kept attempt that is restored is that attempt's."""
    await world.run(world.film("a bowl"))
    key = world.results().records["a"].out_task_id
    await world.run(world.film("a cup"))
    made = explained(world, world.film("a bowl"))["a"]
    assert (made.step.action, made.sent["out_task_id"]) == (Action.RESTORE, key)
    assert made.changes == (Change("prompt", "a cup", "a bowl"),)


async def test_a_clip_that_was_called_good_says_for_what(world: World) -> None:
    """An accepted clip's history names the digest; the request, which was never sent, would go
    with a key that no attempt has had."""
    await world.run(world.film("a bowl"))
    spec = world.film("a nice bowl")
    wanted = explained(world, spec)["a"].digest
    known = world.results()
    known.records["a"] = replace(known.records["a"], accepted=wanted)
    rewrite(world, known)
    made = explained(world, spec)["a"]
    assert (made.step.reason, made.history[0].accepted) == ("up to date", wanted)
    assert made.changes == (Change("prompt", "a bowl", "a nice bowl"),)
    assert made.sent["out_task_id"] == out_task_id("film", "draft", "a", 1, wanted, 2)


async def test_a_task_of_another_provider_stands_before_the_request(world: World) -> None:
    """An open task that can't be asked for here holds the take up; the request behind it was never
    sent, so that its first attempt would be next."""
    async with World(world.root, latency_seconds=lambda _job: 60) as slow:
        await slow.run(slow.film("a bowl"), terms=Terms(timeout_seconds=10))
        path = slow.folder().results_path
        text = path.read_text("utf-8").replace("gateway.test", "other.test")
        path.write_text(text, "utf-8")
        made = explained(slow, slow.film("a cup"))["a"]
        assert made.step.action is Action.SKIP
        assert "https://other.test" in made.step.reason
        assert made.sent["out_task_id"] == out_task_id("film", "draft", "a", 1, made.digest, 1)


async def test_times_that_are_odd_are_no_obstacle(world: World) -> None:
    """No time, or an end before the begin (a task found again): no seconds, and still an order."""
    spec = world.film("a bowl")
    await world.run(spec)
    known = world.results()
    record = known.records["a"]
    for begin, end in ((record.completed_at, record.submitted_at), (None, None)):
        known.records["a"] = replace(record, submitted_at=begin, completed_at=end)
        rewrite(world, known)
        (attempt,) = explained(world, spec)["a"].history
        assert attempt.seconds is None
