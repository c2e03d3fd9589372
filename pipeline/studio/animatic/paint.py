"""Brushes: how a layer's shapes, gradients, edges of light and glows get onto its canvas."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

import cv2
import numpy as np

from pipeline.studio.animatic.cells import cells_of
from pipeline.studio.animatic.colour import ramp
from pipeline.studio.animatic.layer import Cell, Layer, to_canvas
from pipeline.studio.animatic.masks import both, dimmed, either, outside, shifted, times, without

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import ArrayLike, NDArray

    from pipeline.studio.animatic.camera import Box
    from pipeline.studio.animatic.colour import Colour
    from pipeline.studio.animatic.layer import Pixels

_SHIFT = 4


class Sheet:
    """A piece of scenery being painted: colours, and how far they cover. Measured in the scene."""

    def __init__(self, box: Box, detail: float) -> None:
        self.box = box
        self.detail = detail
        self.width = max(2, math.ceil((box.right - box.left) * detail))
        self.height = max(2, math.ceil((box.bottom - box.top) * detail))
        self.rgb: Pixels = np.zeros((self.height, self.width, 3), np.uint8)
        self.coverage: Pixels = self.mask()

    def mask(self) -> Pixels:
        """An empty mask of the sheet's size."""
        return np.zeros((self.height, self.width), np.uint8)

    def columns(self) -> NDArray[np.float64]:
        """The scene's x of every pixel column."""
        return np.arange(0.5, self.width) / self.detail + self.box.left

    def rows(self) -> NDArray[np.float64]:
        """The scene's y of every pixel row."""
        return np.arange(0.5, self.height) / self.detail + self.box.top

    def _pixels(self, points: ArrayLike) -> NDArray[np.int32]:
        at = (np.asarray(points, np.float64) - (self.box.left, self.box.top)) * self.detail - 0.5
        # Far outside is as good as outside; the bound keeps the fixed point figures in range.
        return np.round(np.clip(at, -9000, 18000) * (1 << _SHIFT)).astype(np.int32)

    def polygon(self, mask: Pixels, points: ArrayLike, value: int = 255) -> None:
        """A filled polygon with soft edges."""
        cv2.fillPoly(mask, [self._pixels(points)], value, cv2.LINE_AA, _SHIFT)

    def rectangle(
        self,
        mask: Pixels,
        left: float,
        top: float,
        right: float,
        bottom: float,
        value: int = 255,
    ) -> None:
        """A filled upright rectangle, whichever way round its sides are given."""
        self.polygon(mask, [(left, top), (right, top), (right, bottom), (left, bottom)], value)

    def stroke(self, mask: Pixels, points: ArrayLike, width: float, value: int = 255) -> None:
        """An open line, `width` scene pixels wide."""
        thick = max(1, round(width * self.detail))
        cv2.polylines(mask, [self._pixels(points)], False, value, thick, cv2.LINE_AA, _SHIFT)

    def disc(
        self, mask: Pixels, x: float, y: float, radius: float, tall: float = 1.0, value: int = 255
    ) -> None:
        """A filled circle, or an ellipse `tall` times as high as wide."""
        turn = np.linspace(0, 2 * np.pi, max(12, min(128, int(radius * self.detail * 4))), False)
        points = np.stack([x + radius * np.cos(turn), y + radius * tall * np.sin(turn)], axis=-1)
        self.polygon(mask, points, value)

    def hill(self, mask: Pixels, heights: NDArray[np.float64]) -> None:
        """Everything below `heights`, one scene y for each pixel column."""
        outline = np.stack([self.columns(), heights], axis=-1)
        floor = self.box.bottom + 50
        ends = [(self.box.right + 50, heights[-1]), (self.box.right + 50, floor)]
        starts = [(self.box.left - 50, floor), (self.box.left - 50, heights[0])]
        self.polygon(mask, np.concatenate([outline, ends, starts]))

    def wash(self, stops: Sequence[Colour], top: float, bottom: float) -> None:
        """Colours the whole sheet with a gradient between two scene heights."""
        rows = ramp(stops, 256)
        at = np.clip((self.rows() - top) / max(bottom - top, 1e-6), 0, 1) * 255
        picked = np.stack([np.interp(at, np.arange(256), rows[:, k]) for k in range(3)], axis=-1)
        self.rgb[:] = _dithered(np.repeat(picked[:, None, :], 251, axis=1), self.width)

    def cover(self, mask: Pixels) -> None:
        """Adds the mask to what the sheet covers; its colours are those of `wash`."""
        self.coverage = either(self.coverage, mask)

    def glaze(self, mask: Pixels, colour: Colour, strength: float = 1.0) -> None:
        """Lays a colour over what is there, within the sheet's own coverage."""
        self._lay(mask, colour, strength)

    def add(self, mask: Pixels, colour: Colour, strength: float = 1.0) -> None:
        """Lays a colour over what is there and covers what was not."""
        if strength < 1:
            mask = dimmed(mask, strength)
        inside = cv2.boundingRect(mask)
        if not inside[2]:
            return
        left, top, wide, high = inside
        part = (slice(top, top + high), slice(left, left + wide))
        over = mask[part].astype(np.float32) / 255
        under = self.coverage[part].astype(np.float32) / 255
        total = over + under * (1 - over)
        share = (over / np.maximum(total, 1e-4))[..., None]
        old = self.rgb[part].astype(np.float32)
        self.rgb[part] = (old + (colour.astype(np.float32) - old) * share + 0.5).astype(np.uint8)
        self.coverage[part] = (total * 255 + 0.5).astype(np.uint8)

    def _lay(self, mask: Pixels, colour: Colour, strength: float) -> None:
        left, top, wide, high = cv2.boundingRect(mask)
        if not wide:
            return
        part = (slice(top, top + high), slice(left, left + wide))
        share = mask[part]
        if strength < 1:
            share = dimmed(share, strength)
        rest = outside(share)
        for channel in range(3):
            plane = np.ascontiguousarray(self.rgb[part][..., channel])
            lit = dimmed(share, float(colour[channel]) / 255)
            self.rgb[part][..., channel] = cv2.add(times(plane, rest), lit)

    def edge(self, colour: Colour, side: tuple[float, float], strength: float = 0.8) -> None:
        """A rim of light where the coverage ends towards `side` (scene pixels)."""
        moved = shifted(self.coverage, -side[0] * self.detail, -side[1] * self.detail)
        self.glaze(both(without(self.coverage, moved), self.coverage), colour, strength)

    def mist(self, colour: Colour, top: float, bottom: float, strength: float) -> None:
        """Fades the sheet into a colour between two heights, full at the lower one."""
        at = np.clip((self.rows() - top) / (bottom - top), 0, 1)
        share = (at * at * (3 - 2 * at) * 255 * strength).astype(np.uint8)
        self.glaze(np.repeat(share[:, None], self.width, axis=1), colour)

    def fade(self, top: float, bottom: float) -> None:
        """Lets the coverage run out between two heights, gone at the lower one."""
        at = 1 - np.clip((self.rows() - top) / max(bottom - top, 1e-6), 0, 1)
        share = (at * at * (3 - 2 * at) * 255).astype(np.uint8)
        self.coverage = times(self.coverage, np.repeat(share[:, None], self.width, axis=1))

    def canvas(self) -> Pixels:
        """The whole sheet's canvas, for layers that are alive."""
        return to_canvas(self.rgb, self.coverage)

    def layers(
        self, depth: float, *, followed: bool = False, alive: Callable[[int], Pixels] | None = None
    ) -> list[Layer]:
        """The finished layer, or none if nothing was painted that is seen.

        `alive` gives canvases of the sheet's size that cover no more than this one.
        """
        cells = tuple(
            Cell(self._boxed(left, top, right, bottom), solid)
            for left, top, right, bottom, solid in cells_of(self.coverage)
        )
        if not cells:
            return []
        return [Layer(depth, self.box, self.detail, self.canvas(), cells, followed, alive)]

    def _boxed(self, left: int, top: int, right: int, bottom: int) -> Box:
        return type(self.box)(
            self.box.left + left / self.detail,
            self.box.top + top / self.detail,
            self.box.left + right / self.detail,
            self.box.top + bottom / self.detail,
        )


class Plot(NamedTuple):
    """Where something is drawn into: a sheet, one of its masks, and the chance that varies it."""

    sheet: Sheet
    mask: Pixels
    generator: np.random.Generator


def _dithered(tile: NDArray[np.float64], width: int) -> Pixels:
    """Rows of colour as 8 bits without bands: `tile` repeated to a width, with noise below 1."""
    noise = np.random.default_rng(7).uniform(0, 1, (tile.shape[0], tile.shape[1], 1))
    rounded = np.clip(tile + noise, 0, 255).astype(np.uint8)
    times = -(-width // tile.shape[1])
    return np.tile(rounded, (1, times, 1))[:, :width]
