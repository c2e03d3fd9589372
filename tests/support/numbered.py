"""Clips of which every picture shows its number, for tests that ask for one of them."""

from __future__ import annotations

import io
import tempfile
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import av
import numpy as np
from PIL import Image

if TYPE_CHECKING:
    from numpy.typing import NDArray

BITS = 8
DARK, BRIGHT = 40, 200


@dataclass(frozen=True)
class Made:
    """How a clip is encoded. `pts` in ticks, one a picture; without any, a tick is a picture."""

    pictures: int = 40
    rate: Fraction = Fraction(24)
    gop: int = 12
    b_pictures: int = 3
    size: tuple[int, int] = (160, 96)
    layout: str = "yuv420p"
    pts: tuple[int, ...] = ()
    tick: Fraction | None = None
    audio: bool = False
    x264: str = "scenecut=0:b-adapt=0"
    muxer: tuple[tuple[str, str], ...] = ()


@cache
def numbered(made: Made) -> bytes:
    """The clip as MP4."""
    tick = made.tick or 1 / made.rate
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "clip.mp4"
        with av.open(str(path), "w", "mp4", options=dict(made.muxer)) as container:
            if made.audio:
                sound = container.add_stream("aac", rate=44_100)
            stream = container.add_stream("libx264", rate=made.rate)
            stream.width, stream.height = made.size
            stream.pix_fmt = made.layout
            stream.options = {
                "preset": "ultrafast",
                "g": str(made.gop),
                "bf": str(made.b_pictures),
                "x264-params": made.x264,
            }
            stream.codec_context.time_base = tick
            for number in range(made.pictures):
                picture = av.VideoFrame.from_ndarray(_bars(number, made.size), "gray8")
                picture = picture.reformat(format=made.layout)
                picture.pts = made.pts[number] if made.pts else number
                picture.time_base = tick
                container.mux(stream.encode(picture))
            container.mux(stream.encode())
            if made.audio:
                silence = av.AudioFrame.from_ndarray(
                    np.zeros((1, 4096), np.float32), "fltp", "mono"
                )
                silence.rate = 44_100
                container.mux(sound.encode(silence))
                container.mux(sound.encode())
        return path.read_bytes()


def _bars(number: int, size: tuple[int, int]) -> NDArray[np.uint8]:
    """The number's bits side by side, the lowest leftmost, as bars wide enough for the codec."""
    width, height = size
    bits = number >> (np.arange(width) * BITS // width) & 1
    row = np.where(bits, BRIGHT, DARK).astype(np.uint8)
    return np.tile(row, (height, 1))


def number_in(pixels: NDArray[np.uint8]) -> int:
    """The number that a picture shows; `pixels` is its grey, height × width."""
    height, width = pixels.shape
    columns = (np.arange(BITS) * 2 + 1) * width // (2 * BITS)
    bits = pixels[height // 2, columns] > (DARK + BRIGHT) // 2
    return int(np.sum(bits << np.arange(BITS)))


def number_of(png: bytes) -> int:
    """The number in a PNG."""
    with Image.open(io.BytesIO(png), formats=["PNG"]) as image:
        return number_in(np.asarray(image.convert("L"), np.uint8))


def played(clip: bytes) -> list[tuple[float, int]]:
    """What a player shows, everything decoded: seconds from the first picture, and the number."""
    with av.open(io.BytesIO(clip), mode="r", format="mp4") as container:
        stream = container.streams.video[0]
        stream.thread_type = "AUTO"
        shown = []
        for picture in container.decode(stream):
            assert picture.pts is not None
            assert picture.time_base is not None
            shown.append((picture.pts * picture.time_base, number_in(_grey(picture))))
    first = min(shown)[0]
    return sorted((float(seconds - first), number) for seconds, number in shown)


def _grey(picture: av.VideoFrame) -> NDArray[np.uint8]:
    return np.asarray(picture.to_ndarray(format="gray8"), np.uint8)


def box(clip: bytes, name: bytes) -> int:
    """Where the content of an MP4's first box of that name begins, behind length and name."""
    return clip.index(name) + len(name)
