"""Fetching clips, beside curl."""

from __future__ import annotations

import os
import shutil
import statistics
from typing import TYPE_CHECKING

from tests.bench.hosting import gateway
from tests.bench.measure import PYTHON, ROOT, BenchError, Peer, Row, process_seconds, row, said_by
from tests.bench.programs import program
from tests.support.memory import workshop

if TYPE_CHECKING:
    from pathlib import Path

    from tests.bench.lab import Lab

AT_ONCE = 8
_MB = 1_000_000


def rows(lab: Lab) -> list[Row]:
    """From one server into one folder, in turn. In memory: the disk is not what is measured."""
    count, size = lab.size(200, 20), lab.size(8 * _MB, _MB)
    ours, curl = [], []
    with workshop() as folder:
        clip = folder / "clip.mp4"
        clip.write_bytes(os.urandom(size))
        with gateway("--clip", str(clip)) as host:
            for _run in range(lab.runs(5) + 1):
                ours.append(_ours(host.address, count, folder / "ours", size))
                curl.append(_curl(host.address, count, folder / "curl", size))
    megabytes = count * size / _MB
    warm = 0 if lab.quick else 1
    return [
        row(
            f"{count} clips of {size / _MB:.0f} MB, {AT_ONCE} at once",
            megabytes / statistics.median(ours[warm:]),
            Peer("curl --parallel", megabytes / statistics.median(curl[warm:])),
            "MB/s",
            at_least=0.9,
        )
    ]


def _ours(address: str, count: int, folder: Path, size: int) -> float:
    """The seconds that the fetching takes, without those that Python needs to begin."""
    folder.mkdir()
    child = [PYTHON, "-m", "tests.bench.children.fetching", address, str(count), str(AT_ONCE)]
    seconds = float(said_by([*child, str(folder)], ROOT))
    _require(folder, count, size)
    return seconds


def _curl(address: str, count: int, folder: Path, size: int) -> float:
    folder.mkdir()
    urls = [f'url = "{address}/clips/{number}.mp4"\noutput = {number}' for number in range(count)]
    config = folder.with_suffix(".config")
    config.write_text("\n".join(urls) + "\n")
    command = [program("curl"), "--fail", "--silent", "--parallel", "--parallel-max", str(AT_ONCE)]
    seconds = process_seconds([*command, "--config", str(config)], folder)
    _require(folder, count, size)
    return seconds


def _require(folder: Path, count: int, size: int) -> None:
    """All of it must have come; the next run begins anew."""
    sizes = [path.stat().st_size for path in folder.iterdir()]
    if sizes != [size] * count:
        raise BenchError(f"{len(sizes)} clips came, with {sum(sizes)} of {count * size} bytes")
    shutil.rmtree(folder)
