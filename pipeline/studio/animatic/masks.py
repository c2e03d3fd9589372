"""Masks: pictures of one channel that say how far a brush covers, and what is done to them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

if TYPE_CHECKING:
    from pipeline.studio.animatic.layer import Pixels


def both(one: Pixels, other: Pixels) -> Pixels:
    """Where one mask and the other cover."""
    return np.asarray(cv2.min(one, other), np.uint8)


def either(one: Pixels, other: Pixels) -> Pixels:
    """Where one mask or the other covers."""
    return np.asarray(cv2.max(one, other), np.uint8)


def without(one: Pixels, other: Pixels) -> Pixels:
    """One mask where the other does not cover."""
    return np.asarray(cv2.subtract(one, other), np.uint8)


def outside(mask: Pixels) -> Pixels:
    """Where the mask does not cover."""
    return np.asarray(cv2.bitwise_not(mask), np.uint8)


def dimmed(mask: Pixels, share: float) -> Pixels:
    """The mask times a number."""
    return np.asarray(cv2.convertScaleAbs(mask, alpha=share), np.uint8)


def shifted(mask: Pixels, right: float, down: float) -> Pixels:
    """The mask moved by a part of a pixel or more; its edge goes on at the sides it leaves."""
    way = np.array([[1.0, 0.0, right], [0.0, 1.0, down]])
    height, width = mask.shape
    moved = cv2.warpAffine(mask, way, (width, height), borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(moved, np.uint8)


def times(one: Pixels, other: Pixels) -> Pixels:
    """The product of two masks, each from nothing to all."""
    return np.asarray(cv2.multiply(one, other, scale=1 / 255), np.uint8)


def blurred(mask: Pixels, radius: float) -> Pixels:
    """The mask, softened."""
    left, top, wide, high = cv2.boundingRect(mask)
    if radius < 0.4 or not wide:
        return mask
    reach = int(radius * 3) + 2
    rows = slice(max(top - reach, 0), top + high + reach)
    columns = slice(max(left - reach, 0), left + wide + reach)
    part = np.ascontiguousarray(mask[rows, columns])
    # Large radii are done small, where they are cheap.
    height, width = part.shape
    shrink = max(1, min(int(radius / 3), height // 2, width // 2))
    size = (max(2, width // shrink), max(2, height // shrink))
    small = cv2.resize(part, size, interpolation=cv2.INTER_AREA)
    small = cv2.GaussianBlur(small, (0, 0), radius / shrink)
    soft = np.zeros_like(mask)
    soft[rows, columns] = cv2.resize(small, (width, height), interpolation=cv2.INTER_LINEAR)
    return soft


def glow(width: int, height: int, x: float, y: float, radius: float, tall: float = 1.0) -> Pixels:
    """A round glow that falls off softly: 255 in its middle, nothing at its radius."""
    across = (np.arange(width) + 0.5 - x) / radius
    down = (np.arange(height) + 0.5 - y) / (radius * tall)
    away = np.sqrt(across[None, :] ** 2 + down[:, None] ** 2)
    near = np.clip(1 - away, 0, 1)
    noise = np.random.default_rng(3).uniform(0, 1, near.shape)
    return np.asarray((near * near * (3 - 2 * near)) * 254 + noise, np.float64).astype(np.uint8)
