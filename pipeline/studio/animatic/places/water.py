"""Water from above: open sea, beach, lake and river."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

from pipeline.studio.animatic.colour import mix, rgb
from pipeline.studio.animatic.ground import Roll, peaks, rim, rise, slope
from pipeline.studio.animatic.layer import taking_turns
from pipeline.studio.animatic.noise import line
from pipeline.studio.animatic.paint import Plot
from pipeline.studio.animatic.plants import grass, palm
from pipeline.studio.animatic.scene import FAR, detail_at
from pipeline.studio.animatic.sky import sky
from pipeline.studio.animatic.subjects import subject

if TYPE_CHECKING:
    from pipeline.studio.animatic.colour import Colour
    from pipeline.studio.animatic.layer import Layer, Pixels
    from pipeline.studio.animatic.paint import Sheet
    from pipeline.studio.animatic.scene import Scene


def ocean(scene: Scene) -> list[Layer]:
    """The open sea, its swell rising towards the lens."""
    tint = rgb("#1d6a94")
    horizon = scene.y(0.58)
    layers = sky(scene, horizon)
    layers += surface(scene, 0.14, horizon, tint)
    for depth, at, wave in ((0.42, 0.68, 0.010), (0.58, 0.735, 0.016)):
        layers += _swell(scene, depth, scene.y(at), wave, tint)
    name = scene.sight.subject
    if name in {"whale", "fish"}:
        layers += subject(scene, 0.66, scene.y(0.855), scene.unit * 0.22)
    elif name == "lighthouse":
        layers += subject(scene, 0.40, scene.y(0.69), scene.unit * 0.12, share=0.7)
    else:
        layers += subject(scene, 0.66, scene.y(0.755), scene.unit * 0.21)
    layers += _swell(scene, 0.76, scene.y(0.80), 0.022, tint)
    return layers + _swell(scene, 0.95, scene.y(0.93), 0.03, mix(tint, scene.palette.deep, 0.3))


def beach(scene: Scene) -> list[Layer]:
    """Sea, a line of foam, sand, and a palm that leans into the picture."""
    generator = scene.generator("beach")
    tint, sand = rgb("#2fa3b5"), rgb("#e6c896")
    horizon = scene.y(0.58)
    layers = sky(scene, horizon)
    if generator.uniform() < 0.7:
        layers += peaks(scene, 0.13, horizon + 2, 0.10, rgb("#3f6f66"), snow=False)
    layers += surface(scene, 0.16, horizon, tint)
    layers += _swell(scene, 0.46, scene.y(0.685), 0.008, tint)
    layers += _shore(scene, 0.72, scene.y(0.765), sand)
    layers += subject(scene, 0.76, scene.y(0.815), scene.unit * 0.23)
    layers += _palms(scene, 0.92, scene.y(0.90))
    return [
        *layers,
        *slope(scene, 0.93, scene.y(0.93), mix(sand, scene.palette.deep, 0.35), blades=0.02),
    ]


def lake(scene: Scene) -> list[Layer]:
    """Still water that doubles the mountains and the woods on its far shore."""
    stone, green = rgb("#4a5f8a"), rgb("#2c5a4c")
    shore = scene.y(0.62)
    layers = sky(scene, shore)
    layers += peaks(scene, 0.15, shore, 0.30, stone, snow=True)
    layers += rise(scene, 0.27, shore - scene.y(0.005), green, Roll(0.02, trees=0.05))
    layers += _mirror(
        scene, 0.33, shore, mix(scene.palette.at(0.28, green), scene.palette.deep, 0.1)
    )
    name = scene.sight.subject
    if name in {"boat", "birds", "fish", "whale"}:
        layers += subject(scene, 0.66, scene.y(0.765), scene.unit * 0.15)
    else:
        layers += subject(scene, 0.83, scene.y(0.825), scene.unit * 0.23)
        layers += slope(scene, 0.82, scene.y(0.82), green)
    return [*layers, *_reeds(scene, 0.96, scene.y(0.95), green)]


def surface(scene: Scene, depth: float, horizon: float, tint: Colour) -> list[Layer]:
    """Water from the horizon down, with the sun's glitter on it."""
    sheet = scene.sheet(depth, FAR, top=horizon)
    palette = scene.palette
    far = mix(palette.sky[-1], palette.at(0.4, tint), 0.35)
    sheet.wash([far, palette.at(0.5, tint), palette.at(0.85, tint)], horizon, scene.height * 1.02)
    sheet.coverage[:] = 255
    generator = scene.generator("surface", depth)
    _streaks(sheet, generator, scene, far, 130)
    states = _glitter(scene, sheet, horizon)
    return sheet.layers(depth, alive=taking_turns(states, 9) if states else None)


def _streaks(
    sheet: Sheet, generator: np.random.Generator, scene: Scene, colour: Colour, count: int
) -> None:
    """Long flat ripples, wider the nearer they are."""
    tall = sheet.box.bottom - sheet.box.top
    mask = sheet.mask()
    for _ in range(count):
        near = float(generator.uniform(0.03, 1))
        x = float(generator.uniform(sheet.box.left, sheet.box.right))
        long = scene.unit * (0.02 + 0.22 * near) * float(generator.uniform(0.4, 1.3))
        thin = (0.8 + 3.2 * near) * scene.unit / 720
        sheet.disc(mask, x, sheet.box.top + near**1.3 * tall, long, thin / long, 150)
    sheet.glaze(mask, mix(colour, scene.palette.light, 0.35), 0.42)


def _glitter(scene: Scene, sheet: Sheet, horizon: float) -> list[Pixels]:
    """Three states of the sun's path on the water, to fade between."""
    if scene.sight.light in {"overcast", "storm"}:
        return []
    base = sheet.rgb.copy()
    states = []
    tall = scene.height - horizon
    for state in range(3):
        generator = scene.generator("glitter", state)
        mask = sheet.mask()
        for _ in range(90):
            near = float(generator.uniform(0.0, 1)) ** 1.2
            spread = scene.unit * (0.045 + 0.17 * near)
            x = scene.orb_x + float(generator.normal(0, 0.55)) * spread
            long = scene.unit * (0.008 + 0.035 * near) * float(generator.uniform(0.5, 1.6))
            thin = max(0.9, (0.9 + 2.4 * near) * scene.unit / 720)
            sheet.disc(mask, x, horizon + 2 + near * tall, long, thin / long, 235)
        sheet.rgb[:] = base
        sheet.glaze(mask, mix(scene.palette.orb, scene.palette.light, 0.4), 0.9)
        states.append(sheet.canvas())
    sheet.rgb[:] = base
    return states


def _swell(scene: Scene, depth: float, at: float, wave: float, tint: Colour) -> list[Layer]:
    """One row of waves: pointed crests, light along their tops."""
    generator = scene.generator("swell", depth)
    high = scene.height * wave
    sheet = scene.sheet(depth, detail_at(depth), top=at - high * 3)
    columns = sheet.columns()
    long = scene.unit * (0.10 + 0.35 * depth)
    bend = line(generator, columns, long * 2, 3)
    heights = at - high * (
        1 - 2 * np.abs(np.sin(columns / long * np.pi * 0.5 + bend * 2.2)) ** 0.8 + bend
    )
    mask = sheet.mask()
    sheet.hill(mask, heights)
    palette = scene.palette
    colour = palette.at(min(depth + 0.1, 1), tint)
    crest = mix(colour, mix(palette.sky[-1], palette.light, 0.4), 0.42 * (1.15 - depth))
    sheet.wash(
        [crest, colour, mix(colour, palette.deep, 0.25)], at - high * 2, at + scene.height * 0.09
    )
    sheet.cover(mask)
    sheet.edge(mix(palette.light, rgb("#ffffff"), 0.3), (0.0, 1.4 * scene.unit / 720), 0.5)
    _streaks(sheet, generator, scene, crest, int(16 + 16 * depth))
    return sheet.layers(depth)


def _shore(scene: Scene, depth: float, at: float, sand: Colour) -> list[Layer]:
    generator = scene.generator("shore")
    sheet = scene.sheet(depth, detail_at(depth), top=at - scene.unit * 0.05)
    columns = sheet.columns()
    tilt = (columns / scene.width - 0.5) * scene.unit * 0.05
    heights = at + scene.unit * 0.012 * line(generator, columns, scene.unit * 0.4, 4) + tilt
    palette = scene.palette
    near = palette.at(0.85, sand)
    sheet.wash(
        [mix(near, palette.light, 0.25), near, mix(near, palette.deep, 0.3)], at, scene.height
    )
    mask = sheet.mask()
    sheet.hill(mask, heights)
    sheet.cover(mask)
    wet, foam = sheet.mask(), sheet.mask()
    tongue = scene.unit * 0.016 * (1 + line(generator, columns, scene.unit * 0.25, 3))
    for target, reach in ((wet, 2.3), (foam, 1.0)):
        edge = np.concatenate(
            [
                np.stack([columns, heights - 2], -1),
                np.stack([columns, heights + tongue * reach], -1)[::-1],
            ]
        )
        sheet.polygon(target, edge)
    sheet.glaze(wet, mix(near, palette.deep, 0.45), 0.6)
    sheet.glaze(foam, mix(palette.light, rgb("#ffffff"), 0.5), 0.85)
    return sheet.layers(depth)


def _palms(scene: Scene, depth: float, foot: float) -> list[Layer]:
    generator = scene.generator("palms")
    sheet = scene.sheet(depth, detail_at(depth), bottom=foot + scene.unit * 0.1)
    mask = sheet.mask()
    side = -1.0 if scene.orb_x > scene.width / 2 else 1.0
    edge = scene.x(0.5 + side * 0.46)
    for tall, out in ((0.62, 0.0), (0.46, 0.10)):
        size = min(scene.unit * tall * float(generator.uniform(0.9, 1.1)), scene.height * 0.6)
        palm(
            Plot(sheet, mask, generator),
            edge + side * out * scene.unit,
            foot + 6,
            size,
            -side * size * 0.28,
        )
    colour = mix(scene.palette.at(depth, rgb("#1f4f3c")), scene.palette.deep, 0.3)
    sheet.wash([mix(colour, scene.palette.light, 0.12), colour], scene.y(0.3), foot)
    sheet.cover(mask)
    sheet.edge(scene.palette.light, rim(scene, 2), 0.35)
    return sheet.layers(depth)


def _mirror(scene: Scene, depth: float, shore: float, bank: Colour) -> list[Layer]:
    """The lake: the sky upside down, the far shore's dark reflection, and glitter."""
    sheet = scene.sheet(depth, FAR, top=shore)
    palette = scene.palette
    stops = [mix(sky_, palette.deep, 0.16) for sky_ in palette.sky[::-1]]
    sheet.wash(stops, shore, scene.height * 1.15)
    sheet.coverage[:] = 255
    generator = scene.generator("mirror")
    columns = sheet.columns()
    shape = line(generator, columns, scene.unit * 0.5, 5, 0.5, sharp=True)
    depths = shore + scene.height * (0.075 + 0.05 * shape)
    mask = sheet.mask()
    points = np.concatenate(
        [
            np.stack([columns, depths], -1),
            [(sheet.box.right, shore - 2), (sheet.box.left, shore - 2)],
        ]
    )
    sheet.polygon(mask, points)
    # Ripples tear a reflection into level slices.
    shift = line(generator, sheet.rows(), scene.unit * 0.014, 2) * 5
    away = (np.arange(sheet.width)[None, :] + shift[:, None]).astype(np.float32)
    rows = np.repeat(np.arange(sheet.height, dtype=np.float32)[:, None], sheet.width, axis=1)
    torn = np.asarray(
        cv2.remap(mask, away, rows, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE), np.uint8
    )
    sheet.glaze(torn, bank, 0.62)
    _streaks(sheet, generator, scene, palette.sky[-1], 90)
    states = _glitter(scene, sheet, shore)
    return sheet.layers(depth, alive=taking_turns(states, 9) if states else None)


def _reeds(scene: Scene, depth: float, at: float, green: Colour) -> list[Layer]:
    generator = scene.generator("reeds")
    tall = scene.unit * 0.15
    sheet = scene.sheet(depth, detail_at(depth), top=at - tall * 1.9)
    columns = sheet.columns()
    out = np.clip(np.abs(columns / scene.width - 0.5) * 2.4 - 0.55, 0, 1)
    heights = at + (1 - out) * tall * 0.55
    mask = sheet.mask()
    sheet.hill(mask, heights)
    grass(Plot(sheet, mask, generator), heights, tall * 0.75, dense=1.3)
    colour = mix(scene.palette.at(depth, green), scene.palette.deep, 0.45)
    sheet.wash([mix(colour, scene.palette.light, 0.12), colour], at - tall, scene.height)
    sheet.cover(mask)
    sheet.edge(scene.palette.light, rim(scene, 1.3), 0.3)
    return sheet.layers(depth)
