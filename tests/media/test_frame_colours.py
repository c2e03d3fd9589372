"""A clip's picture as players show it: the same colours, the same way up."""

from __future__ import annotations

import io
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import av
import numpy as np
import pytest
from PIL import Image

from pipeline.media.frames import frame_png
from tests.support.numbered import Made, box, numbered

if TYPE_CHECKING:
    from collections.abc import Callable


def turned(clip: bytes, matrix: tuple[int, int, int, int]) -> bytes:
    """The clip with another display matrix: of ISO/IEC 14496-12, 8.3.2, a, b, c and d."""
    at = box(clip, b"tkhd") + 40
    a, b, c, d = ((number * 65_536).to_bytes(4, signed=True) for number in matrix)
    nothing = bytes(4)
    return clip[:at] + a + b + nothing + c + d + nothing + clip[at + 24 :]


def flat(size: tuple[int, int], planes: tuple[int, ...], **tags: int) -> bytes:
    """A clip of one colour, given as it is stored, with tags that say how it is meant."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "flat.mp4"
        with av.open(str(path), "w", "mp4") as container:
            stream = container.add_stream("libx264", rate=24, options={"qp": "1"})
            stream.width, stream.height = size
            stream.pix_fmt = "yuv420p"
            for tag, value in tags.items():
                setattr(stream.codec_context, tag, value)
            picture = av.VideoFrame(*size, "yuv420p")
            for plane, value in zip(picture.planes, planes, strict=True):
                plane.update(bytes([value]) * plane.buffer_size)
            picture.pts = 0
            container.mux(stream.encode(picture))
            container.mux(stream.encode())
        return path.read_bytes()


def stored(rgb: tuple[int, int, int], kr: float, kb: float, *, full: bool) -> tuple[int, ...]:
    """Y'CbCr of 8 bits for R'G'B', by ITU-T H.273, 8.3: `kr` and `kb` are the matrix."""
    r, g, b = (value / 255 for value in rgb)
    luma = kr * r + (1 - kr - kb) * g + kb * b
    blue, red = (b - luma) / (2 - 2 * kb), (r - luma) / (2 - 2 * kr)
    if full:
        return round(255 * luma), round(255 * blue + 128), round(255 * red + 128)
    return round(219 * luma + 16), round(224 * blue + 128), round(224 * red + 128)


COLOURS = [(230, 30, 40), (20, 180, 60), (30, 60, 220), (128, 128, 128), (250, 240, 10)]
MATRICES = {1: (0.2126, 0.0722), 5: (0.299, 0.114), 6: (0.299, 0.114), 9: (0.2627, 0.0593)}


@pytest.mark.parametrize("rgb", COLOURS)
@pytest.mark.parametrize("full", [False, True])
@pytest.mark.parametrize("matrix", MATRICES)
def test_colours_come_back(
    clip: Callable[[bytes], Path], matrix: int, full: bool, rgb: tuple[int, int, int]
) -> None:
    """By the matrix and range that the clip names: BT.709, both BT.601 and BT.2020."""
    planes = stored(rgb, *MATRICES[matrix], full=full)
    content = flat((320, 180), planes, colorspace=matrix, color_range=2 if full else 1)
    assert_colour(frame_png(clip(content), "first"), rgb)


@pytest.mark.parametrize("rgb", COLOURS)
@pytest.mark.parametrize(("size", "matrix"), [((640, 480), 6), ((1280, 720), 1), ((720, 1280), 1)])
def test_untagged_colours_are_read_by_size(
    clip: Callable[[bytes], Path], size: tuple[int, int], matrix: int, rgb: tuple[int, int, int]
) -> None:
    """BT.709 from 720 lines up and BT.601 below, as players take them."""
    planes = stored(rgb, *MATRICES[matrix], full=False)
    assert_colour(frame_png(clip(flat(size, planes)), "first"), rgb)


def assert_colour(png: bytes, rgb: tuple[int, int, int]) -> None:
    """Within 3 levels: the codec and 8 bits of Y'CbCr round."""
    with Image.open(io.BytesIO(png)) as image:
        assert image.mode == "RGB"
        assert not image.info
        off = np.abs(np.asarray(image, np.int16) - np.array(rgb, np.int16))
    assert off.max() <= 3


TURNS = {(0, 1, -1, 0): 270, (-1, 0, 0, -1): 180, (0, -1, 1, 0): 90, (1, 0, 0, 1): 0}


@pytest.mark.parametrize("matrix", TURNS)
def test_a_clip_filmed_on_its_side_is_turned(
    clip: Callable[[bytes], Path], matrix: tuple[int, int, int, int]
) -> None:
    """As players do by its display matrix; degrees here are against the clock's hands."""
    with Image.open(io.BytesIO(frame_png(clip(numbered(Made())), "last"))) as plain:
        expected = np.rot90(np.asarray(plain), TURNS[matrix] // 90)
    with Image.open(io.BytesIO(frame_png(clip(turned(numbered(Made()), matrix)), "last"))) as image:
        assert np.array_equal(np.asarray(image), expected)
