"""How long a clip's picture is, and whether there is sound to it: what a cut list has to know.

A container may say another length than its picture has: sound is stored in blocks of its own size
and ends a little later.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

from pipeline.errors import MediaError

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class Length:
    """`seconds` of picture, exactly; `channels` of sound, 0 for a silent clip."""

    seconds: Fraction
    channels: int


def length(path: Path) -> Length:
    """What a clip's head says; nothing is decoded, and its pictures aren't read.

    Raises `MediaError` when it has no picture or no length, or can't be read.
    """
    import av  # noqa: PLC0415 (FFmpeg takes a while to load, and most commands never need it)

    try:
        with av.open(str(path), mode="r", format="mp4", metadata_errors="replace") as container:
            if not container.streams.video:
                raise MediaError("it has no video in it")
            video = container.streams.video[0]
            if video.duration and video.time_base:
                seconds = video.duration * Fraction(video.time_base)
            elif container.duration:  # in fragments, which are counted at the end
                seconds = Fraction(container.duration, av.time_base)
            else:
                raise MediaError("it doesn't say how long it is")
            sound = container.streams.audio
            return Length(seconds, sound[0].codec_context.channels if sound else 0)
    except OSError as error:
        raise MediaError(f"it can't be read: {error.strerror}") from error
    except (av.error.FFmpegError, ValueError) as error:
        raise MediaError(f"it is no MP4 that can be played ({type(error).__name__})") from error
