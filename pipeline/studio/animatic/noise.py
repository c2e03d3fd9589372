"""Natural irregularity: ridge lines and clouds of noise, always from a given generator."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray


def line(
    generator: np.random.Generator,
    at: NDArray[np.float64],
    wave: float,
    octaves: int = 5,
    rough: float = 0.5,
    *,
    sharp: bool = False,
) -> NDArray[np.float64]:
    """Smooth noise along x, about -1 … 1; `wave` is the longest wave's length in x.

    `sharp` folds it into peaks, as mountains have them. The picture at an x does not depend on
    how far left and right it is drawn.
    """
    total = np.zeros_like(at)
    size, norm = 1.0, 0.0
    for _ in range(octaves):
        knots = generator.uniform(-1, 1, 256)
        place = at / wave + 128
        low = np.floor(place).astype(np.int64)
        share = place - low
        share = share * share * (3 - 2 * share)
        first, second = knots[low % 256], knots[(low + 1) % 256]
        value = first + (second - first) * share
        if sharp:
            value = 1 - 2 * np.abs(value)
        total += value * size
        norm += size
        size *= rough
        wave /= 2.03
    return total / norm


def cloud(
    generator: np.random.Generator,
    width: int,
    height: int,
    cells: tuple[int, int],
    octaves: int = 4,
) -> NDArray[np.float32]:
    """A field of smooth noise, 0 … 1, with `cells` (across, down) of its largest blobs."""
    total = np.zeros((height, width), np.float32)
    size, norm = 1.0, 0.0
    for octave in range(octaves):
        across, down = cells[0] * 2**octave + 2, cells[1] * 2**octave + 2
        knots = generator.uniform(0, 1, (down, across)).astype(np.float32)
        field = cv2.resize(knots, (width, height), interpolation=cv2.INTER_CUBIC)
        total += np.asarray(field, np.float32) * size
        norm += size
        size *= 0.5
    return np.asarray(np.clip(total / norm, 0, 1), np.float32)
