"""The notation of figures, and their outlines.

Figures are plain, as a title designer would cut them from paper. A figure stands on (0, 0) and
is 1 high; x goes right, y goes up. Each line of the notation is one part: a tone, a kind and
figures. A line that begins with a space goes on with the one before. Later parts lie on top.

~  a curve through its points     |  straight lines between its points
o  an ellipse: x, y, across, up   #  a rectangle: left, bottom, right, top
@  a ring: x, y, radius, width
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray


class Part(NamedTuple):
    """One piece of a figure; `subjects` and `stills` say what colour a tone is."""

    tone: str
    kind: str
    points: tuple[float, ...]


class Figure(NamedTuple):
    """`height` is how tall it stands by a grown person's measure, `air` whether it flies."""

    height: float
    parts: tuple[Part, ...]
    air: bool = False


def cut(notation: str) -> tuple[Part, ...]:
    """The parts that a notation describes."""
    lines = re.sub(r"\n +", " ", notation.strip()).splitlines()
    parts = []
    for line in lines:
        tone, kind, *points = line.split()
        parts.append(Part(tone, kind, tuple(float(point) for point in points)))
    return tuple(parts)


def outline(part: Part) -> NDArray[np.float64]:
    """The part's polygon, curves spelt out."""
    numbers = part.points
    turn = np.linspace(0, 2 * np.pi, 40, endpoint=part.kind == "@")
    circle = np.stack([np.cos(turn), np.sin(turn)], axis=-1)
    match part.kind:
        case "o":
            return numbers[:2] + circle * numbers[2:]
        case "@":
            inner = circle[::-1] * (numbers[2] - numbers[3])
            return np.concatenate([circle * numbers[2], inner]) + numbers[:2]
        case "#":
            left, low, right, high = numbers
            return np.array([(left, low), (right, low), (right, high), (left, high)])
        case "|":
            return np.array(numbers).reshape(-1, 2)
        case _:
            return _curve(np.array(numbers).reshape(-1, 2))


def _curve(points: NDArray[np.float64], steps: int = 6) -> NDArray[np.float64]:
    """A closed Catmull-Rom curve."""
    before, after = np.roll(points, 1, 0), np.roll(points, -1, 0)
    beyond = np.roll(points, -2, 0)
    at = np.linspace(0, 1, steps, endpoint=False)[:, None, None]
    curve = 0.5 * (
        2 * points
        + (after - before) * at
        + (2 * before - 5 * points + 4 * after - beyond) * at**2
        + (3 * points - before - 3 * after + beyond) * at**3
    )
    return np.asarray(curve.transpose(1, 0, 2).reshape(-1, 2))
