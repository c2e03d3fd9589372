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

    from av.video.plane import VideoPlane

    from pipeline.studio.animatic.compositor import Planes
    from pipeline.studio.animatic.layer import Pixels

_BT709 = 1
_STUDIO_RANGE = 1
# Measured on these pictures (720p, one core): the ultrafast preset with the tools below put back
# needs half the time of superfast and gives a better picture at the same size. A key frame every
# two seconds keeps scrubbing quick.
_TOOLS = "cabac=1:8x8dct=1:no-deblock=0:deblock=1,1:bframes=3:b-adapt=0:subme=1:keyint=48"
_OPTIONS = {"preset": "ultrafast", "crf": "24", "threads": "1", "x264-params": _TOOLS}


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
            # The encoder copies what it is given, so one frame's memory serves for all of them.
            frame = av.VideoFrame(width, height, "yuv420p")
            targets = [_pixels(plane) for plane in frame.planes]
            for index in range(frames):
                picture = draw(index)
                targets[0][:], targets[1][:], targets[2][:] = (
                    picture.luma,
                    picture.blue,
                    picture.red,
                )
                frame.pts = index
                container.mux(stream.encode(frame))
            container.mux(stream.encode(None))
        return path.read_bytes()


def _pixels(plane: VideoPlane) -> Pixels:
    """A plane of a frame, as an array that writes through."""
    rows = np.frombuffer(memoryview(plane), np.uint8).reshape(-1, plane.line_size)
    return rows[: plane.height, : plane.width]
