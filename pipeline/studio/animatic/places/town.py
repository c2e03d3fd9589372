"""Towns: the skyline, and the street between its houses."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import cv2
import numpy as np

from pipeline.studio.animatic.colour import mix, rgb
from pipeline.studio.animatic.ground import rim
from pipeline.studio.animatic.layer import taking_turns
from pipeline.studio.animatic.paint import blurred
from pipeline.studio.animatic.scene import FAR, NEAR
from pipeline.studio.animatic.sky import sky
from pipeline.studio.animatic.subjects import subject

if TYPE_CHECKING:
    from pipeline.studio.animatic.colour import Colour
    from pipeline.studio.animatic.layer import Layer, Pixels
    from pipeline.studio.animatic.paint import Sheet
    from pipeline.studio.animatic.scene import Scene


def city(scene: Scene) -> list[Layer]:
    """Towers behind towers, seen from a roof."""
    layers = sky(scene, scene.y(0.70))
    layers += _skyline(scene, 0.14, scene.y(0.70), 0.34)
    layers += _skyline(scene, 0.30, scene.y(0.74), 0.40)
    layers += _skyline(scene, 0.52, scene.y(0.80), 0.30)
    layers += subject(scene, 0.84, scene.y(0.835), scene.unit * 0.25)
    return [*layers, *_roof(scene, 0.83, scene.y(0.83))]


def street(scene: Scene) -> list[Layer]:
    """A street that runs away from the lens between lit fronts."""
    layers = sky(scene, scene.y(0.66))
    layers += _skyline(scene, 0.12, scene.y(0.66), 0.24)
    for depth, gap, tall in ((0.26, 0.10, 0.36), (0.40, 0.19, 0.52), (0.58, 0.33, 0.80)):
        layers += _fronts(scene, depth, gap, tall)
    layers += _paving(scene, 0.22, scene.y(0.635))
    layers += subject(scene, 0.74, scene.y(0.80), scene.unit * 0.25)
    return [*layers, *_fronts(scene, 0.92, 0.66, 1.3)]


def _wall(scene: Scene, depth: float) -> Colour:
    return scene.palette.at(depth, rgb("#46527a"))


def _skyline(scene: Scene, depth: float, foot: float, tall: float) -> list[Layer]:
    generator = scene.generator("skyline", depth)
    detail = NEAR if depth > 0.5 else FAR
    sheet = scene.sheet(depth, detail, top=foot - scene.height * tall * 1.5)
    mask, lights = sheet.mask(), sheet.mask()
    sheet.hill(mask, np.full(sheet.width, foot))
    x = sheet.box.left - 10
    while x < sheet.box.right:
        wide = scene.unit * float(generator.uniform(0.05, 0.13)) * (0.7 + 0.9 * depth)
        # Towers crowd in the middle distance; the edges stay lower.
        middle = 1 - 0.45 * min(abs(x / scene.width - 0.45) * 1.6, 1)
        high = scene.height * tall * float(generator.uniform(0.25, 1.0)) ** 1.3 * middle + 14
        _tower(sheet, mask, generator, x, foot, wide, high)
        _windows(sheet, lights, generator, (x, foot - high, x + wide, foot), scene.unit * (0.006 + 0.012 * depth))
        x += wide * float(generator.uniform(0.85, 1.5))
    palette = scene.palette
    colour = _wall(scene, depth)
    sheet.wash([colour, mix(colour, palette.haze, 0.35 * (1 - depth))], foot - scene.height * tall, foot)
    sheet.cover(mask)
    sheet.edge(palette.light, rim(scene, 1.5 + 2 * depth), 0.3)
    glow = 0.92 if palette.dark else 0.34
    sheet.glaze(cv2.min(lights, mask), palette.spark, glow * (0.45 + 0.5 * depth))
    sheet.mist(palette.haze, foot - scene.height * tall * 0.5, foot + scene.height * 0.03, 0.8 * (1 - depth))
    return sheet.layers(depth)


def _tower(
    sheet: Sheet, mask: Pixels, generator: np.random.Generator, x: float, foot: float, wide: float, high: float
) -> None:
    """One high-rise: flat, stepped, slanted or with a spire."""
    top, right = foot - high, x + wide
    kind = generator.uniform()
    if kind < 0.4:
        outline = [(x, top), (right, top)]
    elif kind < 0.6:
        step, lift = wide * 0.2, high * 0.1
        outline = [(x, top + lift), (x + step, top + lift), (x + step, top), (right - step, top), (right - step, top + lift), (right, top + lift)]
    elif kind < 0.75:
        outline = [(x, top + high * 0.12), (right, top)]
    else:
        outline = [(x, top + high * 0.06), (x + wide * 0.3, top), (right - wide * 0.3, top), (right, top + high * 0.06)]
        middle = x + wide / 2
        sheet.polygon(mask, [(middle - wide * 0.03, top), (middle, top - high * 0.22), (middle + wide * 0.03, top)])
    sheet.polygon(mask, [(x, foot + 4), *outline, (right, foot + 4)])
    if generator.uniform() < 0.3:
        mast = x + wide * float(generator.uniform(0.2, 0.8))
        sheet.stroke(mask, [(mast, top + high * 0.12), (mast, top - high * 0.12)], 1.2)


def _windows(
    sheet: Sheet,
    lights: Pixels,
    generator: np.random.Generator,
    house: tuple[float, float, float, float],
    cell: float,
) -> None:
    """Lit windows in a grid, some floors dark."""
    left, top, right, bottom = house
    across = int((right - left) / cell / 1.5)
    down = int((bottom - top) / cell / 1.9)
    lit = generator.uniform(0, 1, (max(down, 0), max(across, 0))) < generator.uniform(0.12, 0.5)
    for row, column in np.argwhere(lit):
        x = left + cell * (0.5 + 1.5 * column)
        y = top + cell * (1.0 + 1.9 * row)
        value = int(130 + 125 * ((row * 7 + column * 3) % 5) / 4)
        sheet.polygon(lights, [(x, y), (x + cell * 0.9, y), (x + cell * 0.9, y + cell * 1.1), (x, y + cell * 1.1)], value)


def _roof(scene: Scene, depth: float, at: float) -> list[Layer]:
    """The roof that one stands on: parapet, vents, a water tower."""
    generator = scene.generator("roof")
    sheet = scene.sheet(depth, NEAR, top=at - scene.unit * 0.36)
    mask = sheet.mask()
    sheet.hill(mask, np.full(sheet.width, at))
    unit = scene.unit
    side = 1.0 if generator.uniform() < 0.5 else -1.0
    x = scene.x(0.5 + side * 0.36)
    for leg in (-0.055, -0.02, 0.02, 0.055):
        sheet.stroke(mask, [(x + leg * unit, at + 4), (x + leg * unit * 0.9, at - 0.13 * unit)], unit * 0.006)
    sheet.polygon(mask, [(x - 0.07 * unit, at - 0.125 * unit), (x - 0.07 * unit, at - 0.26 * unit), (x, at - 0.315 * unit), (x + 0.07 * unit, at - 0.26 * unit), (x + 0.07 * unit, at - 0.125 * unit)])
    for share in (-0.42, -0.18, 0.22):
        vent = scene.x(0.5 - side * share)
        high, wide = unit * float(generator.uniform(0.03, 0.07)), unit * float(generator.uniform(0.04, 0.1))
        sheet.polygon(mask, [(vent, at + 3), (vent, at - high), (vent + wide, at - high), (vent + wide, at + 3)])
    palette = scene.palette
    colour = mix(_wall(scene, depth), palette.deep, 0.55)
    sheet.wash([mix(colour, palette.haze, 0.12), colour, mix(colour, palette.deep, 0.6)], at - unit * 0.2, scene.height)
    sheet.cover(mask)
    sheet.edge(palette.light, rim(scene, 2), 0.45)
    return sheet.layers(depth)


def _fronts(scene: Scene, depth: float, gap: float, tall: float) -> list[Layer]:
    """One pair of houses left and right of the street; `gap` is half the street in widths."""
    sheet = scene.sheet(depth, NEAR if depth > 0.5 else FAR)
    palette = scene.palette
    foot = scene.y(0.62) + scene.height * 0.36 * depth**1.5
    mask, lights = sheet.mask(), sheet.mask()
    signs = []
    for side in (-1.0, 1.0):
        generator = scene.generator("fronts", depth, side)
        edge = scene.x(0.5) + side * gap * scene.width * (0.9 if scene.width > scene.height else 0.75)
        top = scene.y(0.64) - scene.height * tall * float(generator.uniform(0.75, 1.05))
        out = sheet.box.left - 20 if side < 0 else sheet.box.right + 20
        sheet.polygon(mask, [(edge, top), (out, top), (out, foot), (edge, foot)])
        cell = scene.unit * (0.012 + 0.055 * depth)
        span = (min(edge, out) + cell * 0.4, top + cell, max(edge, out) - cell * 0.4, foot - cell * 2.6)
        _windows(sheet, lights, generator, span, cell)
        _shop(sheet, lights, edge, out, foot, cell)
        signs += _signs(scene, generator, depth, edge, side, top, foot)
    colour = mix(_wall(scene, depth), palette.deep, 0.15 * depth)
    sheet.wash([mix(colour, palette.haze, 0.25), colour, mix(colour, palette.deep, 0.3)], 0, foot)
    sheet.cover(mask)
    sheet.edge(palette.light, rim(scene, 1.5 + 2 * depth), 0.3)
    bright = 0.85 if palette.dark else 0.35
    sheet.glaze(cv2.min(lights, mask), palette.spark, bright * (0.5 + 0.4 * depth))
    sheet.mist(palette.haze, foot - scene.height * 0.2, foot, 0.55 * (1 - depth))
    return _neon(scene, sheet, depth, signs)


def _shop(sheet: Sheet, lights: Pixels, edge: float, out: float, foot: float, cell: float) -> None:
    """The lit shop windows at street level."""
    step = cell * 3.2 * (1 if out > edge else -1)
    x = edge + step * 0.15
    while (out - x) * step > 0:
        sheet.polygon(lights, [(x, foot - cell * 0.35), (x, foot - cell * 1.9), (x + step * 0.8, foot - cell * 1.9), (x + step * 0.8, foot - cell * 0.35)], 235)
        x += step


def _signs(
    scene: Scene, generator: np.random.Generator, depth: float, edge: float, side: float, top: float, foot: float
) -> list[tuple[list[tuple[float, float]], Colour]]:
    """Boards that stick out over the street."""
    palette = scene.palette
    made = []
    for _ in range(int(generator.integers(1, 4))):
        high = scene.unit * (0.05 + 0.20 * depth) * float(generator.uniform(0.6, 1.3))
        wide = high * float(generator.uniform(0.22, 0.4))
        y = float(generator.uniform(max(top, scene.y(0.06)), foot - high - scene.unit * 0.12 * (0.4 + depth)))
        x0 = edge - side * scene.unit * 0.004
        x1 = x0 - side * wide
        colours = (palette.accent, palette.spark, mix(palette.accent, palette.spark, 0.5))
        made.append(([(x0, y), (x1, y), (x1, y + high), (x0, y + high)], colours[int(generator.integers(3))]))
    return made


def _neon(
    scene: Scene, sheet: Sheet, depth: float, signs: list[tuple[list[tuple[float, float]], Colour]]
) -> list[Layer]:
    """Adds the signs and their glow; after dark the glow flickers."""
    dark = scene.palette.dark
    base_rgb, base_coverage = sheet.rgb, sheet.coverage
    states = []
    for state in range(3 if dark else 1):
        sheet.rgb, sheet.coverage = base_rgb.copy(), base_coverage.copy()
        for number, (corners, colour) in enumerate(signs):
            lamp = sheet.mask()
            sheet.polygon(lamp, corners)
            dim = 0.55 if (number + state) % 3 == 0 else 1.0
            if dark:
                halo = blurred(lamp, scene.unit * (0.008 + 0.03 * depth) * sheet.detail)
                sheet.add(cv2.convertScaleAbs(halo, alpha=1.3), colour, 0.7 * dim)
            sheet.add(lamp, mix(colour, scene.palette.deep, (1 - dim) * 0.5 if dark else 0.3))
            _strokes(sheet, corners, mix(colour, rgb("#ffffff"), 0.75), dim)
        states.append(sheet.canvas())
    if depth > 0.5 or not dark:
        return sheet.layers(depth)
    return [replace(sheet.whole(depth), alive=taking_turns(states, 7))]


def _strokes(sheet: Sheet, corners: list[tuple[float, float]], colour: Colour, dim: float) -> None:
    """What might be writing on a sign."""
    (x0, y0), (x1, _), (_, y1), _ = corners
    mask = sheet.mask()
    count = 4
    for k in range(count):
        y = y0 + (y1 - y0) * (0.16 + 0.72 * k / (count - 1))
        sheet.stroke(mask, [(x0 + (x1 - x0) * 0.28, y), (x0 + (x1 - x0) * 0.72, y)], max(1.0, (y1 - y0) * 0.05))
        if k % 2:
            sheet.stroke(mask, [(x0 + (x1 - x0) * 0.5, y - (y1 - y0) * 0.08), (x0 + (x1 - x0) * 0.5, y)], max(1.0, (y1 - y0) * 0.05))
    sheet.glaze(mask, colour, 0.8 * dim)


def _paving(scene: Scene, depth: float, top: float) -> list[Layer]:
    """The road, wet when it rains or shines with neon, with the lights mirrored in it."""
    sheet = scene.sheet(depth, FAR, top=top)
    palette = scene.palette
    ground = mix(palette.at(0.75, rgb("#3e4358")), palette.deep, 0.2)
    sheet.wash([mix(ground, palette.haze, 0.55), ground, mix(ground, palette.deep, 0.5)], top, scene.height)
    sheet.coverage[:] = 255
    generator = scene.generator("paving")
    wet = palette.dark or "rain" in scene.sight.weather
    for _ in range(26 if wet else 0):
        colour = (palette.accent, palette.spark, palette.haze)[int(generator.integers(3))]
        x = scene.x(0.5) + scene.width * float(generator.normal(0, 0.26))
        y = top + (scene.height - top) * float(generator.uniform(0.02, 0.75))
        near = (y - top) / (scene.height - top)
        streak = sheet.mask()
        sheet.disc(streak, x, y + scene.unit * 0.05, scene.unit * (0.008 + 0.02 * near), 4.5)
        sheet.glaze(blurred(streak, scene.unit * 0.009), colour, 0.5)
    kerb = sheet.mask()
    middle = scene.x(0.5)
    for side in (-1, 1):
        sheet.polygon(kerb, [(middle + side * 4, top), (middle + side * 7, top), (middle + side * scene.width * 0.66, scene.height * 1.1), (middle + side * scene.width * 0.60, scene.height * 1.1)])
    sheet.glaze(kerb, palette.haze, 0.3)
    return sheet.layers(depth)
