"""Plants: conifers, crowns, palms, reeds, grass; drawn into a layer's mask."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from pipeline.studio.animatic.paint import Plot

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from pipeline.studio.animatic.layer import Pixels
    from pipeline.studio.animatic.paint import Sheet


def conifers(
    plot: Plot,
    ground: NDArray[np.float64],
    tall: float,
    *,
    dense: float = 1.0,
    size: NDArray[np.float64] | None = None,
) -> None:
    """Firs along a ground line; `size` (0 to 1 a column) lets them grow only in places."""
    sheet, mask, generator = plot
    columns = sheet.columns()
    x = sheet.box.left - tall * 0.2
    while x < sheet.box.right + tall * 0.2:
        x += tall * float(generator.uniform(0.10, 0.38)) / dense
        column = int(np.clip(np.searchsorted(columns, x), 0, sheet.width - 1))
        grown = tall * float(generator.uniform(0.5, 1.15))
        if size is not None:
            grown *= float(size[column])
        if grown < tall * 0.2:
            continue
        sheet.polygon(mask, fir(generator, x, float(ground[column]) + grown * 0.06, grown))


def fir(generator: np.random.Generator, x: float, foot: float, tall: float) -> NDArray[np.float64]:
    """The outline of one fir: drooping boughs that shorten towards the tip."""
    tiers = int(np.clip(tall / 7, 5, 13))
    half = tall * float(generator.uniform(0.15, 0.22))
    right: list[tuple[float, float]] = [(x, foot - tall)]
    left: list[tuple[float, float]] = []
    for tier in range(1, tiers + 1):
        share = tier / tiers
        y = foot - tall * (1 - share * 0.93)
        for points, side in ((right, 1), (left, -1)):
            reach = half * share**0.85 * float(generator.uniform(0.78, 1.12))
            points.append((x + side * reach, y + tall * 0.012))
            points.append((x + side * reach * 0.48, y - tall * 0.012))
    trunk = tall * 0.014
    stem = [
        (x + trunk, foot - tall * 0.07),
        (x + trunk, foot),
        (x - trunk, foot),
        (x - trunk, foot - tall * 0.07),
    ]
    return np.array([*right, *stem, *left[::-1]])


def grass(
    plot: Plot,
    ground: NDArray[np.float64],
    tall: float,
    *,
    dense: float = 1.0,
) -> None:
    """A fringe of blades along a ground line."""
    sheet, mask, generator = plot
    columns = sheet.columns()
    count = int((sheet.box.right - sheet.box.left) / tall * 2.2 * dense)
    for x in generator.uniform(sheet.box.left, sheet.box.right, count):
        column = int(np.clip(np.searchsorted(columns, x), 0, sheet.width - 1))
        foot = float(ground[column]) + tall * 0.3
        high = tall * float(generator.uniform(0.4, 1.5))
        lean = high * float(generator.uniform(-0.5, 0.5))
        thick = max(1.0, tall * 0.09)
        sheet.polygon(
            mask,
            [
                (x - thick, foot),
                (x + lean * 0.3 - thick * 0.4, foot - high * 0.6),
                (x + lean, foot - high),
                (x + lean * 0.3 + thick * 0.6, foot - high * 0.55),
                (x + thick, foot),
            ],
        )


def crown(plot: Plot, x: float, y: float, radius: float) -> None:
    """The leaves of a broad tree: a heap of discs, ragged at the rim."""
    sheet, mask, generator = plot
    for _ in range(26):
        turn = float(generator.uniform(0, 2 * math.pi))
        away = radius * float(generator.uniform(0, 1)) ** 0.6
        size = radius * float(generator.uniform(0.16, 0.42)) * (1.15 - 0.5 * away / radius)
        sheet.disc(mask, x + away * math.cos(turn) * 1.15, y + away * math.sin(turn) * 0.8, size)


def tree(plot: Plot, x: float, foot: float, tall: float) -> None:
    """A broad tree with its trunk."""
    sheet, mask, generator = plot
    trunk = tall * 0.035
    bend = tall * float(generator.uniform(-0.06, 0.06))
    top = foot - tall * 0.62
    sheet.polygon(
        mask,
        [
            (x - trunk * 1.6, foot),
            (x - trunk * 0.7 + bend * 0.5, foot - tall * 0.3),
            (x + bend, top),
            (x + trunk * 0.7 + bend * 0.5, foot - tall * 0.3),
            (x + trunk * 1.6, foot),
        ],
    )
    crown(Plot(sheet, mask, generator), x + bend, foot - tall * 0.68, tall * 0.33)


def palm(
    plot: Plot,
    x: float,
    foot: float,
    tall: float,
    lean: float,
) -> None:
    """A palm: a bowed trunk and a fan of fronds. `lean` is how far its top stands aside."""
    sheet, mask, generator = plot
    at = np.linspace(0, 1, 12)
    spine = np.stack([x + lean * at**1.7, foot - tall * at], axis=-1)
    thick = tall * (0.026 - 0.014 * at)
    outline = np.concatenate(
        [spine + np.stack([thick, 0 * at], -1), (spine - np.stack([thick, 0 * at], -1))[::-1]]
    )
    sheet.polygon(mask, outline)
    head = spine[-1]
    for turn in np.linspace(-0.35, math.pi + 0.35, 11):
        angle = float(turn + generator.uniform(-0.12, 0.12))
        frond(sheet, mask, head[0], head[1], angle, tall * float(generator.uniform(0.30, 0.42)))


def frond(sheet: Sheet, mask: Pixels, x: float, y: float, angle: float, length: float) -> None:
    """One feathered leaf that leaves its stem at an angle and droops."""
    at = np.linspace(0, 1, 16)
    reach, rise_ = math.cos(angle), math.sin(angle)
    line_x = x + length * reach * at
    line_y = y - length * (rise_ * at * 0.75 - 0.55 * at**2)
    width = length * 0.10 * np.sin(np.pi * np.clip(at * 0.92 + 0.08, 0, 1)) ** 0.7
    teeth = np.where(np.arange(16) % 2 == 0, 1.0, 0.45)
    upper = np.stack([line_x, line_y - width * 0.5 * teeth], -1)
    lower = np.stack([line_x + width * 0.2, line_y + width * 1.5 * teeth], -1)
    sheet.polygon(mask, np.concatenate([upper, lower[::-1]]))
