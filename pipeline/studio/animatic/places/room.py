"""A room with its window, and whoever is in."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from pipeline.studio.animatic.colour import mix, rgb
from pipeline.studio.animatic.figures.cut import outline
from pipeline.studio.animatic.figures.goods import LAMP, STILLS
from pipeline.studio.animatic.ground import Roll, rise
from pipeline.studio.animatic.masks import blurred, both, glow, outside
from pipeline.studio.animatic.plants import frond
from pipeline.studio.animatic.scene import FAR, detail_at
from pipeline.studio.animatic.sky import sky
from pipeline.studio.animatic.stills import still_life
from pipeline.studio.animatic.subjects import subject

if TYPE_CHECKING:
    from pipeline.studio.animatic.colour import Colour
    from pipeline.studio.animatic.layer import Layer, Pixels
    from pipeline.studio.animatic.paint import Sheet
    from pipeline.studio.animatic.scene import Scene


def interior(scene: Scene) -> list[Layer]:
    """A wall with a window onto the weather, furniture, and whoever is in."""
    layers = sky(scene, scene.y(0.60))
    layers += rise(scene, 0.16, scene.y(0.52), rgb("#4f6f7f"), Roll(0.05, trees=0.03))
    layers += _wall(scene, 0.40)
    layers += _furniture(scene, 0.56)
    name = scene.sight.subject
    if name in STILLS:
        layers += still_life(scene, name, 0.60, scene.x(0.5), scene.y(0.70), scene.unit * 0.2)
    else:
        left, _, right, _ = _window(scene)
        free = 0.80 if (left + right) < scene.width else 0.20
        layers += subject(scene, 0.66, scene.y(0.83), scene.unit * 0.40, share=free)
    return [*layers, *_house_plant(scene, 0.95)]


def _wall_colour(scene: Scene) -> Colour:
    tone = scene.generator("wall").choice(["#b98a63", "#7f8f86", "#a7685a", "#6f7fa0", "#c2a878"])
    dim = 0.74 if scene.palette.dark else 0.30
    return mix(mix(rgb(str(tone)), scene.palette.haze, 0.2), scene.palette.deep, dim)


def _window(scene: Scene) -> tuple[float, float, float, float]:
    """Left, top, right, bottom of the window."""
    generator = scene.generator("window")
    wide = min(scene.width * 0.46, scene.unit * 0.72)
    middle = scene.x(float(generator.choice([0.40, 0.58])))
    return middle - wide / 2, scene.y(0.13), middle + wide / 2, scene.y(0.575)


def _wall(scene: Scene, depth: float) -> list[Layer]:
    sheet = scene.sheet(depth, detail_at(depth))
    colour = _wall_colour(scene)
    palette = scene.palette
    left, top, right, bottom = _window(scene)
    floor_y = scene.y(0.72)
    sheet.wash(
        [mix(colour, palette.deep, 0.25), colour, mix(colour, palette.deep, 0.2)],
        sheet.box.top,
        floor_y,
    )
    sheet.coverage[:] = 255
    _window_glow(scene, sheet)
    floor = sheet.mask()
    sheet.hill(floor, np.full(sheet.width, floor_y))
    sheet.glaze(floor, mix(colour, mix(rgb("#5a3a28"), palette.deep, 0.55), 0.85))
    _light_pool(scene, sheet, floor)
    skirting = sheet.mask()
    sheet.rectangle(
        skirting, sheet.box.left, floor_y - scene.unit * 0.022, sheet.box.right, floor_y
    )
    sheet.glaze(skirting, mix(colour, palette.light, 0.22))
    _pictures(scene, sheet, colour)
    frame, hole = sheet.mask(), sheet.mask()
    edge = scene.unit * 0.02
    sheet.rectangle(frame, left - edge, top - edge, right + edge, bottom + edge)
    sheet.rectangle(frame, left - edge * 2.2, bottom + edge, right + edge * 2.2, bottom + edge * 2)
    sheet.glaze(
        frame, mix(mix(colour, rgb("#f4ead8"), 0.55), palette.deep, 0.25 if palette.dark else 0.05)
    )
    sheet.rectangle(hole, left, top, right, bottom)
    for share in (1 / 3, 2 / 3):
        x = left + (right - left) * share
        sheet.stroke(hole, [(x, top), (x, bottom)], edge * 0.55, 0)
    y = top + (bottom - top) * 0.42
    sheet.stroke(hole, [(left, y), (right, y)], edge * 0.55, 0)
    sheet.coverage = outside(hole)
    return sheet.layers(depth)


def _window_glow(scene: Scene, sheet: Sheet) -> None:
    left, top, right, bottom = _window(scene)
    x = ((left + right) / 2 - sheet.box.left) * sheet.detail
    y = ((top + bottom) / 2 - sheet.box.top) * sheet.detail
    light = glow(sheet.width, sheet.height, x, y, scene.unit * 0.85 * sheet.detail, 0.8)
    sheet.glaze(light, mix(scene.palette.light, scene.palette.sky[-1], 0.4), 0.34)


def _light_pool(scene: Scene, sheet: Sheet, floor: Pixels) -> None:
    """The window's light on the floor, slanted by the sun."""
    left, _, right, _ = _window(scene)
    slide = (scene.width / 2 - scene.orb_x) * 0.7
    y0, y1 = scene.y(0.74), scene.y(0.93)
    pool = sheet.mask()
    third = (right - left) / 3
    for k in range(3):
        x0, x1 = left + k * third + third * 0.06, left + (k + 1) * third - third * 0.06
        sheet.polygon(
            pool,
            [(x0 + slide * 0.25, y0), (x1 + slide * 0.25, y0), (x1 + slide, y1), (x0 + slide, y1)],
        )
    soft = both(blurred(pool, scene.unit * 0.006), floor)
    sheet.glaze(
        soft,
        mix(scene.palette.light, scene.palette.sky[-1], 0.25),
        0.18 if scene.palette.dark else 0.42,
    )


def _pictures(scene: Scene, sheet: Sheet, colour: Colour) -> None:
    """Frames and a shelf of books where the window leaves room."""
    generator = scene.generator("pictures")
    left, _, right, _ = _window(scene)
    free_left = left > scene.width - right
    x0 = scene.width * 0.02 if free_left else right + scene.unit * 0.08
    room = (left - scene.unit * 0.08 - x0) if free_left else scene.width * 0.98 - x0
    if room < scene.unit * 0.12:
        return
    palette = scene.palette
    shelf_y = scene.y(0.50)
    wood = mix(mix(colour, rgb("#3a261c"), 0.7), palette.deep, 0.3)
    board = sheet.mask()
    sheet.rectangle(board, x0, shelf_y, x0 + room, shelf_y + scene.unit * 0.012)
    sheet.glaze(board, wood)
    x = x0 + scene.unit * 0.012
    while x < x0 + room * 0.86:
        thick, high = (
            scene.unit * float(generator.uniform(0.011, 0.026)),
            scene.unit * float(generator.uniform(0.07, 0.12)),
        )
        book = sheet.mask()
        sheet.rectangle(book, x, shelf_y, x + thick, shelf_y - high)
        tone = rgb(
            str(
                generator.choice(["#b5533c", "#3f6b7a", "#d9b26a", "#5a4a6a", "#e6dcc8", "#3f5a3f"])
            )
        )
        sheet.glaze(
            book, mix(mix(tone, colour, 0.35), palette.deep, 0.45 if palette.dark else 0.15)
        )
        x += thick * 1.12 + (scene.unit * 0.04 if generator.uniform() < 0.14 else 0)
    wide, top = min(room * 0.5, scene.unit * 0.17), scene.y(0.17)
    at = x0 + (room - wide) * 0.5
    for inset, tone in (
        (0.0, wood),
        (scene.unit * 0.009, mix(rgb("#efe6d6"), colour, 0.4)),
        (scene.unit * 0.03, mix(palette.accent, colour, 0.55)),
    ):
        mask = sheet.mask()
        sheet.rectangle(mask, at + inset, top + inset, at + wide - inset, top + wide * 1.2 - inset)
        sheet.glaze(mask, tone)


def _furniture(scene: Scene, depth: float) -> list[Layer]:
    """A desk with books and a lamp that is lit."""
    generator = scene.generator("furniture")
    unit, palette = scene.unit, scene.palette
    left, _, right, _ = _window(scene)
    middle = (left + right) / 2 + unit * float(generator.uniform(-0.08, 0.08))
    top, floor, half = scene.y(0.72) - unit * 0.02, scene.y(0.72) + unit * 0.19, unit * 0.40
    sheet = scene.sheet(
        depth,
        detail_at(depth),
        across=(middle - half * 1.4, middle + half * 1.4),
        top=top - unit * 0.42,
        bottom=floor + 10,
    )
    mask, light = sheet.mask(), sheet.mask()
    sheet.rectangle(mask, middle - half, top, middle + half, top + unit * 0.024)
    for x in (-0.93, 0.90):
        corners = ((x, top), (x + 0.03, floor), (x + 0.05, floor), (x + 0.07, top))
        sheet.polygon(mask, [(middle + half * across, y) for across, y in corners])
    sheet.rectangle(mask, middle + half * 0.42, top, middle + half * 0.95, top + unit * 0.12)
    side = -1.0 if generator.uniform() < 0.5 else 1.0
    for book in range(4):
        y, x = top - unit * 0.014 * book, middle - side * half * 0.6
        x += unit * 0.012 * math.sin(book * 2.1)
        sheet.rectangle(mask, x, y, x + unit * 0.13, y - unit * 0.0115)
    for part in LAMP:
        points = outline(part) * (side * unit * 0.26, -unit * 0.26)
        points += (middle + side * half * 0.66, top)
        sheet.polygon(light if part.tone == "lamp" else mask, points)
    colour = mix(mix(rgb("#4a2f22"), palette.deep, 0.55), palette.haze, 0.06)
    sheet.wash([mix(colour, palette.light, 0.12), colour], top - unit * 0.2, floor)
    sheet.cover(mask)
    sheet.edge(palette.light, (0.0, 2.0 * unit / 720), 0.5)
    bulb = sheet.mask()
    sheet.disc(
        bulb, middle + side * (half * 0.66 - unit * 0.072), top - unit * 0.189, unit * 0.032, 0.42
    )
    sheet.add(blurred(light, unit * 0.012), palette.spark, 0.5 if palette.dark else 0.25)
    sheet.add(bulb, mix(palette.spark, rgb("#ffffff"), 0.4))
    return sheet.layers(depth)


def _house_plant(scene: Scene, depth: float) -> list[Layer]:
    """Leaves that hang into the picture's corner, out of focus."""
    generator = scene.generator("house plant")
    left, _, right, _ = _window(scene)
    side = 1.0 if (left + right) < scene.width else -1.0
    sheet = scene.sheet(depth, FAR)
    mask = sheet.mask()
    x, y = scene.x(0.5 + side * 0.47), scene.y(0.98)
    for turn in np.linspace(0.15, math.pi - 0.15, 9):
        frond(sheet, mask, x, y, float(turn), scene.unit * float(generator.uniform(0.30, 0.52)))
    colour = mix(rgb("#1f3f33"), scene.palette.deep, 0.6)
    sheet.wash([mix(colour, scene.palette.light, 0.1), colour], scene.y(0.5), scene.height)
    sheet.cover(blurred(mask, scene.unit * 0.003))
    return sheet.layers(depth)
