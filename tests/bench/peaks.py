"""Whole commands with the most memory that they have had, and the seconds that they took."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tests.bench.measure import CHILDREN, PYTHON, process_seconds

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path


@dataclass(frozen=True)
class Peak:
    """What one process took."""

    bytes: int
    seconds: float


def peak_of(arguments: Sequence[str], project: Path) -> Peak:
    """`shotmake` with these arguments, in a process that looks at itself when it is done."""
    told = project / f".peak-{time.monotonic_ns()}"
    command = [PYTHON, str(CHILDREN / "peak.py"), str(told), *arguments]
    seconds = process_seconds(command, project)
    taken = int(told.read_text("ascii"))
    told.unlink()
    return Peak(taken, seconds)
