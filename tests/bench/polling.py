"""Thousands of tasks that are asked about every second, beside a bare aiohttp loop that does it.

Everything is seen from the gateway: when it has answered a submit, and when it is asked.
"""

from __future__ import annotations

import math
import statistics
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tests.bench.boards import PASS, write_board
from tests.bench.hosting import client, gateway
from tests.bench.measure import PYTHON, SHOTMAKE, BenchError, Peer, Row, cpu_seconds, figure, row
from tests.support.memory import workshop

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from tests.bench.lab import Lab

EVERY_SECOND_FOR = 30.0
"""So long veo-3.1-fast is asked about once a second, from the submit's answer on."""
_SETTLING_SECONDS = 1.0
_PLATEAU_SECONDS = 10.0
"""The least that is worth measuring."""
_TRIAL_SECONDS = 3.0
_MARGIN_SECONDS = 0.1
_BEGINNING_SECONDS = 60.0
_LATE_MS = 250
_SUSTAINED = 0.98


@dataclass(frozen=True)
class Seen:
    """What the gateway has seen of one client while all tasks were in flight."""

    sustained: float
    """The share of the polls that were due which came before the next was due."""
    late_ms: float
    """The 99th percentile of how late they came."""
    rate: float
    """Polls a second."""
    cpu_ms: float
    """What a poll has cost the client's process."""


def rows(lab: Lab) -> list[Row]:
    """Ours and the bare loop in turn, each with a gateway of its own."""
    tasks = lab.size(2000, 50)
    ours, bare = [], []
    for _run in range(lab.runs(3)):
        ours.append(_ours(lab, tasks))
        bare.append(_bare(lab, tasks))
    we, they = _median(ours), _median(bare)
    return [
        Row(
            f"polls of {tasks:,} tasks that came, of those due",
            f"{we.sustained:.1%}, {figure(we.rate)}/s",
            f"bare aiohttp: {they.sustained:.1%}, {figure(they.rate)}/s",
            target=f"≥ {_SUSTAINED:.0%}",
            met=we.sustained >= _SUSTAINED,
        ),
        Row(
            "how late they came, 99th percentile",
            f"{figure(we.late_ms)} ms",
            f"bare aiohttp: {figure(they.late_ms)} ms",
            target=f"≤ {_LATE_MS} ms",
            met=we.late_ms <= _LATE_MS,
        ),
        row("CPU a poll", we.cpu_ms, Peer("bare aiohttp", they.cpu_ms), "ms", at_most=3),
    ]


def _median(runs: Sequence[Seen]) -> Seen:
    return Seen(
        statistics.median(seen.sustained for seen in runs),
        statistics.median(seen.late_ms for seen in runs),
        statistics.median(seen.rate for seen in runs),
        statistics.median(seen.cpu_ms for seen in runs),
    )


def run_command(concurrency: int) -> list[str]:
    """A run that has so many tasks in flight."""
    return [SHOTMAKE, "run", "--pass", PASS, "--no-review", "--concurrency", str(concurrency)]


def _ours(lab: Lab, tasks: int) -> Seen:
    with workshop() as folder:  # the journal's disk is not what is measured here
        write_board(folder, tasks)
        return _observed(lab, run_command(tasks), folder, tasks)


def _bare(lab: Lab, tasks: int) -> Seen:
    command = [PYTHON, "-m", "tests.bench.children.bare_polling", str(tasks)]
    return _observed(lab, command, lab.empty("bare"), tasks)


def _observed(lab: Lab, command: Sequence[str], folder: Path, tasks: int) -> Seen:
    """Watch a client from its last submit on, as long as every task is asked about every second.

    One that is too slow to have submitted all by then is watched all the same.
    """
    with gateway() as host, client(command, folder, host.address) as process:
        first = host.wait_for(1, process, _BEGINNING_SECONDS)["first"]
        ramp = first + EVERY_SECOND_FOR - _PLATEAU_SECONDS - _SETTLING_SECONDS - time.monotonic()
        host.wait_for(tasks, process, ramp, insist=False)
        begin = time.monotonic() + _SETTLING_SECONDS
        end = begin + _TRIAL_SECONDS if lab.quick else first + EVERY_SECOND_FOR - _MARGIN_SECONDS
        begin, worked = _look(process.pid, begin)
        end, worked_then = _look(process.pid, end)
        return _judged(host.tasks(), tasks, (begin, end), worked_then - worked)


def _look(pid: int, moment: float) -> tuple[float, float]:
    """Wait for a moment; answers with when it really is, and how long the process has worked."""
    time.sleep(max(0.0, moment - time.monotonic()))
    return time.monotonic(), cpu_seconds(pid)


def _judged(
    asked: Sequence[Sequence[float]], tasks: int, window: tuple[float, float], worked: float
) -> Seen:
    """Hold polls against what was due: at each full second since the task's submit was answered.

    A poll is that of the last full second: none can come before its time, and one that comes a
    second late is missing, as the next one is due by then. Of the last second nothing is due, so
    that what comes late can still be seen. For tasks that weren't there when the window began all
    of it counts as due: a slow ramp must not look like little to do.
    """
    begin, end = window
    due, late, came = 0.0, [], 0
    for answered, *polls in asked:
        first = max(1, math.ceil(begin - answered))
        last = math.floor(end - 1.0 - answered)
        due += max(0, last - first + 1) if answered <= begin else end - 1.0 - begin
        met = set()
        for poll in polls:
            came += begin <= poll <= end
            second = math.floor(poll - answered)
            if first <= second <= last and second not in met:
                met.add(second)
                late.append(poll - answered - second)
    due += (tasks - len(asked)) * (end - 1.0 - begin)
    if len(late) < 2:
        raise BenchError("nothing was asked about")
    percentile = statistics.quantiles(late, n=100)[98]
    return Seen(len(late) / due, percentile * 1000, came / (end - begin), worked / came * 1000)
