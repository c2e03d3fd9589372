"""The init image as a scene: it covers the frame, and light wanders over it."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import cv2
import numpy as np

from pipeline.media.stills import open_still
from pipeline.studio.animatic.layer import Layer, to_canvas
from pipeline.studio.animatic.masks import glow
from pipeline.studio.animatic.untitled import untitled

if TYPE_CHECKING:
    from pipeline.studio.animatic.camera import Camera
    from pipeline.studio.animatic.compositor import Planes

_DEPTH = 0.5


def picture(content: bytes, camera: Camera) -> list[Layer]:
    """The image, scaled to cover all that the camera sees; an animatic's without its titles.

    Raises `MediaError`.
    """
    image = untitled(np.asarray(open_still(content), np.uint8))
    box = camera.bounds(_DEPTH)
    margin = 2.0
    box = type(box)(box.left - margin, box.top - margin, box.right + margin, box.bottom + margin)
    width, height = math.ceil(box.right - box.left), math.ceil(box.bottom - box.top)
    scale = max(width / image.shape[1], height / image.shape[0])
    # Cut first, then scale: an image that is far too wide is never blown up as a whole.
    cut_wide = min(image.shape[1], max(1, round(width / scale)))
    cut_high = min(image.shape[0], max(1, round(height / scale)))
    left, top = (image.shape[1] - cut_wide) // 2, (image.shape[0] - cut_high) // 2
    cut = np.ascontiguousarray(image[top : top + cut_high, left : left + cut_wide])
    way = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    fitted = np.asarray(cv2.resize(cut, (width, height), interpolation=way), np.uint8)
    return [Layer.backdrop(_DEPTH, box, 1.0, to_canvas(fitted, None))]


class WanderingLight:
    """A soft light that drifts across the picture: a still that breathes."""

    def __init__(self, camera: Camera) -> None:
        width, height = camera.width, camera.height
        self._width, self._height, self._frames = width, height, camera.frames
        self._spare = width // 4
        x = self._spare / 2 + width * (0.3 if camera.phase < 0.5 else 0.7)
        mask = glow(width + self._spare, height, x, height * 0.25, max(width, height) * 0.7)
        self._light = np.asarray(cv2.convertScaleAbs(mask, alpha=14 / 255), np.uint8)

    def __call__(self, frame: int, planes: Planes) -> None:
        """Adds the light to a frame's luma."""
        left = int(self._spare * (1 - frame / max(self._frames - 1, 1)))
        cv2.add(planes.luma, self._light[:, left : left + self._width], dst=planes.luma)
