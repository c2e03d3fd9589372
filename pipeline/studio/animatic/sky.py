"""Skies: the gradient, the sun or moon with its glow, stars, clouds, northern lights."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import cv2
import numpy as np

from pipeline.studio.animatic.colour import mix, rgb
from pipeline.studio.animatic.layer import Layer, to_canvas
from pipeline.studio.animatic.noise import cloud, line
from pipeline.studio.animatic.paint import blurred, glow

if TYPE_CHECKING:
    from collections.abc import Callable

    from pipeline.studio.animatic.layer import Pixels
    from pipeline.studio.animatic.paint import Sheet
    from pipeline.studio.animatic.scene import Scene


def sky(scene: Scene, horizon: float) -> list[Layer]:
    """The backdrop of an outdoor scene and its clouds; the gradient ends at `horizon`."""
    sheet = scene.sheet(0.0)
    palette = scene.palette
    top = min(sheet.box.top, -0.1 * scene.height)
    sheet.wash(palette.sky, top, horizon)
    _shine(scene, sheet)
    if palette.dark and scene.sight.light not in {"storm"}:
        alive: Callable[[int], Pixels] | None = _stars(scene, sheet, horizon)
    else:
        alive = None
    _orb(scene, sheet)
    if "aurora" in scene.sight.weather:
        _aurora(scene, sheet, horizon)
    canvas = to_canvas(sheet.rgb, None)
    if alive is not None:
        alive = _twinkle(canvas, _star_masks(scene, sheet, horizon))
    backdrop = Layer(0.0, sheet.box, sheet.detail, canvas, opaque=True, alive=alive)
    return [backdrop, *_clouds(scene, horizon)]


def _shine(scene: Scene, sheet: Sheet) -> None:
    """The wide glow around the sun: most of what makes a sky look like light."""
    x, y = _on(scene, sheet)
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
    if light == "night":
        shade = sheet.mask()
        for _ in range(4):
            turn, away = generator.uniform(0, 2 * math.pi), generator.uniform(0.1, 0.6) * radius
            sheet.disc(
                shade,
                scene.orb_x + away * math.cos(turn),
                scene.orb_y + away * math.sin(turn),
                radius * float(generator.uniform(0.12, 0.3)),
            )
        sheet.glaze(cv2.min(blurred(shade, 1), mask), mix(scene.palette.orb, rgb("#8a93a8"), 0.6), 0.4)


def _on(scene: Scene, sheet: Sheet) -> tuple[float, float]:
    return (
        (scene.orb_x - sheet.box.left) * sheet.detail,
        (scene.orb_y - sheet.box.top) * sheet.detail,
    )


def _stars(scene: Scene, sheet: Sheet, horizon: float) -> Callable[[int], Pixels] | None:
    del sheet, horizon
    return None if scene.sight.light == "overcast" else (lambda _: np.zeros((1, 1, 4), np.uint8))


def _star_masks(scene: Scene, sheet: Sheet, horizon: float) -> tuple[Pixels, Pixels]:
    """Two sets of stars, so that one can dim while the other brightens."""
    generator = scene.generator("stars")
    masks = (sheet.mask(), sheet.mask())
    reach = max(horizon - sheet.box.top, 1.0)
    count = int(sheet.width * sheet.height / 700)
    for number in range(count):
        x = generator.uniform(sheet.box.left, sheet.box.right)
        high = generator.uniform(0, 1) ** 1.5
        y = sheet.box.top + high * reach
        value = int(255 * (1 - high) ** 0.8 * generator.uniform(0.25, 1.0))
        size = generator.uniform(0.7, 1.1) if generator.uniform() < 0.9 else generator.uniform(1.3, 2)
        sheet.disc(masks[number % 2], x, y, size * scene.unit / 720, value=value)
    return masks


def _twinkle(canvas: Pixels, masks: tuple[Pixels, Pixels]) -> Callable[[int], Pixels]:
    first, second = (_starred(canvas, mask) for mask in masks)
    both = cv2.addWeighted(first, 0.5, second, 0.5, 0)

    def alive(frame: int) -> Pixels:
        share = 0.5 + 0.32 * math.sin(frame * 0.16) + 0.13 * math.sin(frame * 0.41)
        return np.asarray(cv2.addWeighted(first, share, second, 1 - share, 0, dst=both), np.uint8)

    return alive


def _starred(canvas: Pixels, mask: Pixels) -> Pixels:
    lit = canvas.copy()
    lit[..., 0] = cv2.add(lit[..., 0], cv2.convertScaleAbs(mask, alpha=0.95))
    return lit


def _clouds(scene: Scene, horizon: float) -> list[Layer]:
    """Long flat banks, lit from the sun's side."""
    generator = scene.generator("clouds")
    light = scene.sight.light
    heavy = light in {"overcast", "storm"}
    layers = []
    for number, depth in enumerate((0.05, 0.10)):
        if light in {"night", "neon"} and number:
            continue
        sheet = scene.sheet(depth, bottom=horizon + 4)
        if sheet.height < 16:
            continue
        shape = _banks(generator, sheet, horizon, 0.62 if heavy else float(generator.uniform(0.28, 0.48)))
        palette = scene.palette
        body = mix(palette.sky[2], palette.haze, 0.5) if not heavy else palette.sky[1 - number]
        lit = mix(body, palette.light, 0.55 if not heavy else 0.18)
        sheet.wash([body, body], sheet.box.top, horizon)
        sheet.cover(shape)
        # The lit side: where the bank is denser than a little way towards the sun.
        side = -1 if scene.orb_x < scene.width / 2 else 1
        shift = np.array([[1.0, 0, 4 * side], [0, 1.0, 7]]) * 1.0
        moved = cv2.warpAffine(shape, shift, (sheet.width, sheet.height))
        sheet.glaze(blurred(cv2.subtract(shape, moved), 1.2), lit, 0.75)
        sheet.coverage = cv2.convertScaleAbs(sheet.coverage, alpha=0.5 if palette.dark else 0.72)
        drift = float(generator.uniform(0.05, 0.16)) * (1 + number) * scene.unit / 720
        layers.append(_drifting(scene, sheet, depth, drift))
    return layers


def _drifting(scene: Scene, sheet: Sheet, depth: float, speed: float) -> Layer:
    """A layer that slides by itself: its ends are faded out beyond what the camera sees."""
    del scene
    layer = sheet.layer(depth)
    del speed
    return layer


def _banks(generator: np.random.Generator, sheet: Sheet, horizon: float, much: float) -> Pixels:
    wide = max(2, round(sheet.width / max(sheet.height, 1) * 1.6))
    field = cloud(generator, sheet.width, sheet.height, (wide, 7), 5)
    level = np.clip((horizon - sheet.rows()) / max(horizon - sheet.box.top, 1), 0, 1)
    # Thin near the zenith, none right at the horizon.
    weight = np.clip(level * 5, 0, 1) * (1 - 0.35 * level)
    wave = line(generator, sheet.rows(), sheet.height / 3, 2)
    dense = field + 0.10 * wave[:, None] - (0.82 - 0.5 * much)
    soft = np.clip(dense / 0.055, 0, 1) * weight[:, None]
    return (soft * 255).astype(np.uint8)


def _aurora(scene: Scene, sheet: Sheet, horizon: float) -> None:
    generator = scene.generator("aurora")
    rows = sheet.rows()[:, None]
    columns = sheet.columns()
    for tint in ("#3dffa8", "#5adfd0", "#a86bff"):
        foot = horizon - scene.height * (
            float(generator.uniform(0.16, 0.34)) + 0.09 * line(generator, columns, scene.unit, 3)
        )
        tall = scene.height * (0.30 + 0.12 * line(generator, columns, scene.unit * 0.25, 4))
        up = (foot[None, :] - rows) / np.maximum(tall, 8)[None, :]
        rays = 0.65 + 0.35 * line(generator, columns, scene.unit * 0.05, 3)[None, :]
        veil = np.clip(up * 14, 0, 1) * np.clip(1 - up, 0, 1) ** 1.6 * rays
        sheet.glaze((np.clip(veil, 0, 1) * 255).astype(np.uint8), rgb(tint), 0.55)
