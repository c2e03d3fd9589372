"""Puts the prompt's subject into a scene: its tones, its edge of light, its shadow."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

from pipeline.studio.animatic.colour import mix, rgb
from pipeline.studio.animatic.figures import FIGURES, outline
from pipeline.studio.animatic.paint import blurred
from pipeline.studio.animatic.scene import NEAR

if TYPE_CHECKING:
    from pipeline.studio.animatic.colour import Colour
    from pipeline.studio.animatic.layer import Layer
    from pipeline.studio.animatic.scene import Scene


def subject(
    scene: Scene,
    depth: float,
    foot: float,
    tall: float,
    *,
    share: float | None = None,
    name: str = "",
) -> list[Layer]:
    """The subject's layer, or none where the prompt has no subject that could stand there.

    `foot` is the scene y it stands on, `tall` a grown person's height there; `share` is its
    place across the frame.
    """
    figure = FIGURES.get(name or scene.sight.subject)
    if figure is None:
        return []
    generator = scene.generator("subject")
    side = float(generator.choice([0.36, 0.62])) + float(generator.uniform(-0.05, 0.05))
    x = scene.x(share if share is not None else side)
    size = tall * figure.height
    if figure.air:
        foot = min(foot - tall * 0.9, scene.y(0.58)) if name != "fish" else foot
        size *= 1.15
    flip = -1.0 if generator.uniform() < 0.5 else 1.0
    if scene.sight.subject in {"car", "train", "bicycle"}:
        # Vehicles drive towards the side where the frame has more room.
        flip = 1.0 if x < scene.width / 2 else -1.0
    polygons = [(part.tone, outline(part) * (size * flip, -size) + (x, foot)) for part in figure.parts]
    every = np.concatenate([points for _, points in polygons])
    room = size * 0.3
    sheet = scene.sheet(
        depth, NEAR,
        left=float(every[:, 0].min()) - room, right=float(every[:, 0].max()) + room,
        top=float(every[:, 1].min()) - room, bottom=float(every[:, 1].max()) + room * 0.5,
        followed=True,
    )
    if not figure.air:
        shadow = sheet.mask()
        half = float(every[:, 0].max() - every[:, 0].min()) / 2
        middle = float(every[:, 0].max() + every[:, 0].min()) / 2
        sheet.disc(shadow, middle, foot, half * 0.95, 0.09)
        sheet.add(blurred(shadow, size * 0.012 + 0.5), scene.palette.deep, 0.45)
    body = sheet.mask()
    for tone, points in polygons:
        mask = sheet.mask()
        sheet.polygon(mask, points)
        sheet.add(mask, _tone(scene, tone, depth))
        cv2.max(body, mask, dst=body)
    _rim(scene, sheet.rgb, body, size)
    return sheet.layers(depth, followed=True)


def _rim(scene: Scene, picture: np.ndarray, body: np.ndarray, size: float) -> None:
    """A bright edge towards the light, a thin one: it lifts the figure off its ground."""
    side = 1.0 if scene.orb_x > scene.width / 2 else -1.0
    thick = max(1.0, size * 0.012)
    shift = np.array([[1.0, 0.0, -side * thick], [0.0, 1.0, thick * 0.6]])
    moved = cv2.warpAffine(body, shift, body.shape[::-1])
    edge = cv2.subtract(body, moved).astype(np.float32)[..., None] / 255 * 0.75
    light = scene.palette.light.astype(np.float32)
    picture[:] = (picture + (light - picture) * edge).astype(np.uint8)


def _tone(scene: Scene, tone: str, depth: float) -> Colour:
    palette = scene.palette
    dim = 0.55 if palette.dark else 0.28
    match tone:
        case "coat":
            return mix(palette.accent, palette.deep, dim * 0.8)
        case "pale":
            return mix(mix(rgb("#f1ead8"), palette.haze, 0.35), palette.deep, dim * 0.7)
        case "lamp":
            return palette.spark
        case "steel":
            return mix(palette.at(depth, rgb("#56657a"), 0.6), palette.deep, 0.2)
        case _:
            return mix(palette.deep, palette.haze, 0.06)
