"""The city: towers behind towers, seen from a roof."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from pipeline.studio.animatic.colour import mix, rgb
from pipeline.studio.animatic.ground import rim
from pipeline.studio.animatic.masks import both
from pipeline.studio.animatic.paint import Plot
from pipeline.studio.animatic.scene import detail_at
from pipeline.studio.animatic.sky import sky
from pipeline.studio.animatic.subjects import subject

if TYPE_CHECKING:
    from pipeline.studio.animatic.colour import Colour
    from pipeline.studio.animatic.layer import Layer
    from pipeline.studio.animatic.scene import Scene


def city(scene: Scene) -> list[Layer]:
    """Towers behind towers, seen from a roof."""
    layers = sky(scene, scene.y(0.70))
    layers += skyline(scene, 0.14, scene.y(0.70), 0.34)
    layers += skyline(scene, 0.30, scene.y(0.74), 0.40)
    layers += skyline(scene, 0.52, scene.y(0.80), 0.30)
    layers += subject(scene, 0.84, scene.y(0.835), scene.unit * 0.25)
    return [*layers, *_roof(scene, 0.83, scene.y(0.83))]


def wall_colour(scene: Scene, depth: float) -> Colour:
    return scene.palette.at(depth, rgb("#46527a"))


def skyline(scene: Scene, depth: float, foot: float, tall: float) -> list[Layer]:
    generator = scene.generator("skyline", depth)
    detail = detail_at(depth)
    sheet = scene.sheet(depth, detail, top=foot - scene.height * tall * 1.5)
    mask, lights = sheet.mask(), sheet.mask()
    sheet.hill(mask, np.full(sheet.width, foot))
    x = sheet.box.left - 10
    while x < sheet.box.right:
        wide = scene.unit * float(generator.uniform(0.05, 0.13)) * (0.7 + 0.9 * depth)
        # Towers crowd in the middle distance; the edges stay lower.
        middle = 1 - 0.45 * min(abs(x / scene.width - 0.45) * 1.6, 1)
        high = scene.height * tall * float(generator.uniform(0.25, 1.0)) ** 1.3 * middle + 14
        _tower(Plot(sheet, mask, generator), x, foot, wide, high)
        windows(
            Plot(sheet, lights, generator),
            (x, foot - high, x + wide, foot),
            scene.unit * (0.006 + 0.012 * depth),
        )
        x += wide * float(generator.uniform(0.85, 1.5))
    palette = scene.palette
    colour = wall_colour(scene, depth)
    sheet.wash(
        [colour, mix(colour, palette.haze, 0.35 * (1 - depth))], foot - scene.height * tall, foot
    )
    sheet.cover(mask)
    sheet.edge(palette.light, rim(scene, 1.5 + 2 * depth), 0.3)
    glow = 0.92 if palette.dark else 0.34
    sheet.glaze(both(lights, mask), palette.spark, glow * (0.45 + 0.5 * depth))
    sheet.mist(
        palette.haze,
        foot - scene.height * tall * 0.5,
        foot + scene.height * 0.03,
        0.8 * (1 - depth),
    )
    return sheet.layers(depth)


def _tower(
    plot: Plot,
    x: float,
    foot: float,
    wide: float,
    high: float,
) -> None:
    """One high-rise: flat, stepped, slanted or with a spire."""
    sheet, mask, generator = plot
    top, right = foot - high, x + wide
    kind = generator.uniform()
    if kind < 0.4:
        outline = [(x, top), (right, top)]
    elif kind < 0.6:
        step, lift = wide * 0.2, high * 0.1
        outline = [
            (x, top + lift),
            (x + step, top + lift),
            (x + step, top),
            (right - step, top),
            (right - step, top + lift),
            (right, top + lift),
        ]
    elif kind < 0.75:
        outline = [(x, top + high * 0.12), (right, top)]
    else:
        outline = [
            (x, top + high * 0.06),
            (x + wide * 0.3, top),
            (right - wide * 0.3, top),
            (right, top + high * 0.06),
        ]
        middle = x + wide / 2
        sheet.polygon(
            mask,
            [(middle - wide * 0.03, top), (middle, top - high * 0.22), (middle + wide * 0.03, top)],
        )
    sheet.polygon(mask, [(x, foot + 4), *outline, (right, foot + 4)])
    if generator.uniform() < 0.3:
        mast = x + wide * float(generator.uniform(0.2, 0.8))
        sheet.stroke(mask, [(mast, top + high * 0.12), (mast, top - high * 0.12)], 1.2)


def windows(
    plot: Plot,
    house: tuple[float, float, float, float],
    cell: float,
) -> None:
    """Lit windows in a grid, some floors dark."""
    sheet, lights, generator = plot
    left, top, right, bottom = house
    across = int((right - left) / cell / 1.5)
    down = int((bottom - top) / cell / 1.9)
    lit = generator.uniform(0, 1, (max(down, 0), max(across, 0))) < generator.uniform(0.12, 0.5)
    for row, column in np.argwhere(lit):
        x = left + cell * (0.5 + 1.5 * column)
        y = top + cell * (1.0 + 1.9 * row)
        value = int(130 + 125 * ((row * 7 + column * 3) % 5) / 4)
        sheet.rectangle(lights, x, y, x + cell * 0.9, y + cell * 1.1, value)


def _roof(scene: Scene, depth: float, at: float) -> list[Layer]:
    """The roof that one stands on: parapet, vents, a water tower."""
    generator = scene.generator("roof")
    sheet = scene.sheet(depth, detail_at(depth), top=at - scene.unit * 0.36)
    mask = sheet.mask()
    sheet.hill(mask, np.full(sheet.width, at))
    unit = scene.unit
    side = 1.0 if generator.uniform() < 0.5 else -1.0
    x = scene.x(0.5 + side * 0.36)
    for leg in (-0.055, -0.02, 0.02, 0.055):
        sheet.stroke(
            mask, [(x + leg * unit, at + 4), (x + leg * unit * 0.9, at - 0.13 * unit)], unit * 0.006
        )
    sheet.polygon(
        mask,
        [
            (x - 0.07 * unit, at - 0.125 * unit),
            (x - 0.07 * unit, at - 0.26 * unit),
            (x, at - 0.315 * unit),
            (x + 0.07 * unit, at - 0.26 * unit),
            (x + 0.07 * unit, at - 0.125 * unit),
        ],
    )
    for share in (-0.42, -0.18, 0.22):
        vent = scene.x(0.5 - side * share)
        high, wide = (
            unit * float(generator.uniform(0.03, 0.07)),
            unit * float(generator.uniform(0.04, 0.1)),
        )
        sheet.rectangle(mask, vent, at + 3, vent + wide, at - high)
    palette = scene.palette
    colour = mix(wall_colour(scene, depth), palette.deep, 0.55)
    sheet.wash(
        [mix(colour, palette.haze, 0.12), colour, mix(colour, palette.deep, 0.6)],
        at - unit * 0.2,
        scene.height,
    )
    sheet.cover(mask)
    sheet.edge(palette.light, rim(scene, 2), 0.45)
    return sheet.layers(depth)
