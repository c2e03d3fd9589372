"""Roads: one that runs to the horizon, or one along which something drives."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from pipeline.studio.animatic.colour import mix, rgb
from pipeline.studio.animatic.ground import Roll, peaks, rise
from pipeline.studio.animatic.masks import blurred
from pipeline.studio.animatic.places.land import meadow
from pipeline.studio.animatic.scene import detail_at
from pipeline.studio.animatic.sky import sky
from pipeline.studio.animatic.subjects import subject

if TYPE_CHECKING:
    from pipeline.studio.animatic.colour import Colour
    from pipeline.studio.animatic.layer import Layer
    from pipeline.studio.animatic.scene import Scene


def road(scene: Scene) -> list[Layer]:
    """A road that runs to the horizon, or across where something drives along it."""
    generator = scene.generator("road")
    crossing = scene.sight.subject in {"car", "train", "bicycle", "dog", "horse"}
    land = rgb(str(generator.choice(["#7d8f4a", "#b08a55", "#5f8f5a"])))
    layers = [
        *sky(scene, scene.y(0.60)),
        *peaks(scene, 0.15, scene.y(0.61), 0.17, rgb("#56688c"), snow=False),
        *rise(scene, 0.32, scene.y(0.62), land, Roll(0.02, trees=0.018)),
    ]
    if crossing:
        layers += [
            *rise(scene, 0.50, scene.y(0.675), land, Roll(0.02, lit=0.2)),
            *_poles(scene, 0.60, scene.y(0.72)),
            *_carriageway(scene, 0.66, scene.y(0.72), land),
            *subject(
                scene,
                0.72,
                scene.y(0.775),
                scene.unit * (0.135 if scene.sight.subject == "train" else 0.24),
            ),
        ]
    else:
        layers += _vanishing(scene, 0.55, scene.y(0.63), land)
        layers += subject(scene, 0.75, scene.y(0.80), scene.unit * 0.25, share=0.5)
    return [*layers, *meadow(scene, 0.96, scene.y(0.965), mix(land, scene.palette.deep, 0.4))]


def _carriageway(scene: Scene, depth: float, top: float, land: Colour) -> list[Layer]:
    sheet = scene.sheet(depth, detail_at(depth), top=top - 4)
    mask = sheet.mask()
    sheet.hill(mask, np.full(sheet.width, top))
    palette = scene.palette
    sheet.wash(
        [palette.at(depth, land), mix(palette.at(0.9, land), palette.deep, 0.3)], top, scene.height
    )
    sheet.cover(mask)
    tar = sheet.mask()
    left, right = sheet.box.left - 20, sheet.box.right + 20
    edges = (top + scene.height * 0.02, top + scene.height * 0.095)
    sheet.rectangle(tar, left, edges[0], right, edges[1])
    sheet.glaze(tar, mix(palette.at(0.7, rgb("#4a4d57")), palette.haze, 0.12))
    paint = sheet.mask()
    line_y, dash = (edges[0] + edges[1]) / 2 - scene.unit * 0.006, scene.unit * 0.12
    for x in np.arange(left, right, dash * 2):
        sheet.rectangle(paint, x, line_y, x + dash, line_y + scene.unit * 0.007)
    sheet.glaze(paint, palette.light, 0.55)
    return sheet.layers(depth)


def _poles(scene: Scene, depth: float, foot: float) -> list[Layer]:
    """Telegraph poles and their sagging wires."""
    sheet = scene.sheet(depth, detail_at(depth), top=foot - scene.unit * 0.30, bottom=foot + 6)
    mask = sheet.mask()
    gap, tall, thick = scene.unit * 0.62, scene.unit * 0.25, scene.unit * 0.0045
    xs = np.arange(sheet.box.left - gap * 0.7, sheet.box.right + gap, gap)
    for x in xs:
        sheet.rectangle(mask, x - thick, foot + 6, x + thick, foot - tall)
        for high in (0.97, 0.88):
            arm = tall * 0.13
            sheet.rectangle(mask, x - arm, foot - tall * high, x + arm, foot - tall * high + thick)
        at = np.linspace(0, 1, 14)
        for high in (0.965, 0.875):
            sag = foot - tall * high + tall * 0.16 * 4 * at * (1 - at)
            sheet.stroke(mask, np.stack([x + gap * at, sag], -1), 1.0, 190)
    sheet.wash([scene.palette.at(0.85, rgb("#4a4048"))] * 2, 0, 1)
    sheet.cover(mask)
    return sheet.layers(depth)


def _vanishing(scene: Scene, depth: float, top: float, land: Colour) -> list[Layer]:
    sheet = scene.sheet(depth, detail_at(depth), top=top - 3)
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
        sheet.polygon(
            dashes, [(middle - w0, y0), (middle + w0, y0), (middle + w1, y1), (middle - w1, y1)]
        )
    sheet.glaze(dashes, palette.spark, 0.75)
    sheet.mist(palette.haze, top + scene.height * 0.07, top, 0.6)
    return sheet.layers(depth)
