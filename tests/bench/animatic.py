"""Drawing and encoding animatics, beside encoding alone, in a process a core."""

from __future__ import annotations

import json
import statistics
import subprocess
from contextlib import ExitStack
from typing import TYPE_CHECKING

from tests.bench.measure import PYTHON, ROOT, BenchError, Peer, Row, environment, row

if TYPE_CHECKING:
    from tests.bench.lab import Lab

_PROCESSES = 2


def rows(lab: Lab) -> list[Row]:
    """Frames a second of all processes together."""
    clips, seconds = lab.size(6, 2), lab.size(3, 1)
    drawn, encoded = [], []
    for _run in range(lab.runs(3)):
        drawn.append(_frames_per_second("draw", clips, seconds))
        encoded.append(_frames_per_second("encode", clips, seconds))
    return [
        row(
            f"animatic, 720p, {_PROCESSES} processes",
            statistics.median(drawn),
            Peer("PyAV, encoding alone", statistics.median(encoded)),
            "frames/s",
            at_least=0.8,
        )
    ]


def _frames_per_second(what: str, clips: int, seconds: int) -> float:
    """All begin together, once each has made ready."""
    command = [PYTHON, "-m", "tests.bench.children.clips", what, str(clips), str(seconds)]
    with ExitStack() as stack:
        crew = [stack.enter_context(_started(command)) for _number in range(_PROCESSES)]
        for process in crew:
            _line(process)
        for process in crew:
            assert process.stdin is not None
            process.stdin.write("go\n")
            process.stdin.flush()
        ends = [json.loads(_line(process)) for process in crew]
    frames, longest = sum(count for count, _taken in ends), max(taken for _count, taken in ends)
    return float(frames / longest)


def _started(command: list[str]) -> subprocess.Popen[str]:
    return subprocess.Popen(
        command,
        cwd=ROOT,
        env=environment(),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def _line(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    line = process.stdout.readline()
    if not line:
        raise BenchError("a process that draws has ended too early")
    return line
