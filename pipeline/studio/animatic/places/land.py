"""Open country: mountains, snow, fields."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from pipeline.studio.animatic.colour import mix, rgb
from pipeline.studio.animatic.ground import Roll, peaks, rim, rise, slope
from pipeline.studio.animatic.noise import line
from pipeline.studio.animatic.paint import Plot
from pipeline.studio.animatic.plants import grass, tree
from pipeline.studio.animatic.scene import detail_at
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
        *rise(scene, 0.44, scene.y(0.66), green, Roll(0.05, trees=0.04)),
        *rise(scene, 0.60, scene.y(0.72), green, Roll(0.04, trees=0.075)),
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
        *rise(scene, 0.34, scene.y(0.64), rgb("#5b7390"), Roll(0.04, trees=0.05)),
        *rise(scene, 0.50, scene.y(0.69), white, Roll(0.035, lit=0.4)),
        *subject(scene, 0.79, scene.y(0.80), scene.unit * 0.22),
        *rise(scene, 0.75, scene.y(0.78), white, Roll(0.025, lit=0.5)),
        *slope(scene, 0.96, scene.y(0.94), rgb("#9fb4cf"), trees=0.58, blades=0),
    ]


def field(scene: Scene) -> list[Layer]:
    """Rolling meadows, hedgerow trees, and grass with flowers at the camera's feet."""
    generator = scene.generator("field")
    green = rgb(str(generator.choice(["#6f9c3c", "#86a63f", "#4f8f4a", "#a8a245"])))
    layers = [
        *sky(scene, scene.y(0.58)),
        *rise(scene, 0.16, scene.y(0.57), rgb("#5f7f92"), Roll(0.06, long=0.9)),
        *rise(scene, 0.30, scene.y(0.61), green, Roll(0.05, trees=0.03, long=0.9)),
        *rise(scene, 0.46, scene.y(0.66), green, Roll(0.055, long=1.0, lit=0.35)),
        *_lone_trees(scene, 0.56, scene.y(0.70), green),
        *rise(scene, 0.58, scene.y(0.715), green, Roll(0.035, long=1.2, lit=0.3)),
        *subject(scene, 0.80, scene.y(0.80), scene.unit * 0.23),
        *rise(scene, 0.78, scene.y(0.785), mix(green, rgb("#1f4a3a"), 0.3), Roll(0.012, long=1.6)),
    ]
    return [*layers, *meadow(scene, 0.96, scene.y(0.93), mix(green, rgb("#17382f"), 0.5))]


def _lone_trees(scene: Scene, depth: float, foot: float, green: Colour) -> list[Layer]:
    generator = scene.generator("lone trees")
    sheet = scene.sheet(depth, detail_at(depth), top=foot - scene.unit * 0.33, bottom=foot + 12)
    mask = sheet.mask()
    for share in generator.uniform(0, 1, 5):
        x = sheet.box.left + float(share) * (sheet.box.right - sheet.box.left)
        tree(
            Plot(sheet, mask, generator),
            x,
            foot + 8,
            scene.unit * float(generator.uniform(0.10, 0.26)),
        )
    colour = scene.palette.at(depth + 0.1, mix(green, rgb("#1e4a38"), 0.55))
    top = mix(colour, scene.palette.light, 0.22)
    sheet.wash([top, colour, mix(colour, scene.palette.deep, 0.3)], sheet.box.top, foot)
    sheet.cover(mask)
    sheet.edge(scene.palette.light, rim(scene, 3), 0.45)
    return sheet.layers(depth)


def meadow(scene: Scene, depth: float, at: float, green: Colour) -> list[Layer]:
    """Tall grass right before the lens, with flowers in it."""
    generator = scene.generator("meadow")
    tall = scene.unit * 0.085
    sheet = scene.sheet(depth, detail_at(depth), top=at - tall * 2.1)
    heights = (
        np.full(sheet.width, at) + line(generator, sheet.columns(), scene.unit, 3) * tall * 0.3
    )
    mask = sheet.mask()
    sheet.hill(mask, heights + tall * 0.2)
    grass(Plot(sheet, mask, generator), heights, tall, dense=2.2)
    palette = scene.palette
    colour = palette.at(depth, green)
    sheet.wash(
        [mix(colour, palette.light, 0.2), mix(colour, palette.deep, 0.45)], at - tall, at + tall * 2
    )
    sheet.cover(mask)
    for _ in range(46):
        x = float(generator.uniform(sheet.box.left, sheet.box.right))
        y = at - tall * float(generator.uniform(0.1, 1.4))
        bloom = sheet.mask()
        sheet.disc(bloom, x, y, scene.unit * float(generator.uniform(0.004, 0.009)), 0.75)
        colours = (palette.accent, palette.spark, palette.light)
        sheet.add(
            bloom, mix(colours[int(generator.integers(3))], palette.deep, palette.grade * 0.4)
        )
    return sheet.layers(depth)
