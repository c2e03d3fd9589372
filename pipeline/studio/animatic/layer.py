"""A layer: a flat piece of scenery at one depth, ready to be moved and blended."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from pipeline.studio.animatic.camera import Box

    Pixels = NDArray[np.uint8]

# BT.709 in studio range, for R, G, B and 1.
_TO_YUV = np.array(
    [
        [0.18258588, 0.61423059, 0.06200706, 16.0],
        [-0.10064373, -0.33857195, 0.43921569, 128.0],
        [0.43921569, -0.39894216, -0.04027352, 128.0],
    ]
)


@dataclass(frozen=True, slots=True)
class Cell:
    """A part of a layer where something is. A `solid` one covers all that is behind it."""

    box: Box
    solid: bool = False


@dataclass(frozen=True)
class Layer:
    """`canvas` has four channels: Y, U and V multiplied by the coverage, and 255 - coverage.

    It lies at `box` of the scene with `detail` canvas pixels to a scene pixel: 0.5 for what is
    far and soft, 1 for what is near and crisp. Outside its `cells` there is nothing. Cells come
    in bands, top to bottom; a solid cell is the lowest, as wide as all that is seen and reaching
    down as far, so that what is behind it need not be drawn. A `followed` layer keeps up with a
    tracking camera. `alive`, if any, gives the canvas of one frame.
    """

    depth: float
    box: Box
    detail: float
    canvas: Pixels
    cells: tuple[Cell, ...]
    followed: bool = False
    alive: Callable[[int], Pixels] | None = None

    @classmethod
    def backdrop(
        cls,
        depth: float,
        box: Box,
        detail: float,
        canvas: Pixels,
        alive: Callable[[int], Pixels] | None = None,
    ) -> Layer:
        """A layer that covers all that is seen."""
        return cls(depth, box, detail, canvas, (Cell(box, solid=True),), alive=alive)


def to_yuv(rgb: Pixels) -> Pixels:
    """BT.709 studio range Y, U, V of an R, G, B picture."""
    return np.asarray(cv2.transform(rgb, _TO_YUV), np.uint8)


def to_canvas(rgb: Pixels, coverage: Pixels | None) -> Pixels:
    """A layer's canvas from colours and coverage (none: it covers everything)."""
    luma, blue, red = cv2.split(to_yuv(rgb))
    if coverage is None:
        return np.asarray(cv2.merge([luma, blue, red, np.zeros_like(luma)]), np.uint8)
    planes = [cv2.multiply(plane, coverage, scale=1 / 255) for plane in (luma, blue, red)]
    return np.asarray(cv2.merge([*planes, cv2.bitwise_not(coverage)]), np.uint8)


def taking_turns(canvases: Sequence[Pixels], frames_each: float) -> Callable[[int], Pixels]:
    """A living canvas that fades from one of its states to the next, round and round."""
    states = list(canvases)
    buffer = np.empty_like(states[0])

    def alive(frame: int) -> Pixels:
        at = frame / frames_each
        first, share = int(at) % len(states), at - int(at)
        share = share * share * (3 - 2 * share)
        second = states[(first + 1) % len(states)]
        cv2.addWeighted(states[first], 1 - share, second, share, 0, dst=buffer)
        return buffer

    return alive
