"""When to ask about a task: the model's published cadence as a series of moments. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

AFTERWARDS_SECONDS = 5.0
"""Past the published window a task is asked about this often, until the caller gives up."""


class Window(Protocol):
    """Ask every so often until so many seconds after the submit's answer (None: for ever)."""

    @property
    def every_seconds(self) -> float: ...

    @property
    def until_seconds(self) -> float | None: ...


def moments(windows: Sequence[Window]) -> Iterator[float]:
    """Seconds after the submit's answer at which the 1st, 2nd, … query is due. Endless.

    Computed from window starts by multiplication, so that no rounding error adds up.
    """
    start = 0.0
    for window in windows:
        count = 1
        while window.until_seconds is None or start + count * window.every_seconds <= (
            window.until_seconds + 1e-9
        ):
            yield start + count * window.every_seconds
            count += 1
        start += (count - 1) * window.every_seconds
    count = 1
    while True:
        yield start + count * AFTERWARDS_SECONDS
        count += 1


def upcoming(due: Iterator[float], elapsed_seconds: float) -> float:
    """The next moment that is not yet past: a slow answer skips queries, it shifts none."""
    return next(moment for moment in due if moment >= elapsed_seconds)
