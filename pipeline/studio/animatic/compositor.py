"""Moves the layers and blends them into one frame after the other.

What costs here is memory traffic, so: the far layers are blended at half size, where 4:2:0
chroma lives anyway, and only their luma is scaled up; each layer is touched only in the rows
and columns where it is; coverage travels as a fourth channel, because four channels warp as
fast as one.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import cv2
import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pipeline.studio.animatic.camera import Camera
    from pipeline.studio.animatic.layer import Layer, Pixels

_CLEAR = (0, 0, 0, 255)


class Planes:
    """One picture: Y, and U and V at half its width and height."""

    def __init__(self, width: int, height: int) -> None:
        self.luma: Pixels = np.full((height, width), 16, np.uint8)
        self.blue: Pixels = np.full((height // 2, width // 2), 128, np.uint8)
        self.red: Pixels = np.full((height // 2, width // 2), 128, np.uint8)


class Compositor:
    """Draws the frames of one clip from its layers, sorted from far to near."""

    def __init__(self, camera: Camera, layers: Sequence[Layer]) -> None:
        self._camera = camera
        width, height = camera.width, camera.height
        self._size = (width, height)
        self._half_size = (width // 2, height // 2)
        ordered = sorted(layers, key=lambda layer: layer.depth)
        # A soft layer in front of a crisp one has to be blended at full size as well.
        crisp = next((k for k, each in enumerate(ordered) if each.detail == 1.0), len(ordered))
        self._far, self._near = ordered[:crisp], ordered[crisp:]
        self.planes = Planes(width, height)
        self._half_luma: Pixels = np.full((height // 2, width // 2), 16, np.uint8)

    def draw(self, frame: int) -> Planes:
        """The frame's picture; the same planes are used again for the next one."""
        planes = self.planes
        half = (self._half_luma, planes.blue, planes.red)
        for layer in self._far:
            self._blend_half(layer, frame, half)
        if self._far:
            cv2.resize(
                self._half_luma, self._size, dst=planes.luma, interpolation=cv2.INTER_LINEAR
            )
        for layer in self._near:
            self._blend_full(layer, frame)
        return planes

    def _blend_half(
        self, layer: Layer, frame: int, targets: tuple[Pixels, Pixels, Pixels]
    ) -> None:
        moved = self._moved(layer, frame, 0.5, self._half_size)
        if moved is None:
            return
        left, top, picture = moved
        height, width = picture.shape[:2]
        *planes, through = cv2.split(picture)
        for plane, target in zip(planes, targets, strict=True):
            part = target[top : top + height, left : left + width]
            if layer.opaque:
                part[:] = plane
            else:
                _over(part, plane, through)

    def _blend_full(self, layer: Layer, frame: int) -> None:
        moved = self._moved(layer, frame, 1.0, self._size)
        if moved is None:
            return
        left, top, picture = moved
        height, width = picture.shape[:2]
        luma, _, _, through = cv2.split(picture)
        _over(self.planes.luma[top : top + height, left : left + width], luma, through)
        small = cv2.resize(picture, (width // 2, height // 2), interpolation=cv2.INTER_AREA)
        _, blue, red, through = cv2.split(small)
        rows = slice(top // 2, (top + height) // 2)
        columns = slice(left // 2, (left + width) // 2)
        _over(self.planes.blue[rows, columns], blue, through)
        _over(self.planes.red[rows, columns], red, through)

    def _moved(
        self, layer: Layer, frame: int, share: float, size: tuple[int, int]
    ) -> tuple[int, int, Pixels] | None:
        """The layer as the camera sees it: left, top and the picture there, or nothing."""
        place = self._camera.place(frame, layer.depth, followed=layer.followed)
        centre_x, centre_y = self._camera.centre
        drift_x, drift_y = layer.drift[0] * frame, layer.drift[1] * frame
        box = layer.box

        def to_screen(at: float, centre: float, shift: float) -> float:
            return (centre + place.scale * (at - centre) + shift) * share

        left = _down(to_screen(box.left + drift_x, centre_x, place.shift_x))
        right = _up(to_screen(box.right + drift_x, centre_x, place.shift_x), size[0])
        top = _down(to_screen(box.top + drift_y, centre_y, place.shift_y))
        bottom = _up(to_screen(box.bottom + drift_y, centre_y, place.shift_y), size[1])
        if layer.opaque:
            left, top, (right, bottom) = 0, 0, size
        if right <= left or bottom <= top:
            return None
        step = layer.detail / (place.scale * share)

        def to_canvas(start: int, origin: float, centre: float, shift: float) -> float:
            scene = centre + ((start + 0.5) / share - centre - shift) / place.scale
            return layer.detail * (scene - origin) - 0.5

        way = np.array(
            [
                [step, 0.0, to_canvas(left, box.left + drift_x, centre_x, place.shift_x)],
                [0.0, step, to_canvas(top, box.top + drift_y, centre_y, place.shift_y)],
            ]
        )
        canvas = layer.canvas if layer.alive is None else layer.alive(frame)
        picture = cv2.warpAffine(
            canvas,
            way,
            (right - left, bottom - top),
            flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
            borderMode=cv2.BORDER_REPLICATE if layer.opaque else cv2.BORDER_CONSTANT,
            borderValue=_CLEAR,
        )
        return left, top, np.asarray(picture, np.uint8)


def _down(at: float) -> int:
    """The even pixel at or before, so that chroma has whole pixels there too."""
    return max(math.floor(at) & ~1, 0)


def _up(at: float, limit: int) -> int:
    return min((math.ceil(at) + 2) & ~1, limit)


def _over(target: Pixels, plane: Pixels, through: Pixels) -> None:
    cv2.multiply(target, through, dst=target, scale=1 / 255)
    cv2.add(target, plane, dst=target)
