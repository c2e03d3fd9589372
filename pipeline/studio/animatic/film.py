"""Encodes frames: H.264 in MP4, the same bytes for the same frames."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import av
import numpy as np

from pipeline.studio.engine import FRAMES_PER_SECOND

if TYPE_CHECKING:
    from collections.abc import Callable

    from pipeline.studio.animatic.compositor import Planes

_BT709 = 1
_STUDIO_RANGE = 1
_OPTIONS = {"preset": "superfast", "crf": "22", "tune": "animation", "threads": "1"}


def encode(width: int, height: int, frames: int, draw: Callable[[int], Planes]) -> bytes:
    """The clip of what `draw` gives for frames 0, 1, 2 …"""
    with tempfile.TemporaryDirectory(prefix="shotmake-") as folder:
        # A file and not memory: to put the index first, the muxer reads back what it wrote.
        path = Path(folder, "clip.mp4")
        options = {"movflags": "+faststart", "fflags": "+bitexact"}
        with av.open(str(path), "w", format="mp4", options=options) as container:
            stream = container.add_stream("libx264", rate=FRAMES_PER_SECOND, options=_OPTIONS)
            stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
            coder = stream.codec_context
            coder.thread_count = 1
            coder.color_primaries = coder.color_trc = coder.colorspace = _BT709
            coder.color_range = _STUDIO_RANGE
            for index in range(frames):
                picture = draw(index)
                frame = av.VideoFrame(width, height, "yuv420p")
                for plane, pixels in zip(
                    frame.planes, (picture.luma, picture.blue, picture.red), strict=True
                ):
                    rows = np.frombuffer(plane, np.uint8).reshape(plane.height, plane.line_size)
                    rows[:, : plane.width] = pixels
                frame.pts = index
                container.mux(stream.encode(frame))
            container.mux(stream.encode(None))
        return path.read_bytes()
