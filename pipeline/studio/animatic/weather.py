"""What moves by itself before the lens: rain, snow, motes, bubbles, lightning, fog."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import cv2
import numpy as np

from pipeline.studio.animatic.colour import mix, rgb
from pipeline.studio.animatic.masks import dimmed, glow
from pipeline.studio.animatic.noise import cloud
from pipeline.studio.animatic.scene import FAR

if TYPE_CHECKING:
    from pipeline.studio.animatic.compositor import Effect, Planes
    from pipeline.studio.animatic.layer import Layer, Pixels
    from pipeline.studio.animatic.scene import Scene


_SHIFT = 4


class Falling:
    """Bright specks on an endless tile that moves by whole pixels: no step is ever uneven."""

    def __init__(self, tile: Pixels, step: tuple[int, int]) -> None:
        self._height, self._width = tile.shape
        # Twice in both directions, so that every offset is one plain cut.
        self._tile: Pixels = np.tile(tile, (2, 2))
        self._step = step

    def __call__(self, frame: int, planes: Planes) -> None:
        """Adds the specks to a frame's luma."""
        left = (-self._step[0] * frame) % self._width
        top = (-self._step[1] * frame) % self._height
        seen = self._tile[top : top + self._height, left : left + self._width]
        cv2.add(planes.luma, seen, dst=planes.luma)


class Lightning:
    """Two flashes: the whole frame brightens and falls back within a few frames."""

    def __init__(self, scene: Scene) -> None:
        generator = scene.generator("lightning")
        frames = scene.camera.frames
        self._starts = [int(share * frames) for share in generator.uniform(0.1, 0.9, 2)]

    def __call__(self, frame: int, planes: Planes) -> None:
        """Brightens the frame if it flashes."""
        for start in self._starts:
            after = frame - start
            if 0 <= after < 8:
                power = 70 * (0.35 if after in {1, 3} else math.exp(-after / 3))
                cv2.add(planes.luma, np.array([power, 0, 0, 0]), dst=planes.luma)


class Vignette:
    """Darkens the corners a little; the eye goes where the light is."""

    def __init__(self, width: int, height: int, strength: float = 0.24) -> None:
        across = np.linspace(-1, 1, width, dtype=np.float32)[None, :]
        down = np.linspace(-1, 1, height, dtype=np.float32)[:, None]
        away = np.clip(np.sqrt(across**2 + down**2) - 0.55, 0, 1)
        self._map = ((1 - strength * away**1.6) * 255).astype(np.uint8)

    def __call__(self, _frame: int, planes: Planes) -> None:
        """Darkens a frame."""
        cv2.multiply(planes.luma, self._map, dst=planes.luma, scale=1 / 255)


def effects(scene: Scene) -> list[Effect]:
    """What the prompt's weather does to the finished picture."""
    weather, place = scene.sight.weather, scene.sight.place
    made: list[Effect] = [Vignette(scene.camera.width, scene.camera.height)]
    indoors = place in {"interior", "table", "product", "space"}
    if place == "underwater":
        made += [_specks(scene, "bubbles", 60, (0.8, 3.2), 70, (0, -2))]
    elif "rain" in weather and not indoors:
        made += [_streaks(scene, 240, 16, 34, (3, 17)), _streaks(scene, 110, 38, 62, (5, 29))]
    elif "snow" in weather and not indoors and scene.sight.light != "noon":
        made += [
            _specks(scene, "far snow", 230, (0.7, 1.4), 80, (1, 2)),
            _specks(scene, "snow", 100, (1.3, 2.6), 120, (1, 3)),
            _specks(scene, "near snow", 22, (3.0, 5.5), 90, (-1, 5)),
        ]
    if "motes" in weather or (place in {"forest", "jungle"} and not weather):
        made.append(_specks(scene, "motes", 46, (1.0, 2.8), 130, (1, -1)))
    if "lightning" in weather:
        made.append(Lightning(scene))
    return made


def _streaks(scene: Scene, count: int, value: int, long: int, step: tuple[int, int]) -> Falling:
    generator = scene.generator("rain", long)
    width, height = scene.camera.width, scene.camera.height
    scale = scene.unit / 720
    tile = np.zeros((height, width), np.uint8)
    along = np.array(step) / math.hypot(*step)
    for _ in range(count):
        x, y = generator.uniform(0, 1, 2) * (width, height)
        reach = along * long * scale * float(generator.uniform(0.6, 1.3))
        # Drawn once more beyond each edge that it crosses, so that the tile has no seam.
        for left in (x, x - width):
            for top in (y, y - height):
                ends = np.array([[left, top], [left + reach[0], top + reach[1]]])
                fixed = np.round(ends * (1 << _SHIFT)).astype(np.int32)
                cv2.polylines(
                    tile, [fixed], False, value, max(1, round(scale)), cv2.LINE_AA, _SHIFT
                )
    return Falling(tile, (round(step[0] * scale), round(step[1] * scale)))


def _specks(
    scene: Scene,
    name: str,
    count: int,
    sizes: tuple[float, float],
    value: int,
    step: tuple[int, int],
) -> Falling:
    generator = scene.generator(name)
    width, height = scene.camera.width, scene.camera.height
    scale = scene.unit / 720
    tile = np.zeros((height, width), np.uint8)
    for _ in range(count):
        radius = float(generator.uniform(*sizes)) * scale
        box = int(radius * 3) + 2
        x, y = int(generator.integers(width)), int(generator.integers(height))
        dot = dimmed(
            glow(2 * box, 2 * box, box, box, radius * 2.2),
            value / 255 * float(generator.uniform(0.4, 1)),
        )
        rows, columns = (
            (np.arange(y - box, y + box) % height),
            (np.arange(x - box, x + box) % width),
        )
        place = np.ix_(rows, columns)
        tile[place] = np.maximum(tile[place], dot)
    return Falling(tile, (round(step[0] * scale) or step[0], round(step[1] * scale) or step[1]))


def fog(scene: Scene) -> list[Layer]:
    """Banks of mist between near and far."""
    if "fog" not in scene.sight.weather or scene.sight.place in {
        "table",
        "product",
        "space",
        "interior",
        "underwater",
    }:
        return []
    layers: list[Layer] = []
    for depth, at, tall in ((0.38, 0.60, 0.20), (0.56, 0.70, 0.13)):
        generator = scene.generator("fog", depth)
        sheet = scene.sheet(depth, FAR, top=scene.y(at - tall), bottom=scene.y(at + tall))
        wide = max(3, round(sheet.width / sheet.height * 0.9))
        field = cloud(generator, sheet.width, sheet.height, (wide, 3), 4)
        level = 1 - np.abs(np.linspace(-1, 1, sheet.height))[:, None]
        share = np.clip((field - 0.22) * 1.7, 0, 1) * np.clip(level * 1.6, 0, 1)
        sheet.wash([mix(scene.palette.haze, rgb("#ffffff"), 0.12)] * 2, 0, 1)
        sheet.coverage = (share * 205).astype(np.uint8)
        layers += sheet.layers(depth)
    return layers
