"""The product photographer's studio: coloured paper, an arch, a plinth."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from pipeline.studio.animatic.colour import mix, rgb
from pipeline.studio.animatic.figures.goods import STILLS
from pipeline.studio.animatic.masks import blurred, both, dimmed, glow
from pipeline.studio.animatic.places.table import foreground_blur
from pipeline.studio.animatic.plants import frond
from pipeline.studio.animatic.scene import FAR, detail_at
from pipeline.studio.animatic.sky import backdrop
from pipeline.studio.animatic.stills import still_life

if TYPE_CHECKING:
    from pipeline.studio.animatic.colour import Colour
    from pipeline.studio.animatic.layer import Layer
    from pipeline.studio.animatic.scene import Scene


def product(scene: Scene) -> list[Layer]:
    """A product on its plinth: coloured paper, an arch, the shadow of leaves."""
    generator = scene.generator("product")
    palette = scene.palette
    tones = ["#e8b7a4", "#a9c7bd", "#e6cf9a", "#b7b4dc", "#d98f76", "#8fb3cf"]
    paper = mix(rgb(str(generator.choice(tones))), palette.deep, 0.62 if palette.dark else 0.05)
    sheet = scene.sheet(0.0)
    sheet.wash(
        [mix(paper, palette.deep, 0.16), paper, mix(paper, rgb("#ffffff"), 0.20)], 0, scene.y(0.7)
    )
    x, y = (
        (scene.orb_x - sheet.box.left) * sheet.detail,
        (scene.y(0.3) - sheet.box.top) * sheet.detail,
    )
    sheet.glaze(
        glow(sheet.width, sheet.height, x, y, scene.unit * 0.9 * sheet.detail), rgb("#fff6e6"), 0.42
    )
    layers = [backdrop(scene, sheet, None)]
    layers += _leaf_shadow(scene, 0.12, paper)
    layers += _arch(scene, 0.30, paper)
    layers += _plinth(scene, 0.55, paper)
    name = scene.sight.subject if scene.sight.subject in STILLS else "bottle"
    tall = scene.unit * {"bottle": 0.46, "phone": 0.44, "shoe": 0.30}.get(name, 0.34)
    layers += still_life(scene, name, 0.62, scene.x(0.5), scene.y(0.715), tall)
    return [*layers, *foreground_blur(scene, 0.97, float(generator.choice([-1.0, 1.0])))]


def _leaf_shadow(scene: Scene, depth: float, paper: Colour) -> list[Layer]:
    generator = scene.generator("leaf shadow")
    sheet = scene.sheet(depth, FAR, bottom=scene.y(0.75))
    mask = sheet.mask()
    side = -1.0 if scene.orb_x > scene.width / 2 else 1.0
    for k in range(5):
        turn = float(generator.uniform(0.1, 1.2))
        frond(
            sheet,
            mask,
            scene.x(0.5 - side * 0.56),
            scene.y(0.1 + 0.16 * k),
            turn if side > 0 else math.pi - turn,
            scene.unit * float(generator.uniform(0.5, 0.8)),
        )
    sheet.wash([mix(paper, scene.palette.deep, 0.55)] * 2, 0, 1)
    sheet.coverage = dimmed(blurred(mask, scene.unit * 0.008), 0.26)
    return sheet.layers(depth)


def _arch(scene: Scene, depth: float, paper: Colour) -> list[Layer]:
    generator = scene.generator("arch")
    unit = scene.unit
    half, foot = unit * 0.27, scene.y(0.72)
    x = scene.x(0.5) + unit * float(generator.uniform(-0.12, 0.12))
    sheet = scene.sheet(
        depth,
        detail_at(depth),
        across=(x - half * 2.6, x + half * 2.6),
        top=scene.y(0.08),
        bottom=foot,
    )
    turned = mix(paper, scene.palette.accent, 0.45)
    arch, ball = sheet.mask(), sheet.mask()
    middle = foot - unit * 0.32
    sheet.disc(arch, x, middle, half)
    sheet.rectangle(arch, x - half, middle, x + half, foot)
    sheet.wash(
        [mix(turned, rgb("#ffffff"), 0.18), mix(turned, scene.palette.deep, 0.14)],
        middle - half,
        foot,
    )
    sheet.cover(arch)
    sheet.edge(mix(paper, rgb("#ffffff"), 0.5), (-3.0 * unit / 720, 3.0 * unit / 720), 0.5)
    side = float(generator.choice([-1.0, 1.0]))
    radius = unit * float(generator.uniform(0.05, 0.08))
    sheet.disc(ball, x + side * half * 1.55, foot - radius, radius)
    sheet.add(ball, mix(scene.palette.spark, paper, 0.4))
    return sheet.layers(depth)


def _plinth(scene: Scene, depth: float, paper: Colour) -> list[Layer]:
    unit = scene.unit
    top, half, x = scene.y(0.70), unit * 0.31, scene.x(0.5)
    sheet = scene.sheet(depth, detail_at(depth), top=scene.y(0.66))
    palette = scene.palette
    floor = sheet.mask()
    sheet.hill(floor, np.full(sheet.width, scene.y(0.70)))
    sheet.wash(
        [mix(paper, rgb("#ffffff"), 0.22), mix(paper, palette.deep, 0.22)],
        scene.y(0.70),
        scene.height * 1.02,
    )
    sheet.cover(floor)
    shade, side_, lid = sheet.mask(), sheet.mask(), sheet.mask()
    way = -1.0 if scene.orb_x > scene.width / 2 else 1.0
    sheet.disc(shade, x + way * half * 0.5, top + unit * 0.19, half * 1.35, 0.20)
    sheet.glaze(blurred(shade, unit * 0.02), mix(paper, palette.deep, 0.8), 0.45)
    sheet.rectangle(side_, x - half, top, x + half, top + unit * 0.16)
    sheet.disc(side_, x, top + unit * 0.16, half, 0.20)
    body = mix(paper, rgb("#ffffff"), 0.35)
    sheet.add(side_, mix(body, palette.deep, 0.16))
    across = np.clip((sheet.columns() - x) / half * -way, -1, 1)
    dark = np.clip(0.1 - across, 0, 1) * 0.5
    sheet.glaze(
        both(side_, np.repeat((dark * 255).astype(np.uint8)[None, :], sheet.height, axis=0)),
        mix(paper, palette.deep, 0.7),
    )
    sheet.disc(lid, x, top, half, 0.20)
    sheet.add(
        lid, mix(body, rgb("#ffffff"), 0.35) if not palette.dark else mix(body, palette.light, 0.2)
    )
    return sheet.layers(depth)
