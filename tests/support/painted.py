"""Clips of plain colours, of every shape, for tests that look for these colours."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
import numpy as np

RED, BLUE = (230, 40, 40), (40, 60, 220)


@dataclass(frozen=True)
class Plain:
    """A clip of one colour, its left quarter another one; `aspect` is that of a pixel, and `matrix`
    as PyAV counts them. `told`: the clip says by which it was made.
    """

    size: tuple[int, int]
    left: tuple[int, int, int] = RED
    colour: tuple[int, int, int] = BLUE
    aspect: Fraction = Fraction(1)
    turned: int = 0
    matrix: int = 1
    full: bool = False
    told: bool = True


def plain(made: Plain) -> bytes:
    """Three pictures of it."""
    pixels = np.full((made.size[1], made.size[0], 3), made.colour, np.uint8)
    pixels[:, : made.size[0] // 4] = made.left
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "clip.mp4"
        with av.open(str(path), "w", format="mp4") as container:
            stream = container.add_stream("libx264", rate=24, options={"crf": "1"})
            stream.width, stream.height, stream.pix_fmt = *made.size, "yuv420p"
            coder = stream.codec_context
            coder.colorspace = {1: 1, 5: 6}[made.matrix] if made.told else 2
            coder.color_range = 1 + made.full
            coder.sample_aspect_ratio = made.aspect
            if made.turned:
                stream.set_display_rotation(made.turned)
            for number in range(3):
                picture = av.VideoFrame.from_ndarray(pixels, "rgb24").reformat(
                    format="yuv420p",
                    dst_colorspace=made.matrix,
                    src_color_range=2,
                    dst_color_range=1 + made.full,
                )
                picture.pts = number
                container.mux(stream.encode(picture))
            container.mux(stream.encode())
        return path.read_bytes()
