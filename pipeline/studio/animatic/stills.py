"""Still lifes: bowls, cups, bottles, goods; rounded by light and shade, with steam if hot."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

from pipeline.studio.animatic.colour import mix, rgb
from pipeline.studio.animatic.figures import Part, mirrored, outline
from pipeline.studio.animatic.layer import taking_turns
from pipeline.studio.animatic.paint import blurred
from pipeline.studio.animatic.scene import FAR, NEAR

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pipeline.studio.animatic.colour import Colour
    from pipeline.studio.animatic.layer import Layer, Pixels
    from pipeline.studio.animatic.paint import Sheet
    from pipeline.studio.animatic.scene import Scene

# Outlines as in `figures`: 1 high. Tones: ware, pale, dark, soup, gold, leaf, red.
STILLS: Mapping[str, tuple[Part, ...]] = {
    "bowl": (
        Part("pale", "|", (0.30, 0.62, 1.05, 1.10, 1.08, 1.07, 0.36, 0.60)),
        Part("pale", "|", (0.38, 0.60, 1.12, 1.02, 1.15, 0.99, 0.44, 0.58)),
        Part("dark", "~", mirrored(0.30, 0.10, 0.31, 0.0)),
        Part("ware", "~", mirrored(0.80, 0.62, 0.775, 0.50, 0.68, 0.30, 0.50, 0.14, 0.28, 0.055)),
        Part("pale", "o", (0.0, 0.62, 0.80, 0.175)),
        Part("soup", "o", (0.0, 0.605, 0.72, 0.140)),
        *(
            Part("gold", "~", (x - 0.20, y, x - 0.05, y + 0.035, x + 0.12, y + 0.01, x + 0.22, y + 0.03, x + 0.10, y - 0.02, x - 0.06, y + 0.005))
            for x, y in ((-0.30, 0.60), (-0.12, 0.57), (-0.36, 0.56), (-0.16, 0.63), (-0.02, 0.60), (0.06, 0.55))
        ),
        Part("leaf", "|", (0.26, 0.60, 0.34, 0.80, 0.56, 0.76, 0.50, 0.60)),
        Part("pale", "o", (0.18, 0.595, 0.15, 0.066)),
        Part("gold", "o", (0.18, 0.600, 0.085, 0.038)),
        Part("red", "o", (-0.44, 0.64, 0.12, 0.045)),
        Part("leaf", "o", (0.02, 0.67, 0.05, 0.018)),
        Part("leaf", "o", (-0.18, 0.69, 0.04, 0.015)),
        Part("leaf", "o", (0.40, 0.555, 0.045, 0.018)),
    ),
    "cup": (
        Part("dark", "o", (0.0, 0.055, 0.72, 0.10)),
        Part("pale", "o", (0.0, 0.085, 0.70, 0.095)),
        Part("ware", "~", (0.38, 0.58, 0.60, 0.62, 0.68, 0.46, 0.56, 0.28, 0.34, 0.24, 0.35, 0.32, 0.50, 0.35, 0.575, 0.46, 0.53, 0.54, 0.38, 0.51)),
        Part("ware", "~", mirrored(0.46, 0.72, 0.455, 0.60, 0.42, 0.32, 0.33, 0.14, 0.20, 0.09)),
        Part("pale", "o", (0.0, 0.72, 0.46, 0.105)),
        Part("soup", "o", (0.0, 0.708, 0.405, 0.084)),
        Part("gold", "o", (-0.06, 0.715, 0.20, 0.040)),
    ),
    "plate": (
        Part("pale", "o", (0.0, 0.10, 1.05, 0.13)),
        Part("dark", "o", (0.0, 0.115, 0.80, 0.085)),
        Part("gold", "|", mirrored(0.56, 0.52, 0.57, 0.12)),
        Part("soup", "|", mirrored(0.565, 0.36, 0.565, 0.29)),
        Part("gold", "o", (0.0, 0.12, 0.57, 0.07)),
        Part("ware", "~", mirrored(0.55, 0.56, 0.585, 0.50, 0.56, 0.38, 0.50, 0.45, 0.44, 0.35, 0.36, 0.46, 0.26, 0.40, 0.17, 0.47, 0.06, 0.36)),
        Part("ware", "o", (0.0, 0.56, 0.565, 0.095)),
        Part("pale", "o", (0.0, 0.64, 0.17, 0.075)),
        Part("red", "o", (0.0, 0.73, 0.085, 0.08)),
        Part("leaf", "~", (0.0, 0.80, 0.05, 0.88, 0.15, 0.90, 0.10, 0.82)),
    ),
    "bottle": (
        Part("dark", "|", mirrored(0.085, 1.0, 0.085, 0.86)),
        Part("gold", "|", mirrored(0.065, 0.865, 0.065, 0.79)),
        Part("ware", "~", mirrored(0.05, 0.80, 0.10, 0.785, 0.255, 0.735, 0.285, 0.64, 0.285, 0.12, 0.265, 0.02, 0.20, 0.0)),
        Part("pale", "|", mirrored(0.195, 0.50, 0.195, 0.22)),
        Part("dark", "|", mirrored(0.12, 0.40, 0.12, 0.385)),
        Part("dark", "|", mirrored(0.08, 0.34, 0.08, 0.328)),
    ),
    "box": (
        Part("ware", "|", (-0.50, 0.78, -0.50, 0.06, 0.10, -0.06, 0.10, 0.70)),
        Part("dark", "|", (0.10, 0.70, 0.10, -0.06, 0.52, 0.08, 0.52, 0.80)),
        Part("pale", "|", (-0.50, 0.78, 0.10, 0.70, 0.52, 0.80, -0.06, 0.88)),
        Part("gold", "|", (-0.25, 0.745, -0.15, 0.733, -0.15, -0.008, -0.25, 0.01)),
        Part("gold", "|", (-0.25, 0.745, -0.15, 0.733, 0.25, 0.837, 0.16, 0.85)),
    ),
    "phone": (
        Part("dark", "~", mirrored(0.20, 1.0, 0.255, 0.985, 0.265, 0.93, 0.265, 0.07, 0.255, 0.015, 0.20, 0.0)),
        Part("ware", "|", mirrored(0.235, 0.95, 0.235, 0.05)),
        Part("gold", "o", (0.0, 0.60, 0.12, 0.12)),
        Part("pale", "|", mirrored(0.16, 0.36, 0.16, 0.335)),
        Part("pale", "|", mirrored(0.10, 0.29, 0.10, 0.268)),
    ),
    "shoe": (
        Part("pale", "~", (-0.98, 0.14, -0.94, 0.02, -0.4, 0.0, 0.4, 0.0, 0.95, 0.02, 1.05, 0.10, 1.0, 0.20, 0.2, 0.22, -0.6, 0.20)),
        Part("ware", "~", (-0.96, 0.18, -0.98, 0.50, -0.93, 0.82, -0.80, 0.88, -0.55, 0.76, -0.30, 0.78, -0.16, 0.72, 0.16, 0.46, 0.66, 0.36, 0.98, 0.26, 1.0, 0.17, 0.2, 0.20, -0.5, 0.18)),
        Part("dark", "~", (-0.90, 0.82, -0.78, 0.86, -0.56, 0.76, -0.30, 0.78, -0.50, 0.68, -0.74, 0.70)),
        Part("gold", "~", (-0.70, 0.30, -0.20, 0.32, 0.34, 0.42, -0.05, 0.46, -0.36, 0.42)),
        *(Part("pale", "|", (x, y, x + 0.17, y + 0.07, x + 0.18, y + 0.04, x + 0.015, y - 0.03)) for x, y in ((-0.30, 0.66), (-0.20, 0.58), (-0.10, 0.51), (0.0, 0.45))),
    ),
}  # fmt: skip
HOT = frozenset({"bowl", "cup"})


def still_life(scene: Scene, name: str, depth: float, x: float, foot: float, tall: float) -> list[Layer]:
    """One object standing at (x, foot), `tall` scene pixels high, with its shadow and steam."""
    generator = scene.generator("still", name)
    wares = ("#b23a2e", "#2f5f8a", "#3c7a63", "#d8a13c", "#7a4a8a", "#23384f")
    ware = mix(rgb(str(generator.choice(wares))), scene.palette.deep, 0.18)
    polygons = [(part.tone, outline(part) * (tall, -tall) + (x, foot)) for part in STILLS[name]]
    every = np.concatenate([points for _, points in polygons])
    room = tall * 0.5
    sheet = scene.sheet(
        depth, NEAR,
        left=float(every[:, 0].min()) - room, right=float(every[:, 0].max()) + room,
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
    dark[part] = cv2.multiply(row, inside, scale=1 / 255)
    sheet.glaze(dark, mix(scene.palette.deep, rgb("#160e12"), 0.4))
    row = np.repeat((light * 255).astype(np.uint8)[None, :], high, axis=0)
    lit = np.zeros_like(mask)
    lit[part] = cv2.multiply(row, inside, scale=1 / 255)
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
    sheet = scene.sheet(depth, FAR, left=x - tall * 0.8, right=x + tall * 0.8, top=foot - tall * 1.5, bottom=foot + tall * 0.1)
    generator = scene.generator("steam")
    rows, columns = sheet.rows(), sheet.columns()
    up = np.clip((foot - rows) / (tall * 1.45), 0, 1)
    wisps = [(float(generator.uniform(-0.34, 0.34)), float(generator.uniform(0, 6.3))) for _ in range(5)]
    states = []
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
    return [sheet.whole(depth, alive=taking_turns(states, 5))]
