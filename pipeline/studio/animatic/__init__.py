"""The engine that draws animatics: the moving storyboards that films are planned with."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pipeline.studio.engine import Job


def draw(job: Job) -> bytes:
    """The clip of a job, as `pipeline.studio.engine.Engine` says.

    Raises `MediaError` when the init image can't be read.
    """
    # Half a second of imports that a command which draws nothing should not pay for.
    from pipeline.studio.animatic.clip import draw_clip  # noqa: PLC0415

    return draw_clip(job)
