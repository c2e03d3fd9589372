"""Woods: the forest with its shafts of light, and the jungle."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from pipeline.studio.animatic.colour import mix, rgb
from pipeline.studio.animatic.ground import rim, slope
from pipeline.studio.animatic.masks import blurred
from pipeline.studio.animatic.noise import line
from pipeline.studio.animatic.paint import Plot
from pipeline.studio.animatic.plants import conifers, frond
from pipeline.studio.animatic.scene import FAR, detail_at
from pipeline.studio.animatic.sky import backdrop, shine, starry
from pipeline.studio.animatic.subjects import subject

if TYPE_CHECKING:
    from pipeline.studio.animatic.colour import Colour
    from pipeline.studio.animatic.layer import Layer
    from pipeline.studio.animatic.scene import Scene


def forest(scene: Scene) -> list[Layer]:
    """Trunks behind trunks, paler and paler, with light falling between them."""
    green = _leaf(scene, ("#3f7a4a", "#4f7f3c", "#2f6b5c"))
    layers = [_glade(scene, green)]
    for depth, at in ((0.18, 0.65), (0.40, 0.70)):
        layers += _trunks(scene, depth, scene.y(at), green)
    layers += _beams(scene, 0.50)
    layers += subject(scene, 0.74, scene.y(0.79), scene.unit * 0.23)
    layers += slope(scene, 0.72, scene.y(0.775), green, blades=0.018)
    layers += _trunks(scene, 0.90, scene.y(0.92), green, framing=True)
    return [*layers, *slope(scene, 0.95, scene.y(0.93), green, blades=0.04)]


def jungle(scene: Scene) -> list[Layer]:
    """Leaves upon leaves, vines, and a bright gap in the middle."""
    green = _leaf(scene, ("#2f8a4a", "#3f8f3a", "#1f7f5c"))
    layers = [_glade(scene, green)]
    layers += _trunks(scene, 0.18, scene.y(0.64), green)
    layers += _foliage(scene, 0.42, 0.36, green)
    layers += _beams(scene, 0.52)
    layers += subject(scene, 0.74, scene.y(0.80), scene.unit * 0.23)
    layers += slope(scene, 0.72, scene.y(0.785), green, blades=0.03)
    return [*layers, *_foliage(scene, 0.94, 0.66, mix(green, scene.palette.deep, 0.4))]


def _leaf(scene: Scene, tones: tuple[str, str, str]) -> Colour:
    tone = rgb(str(scene.generator("leaf").choice(tones)))
    if scene.sight.light == "golden":
        return mix(tone, rgb("#c8742c"), 0.6)
    return tone


def _glade(scene: Scene, green: Colour) -> Layer:
    """The light at the end of the wood."""
    sheet = scene.sheet(0.0)
    palette = scene.palette
    bright = mix(palette.sky[-1], mix(green, palette.light, 0.55), 0.38)
    sheet.wash(
        [mix(palette.sky[1], green, 0.35), bright, mix(bright, palette.light, 0.3)],
        0,
        scene.y(0.64),
    )
    shine(scene, sheet)
    return backdrop(scene, sheet, scene.y(0.4) if starry(scene) else None)


def _trunks(
    scene: Scene, depth: float, foot: float, green: Colour, *, framing: bool = False
) -> list[Layer]:
    generator = scene.generator("trunks", depth)
    sheet = scene.sheet(depth, detail_at(depth))
    mask = sheet.mask()
    thick = scene.unit * (0.008 + 0.075 * depth**1.6)
    heights = foot + scene.unit * 0.012 * line(generator, sheet.columns(), scene.unit * 0.4, 4)
    sheet.hill(mask, heights)
    x = sheet.box.left - thick
    while x < sheet.box.right + thick:
        if not framing or abs(x / scene.width - 0.5) > 0.36:
            _trunk(
                Plot(sheet, mask, generator),
                x,
                foot + 8,
                thick * float(generator.uniform(0.6, 1.3)),
                scene,
            )
        x += thick * float(generator.uniform(2.2, 8.0)) + scene.unit * 0.01
    if not framing:
        conifers(
            Plot(sheet, mask, generator),
            heights + 2,
            scene.unit * (0.05 + 0.15 * depth),
            dense=0.55,
        )
    palette = scene.palette
    colour = palette.at(depth * 1.3, mix(green, rgb("#2e2622"), 0.45))
    top = mix(colour, palette.sky[1], 0.10) if framing else mix(colour, palette.haze, 0.10)
    sheet.wash(
        [top, colour, palette.at(min(depth + 0.1, 1), green)],
        sheet.box.top,
        foot + scene.unit * 0.1,
    )
    sheet.cover(mask)
    sheet.edge(palette.light, rim(scene, 1.0 + 3 * depth), 0.35)
    glow = mix(palette.haze, palette.light, 0.35)
    sheet.mist(glow, foot - scene.unit * 0.25, foot + scene.unit * 0.03, 0.6 * (1 - depth))
    return sheet.layers(depth)


def _trunk(
    plot: Plot,
    x: float,
    foot: float,
    thick: float,
    scene: Scene,
) -> None:
    """One tall trunk that leaves the picture at its top, with a few bare boughs."""
    sheet, mask, generator = plot
    at = np.linspace(0, 1, 10)
    tall = foot - sheet.box.top + 10
    bend = (
        thick * 0.45 * line(generator, at * 2, 1.0, 2)
        + thick * float(generator.uniform(-0.9, 0.9)) * at
    )
    half = thick * (0.5 - 0.22 * at + 0.35 * np.exp(-at * tall / (thick * 1.1)))
    y = foot - tall * at
    sheet.polygon(
        mask,
        np.concatenate(
            [np.stack([x + bend - half, y], -1), np.stack([x + bend + half, y], -1)[::-1]]
        ),
    )
    for _ in range(int(generator.integers(1, 5))):
        high = float(generator.uniform(0.3, 0.95))
        side = float(generator.choice([-1.0, 1.0]))
        start_x, start_y = x + float(np.interp(high, at, bend)), foot - tall * high
        long = min(thick * float(generator.uniform(2.5, 6)), scene.unit * 0.25)
        rise = long * float(generator.uniform(0.1, 0.6))
        bough = (
            (0.0, thick * 0.14),
            (0.5, -rise * 0.3),
            (1.0, -rise),
            (0.5, -rise * 0.4 - thick * 0.06),
            (0.0, -thick * 0.12),
        )
        outline = [(start_x + side * long * out, start_y + up) for out, up in bough]
        sheet.polygon(mask, outline)


def _beams(scene: Scene, depth: float) -> list[Layer]:
    """Slanting light; wide, soft, hardly there."""
    if scene.sight.light in {"overcast", "storm"}:
        return []
    generator = scene.generator("beams")
    sheet = scene.sheet(depth, FAR, bottom=scene.y(0.86))
    beams = np.zeros((sheet.height, sheet.width), np.float32)
    aside = scene.width / 2 - scene.orb_x
    lean = aside / scene.width * 1.1 + 0.25 * math.copysign(1, aside)
    for _ in range(6):
        beam = sheet.mask()
        x = scene.orb_x + scene.unit * float(generator.uniform(-0.55, 0.75))
        wide = scene.unit * float(generator.uniform(0.02, 0.09))
        top, floor = sheet.box.top - 10, scene.y(0.84)
        slide = lean * (floor - top)
        sheet.polygon(
            beam,
            [
                (x, top),
                (x + wide, top),
                (x + wide * 1.9 + slide, floor),
                (x - wide * 0.5 + slide, floor),
            ],
        )
        beams += beam.astype(np.float32) * float(generator.uniform(0.25, 0.6))
    fall = np.clip((scene.y(0.84) - sheet.rows()) / (scene.height * 0.6), 0, 1) ** 0.8
    soft = blurred(np.clip(beams, 0, 255).astype(np.uint8), scene.unit * 0.012)
    strength = 0.22 if scene.palette.dark else 0.38
    sheet.wash([scene.palette.light] * 2, 0, 1)
    sheet.coverage = (soft * fall[:, None].astype(np.float32) * strength).astype(np.uint8)
    return sheet.layers(depth)


def _foliage(scene: Scene, depth: float, long: float, green: Colour) -> list[Layer]:
    """A wreath of big leaves around the picture, open towards its middle."""
    generator = scene.generator("foliage", depth)
    sheet = scene.sheet(depth, detail_at(depth))
    mask, box, size = sheet.mask(), sheet.box, scene.unit * long
    for x in np.arange(box.left - size * 0.2, box.right + size * 0.2, size * 0.2):
        out = min(abs(x / scene.width - 0.5) * 2, 1.2)
        for floor, up in ((box.bottom, 1.0), (box.top, -1.0)):
            root = floor - up * (box.bottom - box.top) * (0.02 if depth > 0.5 else 0.20)
            reach = size * (0.30 + 0.55 * out) * float(generator.uniform(0.6, 1.2))
            turn = up * (math.pi / 2 + float(generator.uniform(-0.9, 0.9)))
            frond(sheet, mask, float(x), root, turn, reach)
    for side, edge in ((1.0, box.left), (-1.0, box.right)):
        for y in np.arange(box.top, box.bottom, size * 0.28):
            turn = float(generator.uniform(-0.3, 1.0))
            turn = turn if side > 0 else math.pi - turn
            reach = size * float(generator.uniform(0.5, 0.95))
            frond(sheet, mask, edge - side * size * 0.05, float(y), turn, reach)
    _vines(scene, Plot(sheet, mask, generator), size, scene.unit * 0.006 * depth)
    palette = scene.palette
    colour = palette.at(depth, green)
    dark = mix(colour, palette.deep, 0.28)
    sheet.wash([dark, mix(colour, palette.light, 0.12), dark], box.top, box.bottom)
    sheet.cover(mask)
    sheet.edge(palette.light, rim(scene, 1 + 2 * depth), 0.3)
    return sheet.layers(depth)


def _vines(scene: Scene, plot: Plot, sway: float, thick: float) -> None:
    sheet, mask, generator = plot
    at = np.linspace(0, 1, 12)
    for _ in range(5):
        x = float(generator.uniform(sheet.box.left, sheet.box.right))
        fall = scene.height * float(generator.uniform(0.15, 0.4))
        bend = x + sway * 0.05 * np.sin(at * 7 + x)
        sheet.stroke(mask, np.stack([bend, sheet.box.top + at * fall], -1), max(1.0, thick))
