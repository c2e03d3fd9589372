"""Puts the prompt's subject into a scene: its tones, its edge of light, its shadow."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from pipeline.studio.animatic.colour import mix, rgb
from pipeline.studio.animatic.figures import FIGURES
from pipeline.studio.animatic.figures.cut import outline
from pipeline.studio.animatic.masks import blurred, either, shifted, without
from pipeline.studio.animatic.scene import NEAR

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from pipeline.studio.animatic.colour import Colour
    from pipeline.studio.animatic.layer import Layer, Pixels
    from pipeline.studio.animatic.scene import Scene


# What floats throws no shadow on the ground.
_AFLOAT = frozenset({"boat", "fish", "whale"})


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
    name = name or scene.sight.subject
    figure = FIGURES.get(name)
    if figure is None:
        return []
    generator = scene.generator("subject")
    side = float(generator.choice([0.36, 0.62])) + float(generator.uniform(-0.05, 0.05))
    x = scene.x(share if share is not None else side)
    size = tall * figure.height
    if figure.air:
        # In the air between a third and half of the way down, and never out at the top.
        size = min(size * 1.15, scene.height * 0.42)
        foot = max(min(foot - tall * 0.5, scene.y(0.56)), scene.y(0.13) + size)
    flip = -1.0 if generator.uniform() < 0.5 else 1.0
    if name in {"car", "train", "bicycle"}:
        # Vehicles drive towards the side where the frame has more room.
        flip = 1.0 if x < scene.width / 2 else -1.0
    placed = [
        (part.tone, outline(part) * (size * flip, -size) + (x, foot)) for part in figure.parts
    ]
    grounded = not figure.air and name not in _AFLOAT
    return _painted(scene, depth, placed, size, shadow_at=foot if grounded else None)


def _painted(
    scene: Scene,
    depth: float,
    polygons: list[tuple[str, NDArray[np.float64]]],
    size: float,
    *,
    shadow_at: float | None,
) -> list[Layer]:
    every = np.concatenate([points for _, points in polygons])
    (left, top), (right, bottom) = every.min(axis=0), every.max(axis=0)
    room = size * 0.3
    sheet = scene.sheet(
        depth,
        NEAR,
        across=(float(left) - room, float(right) + room),
        top=float(top) - room,
        bottom=float(bottom) + room * 0.5,
        followed=True,
    )
    if shadow_at is not None:
        shadow = sheet.mask()
        middle, half = float(left + right) / 2, float(right - left) / 2
        sheet.disc(shadow, middle, shadow_at, half * 0.95, 0.09)
        sheet.add(blurred(shadow, size * 0.012 + 0.5), scene.palette.deep, 0.45)
    body = sheet.mask()
    for tone, points in polygons:
        mask = sheet.mask()
        sheet.polygon(mask, points)
        sheet.add(mask, _tone(scene, tone, depth))
        body = either(body, mask)
    _rim(scene, sheet.rgb, body, size)
    return sheet.layers(depth, followed=True)


def _rim(scene: Scene, picture: Pixels, body: Pixels, size: float) -> None:
    """A bright edge towards the light, a thin one: it lifts the figure off its ground."""
    side = 1.0 if scene.orb_x > scene.width / 2 else -1.0
    thick = max(1.0, size * 0.012)
    moved = shifted(body, -side * thick, thick * 0.6)
    edge = without(body, moved).astype(np.float32)[..., None] / 255 * 0.75
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
