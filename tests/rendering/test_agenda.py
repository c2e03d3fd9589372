"""In which order a run begins what it has to do."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest

from pipeline.rendering.notices import Kind
from pipeline.rendering.work import Terms

if TYPE_CHECKING:
    from tests.support.world import World

pytestmark = pytest.mark.anyio
ONE = Terms(concurrency=1)


def begun(world: World) -> list[str]:
    """The takes, in the order in which they were submitted."""
    return [notice.render for notice in world.notices if notice.kind is Kind.SUBMITTING]


def shots(**said: str) -> str:
    lines = [f"  - {{id: {name}, prompt: {name}, {fields}}}" for name, fields in said.items()]
    return "model: veo-3.1-fast\nshots:\n" + "\n".join(lines) + "\n"


MIXED = shots(
    short="duration: 2",
    slow="duration: 8, model: sora-2-pro",
    long="duration: 4",
    alike="duration: 4",
)


async def test_the_longest_begins_first(world: World) -> None:
    """By what its model is known to take for its length; the storyboard decides of equal ones."""
    await world.run(world.board(MIXED), terms=ONE)
    assert begun(world) == ["slow", "long", "alike", "short"]


async def test_with_a_cap_the_storyboards_order_counts(world: World) -> None:
    """Money that won't do for all of it goes to what its author has put first."""
    await world.run(world.board(MIXED), terms=Terms(concurrency=1, max_credits=100))
    assert begun(world) == ["short", "slow", "long", "alike"]


async def test_what_others_wait_for_counts_with_them(world: World) -> None:
    """A chain of short ones takes longer than a long one alone."""
    board = shots(
        long="duration: 5",
        a="duration: 2",
        b="duration: 2, init_image: {shot: a, frame: last}",
        c="duration: 2, init_image: {shot: b, frame: last}",
    )
    await world.run(world.board(board), terms=ONE)
    assert begun(world)[0] == "a"


async def test_what_is_paid_for_comes_before_what_is_not(world: World) -> None:
    """However long the other takes, and on whichever board it stands."""
    first = world.board(shots(paid="duration: 1"), "one")
    await world.run(first, terms=Terms(timeout_seconds=1))
    asked: list[str] = []
    send = world.wire.inner.handle_async_request

    async def noted(request: Any) -> Any:
        asked.append(f"{request.url.path} {request.url.query.decode()}")
        return await send(request)

    world.wire.inner.handle_async_request = noted  # type: ignore[method-assign]
    other = world.board(shots(slow="duration: 8, model: sora-2-pro"), "two")
    await world.run(other, first, terms=ONE)
    assert re.match("/v1/tasks/query", asked[0])
    assert world.kinds("paid")[-1] is Kind.RENDERED
