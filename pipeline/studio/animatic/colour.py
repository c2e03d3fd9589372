"""Colours, and mixing them the way eyes do (OKLab, Björn Ottosson 2020)."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Colour = NDArray[np.float64]
    """Three sRGB figures from 0 to 255, or rows of them."""

_TO_LMS = np.array(
    [
        [0.4122214708, 0.5363325363, 0.0514459929],
        [0.2119034982, 0.6806995451, 0.1073969566],
        [0.0883024619, 0.2817188376, 0.6299787005],
    ]
)
_TO_LAB = np.array(
    [
        [0.2104542553, 0.7936177850, -0.0040720468],
        [1.9779984951, -2.4285922050, 0.4505937099],
        [0.0259040371, 0.7827717662, -0.8086757660],
    ]
)


@cache
def _inverses() -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    return np.linalg.inv(_TO_LMS), np.linalg.inv(_TO_LAB)


def rgb(text: str) -> Colour:
    """`#rrggbb` as a colour."""
    return np.array([int(text[start : start + 2], 16) for start in (1, 3, 5)], np.float64)


def to_lab(colour: Colour) -> NDArray[np.float64]:
    """sRGB to OKLab: lightness 0 … 1, green to red, blue to yellow."""
    plain = np.clip(colour, 0, 255) / 255
    linear = np.where(plain <= 0.04045, plain / 12.92, ((plain + 0.055) / 1.055) ** 2.4)
    lab: NDArray[np.float64] = np.cbrt(linear @ _TO_LMS.T) @ _TO_LAB.T
    return lab


def from_lab(lab: NDArray[np.float64]) -> Colour:
    """OKLab to sRGB; what screens can't show is clipped."""
    from_lms, from_lab_ = _inverses()
    linear = np.clip(((lab @ from_lab_.T) ** 3) @ from_lms.T, 0, 1)
    plain = np.where(linear <= 0.0031308, linear * 12.92, 1.055 * linear ** (1 / 2.4) - 0.055)
    result: Colour = plain * 255
    return result


def mix(one: Colour, other: Colour, share: float | NDArray[np.float64]) -> Colour:
    """From one colour (share 0) to the other (share 1)."""
    first, second = to_lab(one), to_lab(other)
    return from_lab(first + (second - first) * np.asarray(share)[..., None])


def turned(colour: Colour, degrees: float, vivid: float = 1.0, lighter: float = 0.0) -> Colour:
    """The colour with its hue turned, its colourfulness scaled and its lightness shifted."""
    lab = to_lab(colour)
    angle = np.deg2rad(degrees)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    shifted = np.concatenate([lab[..., :1] + lighter, lab[..., 1:] @ turn.T * vivid], axis=-1)
    return from_lab(shifted)


def ramp(stops: Sequence[Colour], steps: int) -> Colour:
    """`steps` rows of colour through evenly spaced stops."""
    at = np.linspace(0, len(stops) - 1, max(steps, 1))
    labs = to_lab(np.stack(list(stops)))
    places = np.arange(len(stops))
    # Smooth between stops: a kink in lightness reads as an edge.
    share = at - np.floor(at)
    at = np.floor(at) + share * share * (3 - 2 * share) * 0.5 + share * 0.5
    return from_lab(np.stack([np.interp(at, places, labs[:, k]) for k in range(3)], axis=-1))
