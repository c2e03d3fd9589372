"""Moves the layers and blends them into one frame after the other.

What costs here is memory traffic, so: the far layers are blended at half size, where 4:2:0
chroma lives anyway, and only their luma is scaled up; each layer is touched only in the rows
and columns where it is and where no solid one hides it; coverage travels as a fourth channel,
because four channels warp as fast as one.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

import cv2
import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from pipeline.studio.animatic.camera import Camera
    from pipeline.studio.animatic.layer import Layer, Pixels

_CLEAR = (0, 0, 0, 255)


class Planes:
    """One picture: Y, and U and V at half its width and height."""

    def __init__(self, width: int, height: int) -> None:
        self.luma: Pixels = np.full((height, width), 16, np.uint8)
        self.blue: Pixels = np.full((height // 2, width // 2), 128, np.uint8)
        self.red: Pixels = np.full((height // 2, width // 2), 128, np.uint8)


class _Part(NamedTuple):
    """The screen rectangle where a layer is drawn, in pixels of the size it is blended at."""

    left: int
    top: int
    right: int
    bottom: int


class Compositor:
    """Draws the frames of one clip from its layers, sorted from far to near.

    `effects` are called last, in their order, with the frame's number and its picture.
    """

    def __init__(
        self,
        camera: Camera,
        layers: Sequence[Layer],
        effects: Sequence[Callable[[int, Planes], None]] = (),
    ) -> None:
        self._camera = camera
        self._effects = effects
        width, height = camera.width, camera.height
        self._size = (width, height)
        self._half_size = (width // 2, height // 2)
        ordered = sorted(layers, key=lambda layer: layer.depth)
        # A soft layer in front of a crisp one has to be blended at full size as well.
        crisp = next((k for k, each in enumerate(ordered) if each.detail == 1.0), len(ordered))
        self._far, self._near = ordered[:crisp], ordered[crisp:]
        self._planes = Planes(width, height)
        self._half_luma: Pixels = np.full((height // 2, width // 2), 16, np.uint8)

    def draw(self, frame: int) -> Planes:
        """The frame's picture; the same planes are used again for the next one."""
        planes = self._planes
        near, floor = self._shown(self._near, frame, 1.0, self._size[1])
        # Two rows more: scaling up looks at the next row.
        half_floor = min((floor // 2 + 3) & ~1, self._half_size[1])
        far, _ = self._shown(self._far, frame, 0.5, half_floor)
        half = (self._half_luma, planes.blue, planes.red)
        for layer, part in far:
            picture = self._moved(layer, frame, 0.5, part)
            _blend(layer, picture, [target[_area(part)] for target in half])
        if far:
            rows = min(half_floor * 2, self._size[1])
            cv2.resize(
                self._half_luma[:half_floor],
                (self._size[0], rows),
                dst=planes.luma[:rows],
                interpolation=cv2.INTER_LINEAR,
            )
        for layer, part in near:
            self._blend_full(layer, self._moved(layer, frame, 1.0, part), part)
        for effect in self._effects:
            effect(frame, planes)
        return planes

    def _blend_full(self, layer: Layer, picture: Pixels, part: _Part) -> None:
        height, width = picture.shape[:2]
        planes = self._planes
        small = cv2.resize(picture, (width // 2, height // 2), interpolation=cv2.INTER_AREA)
        luma, _, _, through = cv2.split(picture)
        target = planes.luma[_area(part)]
        half = _area(_Part(*(at // 2 for at in part)))
        _, blue, red, through_half = cv2.split(small)
        if layer.solid:
            target[:], planes.blue[half], planes.red[half] = luma, blue, red
            return
        _over(target, luma, through)
        _over(planes.blue[half], blue, through_half)
        _over(planes.red[half], red, through_half)

    def _shown(
        self, layers: Sequence[Layer], frame: int, share: float, floor: int
    ) -> tuple[list[tuple[Layer, _Part]], int]:
        """The layers that are in the picture, far to near, and where the solid ground begins."""
        width = int(self._size[0] * share)
        shown = []
        for layer in reversed(layers):
            part = self._part(layer, frame, share, width, floor)
            if part.left >= part.right or part.top >= part.bottom:
                continue
            shown.append((layer, part))
            if layer.solid:
                floor = part.top
        return shown[::-1], floor

    def _part(self, layer: Layer, frame: int, share: float, width: int, floor: int) -> _Part:
        place = self._camera.place(frame, layer.depth, followed=layer.followed)
        centre_x, centre_y = self._camera.centre
        box = layer.box

        def to_screen(at: float, centre: float, shift: float) -> float:
            return (centre + place.scale * (at - centre) + shift) * share

        top = to_screen(box.top, centre_y, place.shift_y)
        if layer.solid:
            return _Part(0, max((math.ceil(top) + 2) & ~1, 0), width, floor)
        return _Part(
            _down(to_screen(box.left, centre_x, place.shift_x)),
            _down(top),
            _up(to_screen(box.right, centre_x, place.shift_x), width),
            _up(to_screen(box.bottom, centre_y, place.shift_y), floor),
        )

    def _moved(self, layer: Layer, frame: int, share: float, part: _Part) -> Pixels:
        """The layer as the camera sees it there."""
        place = self._camera.place(frame, layer.depth, followed=layer.followed)
        centre_x, centre_y = self._camera.centre
        step = layer.detail / (place.scale * share)

        def to_canvas(start: int, origin: float, centre: float, shift: float) -> float:
            scene = centre + ((start + 0.5) / share - centre - shift) / place.scale
            return layer.detail * (scene - origin) - 0.5

        way = np.array(
            [
                [step, 0.0, to_canvas(part.left, layer.box.left, centre_x, place.shift_x)],
                [0.0, step, to_canvas(part.top, layer.box.top, centre_y, place.shift_y)],
            ]
        )
        picture = cv2.warpAffine(
            layer.canvas if layer.alive is None else layer.alive(frame),
            way,
            (part.right - part.left, part.bottom - part.top),
            flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
            borderMode=cv2.BORDER_REPLICATE if layer.solid else cv2.BORDER_CONSTANT,
            borderValue=_CLEAR,
        )
        return np.asarray(picture, np.uint8)


def _area(part: _Part) -> tuple[slice, slice]:
    return slice(part.top, part.bottom), slice(part.left, part.right)


def _down(at: float) -> int:
    """The even pixel at or before, so that chroma has whole pixels there too."""
    return max(math.floor(at) & ~1, 0)


def _up(at: float, limit: int) -> int:
    return min((math.ceil(at) + 2) & ~1, limit)


def _blend(layer: Layer, picture: Pixels, targets: list[Pixels]) -> None:
    *planes, through = cv2.split(picture)
    for plane, target in zip(planes, targets, strict=True):
        if layer.solid:
            target[:] = plane
        else:
            _over(target, np.asarray(plane, np.uint8), np.asarray(through, np.uint8))


def _over(target: Pixels, plane: Pixels, through: Pixels) -> None:
    cv2.multiply(target, through, dst=target, scale=1 / 255)
    cv2.add(target, plane, dst=target)
