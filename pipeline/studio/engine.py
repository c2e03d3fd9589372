"""What an engine is: a pure function from a job to a clip's bytes.

Another vendor or a GPU is one more engine. A job and an engine can both be pickled, so the
studio may call an engine in this process, in another one, or one day on another machine.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from pipeline.errors import ShotmakeError

FRAMES_PER_SECOND = 24


@dataclass(frozen=True, slots=True)
class Job:
    """All that an engine is told about one clip.

    `label` names the shot in the picture; `width` and `height` are in pixels;
    `seed` is the caller's, or nothing; `init_image` is the image file's bytes. `take` tells takes
    of one shot apart that have no seed.
    """

    label: str
    model: str
    prompt: str
    duration_seconds: int
    width: int
    height: int
    seed: int | None = None
    init_image: bytes | None = None
    take: int = 1


class EngineError(ShotmakeError):
    """A clip can't be drawn; `code` is the task's `error_code`."""

    def __init__(self, message: str, code: str = "engine_error") -> None:
        super().__init__(message, code)  # both in args: the exception crosses processes pickled
        self.code = code

    def __str__(self) -> str:
        return str(self.args[0])


Engine = Callable[[Job], bytes]
"""Draws the whole clip: an H.264 MP4 of exactly `24 * duration_seconds` frames.

The same job gives the same bytes. Raises `MediaError` when the init image
can't be read, `EngineError` for anything else that ends the task as failed.
"""
