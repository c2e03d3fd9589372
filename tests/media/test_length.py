"""How long clips are for a cut list, and whether they have sound."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

import av
import numpy as np
import pytest

from pipeline.errors import MediaError
from pipeline.media.length import length
from tests.support.films import write_clip

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    ("pictures", "rate"),
    [(24, 24), (30, 30), (24, Fraction(24000, 1001)), (50, 25), (1, 1)],
)
def test_a_clip_is_as_long_as_its_pictures(
    tmp_path: Path, pictures: int, rate: int | Fraction
) -> None:
    """The length is exact, whatever the rate; a silent clip has no channels."""
    found = length(write_clip(tmp_path / "a.mp4", pictures, rate))
    assert (found.seconds, found.channels) == (pictures / Fraction(rate), 0)


@pytest.mark.parametrize("channels", [1, 2, 6])
def test_sound_is_counted_and_lengthens_nothing(tmp_path: Path, channels: int) -> None:
    """Sound in blocks of 1024 samples ends behind the picture, and the container with it."""
    path = write_clip(tmp_path / "a.mp4", 24, 24, channels)
    with av.open(str(path)) as container:
        assert container.duration is not None
        assert container.duration > av.time_base
    found = length(path)
    assert (found.seconds, found.channels) == (Fraction(1), channels)


def test_a_clip_in_fragments_has_a_length(tmp_path: Path) -> None:
    """As some servers stream them: what the head doesn't say is worked out."""
    fragments = "frag_keyframe+empty_moov+default_base_moof"
    assert length(write_clip(tmp_path / "a.mp4", movflags=fragments)).seconds == 1


def test_what_is_no_clip_is_an_error_with_a_reason(tmp_path: Path) -> None:
    """No file, no MP4, no pictures: each is told as what it is."""
    with pytest.raises(MediaError, match="can't be read: No such file"):
        length(tmp_path / "none.mp4")
    (tmp_path / "text.mp4").write_text("no film")
    with pytest.raises(MediaError, match="no MP4 that can be played"):
        length(tmp_path / "text.mp4")
    with av.open(str(tmp_path / "sound.mp4"), "w") as container:
        stream = container.add_stream("aac", rate=48000, layout="mono")
        block = av.AudioFrame.from_ndarray(np.zeros((1, 4800), np.float32), "fltp", "mono")
        block.sample_rate = 48000
        container.mux([*stream.encode(block), *stream.encode()])
    with pytest.raises(MediaError, match="it has no video in it"):
        length(tmp_path / "sound.mp4")
