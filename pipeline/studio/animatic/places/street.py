"""The street that runs away between its houses, with shops and signs."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from pipeline.studio.animatic.colour import mix, rgb
from pipeline.studio.animatic.ground import rim
from pipeline.studio.animatic.layer import taking_turns
from pipeline.studio.animatic.masks import blurred, both, dimmed
from pipeline.studio.animatic.paint import Plot
from pipeline.studio.animatic.places.city import skyline, wall_colour, windows
from pipeline.studio.animatic.scene import FAR, detail_at
from pipeline.studio.animatic.sky import sky
from pipeline.studio.animatic.subjects import subject

if TYPE_CHECKING:
    from pipeline.studio.animatic.colour import Colour
    from pipeline.studio.animatic.layer import Layer, Pixels
    from pipeline.studio.animatic.paint import Sheet
    from pipeline.studio.animatic.scene import Scene


class Sign(NamedTuple):
    """A board in the scene; `left` is where it hangs on the wall, on either side of the street."""

    left: float
    top: float
    right: float
    bottom: float
    colour: Colour


def street(scene: Scene) -> list[Layer]:
    """A street that runs away from the lens between lit fronts."""
    layers = sky(scene, scene.y(0.66))
    layers += skyline(scene, 0.12, scene.y(0.66), 0.24)
    for depth, gap, tall in ((0.26, 0.10, 0.36), (0.40, 0.19, 0.52), (0.58, 0.33, 0.80)):
        layers += _fronts(scene, depth, gap, tall)
    layers += _paving(scene, 0.22, scene.y(0.635))
    layers += subject(scene, 0.74, scene.y(0.80), scene.unit * 0.25)
    return [*layers, *_fronts(scene, 0.92, 0.66, 1.3)]


def _fronts(scene: Scene, depth: float, gap: float, tall: float) -> list[Layer]:
    """One pair of houses left and right of the street; `gap` is half the street in widths."""
    sheet = scene.sheet(depth, detail_at(depth))
    palette = scene.palette
    foot = scene.y(0.62) + scene.height * 0.36 * depth**1.5
    mask, lights = sheet.mask(), sheet.mask()
    signs = []
    for side in (-1.0, 1.0):
        generator = scene.generator("fronts", depth, side)
        edge = scene.x(0.5) + side * gap * scene.width * (
            0.9 if scene.width > scene.height else 0.75
        )
        top = scene.y(0.64) - scene.height * tall * float(generator.uniform(0.75, 1.05))
        out = sheet.box.left - 20 if side < 0 else sheet.box.right + 20
        sheet.rectangle(mask, edge, top, out, foot)
        cell = scene.unit * (0.012 + 0.055 * depth)
        span = (
            min(edge, out) + cell * 0.4,
            top + cell,
            max(edge, out) - cell * 0.4,
            foot - cell * 2.6,
        )
        windows(Plot(sheet, lights, generator), span, cell)
        _shop(sheet, lights, edge, out, foot, cell)
        signs += _signs(scene, depth, side, edge, (top, foot))
    colour = mix(wall_colour(scene, depth), palette.deep, 0.15 * depth)
    sheet.wash([mix(colour, palette.haze, 0.25), colour, mix(colour, palette.deep, 0.3)], 0, foot)
    sheet.cover(mask)
    sheet.edge(palette.light, rim(scene, 1.5 + 2 * depth), 0.3)
    bright = 0.85 if palette.dark else 0.35
    sheet.glaze(both(lights, mask), palette.spark, bright * (0.5 + 0.4 * depth))
    sheet.mist(palette.haze, foot - scene.height * 0.2, foot, 0.55 * (1 - depth))
    return _neon(scene, sheet, depth, signs)


def _shop(sheet: Sheet, lights: Pixels, edge: float, out: float, foot: float, cell: float) -> None:
    """The lit shop windows at street level."""
    step = cell * 3.2 * (1 if out > edge else -1)
    x = edge + step * 0.15
    while (out - x) * step > 0:
        sheet.rectangle(lights, x, foot - cell * 0.35, x + step * 0.8, foot - cell * 1.9, 235)
        x += step


def _signs(
    scene: Scene, depth: float, side: float, edge: float, span: tuple[float, float]
) -> list[Sign]:
    """Boards that stick out over the street, between the scene heights of `span`."""
    generator = scene.generator("signs", depth, side)
    palette = scene.palette
    colours = (palette.accent, palette.spark, mix(palette.accent, palette.spark, 0.5))
    made = []
    count = int(generator.integers(1, 4))
    top = max(span[0], scene.y(0.06))
    room = (span[1] - scene.unit * 0.12 * (0.4 + depth) - top) / count
    for number in range(count):
        high = scene.unit * (0.05 + 0.20 * depth) * float(generator.uniform(0.6, 1.3))
        high = min(high, room * 0.92)
        wide = high * float(generator.uniform(0.22, 0.4))
        # Each has its own stretch of the wall, so that none hides another.
        y = top + room * number + float(generator.uniform(0, 1)) * (room - high)
        root = edge - side * scene.unit * 0.004
        made.append(
            Sign(root, y, root - side * wide, y + high, colours[int(generator.integers(3))])
        )
    return made


def _neon(scene: Scene, sheet: Sheet, depth: float, signs: list[Sign]) -> list[Layer]:
    """Adds the signs and their glow; after dark they flicker."""
    dark = scene.palette.dark
    base_rgb, base_coverage = sheet.rgb, sheet.coverage
    states = []
    # Near fronts are large, and their signs stay as they are.
    flickers = dark and depth <= 0.5
    for state in range(3 if flickers else 1):
        sheet.rgb, sheet.coverage = base_rgb.copy(), base_coverage.copy()
        for number, sign in enumerate(signs):
            bright = 0.55 if flickers and (number + state) % 3 == 0 else 1.0
            _sign(scene, sheet, depth, sign, bright)
        states.append(sheet.canvas())
    return sheet.layers(depth, alive=taking_turns(states, 7) if flickers else None)


def _sign(scene: Scene, sheet: Sheet, depth: float, sign: Sign, bright: float) -> None:
    palette = scene.palette
    lamp, strokes = sheet.mask(), sheet.mask()
    sheet.rectangle(lamp, sign.left, sign.top, sign.right, sign.bottom)
    if palette.dark:
        halo = blurred(lamp, scene.unit * (0.008 + 0.03 * depth) * sheet.detail)
        sheet.add(dimmed(halo, 1.3), sign.colour, 0.7 * bright)
    dull = (1 - bright) * 0.5 if palette.dark else 0.3
    sheet.add(lamp, mix(sign.colour, palette.deep, dull))
    # What might be writing.
    wide, high = sign.right - sign.left, sign.bottom - sign.top
    middle = sign.left + wide * 0.5
    for row in range(4):
        y = sign.top + high * (0.16 + 0.24 * row)
        ends = [(sign.left + wide * 0.28, y), (sign.left + wide * 0.72, y)]
        sheet.stroke(strokes, ends, max(1.0, high * 0.05))
        if row % 2:
            sheet.stroke(strokes, [(middle, y - high * 0.08), (middle, y)], max(1.0, high * 0.05))
    sheet.glaze(strokes, mix(sign.colour, rgb("#ffffff"), 0.75), 0.8 * bright)


def _paving(scene: Scene, depth: float, top: float) -> list[Layer]:
    """The road, wet when it rains or shines with neon, with the lights mirrored in it."""
    sheet = scene.sheet(depth, FAR, top=top)
    palette = scene.palette
    ground = mix(palette.at(0.75, rgb("#3e4358")), palette.deep, 0.2)
    sheet.wash(
        [mix(ground, palette.haze, 0.55), ground, mix(ground, palette.deep, 0.5)], top, scene.height
    )
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
        sheet.polygon(
            kerb,
            [
                (middle + side * 4, top),
                (middle + side * 7, top),
                (middle + side * scene.width * 0.66, scene.height * 1.1),
                (middle + side * scene.width * 0.60, scene.height * 1.1),
            ],
        )
    sheet.glaze(kerb, palette.haze, 0.3)
    return sheet.layers(depth)
