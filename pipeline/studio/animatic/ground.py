"""Ground to stand on: mountain ranges, rolling rises, the slope at the camera's feet."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import cv2
import numpy as np

from pipeline.studio.animatic.colour import mix, rgb
from pipeline.studio.animatic.masks import blurred, both, outside
from pipeline.studio.animatic.noise import line
from pipeline.studio.animatic.paint import Plot
from pipeline.studio.animatic.plants import conifers, grass
from pipeline.studio.animatic.scene import FAR, detail_at

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from pipeline.studio.animatic.colour import Colour
    from pipeline.studio.animatic.layer import Layer, Pixels
    from pipeline.studio.animatic.paint import Sheet
    from pipeline.studio.animatic.scene import Scene


def rim(scene: Scene, width: float) -> tuple[float, float]:
    """The way to shift an outline so that its lit edge shows, for `Sheet.edge`."""
    size = scene.unit / 720 * width
    return (-size if scene.orb_x > scene.width / 2 else size), size


def peaks(
    scene: Scene, depth: float, foot: float, tall: float, tint: Colour, *, snow: bool
) -> list[Layer]:
    """A range of pointed mountains with a lit and a shaded side."""
    generator = scene.generator("peaks", depth)
    high = scene.height * tall
    sheet = scene.sheet(
        depth, FAR, top=foot - high - scene.height * 0.2, bottom=foot + scene.height * 0.2
    )
    shape = line(generator, sheet.columns(), scene.unit * 0.62, 6, 0.46, sharp=True)
    heights = foot - high * np.clip(0.50 + 0.62 * shape, 0.02, None)
    mask = sheet.mask()
    sheet.hill(mask, heights)
    colour = scene.palette.at(depth, tint)
    sheet.wash([colour, mix(colour, scene.palette.haze, 0.55)], foot - high, foot)
    sheet.cover(mask)
    lit, dark = _flanks(scene, sheet, heights, generator)
    sheet.glaze(both(dark, mask), mix(colour, scene.palette.deep, 0.35), 0.55)
    sheet.glaze(both(lit, mask), mix(colour, scene.palette.light, 0.35), 0.6)
    if snow:
        cap = _caps(scene, sheet, heights, generator, foot - high * 0.62)
        white = mix(scene.palette.haze, rgb("#ffffff"), 0.55)
        sunny = both(cap, outside(dark))
        sheet.glaze(sunny, mix(white, scene.palette.light, 0.4), 0.95)
        sheet.glaze(both(cap, dark), mix(white, colour, 0.55), 0.9)
    sheet.mist(scene.palette.haze, foot - high * 0.55, foot + scene.height * 0.04, 0.85)
    return sheet.layers(depth)


def _flanks(
    scene: Scene, sheet: Sheet, heights: NDArray[np.float64], generator: np.random.Generator
) -> tuple[Pixels, Pixels]:
    """Which parts of a range face the sun and which face away: bands that slant downhill."""
    smooth = cv2.GaussianBlur(heights.astype(np.float32)[None, :], (0, 0), scene.unit * 0.006)[0]
    slope = np.gradient(smooth.astype(np.float64), 1 / sheet.detail)
    side = 1.0 if scene.orb_x > scene.width / 2 else -1.0
    below = np.maximum(sheet.rows()[:, None] - heights[None, :], 0)
    jag = line(generator, sheet.rows(), scene.unit * 0.09, 4)[:, None] * scene.unit * 0.022
    slant = (below * 0.30 * side - jag) * sheet.detail
    source = np.clip(np.arange(sheet.width)[None, :] - slant, 0, sheet.width - 1)
    facing = slope[source.astype(np.int64)] * side
    lit = np.clip(facing * 4 + 0.1, 0, 1)
    dark = np.clip(-facing * 4 + 0.1, 0, 1)
    faces = ((share * 255).astype(np.uint8) for share in (lit, dark))
    sunny, shaded = (blurred(face, 0.9) for face in faces)
    return sunny, shaded


def _caps(
    scene: Scene,
    sheet: Sheet,
    heights: NDArray[np.float64],
    generator: np.random.Generator,
    level: float,
) -> Pixels:
    jag = line(generator, sheet.columns(), scene.unit * 0.07, 4, 0.7) * scene.unit * 0.05
    outline = np.stack([sheet.columns(), np.maximum(level + jag, heights - 2)], axis=-1)
    corners = [(sheet.box.right, sheet.box.top), (sheet.box.left, sheet.box.top)]
    cap = sheet.mask()
    sheet.polygon(cap, np.concatenate([outline, corners]))
    return cap


class Roll(NamedTuple):
    """How a rise rolls: its swing in frame heights, the length of its waves in units, the height
    of the wood on it in units, and how much light lies on its top."""

    swing: float
    long: float = 0.9
    trees: float = 0.0
    lit: float = 0.10


def rise(scene: Scene, depth: float, at: float, tint: Colour, roll: Roll) -> list[Layer]:
    """A rolling ridge around scene height `at`."""
    generator = scene.generator("rise", depth)
    lift = scene.height * roll.swing + roll.trees * scene.unit * 1.3
    sheet = scene.sheet(depth, detail_at(depth), top=at - lift - 4)
    wave = line(generator, sheet.columns(), scene.unit * roll.long, 4, 0.4)
    heights = at + scene.height * roll.swing * wave
    mask = sheet.mask()
    sheet.hill(mask, heights)
    if roll.trees:
        conifers(Plot(sheet, mask, generator), heights, roll.trees * scene.unit)
    palette = scene.palette
    colour = palette.at(depth, tint)
    stops = [mix(colour, palette.light, roll.lit), colour, palette.at(depth * 0.6, tint)]
    sheet.wash(stops, at - lift, at + scene.height * 0.2)
    sheet.cover(mask)
    sheet.edge(palette.light, rim(scene, 1.6), 0.35 * depth + 0.2)
    sheet.mist(palette.haze, at, at + scene.height * 0.16, 0.55 * (1 - depth))
    return sheet.layers(depth)


def slope(
    scene: Scene,
    depth: float,
    at: float,
    tint: Colour,
    *,
    trees: float = 0.0,
    blades: float = 0.014,
) -> list[Layer]:
    """The ground at the camera's feet, with trees (height in units) that frame the picture."""
    generator = scene.generator("slope", depth)
    sheet = scene.sheet(depth, detail_at(depth), top=at - scene.unit * (trees * 1.3 + 0.1))
    columns = sheet.columns()
    side = -1 if scene.orb_x > scene.width / 2 else 1
    lean = np.clip(columns / scene.width - 0.5, -1, 1) * side
    bumps = scene.unit * 0.018 * line(generator, columns, scene.unit * 0.5, 4)
    heights = at - scene.height * 0.05 * lean + bumps
    mask = sheet.mask()
    sheet.hill(mask, heights)
    if trees:
        out = np.abs(columns / scene.width - 0.5) * 2
        framing = np.clip(out * 1.7 - 0.62, 0, 1)
        tall = trees * scene.unit
        conifers(Plot(sheet, mask, generator), heights + 3, tall, dense=1.7, size=framing)
    if blades:
        grass(Plot(sheet, mask, generator), heights, scene.unit * blades)
    palette = scene.palette
    colour = palette.at(depth, tint)
    stops = [colour, mix(colour, palette.deep, 0.5)]
    sheet.wash(stops, at - scene.unit * trees, scene.height)
    sheet.cover(mask)
    sheet.edge(palette.light, rim(scene, 2.0), 0.4)
    return sheet.layers(depth)
