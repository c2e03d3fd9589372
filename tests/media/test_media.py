"""Looking into clips and stills: what is one, and what only pretends to be."""

from __future__ import annotations

import base64
import io
from typing import TYPE_CHECKING

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from PIL import Image

from pipeline.errors import MediaError
from pipeline.media.probe import Footage, probe, verify
from pipeline.media.stills import data_url, inspect, open_still
from pipeline.studio.engine import Job
from tests.support.engine import plain

if TYPE_CHECKING:
    from pathlib import Path

JOB = Job("a", "veo-3.1-fast", "a bowl", 2, 1280, 720)
WHOLE = plain(JOB)


def test_a_clip_is_probed(tmp_path: Path) -> None:
    """Duration and frame size are read from the container and its first picture."""
    path = tmp_path / "clip.mp4"
    path.write_bytes(plain(JOB))
    footage = probe(path)
    assert footage.duration_seconds == pytest.approx(2.0)
    assert footage.width / footage.height == pytest.approx(16 / 9, abs=0.02)
    verify(footage, 2, (1280, 720))


@pytest.mark.parametrize("content", [b"", b"<html></html>", b"\0" * 5000, plain(JOB)[:600]])
def test_what_is_no_clip_is_our_error(tmp_path: Path, content: bytes) -> None:
    """Pages, zeros and stumps are refused by name."""
    path = tmp_path / "clip.mp4"
    path.write_bytes(content)
    with pytest.raises(MediaError):
        probe(path)


@example(length=len(WHOLE) - 1)
@given(length=st.integers(0, len(WHOLE) - 1))
def test_a_clip_cut_anywhere_is_found_out(
    tmp_path_factory: pytest.TempPathFactory, length: int
) -> None:
    """However much of it is missing, a cut clip is never taken for a whole one."""
    path = tmp_path_factory.mktemp("cut") / "clip.mp4"
    path.write_bytes(WHOLE[:length])
    with pytest.raises(MediaError):
        probe(path)


@pytest.mark.parametrize(
    ("footage", "says"),
    [
        (Footage(2.6, 1280, 720), "2.60 s long and not 2 s"),
        (Footage(1.4, 1280, 720), "1.40 s"),
        (Footage(2.0, 720, 1280), "720×1280 and not 1280×720"),
    ],
)
def test_another_length_or_shape_is_named(footage: Footage, says: str) -> None:
    """Half a second and another aspect are the limits; another size of the same shape is fine."""
    verify(Footage(2.4, 640, 360), 2, (1280, 720))
    with pytest.raises(MediaError, match=says):
        verify(footage, 2, (1280, 720))


@pytest.mark.parametrize("mode", ["RGB", "RGBA", "P", "L", "CMYK", "1", "I;16"])
def test_stills_of_every_mode_are_read(tmp_path: Path, mode: str) -> None:
    """Whatever an image's mode, it comes out upright and in RGB."""
    path = tmp_path / ("still.tif" if mode in {"CMYK", "I;16"} else "still.png")
    Image.new(mode, (40, 20)).save(path)
    inspect(path)
    assert open_still(path.read_bytes()).mode == "RGB"


def test_exif_orientation_is_applied() -> None:
    """A picture taken on its side is turned upright."""
    image, exif = Image.new("RGB", (40, 20)), Image.Exif()
    exif[0x0112] = 6
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", exif=exif)
    assert open_still(buffer.getvalue()).size == (20, 40)


def test_an_inline_image_fits_and_covers_the_frame(tmp_path: Path) -> None:
    """A large, noisy still is scaled to cover the frame and stays under the limit."""
    path = tmp_path / "still.png"
    Image.effect_noise((3000, 2500), 90).save(path)
    url = data_url(path.read_bytes(), (1280, 720), 900_000)
    assert len(url) <= 900_000
    content = base64.b64decode(url.partition(",")[2])
    with Image.open(io.BytesIO(content)) as image:
        assert image.format == "JPEG"
        assert image.width >= 1280
        assert image.height >= 720


def test_an_image_that_cannot_fit_is_said(tmp_path: Path) -> None:
    """No quality makes it small enough: an error, and not a request that is refused."""
    path = tmp_path / "still.png"
    Image.effect_noise((1280, 720), 90).save(path)
    with pytest.raises(MediaError, match="does not fit"):
        data_url(path.read_bytes(), (1280, 720), 1000)
