"""What the journal's entries cost, beside a bare file that is appended to and synced."""

from __future__ import annotations

import os
import tempfile
import time
from functools import partial
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.rendering import disk
from pipeline.rendering.events import Intent, Submitted
from pipeline.rendering.journal import Journal, encode
from tests.bench.boards import PROMPTS
from tests.bench.measure import PROVIDER, ROOT, BenchError, Peer, Row, medians, row
from tests.proof.stage import staged

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pipeline.rendering.events import Event
    from tests.bench.lab import Lab

_FSYNCS_MAX = 4
_AT = "2026-11-23T12:00:00Z"


def rows(lab: Lab) -> list[Row]:
    """On the disk that the project lies on: a temporary folder may be in memory."""
    (ROOT / "build").mkdir(exist_ok=True)
    takes = lab.size(200, 10)
    entries = [entry for number in range(takes) for entry in _entries(number)]
    lines = [encode(entry, number) for number, entry in enumerate(entries, 1)]
    with tempfile.TemporaryDirectory(dir=ROOT / "build") as name:
        folder, numbers = Path(name), count()
        ours, bare = medians(
            lab.runs(7),
            lambda: _ours(entries, folder / f"{next(numbers)}.jsonl"),
            lambda: _bare(lines, folder / f"{next(numbers)}.txt"),
        )
    each = 1000 / len(entries)
    few, many = (5, 25) if not lab.quick else (1, 3)
    fsyncs = (_fsyncs(many) - _fsyncs(few)) / (many - few)
    return [
        row(
            "a journal entry, on the disk",
            ours * each,
            Peer("append and fsync", bare * each),
            "ms",
            at_most=1.5,
        ),
        Row(
            "fsyncs a take, all of a run",
            f"{fsyncs:g}",
            target=f"≤ {_FSYNCS_MAX}",
            met=fsyncs <= _FSYNCS_MAX,
        ),
    ]


def _entries(number: int) -> list[Event]:
    """Those of a take that wait for the disk."""
    render = f"shot-{number}"
    prompt = PROMPTS[number % len(PROMPTS)]
    request = {"model": "veo-3.1-fast", "prompt": prompt, "duration": 4, "aspect": "16:9"}
    digest, key = f"{number:064x}", f"{render}.t1.a1.{number:020x}"
    intent = Intent(render, _AT, PROVIDER, digest, request, key, 1, 0.18, "5d4c3b2a")
    return [intent, Submitted(render, _AT, f"task_{number:016x}")]


def _ours(entries: Sequence[Event], path: Path) -> float:
    begun = time.perf_counter()
    journal, _before = Journal.open(path, partial(disk.sync, path.parent))
    for entry in entries:
        journal.append(entry, sync=True)
    journal.close()
    return time.perf_counter() - begun


def _bare(lines: Sequence[bytes], path: Path) -> float:
    begun = time.perf_counter()
    descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
    for line in lines:
        os.write(descriptor, line)
        os.fsync(descriptor)
    os.close(descriptor)
    return time.perf_counter() - begun


def _fsyncs(takes: int) -> int:
    """How often a whole run of so many new takes waits for the disk, as the processes do it."""
    with tempfile.TemporaryDirectory() as name, staged(Path(name)) as stage:
        scene = stage.scene()
        scene.film(*(f"bowl number {number}" for number in range(takes)))
        ended = scene.run("run")
        if ended.exit != 0:
            raise BenchError(ended.stderr)
        return sum(crossing.kind == "fsync" for crossing in ended.crossed)
