"""`make soak`: the proofs at length, about an hour on two cores, and what they have seen.

    python -m tests.proof.soak [PART …]        all parts, or those named

The table is printed as far as it has come after every part; a failure ends it with its place and
the seed that replays it.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from dataclasses import asdict
from itertools import count
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table

from tests.proof import simulation, test_machine
from tests.proof.failing import ERRNOS, fail_and_rerun, faults
from tests.proof.hostile.campaign import campaign
from tests.proof.hostile.files import fuzz
from tests.proof.killing import (
    ABREAST,
    DIRECTED,
    LARGER,
    WORKLOADS,
    cut_and_rerun,
    kill_and_rerun,
    kill_at_random,
    kill_twice,
    undisturbed,
)
from tests.proof.racing import race
from tests.proof.stage import Stage, staged
from tests.support.memory import workshop
from tests.support.powercut import NAMES, NOTHING

if TYPE_CHECKING:
    from tests.proof.figures import Figures

SHOT_HOURS = 100_000
RANDOM_SECONDS = 60
HOSTILE_ANSWERS = 500
FUZZED = 5_000
HISTORIES = 200

Part = Callable[[Stage], str]


def kills(stage: Stage) -> str:
    """Every kill of every workload, six-shot boards included."""
    died = 0
    for workload in (*WORKLOADS.values(), *DIRECTED.values(), *LARGER.values()):
        expected = undisturbed(stage, workload)
        died += kill_and_rerun(stage, workload, expected, expected.kills)
    return f"{died:,} processes killed, each rerun"


def pairs(stage: Stage) -> str:
    """Every pair of kills on a six-shot board."""
    workload = LARGER["six shots"]
    return f"{kill_twice(stage, workload, undisturbed(stage, workload)):,} pairs of kills"


def random_kills(stage: Stage) -> str:
    """Six shots side by side, killed again and again, for minutes."""
    workload = LARGER["six shots, side by side"]
    expected = undisturbed(stage, workload)
    died, end = 0, time.monotonic() + RANDOM_SECONDS
    for seed in count():
        if time.monotonic() > end:
            return f"{died:,} processes killed in {seed:,} histories"
        died += kill_at_random(stage, workload, expected, seed)
    raise AssertionError("count() ended")


def power_cuts(stage: Stage) -> str:
    """The power goes at every boundary of every workload, and the disk keeps less or more."""
    cuts = 0
    for workload in (*WORKLOADS.values(), *DIRECTED.values(), LARGER["six shots"]):
        expected = undisturbed(stage, workload)
        for survives in (NOTHING, NAMES):
            cuts += cut_and_rerun(stage, workload, expected, expected.kills, survives)
    return f"{cuts:,} power cuts, each rerun"


def disks(stage: Stage) -> str:
    """Every operation fails with every error, once and for good."""
    met = 0
    for workload in (*WORKLOADS.values(), *DIRECTED.values(), ABREAST):
        expected = undisturbed(stage, workload)
        met += fail_and_rerun(stage, workload, expected, faults(expected, ERRNOS))
    return f"{met:,} failing operations, each rerun"


def races(stage: Stage) -> str:
    """Two to eight processes on every workload, the lock working and broken."""
    begun = 0
    for workload in (*WORKLOADS.values(), *DIRECTED.values(), *LARGER.values()):
        expected = undisturbed(stage, workload)
        for number in range(2, 9):
            for unlocked in (False, True):
                begun += len(race(stage, workload, expected, number, unlocked=unlocked))
    return f"{begun:,} processes against each other"


def simulated(_stage: Stage) -> str:
    """Whole lives of boards on a virtual clock."""
    return _told(simulation.campaign(SHOT_HOURS, first_seed=1_000, processes=2))


def machine(_stage: Stage) -> str:
    """The state machine, searched further."""
    return _told(test_machine.search(HISTORIES))


def hostile(stage: Stage) -> str:
    """Generated answers of a hostile server."""
    met = campaign(stage.root / "hostile", HOSTILE_ANSWERS, seed=7)
    return "\n".join(
        f"{endpoint}: {figures.answers:,} answers to {figures.processes:,} processes, at most "
        f"{figures.peak_bytes / 2**20:.0f} MiB and {figures.cpu_seconds:.2f} s of CPU"
        for endpoint, figures in met.items()
    )


def storyboards(_stage: Stage) -> str:
    """Mutated storyboards."""
    figures = fuzz(FUZZED, seed=7)
    ends = ", ".join(f"{number:,} {end}" for end, number in figures.ends.most_common())
    return (
        f"{figures.files:,} files: {ends}; at most {figures.peak_bytes / 2**20:.0f} MiB and "
        f"{figures.cpu_seconds:.2f} s of CPU"
    )


def _told(figures: Figures) -> str:
    """`100,020 shot hours, 812 histories, …`"""
    return ", ".join(f"{n:,.0f} {name.replace('_', ' ')}" for name, n in asdict(figures).items())


PARTS: dict[str, Part] = {
    "kills": kills,
    "pairs": pairs,
    "random": random_kills,
    "powercuts": power_cuts,
    "disks": disks,
    "races": races,
    "simulation": simulated,
    "machine": machine,
    "hostile": hostile,
    "storyboards": storyboards,
}


def main(names: list[str]) -> None:
    """Play the parts that are named, or all."""
    chosen = names or list(PARTS)
    unknown = set(chosen) - set(PARTS)
    if unknown:
        sys.exit(f"no such part: {', '.join(sorted(unknown))}; there are {', '.join(PARTS)}")
    table = Table("part", "what was done, every rerun judged by the ledger", "minutes")
    for name in chosen:
        begun = time.monotonic()
        with workshop() as folder, staged(folder) as stage:
            done = PARTS[name](stage)
        table.add_row(name, done, f"{(time.monotonic() - begun) / 60:.1f}")
        Console(width=110).print(table)


if __name__ == "__main__":
    main(sys.argv[1:])
