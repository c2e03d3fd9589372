"""Drawing off the event loop: one process a core, through anyio's worker processes."""

from __future__ import annotations

import os
import signal
from functools import partial
from typing import TYPE_CHECKING

from anyio import BrokenWorkerProcess, to_process

from pipeline.studio.engine import EngineError

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
    try:
        return await to_process.run_sync(_undisturbed, engine, job, cancellable=True)
    except (BrokenWorkerProcess, KeyboardInterrupt) as error:
        # An interrupt that reached a worker before it could close its ears is not ours.
        raise EngineError("the process that drew the clip died") from error


def _undisturbed(engine: Engine, job: Job) -> bytes:
    """In the worker: a terminal's Ctrl-C goes to every process, but only the parent decides."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    return engine(job)
