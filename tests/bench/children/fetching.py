"""Fetches clips as a run does, and tells the seconds that it took.

python -m tests.bench.children.fetching ADDRESS COUNT AT_ONCE FOLDER
"""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import anyio

from pipeline.tasks_api.download import Downloads, Partial
from pipeline.tasks_api.hosts import HostRule
from pipeline.web.routes import open_client

if TYPE_CHECKING:
    from collections.abc import Iterable


async def _main(address: str, count: int, at_once: int, folder: Path) -> None:
    begun = time.perf_counter()
    numbers = iter(range(count))
    async with open_client() as http, anyio.create_task_group() as crew:
        downloads = Downloads(http, HostRule(address))
        for _worker in range(at_once):
            crew.start_soon(_fetch, downloads, address, numbers, folder)
    print(time.perf_counter() - begun)  # noqa: T201 (whoever has started it reads this)


async def _fetch(downloads: Downloads, address: str, numbers: Iterable[int], folder: Path) -> None:
    for number in numbers:
        await downloads.fetch(f"{address}/clips/{number}.mp4", Partial(folder / f"{number}.part"))


if __name__ == "__main__":
    anyio.run(_main, sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), Path(sys.argv[4]))
