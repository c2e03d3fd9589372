"""What a film says of its shots and takes, and what it comes to."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from pipeline.rendering import results
from pipeline.rendering.records import Status
from pipeline.rendering.work import Terms
from pipeline.review.film import Standing
from pipeline.review.totals import totals
from tests.review.scene import board, every_state, show
from tests.support.world import World

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.anyio


async def test_every_take_says_how_it_stands(tmp_path: Path) -> None:
    """With the storyboard as it is now: by its record, its clip, and what a run would do."""
    film = show(await every_state(tmp_path))
    assert {take.key: take.standing for take in film.takes} == {
        "street": Standing.CURRENT,
        "street.t2": Standing.CURRENT,
        "street.t3": Standing.CURRENT,
        "market": Standing.CHANGED,
        "market.t2": Standing.CHANGED,
        "train": Standing.FAILED,
        "fight": Standing.BLOCKED,
        "sea": Standing.CURRENT,
        "phone": Standing.TO_FETCH,
        "evil": Standing.CURRENT,
        "night": Standing.MISSING,
    }


async def test_a_task_under_way_is_pending(world: World) -> None:
    """It has no clip yet, and the shot says so."""
    async with World(world.root, latency_seconds=lambda _job: 60) as slow:
        await slow.run(slow.film("a bowl"), terms=Terms(timeout_seconds=5))
        (shot,) = show(slow).shots
    assert shot.takes[0].standing is Standing.PENDING
    assert shot.missing == "pending"


async def test_the_picked_take_stands_for_its_shot(tmp_path: Path) -> None:
    """Where none is picked it is the first that has a clip, and a shot without any says why."""
    world = await every_state(tmp_path)
    (world.folder().path / "market.mp4").unlink()
    film = show(world)
    chosen = {shot.shot: shot.chosen.key if shot.chosen else None for shot in film.shots}
    assert chosen["street"] == "street.t2"
    assert chosen["market"] == "market.t2"
    missing = {shot.shot: shot.missing for shot in film.shots if shot.missing}
    assert missing == {
        "train": "failed: the upstream model is overloaded",
        "fight": "blocked: 451: the prompt <was> blocked",
        "phone": "to fetch",
        "night": "not rendered",
    }


async def test_an_undecided_shot_has_its_place(tmp_path: Path) -> None:
    """In a pass that renders picked takes alone, a shot without a pick stands where it will be,
    with what its draft asks for and what to do about it.
    """
    film = show(await every_state(tmp_path), "final")
    assert [shot.shot for shot in film.shots][:3] == ["street", "market", "train"]
    market = film.shots[1]
    assert (market.takes, market.chosen, market.request.duration) == ((), None, 2)
    assert "shotmake pick" in market.missing
    assert [shot.number for shot in film.shots] == [*range(1, 9)]


async def test_the_sums_are_those_of_the_ledger(tmp_path: Path) -> None:
    """Spent is what the studio has charged; waste is the clip that another one replaced; what is
    left is the plan's estimate.
    """
    world = await every_state(tmp_path)
    film = show(world)
    sums = totals(film)
    charged = sum(charge.credits for charge in world.studio.tasks.ledger)
    assert sums.spent_credits == pytest.approx(charged)
    assert sums.failed_credits == 0
    assert sums.replaced_credits == pytest.approx(0.09)
    assert sums.left_credits == film.plan.estimated_credits
    assert (sums.shots, sums.takes, sums.clips) == (8, 11, 7)
    assert (sums.seconds, sums.rendered_seconds, sums.unknown_bills) == (17, 8, 0)


async def test_a_billed_cancel_is_waste(world: World) -> None:
    """What was paid for an attempt without a clip is counted as failed."""
    await world.run(world.film("a bowl"))
    known = world.results()
    ended = replace(known.records["a"], status=Status.CANCELLED, credits=0.1, clip=None)
    known.records["a"] = ended
    world.folder().results_path.write_text(results.dump(known), "utf-8")
    assert totals(show(world)).failed_credits == pytest.approx(0.1)


async def test_a_title_may_be_missing(world: World) -> None:
    """Then the storyboard's name stands there."""
    world.board(board().partition("\n")[2])
    assert show(world).board.title == "film"
