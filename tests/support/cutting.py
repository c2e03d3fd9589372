"""Films put together of clips, for tests that look at what has come of them."""

from __future__ import annotations

import io
import json
import subprocess
from typing import TYPE_CHECKING, Any

import av

from pipeline.media.assembling import assemble
from pipeline.media.montage import Montage, Scene
from pipeline.media.reels import Reel, read_reel

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from fractions import Fraction
    from pathlib import Path

    from av.video.frame import VideoFrame


def reels_of(folder: Path, clips: Sequence[bytes]) -> list[Reel]:
    """The clips as files `0.mp4`, `1.mp4`, …, looked through."""
    reels = []
    for number, clip in enumerate(clips):
        path = folder / f"{number}.mp4"
        path.write_bytes(clip)
        reels.append(read_reel(path))
    return reels


def film(
    folder: Path,
    scenes: Iterable[Scene],
    rate: Fraction,
    size: tuple[int, int] | None = None,
) -> Path:
    """A film of scenes: of one size, if that is given, else taken over as they are."""
    made = tuple(scenes)
    path = folder / "film.mp4"
    frame = size or (160, 96)
    montage = Montage("A film", made, frame, rate, copied=size is None)
    assemble(montage, path, lambda _: None)
    return path


def shown(path: Path) -> list[VideoFrame]:
    """A film's pictures."""
    with av.open(io.BytesIO(path.read_bytes()), mode="r") as container:
        return list(container.decode(container.streams.video[0]))


def probed(path: Path, *what: str) -> Any:
    """What ffprobe, which isn't the FFmpeg that wrote it, says of a film."""
    asked = ["ffprobe", "-v", "error", "-of", "json", *what, str(path)]
    return json.loads(subprocess.run(asked, capture_output=True, check=True).stdout)
