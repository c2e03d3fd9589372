"""A shot that begins with an animatic's frame doesn't show the words of the shot before."""

from __future__ import annotations

import io
from functools import cache
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from pipeline.media.frames import frame_png
from pipeline.media.stills import open_still
from pipeline.studio.animatic import draw
from pipeline.studio.animatic.untitled import untitled
from pipeline.studio.engine import Job

PROMPT = "A woman walks along an empty city street at dawn, slow push in, muted colours, mist."
SIZES = [(1280, 720), (720, 1280), (720, 720)]


@cache
def animatic(size: tuple[int, int]) -> bytes:
    """A clip of a second with its titles; of each size one is drawn."""
    return draw(Job("street", "veo-3.1", PROMPT, 1, *size, seed=8))


def frame(tmp_path: Path, size: tuple[int, int], place: str, quality: int) -> np.ndarray:
    """A frame of an animatic, as it comes to the next shot: as JPEG."""
    path = tmp_path / "clip.mp4"
    path.write_bytes(animatic(size))
    buffer = io.BytesIO()
    Image.open(io.BytesIO(frame_png(path, place))).save(buffer, "JPEG", quality=quality)
    return np.asarray(open_still(buffer.getvalue()), np.uint8)


def words(image: np.ndarray) -> float:
    """How much there is of thin and bright things in the lower third."""
    low = image[image.shape[0] * 3 // 4 :].astype(np.float32).mean(axis=2)
    opened = cv2.morphologyEx(low, cv2.MORPH_OPEN, np.ones((9, 9), np.uint8))
    return float((low - opened > 40).mean())


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize(("place", "quality"), [("first", 95), ("0.5", 60), ("last", 95)])
def test_an_animatics_titles_are_taken_away(
    tmp_path: Path, size: tuple[int, int], place: str, quality: int
) -> None:
    """However far its bar has come; what is above the lower third isn't touched."""
    before = frame(tmp_path, size, place, quality)
    after = untitled(before)
    assert words(before) > 0.005
    assert words(after) < words(before) / 20
    rows = size[1] // 2
    assert np.array_equal(after[:rows], before[:rows])


@given(st.integers(0, 2**32 - 1), st.integers(1, 400), st.integers(1, 400))
def test_what_has_no_titles_stays_as_it_is(seed: int, width: int, height: int) -> None:
    """Noise, ramps, lines from edge to edge and tiny pictures."""
    chance = np.random.default_rng(seed)
    noise = chance.integers(0, 256, (height, width, 3), dtype=np.uint8)
    ramp = np.linspace(0, 255, height, dtype=np.uint8)[:, None, None].repeat(width, 1).repeat(3, 2)
    lines = np.zeros((height, width, 3), np.uint8)
    lines[chance.integers(0, height, 3)] = 255
    for image in (noise, np.ascontiguousarray(ramp), lines):
        assert untitled(image) is image


def test_a_photograph_stays_as_it_is() -> None:
    """The one that the project has."""
    content = Path("specs/stills/bowl.jpg").read_bytes()
    image = np.asarray(open_still(content), np.uint8)
    assert untitled(image) is image
