"""`make bench`: whole-process times, with a bare peer beside each where there is one.

Medians of several runs; on a shared machine the ratios say more than the seconds.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from rich.console import Console
from rich.table import Table

from pipeline.studio.animatic import draw
from pipeline.studio.engine import FRAMES_PER_SECOND, Job
from tests.proof.stage import staged

RUNS = 5
SHOTS = 10_000
SHOTMAKE = [sys.executable, "-m", "pipeline"]
ROOT = Path(__file__).parents[1]
PROMPTS = (
    "Slow zoom into a bowl of ramen, steam rising.",
    "Dawn over a calm ocean, first sun on the horizon, slow pan right.",
    "A neon city street at night in the rain, push in.",
    "Aerial shot over snow-covered mountains at golden hour.",
)


def main() -> None:
    """Measure everything and print one table."""
    table = Table("what", "median s", "peer", "ratio")
    bare = _seconds([sys.executable, "-c", "pass"])
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        spec = _large_board(folder)
        load = f"import yaml; yaml.load(open({str(spec)!r}), yaml.CSafeLoader)"
        loading = _seconds([sys.executable, "-c", load])
        rows = [
            ("--version", [*SHOTMAKE, "--version"], "python -c pass", bare),
            (f"check, {SHOTS:,} shots", [*SHOTMAKE, "check"], "CSafeLoader alone", loading),
            (
                f"plan, {SHOTS:,} new shots",
                [*SHOTMAKE, "plan", "--json"],
                "CSafeLoader alone",
                loading,
            ),
        ]
        for what, command, peer, peer_seconds in rows:
            seconds = _seconds(command, folder)
            ratio = f"{seconds / peer_seconds:.1f}"
            table.add_row(what, f"{seconds:.3f}", f"{peer}: {peer_seconds:.3f} s", ratio)
    few, many = _fsyncs(5), _fsyncs(25)
    counted = f"{few} for 5 takes, {many} for 25"
    table.add_row("fsyncs a take", "", counted, f"{(many - few) / 20:g}")
    for label, size in (("720p", (1280, 720)), ("1080p", (1920, 1080))):
        rate = _frames_per_second(*size)
        real_time = f"{rate / FRAMES_PER_SECOND:.1f} × real time"
        table.add_row(f"animatic, {label}, one core", "", f"{rate:.0f} frames/s", real_time)
    Console(width=110).print(table)


def _large_board(folder: Path) -> Path:
    lines = ["model: veo-3.1-fast", "defaults: {duration: 4}", "shots:"]
    for number in range(SHOTS):
        lines += [f"  - id: s{number}", f"    prompt: {PROMPTS[number % 4]}", f"    seed: {number}"]
    (folder / "specs").mkdir()
    spec = folder / "specs" / "large.yaml"
    spec.write_text("\n".join(lines) + "\n", "utf-8")
    return spec


def _seconds(command: list[str], folder: Path = ROOT) -> float:
    """The median time of a whole process, after one run to warm up."""
    times = []
    for _run in range(RUNS + 1):
        begun = time.perf_counter()
        subprocess.run(
            command,
            cwd=folder,
            env=os.environ | {"PYTHONPATH": str(ROOT)},
            check=True,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        times.append(time.perf_counter() - begun)
    return statistics.median(times[1:])


def _fsyncs(takes: int) -> int:
    """How often a whole run of so many new takes waits for the disk, as the processes do it."""
    with tempfile.TemporaryDirectory() as name, staged(Path(name)) as stage:
        scene = stage.scene()
        scene.film(*(f"bowl number {number}" for number in range(takes)))
        ended = scene.run("run")
        if ended.exit != 0:
            raise RuntimeError(ended.stderr)
        return sum(crossing.kind == "fsync" for crossing in ended.crossed)


def _frames_per_second(width: int, height: int) -> float:
    """Drawing and encoding together, in this process, over several prompts."""
    seconds = 4
    jobs = [
        Job("shot", "veo-3.1-fast", prompt, seconds, width, height, seed)
        for seed, prompt in enumerate(PROMPTS)
    ]
    draw(jobs[0])
    begun = time.perf_counter()
    for job in jobs:
        draw(job)
    return len(jobs) * seconds * FRAMES_PER_SECOND / (time.perf_counter() - begun)


if __name__ == "__main__":
    main()
