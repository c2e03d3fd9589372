"""A disk that fails: nothing new is bought, what was bought is told, nothing is corrupted."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.proof.failing import fail_and_rerun, faults, misreads
from tests.proof.killing import ABREAST, WORKLOADS, undisturbed

if TYPE_CHECKING:
    from tests.proof.stage import Stage


DISKS = {**WORKLOADS, "abreast": ABREAST}


@pytest.mark.parametrize("name", ["fresh", "changed", "changed back", "download", "abreast"])
def test_every_operation_fails(stage: Stage, name: str) -> None:
    """Each open, write, fsync, rename, unlink and mkdir fails once, or from then on, or half: the
    run ends in words, submits nothing more, tells what is in flight with its ids, syncs nothing
    twice; a rerun on a good disk ends as an undisturbed run does, for the same credits."""
    workload = DISKS[name]
    expected = undisturbed(stage, workload)
    hits = faults(expected)
    assert fail_and_rerun(stage, workload, expected, hits) > 0.9 * len(hits)


@pytest.mark.parametrize("name", WORKLOADS)
def test_every_opening_for_reading_fails(stage: Stage, name: str) -> None:
    """A manifest, a journal, a clip or a folder that can't be opened to be read: the run ends in
    words and submits nothing more; a rerun on a good disk ends as an undisturbed run does, for the
    same credits."""
    workload = WORKLOADS[name]
    hits = misreads(stage, workload)
    assert fail_and_rerun(stage, workload, undisturbed(stage, workload), hits) == len(hits) >= 14
