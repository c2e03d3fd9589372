"""Skies: the gradient, the sun or moon with its glow, stars, clouds, northern lights."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import cv2
import numpy as np

from pipeline.studio.animatic.colour import mix, rgb
from pipeline.studio.animatic.layer import Layer, taking_turns, to_canvas
from pipeline.studio.animatic.masks import blurred, both, dimmed, glow, shifted, without
from pipeline.studio.animatic.noise import cloud, line

if TYPE_CHECKING:
    from pipeline.studio.animatic.layer import Pixels
    from pipeline.studio.animatic.paint import Sheet
    from pipeline.studio.animatic.scene import Scene


def sky(scene: Scene, horizon: float) -> list[Layer]:
    """The backdrop of an outdoor scene and its clouds; the gradient ends at `horizon`."""
    sheet = scene.sheet(0.0)
    palette = scene.palette
    sheet.wash(palette.sky, min(sheet.box.top, -0.1 * scene.height), horizon)
    shine(scene, sheet)
    _orb(scene, sheet)
    if "aurora" in scene.sight.weather:
        _aurora(scene, sheet, horizon)
    layers = [backdrop(scene, sheet, horizon if starry(scene) else None)]
    return [*layers, *clouds(scene, horizon)]


def starry(scene: Scene) -> bool:
    """Whether stars can be seen."""
    return scene.sight.light in {"night", "neon", "dusk"} and "rain" not in scene.sight.weather


def backdrop(scene: Scene, sheet: Sheet, stars_down_to: float | None) -> Layer:
    """A painted sheet as the solid layer behind everything, with twinkling stars if wanted."""
    canvas = to_canvas(sheet.rgb, None)
    alive = None
    if stars_down_to is not None:
        masks = _star_masks(scene, sheet, stars_down_to)
        alive = taking_turns([_starred(canvas, mask) for mask in masks], 17)
    return Layer.backdrop(0.0, sheet.box, sheet.detail, canvas, alive)


def shine(scene: Scene, sheet: Sheet) -> None:
    """The wide glow around the sun: most of what makes a sky look like light."""
    x = (scene.orb_x - sheet.box.left) * sheet.detail
    y = (scene.orb_y - sheet.box.top) * sheet.detail
    unit = scene.unit * sheet.detail
    colour = mix(scene.palette.haze, scene.palette.orb, 0.45)
    strength = 0.42 if scene.palette.dark else 0.62
    for radius, share in ((1.25, 0.55), (0.6, 0.5), (0.26, 0.55)):
        mask = glow(sheet.width, sheet.height, x, y, unit * radius, 0.85)
        sheet.glaze(mask, mix(colour, scene.palette.orb, 1 - radius / 1.6), strength * share)


def _orb(scene: Scene, sheet: Sheet) -> None:
    light = scene.sight.light
    if light in {"overcast", "storm"} or "rain" in scene.sight.weather:
        return
    generator = scene.generator("orb")
    radius = scene.unit * {"noon": 0.045, "night": 0.058, "neon": 0.15}.get(light, 0.085)
    radius *= float(generator.uniform(0.85, 1.2))
    mask = sheet.mask()
    sheet.disc(mask, scene.orb_x, scene.orb_y, radius)
    sheet.glaze(mask, scene.palette.orb, 0.96)
    if light != "night":
        return
    shade = sheet.mask()
    for _ in range(5):
        turn, away = generator.uniform(0, 2 * math.pi), generator.uniform(0.1, 0.6) * radius
        x = scene.orb_x + float(away * math.cos(turn))
        y = scene.orb_y + float(away * math.sin(turn))
        sheet.disc(shade, x, y, radius * float(generator.uniform(0.12, 0.3)))
    grey = mix(scene.palette.orb, rgb("#8a93a8"), 0.6)
    sheet.glaze(both(blurred(shade, 1), mask), grey, 0.4)


def _star_masks(scene: Scene, sheet: Sheet, horizon: float) -> tuple[Pixels, Pixels, Pixels]:
    """The same stars three times, each time some of them dim."""
    generator = scene.generator("stars")
    masks = (sheet.mask(), sheet.mask(), sheet.mask())
    reach = max(horizon - sheet.box.top, 1.0)
    for _ in range(int(sheet.width * sheet.height / 1100)):
        x = generator.uniform(sheet.box.left, sheet.box.right)
        high = generator.uniform(0, 1) ** 1.5
        y = sheet.box.top + high * reach
        bright = 250 * (1 - high) ** 0.8 * generator.uniform(0.2, 1.0)
        big = generator.uniform() < 0.05
        size = float(generator.uniform(1.3, 1.7) if big else generator.uniform(0.7, 1.1))
        for mask in masks:
            value = int(bright * generator.uniform(0.45, 1.0))
            sheet.disc(mask, x, y, size * scene.unit / 720, value=value)
    return masks


def _starred(canvas: Pixels, mask: Pixels) -> Pixels:
    lit = canvas.copy()
    # A star behind the glow of the moon drowns in it.
    dim = without(np.full_like(mask, 210), np.ascontiguousarray(canvas[..., 0]))
    lit[..., 0] = cv2.add(lit[..., 0], cv2.multiply(mask, dim, scale=1 / 200))
    return lit


def clouds(scene: Scene, horizon: float) -> list[Layer]:
    """Long flat banks, lit from the sun's side."""
    generator = scene.generator("clouds")
    light = scene.sight.light
    heavy = light in {"overcast", "storm"}
    layers: list[Layer] = []
    for number, depth in enumerate((0.05, 0.10)):
        if light in {"night", "neon"} and number:
            continue
        sheet = scene.sheet(depth, bottom=horizon + 4)
        much = 0.62 if heavy else float(generator.uniform(0.26, 0.46))
        shape = _banks(generator, sheet, horizon, much)
        palette = scene.palette
        body = palette.sky[1 - number] if heavy else mix(palette.sky[2], palette.haze, 0.5)
        sheet.wash([body, body], sheet.box.top, horizon)
        sheet.cover(shape)
        # The lit side: where the bank is denser than a little way towards the sun.
        side = -1 if scene.orb_x < scene.width / 2 else 1
        moved = shifted(shape, 4.0 * side, 7.0)
        lit = mix(body, palette.light, 0.18 if heavy else 0.55)
        sheet.glaze(blurred(without(shape, moved), 1.2), lit, 0.75)
        sheet.coverage = dimmed(sheet.coverage, 0.5 if palette.dark else 0.72)
        layers += sheet.layers(depth)
    return layers


def _banks(generator: np.random.Generator, sheet: Sheet, horizon: float, much: float) -> Pixels:
    wide = max(2, round(sheet.width / max(sheet.height, 1) * 1.6))
    field = cloud(generator, sheet.width, sheet.height, (wide, 7), 5)
    level = np.clip((horizon - sheet.rows()) / max(horizon - sheet.box.top, 1), 0, 1)
    # Thin near the zenith, none right at the horizon.
    weight = np.clip(level * 5, 0, 1) * (1 - 0.35 * level)
    wave = line(generator, sheet.rows(), sheet.height / 3, 2)
    dense = field + 0.10 * wave[:, None] - (0.82 - 0.5 * much)
    soft = np.clip(dense / 0.055, 0, 1) * weight[:, None]
    return np.asarray(soft * 255).astype(np.uint8)


def _aurora(scene: Scene, sheet: Sheet, horizon: float) -> None:
    generator = scene.generator("aurora")
    rows = sheet.rows()[:, None]
    columns = sheet.columns()
    for tint in ("#3dffa8", "#5adfd0", "#a86bff"):
        bend = 0.09 * line(generator, columns, scene.unit, 3)
        foot = horizon - scene.height * (float(generator.uniform(0.16, 0.34)) + bend)
        tall = scene.height * (0.34 + 0.12 * line(generator, columns, scene.unit * 0.25, 4))
        up = (foot[None, :] - rows) / np.maximum(tall, 8)[None, :]
        rays = 0.65 + 0.35 * line(generator, columns, scene.unit * 0.05, 3)[None, :]
        veil = np.clip(up * 14, 0, 1) * np.clip(1 - up, 0, 1) ** 1.6 * rays
        sheet.glaze((np.clip(veil, 0, 1) * 255).astype(np.uint8), rgb(tint), 0.55)
