"""Below the surface: shafts of light, reefs, weed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

from pipeline.studio.animatic.colour import mix, rgb
from pipeline.studio.animatic.masks import blurred, glow
from pipeline.studio.animatic.noise import line
from pipeline.studio.animatic.paint import Plot
from pipeline.studio.animatic.scene import detail_at
from pipeline.studio.animatic.sky import backdrop
from pipeline.studio.animatic.subjects import subject

if TYPE_CHECKING:
    from pipeline.studio.animatic.colour import Colour
    from pipeline.studio.animatic.layer import Layer
    from pipeline.studio.animatic.paint import Sheet
    from pipeline.studio.animatic.scene import Scene


def underwater(scene: Scene) -> list[Layer]:
    """Shafts of light from above, rocks and coral, weed before the lens."""
    generator = scene.generator("underwater")
    sheet = scene.sheet(0.0)
    dim = 0.45 if scene.palette.dark else 0.0
    tones = ["#bff3ea", "#54c3cf", "#1b7fa6", "#0c4a78", "#07294f"]
    stops = [mix(rgb(tone), rgb("#04122e"), dim) for tone in tones]
    turn = mix(stops[1], scene.palette.haze, float(generator.uniform(0.05, 0.25)))
    sheet.wash([stops[0], turn, *stops[2:]], -0.12 * scene.height, scene.height)
    _shafts(scene, sheet)
    layers = [backdrop(scene, sheet, None)]
    for depth, at, tone in (
        (0.22, 0.66, "#1a6f97"),
        (0.42, 0.74, "#115078"),
        (0.66, 0.82, "#0b3558"),
    ):
        layers += _reef(scene, depth, scene.y(at), mix(rgb(tone), rgb("#04122e"), dim))
    name = scene.sight.subject
    layers += subject(
        scene,
        0.60,
        scene.y(0.56),
        scene.unit * (0.26 if name in {"fish", "whale"} else 0.28),
        name=name or "fish",
    )
    return [*layers, *_reef(scene, 0.94, scene.y(0.95), rgb("#051c36"))]


def _shafts(scene: Scene, sheet: Sheet) -> None:
    generator = scene.generator("shafts")
    top_x, top_y = scene.orb_x, -0.25 * scene.height
    mask = sheet.mask()
    for _ in range(9):
        angle = float(generator.uniform(-0.75, 0.75))
        wide = float(generator.uniform(0.02, 0.08))
        reach = scene.height * float(generator.uniform(0.8, 1.35))
        ray = sheet.mask()
        sheet.polygon(ray, [
            (top_x + angle * scene.unit * 0.5, top_y),
            (top_x + (angle * 1.9 - wide * 2) * reach, top_y + reach),
            (top_x + (angle * 1.9 + wide * 2) * reach, top_y + reach),
        ], int(generator.uniform(60, 150)))  # fmt: skip
        cv2.add(mask, ray, dst=mask)
    fall = np.clip(1 - (sheet.rows() + 0.1 * scene.height) / (scene.height * 1.0), 0, 1)
    soft = blurred(mask, scene.unit * 0.008).astype(np.float64) * fall[:, None]
    sheet.glaze(soft.astype(np.uint8), rgb("#e8fff6"), 0.55)
    sun = glow(
        sheet.width, sheet.height, (top_x - sheet.box.left) * sheet.detail, 0, scene.unit * 0.45
    )
    sheet.glaze(sun, rgb("#f2fff4"), 0.6)


def _reef(scene: Scene, depth: float, at: float, tint: Colour) -> list[Layer]:
    generator = scene.generator("reef", depth)
    tall = scene.unit * (0.08 + 0.24 * depth)
    sheet = scene.sheet(depth, detail_at(depth), top=at - tall * 1.9)
    columns = sheet.columns()
    heights = at - tall * 0.45 * line(generator, columns, scene.unit * 0.5, 5, 0.5)
    mask = sheet.mask()
    sheet.hill(mask, heights)
    for x in np.arange(sheet.box.left, sheet.box.right, tall * 0.85):
        x_ = float(x + generator.uniform(-0.4, 0.4) * tall)
        inside = abs(x_ / scene.width - 0.5) < 0.2
        foot = float(np.interp(x_, columns, heights)) + 5
        size = tall * float(generator.uniform(0.4, 1.25)) * (0.4 if inside and depth > 0.5 else 1)
        kind = generator.uniform()
        if kind < 0.6:
            _weed(Plot(sheet, mask, generator), x_, foot, size)
        elif kind < 0.8:
            _coral(Plot(sheet, mask, generator), x_, foot, size * 0.4, 1.57, 5)
        else:
            sheet.disc(mask, x_, foot, size * 0.45, 0.8)
    sheet.wash(
        [mix(tint, rgb("#7fe0dc"), 0.16), tint, mix(tint, rgb("#03132b"), 0.45)],
        at - tall,
        at + tall,
    )
    sheet.cover(mask)
    sheet.edge(rgb("#c8fff0"), (0.0, 1.6 * scene.unit / 720), 0.22)
    return sheet.layers(depth)


def _weed(plot: Plot, x: float, foot: float, tall: float) -> None:
    sheet, mask, generator = plot
    for _ in range(int(generator.integers(2, 6))):
        at = np.linspace(0, 1, 18)
        high = tall * float(generator.uniform(0.7, 1.5))
        phase, root = (
            float(generator.uniform(0, 6.28)),
            x + tall * float(generator.uniform(-0.2, 0.2)),
        )
        spine = root + tall * 0.10 * np.sin(at * 5 + phase) * at**0.7
        half = tall * 0.045 * (1 - at) ** 0.6
        y = foot - high * at
        sheet.polygon(
            mask,
            np.concatenate(
                [np.stack([spine - half, y], -1), np.stack([spine + half, y], -1)[::-1]]
            ),
        )


def _coral(
    plot: Plot,
    x: float,
    y: float,
    long: float,
    angle: float,
    left: int,
) -> None:
    sheet, mask, generator = plot
    end_x, end_y = x + long * np.cos(angle), y - long * np.sin(angle)
    sheet.stroke(mask, [(x, y), (end_x, end_y)], max(long * 0.3, 1.6))
    if left:
        for side in (-1, 1):
            bend = angle + side * float(generator.uniform(0.25, 0.6))
            _coral(Plot(sheet, mask, generator), end_x, end_y, long * 0.72, bend, left - 1)
