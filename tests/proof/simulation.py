"""Whole lives of boards, drawn from one seed each: the program and the studio on a virtual clock.

    python -m tests.proof.simulation --seed N          one life again, with its story
    python -m tests.proof.simulation --hours H         as many as it takes

Equal seeds give equal lives, to the last byte of the records: the clock is trio's `MockClock`, its
scheduler and all ids are drawn from the seed as well.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import random
import secrets
import sys
import time
import traceback
from concurrent.futures import FIRST_COMPLETED, ProcessPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import asdict
from itertools import count
from typing import TYPE_CHECKING
from unittest import mock

import anyio
import trio
import trio.testing

from tests.proof.drawn import Drawn
from tests.proof.figures import Figures
from tests.support.memory import workshop

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.proof.life import Life


@contextmanager
def _drawn_from(seed: int) -> Iterator[None]:
    """Ids and trio's scheduler draw from the seed, too."""
    ids = random.Random(f"ids {seed}")  # noqa: S311
    schedule = random.Random(f"schedule {seed}")  # noqa: S311
    with (
        mock.patch.object(secrets, "token_hex", lambda size: ids.randbytes(size).hex()),
        mock.patch.object(trio._core._run, "_ALLOW_DETERMINISTIC_SCHEDULING", True),
        mock.patch.object(trio._core._run, "_r", schedule),
    ):
        yield


def replay(seed: int) -> Life:
    """One life. Raises what it failed with, the seed and the story in its notes."""
    with workshop() as root, _drawn_from(seed):
        drawn = Drawn(seed, root)
        begun = time.process_time()
        try:
            life = anyio.run(
                drawn.live,
                backend="trio",
                backend_options={"clock": trio.testing.MockClock(autojump_threshold=0)},
            )
        except BaseException as error:
            if hasattr(drawn, "life"):  # else it has failed before there was one
                error.add_note(drawn.life.told())
            error.add_note(f"again: .venv/bin/python -m tests.proof.simulation --seed {seed}")
            raise
        life.figures.cpu_seconds = time.process_time() - begun
        life.figures.histories = 1
        return life


def simulate(seed: int) -> Figures:
    """One life and what was gone through in it. Raises what didn't hold."""
    return replay(seed).figures


def campaign(shot_hours: float, first_seed: int, processes: int) -> Figures:
    """Lives from `first_seed` on until so many shot-hours are gone through.

    Raises `AssertionError` at the first that fails, with its seed and story.
    """
    total = Figures()
    seeds = count(first_seed)
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(processes, context) as pool:
        going = {pool.submit(_attempt, next(seeds)) for _process in range(2 * processes)}
        while going:
            done, going = wait(going, return_when=FIRST_COMPLETED)
            for future in done:
                came = future.result()
                if isinstance(came, str):
                    pool.shutdown(cancel_futures=True)
                    raise AssertionError(came)
                total.add(came)
                if total.shot_hours < shot_hours:
                    going.add(pool.submit(_attempt, next(seeds)))
    return total


def _attempt(seed: int) -> Figures | str:
    """Figures, or what went wrong in words: not every exception crosses processes whole."""
    try:
        return simulate(seed)
    except Exception as error:
        return "".join(traceback.format_exception(error))


def main() -> None:
    """The command line, for people."""
    parser = argparse.ArgumentParser(prog="python -m tests.proof.simulation")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--hours", type=float, help="shot-hours to go through, from --seed on")
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 1)
    args = parser.parse_args()
    if args.hours:
        figures = campaign(args.hours, args.seed, args.processes)
    else:
        life = replay(args.seed)
        sys.stdout.write("\n".join([*life.story, life.fingerprint, ""]))
        figures = life.figures
    for name, figure in asdict(figures).items():
        sys.stdout.write(f"{name:<12} {figure:>12,.1f}\n")


if __name__ == "__main__":
    main()
