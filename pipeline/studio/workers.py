"""Drawing off the event loop: one process a core, through anyio's worker processes."""

from __future__ import annotations

import os
from functools import partial
from typing import TYPE_CHECKING

from anyio import to_process

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from pipeline.studio.engine import Engine, Job


def cores() -> int:
    """How many clips are worth drawing at once on this machine."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def in_processes(engine: Engine) -> Callable[[Job], Awaitable[bytes]]:
    """Call an engine in worker processes; a cancelled call's process is killed."""
    return partial(_draw, engine)


async def _draw(engine: Engine, job: Job) -> bytes:
    return await to_process.run_sync(engine, job, cancellable=True)
