"""Killed or without power at any I/O boundary: nothing is paid twice, nothing is lost."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.proof.killing import (
    DIRECTED,
    WORKLOADS,
    after,
    cut_and_rerun,
    kill_and_rerun,
    lose_power,
    play,
    undisturbed,
)
from tests.support.powercut import NAMES, NOTHING, REMOVALS

if TYPE_CHECKING:
    from tests.proof.stage import Stage


@pytest.mark.parametrize("name", [*WORKLOADS, *DIRECTED])
def test_killed_at_every_boundary(stage: Stage, name: str) -> None:
    """SIGKILL before every boundary that changes a file or buys something, and in the midst of
    every write: what was bought is on record at once, and a rerun ends as an undisturbed run does,
    for the same credits."""
    workload = (WORKLOADS | DIRECTED)[name]
    expected = undisturbed(stage, workload)
    died = kill_and_rerun(stage, workload, expected, expected.telling)
    assert died > 0.9 * len(expected.telling)


@pytest.mark.parametrize("survives", [NOTHING, NAMES, REMOVALS])
@pytest.mark.parametrize("name", WORKLOADS)
def test_power_cut_after_the_end(stage: Stage, name: str, survives: str) -> None:
    """Once a run has ended, all of it is on the disk: the manifest, the clips, what is kept."""
    *before, last = WORKLOADS[name]
    (scene,) = after(stage, before, 1)
    image = str(scene.folder / "image")
    (ended,) = play([scene], last, [{"powercut": image, "survives": survives}])
    assert ended.exit in {0, 1}
    expected = scene.state()
    lose_power(scene, image)
    survived = scene.state()
    assert (survived.current, survived.kept) == (expected.current, expected.kept)
    scene.require_oracle("after the end")


@pytest.mark.parametrize("survives", [NOTHING, NAMES])
@pytest.mark.parametrize("name", WORKLOADS)
def test_power_cut_at_every_boundary(stage: Stage, name: str, survives: str) -> None:
    """The power goes before every sync and everything that is bought, and the disk has kept what
    was synced and no more – or all names besides, and then before every new one: what was bought
    is on record, a rerun pays for nothing again."""
    workload = WORKLOADS[name]
    expected = undisturbed(stage, workload)
    kills = expected.cuts(survives)
    died = cut_and_rerun(stage, workload, expected, kills, survives)
    assert died > 0.9 * len(kills)
