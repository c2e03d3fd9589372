"""Brushes: how a layer's shapes, gradients, edges of light and glows get onto its canvas."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING

import cv2
import numpy as np

from pipeline.studio.animatic.colour import ramp
from pipeline.studio.animatic.layer import Layer, to_canvas

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
        return self.box.left + (np.arange(self.width) + 0.5) / self.detail

    def rows(self) -> NDArray[np.float64]:
        """The scene's y of every pixel row."""
        return self.box.top + (np.arange(self.height) + 0.5) / self.detail

    def _pixels(self, points: ArrayLike) -> NDArray[np.int32]:
        at = (np.asarray(points, np.float64) - (self.box.left, self.box.top)) * self.detail - 0.5
        # Far outside is as good as outside; the bound keeps the fixed point figures in range.
        return np.round(np.clip(at, -9000, 18000) * (1 << _SHIFT)).astype(np.int32)

    def polygon(self, mask: Pixels, points: ArrayLike, value: int = 255) -> None:
        """A filled polygon with soft edges."""
        cv2.fillPoly(mask, [self._pixels(points)], value, cv2.LINE_AA, _SHIFT)

    def stroke(self, mask: Pixels, points: ArrayLike, width: float, value: int = 255) -> None:
        """An open line, `width` scene pixels wide."""
        thick = max(1, round(width * self.detail))
        cv2.polylines(mask, [self._pixels(points)], False, value, thick, cv2.LINE_AA, _SHIFT)

    def disc(
        self, mask: Pixels, x: float, y: float, radius: float, tall: float = 1.0, value: int = 255
    ) -> None:
        """A filled circle, or an ellipse `tall` times as high as wide."""
        turn = np.linspace(0, 2 * np.pi, max(12, min(96, int(radius * self.detail * 2))), False)
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
        self.rgb[:] = _dithered(np.repeat(picked[:, None, :], 64, axis=1), self.width)

    def cover(self, mask: Pixels) -> None:
        """Adds the mask to what the sheet covers; its colours are those of `wash`."""
        cv2.max(self.coverage, mask, dst=self.coverage)

    def glaze(self, mask: Pixels, colour: Colour, strength: float = 1.0) -> None:
        """Lays a colour over what is there, within the sheet's own coverage."""
        self._lay(mask, colour, strength)

    def add(self, mask: Pixels, colour: Colour, strength: float = 1.0) -> None:
        """Lays a colour over what is there and covers what was not."""
        if strength < 1:
            mask = cv2.convertScaleAbs(mask, alpha=strength)
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
            share = cv2.convertScaleAbs(share, alpha=strength)
        rest = cv2.bitwise_not(share)
        for channel in range(3):
            plane = np.ascontiguousarray(self.rgb[part][..., channel])
            lit = cv2.convertScaleAbs(share, alpha=float(colour[channel]) / 255)
            self.rgb[part][..., channel] = cv2.add(
                cv2.multiply(plane, rest, scale=1 / 255), lit
            )

    def edge(self, colour: Colour, side: tuple[float, float], strength: float = 0.8) -> None:
        """A rim of light where the coverage ends towards `side` (scene pixels)."""
        shift = np.array([[1.0, 0.0, -side[0] * self.detail], [0.0, 1.0, -side[1] * self.detail]])
        moved = cv2.warpAffine(
            self.coverage, shift, (self.width, self.height), borderMode=cv2.BORDER_REPLICATE
        )
        self.glaze(cv2.min(cv2.subtract(self.coverage, moved), self.coverage), colour, strength)

    def mist(self, colour: Colour, top: float, bottom: float, strength: float) -> None:
        """Fades the sheet into a colour between two heights, full at the lower one."""
        at = np.clip((self.rows() - top) / (bottom - top), 0, 1)
        share = (at * at * (3 - 2 * at) * 255 * strength).astype(np.uint8)
        self.glaze(np.repeat(share[:, None], self.width, axis=1), colour)

    def fade(self, top: float, bottom: float) -> None:
        """Lets the coverage run out between two heights, gone at the lower one."""
        at = 1 - np.clip((self.rows() - top) / max(bottom - top, 1e-6), 0, 1)
        share = (at * at * (3 - 2 * at) * 255).astype(np.uint8)
        self.coverage = cv2.multiply(
            self.coverage, np.repeat(share[:, None], self.width, axis=1), scale=1 / 255
        )

    def canvas(self) -> Pixels:
        """The whole sheet's canvas, for layers that are alive."""
        return to_canvas(self.rgb, self.coverage)

    def layers(self, depth: float, *, followed: bool = False) -> list[Layer]:
        """The finished layers: what has an outline, and the solid part below it, if any."""
        solid = self._solid_from()
        made = []
        if self.height - solid > 24 * self.detail:
            made.append(self._cut(depth, (solid, self.height), (0, self.width), solid=True))
        else:
            solid = self.height
        # The outlined part reaches a little into the solid one: there the two are the same.
        edge_rows = min(solid + 8, self.height)
        for left, right in _runs(self.coverage[:edge_rows]):
            part = self.coverage[:edge_rows, left:right]
            _, top, _, high = cv2.boundingRect(np.ascontiguousarray(part))
            rows = (max(top - 1, 0), min(top + high + 1, edge_rows))
            made.insert(0, self._cut(depth, rows, (left, right), followed=followed))
        return made

    def whole(
        self, depth: float, *, followed: bool = False, alive: Callable[[int], Pixels] | None = None
    ) -> Layer:
        """The finished layer in one piece; `alive` gives its canvases, of the sheet's size."""
        made = self._cut(depth, (0, self.height), (0, self.width), followed=followed)
        return replace(made, alive=alive)

    def _solid_from(self) -> int:
        """The first row from which on all is covered down to where nobody looks."""
        full = (cv2.reduce(self.coverage, 1, cv2.REDUCE_MIN) >= 254).ravel()
        gaps = np.flatnonzero(~full)
        return int(gaps[-1]) + 1 if gaps.size else 0

    def _cut(
        self,
        depth: float,
        rows: tuple[int, int],
        columns: tuple[int, int],
        *,
        solid: bool = False,
        followed: bool = False,
    ) -> Layer:
        part = (slice(*rows), slice(*columns))
        box = type(self.box)(
            self.box.left + columns[0] / self.detail,
            self.box.top + rows[0] / self.detail,
            self.box.left + columns[1] / self.detail,
            self.box.top + rows[1] / self.detail,
        )
        coverage = None if solid else np.ascontiguousarray(self.coverage[part])
        canvas = to_canvas(np.ascontiguousarray(self.rgb[part]), coverage)
        return Layer(depth, box, self.detail, canvas, solid, followed)


def _runs(coverage: Pixels) -> list[tuple[int, int]]:
    """The column ranges where something is, with wide gaps between them."""
    used = np.flatnonzero(cv2.reduce(coverage, 0, cv2.REDUCE_MAX).ravel())
    if not used.size:
        return []
    width = coverage.shape[1]
    breaks = np.flatnonzero(np.diff(used) > width // 12)
    starts = [int(used[0]), *(int(used[k + 1]) for k in breaks)]
    ends = [*(int(used[k]) for k in breaks), int(used[-1])]
    return [
        (max(start - 1, 0), min(end + 2, width)) for start, end in zip(starts, ends, strict=True)
    ]


def _dithered(tile: NDArray[np.float64], width: int) -> Pixels:
    """Rows of colour as 8 bits without bands: `tile` repeated to a width, with noise below 1."""
    noise = np.random.default_rng(7).uniform(0, 1, (tile.shape[0], tile.shape[1], 1))
    rounded = np.clip(tile + noise, 0, 255).astype(np.uint8)
    times = -(-width // tile.shape[1])
    return np.tile(rounded, (1, times, 1))[:, :width]


def blurred(mask: Pixels, radius: float) -> Pixels:
    """The mask, softened; large radii are done small, where they are cheap."""
    if radius < 0.4:
        return mask
    shrink = max(1, int(radius / 3))
    height, width = mask.shape
    small = cv2.resize(
        mask, (max(2, width // shrink), max(2, height // shrink)), interpolation=cv2.INTER_AREA
    )
    small = cv2.GaussianBlur(small, (0, 0), radius / shrink)
    return np.asarray(cv2.resize(small, (width, height), interpolation=cv2.INTER_LINEAR), np.uint8)


def glow(width: int, height: int, x: float, y: float, radius: float, tall: float = 1.0) -> Pixels:
    """A round glow that falls off softly: 255 in its middle, nothing at its radius."""
    across = (np.arange(width) + 0.5 - x) / radius
    down = (np.arange(height) + 0.5 - y) / (radius * tall)
    away = np.sqrt(across[None, :] ** 2 + down[:, None] ** 2)
    near = np.clip(1 - away, 0, 1)
    noise = np.random.default_rng(3).uniform(0, 1, near.shape)
    return np.asarray((near * near * (3 - 2 * near)) * 254 + noise, np.float64).astype(np.uint8)
