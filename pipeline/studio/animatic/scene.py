"""A scene being set: what every place painter needs to know, and the sizes they agree on."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from pipeline.studio.animatic.camera import Box
from pipeline.studio.animatic.paint import Sheet

if TYPE_CHECKING:
    from pipeline.studio.animatic.camera import Camera
    from pipeline.studio.animatic.palette import Palette
    from pipeline.studio.animatic.words import Sight

FAR = 0.5
NEAR = 1.0


@dataclass(frozen=True)
class Scene:
    """One prompt's world, before it is painted. Lengths are in frame pixels."""

    camera: Camera
    sight: Sight
    palette: Palette
    key: str
    orb_x: float
    orb_y: float

    @property
    def width(self) -> float:
        """The frame's width."""
        return float(self.camera.width)

    @property
    def height(self) -> float:
        """The frame's height."""
        return float(self.camera.height)

    @property
    def unit(self) -> float:
        """The size that things are measured by, so that they suit tall frames as well."""
        return min(self.height, self.width * 0.8)

    def x(self, share: float) -> float:
        """A share of the frame's width as a scene x."""
        return share * self.width

    def y(self, share: float) -> float:
        """A share of the frame's height as a scene y."""
        return share * self.height

    def generator(self, *names: object) -> np.random.Generator:
        """Random figures for one named part, the same for the same prompt and seed."""
        return generator(self.key, *names)

    def sheet(
        self,
        depth: float,
        detail: float = FAR,
        *,
        top: float | None = None,
        bottom: float | None = None,
        across: tuple[float, float] | None = None,
        followed: bool = False,
    ) -> Sheet:
        """A sheet for a depth that covers all the camera sees there, or a part of it."""
        seen = self.camera.bounds(depth, followed=followed)
        margin = 3 / detail
        box = Box(
            seen.left - margin if across is None else max(seen.left - margin, across[0]),
            max(seen.top - margin, top) if top is not None else seen.top - margin,
            seen.right + margin if across is None else min(seen.right + margin, across[1]),
            min(seen.bottom + margin, bottom) if bottom is not None else seen.bottom + margin,
        )
        if box.right - box.left < 8 or box.bottom - box.top < 8:
            box = Box(box.left, box.top, max(box.right, box.left + 8), max(box.bottom, box.top + 8))
        return Sheet(box, detail)


def detail_at(depth: float) -> float:
    """How finely to paint at a depth: the focus lies where the subject is."""
    return NEAR if 0.5 < depth < 0.9 else FAR


def generator(*names: object) -> np.random.Generator:
    """A generator seeded by names; never by `hash()`, which differs between processes."""
    text = "|".join(str(name) for name in names).encode("utf-8", "backslashreplace")
    return np.random.default_rng(int.from_bytes(hashlib.sha256(text).digest()[:8], "big"))
