"""Still lifes: bowls, cups, bottles, goods; rounded by light and shade, with steam if hot."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

from pipeline.studio.animatic.colour import mix, rgb
from pipeline.studio.animatic.figures.cut import outline
from pipeline.studio.animatic.figures.goods import STILLS
from pipeline.studio.animatic.layer import taking_turns
from pipeline.studio.animatic.masks import blurred, either, times
from pipeline.studio.animatic.scene import FAR, NEAR

if TYPE_CHECKING:
    from pipeline.studio.animatic.colour import Colour
    from pipeline.studio.animatic.layer import Layer, Pixels
    from pipeline.studio.animatic.paint import Sheet
    from pipeline.studio.animatic.scene import Scene

HOT = frozenset({"bowl", "cup"})


def still_life(
    scene: Scene, name: str, depth: float, x: float, foot: float, tall: float
) -> list[Layer]:
    """One object standing at (x, foot), `tall` scene pixels high, with its shadow and steam."""
    generator = scene.generator("still", name)
    wares = ("#b23a2e", "#2f5f8a", "#3c7a63", "#d8a13c", "#7a4a8a", "#23384f")
    ware = mix(rgb(str(generator.choice(wares))), scene.palette.deep, 0.18)
    polygons = [(part.tone, outline(part) * (tall, -tall) + (x, foot)) for part in STILLS[name]]
    every = np.concatenate([points for _, points in polygons])
    room = tall * 0.5
    sheet = scene.sheet(
        depth, NEAR,
        across=(float(every[:, 0].min()) - room, float(every[:, 0].max()) + room),
        top=float(every[:, 1].min()) - 8, bottom=foot + room * 0.6,
    )  # fmt: skip
    side = 1.0 if scene.orb_x > scene.width / 2 else -1.0
    half = float(every[:, 0].max() - every[:, 0].min()) / 2
    shadow = sheet.mask()
    sheet.disc(shadow, x - side * half * 0.22, foot - tall * 0.01, half * 0.92, 0.16)
    sheet.add(blurred(shadow, tall * 0.035), mix(scene.palette.deep, rgb("#1c120e"), 0.5), 0.55)
    for tone, points in polygons:
        mask = sheet.mask()
        sheet.polygon(mask, points)
        sheet.add(mask, _tone(scene, tone, ware))
        if tone in {"ware", "dark", "gold", "red", "pale"}:
            _round(scene, sheet, mask, side, tall)
    made = sheet.layers(depth)
    return made + (steam(scene, depth + 0.01, x, foot - tall * 0.66, tall) if name in HOT else [])


def _round(scene: Scene, sheet: Sheet, mask: Pixels, side: float, tall: float) -> None:
    """Light on the side towards the sun, shade on the other: flat shapes become bodies."""
    left, top, wide, high = cv2.boundingRect(mask)
    if wide < 8 or high < 8:
        return
    part = (slice(top, top + high), slice(left, left + wide))
    across = (np.arange(wide) / wide - 0.5) * 2 * side
    shade = np.clip(0.15 - across, 0, 1.2) ** 1.5 * 0.42
    light = np.exp(-(((across - 0.52) / 0.20) ** 2)) * 0.30
    inside = mask[part]
    row = np.repeat((shade * 255).astype(np.uint8)[None, :], high, axis=0)
    dark = np.zeros_like(mask)
    dark[part] = times(row, inside)
    sheet.glaze(dark, mix(scene.palette.deep, rgb("#160e12"), 0.4))
    row = np.repeat((light * 255).astype(np.uint8)[None, :], high, axis=0)
    lit = np.zeros_like(mask)
    lit[part] = times(row, inside)
    sheet.glaze(lit, mix(scene.palette.light, rgb("#ffffff"), 0.4))
    del tall


def _tone(scene: Scene, tone: str, ware: Colour) -> Colour:
    tones = {
        "pale": "#f3e8d6", "dark": "#2a2226", "soup": "#b5672b", "gold": "#f0bf5a",
        "leaf": "#4d7f3e", "red": "#c9483a",
    }  # fmt: skip
    colour = rgb(tones[tone]) if tone in tones else ware
    if tone == "soup" and scene.sight.subject == "cup":
        colour = rgb("#5b3320")
    return mix(colour, scene.palette.deep, 0.22 if scene.palette.dark else 0.06)


def steam(scene: Scene, depth: float, x: float, foot: float, tall: float) -> list[Layer]:
    """Wisps that rise and fade: six states to turn through, each a step higher."""
    sheet = scene.sheet(
        depth,
        FAR,
        across=(x - tall * 0.8, x + tall * 0.8),
        top=foot - tall * 1.5,
        bottom=foot + tall * 0.1,
    )
    generator = scene.generator("steam")
    rows, columns = sheet.rows(), sheet.columns()
    up = np.clip((foot - rows) / (tall * 1.45), 0, 1)
    wisps = [
        (float(generator.uniform(-0.34, 0.34)), float(generator.uniform(0, 6.3))) for _ in range(5)
    ]
    states = []
    reach = sheet.mask()
    count = 8
    for state in range(count):
        turn = 2 * np.pi * state / count
        field = np.zeros((sheet.height, sheet.width))
        for start, phase in wisps:
            # A whole number of waves climbs in one round, so that the round closes.
            middle = x + tall * (start * (1 + 0.5 * up) + 0.13 * up * np.sin(7 * up - turn + phase))
            wide = tall * (0.035 + 0.12 * up)
            pulse = 0.65 + 0.35 * np.sin(9 * up - turn + 2 * phase)
            body = np.exp(-(((columns[None, :] - middle[:, None]) / wide[:, None]) ** 2))
            field += body * (pulse * np.clip(up * 6, 0, 1) * (1 - up) ** 1.3)[:, None]
        sheet.coverage = (np.clip(field * 0.42, 0, 0.62) * 255).astype(np.uint8)
        sheet.wash([mix(rgb("#fff8ee"), scene.palette.haze, 0.25)] * 2, 0, 1)
        states.append(sheet.canvas())
        reach = either(reach, sheet.coverage)
    sheet.coverage = reach
    return sheet.layers(depth, alive=taking_turns(states, 5))
