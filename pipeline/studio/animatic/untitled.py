"""A picture of an animatic, without its lower third: for a shot that begins where another ended.

Else the words of one shot would show through those of the next. What is an animatic's is told by
the bar of its progress, a bright line from margin to margin that no photograph has so exactly.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

from pipeline.studio.animatic.titles import MARGIN, scale_of, scrim, top_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from pipeline.studio.animatic.layer import Pixels

_BRIGHTER = 14.0
"""Levels by which the bar stands out from what is above and below it, at the least."""


def untitled(image: Pixels) -> Pixels:
    """The picture (rows × columns × RGB) without the titles; itself, where there are none."""
    bar = _bar(image)
    if bar is None:
        return image
    height, width = image.shape[:2]
    scale = scale_of(width, height)
    top = max(top_of(bar, scale), 0)
    part = image[top:].astype(np.float32)
    letters = round(9 * scale) | 1
    # Letters are thin and bright: opening takes them away, and leaves what is larger than they.
    bare = cv2.morphologyEx(part, cv2.MORPH_OPEN, np.ones((letters, letters), np.uint8))
    bare = np.asarray(cv2.GaussianBlur(bare, (0, 0), letters / 2), np.float32)
    dark = scrim(height - top)
    bare = bare / (1 - dark[..., None])
    # From the top of the strip on, where nothing is written yet, so that there is no edge.
    begin = np.clip(np.linspace(-0.5, 6, height - top, dtype=np.float32), 0, 1)[:, None, None]
    clean = np.array(image)
    clean[top:] = np.clip(bare * begin + part * (1 - begin) + 0.5, 0, 255).astype(np.uint8)
    return clean


def _bar(image: Pixels) -> int | None:
    """The row where the bar of an animatic's progress begins, if there is one."""
    height, width = image.shape[:2]
    left = round(width * MARGIN)
    high = max(2, round(2 * scale_of(width, height)))
    grey = np.asarray(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY), np.float32)
    first = height // 2
    if left <= 3 * high or height - first < 8 * high:
        return None
    rows = _means(grey[first:], high)
    bright = np.minimum(rows[2 * high : -2 * high] - rows[: -4 * high], 255)
    bright = np.minimum(bright, rows[2 * high : -2 * high] - rows[4 * high :])
    on_bar = (bright[:, left : width - left] > _BRIGHTER).mean(axis=1)
    beside = (np.abs(bright[:, : left - 3 * high]) > _BRIGHTER).mean(axis=1)
    found = np.where(beside < 0.2, on_bar, 0)
    best = int(found.argmax())
    return first + best + 2 * high if found[best] > 0.95 else None


def _means(grey: NDArray[np.float32], high: int) -> NDArray[np.float32]:
    """The mean of each row and the `high - 1` rows below it, column by column."""
    sums = np.cumsum(np.vstack([np.zeros((1, grey.shape[1]), np.float32), grey]), axis=0)
    return np.asarray((sums[high:] - sums[:-high]) / high, np.float32)
