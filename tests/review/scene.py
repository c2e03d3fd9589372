"""A board in all the states that a page knows, rendered by the studio under a virtual clock."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import anyio
import trio.testing

from pipeline.cli.boards import Boards, load
from pipeline.cli.connect import Destination
from pipeline.cli.films import desk_for, film_of
from pipeline.rendering.book import read
from pipeline.rendering.work import Terms
from tests.support.world import CATALOG, PROVIDER, World

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from pathlib import Path

    from pipeline.review.film import Film

EVIL = "</script><img src=x onerror=alert(1)> & \"quotes\" 'n' <b>bold</b>"
_BOARD = """\
title: {title}
model: veo-3.1-fast
defaults: {{duration: 2}}
passes:
  final: {{model: veo-3.1}}
shots:
  - {{id: street, prompt: a street, takes: 3, seed: 7, pick: 2}}
  - {{id: market, prompt: {market}, seeds: [21, 34]}}
  - {{id: train, prompt: FAILS, model: sora-2, duration: 3}}
  - {{id: fight, prompt: BLOCKED}}
  - {{id: sea, prompt: {sea}}}
  - {{id: phone, prompt: a phone, aspect: "9:16"}}
  - {{id: evil, prompt: {evil}}}
"""
_LATER = "  - {id: night, prompt: a night}\n"


def board(market: str = "a market", sea: str = "the sea", more: str = "") -> str:
    """The storyboard, with what its first renders are of, or what it says later."""
    return (
        _BOARD.format(title="The way to the sea", market=market, sea=sea, evil=json.dumps(EVIL))
        + more
    )


async def every_state(root: Path) -> World:
    """A world with a board of eight shots: up to date, changed, failed, blocked, replaced, to
    fetch, never rendered, and one whose task is under way.
    """
    async with World(root) as world:
        world.board(board(sea="the sea at noon"))
        world.faults(
            "{on: submit, shot: fight, do: {http: 451, message: 'the prompt <was> blocked'}}"
        )
        terms = Terms(retries=0)
        await world.run(root / "specs/film.yaml", terms=terms)
        await world.run(world.board(board()), terms=terms, shots=("sea",))
        (world.folder().path / "phone.mp4").unlink()
        world.board(board(market="a market in the rain", more=_LATER))
    return world


def played(scene: Callable[[], Awaitable[Any]]) -> Any:
    """What comes of a scene under a virtual clock, for tests that are not async themselves."""
    clock = trio.testing.MockClock(autojump_threshold=0)
    return anyio.run(scene, backend="trio", backend_options={"clock": clock})


def show(world: World, pass_name: str = "draft", name: str = "film") -> Film:
    """A board as it stands now."""
    spec = world.root / "specs" / f"{name}.yaml"
    loaded = load([spec], CATALOG, pass_name)
    destination = Destination(pass_name, PROVIDER, "a test")
    folder = world.folder(name, pass_name)
    desk = desk_for(destination, Boards(CATALOG, loaded))
    return film_of(loaded.boards[0], desk, folder, read(folder, PROVIDER).records)
