"""What people are told about money that is under way, by the commands themselves."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.proof.stage import Scene, Stage

TWO = "0.18"
"""What two clips of two seconds are estimated at."""


@pytest.fixture
def in_flight(stage: Stage) -> Iterator[Scene]:
    """Two tasks are on their way and one clip is rendered; the run has ended without them."""
    scene = stage.scene()
    stage.busy.on = True
    scene.film("a SLOW bowl", "a SLOW cup", "a plate")
    assert scene.run("run", "--shot", "c").exit == 0
    assert scene.run("run", "--timeout", "3").exit == 1
    yield scene
    stage.busy.on = False


def test_a_run_that_leaves_tasks_says_what_they_may_cost(in_flight: Scene) -> None:
    """The sum is not all: what was left in flight will be billed later."""
    ended = in_flight.run("run", "--timeout", "3")
    assert f"up to ≈ {TWO} more for what is in flight" in ended.stderr + ended.stdout


def test_what_is_in_flight_is_named_by_status(in_flight: Scene) -> None:
    """Every task that may be charged is named with its id, without asking anybody."""
    ended = in_flight.run("status")
    for task in in_flight.tasks():
        assert task.task_id in ended.stdout or task.status == "completed", ended.stdout
    assert "0.09 credits for these clips, 0.09 on record" in ended.stdout


def test_plan_says_what_is_still_to_be_billed(in_flight: Scene) -> None:
    """A plan that buys nothing is not free of charge while tasks are open."""
    said = in_flight.run("plan").stdout
    assert f"2 to resume, 1 up to date; up to ≈ {TWO} more for what is in flight" in said


def test_a_cap_below_what_is_in_flight_is_said_at_once(in_flight: Scene) -> None:
    """It can't be held back: that is said, and how to end it."""
    ended = in_flight.run("run", "--timeout", "3", "--max-credits", "0.1")
    said = " ".join((ended.stderr + ended.stdout).split())
    assert f"what is in flight may be billed {TWO} credits, over --max-credits 0.1" in said
    assert "`shotmake cancel` ends it" in said


def test_clips_without_records_are_not_called_new(stage: Stage) -> None:
    """With results.json lost the plan says that the keys may find what was bought, and they do; a
    clip that is fetched again is said to have been paid before."""
    scene = stage.scene()
    scene.film("a bowl", "a cup")
    scene.run("run")
    scene.outputs.results_path.unlink()
    said = " ".join(scene.run("plan").stdout.split())
    assert (
        "no record of it, though a.mp4 is there; if it was bought, its key finds it, free" in said
    )
    assert scene.run("run").exit == 0
    scene.outputs.clip("a.mp4").unlink()
    assert "1 to recover, free" in scene.run("plan").stdout
    assert "1 up to date, 1 to recover" in " ".join(scene.run("status").stdout.split()) or (
        "1 to recover, 1 up to date" in scene.run("status").stdout
    )
    ended = scene.run("run")
    assert "recovered – a.mp4, 0.09 credits paid before" in ended.stderr + ended.stdout
    assert len(scene.charges) == 2
