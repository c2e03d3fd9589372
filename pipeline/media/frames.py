"""One picture of a clip, exactly: the still that another shot begins with.

A picture's time (pts) counts in ticks of the clip's own clock. Pictures are not stored in the
order in which they are shown, nor need they be shown for equally long, begin at 0, or be shown at
all (an edit list may leave some away). So all times are read first, which decodes nothing, and the
one picture is decoded then, from the key picture before it.
"""

from __future__ import annotations

import io
import math
import re
from contextlib import suppress
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Final

from pipeline.errors import MediaError
from pipeline.media.clips import as_media_errors, matrix, opened, packets, require_size

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from av.video.frame import VideoFrame
    from PIL import Image

_TIMECODE: Final = re.compile(r"([0-9]{2}):([0-9]{2}):([0-9]{2}):([0-9]{2})")
_PLACE: Final = re.compile(rf"first|last|[0-9]+(\.[0-9]+)?|{_TIMECODE.pattern}")
_PNG_LEVEL: Final = 3
"""Of zlib's 9: half the time of Pillow's own 6 on pictures of clips, and no larger."""


@dataclass(frozen=True, slots=True)
class Time:
    """When a picture is shown and for how long, in ticks; `key` is when to begin decoding for it,
    in ticks of the order of decoding (dts), where that is known.
    """

    pts: int
    ticks: int
    key: int | None


@dataclass(frozen=True, slots=True)
class Times:
    """When the pictures of a clip are shown (one at least), in any order.

    `tick` in seconds; `rate` in pictures a second, on average.
    """

    pictures: Sequence[Time]
    tick: Fraction
    rate: Fraction

    def find(self, frame: str) -> Time:
        """The picture at a place in the clip, given as for `frame_png`.

        Raises `MediaError` where there is none.
        """
        if frame == "last":
            return max(self.pictures, key=_pts)
        first = min(self.pictures, key=_pts)
        if frame == "first":
            return first
        seconds, tolerance = self._moment(frame)
        end = max(picture.pts + picture.ticks for picture in self.pictures)
        length = (end - first.pts) * self.tick
        if seconds >= length:
            raise MediaError(
                f"the clip ends at {float(length):.4g} s, so it has no picture at {frame}; "
                "write last for its last one"
            )
        latest = first.pts + math.floor((seconds + tolerance) / self.tick)
        return max((p for p in self.pictures if p.pts <= latest), key=_pts)

    def middle(self) -> Time:
        """The picture in the middle of all."""
        return sorted(self.pictures, key=_pts)[len(self.pictures) // 2]

    def _moment(self, frame: str) -> tuple[Fraction, Fraction]:
        """A time in seconds, and how much later than that its picture may begin.

        A timecode counts pictures and its time is reckoned from them, so that what it means is
        the nearest one: the clip's clock may not be fine enough for the exact time.
        """
        found = _TIMECODE.fullmatch(frame)
        if found is None:
            return Fraction(frame), Fraction(0)
        hours, minutes, seconds, pictures = map(int, found.groups())
        if pictures >= self.rate:
            raise MediaError(
                f"the clip has {float(self.rate):.4g} pictures a second, and they are counted "
                f"from 0: there is none at {frame}"
            )
        whole = hours * 3600 + minutes * 60 + seconds
        return whole + pictures / self.rate, 1 / (2 * self.rate)


def frame_png(path: Path, frame: str) -> bytes:
    """The picture at a place in a clip, as PNG: upright, in RGB, the same bytes every time.

    `frame` is `first`, `last`, seconds from the first picture such as `2.5` (of the pictures that
    have begun by then, the latest), or a timecode `HH:MM:SS:FF`, whose FF counts pictures at the
    clip's average rate. What is called BT.709 or BT.601 is taken for sRGB, as on the web; HDR is
    not brought into its range. The same bytes: on one machine; other versions of FFmpeg, Pillow
    or zlib may give others.

    Raises `MediaError` when there is no such picture or the clip is damaged, `OSError` when the
    file can't be read, and `ValueError` when `frame` is no place in a clip.
    """
    if not _PLACE.fullmatch(frame):
        raise ValueError(f"{frame!r} is no place in a clip")
    with as_media_errors():
        picture = _picture(path, _times(path).find(frame))
        return _png(_upright(picture))


def middle_image(path: Path) -> Image.Image:
    """The picture amid a clip, upright, in RGB: what it is about is seldom told by its first one.

    Raises `MediaError` when the clip is damaged, and `OSError` when the file can't be read.
    """
    with as_media_errors():
        return _upright(_picture(path, _times(path).middle()))


def _times(path: Path) -> Times:
    """When the pictures of a clip are shown; nothing is decoded for that."""
    with opened(path) as (container, stream):
        pictures = []
        keys: list[tuple[int, int | None]] = []
        for shown, packet in packets(path, container, stream):
            if packet.is_keyframe:
                keys.append((shown, packet.dts))
            if not packet.is_discard:
                # A picture may be stored behind a key picture and be shown before it: it leans
                # on what lies before that.
                key = next((dts for pts, dts in reversed(keys) if pts <= shown), None)
                pictures.append(Time(shown, max(packet.duration or 0, 1), key))
        if not pictures:
            raise MediaError("it has no picture in it")
        rate = stream.average_rate or stream.guessed_rate
        if not rate or not stream.time_base:
            raise MediaError("it doesn't say how many pictures a second it has")
        return Times(pictures, Fraction(stream.time_base), Fraction(rate))


def _pts(picture: Time) -> int:
    return picture.pts


def _picture(path: Path, wanted: Time) -> VideoFrame:
    """Decode one picture: from the key picture before it or, if that doesn't do, all of them."""
    import av  # noqa: PLC0415

    picture = None
    if wanted.key is not None:
        # What is wrong may be so only because decoding began amid the clip.
        with suppress(MediaError, av.error.FFmpegError):
            picture = _decoded(path, wanted.pts, wanted.key)
    if picture is None or picture.pts != wanted.pts:
        picture = _decoded(path, wanted.pts, None)
    if picture is None:
        raise MediaError("the picture can't be decoded")
    return picture


def _decoded(path: Path, pts: int, start: int | None) -> VideoFrame | None:
    """The picture shown at `pts`, or the last one before it where the codec gives none for that."""
    with opened(path) as (container, stream):
        # An error must be one: FFmpeg would paint over what is broken with what is near.
        stream.codec_context.options = {"err_detect": "explode"}
        if start is not None:
            container.seek(start, stream=stream)
        best, best_pts = None, 0
        for picture in container.decode(stream):
            if picture.is_corrupt:
                raise MediaError("its pictures are damaged")
            if picture.pts is None or picture.pts > pts:
                continue
            if best is None or picture.pts > best_pts:
                best, best_pts = picture, picture.pts
            if picture.pts == pts:
                break
        return best


def _upright(picture: VideoFrame) -> Image.Image:
    """The picture in RGB, as players turn it."""
    from PIL import Image  # noqa: PLC0415

    image = _rgb(picture)
    turns = {90: Image.Transpose.ROTATE_90, -90: Image.Transpose.ROTATE_270}
    turns |= {180: Image.Transpose.ROTATE_180, -180: Image.Transpose.ROTATE_180}
    turn = turns.get(picture.rotation)
    return image if turn is None else image.transpose(turn)


def _rgb(picture: VideoFrame) -> Image.Image:
    """By the clip's own matrix and range; exact, for which swscale has to be asked."""
    from av.video.reformatter import ColorRange, Interpolation  # noqa: PLC0415
    from PIL import Image  # noqa: PLC0415

    require_size(picture.width, picture.height)
    exact = Interpolation.BICUBIC | Interpolation.ACCURATE_RND | Interpolation.BITEXACT
    exact |= Interpolation.FULL_CHR_H_INT | Interpolation.FULL_CHR_H_INP
    converted = picture.reformat(
        format="rgb24",
        src_colorspace=matrix(picture),
        src_color_range=picture.color_range,
        dst_color_range=ColorRange.JPEG,
        interpolation=exact,
        threads=1,
    )
    return Image.fromarray(converted.to_ndarray())


def _png(image: Image.Image) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, "PNG", compress_level=_PNG_LEVEL)
    return buffer.getvalue()
