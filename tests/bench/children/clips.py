"""Animatics: drawn and encoded by the engine, or encoded alone from frames that are in memory.

    python -m tests.bench.children.clips draw|encode CLIPS SECONDS

Says that it is ready, waits for a line, and tells as JSON how many frames took how many seconds.
"""

from __future__ import annotations

import json
import sys
import tempfile
import time
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

import av

from pipeline.studio.animatic import draw, film
from pipeline.studio.engine import FRAMES_PER_SECOND, Job
from tests.bench.boards import PROMPTS

if TYPE_CHECKING:
    from collections.abc import Sequence

SIZE = (1280, 720)


def _jobs(clips: int, seconds: int) -> list[Job]:
    return [
        Job("shot", "veo-3.1-fast", prompt, seconds, *SIZE, seed)
        for seed, prompt in enumerate(islice(PROMPTS, clips))
    ]


def _frames(job: Job, folder: Path) -> list[av.VideoFrame]:
    """What the engine has drawn, decoded again."""
    path = folder / "drawn.mp4"
    path.write_bytes(draw(job))
    with av.open(str(path)) as container:
        return list(container.decode(video=0))


def _encode(frames: Sequence[av.VideoFrame], path: Path) -> None:
    """As plain as can be, with the engine's settings."""
    options = {"movflags": "+faststart", "fflags": "+bitexact"}
    with av.open(str(path), "w", format="mp4", options=options) as container:
        stream = container.add_stream("libx264", rate=FRAMES_PER_SECOND, options=film._OPTIONS)
        stream.width, stream.height, stream.pix_fmt = *SIZE, "yuv420p"
        stream.codec_context.thread_count = 1
        for index, frame in enumerate(frames):
            frame.pts = index
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))


def main() -> None:
    """One process of several."""
    what, clips, seconds = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    jobs = _jobs(clips, seconds)
    with tempfile.TemporaryDirectory() as name:
        folder, path = Path(name), Path(name, "clip.mp4")
        reels = [_frames(job, folder) for job in jobs] if what == "encode" else []
        warm = _frames(jobs[0], folder)
        _encode(warm, path)
        print("ready", flush=True)  # noqa: T201 (whoever has started it reads this)
        sys.stdin.readline()
        begun = time.perf_counter()
        if what == "draw":
            for job in jobs:
                path.write_bytes(draw(job))
        for reel in reels:
            _encode(reel, path)
        taken = time.perf_counter() - begun
        count = sum(map(len, reels)) or clips * seconds * FRAMES_PER_SECOND
        print(json.dumps([count, taken]), flush=True)  # noqa: T201


if __name__ == "__main__":
    main()
