"""Open country: mountains, deserts, snow, fields, roads."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

from pipeline.studio.animatic.colour import mix, rgb
from pipeline.studio.animatic.ground import peaks, rim, rise, slope
from pipeline.studio.animatic.noise import line
from pipeline.studio.animatic.paint import blurred
from pipeline.studio.animatic.plants import grass, tree
from pipeline.studio.animatic.scene import FAR, NEAR
from pipeline.studio.animatic.sky import sky
from pipeline.studio.animatic.subjects import subject

if TYPE_CHECKING:
    from pipeline.studio.animatic.colour import Colour
    from pipeline.studio.animatic.layer import Layer
    from pipeline.studio.animatic.scene import Scene


def mountain(scene: Scene) -> list[Layer]:
    """Ranges behind ranges, the farthest snow-capped, with woods on the nearer slopes."""
    generator = scene.generator("mountain")
    tall = float(generator.uniform(0.26, 0.36))
    stone, green = rgb("#4a5a86"), rgb("#2f5f52")
    snow = bool(generator.uniform() < 0.65)
    return [
        *sky(scene, scene.y(0.62)),
        *peaks(scene, 0.16, scene.y(0.62), tall, stone, snow=snow),
        *peaks(scene, 0.28, scene.y(0.65), tall * 0.62, stone, snow=False),
        *rise(scene, 0.44, scene.y(0.66), 0.05, green, trees=0.04),
        *rise(scene, 0.60, scene.y(0.72), 0.04, green, trees=0.075),
        *subject(scene, 0.80, scene.y(0.80), scene.unit * 0.24),
        *slope(scene, 0.78, scene.y(0.79), green),
        *slope(scene, 0.97, scene.y(0.93), green, trees=0.62),
    ]


def snow(scene: Scene) -> list[Layer]:
    """Snowfields and firs under white peaks."""
    white, stone = rgb("#dfe9f5"), rgb("#7388ac")
    return [
        *sky(scene, scene.y(0.60)),
        *peaks(scene, 0.15, scene.y(0.62), 0.30, stone, snow=True),
        *rise(scene, 0.34, scene.y(0.64), 0.04, rgb("#5b7390"), trees=0.05),
        *rise(scene, 0.50, scene.y(0.69), 0.035, white, lit=0.4),
        *subject(scene, 0.79, scene.y(0.80), scene.unit * 0.22),
        *rise(scene, 0.75, scene.y(0.78), 0.025, white, lit=0.5),
        *slope(scene, 0.96, scene.y(0.94), rgb("#9fb4cf"), trees=0.58, blades=0),
    ]


def desert(scene: Scene) -> list[Layer]:
    """Mesas far away and dunes with sharp crests nearer."""
    generator = scene.generator("desert")
    sand = rgb("#d99a55")
    layers = sky(scene, scene.y(0.60))
    if generator.uniform() < 0.7:
        layers += _mesas(scene, 0.18, scene.y(0.62))
    for depth, at, wave in ((0.30, 0.62, 0.03), (0.46, 0.67, 0.045), (0.66, 0.74, 0.05)):
        layers += _dune(scene, depth, scene.y(at), wave, sand)
    layers += subject(scene, 0.72, scene.y(0.755), scene.unit * 0.20)
    layers += _dune(scene, 0.90, scene.y(0.87), 0.06, mix(sand, scene.palette.deep, 0.25))
    return layers


def _mesas(scene: Scene, depth: float, foot: float) -> list[Layer]:
    generator = scene.generator("mesas")
    sheet = scene.sheet(depth, FAR, top=foot - scene.height * 0.3, bottom=foot + scene.height * 0.1)
    mask = sheet.mask()
    x = sheet.box.left
    while x < sheet.box.right:
        wide = scene.unit * float(generator.uniform(0.08, 0.40))
        tall = scene.height * float(generator.uniform(0.05, 0.19))
        skirt, step = wide * 0.22, tall * 0.45
        sheet.polygon(mask, [
            (x - skirt * 1.6, foot + 60), (x - skirt, foot), (x, foot - step),
            (x + skirt * 0.1, foot - tall), (x + wide, foot - tall * 0.97),
            (x + wide + skirt * 0.1, foot - step), (x + wide + skirt, foot),
            (x + wide + skirt * 1.6, foot + 60),
        ])  # fmt: skip
        x += wide + scene.unit * float(generator.uniform(0.1, 0.5))
    colour = scene.palette.at(depth + 0.1, rgb("#a4553c"))
    sheet.wash([colour, scene.palette.at(depth, rgb("#c98a5a"))], foot - scene.height * 0.2, foot)
    sheet.cover(mask)
    sheet.edge(scene.palette.light, rim(scene, 7), 0.35)
    sheet.mist(scene.palette.haze, foot - scene.height * 0.1, foot, 0.6)
    return sheet.layers(depth)


def _dune(scene: Scene, depth: float, at: float, wave: float, sand: Colour) -> list[Layer]:
    """A dune: its crest folds a lit flank against a shaded one."""
    generator = scene.generator("dune", depth)
    high = scene.height * wave
    sheet = scene.sheet(depth, NEAR if depth > 0.5 else FAR, top=at - high * 1.6)
    columns = sheet.columns()
    swing = line(generator, columns, scene.unit * 1.1, 2, 0.35)
    ripple = 0.02 * line(generator, columns, scene.unit * 0.1, 2)
    heights = at - high * (1.2 * np.sin(swing * 2.2) + ripple)
    mask = sheet.mask()
    sheet.hill(mask, heights)
    palette = scene.palette
    colour = palette.at(depth, sand)
    lit = mix(colour, palette.light, 0.30)
    sheet.wash([lit, colour, mix(colour, palette.deep, 0.3)], at - high, at + scene.height * 0.25)
    sheet.cover(mask)
    # The lee side falls away from each crest along a soft S.
    side = -1.0 if scene.orb_x > scene.width / 2 else 1.0
    tilt = np.gradient(heights, columns) * side
    below = np.maximum(sheet.rows()[:, None] - heights[None, :], 0)
    source = np.arange(sheet.width)[None, :] - side * below * 1.25 * sheet.detail
    facing = tilt[np.clip(source, 0, sheet.width - 1).astype(np.int64)]
    reach = np.clip(1 - below / (scene.height * 0.20), 0, 1)
    lee = (np.clip(facing * 9, 0, 1) * reach * 255).astype(np.uint8)
    sheet.glaze(cv2.min(lee, mask), mix(colour, palette.deep, 0.55), 0.8)
    sheet.edge(palette.light, rim(scene, 1.4), 0.35)
    return sheet.layers(depth)


def field(scene: Scene) -> list[Layer]:
    """Rolling meadows, hedgerow trees, and grass with flowers at the camera's feet."""
    generator = scene.generator("field")
    green = rgb(str(generator.choice(["#6f9c3c", "#86a63f", "#4f8f4a", "#a8a245"])))
    layers = [
        *sky(scene, scene.y(0.58)),
        *rise(scene, 0.16, scene.y(0.57), 0.035, rgb("#5f7f92"), long=1.2),
        *rise(scene, 0.30, scene.y(0.61), 0.03, green, trees=0.02, long=1.1),
        *rise(scene, 0.46, scene.y(0.66), 0.035, green, long=1.4, lit=0.25),
        *_lone_trees(scene, 0.56, scene.y(0.70), green),
        *rise(scene, 0.58, scene.y(0.715), 0.02, green, long=1.5, lit=0.2),
        *subject(scene, 0.80, scene.y(0.80), scene.unit * 0.23),
        *rise(scene, 0.78, scene.y(0.785), 0.012, mix(green, rgb("#1f4a3a"), 0.3), long=1.6),
    ]
    return [*layers, *_meadow(scene, 0.96, scene.y(0.93), mix(green, rgb("#17382f"), 0.5))]


def _lone_trees(scene: Scene, depth: float, foot: float, green: Colour) -> list[Layer]:
    generator = scene.generator("lone trees")
    sheet = scene.sheet(depth, NEAR, top=foot - scene.unit * 0.33, bottom=foot + 12)
    mask = sheet.mask()
    for share in generator.uniform(0, 1, 5):
        x = sheet.box.left + float(share) * (sheet.box.right - sheet.box.left)
        tree(sheet, mask, generator, x, foot + 8, scene.unit * float(generator.uniform(0.10, 0.26)))
    colour = scene.palette.at(depth + 0.1, mix(green, rgb("#1e4a38"), 0.55))
    top = mix(colour, scene.palette.light, 0.22)
    sheet.wash([top, colour, mix(colour, scene.palette.deep, 0.3)], sheet.box.top, foot)
    sheet.cover(mask)
    sheet.edge(scene.palette.light, rim(scene, 3), 0.45)
    return sheet.layers(depth)


def _meadow(scene: Scene, depth: float, at: float, green: Colour) -> list[Layer]:
    """Tall grass right before the lens, with flowers in it."""
    generator = scene.generator("meadow")
    tall = scene.unit * 0.085
    sheet = scene.sheet(depth, NEAR, top=at - tall * 2.1)
    heights = np.full(sheet.width, at) + line(generator, sheet.columns(), scene.unit, 3) * tall * 0.3
    mask = sheet.mask()
    sheet.hill(mask, heights + tall * 0.2)
    grass(sheet, mask, generator, heights, tall, dense=2.2)
    palette = scene.palette
    colour = palette.at(depth, green)
    sheet.wash([mix(colour, palette.light, 0.2), mix(colour, palette.deep, 0.45)], at - tall, at + tall * 2)
    sheet.cover(mask)
    for _ in range(46):
        x = float(generator.uniform(sheet.box.left, sheet.box.right))
        y = at - tall * float(generator.uniform(0.1, 1.4))
        bloom = sheet.mask()
        sheet.disc(bloom, x, y, scene.unit * float(generator.uniform(0.004, 0.009)), 0.75)
        colours = (palette.accent, palette.spark, palette.light)
        sheet.add(bloom, mix(colours[int(generator.integers(3))], palette.deep, palette.grade * 0.4))
    return sheet.layers(depth)


def road(scene: Scene) -> list[Layer]:
    """A road that runs to the horizon, or across where something drives along it."""
    generator = scene.generator("road")
    crossing = scene.sight.subject in {"car", "train", "bicycle", "dog", "horse"}
    land = rgb(str(generator.choice(["#7d8f4a", "#b08a55", "#5f8f5a"])))
    layers = [
        *sky(scene, scene.y(0.60)),
        *peaks(scene, 0.15, scene.y(0.61), 0.17, rgb("#56688c"), snow=False),
        *rise(scene, 0.32, scene.y(0.62), 0.02, land, trees=0.018),
    ]
    if crossing:
        layers += [
            *rise(scene, 0.50, scene.y(0.675), 0.02, land, lit=0.2),
            *_poles(scene, 0.60, scene.y(0.72)),
            *_carriageway(scene, 0.66, scene.y(0.72), land),
            *subject(scene, 0.72, scene.y(0.775), scene.unit * (0.135 if scene.sight.subject == "train" else 0.24)),
        ]
    else:
        layers += _vanishing(scene, 0.55, scene.y(0.63), land)
        layers += subject(scene, 0.75, scene.y(0.80), scene.unit * 0.25, share=0.5)
    return [*layers, *_meadow(scene, 0.96, scene.y(0.965), mix(land, scene.palette.deep, 0.4))]


def _carriageway(scene: Scene, depth: float, top: float, land: Colour) -> list[Layer]:
    sheet = scene.sheet(depth, NEAR, top=top - 4)
    mask = sheet.mask()
    sheet.hill(mask, np.full(sheet.width, top))
    palette = scene.palette
    sheet.wash([palette.at(depth, land), mix(palette.at(0.9, land), palette.deep, 0.3)], top, scene.height)
    sheet.cover(mask)
    tar = sheet.mask()
    left, right = sheet.box.left - 20, sheet.box.right + 20
    edges = (top + scene.height * 0.02, top + scene.height * 0.095)
    sheet.polygon(tar, [(left, edges[0]), (right, edges[0]), (right, edges[1]), (left, edges[1])])
    sheet.glaze(tar, mix(palette.at(0.7, rgb("#4a4d57")), palette.haze, 0.12))
    paint = sheet.mask()
    line_y, dash = (edges[0] + edges[1]) / 2 - scene.unit * 0.006, scene.unit * 0.12
    for x in np.arange(left, right, dash * 2):
        sheet.polygon(paint, [(x, line_y), (x + dash, line_y), (x + dash, line_y + scene.unit * 0.007), (x, line_y + scene.unit * 0.007)])
    sheet.glaze(paint, palette.light, 0.55)
    return sheet.layers(depth)


def _poles(scene: Scene, depth: float, foot: float) -> list[Layer]:
    """Telegraph poles and their sagging wires."""
    sheet = scene.sheet(depth, NEAR, top=foot - scene.unit * 0.30, bottom=foot + 6)
    mask = sheet.mask()
    gap, tall, thick = scene.unit * 0.62, scene.unit * 0.25, scene.unit * 0.0045
    xs = np.arange(sheet.box.left - gap * 0.7, sheet.box.right + gap, gap)
    for x in xs:
        sheet.polygon(mask, [(x - thick, foot + 6), (x - thick, foot - tall), (x + thick, foot - tall), (x + thick, foot + 6)])
        for high in (0.97, 0.88):
            arm = tall * 0.13
            sheet.polygon(mask, [(x - arm, foot - tall * high), (x + arm, foot - tall * high), (x + arm, foot - tall * high + thick), (x - arm, foot - tall * high + thick)])
        at = np.linspace(0, 1, 14)
        for high in (0.965, 0.875):
            sag = foot - tall * high + tall * 0.16 * 4 * at * (1 - at)
            sheet.stroke(mask, np.stack([x + gap * at, sag], -1), 1.0, 190)
    sheet.wash([scene.palette.at(0.85, rgb("#4a4048"))] * 2, 0, 1)
    sheet.cover(mask)
    return sheet.layers(depth)


def _vanishing(scene: Scene, depth: float, top: float, land: Colour) -> list[Layer]:
    sheet = scene.sheet(depth, NEAR, top=top - 3)
    mask = sheet.mask()
    sheet.hill(mask, np.full(sheet.width, top))
    palette = scene.palette
    far, near = palette.at(depth * 0.7, land), mix(palette.at(0.95, land), palette.deep, 0.25)
    sheet.wash([far, palette.at(0.8, land), near], top, scene.height)
    sheet.cover(mask)
    middle, floor = scene.x(0.5), sheet.box.bottom
    reach = (floor - top) / scene.height
    wide = scene.unit * 1.25 * reach

    def strip(left: float, right: float, tint: Colour, share: float = 1.0) -> None:
        way = sheet.mask()
        sheet.polygon(way, [
            (middle + left * 0.012, top), (middle + right * 0.012, top),
            (middle + right, floor), (middle + left, floor),
        ])  # fmt: skip
        sheet.glaze(blurred(way, 0.5), tint, share)

    strip(-wide * 1.13, wide * 1.13, mix(land, palette.haze, 0.4), 0.5)
    strip(-wide, wide, mix(palette.at(0.75, rgb("#4b4e5a")), palette.haze, 0.1))
    strip(-wide * 0.93, -wide * 0.90, palette.light, 0.7)
    strip(wide * 0.90, wide * 0.93, palette.light, 0.7)
    dashes = sheet.mask()
    # Even steps in depth crowd towards the horizon.
    for step in np.arange(1.0, 14, 1.0):
        y0, y1 = (top + (floor - top) / (1 + k * 0.55) for k in (step + 0.45, step))
        w0, w1 = ((y - top) / (floor - top) * wide * 0.022 for y in (y0, y1))
        sheet.polygon(dashes, [(middle - w0, y0), (middle + w0, y0), (middle + w1, y1), (middle - w1, y1)])
    sheet.glaze(dashes, palette.spark, 0.75)
    sheet.mist(palette.haze, top + scene.height * 0.07, top, 0.6)
    return sheet.layers(depth)
