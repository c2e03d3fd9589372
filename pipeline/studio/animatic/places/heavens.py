"""Above the ground: seas of cloud, and space."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from pipeline.studio.animatic.colour import mix, rgb
from pipeline.studio.animatic.ground import rim
from pipeline.studio.animatic.masks import blurred, both, dimmed, glow, without
from pipeline.studio.animatic.noise import cloud, line
from pipeline.studio.animatic.scene import FAR, detail_at
from pipeline.studio.animatic.sky import backdrop
from pipeline.studio.animatic.sky import sky as open_sky
from pipeline.studio.animatic.subjects import subject

if TYPE_CHECKING:
    from pipeline.studio.animatic.colour import Colour
    from pipeline.studio.animatic.layer import Layer
    from pipeline.studio.animatic.paint import Sheet
    from pipeline.studio.animatic.scene import Scene


def sky(scene: Scene) -> list[Layer]:
    """A sea of clouds, bank before bank, seen from above it."""
    layers = open_sky(scene, scene.y(0.70))
    for depth, at, puff in ((0.16, 0.60, 0.05), (0.32, 0.67, 0.075), (0.50, 0.76, 0.11)):
        layers += _bank(scene, depth, scene.y(at), puff)
    name = scene.sight.subject or str(
        scene.generator("flyer").choice(["birds", "balloon", "plane"])
    )
    layers += subject(scene, 0.64, scene.y(0.62), scene.unit * 0.24, name=name)
    return [*layers, *_bank(scene, 0.94, scene.y(0.95), 0.20)]


def _bank(scene: Scene, depth: float, at: float, puff: float) -> list[Layer]:
    """One row of cumulus, lit from the sun's side."""
    generator = scene.generator("bank", depth)
    size = scene.unit * puff
    sheet = scene.sheet(depth, FAR, top=at - size * 3.2)
    mask, lit = sheet.mask(), sheet.mask()
    swing = line(generator, sheet.columns(), scene.unit * 0.6, 3)
    side = 1.0 if scene.orb_x > scene.width / 2 else -1.0
    x = sheet.box.left - size
    while x < sheet.box.right + size:
        lift = float(np.interp(x, sheet.columns(), swing)) * size * 1.1
        radius = size * float(generator.uniform(0.45, 1.15))
        sheet.disc(mask, x, at - lift, radius, 0.85)
        sheet.disc(lit, x + side * radius * 0.22, at - lift - radius * 0.24, radius * 0.78, 0.8)
        x += size * float(generator.uniform(0.25, 0.75))
    floor = np.interp(sheet.columns(), sheet.columns(), at - swing * size * 1.1)
    sheet.hill(mask, floor)
    palette = scene.palette
    white = mix(rgb("#fbf7f2"), palette.haze, 0.35)
    body = palette.at(depth * 0.5, mix(white, palette.sky[1], 0.55), 0.45)
    top = mix(body, mix(white, palette.light, 0.6), 0.55)
    sheet.wash([top, body, mix(body, palette.sky[1], 0.45)], at - size * 1.6, at + size * 2.2)
    sheet.cover(blurred(mask, 0.8))
    bright = mix(mix(white, palette.light, 0.65), palette.deep, 0.25 if palette.dark else 0.0)
    sheet.glaze(both(blurred(lit, size * 0.07), mask), bright, 0.5)
    sheet.edge(palette.light, rim(scene, 2.5), 0.55)
    sheet.mist(palette.haze, at + size * 0.4, at + size * 2.4, 0.55 * (1 - depth))
    return sheet.layers(depth)


def space(scene: Scene) -> list[Layer]:
    """Stars, a nebula, a planet with its thin air, and ground or drifting rocks before it."""
    generator = scene.generator("space")
    sheet = scene.sheet(0.0)
    hues = [
        ("#5a2a8a", "#1f4fa0", "#e0567a"),
        ("#0f5f7a", "#2a2f8a", "#5fe0c0"),
        ("#7a2a4a", "#3a1f6a", "#ff9a5a"),
    ]
    one, two, three = (rgb(tone) for tone in hues[int(generator.integers(3))])
    sheet.wash([rgb("#04050f"), rgb("#090b22"), rgb("#0d1030")], 0, scene.height)
    wide = max(2, round(3 * sheet.width / sheet.height))
    for colour, strength in ((one, 0.85), (two, 0.7), (three, 0.45)):
        field = cloud(generator, sheet.width, sheet.height, (wide, 3), 5)
        dense = np.clip((field - 0.47) * 3.2, 0, 1) ** 1.4
        sheet.glaze((dense * 255).astype(np.uint8), colour, strength)
    layers = [backdrop(scene, sheet, sheet.box.bottom)]
    layers += _planet(scene, 0.12, three)
    name = scene.sight.subject
    if name in {"astronaut", "man", "woman", "robot", "hiker", "child", "couple", "car"}:
        layers += subject(scene, 0.72, scene.y(0.795), scene.unit * 0.26)
        layers += _moon_ground(scene, 0.44, scene.y(0.72), one)
        return [
            *layers,
            *_moon_ground(scene, 0.70, scene.y(0.785), one),
            *_moon_ground(scene, 0.95, scene.y(0.95), one),
        ]
    layers += _rocks(scene, 0.40, 12)
    layers += subject(scene, 0.66, scene.y(0.60), scene.unit * 0.22, name=name or "rocket")
    return [*layers, *_rocks(scene, 0.92, 5)]


def _planet(scene: Scene, depth: float, tint: Colour) -> list[Layer]:
    generator = scene.generator("planet")
    radius = scene.unit * float(generator.uniform(0.20, 0.34))
    x = scene.x(float(generator.choice([0.28, 0.70])))
    y = scene.y(float(generator.uniform(0.30, 0.42)))
    ring = generator.uniform() < 0.55
    reach = radius * 2.3
    sheet = scene.sheet(depth, FAR, across=(x - reach, x + reach), top=y - reach, bottom=y + reach)
    middle = ((x - sheet.box.left) * sheet.detail, (y - sheet.box.top) * sheet.detail)
    halo = glow(sheet.width, sheet.height, *middle, radius * 1.5 * sheet.detail)
    light = mix(tint, rgb("#ffffff"), 0.55)
    sheet.wash([light] * 2, 0, 1)
    sheet.coverage = dimmed(halo, 0.42)
    if ring:
        _ring(sheet, (x, y), radius, light, front=False)
    ball = sheet.mask()
    sheet.disc(ball, x, y, radius)
    sheet.add(ball, mix(tint, rgb("#2a1f4a"), 0.25))
    bands = 0.5 + 0.5 * line(generator, sheet.rows(), radius * 0.5, 4)
    band_mask = np.repeat(
        (np.clip(bands, 0, 1) * 255).astype(np.uint8)[:, None], sheet.width, axis=1
    )
    sheet.glaze(both(band_mask, ball), mix(tint, rgb("#ffe9c8"), 0.55), 0.5)
    shade = sheet.mask()
    sheet.disc(shade, x - radius * 0.42, y - radius * 0.34, radius * 1.08)
    dark = without(ball, blurred(shade, radius * 0.16 * sheet.detail))
    sheet.glaze(dark, rgb("#05061a"), 0.93)
    inner = sheet.mask()
    sheet.disc(inner, x + radius * 0.03, y + radius * 0.03, radius * 0.985)
    sheet.glaze(both(without(ball, blurred(inner, 1.2)), shade), rgb("#f2fbff"), 0.85)
    if ring:
        _ring(sheet, (x, y), radius, light, front=True)
    return sheet.layers(depth)


def _ring(
    sheet: Sheet, middle: tuple[float, float], radius: float, colour: Colour, *, front: bool
) -> None:
    """Half of a planet's ring: the one behind it or the one before it."""
    x, y = middle
    turn = np.linspace(0, np.pi, 80) + (0 if front else np.pi)
    lean = np.deg2rad(-17)
    for inner, outer, share in ((1.35, 1.62, 0.75), (1.68, 1.92, 0.5), (1.96, 2.02, 0.7)):
        band = []
        for size, way in ((outer, turn), (inner, turn[::-1])):
            flat_x, flat_y = np.cos(way) * size * radius, np.sin(way) * size * radius * 0.24
            band.append(
                np.stack(
                    [
                        x + flat_x * np.cos(lean) - flat_y * np.sin(lean),
                        y + flat_x * np.sin(lean) + flat_y * np.cos(lean),
                    ],
                    -1,
                )
            )
        mask = sheet.mask()
        sheet.polygon(mask, np.concatenate(band))
        sheet.add(mask, colour, share)


def _moon_ground(scene: Scene, depth: float, at: float, tint: Colour) -> list[Layer]:
    generator = scene.generator("moon ground", depth)
    sheet = scene.sheet(depth, detail_at(depth), top=at - scene.unit * 0.09)
    columns = sheet.columns()
    heights = at - scene.unit * 0.045 * line(generator, columns, scene.unit * 0.6, 5, 0.45)
    mask = sheet.mask()
    sheet.hill(mask, heights)
    grey = mix(mix(rgb("#8d8aa0"), tint, 0.4), rgb("#05061a"), 0.25 + 0.5 * depth)
    sheet.wash(
        [mix(grey, rgb("#ffffff"), 0.22), grey, mix(grey, rgb("#03040f"), 0.6)],
        at - scene.unit * 0.05,
        at + scene.height * 0.22,
    )
    sheet.cover(mask)
    for _ in range(int(9 + 8 * depth)):
        x = float(generator.uniform(sheet.box.left, sheet.box.right))
        y = float(np.interp(x, columns, heights)) + scene.unit * float(
            generator.uniform(0.02, 0.14)
        )
        radius = scene.unit * float(generator.uniform(0.012, 0.05)) * (0.5 + depth)
        hole, light = sheet.mask(), sheet.mask()
        sheet.disc(light, x, y + radius * 0.07, radius * 1.07, 0.26)
        sheet.disc(hole, x, y, radius, 0.24)
        sheet.glaze(both(light, mask), mix(grey, rgb("#ffffff"), 0.25), 0.7)
        sheet.glaze(both(hole, mask), mix(grey, rgb("#03040f"), 0.6), 0.9)
    sheet.edge(rgb("#eaf2ff"), rim(scene, 1.8), 0.5)
    return sheet.layers(depth)


def _rocks(scene: Scene, depth: float, count: int) -> list[Layer]:
    generator = scene.generator("rocks", depth)
    sheet = scene.sheet(depth, detail_at(depth))
    mask = sheet.mask()
    for _ in range(count):
        share = float(generator.uniform(-0.1, 1.1))
        up = (
            float(generator.uniform(0.62, 1.0))
            if depth < 0.5
            else float(generator.choice([0.04, 0.93]))
        )
        radius = scene.unit * float(generator.uniform(0.012, 0.05)) * (0.5 + 2.2 * depth)
        turn = np.linspace(0, 2 * np.pi, 11, endpoint=False)
        bumpy = radius * generator.uniform(0.65, 1.15, 11)
        sheet.polygon(
            mask,
            np.stack(
                [scene.x(share) + bumpy * np.cos(turn), scene.y(up) + bumpy * 0.75 * np.sin(turn)],
                -1,
            ),
        )
    colour = mix(rgb("#4a4560"), rgb("#05061a"), 0.2 + 0.5 * depth)
    sheet.wash([mix(colour, rgb("#ffffff"), 0.1), colour], 0, scene.height)
    sheet.cover(mask)
    sheet.edge(rgb("#dfe8ff"), rim(scene, 2.5 + 3 * depth), 0.45)
    return sheet.layers(depth)
