"""What a take costs in memory: while its task is in flight, and where it is only planned."""

from __future__ import annotations

import statistics
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tests.bench.boards import PASS, write_board
from tests.bench.hosting import client, gateway
from tests.bench.measure import BenchError, Row, figure, peak_bytes
from tests.bench.peaks import peak_of
from tests.bench.polling import run_command
from tests.support.memory import workshop

if TYPE_CHECKING:
    from tests.bench.lab import Lab

_POLLING_SECONDS = 5.0
"""So that each task has been asked about several times."""
_SUBMITS_SECONDS = 90.0
_FLYING_MAX_KB = 30
_PLANNED_MAX_KB = 2


@dataclass(frozen=True)
class Load:
    """So many takes, and the peak of the process that had them."""

    takes: int
    bytes: int


def rows(lab: Lab) -> list[Row]:
    """The difference of two peaks, so that what is imported and what is there once counts not."""
    many, few = lab.size(2000, 100), lab.size(200, 10)
    flying = statistics.median(
        _more(_in_flight(many, many), _in_flight(many, few)) for _run in range(lab.runs(3))
    )
    large, small = lab.size(100_000, 2000), lab.size(10_000, 200)
    planned = statistics.median(
        _more(_planned(lab, large), _planned(lab, small)) for _run in range(lab.runs(3))
    )
    return [
        _row(f"memory a take in flight (up to {many:,}, and {few:,})", flying, _FLYING_MAX_KB),
        _row(f"memory a planned take ({large:,} and {small:,})", planned, _PLANNED_MAX_KB),
    ]


def _row(what: str, taken: float, kilobytes_max: int) -> Row:
    target, met = f"≤ {kilobytes_max} kB", taken <= kilobytes_max * 1000
    return Row(what, f"{figure(taken / 1000)} kB", target=target, met=met)


def _more(large: Load, small: Load) -> float:
    """Bytes a take."""
    if large.takes <= small.takes:
        raise BenchError(f"{large.takes} takes are no more than {small.takes}")
    return (large.bytes - small.bytes) / (large.takes - small.takes)


def _in_flight(takes: int, concurrency: int) -> Load:
    """The peak of a run of a board of so many takes, of which no more are in flight: a slow one
    may not have come to all by then.
    """
    with workshop() as folder, gateway() as host:
        write_board(folder, takes)
        with client(run_command(concurrency), folder, host.address) as process:
            host.wait_for(concurrency, process, _SUBMITS_SECONDS, insist=False)
            time.sleep(_POLLING_SECONDS)
            peak = peak_bytes(process.pid)
            return Load(int(host.answered()["count"]), peak)


def _planned(lab: Lab, takes: int) -> Load:
    return Load(takes, peak_of(["plan", "--pass", PASS], lab.unrendered(takes)).bytes)
