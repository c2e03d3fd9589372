"""Open country: mountains, deserts, snow, fields, roads."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

from pipeline.studio.animatic.colour import mix, rgb
from pipeline.studio.animatic.noise import line
from pipeline.studio.animatic.paint import blurred
from pipeline.studio.animatic.plants import conifers, grass
from pipeline.studio.animatic.scene import FAR, NEAR
from pipeline.studio.animatic.sky import sky

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from pipeline.studio.animatic.colour import Colour
    from pipeline.studio.animatic.layer import Layer
    from pipeline.studio.animatic.paint import Sheet
    from pipeline.studio.animatic.scene import Scene


def mountain(scene: Scene) -> list[Layer]:
    """Ranges behind ranges, the farthest snow-capped, with woods on the nearer slopes."""
    horizon = scene.y(0.62)
    generator = scene.generator("mountain")
    layers = sky(scene, horizon)
    stone = rgb("#4a5a86")
    snow = generator.uniform() < 0.65
    tall = float(generator.uniform(0.24, 0.34))
    layers.append(peaks(scene, 0.16, horizon, tall, stone, snow=snow))
    layers.append(peaks(scene, 0.28, scene.y(0.65), tall * 0.66, stone, snow=False))
    green = rgb("#2f5f52")
    layers.append(rise(scene, 0.44, scene.y(0.68), 0.09, green, trees=0.035))
    layers.append(rise(scene, 0.62, scene.y(0.75), 0.06, green, trees=0.07))
    layers.append(slope(scene, 0.86, scene.y(0.86), green, trees=0.30))
    return layers


def peaks(
    scene: Scene, depth: float, foot: float, tall: float, tint: Colour, *, snow: bool
) -> Layer:
    """A range of pointed mountains with a lit and a shaded side."""
    generator = scene.generator("peaks", depth)
    sheet = scene.sheet(depth, FAR, top=foot - scene.height * (tall + 0.2), bottom=foot + scene.height * 0.2)
    columns = sheet.columns()
    shape = line(generator, columns, scene.unit * 0.62, 6, 0.46, sharp=True)
    heights = foot - scene.height * tall * np.clip(0.50 + 0.62 * shape, 0.02, None)
    mask = sheet.mask()
    sheet.hill(mask, heights)
    colour = scene.palette.at(depth, tint)
    sheet.wash([colour, mix(colour, scene.palette.haze, 0.55)], foot - scene.height * tall, foot)
    sheet.cover(mask)
    lit, dark = _flanks(scene, sheet, heights, generator)
    sheet.glaze(cv2.min(dark, mask), mix(colour, scene.palette.deep, 0.35), 0.55)
    sheet.glaze(cv2.min(lit, mask), mix(colour, scene.palette.light, 0.35), 0.6)
    if snow:
        cap = _caps(scene, sheet, heights, generator, foot, tall)
        white = mix(scene.palette.haze, rgb("#ffffff"), 0.55)
        sheet.glaze(cv2.min(cap, cv2.bitwise_not(dark)), mix(white, scene.palette.light, 0.4), 0.95)
        sheet.glaze(cv2.min(cap, dark), mix(white, colour, 0.55), 0.9)
    sheet.mist(scene.palette.haze, foot - scene.height * tall * 0.55, foot + scene.height * 0.04, 0.85)
    return sheet.layer(depth)


def _flanks(
    scene: Scene, sheet: Sheet, heights: NDArray[np.float64], generator: np.random.Generator
) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Which parts of a range face the sun and which face away: bands that slant downhill."""
    smooth = cv2.GaussianBlur(heights.astype(np.float32)[None, :], (0, 0), scene.unit * 0.006)[0]
    slope = np.gradient(smooth.astype(np.float64), 1 / sheet.detail)
    side = 1.0 if scene.orb_x > scene.width / 2 else -1.0
    below = sheet.rows()[:, None] - heights[None, :]
    jag = line(generator, sheet.rows(), scene.unit * 0.09, 4)[:, None] * scene.unit * 0.022
    source = np.arange(sheet.width)[None, :] - (below * 0.30 * side - jag) * sheet.detail * np.sign(
        np.where(below > 0, 1, 0)
    )
    facing = slope[np.clip(source, 0, sheet.width - 1).astype(np.int64)] * side
    lit = np.clip(facing * 4 + 0.1, 0, 1)
    dark = np.clip(-facing * 4 + 0.1, 0, 1)
    return (lit * 255).astype(np.uint8), (dark * 255).astype(np.uint8)


def _caps(
    scene: Scene,
    sheet: Sheet,
    heights: NDArray[np.float64],
    generator: np.random.Generator,
    foot: float,
    tall: float,
) -> NDArray[np.uint8]:
    jag = line(generator, sheet.columns(), scene.unit * 0.07, 4, 0.7) * scene.unit * 0.05
    level = foot - scene.height * tall * 0.62 + jag
    cap = sheet.mask()
    outline = np.stack([sheet.columns(), np.maximum(level, heights - 2)], axis=-1)
    sheet.polygon(cap, np.concatenate([outline, [(sheet.box.right, sheet.box.top), (sheet.box.left, sheet.box.top)]]))
    return cap


def rise(
    scene: Scene, depth: float, at: float, wave: float, tint: Colour, *, trees: float = 0.0
) -> Layer:
    """A rolling ridge, wooded if `trees` (their height, in units) says so."""
    generator = scene.generator("rise", depth)
    detail = NEAR if depth > 0.5 else FAR
    lift = scene.height * wave + trees * scene.unit * 1.3
    sheet = scene.sheet(depth, detail, top=at - lift - 4, bottom=at + scene.height * 0.3)
    heights = at + scene.height * wave * line(generator, sheet.columns(), scene.unit * 0.9, 4, 0.4)
    mask = sheet.mask()
    sheet.hill(mask, heights)
    if trees:
        conifers(sheet, mask, generator, heights, trees * scene.unit)
    colour = scene.palette.at(depth, tint)
    sheet.wash([mix(colour, scene.palette.light, 0.10), colour, scene.palette.at(depth * 0.6, tint)], at - lift, at + scene.height * 0.2)
    sheet.cover(mask)
    sheet.edge(scene.palette.light, rim(scene, 1.6), 0.35 * depth + 0.2)
    sheet.mist(scene.palette.haze, at, at + scene.height * 0.16, 0.55 * (1 - depth))
    return sheet.layer(depth)


def slope(scene: Scene, depth: float, at: float, tint: Colour, *, trees: float = 0.0) -> Layer:
    """The ground at the camera's feet, with trees that frame the picture."""
    generator = scene.generator("slope", depth)
    sheet = scene.sheet(depth, NEAR, top=at - scene.unit * (trees * 1.7 + 0.1))
    side = -1 if scene.orb_x > scene.width / 2 else 1
    lean = (sheet.columns() / scene.width - 0.5) * side
    heights = at - scene.height * 0.07 * lean + scene.unit * 0.018 * line(generator, sheet.columns(), scene.unit * 0.5, 4)
    mask = sheet.mask()
    sheet.hill(mask, heights)
    if trees:
        framing = np.clip(np.abs(sheet.columns() / scene.width - 0.5) * 2.2 - 0.35, 0, 1)
        conifers(sheet, mask, generator, heights + scene.unit * 0.02, trees * scene.unit, dense=0.5, size=framing)
    grass(sheet, mask, generator, heights, scene.unit * 0.014)
    colour = scene.palette.at(depth, tint)
    sheet.wash([colour, mix(colour, scene.palette.deep, 0.5)], at - scene.unit * trees, scene.height)
    sheet.cover(mask)
    sheet.edge(scene.palette.light, rim(scene, 2.0), 0.4)
    return sheet.layer(depth)


def rim(scene: Scene, width: float) -> tuple[float, float]:
    """The way towards the light, as `Sheet.edge` wants it."""
    side = 1.0 if scene.orb_x > scene.width / 2 else -1.0
    size = scene.unit / 720 * width
    return -side * size, size


__all__ = ["blurred"]
