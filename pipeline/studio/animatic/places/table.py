"""The table top, close up."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from pipeline.studio.animatic.colour import mix, rgb
from pipeline.studio.animatic.figures.goods import STILLS
from pipeline.studio.animatic.masks import blurred, dimmed, glow
from pipeline.studio.animatic.scene import FAR, detail_at
from pipeline.studio.animatic.sky import backdrop
from pipeline.studio.animatic.stills import still_life
from pipeline.studio.animatic.subjects import subject

if TYPE_CHECKING:
    from pipeline.studio.animatic.layer import Layer
    from pipeline.studio.animatic.scene import Scene


def table(scene: Scene) -> list[Layer]:
    """A table top close up, lamps out of focus behind it."""
    layers = [_room_behind(scene)]
    layers += _shelves(scene, 0.25)
    top = scene.y(0.62)
    layers += _table_top(scene, 0.48, top)
    name = scene.sight.subject if scene.sight.subject in STILLS else ""
    if not name and scene.sight.subject:
        person = subject(scene, 0.42, scene.y(0.80), scene.unit * 0.62, share=0.5)
        layers += person
    generator = scene.generator("table")
    name = name or str(generator.choice(["bowl", "cup", "plate"]))
    x = scene.x(0.5 + float(generator.uniform(-0.06, 0.06)))
    tall = scene.unit * (0.36 if name in {"bowl", "plate"} else 0.40)
    other = "bottle" if generator.uniform() < 0.6 else "cup"
    side = float(generator.choice([-1.0, 1.0]))
    if other != name:
        layers += still_life(
            scene,
            other,
            0.52,
            x + side * scene.unit * 0.46,
            scene.y(0.67),
            scene.unit * (0.34 if other == "bottle" else 0.17),
        )
    layers += still_life(scene, name, 0.66, x, scene.y(0.765), tall)
    return [*layers, *foreground_blur(scene, 0.97, -side)]


def _room_behind(scene: Scene) -> Layer:
    sheet = scene.sheet(0.0)
    palette = scene.palette
    generator = scene.generator("room behind")
    base = mix(
        rgb(str(generator.choice(["#8a4f33", "#5a6a5a", "#7a3f3f", "#4f5a78", "#a8763f"]))),
        palette.deep,
        0.55 if palette.dark else 0.22,
    )
    sheet.wash(
        [mix(base, palette.deep, 0.45), base, mix(base, palette.light, 0.25)], 0, scene.y(0.64)
    )
    x, y = (
        (scene.orb_x - sheet.box.left) * sheet.detail,
        (scene.y(0.2) - sheet.box.top) * sheet.detail,
    )
    sheet.glaze(
        glow(sheet.width, sheet.height, x, y, scene.unit * 0.95 * sheet.detail),
        mix(palette.light, palette.spark, 0.4),
        0.55,
    )
    for _ in range(22):
        disc = sheet.mask()
        radius = scene.unit * float(generator.uniform(0.014, 0.05))
        at = (
            float(generator.uniform(sheet.box.left, sheet.box.right)),
            scene.y(float(generator.uniform(0.02, 0.5))),
        )
        sheet.disc(disc, *at, radius)
        tone = (palette.spark, palette.light, palette.accent)[int(generator.integers(3))]
        sheet.glaze(blurred(disc, 1.2), tone, float(generator.uniform(0.10, 0.34)))
    return backdrop(scene, sheet, None)


def _shelves(scene: Scene, depth: float) -> list[Layer]:
    """Jars and pots on boards, soft."""
    generator = scene.generator("shelves")
    sheet = scene.sheet(depth, FAR, bottom=scene.y(0.64))
    mask = sheet.mask()
    unit = scene.unit
    for share in (0.22, 0.46):
        y = scene.y(share)
        sheet.rectangle(mask, sheet.box.left, y, sheet.box.right, y + unit * 0.016)
        x = sheet.box.left
        while x < sheet.box.right:
            wide, high = (
                unit * float(generator.uniform(0.04, 0.09)),
                unit * float(generator.uniform(0.05, 0.14)),
            )
            if generator.uniform() < 0.7:
                neck = wide * float(generator.uniform(0.15, 0.5))
                sheet.polygon(
                    mask,
                    [
                        (x, y + 2),
                        (x, y - high * 0.75),
                        (x + (wide - neck) / 2, y - high * 0.86),
                        (x + (wide - neck) / 2, y - high),
                        (x + (wide + neck) / 2, y - high),
                        (x + (wide + neck) / 2, y - high * 0.86),
                        (x + wide, y - high * 0.75),
                        (x + wide, y + 2),
                    ],
                )
            x += wide * float(generator.uniform(1.15, 2.0))
    palette = scene.palette
    colour = mix(mix(rgb("#4a2c20"), palette.deep, 0.5), palette.haze, 0.10)
    sheet.wash([colour, mix(colour, palette.light, 0.08)], 0, scene.y(0.6))
    sheet.cover(blurred(mask, unit * 0.004))
    sheet.coverage = dimmed(sheet.coverage, 0.62)
    return sheet.layers(depth)


def _table_top(scene: Scene, depth: float, top: float) -> list[Layer]:
    generator = scene.generator("table top")
    sheet = scene.sheet(depth, detail_at(depth), top=top - 2)
    palette = scene.palette
    wood = mix(
        rgb(str(generator.choice(["#a8653a", "#7a4a30", "#c08a55", "#5f4436"]))),
        palette.deep,
        0.45 if palette.dark else 0.12,
    )
    sheet.wash(
        [mix(wood, palette.light, 0.35), wood, mix(wood, palette.deep, 0.55)],
        top,
        scene.height * 1.03,
    )
    mask = sheet.mask()
    sheet.hill(mask, np.full(sheet.width, top))
    sheet.cover(mask)
    grain = sheet.mask()
    for _ in range(70):
        near = float(generator.uniform(0, 1)) ** 1.4
        x, long = (
            float(generator.uniform(sheet.box.left, sheet.box.right)),
            scene.unit * float(generator.uniform(0.1, 0.5)),
        )
        sheet.disc(
            grain,
            x,
            top + near * (scene.height - top) * 1.1,
            long,
            (0.6 + 2.0 * near) * scene.unit / 720 / long,
            110,
        )
    sheet.glaze(grain, mix(wood, palette.deep, 0.6), 0.5)
    light = sheet.mask()
    sheet.disc(light, scene.orb_x, top + scene.height * 0.10, scene.unit * 0.62, 0.24)
    sheet.glaze(blurred(light, scene.unit * 0.10), mix(palette.light, palette.spark, 0.3), 0.32)
    return sheet.layers(depth)


def foreground_blur(scene: Scene, depth: float, side: float) -> list[Layer]:
    """Something near the lens at the picture's edge, far out of focus."""
    x = scene.x(0.5 + side * 0.53)
    radius = scene.unit * 0.17
    sheet = scene.sheet(depth, FAR, across=(x - radius * 2, x + radius * 2), top=scene.y(0.62))
    mask = sheet.mask()
    sheet.disc(mask, x, scene.y(0.98), radius, 1.25)
    sheet.wash(
        [mix(scene.palette.deep, scene.palette.light, 0.14), scene.palette.deep],
        scene.y(0.75),
        scene.height,
    )
    sheet.cover(blurred(mask, scene.unit * 0.016))
    return sheet.layers(depth)
