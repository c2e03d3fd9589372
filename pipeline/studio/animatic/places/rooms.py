"""Indoors: a room with its window, the kitchen table, the product photographer's studio."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import cv2
import numpy as np

from pipeline.studio.animatic.colour import mix, rgb
from pipeline.studio.animatic.ground import rise
from pipeline.studio.animatic.paint import blurred, glow
from pipeline.studio.animatic.plants import frond
from pipeline.studio.animatic.scene import FAR, NEAR
from pipeline.studio.animatic.sky import backdrop, sky
from pipeline.studio.animatic.stills import STILLS, still_life
from pipeline.studio.animatic.subjects import subject

if TYPE_CHECKING:
    from pipeline.studio.animatic.colour import Colour
    from pipeline.studio.animatic.layer import Layer, Pixels
    from pipeline.studio.animatic.paint import Sheet
    from pipeline.studio.animatic.scene import Scene


def _wall_colour(scene: Scene) -> Colour:
    tone = scene.generator("wall").choice(["#b98a63", "#7f8f86", "#a7685a", "#6f7fa0", "#c2a878"])
    dim = 0.74 if scene.palette.dark else 0.30
    return mix(mix(rgb(str(tone)), scene.palette.haze, 0.2), scene.palette.deep, dim)


def interior(scene: Scene) -> list[Layer]:
    """A wall with a window onto the weather, furniture, and whoever is in."""
    layers = sky(scene, scene.y(0.60))
    layers += rise(scene, 0.16, scene.y(0.52), 0.05, rgb("#4f6f7f"), trees=0.03)
    layers += _wall(scene, 0.40)
    layers += _furniture(scene, 0.56)
    name = scene.sight.subject
    if name in STILLS:
        layers += still_life(scene, name, 0.60, scene.x(0.5), scene.y(0.70), scene.unit * 0.2)
    else:
        layers += subject(scene, 0.66, scene.y(0.83), scene.unit * 0.40)
    return [*layers, *_house_plant(scene, 0.95)]


def _window(scene: Scene) -> tuple[float, float, float, float]:
    """Left, top, right, bottom of the window."""
    generator = scene.generator("window")
    wide = min(scene.width * 0.46, scene.unit * 0.72)
    middle = scene.x(float(generator.choice([0.40, 0.58])))
    return middle - wide / 2, scene.y(0.13), middle + wide / 2, scene.y(0.575)


def _wall(scene: Scene, depth: float) -> list[Layer]:
    sheet = scene.sheet(depth, NEAR)
    colour = _wall_colour(scene)
    palette = scene.palette
    left, top, right, bottom = _window(scene)
    floor_y = scene.y(0.72)
    sheet.wash([mix(colour, palette.deep, 0.25), colour, mix(colour, palette.deep, 0.2)], sheet.box.top, floor_y)
    sheet.coverage[:] = 255
    _window_glow(scene, sheet)
    floor = sheet.mask()
    sheet.hill(floor, np.full(sheet.width, floor_y))
    sheet.glaze(floor, mix(colour, mix(rgb("#5a3a28"), palette.deep, 0.55), 0.85))
    _light_pool(scene, sheet, floor)
    skirting = sheet.mask()
    sheet.polygon(skirting, [(sheet.box.left, floor_y - scene.unit * 0.022), (sheet.box.right, floor_y - scene.unit * 0.022), (sheet.box.right, floor_y), (sheet.box.left, floor_y)])
    sheet.glaze(skirting, mix(colour, palette.light, 0.22))
    _pictures(scene, sheet, colour)
    frame, hole = sheet.mask(), sheet.mask()
    edge = scene.unit * 0.02
    sheet.polygon(frame, [(left - edge, top - edge), (right + edge, top - edge), (right + edge, bottom + edge), (left - edge, bottom + edge)])
    sheet.polygon(frame, [(left - edge * 2.2, bottom + edge), (right + edge * 2.2, bottom + edge), (right + edge * 2.2, bottom + edge * 2), (left - edge * 2.2, bottom + edge * 2)])
    sheet.glaze(frame, mix(mix(colour, rgb("#f4ead8"), 0.55), palette.deep, 0.25 if palette.dark else 0.05))
    sheet.polygon(hole, [(left, top), (right, top), (right, bottom), (left, bottom)])
    for share in (1 / 3, 2 / 3):
        x = left + (right - left) * share
        sheet.stroke(hole, [(x, top), (x, bottom)], edge * 0.55, 0)
    y = top + (bottom - top) * 0.42
    sheet.stroke(hole, [(left, y), (right, y)], edge * 0.55, 0)
    sheet.coverage = cv2.bitwise_not(hole)
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
        sheet.polygon(pool, [(x0 + slide * 0.25, y0), (x1 + slide * 0.25, y0), (x1 + slide, y1), (x0 + slide, y1)])
    soft = cv2.min(blurred(pool, scene.unit * 0.006), floor)
    sheet.glaze(soft, mix(scene.palette.light, scene.palette.sky[-1], 0.25), 0.18 if scene.palette.dark else 0.42)


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
    sheet.polygon(board, [(x0, shelf_y), (x0 + room, shelf_y), (x0 + room, shelf_y + scene.unit * 0.012), (x0, shelf_y + scene.unit * 0.012)])
    sheet.glaze(board, wood)
    x = x0 + scene.unit * 0.012
    while x < x0 + room * 0.86:
        thick, high = scene.unit * float(generator.uniform(0.011, 0.026)), scene.unit * float(generator.uniform(0.07, 0.12))
        book = sheet.mask()
        sheet.polygon(book, [(x, shelf_y), (x, shelf_y - high), (x + thick, shelf_y - high), (x + thick, shelf_y)])
        tone = rgb(str(generator.choice(["#b5533c", "#3f6b7a", "#d9b26a", "#5a4a6a", "#e6dcc8", "#3f5a3f"])))
        sheet.glaze(book, mix(mix(tone, colour, 0.35), palette.deep, 0.45 if palette.dark else 0.15))
        x += thick * 1.12 + (scene.unit * 0.04 if generator.uniform() < 0.14 else 0)
    wide, top = min(room * 0.5, scene.unit * 0.17), scene.y(0.17)
    at = x0 + (room - wide) * 0.5
    for inset, tone in ((0.0, wood), (scene.unit * 0.009, mix(rgb("#efe6d6"), colour, 0.4)), (scene.unit * 0.03, mix(palette.accent, colour, 0.55))):
        mask = sheet.mask()
        sheet.polygon(mask, [(at + inset, top + inset), (at + wide - inset, top + inset), (at + wide - inset, top + wide * 1.2 - inset), (at + inset, top + wide * 1.2 - inset)])
        sheet.glaze(mask, tone)


def _furniture(scene: Scene, depth: float) -> list[Layer]:
    """A desk with a lamp that is lit."""
    generator = scene.generator("furniture")
    unit, palette = scene.unit, scene.palette
    left, _, right, _ = _window(scene)
    middle = (left + right) / 2 + unit * float(generator.uniform(-0.08, 0.08))
    top, floor, half = scene.y(0.72) - unit * 0.02, scene.y(0.72) + unit * 0.19, unit * 0.40
    sheet = scene.sheet(depth, NEAR, left=middle - half * 1.4, right=middle + half * 1.4, top=top - unit * 0.42, bottom=floor + 10)
    mask = sheet.mask()
    sheet.polygon(mask, [(middle - half, top), (middle + half, top), (middle + half, top + unit * 0.024), (middle - half, top + unit * 0.024)])
    for x in (-0.93, 0.90):
        sheet.polygon(mask, [(middle + half * x, top), (middle + half * (x + 0.03), floor), (middle + half * (x + 0.05), floor), (middle + half * (x + 0.07), top)])
    sheet.polygon(mask, [(middle + half * 0.42, top), (middle + half * 0.42, top + unit * 0.12), (middle + half * 0.95, top + unit * 0.12), (middle + half * 0.95, top)])
    side = -1.0 if generator.uniform() < 0.5 else 1.0
    lamp_x = middle + side * half * 0.66
    sheet.disc(mask, lamp_x, top - 2, unit * 0.034, 0.35)
    sheet.stroke(mask, [(lamp_x, top), (lamp_x + side * unit * 0.045, top - unit * 0.13), (lamp_x - side * unit * 0.04, top - unit * 0.225)], unit * 0.010)
    head = (lamp_x - side * unit * 0.06, top - unit * 0.225)
    sheet.polygon(mask, [(head[0] + side * unit * 0.045, head[1] - unit * 0.02), (head[0] + side * unit * 0.0, head[1] - unit * 0.035), (head[0] - side * unit * 0.055, head[1] + unit * 0.03), (head[0] + side * unit * 0.04, head[1] + unit * 0.035)])
    for k in range(4):
        y = top - unit * 0.014 * k
        shift = unit * 0.012 * math.sin(k * 2.1)
        x0 = middle - side * half * 0.6 + shift
        sheet.polygon(mask, [(x0, y), (x0 + unit * 0.13, y), (x0 + unit * 0.13, y - unit * 0.0115), (x0, y - unit * 0.0115)])
    colour = mix(mix(rgb("#4a2f22"), palette.deep, 0.55), palette.haze, 0.06)
    sheet.wash([mix(colour, palette.light, 0.12), colour], top - unit * 0.2, floor)
    sheet.cover(mask)
    sheet.edge(palette.light, (0.0, 2.0 * unit / 720), 0.5)
    cone, bulb = sheet.mask(), sheet.mask()
    sheet.disc(bulb, head[0] - side * unit * 0.012, head[1] + unit * 0.036, unit * 0.032, 0.42)
    sheet.polygon(cone, [(head[0] - side * unit * 0.04, head[1] + unit * 0.03), (head[0] + side * unit * 0.03, head[1] + unit * 0.03), (head[0] + side * unit * 0.06, top), (head[0] - side * unit * 0.20, top)])
    sheet.add(blurred(cone, unit * 0.012), palette.spark, 0.5 if palette.dark else 0.25)
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
        layers += still_life(scene, other, 0.52, x + side * scene.unit * 0.46, scene.y(0.67), scene.unit * (0.34 if other == "bottle" else 0.17))
    layers += still_life(scene, name, 0.66, x, scene.y(0.765), tall)
    return [*layers, *_foreground_blur(scene, 0.97, -side)]


def _room_behind(scene: Scene) -> Layer:
    sheet = scene.sheet(0.0)
    palette = scene.palette
    generator = scene.generator("room behind")
    base = mix(rgb(str(generator.choice(["#8a4f33", "#5a6a5a", "#7a3f3f", "#4f5a78", "#a8763f"]))), palette.deep, 0.55 if palette.dark else 0.22)
    sheet.wash([mix(base, palette.deep, 0.45), base, mix(base, palette.light, 0.25)], 0, scene.y(0.64))
    x, y = (scene.orb_x - sheet.box.left) * sheet.detail, (scene.y(0.2) - sheet.box.top) * sheet.detail
    sheet.glaze(glow(sheet.width, sheet.height, x, y, scene.unit * 0.95 * sheet.detail), mix(palette.light, palette.spark, 0.4), 0.55)
    for _ in range(22):
        disc = sheet.mask()
        radius = scene.unit * float(generator.uniform(0.014, 0.05))
        at = (float(generator.uniform(sheet.box.left, sheet.box.right)), scene.y(float(generator.uniform(0.02, 0.5))))
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
        sheet.polygon(mask, [(sheet.box.left, y), (sheet.box.right, y), (sheet.box.right, y + unit * 0.016), (sheet.box.left, y + unit * 0.016)])
        x = sheet.box.left
        while x < sheet.box.right:
            wide, high = unit * float(generator.uniform(0.04, 0.09)), unit * float(generator.uniform(0.05, 0.14))
            if generator.uniform() < 0.7:
                neck = wide * float(generator.uniform(0.15, 0.5))
                sheet.polygon(mask, [(x, y + 2), (x, y - high * 0.75), (x + (wide - neck) / 2, y - high * 0.86), (x + (wide - neck) / 2, y - high), (x + (wide + neck) / 2, y - high), (x + (wide + neck) / 2, y - high * 0.86), (x + wide, y - high * 0.75), (x + wide, y + 2)])
            x += wide * float(generator.uniform(1.15, 2.0))
    palette = scene.palette
    colour = mix(mix(rgb("#4a2c20"), palette.deep, 0.5), palette.haze, 0.10)
    sheet.wash([colour, mix(colour, palette.light, 0.08)], 0, scene.y(0.6))
    sheet.cover(blurred(mask, unit * 0.004))
    sheet.coverage = cv2.convertScaleAbs(sheet.coverage, alpha=0.62)
    return [sheet.whole(depth)]


def _table_top(scene: Scene, depth: float, top: float) -> list[Layer]:
    generator = scene.generator("table top")
    sheet = scene.sheet(depth, NEAR, top=top - 2)
    palette = scene.palette
    wood = mix(rgb(str(generator.choice(["#a8653a", "#7a4a30", "#c08a55", "#5f4436"]))), palette.deep, 0.45 if palette.dark else 0.12)
    sheet.wash([mix(wood, palette.light, 0.35), wood, mix(wood, palette.deep, 0.55)], top, scene.height * 1.03)
    mask = sheet.mask()
    sheet.hill(mask, np.full(sheet.width, top))
    sheet.cover(mask)
    grain = sheet.mask()
    for _ in range(70):
        near = float(generator.uniform(0, 1)) ** 1.4
        x, long = float(generator.uniform(sheet.box.left, sheet.box.right)), scene.unit * float(generator.uniform(0.1, 0.5))
        sheet.disc(grain, x, top + near * (scene.height - top) * 1.1, long, (0.6 + 2.0 * near) * scene.unit / 720 / long, 110)
    sheet.glaze(grain, mix(wood, palette.deep, 0.6), 0.5)
    light = sheet.mask()
    sheet.disc(light, scene.orb_x, top + scene.height * 0.10, scene.unit * 0.62, 0.24)
    sheet.glaze(blurred(light, scene.unit * 0.10), mix(palette.light, palette.spark, 0.3), 0.32)
    return sheet.layers(depth)


def _foreground_blur(scene: Scene, depth: float, side: float) -> list[Layer]:
    """Something near the lens at the picture's edge, far out of focus."""
    x = scene.x(0.5 + side * 0.53)
    radius = scene.unit * 0.17
    sheet = scene.sheet(depth, FAR, left=x - radius * 2, right=x + radius * 2, top=scene.y(0.62))
    mask = sheet.mask()
    sheet.disc(mask, x, scene.y(0.98), radius, 1.25)
    sheet.wash([mix(scene.palette.deep, scene.palette.light, 0.14), scene.palette.deep], scene.y(0.75), scene.height)
    sheet.cover(blurred(mask, scene.unit * 0.016))
    return sheet.layers(depth)


def product(scene: Scene) -> list[Layer]:
    """A product on its plinth: coloured paper, an arch, the shadow of leaves."""
    generator = scene.generator("product")
    palette = scene.palette
    tones = ["#e8b7a4", "#a9c7bd", "#e6cf9a", "#b7b4dc", "#d98f76", "#8fb3cf"]
    paper = mix(rgb(str(generator.choice(tones))), palette.deep, 0.62 if palette.dark else 0.05)
    sheet = scene.sheet(0.0)
    sheet.wash([mix(paper, palette.deep, 0.16), paper, mix(paper, rgb("#ffffff"), 0.20)], 0, scene.y(0.7))
    x, y = (scene.orb_x - sheet.box.left) * sheet.detail, (scene.y(0.3) - sheet.box.top) * sheet.detail
    sheet.glaze(glow(sheet.width, sheet.height, x, y, scene.unit * 0.9 * sheet.detail), rgb("#fff6e6"), 0.42)
    layers = [backdrop(scene, sheet, None)]
    layers += _leaf_shadow(scene, 0.12, paper)
    layers += _arch(scene, 0.30, paper)
    layers += _plinth(scene, 0.55, paper)
    name = scene.sight.subject if scene.sight.subject in STILLS else "bottle"
    tall = scene.unit * {"bottle": 0.46, "phone": 0.44, "shoe": 0.30}.get(name, 0.34)
    layers += still_life(scene, name, 0.62, scene.x(0.5), scene.y(0.70), tall)
    return [*layers, *_foreground_blur(scene, 0.97, float(generator.choice([-1.0, 1.0])))]


def _leaf_shadow(scene: Scene, depth: float, paper: Colour) -> list[Layer]:
    generator = scene.generator("leaf shadow")
    sheet = scene.sheet(depth, FAR, bottom=scene.y(0.75))
    mask = sheet.mask()
    side = -1.0 if scene.orb_x > scene.width / 2 else 1.0
    for k in range(5):
        turn = float(generator.uniform(0.1, 1.2))
        frond(sheet, mask, scene.x(0.5 - side * 0.56), scene.y(0.1 + 0.16 * k), turn if side > 0 else math.pi - turn, scene.unit * float(generator.uniform(0.5, 0.8)))
    sheet.wash([mix(paper, scene.palette.deep, 0.55)] * 2, 0, 1)
    sheet.coverage = cv2.convertScaleAbs(blurred(mask, scene.unit * 0.008), alpha=0.26)
    return [sheet.whole(depth)]


def _arch(scene: Scene, depth: float, paper: Colour) -> list[Layer]:
    generator = scene.generator("arch")
    unit = scene.unit
    half, foot = unit * 0.27, scene.y(0.72)
    x = scene.x(0.5) + unit * float(generator.uniform(-0.12, 0.12))
    sheet = scene.sheet(depth, NEAR, left=x - half * 2.6, right=x + half * 2.6, top=scene.y(0.08), bottom=foot)
    turned = mix(paper, scene.palette.accent, 0.45)
    arch, ball = sheet.mask(), sheet.mask()
    middle = foot - unit * 0.32
    sheet.disc(arch, x, middle, half)
    sheet.polygon(arch, [(x - half, middle), (x + half, middle), (x + half, foot), (x - half, foot)])
    sheet.wash([mix(turned, rgb("#ffffff"), 0.18), mix(turned, scene.palette.deep, 0.14)], middle - half, foot)
    sheet.cover(arch)
    sheet.edge(mix(paper, rgb("#ffffff"), 0.5), (-3.0 * unit / 720, 3.0 * unit / 720), 0.5)
    side = float(generator.choice([-1.0, 1.0]))
    radius = unit * float(generator.uniform(0.05, 0.08))
    sheet.disc(ball, x + side * half * 1.55, foot - radius, radius)
    sheet.add(ball, mix(scene.palette.spark, paper, 0.4))
    return sheet.layers(depth)


def _plinth(scene: Scene, depth: float, paper: Colour) -> list[Layer]:
    unit = scene.unit
    top, half, x = scene.y(0.70), unit * 0.31, scene.x(0.5)
    sheet = scene.sheet(depth, NEAR, top=scene.y(0.66))
    palette = scene.palette
    floor = sheet.mask()
    sheet.hill(floor, np.full(sheet.width, scene.y(0.70)))
    sheet.wash([mix(paper, rgb("#ffffff"), 0.22), mix(paper, palette.deep, 0.22)], scene.y(0.70), scene.height * 1.02)
    sheet.cover(floor)
    shade, side_, lid = sheet.mask(), sheet.mask(), sheet.mask()
    way = -1.0 if scene.orb_x > scene.width / 2 else 1.0
    sheet.disc(shade, x + way * half * 0.5, top + unit * 0.19, half * 1.35, 0.20)
    sheet.glaze(blurred(shade, unit * 0.02), mix(paper, palette.deep, 0.8), 0.45)
    sheet.polygon(side_, [(x - half, top), (x + half, top), (x + half, top + unit * 0.16), (x - half, top + unit * 0.16)])
    sheet.disc(side_, x, top + unit * 0.16, half, 0.20)
    body = mix(paper, rgb("#ffffff"), 0.35)
    sheet.add(side_, mix(body, palette.deep, 0.16))
    across = np.clip((sheet.columns() - x) / half * -way, -1, 1)
    dark = np.clip(0.1 - across, 0, 1) * 0.5
    sheet.glaze(cv2.min(side_, np.repeat((dark * 255).astype(np.uint8)[None, :], sheet.height, axis=0)), mix(paper, palette.deep, 0.7))
    sheet.disc(lid, x, top, half, 0.20)
    sheet.add(lid, mix(body, rgb("#ffffff"), 0.35) if not palette.dark else mix(body, palette.light, 0.2))
    return sheet.layers(depth)
