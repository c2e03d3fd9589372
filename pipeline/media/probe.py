"""Opening a clip to see that it is one: container, duration, frame size, a picture."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pipeline.errors import MediaError
from pipeline.media.boxes import missing_bytes

if TYPE_CHECKING:
    from pathlib import Path

DURATION_TOLERANCE_SECONDS = 0.5
SIDE_TOLERANCE = 16
"""Pixels a side: codecs work in blocks of so many, and some models give them whole."""


@dataclass(frozen=True, slots=True)
class Footage:
    """What a clip's container and first picture say. Sizes in pixels."""

    duration_seconds: float
    width: int
    height: int


def probe(path: Path) -> Footage:
    """Open a clip, decode its first picture and find the data of all others.

    Raises `MediaError` when that fails, `OSError` when the file can't be read.
    """
    import av  # noqa: PLC0415 (FFmpeg takes a while to load, and most commands never need it)

    try:
        with av.open(str(path), mode="r", format="mp4", metadata_errors="replace") as container:
            if not container.streams.video:
                raise MediaError("it has no video in it")
            stream = container.streams.video[0]
            picture = next(container.decode(stream), None)
            if picture is None:
                raise MediaError("it has no picture in it")
            if container.duration is None:
                raise MediaError("it doesn't say how long it is")
            container.seek(0)
            # Not by counting pictures: an edit list leaves some out on purpose.
            if missing := missing_bytes(path):
                raise MediaError(f"it is cut short (bytes missing at its end: {missing:,})")
            if any(packet.is_corrupt for packet in container.demux(stream)):
                raise MediaError("it is cut short: a picture is there in part only")
            return Footage(container.duration / av.time_base, picture.width, picture.height)
    except (av.error.FFmpegError, ValueError) as error:
        raise MediaError(f"it is no MP4 that can be played ({type(error).__name__})") from error


def verify(footage: Footage, duration_seconds: float, size: tuple[int, int]) -> None:
    """Compare a clip with what was asked for. Raises `MediaError` naming every difference."""
    differences = []
    if abs(footage.duration_seconds - duration_seconds) > DURATION_TOLERANCE_SECONDS:
        differences.append(f"{footage.duration_seconds:.2f} s long and not {duration_seconds:g} s")
    width, height = size
    if max(abs(footage.width - width), abs(footage.height - height)) > SIDE_TOLERANCE:
        differences.append(f"{footage.width}×{footage.height} and not {width}×{height}")
    if differences:
        raise MediaError(f"it is {', and '.join(differences)}")
