"""Moves the layers and blends them into one frame after the other.

What costs here is memory traffic, so: the far layers are blended at half size, where 4:2:0
chroma lives anyway, and only their luma is scaled up; each layer is touched only in the rows
and columns where it is and where no solid one hides it; coverage travels as a fourth channel,
because four channels warp as fast as one.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

import cv2
import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from pipeline.studio.animatic.camera import Camera
    from pipeline.studio.animatic.layer import Layer, Pixels

_CLEAR = (0, 0, 0, 255)


class Planes:
    """One picture: Y, and U and V at half its width and height."""

    def __init__(self, width: int, height: int) -> None:
        self.luma: Pixels = np.full((height, width), 16, np.uint8)
        self.blue: Pixels = np.full((height // 2, width // 2), 128, np.uint8)
        self.red: Pixels = np.full((height // 2, width // 2), 128, np.uint8)


Effect: TypeAlias = "Callable[[int, Planes], None]"
"""Changes the finished picture of a frame, given the frame's number."""


class _Part(NamedTuple):
    """A screen rectangle where a layer is drawn, in pixels of the size it is blended at."""

    left: int
    top: int
    right: int
    bottom: int
    solid: bool


class Compositor:
    """Draws the frames of one clip from its layers, sorted from far to near.

    `effects` are called last, in their order, with the frame's number and its picture.
    """

    def __init__(
        self,
        camera: Camera,
        layers: Sequence[Layer],
        effects: Sequence[Effect] = (),
    ) -> None:
        self._camera = camera
        self._effects = effects
        width, height = camera.width, camera.height
        self._size = (width, height)
        self._half_size = (width // 2, height // 2)
        ordered = sorted(layers, key=lambda layer: layer.depth)
        # A soft layer before a crisp one is out of focus: it is blended onto the full picture.
        crisp = next((k for k, each in enumerate(ordered) if each.detail == 1.0), len(ordered))
        self._far, self._near = ordered[:crisp], ordered[crisp:]
        self._planes = Planes(width, height)
        self._half_luma: Pixels = np.full((height // 2, width // 2), 16, np.uint8)
        self._scratch = _Scratch(width * height)

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
            self._blend_half(picture, [target[_area(part)] for target in half], part.solid)
        if far:
            rows = min(half_floor * 2, self._size[1])
            cv2.resize(
                self._half_luma[:half_floor],
                (self._size[0], rows),
                dst=planes.luma[:rows],
                interpolation=cv2.INTER_LINEAR,
            )
        for layer, part in near:
            if layer.detail == 1.0:
                self._blend_full(self._moved(layer, frame, 1.0, part), part)
            else:
                small = _halved(part)
                self._blend_soft(self._moved(layer, frame, 0.5, small), part, small)
        for effect in self._effects:
            effect(frame, planes)
        return planes

    def _blend_half(self, picture: Pixels, targets: list[Pixels], solid: bool) -> None:
        *planes, through = self._split(picture)
        for plane, target in zip(planes, targets, strict=True):
            if solid:
                target[:] = plane
            else:
                _over(target, plane, through)

    def _blend_full(self, picture: Pixels, part: _Part) -> None:
        height, width = picture.shape[:2]
        small = self._scratch.take("small", height // 2, width // 2, 4)
        cv2.resize(picture, (width // 2, height // 2), dst=small, interpolation=cv2.INTER_AREA)
        luma = self._scratch.take("luma", height, width)
        cv2.extractChannel(picture, 0, dst=luma)
        half = _area(_halved(part))
        planes = self._planes
        _, blue, red, through_half = self._split(small)
        if part.solid:
            planes.luma[_area(part)], planes.blue[half], planes.red[half] = luma, blue, red
            return
        through = self._scratch.take("through", height, width)
        cv2.extractChannel(picture, 3, dst=through)
        _over(planes.luma[_area(part)], luma, through)
        _over(planes.blue[half], blue, through_half)
        _over(planes.red[half], red, through_half)

    def _blend_soft(self, picture: Pixels, part: _Part, small: _Part) -> None:
        """Before the lens, out of focus: half the pixels are enough, scaled up as they land."""
        planes = self._planes
        luma, blue, red, through = self._split(picture)
        half = _area(small)
        size = (part.right - part.left, part.bottom - part.top)
        wide_luma = self._scratch.take("luma", size[1], size[0])
        cv2.resize(luma, size, dst=wide_luma, interpolation=cv2.INTER_LINEAR)
        if part.solid:
            planes.luma[_area(part)], planes.blue[half], planes.red[half] = wide_luma, blue, red
            return
        wide_through = self._scratch.take("through", size[1], size[0])
        cv2.resize(through, size, dst=wide_through, interpolation=cv2.INTER_LINEAR)
        _over(planes.luma[_area(part)], wide_luma, wide_through)
        _over(planes.blue[half], blue, through)
        _over(planes.red[half], red, through)

    def _split(self, picture: Pixels) -> list[Pixels]:
        height, width = picture.shape[:2]
        planes = [self._scratch.take(f"plane {k}", height, width) for k in range(4)]
        cv2.split(picture, planes)
        return planes

    def _shown(
        self, layers: Sequence[Layer], frame: int, share: float, floor: int
    ) -> tuple[list[tuple[Layer, _Part]], int]:
        """The layers that are in the picture, far to near, and where the solid ground begins."""
        shown = []
        for layer in reversed(layers):
            parts = [
                part
                for part in self._parts(layer, frame, share, floor)
                if part.left < part.right and part.top < part.bottom
            ]
            shown += [(layer, part) for part in reversed(parts)]
            if parts and parts[-1].solid:
                floor = parts[-1].top
        return shown[::-1], floor

    def _parts(self, layer: Layer, frame: int, share: float, floor: int) -> Iterator[_Part]:
        """Where the layer's cells lie on the screen; bands meet there without gap or overlap."""
        place = self._camera.place(frame, layer.depth, followed=layer.followed)
        centre_x, centre_y = self._camera.centre
        width = int(self._size[0] * share)

        def column(at: float) -> float:
            return (centre_x + place.scale * (at - centre_x) + place.shift_x) * share

        def row(at: float) -> float:
            return (centre_y + place.scale * (at - centre_y) + place.shift_y) * share

        for cell in layer.cells:
            box = cell.box
            top = _even(row(box.top))
            if cell.solid:
                yield _Part(0, max(top, 0), width, floor, True)
                continue
            last = cell is layer.cells[-1]
            bottom = _even(row(box.bottom)) + (2 if last else 0)
            left, right = max(_even(column(box.left)), 0), min(_even(column(box.right)) + 2, width)
            yield _Part(left, max(top, 0), right, min(bottom, floor), False)

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
        width, height = part.right - part.left, part.bottom - part.top
        picture = self._scratch.take("picture", height, width, 4)
        cv2.warpAffine(
            layer.canvas if layer.alive is None else layer.alive(frame),
            way,
            (width, height),
            dst=picture,
            flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
            borderMode=cv2.BORDER_REPLICATE if part.solid else cv2.BORDER_CONSTANT,
            borderValue=_CLEAR,
        )
        return picture


def _area(part: _Part) -> tuple[slice, slice]:
    return slice(part.top, part.bottom), slice(part.left, part.right)


def _halved(part: _Part) -> _Part:
    return _Part(part.left // 2, part.top // 2, part.right // 2, part.bottom // 2, part.solid)


def _even(at: float) -> int:
    """The even pixel at or before, so that chroma has whole pixels there too."""
    return math.floor(at) & ~1


def _over(target: Pixels, plane: Pixels, through: Pixels) -> None:
    cv2.multiply(target, through, dst=target, scale=1 / 255)
    cv2.add(target, plane, dst=target)


class _Scratch:
    """Memory to work in, taken once: fresh pages for every step cost more than the step."""

    def __init__(self, pixels: int) -> None:
        self._pixels = pixels
        self._buffers: dict[str, Pixels] = {}

    def take(self, name: str, height: int, width: int, channels: int = 1) -> Pixels:
        """A picture of that shape, its contents left from the last use of that name."""
        if name not in self._buffers:
            self._buffers[name] = np.empty(self._pixels * channels, np.uint8)
        flat = self._buffers[name][: height * width * channels]
        return (
            flat.reshape(height, width, channels) if channels > 1 else flat.reshape(height, width)
        )
