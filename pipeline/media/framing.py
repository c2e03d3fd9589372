"""Pictures brought into a film's frame: upright, in square pixels, with black bars, in BT.709."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, Final

import numpy as np
from av.video.frame import VideoFrame
from av.video.reformatter import ColorRange, Colorspace, Interpolation, VideoReformatter

from pipeline.media.clips import matrix

if TYPE_CHECKING:
    from collections.abc import Sequence

    from av.video.plane import VideoPlane
    from numpy.typing import NDArray
    from PIL import Image

    from pipeline.media.cards import Mark

    Pixels = NDArray[np.uint8]

_BLACK: Final = (16, 128, 128)
_QUARTERS: Final = {90: 1, 180: 2, -180: 2, -90: 3}
"""Turns to the left, by the angle that a picture gives."""

_SCALING: Final = Interpolation.BICUBIC | Interpolation.ACCURATE_RND | Interpolation.BITEXACT


class Framing:
    """Gives pictures of a size in pixels, in YUV 4:2:0; each one is good until the next is asked
    for.
    """

    def __init__(self, size: tuple[int, int]) -> None:
        self._size = size
        self._scaler = VideoReformatter()
        self._canvas = VideoFrame(*size, "yuv420p")
        self._planes = [_pixels(plane) for plane in self._canvas.planes]
        self._filled: tuple[int, int] | None = None
        """The size of what lies between the bars, where those are drawn."""

    def clip(self, picture: VideoFrame, aspect: Fraction, mark: Mark | None) -> VideoFrame:
        """A clip's picture; `aspect` is that of its pixels."""
        quarters = _QUARTERS.get(picture.rotation, 0)
        shape = (max(round(picture.width * aspect), 1), picture.height)
        inner = fitted(shape[::-1] if quarters % 2 else shape, self._size)
        width, height = inner[::-1] if quarters % 2 else inner
        scaled = self._scaler.reformat(
            picture,
            width,
            height,
            "yuv420p",
            src_colorspace=matrix(picture),
            dst_colorspace=Colorspace.ITU709,
            interpolation=_SCALING,
            src_color_range=picture.color_range,
            dst_color_range=ColorRange.MPEG,
            threads=1,
        )
        if inner == self._size and not quarters and mark is None:
            return scaled
        self._lay([np.rot90(_pixels(plane), quarters) for plane in scaled.planes], inner)
        if mark is not None:
            mark.burn(self._planes)
        return self._canvas

    def image(self, image: Image.Image) -> VideoFrame:
        """An image that has the frame's size."""
        return self._scaler.reformat(
            VideoFrame.from_ndarray(np.asarray(image), "rgb24"),
            format="yuv420p",
            dst_colorspace=Colorspace.ITU709,
            interpolation=_SCALING,
            src_color_range=ColorRange.JPEG,
            dst_color_range=ColorRange.MPEG,
            threads=1,
        )

    def _lay(self, planes: Sequence[Pixels], inner: tuple[int, int]) -> None:
        """Put a picture into the middle, with bars around it."""
        if self._filled != inner:
            for plane, black in zip(self._planes, _BLACK, strict=True):
                plane[:] = black
            self._filled = inner
        left, top = ((whole - part) // 4 * 2 for whole, part in zip(self._size, inner, strict=True))
        for number, (target, plane) in enumerate(zip(self._planes, planes, strict=True)):
            half = 2 if number else 1
            high, wide = plane.shape
            target[top // half :, left // half :][:high, :wide] = plane


def fitted(shape: tuple[int, int], frame: tuple[int, int]) -> tuple[int, int]:
    """The largest size of a shape that fits into a frame, both sides even."""
    scale = min(Fraction(frame[0], shape[0]), Fraction(frame[1], shape[1]))
    width, height = (max(round(side * scale / 2), 1) * 2 for side in shape)
    return min(width, frame[0]), min(height, frame[1])


def _pixels(plane: VideoPlane) -> Pixels:
    """A plane of a picture, as an array that writes through."""
    rows = np.frombuffer(memoryview(plane), np.uint8).reshape(-1, plane.line_size)
    return rows[: plane.height, : plane.width]
