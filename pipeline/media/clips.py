"""Clips as FFmpeg has them: opened, read to their ends, and how their colours are meant."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from pipeline.errors import MediaError
from pipeline.media.boxes import missing_bytes
from pipeline.media.stills import SIDE_MAX

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from av.container import InputContainer
    from av.packet import Packet
    from av.video.frame import VideoFrame
    from av.video.reformatter import Colorspace
    from av.video.stream import VideoStream

_UNSPECIFIED: Final = (2, 3)
"""AVCOL_SPC_UNSPECIFIED and AVCOL_SPC_RESERVED, of libavutil/pixfmt.h."""

_HD_LINES: Final = 720
"""Clips that don't say by which matrix they were made: from here on by BT.709, else by BT.601."""


@contextmanager
def as_media_errors() -> Iterator[None]:
    """What FFmpeg says of a clip that it can't read, as `MediaError`."""
    import av  # noqa: PLC0415 (FFmpeg takes a while to load, and most commands never need it)

    try:
        yield
    except (av.error.FFmpegError, ArithmeticError, ValueError) as error:
        raise MediaError(f"it is no MP4 that can be played ({type(error).__name__})") from error


@contextmanager
def opened(path: Path) -> Iterator[tuple[InputContainer, VideoStream]]:
    """A clip and its video, of a size that can be decoded.

    Raises `MediaError`, and what FFmpeg raises.
    """
    import av  # noqa: PLC0415 (as above)

    # Titles and comments are of no use here: that they are no UTF-8 is no reason to fail.
    with av.open(str(path), mode="r", format="mp4", metadata_errors="replace") as container:
        if not container.streams.video:
            raise MediaError("it has no video in it")
        stream = container.streams.video[0]
        if stream.codec_context is None:
            raise MediaError("its pictures are stored in a way that can't be read")
        require_size(stream.codec_context.width, stream.codec_context.height)
        yield container, stream


def require_size(width: int, height: int) -> None:
    """Raises `MediaError` for pictures (in pixels) that nobody makes but to exhaust us."""
    if max(width, height) > SIDE_MAX:
        raise MediaError(f"its pictures are {width}×{height} pixels, far too large")


def packets(
    path: Path, container: InputContainer, stream: VideoStream
) -> Iterator[tuple[int, Packet[VideoStream]]]:
    """All coded pictures of an open clip in the order of decoding, those that aren't shown too,
    each behind its time (pts, in ticks of the stream).

    Raises `MediaError` where one of them isn't all there.
    """
    if missing := missing_bytes(path):
        raise MediaError(f"it is cut short (bytes missing at its end: {missing:,})")
    for packet in container.demux(stream):
        if packet.is_corrupt:
            raise MediaError("it is cut short: a picture is there in part only")
        if packet.pts is not None and packet.size:
            yield packet.pts, packet


def matrix(picture: VideoFrame) -> Colorspace | None:
    """By which matrix colours were made where the picture doesn't say; None where it does."""
    from av.video.reformatter import Colorspace  # noqa: PLC0415

    if picture.colorspace not in _UNSPECIFIED:
        return None
    return Colorspace.ITU709 if picture.height >= _HD_LINES else Colorspace.ITU601
