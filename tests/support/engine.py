"""A quick engine for tests: real H.264 clips of the right length and shape, but tiny."""

from __future__ import annotations

import hashlib
import tempfile
from fractions import Fraction
from functools import cache
from pathlib import Path

import av
import numpy as np

from pipeline.studio.engine import FRAMES_PER_SECOND, EngineError, Job

_SHORT_SIDE = 64


def plain(job: Job) -> bytes:
    """A clip of one colour that depends on the job; some words in the prompt make it misbehave.

    `FAILS` in a prompt fails for good, `BLOCKED` like a content policy does, `CRASHES` by
    accident; `LONGER` gives a second too much.
    """
    if "FAILS" in job.prompt:
        raise EngineError("the upstream model is overloaded", "api_error")
    if "BLOCKED" in job.prompt:
        raise EngineError("the prompt was blocked", "content_policy_violation")
    if "CRASHES" in job.prompt:
        raise ValueError("an accident")
    shorter = min(job.width, job.height)
    size = (
        round(job.width / shorter * _SHORT_SIDE / 2) * 2,
        round(job.height / shorter * _SHORT_SIDE / 2) * 2,
    )
    colour = tuple(hashlib.sha256(repr(job).encode()).digest()[:3])
    return _clip(job.duration_seconds + ("LONGER" in job.prompt), size, colour)


@cache
def _clip(seconds: int, size: tuple[int, int], colour: tuple[int, ...]) -> bytes:
    picture = np.full((size[1], size[0], 3), colour, dtype=np.uint8)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "clip.mp4"
        with av.open(str(path), "w", "mp4", options={"movflags": "faststart"}) as container:
            stream = container.add_stream("libx264", rate=FRAMES_PER_SECOND)
            stream.width, stream.height, stream.pix_fmt = *size, "yuv420p"
            stream.options = {"preset": "ultrafast"}
            for number in range(seconds * FRAMES_PER_SECOND):
                frame = av.VideoFrame.from_ndarray(picture, format="rgb24")
                frame.pts, frame.time_base = number, Fraction(1, FRAMES_PER_SECOND)
                container.mux(stream.encode(frame))
            container.mux(stream.encode())
        return path.read_bytes()
