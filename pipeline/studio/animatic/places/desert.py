"""Deserts: mesas, cacti, dunes with sharp crests."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from pipeline.studio.animatic.colour import mix, rgb
from pipeline.studio.animatic.ground import rim
from pipeline.studio.animatic.masks import both
from pipeline.studio.animatic.noise import line
from pipeline.studio.animatic.paint import Plot
from pipeline.studio.animatic.scene import FAR, detail_at
from pipeline.studio.animatic.sky import sky
from pipeline.studio.animatic.subjects import subject

if TYPE_CHECKING:
    from pipeline.studio.animatic.colour import Colour
    from pipeline.studio.animatic.layer import Layer
    from pipeline.studio.animatic.scene import Scene


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
    layers += _cacti(scene, 0.62, scene.y(0.745), 0.15, 3)
    layers += _dune(scene, 0.90, scene.y(0.87), 0.06, mix(sand, scene.palette.deep, 0.25))
    layers += _cacti(scene, 0.95, scene.y(0.93), 0.44, 2)
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


def _cacti(scene: Scene, depth: float, foot: float, tall: float, count: int) -> list[Layer]:
    """Saguaros towards the picture's edges."""
    generator = scene.generator("cacti", depth)
    sheet = scene.sheet(depth, detail_at(depth), top=foot - scene.unit * tall * 1.3)
    mask = sheet.mask()
    for number in range(count):
        side = -1 if number % 2 else 1
        x = scene.x(0.5 + side * float(generator.uniform(0.30, 0.52)))
        _cactus(
            Plot(sheet, mask, generator),
            x,
            foot + 6,
            scene.unit * tall * float(generator.uniform(0.6, 1.1)),
        )
    colour = scene.palette.at(depth, rgb("#3d5a3c"))
    sheet.wash([mix(colour, scene.palette.light, 0.15), colour], foot - scene.unit * tall, foot)
    sheet.cover(mask)
    sheet.edge(scene.palette.light, rim(scene, 1.5 + 2 * depth), 0.45)
    return sheet.layers(depth)


def _cactus(plot: Plot, x: float, foot: float, tall: float) -> None:
    sheet, mask, generator = plot
    thick = tall * 0.085
    sheet.stroke(mask, [(x, foot), (x, foot - tall + thick)], thick * 2)
    sheet.disc(mask, x, foot - tall + thick, thick)
    for side in (-1.0, 1.0):
        low = foot - tall * float(generator.uniform(0.32, 0.55))
        out, up = (
            side * tall * float(generator.uniform(0.17, 0.24)),
            tall * float(generator.uniform(0.18, 0.32)),
        )
        arm = [
            (x, low),
            (x + out * 0.75, low - thick * 0.2),
            (x + out, low - thick * 1.2),
            (x + out, low - up),
        ]
        sheet.stroke(mask, arm, thick * 1.35)
        sheet.disc(mask, x + out, low - up, thick * 0.68)


def _dune(scene: Scene, depth: float, at: float, wave: float, sand: Colour) -> list[Layer]:
    """A dune: its crest folds a lit flank against a shaded one."""
    generator = scene.generator("dune", depth)
    high = scene.height * wave
    sheet = scene.sheet(depth, detail_at(depth), top=at - high * 1.6)
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
    sheet.glaze(both(lee, mask), mix(colour, palette.deep, 0.55), 0.8)
    sheet.edge(palette.light, rim(scene, 1.4), 0.35)
    return sheet.layers(depth)
