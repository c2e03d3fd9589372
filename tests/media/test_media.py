"""Looking into clips and stills: what is one, and what only pretends to be."""

from __future__ import annotations

from typing import TYPE_CHECKING

import av
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pipeline.errors import MediaError
from pipeline.media.probe import Footage, probe, verify
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


def test_a_clip_cut_between_two_pictures_is_found_out(tmp_path: Path) -> None:
    """No picture is there in part: they only end too early."""
    path = tmp_path / "clip.mp4"
    path.write_bytes(WHOLE)
    with av.open(str(path)) as container:
        ends = [p.pos + p.size for p in container.demux() if p.pos is not None and p.size]
    assert len(ends) > 1
    for end in ends[:-1]:
        path.write_bytes(WHOLE[:end])
        with pytest.raises(MediaError):
            probe(path)


@pytest.mark.parametrize(
    ("footage", "says"),
    [
        (Footage(2.6, 1280, 720), "2.60 s long and not 2 s"),
        (Footage(1.4, 1280, 720), "1.40 s"),
        (Footage(2.0, 720, 1280), "720×1280 and not 1280×720"),
        (Footage(2.0, 640, 360), "640×360 and not 1280×720"),
        (Footage(2.0, 1280, 737), "1280×737 and not 1280×720"),
        (Footage(9.0, 64, 64), "9.00 s long and not 2 s, and 64×64 and not 1280×720"),
    ],
)
def test_another_length_or_size_is_named(footage: Footage, says: str) -> None:
    """Half a second and a block of pixels a side are the limits; every difference is named."""
    with pytest.raises(MediaError, match=says):
        verify(footage, 2, (1280, 720))


@pytest.mark.parametrize(
    "footage",
    [Footage(2.5, 1280, 720), Footage(1.5, 1280, 720), Footage(2.0, 1296, 704)],
)
def test_a_little_difference_is_none(footage: Footage) -> None:
    """What encoders round is not held against a clip; twice as much of it is."""
    verify(footage, 2, (1280, 720))
    seconds, width, height = footage.duration_seconds, footage.width, footage.height
    doubled = Footage(2 * seconds - 2, 2 * width - 1280, 2 * height - 720)
    with pytest.raises(MediaError):
        verify(doubled, 2, (1280, 720))
