"""A montage becomes an MP4: its pictures, its sound, and a chapter for every scene."""

from __future__ import annotations

import errno
import math
from heapq import merge
from typing import TYPE_CHECKING, Any

from pipeline.media.encoding import encoded, encoded_stream
from pipeline.media.sound import RATE, encoded_sound, sound_stream
from pipeline.media.splicing import copied, copied_stream

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from av.container import OutputContainer
    from av.packet import Packet
    from av.video.stream import VideoStream

    from pipeline.media.montage import Montage


def assemble(montage: Montage, path: Path, progress: Callable[[int], None]) -> None:
    """Write the film. `progress` is told how many of its pictures are written.

    One clip at a time is open, or two where there is sound. The same clips give the same bytes.
    Raises `MediaError`, naming the clip, where one can't be read, and `OSError` where the film
    can't be written.
    """
    import av  # noqa: PLC0415

    # Chapters are counted by the film's own clock. In this one every picture's time is a whole
    # number, and every sample's where that fits into 31 bits.
    clock = math.lcm(montage.rate.numerator, RATE)
    options = {
        "movflags": "+faststart",
        "fflags": "+bitexact",
        "movie_timescale": str(clock if clock < 1 << 31 else montage.rate.numerator),
    }
    try:
        with av.open(str(path), "w", format="mp4", options=options) as container:
            container.metadata["title"] = montage.title
            container.set_chapters([*_chapters(montage)])
            for packet in _interleaved(container, montage, progress):
                container.mux(packet)
    except av.error.FFmpegError as error:
        if isinstance(error, OSError):
            raise
        raise OSError(errno.EIO, f"the film can't be written ({error})") from error


def _interleaved(
    container: OutputContainer, montage: Montage, progress: Callable[[int], None]
) -> Iterator[Packet[Any]]:
    """Pictures and sound in the order of time, so that none of either has to be remembered."""
    if montage.copied:
        pictures = copied(copied_stream(container, montage), montage)
    else:
        pictures = encoded(encoded_stream(container, montage), montage)
    tracks: list[Iterator[Packet[Any]]] = [_told(pictures, progress)]
    if montage.sound:
        tracks.append(encoded_sound(sound_stream(container), montage))
    return merge(*tracks, key=_when)


def _told(
    pictures: Iterator[Packet[VideoStream]], progress: Callable[[int], None]
) -> Iterator[Packet[VideoStream]]:
    for number, packet in enumerate(pictures, 1):
        yield packet
        progress(number)


def _when(packet: Packet[Any]) -> float:
    return float((packet.dts or 0) * packet.time_base)


def _chapters(montage: Montage) -> Iterator[Any]:
    """As PyAV takes them."""
    begin = 0
    for number, scene in enumerate(montage.scenes):
        yield {
            "id": number,
            "start": begin,
            "end": begin + scene.frames,
            "time_base": 1 / montage.rate,
            "metadata": {"title": scene.name},
        }
        begin += scene.frames
