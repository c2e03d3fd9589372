"""Several runs of one board at once: the ledger is that of one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.proof.killing import WORKLOADS, undisturbed
from tests.proof.racing import BUSY, race

if TYPE_CHECKING:
    from tests.proof.stage import Stage

TOGETHER = (2, 3, 5, 8)
"""So many processes at once; the soak has every number up to 8."""


@pytest.mark.parametrize("name", ["fresh", "resume", "changed"])
def test_one_process_gets_the_folder(stage: Stage, name: str) -> None:
    """Of up to 8 processes that start together, those that come while another holds the folder
    exit with 5; the board is paid for once."""
    expected = undisturbed(stage, WORKLOADS[name])
    exits = [race(stage, WORKLOADS[name], expected, number) for number in TOGETHER]
    assert all(set(codes) <= {0, 1, BUSY} for codes in exits), exits
    assert all(set(codes) - {BUSY} for codes in exits), "one of them is always let in"
    assert any(BUSY in codes for codes in exits), "they never met: this proves nothing"


@pytest.mark.parametrize("name", ["fresh", "resume", "changed"])
def test_without_the_lock_nothing_is_paid_twice(stage: Stage, name: str) -> None:
    """With the lock broken, as on a network share that has none, up to 8 processes work in one
    folder and spoil each other's records; yet no attempt is bought twice, as its key is the same
    in all of them."""
    expected = undisturbed(stage, WORKLOADS[name])
    exits = [race(stage, WORKLOADS[name], expected, n, unlocked=True) for n in TOGETHER]
    assert not any(BUSY in codes for codes in exits)
