"""Whole lives of boards from seeds: nothing is paid twice or lost, and all ends well."""

from __future__ import annotations

import os
import subprocess
import sys

from tests.proof.life import Figures
from tests.proof.simulation import replay, simulate

SHOT_HOURS = 1000
LIVES = 15


def test_a_thousand_shot_hours() -> None:
    """Through edits, faults, kills, failing disks, deletions, wrong clocks and forgotten keys no
    request is charged oftener than it was asked for, everything bought is on record, no clip is
    lost, and a few undisturbed runs end as a world does in which nothing went wrong."""
    total, seed = Figures(), 0
    while total.shot_hours < SHOT_HOURS or total.histories < LIVES:
        total.add(simulate(seed))
        seed += 1
    # What was drawn is not so tame that nothing could have gone wrong.
    assert min(total.kills, total.disk_faults, total.interrupts) > LIVES / 3
    assert total.faults > 10 * LIVES
    assert total.charges > 10 * LIVES


def test_equal_seeds_live_equal_lives() -> None:
    """A seed replays its life to the last byte of the records, in another process with another
    hash seed as well: a failure can be looked at again."""
    here = replay(7)
    assert replay(7).fingerprint == here.fingerprint
    assert replay(8).fingerprint != here.fingerprint
    there = subprocess.run(
        [sys.executable, "-m", "tests.proof.simulation", "--seed", "7"],
        env=os.environ | {"PYTHONHASHSEED": "4711"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert here.fingerprint in there.stdout
